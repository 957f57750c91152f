// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The driver that all layers have in common. Its hardware is done with a job as soon as it
 * gets it.
 */
#include <linux/slab.h>

#include "bench.h"

static const char *bench_fence_driver_name(struct dma_fence *fence)
{
	return "bench";
}

static const char *bench_fence_timeline_name(struct dma_fence *fence)
{
	return "bench-hardware";
}

static const struct dma_fence_ops bench_fence_ops = {
	.get_driver_name = bench_fence_driver_name,
	.get_timeline_name = bench_fence_timeline_name,
};

/* The kernel frees it by itself. */
struct dma_fence *bench_fence_new(u64 context, u64 seqno)
{
	struct dma_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL);

	if (fence)
		dma_fence_init64(fence, &bench_fence_ops, NULL, context, seqno);
	return fence;
}

struct bench_queue *bench_queue_new(struct bench_run *run)
{
	struct bench_queue *queue = kzalloc(run->layer->ops->queue_size, GFP_KERNEL);

	if (!queue)
		return NULL;
	queue->run = run;
	queue->context = dma_fence_context_alloc(1);
	atomic_set(&queue->alive, 1);
	init_completion(&queue->idle);
	if (run->layer->ops->queue_init(queue)) {
		kfree(queue);
		return NULL;
	}
	atomic_inc(&run->queues);
	spin_lock(&run->lock);
	run->queues_made++;
	spin_unlock(&run->lock);
	return queue;
}

/* Nothing of the layer is left of it. */
void bench_queue_free(struct bench_queue *queue)
{
	struct bench_run *run = queue->run;

	spin_lock(&run->lock);
	run->queues_freed++;
	run->jobs_made += queue->made;
	run->jobs_ran += queue->ran;
	run->jobs_wrong += queue->wrong;
	run->jobs_released += queue->made - atomic_read(&queue->alive);
	run->last_idle_at = queue->idle_at;
	spin_unlock(&run->lock);
	kfree(queue);

	WRITE_ONCE(run->gone_at, bench_now());
	if (atomic_dec_and_test(&run->queues))
		complete(&run->gone);
}

/* Waits until all queues that were put are gone. */
int bench_wait_gone(struct bench_run *run)
{
	if (atomic_dec_and_test(&run->queues))
		complete(&run->gone);
	if (!wait_for_completion_timeout(&run->gone, BENCH_PATIENCE))
		return -ETIMEDOUT;
	reinit_completion(&run->gone);
	atomic_inc(&run->queues);
	return 0;
}

static void bench_queue_less(struct bench_queue *queue)
{
	if (atomic_dec_and_test(&queue->alive)) {
		queue->idle_at = bench_now();
		complete_all(&queue->idle);
	}
}

/* No job comes any more, until bench_queue_reopen(). */
void bench_queue_close(struct bench_queue *queue)
{
	if (!queue->closed) {
		queue->closed = true;
		bench_queue_less(queue);
	}
}

/* Waits until all jobs are released. */
int bench_queue_settle(struct bench_queue *queue)
{
	bench_queue_close(queue);
	return wait_for_completion_timeout(&queue->idle, BENCH_PATIENCE) ? 0 : -ETIMEDOUT;
}

void bench_queue_reopen(struct bench_queue *queue)
{
	reinit_completion(&queue->idle);
	queue->closed = false;
	atomic_inc(&queue->alive);
}

/* Jobs may still be there. */
void bench_queue_put(struct bench_queue *queue)
{
	bench_queue_close(queue);
	bench_ops(queue)->queue_put(queue);
}

struct bench_job *bench_job_new(struct bench_queue *queue)
{
	struct bench_job *job = kzalloc(bench_ops(queue)->job_size, GFP_KERNEL);

	if (!job)
		return NULL;
	job->queue = queue;
	job->id = queue->made;
	if (queue->run->layer->hw_fence) {
		job->hw = bench_fence_new(queue->context, job->id + 1);
		if (!job->hw)
			goto free_job;
	}
	if (bench_ops(queue)->job_init(job))
		goto put_fence;
	queue->made++;
	atomic_inc(&queue->alive);
	return job;

put_fence:
	dma_fence_put(job->hw);
free_job:
	kfree(job);
	return NULL;
}

/**
 * bench_job_run() - what run_job of every layer does
 * @job: the job
 *
 * Return: the hardware fence, with a reference for the layer, or NULL.
 */
struct dma_fence *bench_job_run(struct bench_job *job)
{
	struct bench_queue *queue = job->queue;

	if (job->ran_at)
		*job->ran_at = bench_now();
	queue->wrong += job->id != queue->ran;
	queue->ran++;
	if (!job->hw)
		return NULL;
	dma_fence_signal(job->hw);
	return dma_fence_get(job->hw);
}

/* Any context: a layer may say that jobs can be released in interrupts. */
void bench_job_free(struct bench_job *job)
{
	struct bench_queue *queue = job->queue;

	dma_fence_put(job->hw);
	kfree(job);
	bench_queue_less(queue);
}

/**
 * bench_submit() - all that a driver does for a job without dependencies
 * @queue: the queue
 * @finished: where the finished fence goes, with a reference; or NULL, then it is
 * published, as it were, and put
 *
 * Return: 0 or -ENOMEM.
 */
int bench_submit(struct bench_queue *queue, struct dma_fence **finished)
{
	const struct bench_layer_ops *ops = bench_ops(queue);
	struct bench_job *job = bench_job_new(queue);
	struct dma_fence *fence;

	if (!job)
		return -ENOMEM;
	ops->job_arm(job);
	fence = dma_fence_get(ops->job_finished(job));
	ops->job_push(job);
	if (finished)
		*finished = fence;
	else
		dma_fence_put(fence);
	return 0;
}
