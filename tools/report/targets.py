# SPDX-License-Identifier: MIT
"""What the queue is meant to reach, and how far a run has got."""

import dataclasses

import plan
import text

# Of drm_dep with both flags, which is what a driver for fast hardware sets.
BOTH = "dep-bypass-irqput"
BOTH_HW = "dep-bypass-irqput-hw"


@dataclasses.dataclass(frozen=True)
class Target:
    """@of of a metric on a layer is to be at most @limit: its ratio "to drm_sched" or "to the floor", or its "median" without
    the driver's own part, which is the floor's; or, "from x to x", by how much its median grows. @x is the x, or both; without one, the largest that was measured.
    """
    name: str
    metric: str
    layer: str
    of: str
    limit: float
    x: tuple = ()
    bound: str = ""  # a layer that is what no queue can be without
    left: str = ""  # what is left where it is missed


CACHES = "What is touched no longer fits into the caches."
IRQ = ("Each lock that disables interrupts is dear in User-Mode Linux, and there are four on the way, and one in the floor; "
       "docs/instructions.txt has the ratio in instructions, on a kernel where that is cheap.")

TARGETS = [
    Target("push to run_job, bypass", "push_to_run", BOTH, "to drm_sched", 1 / 20, bound="lock", left=IRQ),
    Target("whole job, bypass and IRQ put", "job", BOTH, "to the floor", 1.4, bound="lock", left=IRQ),
    Target("whole job, bypass and IRQ put, hardware fence", "job", BOTH_HW, "to the floor", 2, bound="lock-hw", left=IRQ),
    Target("whole job, worker", "job", "dep", "to drm_sched", 1 / 4, bound="work",
           left="Waking workers: one to run jobs, and one to release them, as run_job must not wait for what a release may wait for."),
    Target("one job at a time, worker", "one_at_a_time", "dep", "to drm_sched", 1 / 2.5, bound="work",
           left="The worker has to be woken, and the submitter by it, here as there."),
    Target("add a dependency, 4,096 contexts", "dependency_add", "dep", "to drm_sched", 1 / 75, (4096,)),
    Target("add a dependency, 64 to 65,536 contexts", "dependency_add", "dep", "from x to x", 1.1, (64, 65_536), left=CACHES),
    Target("context switches per job, bypass and IRQ put", "switches_batch", BOTH, "median", 0.01),
    Target("memory of a queue", "queue_asked", "dep", "median", 512,
           left="The queue itself is smaller; the rest is the record that outlives it, so that its end needs no memory."),
    Target("threads of a queue", "queue_threads", "dep", "median", 0),
    Target("memory of a job and its fence", "job_asked", "dep", "median", 256),
    Target("fences of a job beside the driver's", "job_fences", "dep", "median", 0),
    Target("kill with 100,000 jobs pending", "kill_call", "dep", "median", 20_000, (100_000,)),
    Target("last put with 100,000 jobs pending", "last_put_call", "dep", "median", 20_000, (100_000,)),
    Target("push of a job, 0 to 1,000,000 pending", "push_behind", "dep", "from x to x", 1.1, (0, 1_000_000), left=CACHES),
    Target("a job on one of 1 to 100,000 queues, bypass and IRQ put", "many_queues", BOTH, "from x to x", 1.1, (1, 100_000), left=CACHES),
]


def measured(target, rows, layer=None):
    """(number, how it is written), or None where the run did not measure it. Of another layer, if one is given."""
    layer = layer or target.layer
    metric = next(metric for metric in plan.METRICS if metric.name == target.metric)
    found = {(row.place.layer, row.place.x): row for row in rows if row.place.metric == target.metric
             and not (row.place.load or row.place.fifo or row.place.reverse)}
    wanted = target.x or [max((x for name, x in found if name == layer), default=0)]
    mine = [found.get((layer, x)) for x in wanted]
    if None in mine:
        return None
    if target.of == "to drm_sched":
        return mine[0].sched and (mine[0].sched.value, text.ratio(mine[0].sched))
    if target.of == "to the floor":
        return mine[0].floor and (mine[0].floor.value, text.ratio(mine[0].floor))
    if target.of == "from x to x":
        values = [row.median for row in mine]
        grows = values[-1] / values[0] if values[0] > 0 else None
        return grows and (grows, f"{text.short(grows)} ({text.number(values[0], metric.unit)} to {text.number(values[-1], metric.unit)})")
    own = found.get((plan.floor(layer), wanted[0]))
    value = mine[0].median - (own.median if own and metric.unit != "ns" else 0)
    return value, text.number(value, metric.unit)


def limit(target):
    if target.of == "median":
        metric = next(metric for metric in plan.METRICS if metric.name == target.metric)
        return text.number(target.limit, metric.unit)
    return f"{text.short(target.limit)} {target.of}" if target.of != "from x to x" else f"grows to {text.short(target.limit)}"


HEAD = ["target", "at most", "measured", "bound", ""]


def lines(rows):
    """A line of the table for each target that the run has measured."""
    for target in TARGETS:
        got = measured(target, rows)
        if got:
            bound = target.bound and measured(target, rows, target.bound)
            yield target, [target.name, limit(target), got[1], bound[1] if bound else "-", "met" if got[0] <= target.limit else "short"]


def table(rows):
    found = list(lines(rows))
    if not found:
        return ""
    left = [f"- {target.name}: {target.left}" for target, line in found if line[-1] == "short" and target.left]
    return "\n".join(["Targets:", text.layout(HEAD, [line for _, line in found]), *left])


def page(meta, rows):
    """What docs/targets.txt is."""
    return f"SPDX-License-Identifier: MIT\n\n{text.about(meta)}\n\n{table(rows)}\n"
