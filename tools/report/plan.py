# SPDX-License-Identifier: MIT
"""What is measured: which measurements of the module, with which numbers, and what is made of their columns."""

import dataclasses

LAYERS = {
    "none": "no layer",
    "none-hw": "no layer, hardware fence",
    "lock": "a list and its lock, which is the least of a queue",
    "lock-hw": "the same, hardware fence",
    "work": "a list, its lock and a work item, which is the least of a queue with a worker",
    "work-hw": "the same, hardware fence",
    "sched": "drm_sched",
    "sched-hw": "drm_sched, hardware fence",
    "sched-own-hw": "drm_sched, hardware fence, own workqueue",
    "dep": "drm_dep",
    "dep-bypass": "drm_dep, bypass",
    "dep-irqput": "drm_dep, IRQ put",
    "dep-bypass-irqput": "drm_dep, bypass, IRQ put",
    "dep-hw": "drm_dep, hardware fence",
    "dep-bypass-hw": "drm_dep, hardware fence, bypass",
    "dep-irqput-hw": "drm_dep, hardware fence, IRQ put",
    "dep-bypass-irqput-hw": "drm_dep, hardware fence, bypass, IRQ put",
}


def anchor(layer):
    """The drm_sched layer that completes its jobs the same way."""
    return "sched-hw" if layer.endswith("-hw") else "sched"


def floor(layer):
    return "none-hw" if layer.endswith("-hw") else "none"


@dataclasses.dataclass(frozen=True)
class Step:
    """One measurement with each of the numbers, on every layer, in every round up to @rounds."""
    measurement: str
    n: int
    x: tuple = (0,)
    load: int = 0
    fifo: int = 0
    reverse: int = 0
    rounds: int = 1000


CONDITIONS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def conditions(measurement, n, loaded_n, x=(0,)):
    """Idle and under load, with submitters of normal and of real-time priority."""
    return [Step(measurement, loaded_n if load else n, x, load, fifo) for load, fifo in CONDITIONS]


def both_orders(n, x):
    return [Step("dep_events", n, x, reverse=reverse) for reverse in (0, 1)]


@dataclasses.dataclass(frozen=True)
class Plan:
    rounds: int
    steps: list


PLANS = {
    # Minutes, for results.
    "full": Plan(10, [
        *conditions("single", 500, 20),
        *conditions("batch", 10, 1, (1000,)),
        Step("single_events", 500),
        Step("batch_events", 5000),
        Step("pending", 500, (0, 1000, 100_000)),
        Step("pending", 500, (1_000_000,), rounds=2),
        Step("dep_add", 5, (4, 16, 64, 256, 1024)),
        Step("dep_add", 1, (4096, 16_384, 65_536)),
        *both_orders(1, (4, 64, 1024)),
        Step("memory", 4096, (256, 4096), rounds=3),
        Step("queues", 5, (1, 10, 100)),
        Step("queues", 1, (1000, 10_000)),
        Step("queues", 1, (100_000,), rounds=3),
        Step("many_queues", 20_000, (1, 2, 16, 256, 4096)),
        Step("many_queues", 200_000, (100_000,), rounds=3),
        Step("kill", 3, (0, 1000)),
        Step("kill", 1, (100_000,), rounds=5),
        Step("last_put", 3, (0, 1000)),
        Step("last_put", 1, (100_000,), rounds=5),
    ]),
    # A minute or two, for a look.
    "quick": Plan(3, [
        *conditions("single", 200, 5),
        *conditions("batch", 5, 1, (200,)),
        Step("single_events", 200),
        Step("batch_events", 1000),
        Step("pending", 200, (0, 10_000)),
        Step("dep_add", 3, (4, 64, 1024)),
        Step("dep_add", 1, (4096, 65_536), rounds=1),
        *both_orders(1, (64,)),
        Step("memory", 2048, (256, 2048), rounds=1),
        Step("queues", 2, (1, 100)),
        Step("queues", 1, (5000,), rounds=1),
        Step("many_queues", 4000, (1, 2, 64, 1000)),
        Step("kill", 1, (0, 10_000)),
        Step("last_put", 1, (0, 10_000)),
    ]),
    # Seconds, to see that all of it works.
    "tiny": Plan(2, [
        Step("single", 5),
        Step("single", 2, load=1, fifo=1),
        Step("batch", 2, (10,)),
        Step("single_events", 5),
        Step("batch_events", 20),
        Step("pending", 5, (0, 20)),
        Step("dep_add", 1, (4, 16)),
        *both_orders(1, (4,)),
        Step("memory", 16, (16,)),
        Step("queues", 1, (1, 5)),
        Step("many_queues", 40, (1, 4)),
        Step("kill", 1, (0, 10)),
        Step("last_put", 1, (0, 10)),
    ]),
}

