# SPDX-License-Identifier: MIT
"""Numbers and tables as text."""

import plan
import stats


def number(value, unit):
    if unit == "ns":
        for size, name in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
            if value >= size:
                return f"{value / size:.3g} {name}" if value < 1000 * size else f"{value / size:,.0f} {name}"
        return f"{value:.0f} ns"
    if unit == "B":
        return f"{value:,.0f} B"
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def short(value):
    if 0 < value < 0.001:
        return f"1/{float(f'{1 / value:.3g}'):,.0f}"
    return f"{value:,.0f}" if value >= 99.5 else f"{value:.3g}"


def ratio(value):
    return f"{short(value.value)} [{short(value.low)}, {short(value.high)}]" if value else "-"


def condition(place):
    words = []
    if place.load or place.fifo:
        words.append("under CPU load" if place.load else "idle")
        words.append("SCHED_FIFO submitters" if place.fifo else "normal submitters")
    if place.reverse:
        words.append("in reverse order")
    return ", ".join(words)


def tables(rows):
    """(metric, condition, x, its rows) in order."""
    groups = {}
    for row in rows:
        groups.setdefault((row.place.metric, row.place.load, row.place.fifo, row.place.reverse, row.place.x), []).append(row)
    metrics = {metric.name: metric for metric in plan.METRICS}
    for (name, *_, x), group in groups.items():
        yield metrics[name], condition(group[0].place), x, group


def title(metric, where, x=None):
    words = metric.title
    if where:
        words += f" ({where})"
    if metric.x and x is not None:
        words += f", {x:,} {metric.x}"
    return words


HEAD = ["layer", "min", "median", "99 %", "spread", "to drm_sched", "to the floor"]


def cells(row, metric):
    return [row.place.layer, number(row.min, metric.unit), number(row.median, metric.unit), number(row.p99, metric.unit),
            f"{number(row.low, metric.unit)} - {number(row.high, metric.unit)}", ratio(row.sched), ratio(row.floor)]


def layout(head, lines):
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return "\n".join("  " + "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                                      for i, (cell, width) in enumerate(zip(line, widths))) for line in [head, *lines])


def report(meta, rows):
    parts = [about(meta)]
    grids = {}
    for metric, where, x, group in tables(rows):
        if not metric.x:
            parts.append(f"{title(metric, where)}: {metric.says}\n" + layout(HEAD, [cells(row, metric) for row in group]))
            continue
        grid = grids.setdefault((metric.name, where), (metric, where, {}))
        if not grid[2]:
            parts.append(grid)
        for row in group:
            grid[2].setdefault(row.place.layer, {})[x] = row
    return "\n\n".join(part if isinstance(part, str) else the_grid(*part) for part in parts) + "\n\n" + "\n".join(
        f"- {note}" for note in plan.NOTES)


def the_grid(metric, where, layers):
    """Medians and ratios to drm_sched, by x."""
    every = sorted({x for by_x in layers.values() for x in by_x})
    head = [metric.x] + [f"{x:,}" for x in every]

    def cell(row):
        if row is None:
            return "-"
        return number(row.median, metric.unit) + (f" ({short(row.sched.value)})" if row.sched else "")
    lines = [[layer] + [cell(by_x.get(x)) for x in every] for layer, by_x in layers.items()]
    return f"{title(metric, where)}: {metric.says} Medians, and ratios to drm_sched.\n" + layout(head, lines)


def about(meta):
    return "\n".join([
        f"kernel    {meta['kernel']}, {meta['cpus']} CPUs, User-Mode Linux, flavour perf",
        f"compiler  {meta['compiler']}",
        f"flags     {meta['flags']}",
        f"source    {meta['source']}",
        f"plan      {meta['plan']}, {meta['rounds']} rounds, seed {meta['seed']}; the host's load was {meta['load_average']}",
    ])


def readme(meta, rows):
    """A table for the README. Raises KeyError if the run did not measure a row of it."""
    metrics = {metric.name: metric for metric in plan.METRICS}
    lines = ["| | drm_sched | drm_dep | drm_dep to drm_sched | drm_dep to no layer |", "|---|--:|--:|--:|--:|"]
    for name, metric, layer, largest in plan.README_ROWS:
        same = [row for row in rows if row.place.metric == metric and not (row.place.load or row.place.fifo or row.place.reverse)]
        mine = [row for row in same if row.place.layer == layer and row.sched and (largest is None or row.place.x <= largest)]
        if not mine:
            raise KeyError(metric)
        row = max(mine, key=lambda row: row.place.x)
        other = next(one for one in same if one.place == row.place.on(plan.anchor(layer)))
        unit = metrics[metric].unit
        if metrics[metric].x and unit != "B":
            name += f", {row.place.x:,} {metrics[metric].x}"
        lines.append(f"| {name} | {number(other.median, unit)} | {number(row.median, unit)} | {ratio(row.sched)} | {ratio(row.floor)} |")
    lines += ["", f"Medians, and medians of the ratios of {meta['rounds']} rounds with their 95 % intervals; `make bench` on {meta['kernel']},",
              f"User-Mode Linux with {meta['cpus']} CPUs, {meta['compiler']}, seed {meta['seed']}."]
    return "\n".join(lines)


def compare(a, b):
    """(lines, how many ratios agree, how many do not)."""
    a, b = ({row.place: row for row in rows} for rows in (a, b))
    metrics = {metric.name: metric for metric in plan.METRICS}
    lines, good, bad = [], 0, 0
    for place in [*a, *(place for place in b if place not in a)]:
        where = title(metrics[place.metric], condition(place), place.x)
        if place not in a or place not in b:
            lines.append(f"DIFFERS  {place.layer}: {where}: only in {'the first' if place in a else 'the second'}")
            bad += 1
            continue
        for kind, other in (("sched", plan.anchor(place.layer)), ("floor", plan.floor(place.layer))):
            one, two = getattr(a[place], kind), getattr(b[place], kind)
            if place.layer == other or one is None and two is None:
                continue
            same = stats.agree(one, two)
            good, bad = good + same, bad + (not same)
            lines.append(f"{'agrees ' if same else 'DIFFERS'}  {place.layer} to {other}: {where}: {ratio(one)} and {ratio(two)}")
    return lines, good, bad
