/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_FENCE_H_
#define _DRM_DEP_FENCE_H_

#include "abi.h"

/*
 * The finished fence of a job, in an allocation of its own: it may outlive the job,
 * the queue and the module. What leads to the job is guarded by the fence's lock and
 * cleared in the section that signals. @queue is never cleared: the names are read
 * in an RCU read section before the fence has signalled, and the queue's memory is
 * freed a grace period after.
 */
struct drm_dep_fence {
	os_fence base; /* first: the host frees the fence through it */
	drm_dep_queue *queue;
	drm_dep_job *job;   /* NULL when not armed, and once signalled */
	long long deadline; /* the earliest that anybody asked for; by the fence's lock */
	os_atomic has_deadline;
	os_atomic handed_over; /* and there is no hardware fence */
};

namespace dep
{

/* Returns NULL when there is no memory. */
drm_dep_fence *fence_alloc(drm_dep_queue &queue) OS_ALLOCATES;

/* From here on the fence is real: it can be published, and has to be signalled. */
void fence_arm(drm_dep_fence &fence, drm_dep_job &job) OS_NONBLOCKING;

/* Signals the fence of a job that was done at @when; its callbacks run here. */
void fence_signal(drm_dep_fence &fence, int error, u64 when) OS_NONBLOCKING DEP_IN(os_signalling);

/*
 * The job was handed over, and @hw_fence, if there is one, is now the job's: a deadline
 * that somebody asked for goes on to the hardware. Gives back what there was before, whose
 * reference is the caller's.
 */
os_fence *fence_handed_over(drm_dep_job &job, os_fence *hw_fence) OS_NONBLOCKING
	DEP_IN(os_run_side);

/* Drops what the job has of its fences, whether or not it was ever armed. */
void fence_drop(drm_dep_job &job) OS_NONBLOCKING;

} // namespace dep

#endif /* _DRM_DEP_FENCE_H_ */
