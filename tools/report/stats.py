# SPDX-License-Identifier: MIT
"""From samples to rows: what each layer took, and its ratios to drm_sched and to the floor."""

import dataclasses

import numpy

import plan
from samples import Place

RESAMPLES = 2000


@dataclasses.dataclass
class Ratio:
    value: float
    low: float
    high: float


@dataclasses.dataclass
class Row:
    place: Place
    samples: int
    rounds: int
    min: float
    median: float
    p99: float
    low: float  # quartiles of the rounds' medians
    high: float
    sched: Ratio = None
    floor: Ratio = None


def ratio(mine, other, random):
    """Of two {round: median}, in the rounds that both have; None where there is nothing to divide by."""
    common = sorted(set(mine) & set(other))
    if not common or any(other[number] <= 0 for number in common):
        return None
    values = numpy.array([mine[number] / other[number] for number in common])
    picks = random.integers(0, len(values), (RESAMPLES, len(values)))
    low, high = numpy.percentile(numpy.median(values[picks], axis=1), [2.5, 97.5])
    return Ratio(float(numpy.median(values)), float(low), float(high))


def rows(found, seed):
    medians = {place: {number: float(numpy.median(values)) for number, values in by_round.items()}
               for place, by_round in found.items()}
    result = []
    for place, by_round in found.items():
        # A generator for each row, or a row more would change all that follow it.
        random = numpy.random.default_rng([seed, *repr(place).encode()])
        samples = numpy.concatenate([numpy.array(values) for values in by_round.values()])
        low, high = numpy.percentile(list(medians[place].values()), [25, 75])
        row = Row(place, len(samples), len(by_round), float(samples.min()), float(numpy.median(samples)),
                  float(numpy.percentile(samples, 99)), float(low), float(high))
        row.sched = ratio(medians[place], medians.get(place.on(plan.anchor(place.layer)), {}), random)
        row.floor = ratio(medians[place], medians.get(place.on(plan.floor(place.layer)), {}), random)
        result.append(row)
    order = {name: number for number, name in enumerate(plan.LAYERS)}
    metrics = {metric.name: number for number, metric in enumerate(plan.METRICS)}
    result.sort(key=lambda row: (metrics[row.place.metric], row.place.load, row.place.fifo, row.place.reverse, row.place.x,
                                 order.get(row.place.layer, len(order))))
    return result


def to_json(meta, all_rows):
    return {"meta": meta, "rows": [dataclasses.asdict(row) for row in all_rows]}


def from_json(data):
    def ratio_of(value):
        return Ratio(**value) if value else None
    return data["meta"], [Row(**{**row, "place": Place(**row["place"]), "sched": ratio_of(row["sched"]), "floor": ratio_of(row["floor"])})
                          for row in data["rows"]]


# Where all rounds agree to the last digit, as for sizes, this much apart is the same.
TOLERANCE = 0.01


def agree(a, b):
    """Whether two ratios can be the same, as far as their intervals say."""
    if a is None or b is None:
        return a is b
    return a.low * (1 - TOLERANCE) <= b.high * (1 + TOLERANCE) and b.low * (1 - TOLERANCE) <= a.high * (1 + TOLERANCE)
