// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The finished fence.
 */
#include "fence.h"

namespace dep
{

static_assert(offsetof(drm_dep_fence, base) == 0, "the host frees the allocation as a fence");

static drm_dep_fence &from_base(os_fence *fence)
{
	return *reinterpret_cast<drm_dep_fence *>(fence);
}

drm_dep_fence *fence_alloc(drm_dep_queue &queue)
{
	drm_dep_fence *fence = static_cast<drm_dep_fence *>(os_fence_alloc(sizeof(drm_dep_fence)));

	if (!fence)
		return nullptr;

	fence->queue = &queue;
	fence->job = nullptr;
	fence->hw_fence = nullptr;
	return fence;
}

void fence_arm(drm_dep_fence &fence, drm_dep_job &job)
{
	/* The names may be asked for as soon as the fence is initialised. */
	fence.job = &job;
	os_fence_init(&fence.base, job.queue->context, job.seqno, job.queue->nest_level);
}

void fence_signal(drm_dep_fence &fence, int error)
{
	unsigned int level = fence.queue->nest_level + 1;
	unsigned long flags = os_fence_lock(&fence.base);
	unsigned int outer;

	fence.job = nullptr;
	outer = os_nest_set(level);
	os_fence_signal_locked(&fence.base, error);
	os_nest_set(outer);
	os_fence_unlock(&fence.base, flags);
}

void fence_drop(drm_dep_fence *fence, bool armed)
{
	if (fence->hw_fence)
		os_fence_put(fence->hw_fence);

	if (armed)
		os_fence_put(&fence->base);
	else
		os_free(fence);
}

} // namespace dep

/* Called in a read section, for a fence that has not signalled. */
const char *drm_dep_fence_driver_name(os_fence *fence)
{
	return dep::from_base(fence).queue->driver_name;
}

const char *drm_dep_fence_timeline_name(os_fence *fence)
{
	return dep::from_base(fence).queue->name;
}
