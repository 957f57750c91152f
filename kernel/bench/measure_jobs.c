// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What a job costs: alone, in a row, and behind many others.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>

#include "bench.h"

/* Before anything is measured: caches, workers and the slab allocator get warm. */
#define WARM_UP 32

static int submit_and_settle(struct bench_queue *queue, u32 jobs)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < jobs && !ret; i++)
		ret = bench_submit(queue, NULL);
	return bench_queue_settle(queue) ?: ret;
}

static struct bench_queue *warm_queue(struct bench_run *run)
{
	struct bench_queue *queue = bench_queue_new(run);

	if (queue && submit_and_settle(queue, WARM_UP)) {
		bench_queue_put(queue);
		return NULL;
	}
	if (queue)
		bench_queue_reopen(queue);
	return queue;
}

/* One job; waits until its fence has signalled, and then until it is released. */
static int one_job(struct bench_queue *queue, u64 *sample)
{
	const struct bench_layer_ops *ops = bench_ops(queue);
	struct bench_job *job = bench_job_new(queue);
	struct dma_fence *fence;
	u64 start, ran = 0, pushed, done;
	long left;
	int error;

	if (!job)
		return -ENOMEM;
	job->ran_at = &ran;
	ops->job_arm(job);
	fence = dma_fence_get(ops->job_finished(job));
	start = bench_now();
	ops->job_push(job);
	pushed = bench_now();
	left = dma_fence_wait_timeout(fence, false, BENCH_PATIENCE);
	done = bench_now();
	error = left ? dma_fence_get_status(fence) : -ETIMEDOUT;
	dma_fence_put(fence);
	if (error != 1)
		return error < 0 ? error : -EIO;
	if (bench_queue_settle(queue))
		return -ETIMEDOUT;
	if (sample) {
		sample[0] = ran - start;
		sample[1] = pushed - start;
		sample[2] = done - start;
	}
	bench_queue_reopen(queue);
	return 0;
}

static int measure_single(struct bench_run *run)
{
	struct bench_queue *queue = warm_queue(run);
	int ret = 0;
	u32 i;

	if (!queue)
		return -ENOMEM;
	for (i = 0; i < run->args.n && !ret; i++)
		ret = one_job(queue, bench_sample(run));
	if (ret != -ETIMEDOUT)
		bench_queue_put(queue);
	return ret;
}

const struct bench_measurement bench_single = {
	.name = "single",
	.columns = { "push_to_run", "push_call", "push_to_done" },
	.max_samples = bench_n_samples,
	.measure = measure_single,
};

/* @x jobs in a row, from the first allocation to the last release. */
static int measure_batch(struct bench_run *run)
{
	struct bench_queue *queue = warm_queue(run);
	u64 start;
	int ret = 0;
	u32 i;

	if (!queue)
		return -ENOMEM;
	for (i = 0; i < run->args.n && !ret; i++) {
		start = bench_now();
		ret = submit_and_settle(queue, run->args.x);
		bench_sample(run)[0] = (queue->idle_at - start) / run->args.x;
		bench_queue_reopen(queue);
	}
	if (ret != -ETIMEDOUT)
		bench_queue_put(queue);
	return ret;
}

const struct bench_measurement bench_batch = {
	.name = "batch",
	.columns = { "job" },
	.max_samples = bench_n_samples,
	.measure = measure_batch,
};

static int count_events(struct bench_run *run, bool one_at_a_time)
{
	struct bench_queue *queue = warm_queue(run);
	struct bench_counts counts;
	u64 *sample;
	int ret = 0;
	u32 i;

	if (!queue)
		return -ENOMEM;
	bench_trace_start();
	if (one_at_a_time)
		for (i = 0; i < run->args.n && !ret; i++)
			ret = one_job(queue, NULL);
	else
		ret = submit_and_settle(queue, run->args.n);
	bench_trace_stop(&counts);
	sample = bench_sample(run);
	sample[0] = run->args.n;
	sample[1] = counts.switches;
	sample[2] = counts.works;
	sample[3] = counts.wakeups;
	sample[4] = counts.fences;
	if (ret != -ETIMEDOUT)
		bench_queue_put(queue);
	return ret;
}

static int measure_single_events(struct bench_run *run)
{
	return count_events(run, true);
}

static int measure_batch_events(struct bench_run *run)
{
	return count_events(run, false);
}

const struct bench_measurement bench_single_events = {
	.name = "single_events",
	.counts = true,
	.columns = { "jobs", "switches", "works", "wakeups", "fences" },
	.max_samples = bench_one_sample,
	.measure = measure_single_events,
};

const struct bench_measurement bench_batch_events = {
	.name = "batch_events",
	.counts = true,
	.columns = { "jobs", "switches", "works", "wakeups", "fences" },
	.max_samples = bench_one_sample,
	.measure = measure_batch_events,
};

