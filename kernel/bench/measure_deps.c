// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A job with @x dependencies, each of a context of its own.
 */
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "bench.h"

static void put_fences(struct dma_fence **fences, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		dma_fence_put(fences[i]);
	kvfree(fences);
}

static struct dma_fence **new_fences(u32 count)
{
	struct dma_fence **fences = kvcalloc(count, sizeof(*fences), GFP_KERNEL);
	u64 context = dma_fence_context_alloc(count);
	u32 i;

	if (!fences)
		return NULL;
	for (i = 0; i < count; i++) {
		fences[i] = bench_fence_new(context + i, 1);
		if (!fences[i]) {
			put_fences(fences, i);
			return NULL;
		}
	}
	return fences;
}

static struct dma_fence *in_order(struct bench_run *run, struct dma_fence **fences, u32 i)
{
	return fences[run->args.reverse ? run->args.x - 1 - i : i];
}

/* A job that was pushed, and waits for all of them; *@took: what each took to add. */
static int submit_with(struct bench_queue *queue, struct dma_fence **fences, u64 *took)
{
	const struct bench_layer_ops *ops = bench_ops(queue);
	struct bench_job *job = bench_job_new(queue);
	u32 i, count = queue->run->args.x;
	int ret = 0;
	u64 start;

	if (!job)
		return -ENOMEM;
	start = bench_now();
	for (i = 0; i < count && !ret; i++)
		ret = ops->job_add_dependency(job, dma_fence_get(fences[i]));
	*took = (bench_now() - start) / count;
	ops->job_arm(job);
	ops->job_push(job);
	return ret;
}

static int measure_dep_add(struct bench_run *run)
{
	struct bench_queue *queue = bench_queue_new(run);
	u32 i, j, count = run->args.x;
	struct dma_fence **fences;
	u64 start, *sample;
	int ret = 0;

	if (!queue)
		return -ENOMEM;
	for (i = 0; i < run->args.n && !ret; i++) {
		fences = new_fences(count);
		if (!fences) {
			ret = -ENOMEM;
			break;
		}
		sample = bench_sample(run);
		ret = submit_with(queue, fences, &sample[0]);
		start = bench_now();
		for (j = 0; j < count; j++)
			dma_fence_signal(in_order(run, fences, j));
		ret = bench_queue_settle(queue) ?: ret;
		sample[1] = (queue->idle_at - start) / count;
		bench_queue_reopen(queue);
		put_fences(fences, count);
	}
	if (ret != -ETIMEDOUT)
		bench_queue_put(queue);
	return ret;
}

const struct bench_measurement bench_dep_add = {
	.name = "dep_add",
	.columns = { "add", "resolve" },
	.needs_queue = true,
	.x_is_deps = true,
	.max_samples = bench_n_samples,
	.measure = measure_dep_add,
};

/* They signal one after the other, and what that wakes up is over before the next one does. */
static int measure_dep_events(struct bench_run *run)
{
	struct bench_queue *queue = bench_queue_new(run);
	u32 i, count = run->args.x;
	struct dma_fence **fences = new_fences(count);
	struct bench_counts counts;
	u64 took, *sample;
	int ret = -ENOMEM;

	if (!queue || !fences)
		goto put;
	ret = submit_with(queue, fences, &took);
	flush_workqueue(bench_ops(queue)->workqueue(queue));
	bench_trace_start();
	for (i = 0; i < count; i++) {
		dma_fence_signal(in_order(run, fences, i));
		/* After the last one the job runs, and this waits for that, too. */
		if (i < count - 1)
			flush_workqueue(bench_ops(queue)->workqueue(queue));
	}
	ret = bench_queue_settle(queue) ?: ret;
	bench_trace_stop(&counts);
	sample = bench_sample(run);
	sample[0] = 1;
	sample[1] = counts.works;
put:
	if (fences)
		put_fences(fences, count);
	if (queue && ret != -ETIMEDOUT)
		bench_queue_put(queue);
	return ret;
}

const struct bench_measurement bench_dep_events = {
	.name = "dep_events",
	.counts = true,
	.columns = { "jobs", "works" },
	.needs_queue = true,
	.x_is_deps = true,
	.max_samples = bench_one_sample,
	.measure = measure_dep_events,
};
