// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The DRM GPU scheduler, as drivers for firmware scheduling use it: one scheduler and one
 * entity per queue. Without a hardware fence run_job returns NULL, which completes the job.
 */
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <drm/gpu_scheduler.h>

#include "bench.h"

/* Flag of the layer: a workqueue for each queue, which is what drm_sched_init() makes. */
#define SCHED_OWN_WQ BIT(0)

struct sched_queue {
	struct bench_queue base;
	struct drm_gpu_scheduler sched;
	struct drm_sched_entity entity;
};

struct sched_job {
	struct bench_job base;
	struct drm_sched_job job;
};

static struct workqueue_struct *sched_shared_wq;

static struct sched_queue *to_sched_queue(struct bench_queue *queue)
{
	return container_of(queue, struct sched_queue, base);
}

static struct sched_job *to_sched_job(struct bench_job *job)
{
	return container_of(job, struct sched_job, base);
}

static struct dma_fence *sched_run_job(struct drm_sched_job *job)
{
	return bench_job_run(&container_of(job, struct sched_job, job)->base);
}

static void sched_free_job(struct drm_sched_job *sched_job)
{
	struct sched_job *job = container_of(sched_job, struct sched_job, job);

	drm_sched_job_cleanup(sched_job);
	bench_job_free(&job->base);
}

static const struct drm_sched_backend_ops sched_backend_ops = {
	.run_job = sched_run_job,
	.free_job = sched_free_job,
};

static int sched_queue_init(struct bench_queue *base)
{
	struct sched_queue *queue = to_sched_queue(base);
	struct drm_gpu_scheduler *list = &queue->sched;
	bool own = base->run->layer->flags & SCHED_OWN_WQ;
	int ret;

	ret = drm_sched_init(&queue->sched, &(struct drm_sched_init_args){
		.ops = &sched_backend_ops,
		.submit_wq = own ? NULL : sched_shared_wq,
		.num_rqs = 1,
		.credit_limit = BENCH_CREDITS,
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.name = "bench",
		.dev = bench_drm()->dev,
	});
	if (ret)
		return ret;
	ret = drm_sched_entity_init(&queue->entity, DRM_SCHED_PRIORITY_KERNEL, &list, 1, NULL);
	if (ret)
		drm_sched_fini(&queue->sched);
	return ret;
}

/*
 * What it takes to leave nothing behind: the scheduler cancels nothing that waits, and must
 * not go before the last job. Some drivers then wait for a grace period, too.
 */
static void sched_queue_put(struct bench_queue *base)
{
	struct sched_queue *queue = to_sched_queue(base);

	drm_sched_entity_flush(&queue->entity, MAX_SCHEDULE_TIMEOUT);
	drm_sched_entity_fini(&queue->entity);
	wait_for_completion(&base->idle);
	drm_sched_fini(&queue->sched);
	bench_queue_free(base);
}

static void sched_queue_kill(struct bench_queue *base)
{
	drm_sched_entity_kill(&to_sched_queue(base)->entity);
}

static struct workqueue_struct *sched_workqueue(struct bench_queue *base)
{
	return to_sched_queue(base)->sched.submit_wq;
}

static int sched_job_init(struct bench_job *job)
{
	return drm_sched_job_init(&to_sched_job(job)->job, &to_sched_queue(job->queue)->entity, 1,
				  NULL, 0);
}

static int sched_job_add_dependency(struct bench_job *job, struct dma_fence *fence)
{
	return drm_sched_job_add_dependency(&to_sched_job(job)->job, fence);
}

static void sched_job_arm(struct bench_job *job)
{
	drm_sched_job_arm(&to_sched_job(job)->job);
}

static struct dma_fence *sched_job_finished(struct bench_job *job)
{
	return &to_sched_job(job)->job.s_fence->finished;
}

static void sched_job_push(struct bench_job *job)
{
	drm_sched_entity_push_job(&to_sched_job(job)->job);
}

static const struct bench_layer_ops sched_ops = {
	.queue_size = sizeof(struct sched_queue),
	.job_size = sizeof(struct sched_job),
	.queue_init = sched_queue_init,
	.queue_put = sched_queue_put,
	.queue_kill = sched_queue_kill,
	.workqueue = sched_workqueue,
	.job_init = sched_job_init,
	.job_add_dependency = sched_job_add_dependency,
	.job_arm = sched_job_arm,
	.job_finished = sched_job_finished,
	.job_push = sched_job_push,
};

/* Its cost of a dependency grows with their number: at 65,536 it would be an hour. */
#define SCHED_MAX_DEPS 4096

const struct bench_layer bench_layers_sched[BENCH_LAYERS_SCHED] = {
	{ .name = "sched", .ops = &sched_ops, .max_deps = SCHED_MAX_DEPS },
	{ .name = "sched-hw", .ops = &sched_ops, .hw_fence = true, .max_deps = SCHED_MAX_DEPS },
	/* A workqueue has a thread. */
	{ .name = "sched-own-hw", .ops = &sched_ops, .hw_fence = true, .flags = SCHED_OWN_WQ,
	  .max_deps = SCHED_MAX_DEPS, .max_queues = 1000 },
};

int bench_sched_init(void)
{
	sched_shared_wq = alloc_workqueue("bench-sched", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return sched_shared_wq ? 0 : -ENOMEM;
}

void bench_sched_exit(void)
{
	destroy_workqueue(sched_shared_wq);
}
