# SPDX-License-Identifier: MIT
"""The report as one HTML file that needs nothing else."""

import pathlib

import jinja2

import plan
import plots
import targets
import text


def render(meta, rows):
    charts = {}
    for metric, where, x, group in text.tables(rows):
        chart = charts.setdefault((metric.name, where), {"metric": metric, "where": where, "tables": [], "layers": {}})
        chart["tables"].append({"x": x, "rows": [text.cells(row, metric) for row in group], "group": group})
        for row in group:
            chart["layers"].setdefault(row.place.layer, {})[x] = row
    for chart in charts.values():
        metric, where = chart["metric"], chart["where"]
        chart["title"] = text.title(metric, where)
        if metric.x and len(chart["tables"]) > 1:
            chart["svg"] = plots.lines(metric, chart["layers"])
            chart["sentence"] = plots.sentence_of_lines(metric, chart["layers"])
        else:
            group = chart["tables"][0]["group"]
            chart["svg"] = plots.bars(metric, where, group)
            chart["sentence"] = plots.sentence_of_bars(group)
    folder = pathlib.Path(__file__).parent
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True,
                                     undefined=jinja2.StrictUndefined)
    return environment.get_template("page.html.j2").render(
        meta=meta, about=text.about(meta), charts=list(charts.values()), head=text.HEAD, notes=plan.NOTES, layers=plan.LAYERS,
        target_head=targets.HEAD, targets=list(targets.lines(rows)))
