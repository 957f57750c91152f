// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The finished fence.
 *
 * A deadline may come before, while, or after the job is handed over. Who sets one writes
 * it and then looks for the hardware fence; who hands over writes that and then looks for a
 * deadline. Both accesses are in one order for both, so at least one sees the other, and
 * passing a deadline on twice does no harm.
 */
#include "fence.h"
#include "job.h"
#include "record.h"

namespace dep
{

static_assert(offsetof(drm_dep_fence, base) == 0, "the host frees the allocation as a fence");

namespace
{

/* Holds the lock of a fence to the end of the scope. */
class OS_ANALYSIS(scoped_lockable) FenceGuard
{
public:
	explicit FenceGuard(os_fence &fence) OS_ANALYSIS(acquire_capability(os_no_sleep))
		: fence_(fence), flags_(os_fence_lock(&fence))
	{
	}

	~FenceGuard() OS_ANALYSIS(release_capability()) { os_fence_unlock(&fence_, flags_); }

	FenceGuard(const FenceGuard &) = delete;
	FenceGuard &operator=(const FenceGuard &) = delete;

private:
	os_fence &fence_;
	unsigned long flags_;
};

drm_dep_fence &from_base(os_fence *fence)
{
	return *reinterpret_cast<drm_dep_fence *>(fence);
}

/* What a deadline goes on to, with a reference; nothing if the job is not handed over. */
struct Target {
	os_fence *hw_fence;
	drm_dep_job *job;
};

void pass_on(const Target &target, long long deadline) OS_NONBLOCKING
{
	if (target.hw_fence) {
		os_fence_set_deadline(target.hw_fence, deadline);
		os_fence_put(target.hw_fence);
	} else if (target.job) {
		DEP_UNCHECKED_EFFECTS(target.job->queue->ops->set_deadline(target.job, deadline);)
		drm_dep_job_put(target.job);
	}
}

} // namespace

drm_dep_fence *fence_alloc(drm_dep_queue &queue)
{
	drm_dep_fence *fence = static_cast<drm_dep_fence *>(os_fence_alloc(sizeof(drm_dep_fence)));

	if (!fence)
		return nullptr;

	fence->queue = &queue;
	fence->job = nullptr;
	fence->deadline = 0;
	fence->has_deadline.value = false;
	fence->handed_over.value = false;
	return fence;
}

void fence_arm(drm_dep_fence &fence, drm_dep_job &job)
{
	/* The names may be asked for as soon as the fence is initialised. */
	fence.job = &job;
	os_fence_init(&fence.base, job.queue->record->timeline, job.queue->context, job.seqno,
		      job.queue->nest_level);
}

void fence_signal(drm_dep_fence &fence, int error, u64 when)
{
	unsigned int level = fence.queue->nest_level + 1u;
	unsigned long flags = os_fence_lock(&fence.base);

	fence.job = nullptr;
	os_fence_signal_unlock(&fence.base, flags, error, when, level);
}

os_fence *fence_handed_over(drm_dep_job &job, os_fence *hw_fence)
{
	drm_dep_fence &fence = *job.fence;
	const drm_dep_queue_ops &ops = *job.queue->ops;
	os_fence *old;
	long long deadline;

	/* The usual case of a driver that completes its jobs itself. */
	if (!hw_fence && !ops.set_deadline && !os_load_ptr(&job.hw_fence))
		return nullptr;

	old = static_cast<os_fence *>(os_exchange_ptr(&job.hw_fence, hw_fence));
	if (!hw_fence) {
		if (!ops.set_deadline)
			return old;
		os_exchange_ordered(&fence.handed_over, true);
	}
	if (!os_load_ordered(&fence.has_deadline))
		return old;
	{
		FenceGuard guard(fence.base);

		deadline = fence.deadline;
	}
	if (hw_fence)
		os_fence_set_deadline(hw_fence, deadline);
	else
		DEP_UNCHECKED_EFFECTS(ops.set_deadline(&job, deadline);)
	return old;
}

void fence_drop(drm_dep_job &job)
{
	os_fence *hw_fence = static_cast<os_fence *>(os_load_ptr(&job.hw_fence));

	if (hw_fence)
		os_fence_put(hw_fence);

	if (job.state == INITIALISED)
		os_free(job.fence);
	else
		os_fence_put(&job.fence->base);
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

void drm_dep_fence_set_deadline(os_fence *base, long long deadline)
{
	drm_dep_fence &fence = dep::from_base(base);
	dep::Target target = {};
	/* A resubmit may be putting the hardware fence. */
	dep::RcuReadSection section;

	{
		dep::FenceGuard guard(fence.base);
		drm_dep_job *job = fence.job;

		if (!job)
			return;
		if (os_load_ordered(&fence.has_deadline) && fence.deadline <= deadline)
			return;
		fence.deadline = deadline;
		os_exchange_ordered(&fence.has_deadline, true);

		target.hw_fence = static_cast<os_fence *>(os_load_ptr(&job->hw_fence));
		if (target.hw_fence) {
			if (!os_fence_get_unless_zero(target.hw_fence))
				target.hw_fence = nullptr;
		} else if (os_load_ordered(&fence.handed_over) &&
			   os_ref_get_unless_zero(&job->ref)) {
			target.job = job;
		}
	}
	dep::pass_on(target, deadline);
}
