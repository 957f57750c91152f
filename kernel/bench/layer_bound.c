// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What no queue can be without, and nothing else: bounds for what a queue can reach.
 *
 *	lock	a list that keeps jobs in order, and its lock
 *	work	and a work item, where run_job may sleep: one per queue, for all jobs that wait
 */
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "bench.h"

struct bound_queue {
	struct bench_queue base;
	spinlock_t lock;
	struct list_head jobs;
	struct work_struct work;
};

struct bound_job {
	struct bench_job base;
	struct list_head link;
	struct dma_fence *finished;
};

static struct workqueue_struct *bound_wq;

static struct bound_queue *to_bound_queue(struct bench_queue *queue)
{
	return container_of(queue, struct bound_queue, base);
}

static struct bound_job *to_bound_job(struct bench_job *job)
{
	return container_of(job, struct bound_job, base);
}

static void bound_run(struct bound_job *job)
{
	dma_fence_put(bench_job_run(&job->base));
	dma_fence_signal(job->finished);
	dma_fence_put(job->finished);
	bench_job_free(&job->base);
}

static void bound_run_all(struct work_struct *work)
{
	struct bound_queue *queue = container_of(work, struct bound_queue, work);
	struct bound_job *job;
	unsigned long flags;

	do {
		spin_lock_irqsave(&queue->lock, flags);
		job = list_first_entry_or_null(&queue->jobs, struct bound_job, link);
		if (job)
			list_del(&job->link);
		spin_unlock_irqrestore(&queue->lock, flags);
		if (job)
			bound_run(job);
	} while (job);
}

static int bound_queue_init(struct bench_queue *base)
{
	struct bound_queue *queue = to_bound_queue(base);

	spin_lock_init(&queue->lock);
	INIT_LIST_HEAD(&queue->jobs);
	INIT_WORK(&queue->work, bound_run_all);
	return 0;
}

static void bound_queue_put(struct bench_queue *base)
{
	flush_work(&to_bound_queue(base)->work);
	bench_queue_free(base);
}

static struct workqueue_struct *bound_workqueue(struct bench_queue *queue)
{
	return bound_wq;
}

static int bound_job_init(struct bench_job *base)
{
	struct bound_job *job = to_bound_job(base);

	job->finished = bench_fence_new(base->queue->context, base->id + 1);
	return job->finished ? 0 : -ENOMEM;
}

static void bound_job_arm(struct bench_job *base)
{
}

static struct dma_fence *bound_job_finished(struct bench_job *base)
{
	return to_bound_job(base)->finished;
}

static void bound_push_and_run(struct bench_job *base)
{
	struct bound_queue *queue = to_bound_queue(base->queue);
	struct bound_job *job = to_bound_job(base);
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	list_add_tail(&job->link, &queue->jobs);
	list_del(&job->link);
	spin_unlock_irqrestore(&queue->lock, flags);
	bound_run(job);
}

static void bound_push(struct bench_job *base)
{
	struct bound_queue *queue = to_bound_queue(base->queue);
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	list_add_tail(&to_bound_job(base)->link, &queue->jobs);
	spin_unlock_irqrestore(&queue->lock, flags);
	queue_work(bound_wq, &queue->work);
}

#define BOUND_OPS(push) { \
	.queue_size = sizeof(struct bound_queue), \
	.job_size = sizeof(struct bound_job), \
	.queue_init = bound_queue_init, \
	.queue_put = bound_queue_put, \
	.workqueue = bound_workqueue, \
	.job_init = bound_job_init, \
	.job_arm = bound_job_arm, \
	.job_finished = bound_job_finished, \
	.job_push = push, \
}

static const struct bench_layer_ops lock_ops = BOUND_OPS(bound_push_and_run);
static const struct bench_layer_ops work_ops = BOUND_OPS(bound_push);

const struct bench_layer bench_layers_bound[BENCH_LAYERS_BOUND] = {
	{ "lock", &lock_ops },
	{ "lock-hw", &lock_ops, 0, true },
	{ "work", &work_ops },
	{ "work-hw", &work_ops, 0, true },
};

int bench_bound_init(void)
{
	bound_wq = alloc_workqueue("drm_dep_bench_bound", WQ_UNBOUND, 0);
	return bound_wq ? 0 : -ENOMEM;
}

void bench_bound_exit(void)
{
	destroy_workqueue(bound_wq);
}
