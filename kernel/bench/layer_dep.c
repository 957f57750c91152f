// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * drm_dep, with each combination of the flags that a driver chooses by what it can do, and
 * of the ways to complete a job.
 */
#include <linux/module.h>

#include <drm/drm_dep.h>

#include "bench.h"

struct dep_queue {
	struct bench_queue base;
	struct drm_dep_queue queue;
};

struct dep_job {
	struct bench_job base;
	struct drm_dep_job job;
};

static struct drm_dep_queue *to_dep_queue(struct bench_queue *queue)
{
	return &container_of(queue, struct dep_queue, base)->queue;
}

static struct drm_dep_job *to_dep_job(struct bench_job *job)
{
	return &container_of(job, struct dep_job, base)->job;
}

static struct dma_fence *dep_run_job(struct drm_dep_job *dep_job)
{
	struct bench_job *job = &container_of(dep_job, struct dep_job, job)->base;
	bool by_fence = job->hw;
	struct dma_fence *fence = bench_job_run(job);

	if (!by_fence)
		drm_dep_job_done(dep_job, drm_dep_job_run_number(dep_job), 0);
	return fence;
}

static void dep_queue_release(struct drm_dep_queue *queue)
{
	bench_queue_free(&container_of(queue, struct dep_queue, queue)->base);
}

static void dep_job_release(struct drm_dep_job *job)
{
	bench_job_free(&container_of(job, struct dep_job, job)->base);
}

static const struct drm_dep_queue_ops dep_queue_ops = {
	.owner = THIS_MODULE,
	.run_job = dep_run_job,
	.release = dep_queue_release,
};

static const struct drm_dep_job_ops dep_job_ops = {
	.release = dep_job_release,
};

static int dep_queue_init(struct bench_queue *queue)
{
	return drm_dep_queue_init(to_dep_queue(queue), &(struct drm_dep_queue_init_args){
		.ops = &dep_queue_ops,
		.drm = bench_drm(),
		.driver_name = "bench",
		.name = "bench",
		.credit_limit = BENCH_CREDITS,
		.flags = queue->run->layer->flags,
	});
}

static void dep_queue_put(struct bench_queue *queue)
{
	drm_dep_queue_put(to_dep_queue(queue));
}

static void dep_queue_kill(struct bench_queue *queue)
{
	drm_dep_queue_kill(to_dep_queue(queue));
}

static struct workqueue_struct *dep_workqueue(struct bench_queue *queue)
{
	return drm_dep_queue_workqueue(to_dep_queue(queue));
}

static int dep_job_init(struct bench_job *job)
{
	return drm_dep_job_init(to_dep_job(job), &(struct drm_dep_job_init_args){
		.queue = to_dep_queue(job->queue),
		.ops = &dep_job_ops,
		.credits = 1,
	});
}

static int dep_job_add_dependency(struct bench_job *job, struct dma_fence *fence)
{
	return drm_dep_job_add_dependency(to_dep_job(job), fence);
}

static void dep_job_arm(struct bench_job *job)
{
	drm_dep_job_arm(to_dep_job(job));
}

static struct dma_fence *dep_job_finished(struct bench_job *job)
{
	return drm_dep_job_finished_fence(to_dep_job(job));
}

static void dep_job_push(struct bench_job *base)
{
	struct drm_dep_job *job = to_dep_job(base);

	drm_dep_job_push(job);
	drm_dep_job_put(job);
}

static const struct bench_layer_ops dep_ops = {
	.queue_size = sizeof(struct dep_queue),
	.job_size = sizeof(struct dep_job),
	.queue_init = dep_queue_init,
	.queue_put = dep_queue_put,
	.queue_kill = dep_queue_kill,
	.workqueue = dep_workqueue,
	.job_init = dep_job_init,
	.job_add_dependency = dep_job_add_dependency,
	.job_arm = dep_job_arm,
	.job_finished = dep_job_finished,
	.job_push = dep_job_push,
};

#define BYPASS DRM_DEP_QUEUE_BYPASS
#define IRQ_PUT DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE

const struct bench_layer bench_layers_dep[BENCH_LAYERS_DEP] = {
	{ "dep", &dep_ops },
	{ "dep-bypass", &dep_ops, BYPASS },
	{ "dep-irqput", &dep_ops, IRQ_PUT },
	{ "dep-bypass-irqput", &dep_ops, BYPASS | IRQ_PUT },
	{ "dep-hw", &dep_ops, 0, true },
	{ "dep-bypass-hw", &dep_ops, BYPASS, true },
	{ "dep-irqput-hw", &dep_ops, IRQ_PUT, true },
	{ "dep-bypass-irqput-hw", &dep_ops, BYPASS | IRQ_PUT, true },
};
