// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The kernel's own GPU scheduler. A job without a hardware fence is complete when run_job
 * has returned.
 */
#include <linux/slab.h>

#include <drm/gpu_scheduler.h>

#include "icount.h"

struct sched_job {
	struct drm_sched_job sched;
	struct ic_job base;
};

#define to_sched_job(job) container_of(job, struct sched_job, base)

static struct drm_gpu_scheduler sched;
static struct drm_sched_entity entity;

static struct dma_fence *sched_run_job(struct drm_sched_job *job)
{
	return ic_job_run(&container_of(job, struct sched_job, sched)->base);
}

static void sched_free_job(struct drm_sched_job *base)
{
	struct sched_job *job = container_of(base, struct sched_job, sched);

	drm_sched_job_cleanup(base);
	ic_job_fini(&job->base);
	kfree(job);
}

static const struct drm_sched_backend_ops sched_ops = {
	.run_job = sched_run_job,
	.free_job = sched_free_job,
};

static int sched_begin(const struct ic_subject *subject)
{
	struct drm_gpu_scheduler *list = &sched;
	int ret;

	memset(&sched, 0, sizeof(sched));
	memset(&entity, 0, sizeof(entity));
	ret = compat_sched_init(&sched, &sched_ops, 1U << 20, "icount", ic_drm->dev);
	if (ret)
		return ret;
	ret = drm_sched_entity_init(&entity, DRM_SCHED_PRIORITY_NORMAL, &list, 1, NULL);
	if (ret)
		drm_sched_fini(&sched);
	return ret;
}

static void sched_end(void)
{
	drm_sched_entity_destroy(&entity);
	drm_sched_fini(&sched);
}

static struct ic_job *sched_make(const struct ic_subject *subject)
{
	struct sched_job *job = kzalloc_obj(*job);

	if (!job)
		return NULL;
	if (ic_job_init(&job->base, subject->hw)) {
		kfree(job);
		return NULL;
	}
	if (compat_sched_job_init(&job->sched, &entity, 1)) {
		ic_job_fini(&job->base);
		kfree(job);
		return NULL;
	}
	return &job->base;
}

static int sched_depend(struct ic_job *job, struct dma_fence *fence)
{
	return drm_sched_job_add_dependency(&to_sched_job(job)->sched, fence);
}

static void sched_push(struct ic_job *job)
{
	drm_sched_job_arm(&to_sched_job(job)->sched);
	drm_sched_entity_push_job(&to_sched_job(job)->sched);
}

static struct ic_job *sched_submit(const struct ic_subject *subject)
{
	struct ic_job *job = sched_make(subject);

	if (job)
		sched_push(job);
	return job;
}

#define SCHED_SUBJECT(title, ...)                                                  \
	{                                                                          \
		.name = title, .begin = sched_begin, .end = sched_end,             \
		.submit = sched_submit, .make = sched_make, .depend = sched_depend, \
		.push = sched_push, ##__VA_ARGS__                                  \
	}

const struct ic_subject ic_sched = SCHED_SUBJECT("drm_sched");
const struct ic_subject ic_sched_hw = SCHED_SUBJECT("drm_sched, hardware fence", .hw = true);