MEASUREMENTS = list(dict.fromkeys(step.measurement for plan in PLANS.values() for step in plan.steps))


@dataclasses.dataclass(frozen=True)
class Metric:
    """A number that is made of a measurement's columns: @column, divided by @per."""
    name: str
    measurement: str
    column: str
    title: str
    says: str
    unit: str = "ns"
    per: str = ""
    x: str = ""


METRICS = [
    Metric("push_to_run", "single", "push_to_run", "Push to run_job",
           "From the call of push until run_job begins, one job at a time, nothing else in the queue."),
    Metric("push_call", "single", "push_call", "The call of push",
           "How long push keeps its caller. With bypass that includes run_job and completion."),
    Metric("one_at_a_time", "single", "push_to_done", "One job at a time",
           "From push until the submitter, who waits for the finished fence, goes on."),
    Metric("job", "batch", "job", "Whole job",
           "Jobs in a row from the first allocation to the last release, divided by their number."),
    Metric("switches_single", "single_events", "switches", "Context switches per job, one at a time",
           "Switches away from the submitter, and to and from kernel workers, other workers' included.",
           "", "jobs"),
    Metric("works_single", "single_events", "works", "Work items per job, one at a time",
           "Executions of the layer's work items.", "", "jobs"),
    Metric("wakeups_single", "single_events", "wakeups", "Wake-ups of workers per job, one at a time",
           "Wake-ups of kernel workers, other work included.", "", "jobs"),
    Metric("switches_batch", "batch_events", "switches", "Context switches per job, in a row",
           "Switches away from the submitter, and to and from kernel workers, other workers' included.",
           "", "jobs"),
    Metric("works_batch", "batch_events", "works", "Work items per job, in a row",
           "Executions of the layer's work items.", "", "jobs"),
    Metric("dependency_add", "dep_add", "add", "Adding a dependency",
           "The mean cost of each of so many dependencies of one job, all of different fence contexts.",
           x="contexts"),
    Metric("dependency_resolve", "dep_add", "resolve", "Dependencies until the job is released",
           "From the first of so many signals, one right after the other, until the job is released, divided by their number.",
           x="contexts"),
    Metric("dependency_works", "dep_events", "works", "Work items for a job with many dependencies",
           "Executions of the layer's work items when the dependencies signal one after the other, each after what the "
           "one before had woken up is over; in the order in which they were added, and in reverse.",
           "", "jobs", x="contexts"),
    Metric("queue_bytes", "memory", "queue_bytes", "Bytes per queue",
           "What the slab allocator gives away for a queue, rounded up by it, with the driver's own part, and with a thread and "
           "its stack where a queue has one.", "B", "queues", x="queues"),
    Metric("queue_asked", "memory", "queue_asked", "Bytes per queue, asked for",
           "The same without the rounding, and without stacks; what is given back at once counts, too.", "B", "queues", x="queues"),
    Metric("queue_threads", "memory", "queue_threads", "Threads per queue",
           "Kernel threads that are there afterwards.", "", "queues", x="queues"),
    Metric("job_bytes", "memory", "job_bytes", "Bytes per job",
           "What the slab allocator gives away for an armed job, rounded up by it, with the driver's own part and all fences.",
           "B", "jobs"),
    Metric("job_asked", "memory", "job_asked", "Bytes per job, asked for", "The same without the rounding.", "B", "jobs"),
    Metric("job_fences", "memory", "job_fences", "Fences per armed job",
           "Fences that were initialised, the driver's included.", "", "jobs"),
    Metric("queue_create", "queues", "create", "Making a queue",
           "The mean time of the call, over so many queues.", x="queues"),
    Metric("queue_put", "queues", "put", "The last put of an idle queue",
           "The mean time of the call, over so many queues.", x="queues"),
    Metric("queues_gone", "queues", "all_gone", "Until all queues are gone",
           "From the first last put until the memory of all is freed. drm_dep waits for an RCU grace period, by design.",
           x="queues"),
    Metric("push_behind", "pending", "push_call", "Push of a job that has to wait",
           "The call, with so many jobs in the queue already.", x="jobs pending"),
    Metric("drain", "pending", "drain", "Jobs that had to wait, until all are released",
           "From the signal that they all waited for, divided by their number.", x="jobs pending"),
    Metric("many_queues", "many_queues", "job", "A job on one of many queues",
           "All CPUs submit to their share of the queues by turns, until all jobs are released: time divided by jobs.",
           x="queues"),
    Metric("kill_call", "kill", "call", "The call of kill",
           "With so many jobs waiting. What the first of them waits for signals after a millisecond.", x="jobs pending"),
    Metric("kill_released", "kill", "released", "Killed jobs, until all are released",
           "From the signal that they have to await all the same.", x="jobs pending"),
    Metric("last_put_call", "last_put", "call", "The call of the last put",
           "With so many jobs waiting. What the first of them waits for signals after a millisecond, so a layer that waits "
           "for its jobs takes at least that.", x="jobs pending"),
    Metric("last_put_released", "last_put", "released", "Jobs without users, until all are released",
           "From the signal that they wait for.", x="jobs pending"),
    Metric("last_put_gone", "last_put", "gone", "From the last job to the queue's memory",
           "From the release of the last job until the queue is freed. drm_dep waits for an RCU grace period, by design.",
           x="jobs pending"),
]

