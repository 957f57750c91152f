// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * drm_dep.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include <drm/drm_dep.h>

#include "icount.h"

struct dep_job {
	struct drm_dep_job dep;
	struct ic_job base;
};

#define to_dep_job(job) container_of(job, struct dep_job, base)

static struct drm_dep_queue *queue;

static void dep_release_job(struct drm_dep_job *dep)
{
	struct dep_job *job = container_of(dep, struct dep_job, dep);

	ic_job_fini(&job->base);
	kfree(job);
}

static const struct drm_dep_job_ops job_ops = {
	.release = dep_release_job,
};

static struct dma_fence *dep_run_job(struct drm_dep_job *dep)
{
	struct dep_job *job = container_of(dep, struct dep_job, dep);
	struct dma_fence *fence = ic_job_run(&job->base);

	if (!fence)
		drm_dep_job_done(dep, drm_dep_job_run_number(dep), 0);
	return fence;
}

static void dep_release_queue(struct drm_dep_queue *dep)
{
	kfree(dep);
}

static const struct drm_dep_queue_ops queue_ops = {
	.owner = THIS_MODULE,
	.run_job = dep_run_job,
	.release = dep_release_queue,
};

static int dep_begin(const struct ic_subject *subject)
{
	const struct drm_dep_queue_init_args args = {
		.ops = &queue_ops,
		.drm = ic_drm,
		.driver_name = "icount",
		.name = "icount",
		.credit_limit = 1U << 20,
		.flags = subject->flags,
	};
	int ret;

	queue = kzalloc_obj(*queue);
	if (!queue)
		return -ENOMEM;
	ret = drm_dep_queue_init(queue, &args);
	if (ret)
		kfree(queue);
	return ret;
}

static void dep_end(void)
{
	drm_dep_queue_put(queue);
	drm_dep_flush(ic_drm);
}

static struct ic_job *dep_make(const struct ic_subject *subject)
{
	const struct drm_dep_job_init_args args = {
		.queue = queue,
		.ops = &job_ops,
		.credits = 1,
	};
	struct dep_job *job = kzalloc_obj(*job);

	if (!job)
		return NULL;
	if (ic_job_init(&job->base, subject->hw)) {
		kfree(job);
		return NULL;
	}
	if (drm_dep_job_init(&job->dep, &args)) {
		ic_job_fini(&job->base);
		kfree(job);
		return NULL;
	}
	return &job->base;
}

static int dep_depend(struct ic_job *job, struct dma_fence *fence)
{
	return drm_dep_job_add_dependency(&to_dep_job(job)->dep, fence);
}

static void dep_push(struct ic_job *base)
{
	struct dep_job *job = to_dep_job(base);

	drm_dep_job_arm(&job->dep);
	drm_dep_job_push(&job->dep);
	drm_dep_job_put(&job->dep);
}

static struct ic_job *dep_submit(const struct ic_subject *subject)
{
	struct ic_job *job = dep_make(subject);

	if (job)
		dep_push(job);
	return job;
}

#define DEP_SUBJECT(title, ...)                                               \
	{                                                                     \
		.name = title, .begin = dep_begin, .end = dep_end,            \
		.submit = dep_submit, .make = dep_make, .depend = dep_depend, \
		.push = dep_push, ##__VA_ARGS__                               \
	}
#define BOTH_FLAGS (DRM_DEP_QUEUE_BYPASS | DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE)

const struct ic_subject ic_dep = DEP_SUBJECT("drm_dep, no flags");
const struct ic_subject ic_dep_hw = DEP_SUBJECT("drm_dep, no flags, hardware fence", .hw = true);
const struct ic_subject ic_dep_flags = DEP_SUBJECT("drm_dep, both flags", .flags = BOTH_FLAGS);
const struct ic_subject ic_dep_flags_hw =
	DEP_SUBJECT("drm_dep, both flags, hardware fence", .flags = BOTH_FLAGS, .hw = true);
