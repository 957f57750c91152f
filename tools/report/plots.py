# SPDX-License-Identifier: MIT
"""Plots as SVG text, each with a sentence that says what it shows."""

import io

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  (after the choice of what it draws with)

import plan  # noqa: E402
import text  # noqa: E402

matplotlib.rcParams["svg.hashsalt"] = "drm_dep"  # same names in every run
matplotlib.rcParams["font.size"] = 9


def colour(layer):
    family, *options = layer.removesuffix("-hw").split("-")
    if family == "none":
        return "#888888"
    if family in ("lock", "work"):
        return "#b8a060" if family == "lock" else "#6b5a2a"
    if family == "sched":
        return "#7a4fb0" if options else "#c0392b"
    return {"": "#1f5fa8", "bypass": "#1d8a4f", "irqput": "#5aa0e0", "bypass-irqput": "#0c4f2b"}["-".join(options)]


def style(layer):
    return "--" if layer.endswith("-hw") else "-"


def svg(figure):
    out = io.StringIO()
    figure.savefig(out, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    return out.getvalue()[out.getvalue().index("<svg"):]


def bars(metric, where, group):
    """Ratios of each layer to drm_sched, or medians where there is nothing to divide by."""
    as_ratio = all(row.sched for row in group)
    figure, axes = pyplot.subplots(figsize=(7, 0.27 * len(group) + 0.7))
    for place, row in enumerate(reversed(group)):
        value = row.sched.value if as_ratio else row.median
        spread = ([value - row.sched.low], [row.sched.high - value]) if as_ratio else ([value - row.low], [row.high - value])
        # The median of ratios may lie outside of an interval that rounding has closed.
        axes.barh(place, value, color=colour(row.place.layer), xerr=[[max(0, side[0])] for side in spread],
                  alpha=0.65 if row.place.layer.endswith("-hw") else 1, error_kw={"elinewidth": 1, "capsize": 2})
    axes.set_yticks(range(len(group)), [row.place.layer for row in reversed(group)])
    axes.set_xlabel("ratio to drm_sched, with 95 % interval" if as_ratio else f"median, {metric.unit or 'count'}, with the quartiles of the rounds")
    if as_ratio:
        axes.axvline(1, color="black", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    return svg(figure)


def lines(metric, layers):
    """Medians over x, with the quartiles of the rounds."""
    figure, axes = pyplot.subplots(figsize=(7, 3.6))
    # 0 has no place on a logarithmic axis of its own.
    xs = sorted({x for by_x in layers.values() for x in by_x})
    for layer, by_x in layers.items():
        points = sorted(by_x)
        middle = [by_x[x].median for x in points]
        axes.plot(points, middle, style(layer), color=colour(layer), marker=".", label=layer, linewidth=1.2)
        axes.fill_between(points, [by_x[x].low for x in points], [by_x[x].high for x in points], color=colour(layer), alpha=0.12, linewidth=0)
    positive = [row.median for by_x in layers.values() for row in by_x.values() if row.median > 0]
    if len(xs) > 1:
        axes.set_xscale("symlog" if xs[0] == 0 else "log")
    if positive and max(positive) > 20 * min(positive):
        axes.set_yscale("symlog" if len(positive) < sum(map(len, layers.values())) else "log")
    axes.set_xticks(xs, [f"{x:,}" for x in xs])
    axes.minorticks_off()
    axes.set_xlabel(metric.x)
    axes.set_ylabel(f"median, {metric.unit or 'count'}")
    axes.legend(fontsize=7, frameon=False, bbox_to_anchor=(1.01, 1), loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)
    return svg(figure)


def best(rows):
    return min((row for row in rows if row.place.layer.startswith("dep")), key=lambda row: row.sched.value)


def sentence_of_bars(group):
    with_ratio = [row for row in group if row.sched and row.place.layer.startswith("dep")]
    if not with_ratio:
        most = {name: max((row.median for row in group if row.place.layer.startswith(name)), default=None) for name in ("none", "sched", "dep")}
        said = [f"{text.number(value, '')} {what}" for (name, value), what in zip(most.items(), ("without a layer", "with drm_sched", "with drm_dep")) if value is not None]
        return "At most " + ", ".join(said) + "."
    low, high = best(with_ratio), max(with_ratio, key=lambda row: row.sched.value)
    return (f"drm_dep takes between {text.ratio(low.sched)} ({low.place.layer}) and {text.ratio(high.sched)} ({high.place.layer}) "
            "times what drm_sched takes.")


def sentence_of_lines(metric, layers):
    said = []
    for layer in ("sched", "dep"):
        by_x = layers.get(layer, {})
        if len(by_x) > 1:
            first, last = min(by_x), max(by_x)
            said.append(f"from {first:,} to {last:,} {metric.x}, {plan.LAYERS[layer]} goes from {text.number(by_x[first].median, metric.unit)} "
                        f"to {text.number(by_x[last].median, metric.unit)}")
    shared = sorted(set(layers.get("sched", {})) & set(layers.get("dep", {})))
    if shared and layers["dep"][shared[-1]].sched:
        said.append(f"at {shared[-1]:,} drm_dep takes {text.ratio(layers['dep'][shared[-1]].sched)} times what drm_sched takes")
    joined = "; ".join(said)
    return joined[:1].upper() + joined[1:] + "." if said else "One layer has numbers here."
