// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What a queue costs, and many of them.
 */
#include <linux/cpumask.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/thread_info.h>

#include "bench.h"

static void put_queues(struct bench_queue **queues, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (queues[i])
			bench_queue_put(queues[i]);
}

static int new_queues(struct bench_run *run, struct bench_queue **queues, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		queues[i] = bench_queue_new(run);
		if (!queues[i])
			return -ENOMEM;
	}
	return 0;
}

static int settle_queues(struct bench_queue **queues, u32 count)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < count && !ret; i++)
		ret = bench_queue_settle(queues[i]);
	return ret;
}

/* @x queues are made, run a job each, and are put. */
static int measure_queues(struct bench_run *run)
{
	u32 i, j, count = run->args.x;
	struct bench_queue **queues = kvcalloc(count, sizeof(*queues), GFP_KERNEL);
	u64 start, put, *sample;
	int ret = queues ? 0 : -ENOMEM;

	for (i = 0; i < run->args.n && !ret; i++) {
		sample = bench_sample(run);
		start = bench_now();
		ret = new_queues(run, queues, count);
		sample[0] = (bench_now() - start) / count;
		for (j = 0; j < count && !ret; j++)
			ret = bench_submit(queues[j], NULL);
		ret = ret ?: settle_queues(queues, count);
		if (ret == -ETIMEDOUT)
			return ret;
		start = bench_now();
		put_queues(queues, count);
		put = bench_now();
		memset(queues, 0, count * sizeof(*queues));
		ret = bench_wait_gone(run) ?: ret;
		sample[1] = (put - start) / count;
		sample[2] = run->gone_at - start;
	}
	kvfree(queues);
	return ret;
}

const struct bench_measurement bench_queues = {
	.name = "queues",
	.columns = { "create", "put", "all_gone" },
	.x_is_queues = true,
	.max_samples = bench_n_samples,
	.measure = measure_queues,
};

/* Each kernel thread is a process. */
static unsigned int count_threads(void)
{
	struct task_struct *task;
	unsigned int count = 0;

	rcu_read_lock();
	for_each_process(task)
		count++;
	rcu_read_unlock();
	return count;
}

/* @x queues, and @n jobs on one more; the jobs are armed but not pushed while it counts. */
static int measure_memory(struct bench_run *run)
{
	u32 i, j, count = run->args.x, n = run->args.n;
	struct bench_queue **queues = kvcalloc(count + 1, sizeof(*queues), GFP_KERNEL);
	struct bench_job **jobs = kvcalloc(n, sizeof(*jobs), GFP_KERNEL);
	const struct bench_layer_ops *ops = run->layer->ops;
	struct bench_counts of_queues, of_jobs;
	unsigned int threads;
	u64 *sample;
	int ret = -ENOMEM;

	if (!queues || !jobs)
		goto free;
	queues[count] = bench_queue_new(run);
	if (!queues[count])
		goto free;

	/* What earlier runs have left to be freed. */
	rcu_barrier();
	threads = count_threads();
	bench_trace_start();
	ret = new_queues(run, queues, count);
	bench_trace_stop(&of_queues);
	threads = count_threads() - threads;
	if (ret)
		goto put;
	bench_trace_start();
	for (i = 0; i < n; i++) {
		jobs[i] = bench_job_new(queues[count]);
		if (!jobs[i])
			break;
		ops->job_arm(jobs[i]);
	}
	bench_trace_stop(&of_jobs);
	ret = i < n ? -ENOMEM : 0;
	for (j = 0; j < i; j++)
		ops->job_push(jobs[j]);

	sample = bench_sample(run);
	sample[0] = count;
	sample[1] = of_queues.asked;
	/* Stacks come from the page allocator. */
	sample[2] = of_queues.bytes + threads * THREAD_SIZE;
	sample[3] = threads;
	sample[4] = n;
	sample[5] = of_jobs.asked;
	sample[6] = of_jobs.bytes;
	sample[7] = of_jobs.fences;
	ret = bench_queue_settle(queues[count]) ?: ret;
	if (ret == -ETIMEDOUT)
		return ret;
put:
	put_queues(queues, count + 1);
free:
	kvfree(jobs);
	kvfree(queues);
	return ret;
}

const struct bench_measurement bench_memory = {
	.name = "memory",
	.counts = true,
	.columns = { "queues", "queue_asked", "queue_bytes", "queue_threads",
		     "jobs", "job_asked", "job_bytes", "job_fences" },
	.x_is_queues = true,
	.max_samples = bench_one_sample,
	.measure = measure_memory,
};

struct many {
	struct bench_queue **queues;
	unsigned int threads;
};

/* Each thread has its own part of the queues and of the jobs. */
static int submit_to_many(struct bench_run *run, unsigned int nr, void *data)
{
	const struct many *many = data;
	u32 from = div_u64((u64)run->args.x * nr, many->threads);
	u32 to = div_u64((u64)run->args.x * (nr + 1), many->threads);
	u32 jobs = run->args.n / many->threads;
	int ret = 0;
	u32 i;

	for (i = 0; i < jobs && !ret; i++)
		ret = bench_submit(many->queues[from + i % (to - from)], NULL);
	return ret ?: settle_queues(many->queues + from, to - from);
}

/* @n jobs on @x queues, from a thread on each CPU; one queue has one thread. */
static int measure_many_queues(struct bench_run *run)
{
	struct many many = {
		.queues = kvcalloc(run->args.x, sizeof(*many.queues), GFP_KERNEL),
		.threads = min(num_online_cpus(), run->args.x),
	};
	u64 start;
	int ret;

	if (!many.queues)
		return -ENOMEM;
	ret = new_queues(run, many.queues, run->args.x);
	if (ret)
		goto put;
	start = bench_now();
	ret = bench_in_threads(run, many.threads, submit_to_many, &many);
	bench_sample(run)[0] = (bench_now() - start) /
			       (run->args.n / many.threads * many.threads);
	if (ret == -ETIMEDOUT)
		return ret;
put:
	put_queues(many.queues, run->args.x);
	ret = bench_wait_gone(run) ?: ret;
	kvfree(many.queues);
	return ret;
}

const struct bench_measurement bench_many_queues = {
	.name = "many_queues",
	.columns = { "job" },
	.x_is_queues = true,
	.max_samples = bench_one_sample,
	.measure = measure_many_queues,
};