/* A job that waits for @gate, and @behind jobs behind it. */
static int submit_behind(struct bench_queue *queue, struct dma_fence *gate, u32 behind)
{
	const struct bench_layer_ops *ops = bench_ops(queue);
	struct bench_job *job = bench_job_new(queue);
	int ret;
	u32 i;

	if (!job)
		return -ENOMEM;
	ret = ops->job_add_dependency(job, dma_fence_get(gate));
	ops->job_arm(job);
	ops->job_push(job);
	for (i = 0; i < behind && !ret; i++)
		ret = bench_submit(queue, NULL);
	return ret;
}

/* The push of a job that has to wait, with @x others that wait already. */
static int measure_pending(struct bench_run *run)
{
	const struct bench_layer_ops *ops = run->layer->ops;
	struct bench_queue *queue = warm_queue(run);
	struct dma_fence *gate = bench_fence_new(dma_fence_context_alloc(1), 1);
	struct bench_job *job;
	u64 start, *sample;
	int ret = -ENOMEM;
	u32 i;

	if (!queue || !gate)
		goto put;
	ret = submit_behind(queue, gate, run->args.x);
	for (i = 0; i < run->args.n && !ret; i++) {
		job = bench_job_new(queue);
		if (!job) {
			ret = -ENOMEM;
			break;
		}
		ops->job_arm(job);
		sample = bench_sample(run);
		start = bench_now();
		ops->job_push(job);
		sample[0] = bench_now() - start;
	}
	start = bench_now();
	dma_fence_signal(gate);
	ret = bench_queue_settle(queue) ?: ret;
	if (!ret)
		run->samples[0][1] = (queue->idle_at - start) / (run->args.x + run->args.n + 1);
put:
	if (queue && ret != -ETIMEDOUT)
		bench_queue_put(queue);
	dma_fence_put(gate);
	return ret;
}

const struct bench_measurement bench_pending = {
	.name = "pending",
	.columns = { "push_call", "drain" },
	.needs_queue = true,
	.max_samples = bench_n_samples,
	.measure = measure_pending,
};

/*
 * The end of a queue
 */

/* What the first job waits for signals this long after the call began that is measured. */
#define GATE_OPENS_AFTER (1 * NSEC_PER_MSEC)

struct gate {
	struct hrtimer timer;
	struct dma_fence *fence;
	u64 opened_at;
};

static enum hrtimer_restart open_gate(struct hrtimer *timer)
{
	struct gate *gate = container_of(timer, struct gate, timer);

	gate->opened_at = bench_now();
	dma_fence_signal(gate->fence);
	return HRTIMER_NORESTART;
}

/*
 * @x jobs wait behind one whose dependency is to signal. Then the queue is killed, or its
 * last user goes, and all jobs have to be released, and the queue's memory freed.
 */
static int measure_end(struct bench_run *run, bool kill)
{
	struct bench_queue *queue;
	struct gate gate;
	u64 start, called, *sample;
	int ret = 0;
	u32 i;

	run->killed = kill;
	hrtimer_setup_on_stack(&gate.timer, open_gate, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	for (i = 0; i < run->args.n && !ret; i++) {
		ret = -ENOMEM;
		queue = bench_queue_new(run);
		if (!queue)
			break;
		gate.fence = bench_fence_new(dma_fence_context_alloc(1), 1);
		if (!gate.fence) {
			bench_queue_put(queue);
			break;
		}
		ret = submit_behind(queue, gate.fence, run->args.x);
		bench_queue_close(queue);
		sample = bench_sample(run);

		hrtimer_start(&gate.timer, ns_to_ktime(GATE_OPENS_AFTER), HRTIMER_MODE_REL);
		start = bench_now();
		if (kill)
			bench_ops(queue)->queue_kill(queue);
		else
			bench_queue_put(queue);
		called = bench_now();
		if (kill) {
			ret = bench_queue_settle(queue) ?: ret;
			if (ret != -ETIMEDOUT)
				bench_queue_put(queue);
		}
		ret = bench_wait_gone(run) ?: ret;
		hrtimer_cancel(&gate.timer);
		sample[0] = called - start;
		sample[1] = run->last_idle_at - gate.opened_at;
		sample[2] = run->gone_at - run->last_idle_at;
		dma_fence_put(gate.fence);
	}
	destroy_hrtimer_on_stack(&gate.timer);
	return ret;
}

static int measure_kill(struct bench_run *run)
{
	return measure_end(run, true);
}

static int measure_last_put(struct bench_run *run)
{
	return measure_end(run, false);
}

const struct bench_measurement bench_kill = {
	.name = "kill",
	.columns = { "call", "released", "gone" },
	.needs_queue = true,
	.max_samples = bench_n_samples,
	.measure = measure_kill,
};

const struct bench_measurement bench_last_put = {
	.name = "last_put",
	.columns = { "call", "released", "gone" },
	.needs_queue = true,
	.max_samples = bench_n_samples,
	.measure = measure_last_put,
};