NOTES = [
    "Every ratio compares with the layer that completes its jobs in the same way: with a hardware fence, or without one. "
    "“drm_sched” without one is a run_job that returns NULL, which only jobs can do that are done at once.",
    "The layers “lock” and “work” are no queues that a driver could use. They are what a queue can't be without, and so what "
    "none gets below: a lock, and a work item where run_job may sleep.",
    "A ratio is the median over the rounds of one run, in which the layers took turns; in brackets its 95 % bootstrap "
    "interval. With few rounds that is little more than the smallest and the largest.",
    "min, median and 99 % are of all samples; “spread” is the interquartile range of the rounds' medians.",
    "The hardware is done as soon as it gets a job, so what is left is the cost of the layer and of its driver.",
    "A queue of drm_dep is released an RCU grace period after it has ended, by design: fences may still be asked for its "
    "name. In this kernel that is about 40 ms. It keeps memory, not callers. The drm_sched driver here frees its queue "
    "at once, which is less than what a correct driver has to do.",
    "User-Mode Linux makes a system call of disabling interrupts, which no real machine does; compare ratios, not times.",
    "drm_sched is measured with up to 4,096 dependencies, because the cost of each grows with their number, and with up "
    "to 1,000 workqueues of its own, because each has a thread.",
]

# Rows of the table in the README: what it is called, metric, layer, the largest x that may be used.
README_ROWS = [
    ("push to run_job, bypass", "push_to_run", "dep-bypass-irqput", None),
    ("push to run_job, worker", "push_to_run", "dep", None),
    ("one job at a time, worker", "one_at_a_time", "dep", None),
    ("whole job, worker", "job", "dep", None),
    ("whole job, bypass and IRQ put", "job", "dep-bypass-irqput", None),
    ("whole job, bypass and IRQ put, hardware fence", "job", "dep-bypass-irqput-hw", None),
    ("add a dependency", "dependency_add", "dep", 4096),
    ("memory of a queue, the driver's part included", "queue_bytes", "dep", None),
    ("memory of a job with its fences, the driver's part included", "job_bytes", "dep", None),
    ("kill, the call", "kill_call", "dep", None),
    ("last put with jobs waiting, the call", "last_put_call", "dep", None),
]
