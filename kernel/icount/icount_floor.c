// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * No queue: what any driver does to signal a fence for a job.
 */
#include <linux/slab.h>

#include <drm/drm_dep.h>

#include "icount.h"

struct floor_job {
	struct ic_job base;
	struct compat_fence *finished;
	/* Of the size of a job of drm_dep. */
	struct drm_dep_job unused;
};

static u64 context;
static u64 seqno;

static const char *floor_name(struct dma_fence *fence)
{
	return "floor";
}

static const struct dma_fence_ops floor_ops = {
	COMPAT_FENCE_OPS_64BIT
	.get_driver_name = floor_name,
	.get_timeline_name = floor_name,
};

static int floor_begin(const struct ic_subject *subject)
{
	context = dma_fence_context_alloc(1);
	return 0;
}

static void floor_end(void)
{
}

static void floor_finish(struct floor_job *job)
{
	dma_fence_signal(&job->finished->base);
	dma_fence_put(&job->finished->base);
	ic_job_fini(&job->base);
	kfree(job);
}

/* The job is over when this returns, so the loops get one that has nothing to wait for. */
static struct ic_job *floor_submit(const struct ic_subject *subject)
{
	static struct ic_job done;
	struct floor_job *job = kzalloc_obj(*job);
	struct dma_fence *fence;

	if (!job)
		return NULL;
	job->finished = kzalloc_obj(*job->finished);
	if (!job->finished || ic_job_init(&job->base, subject->hw)) {
		kfree(job->finished);
		kfree(job);
		return NULL;
	}
	compat_fence_init64(job->finished, &floor_ops, context, ++seqno);
	fence = ic_job_run(&job->base);
	if (fence) {
		dma_fence_signal(fence);
		dma_fence_put(fence);
	}
	floor_finish(job);
	return &done;
}

const struct ic_subject ic_floor = {
	.name = "floor",
	.begin = floor_begin, .end = floor_end, .submit = floor_submit,
};

const struct ic_subject ic_floor_hw = {
	.name = "floor, hardware fence", .hw = true,
	.begin = floor_begin, .end = floor_end, .submit = floor_submit,
};
