# SPDX-License-Identifier: MIT
"""The raw samples of a run: a folder with meta.json, layers.csv and MEASUREMENT.csv."""

import csv
import dataclasses
import json
import pathlib

import plan

IMPOSSIBLE = 3600e9  # nothing that is measured takes an hour; a difference of clocks the wrong way round seems to
KEYS = ["round", "layer", "x", "load", "fifo", "reverse"]


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a number was measured."""
    metric: str
    layer: str
    x: int
    load: int
    fifo: int
    reverse: int

    def on(self, layer):
        return dataclasses.replace(self, layer=layer)


class Broken(Exception):
    """The samples are not those of a complete run."""


def load(folder):
    """(what the run was, {place: {round: [value]}}). Raises Broken where a layer lacks what the plan promises."""
    folder = pathlib.Path(folder)
    meta = json.loads((folder / "meta.json").read_text())
    found = {}
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in plan.MEASUREMENTS:
            continue
        metrics = [metric for metric in plan.METRICS if metric.measurement == path.stem]
        with path.open() as file:
            for row in csv.DictReader(file):
                for metric in metrics:
                    if not row[metric.column]:
                        continue
                    value = float(row[metric.column]) / (float(row[metric.per]) if metric.per else 1)
                    if not 0 <= value < IMPOSSIBLE:
                        raise Broken(f"{path.name}: {metric.column} is {value} in {row}")
                    # For these x only says with how many queues they were counted.
                    x = int(row["x"]) if metric.x or metric.measurement != "memory" else 0
                    place = Place(metric.name, row["layer"], x, int(row["load"]), int(row["fifo"]), int(row["reverse"]))
                    found.setdefault(place, {}).setdefault(int(row["round"]), []).append(value)
    for place, rounds in promised(folder, meta):
        for metric in plan.METRICS:
            if metric.measurement == place[0] and (metric.x or metric.measurement != "memory"):
                got = len(found.get(Place(metric.name, *place[1:]), {}))
                if got < rounds:
                    raise Broken(f"{metric.name} has samples of {got} of {rounds} rounds for {place}")
    return meta, found


def promised(folder, meta):
    """((measurement, layer, x, load, fifo, reverse), rounds) of each that has to be there."""
    with (pathlib.Path(folder) / "layers.csv").open() as file:
        layers = list(csv.DictReader(file))
    for step in plan.PLANS[meta["plan"]].steps:
        if meta["only"] and step.measurement not in meta["only"]:
            continue
        for x in step.x:
            for layer in layers:
                if can(step.measurement, x, layer):
                    place = (step.measurement, layer["name"], x, step.load, step.fifo, step.reverse)
                    yield place, min(step.rounds, meta["rounds"])


NEED_QUEUE = {"pending", "dep_add", "dep_events", "kill", "last_put"}
X_IS_DEPS = {"dep_add", "dep_events"}
X_IS_QUEUES = {"queues", "memory", "many_queues"}


def can(measurement, x, layer):
    """Whether a layer, a row of the module's list, can be measured so."""
    if measurement in NEED_QUEUE and layer["has_queue"] == "0":
        return False
    limit = layer["max_deps"] if measurement in X_IS_DEPS else layer["max_queues"] if measurement in X_IS_QUEUES else "0"
    return limit == "0" or x <= int(limit)
