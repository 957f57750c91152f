/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_COMPLETE_H_
#define _DRM_DEP_COMPLETE_H_

#include "abi.h"

namespace dep
{

/*
 * Records the completion of run number @run, unless it was completed before, and
 * signals what is due, here or in another context. Any context but NMI. The caller's
 * reference of the job keeps the queue meanwhile.
 */
bool complete(drm_dep_job &job, u32 run, int error) OS_NONBLOCKING DEP_EXCLUDES(job.queue->lock);

/* Records that a job in flight is done. True if the caller has to drain. */
[[nodiscard]] bool record_done(drm_dep_job &job, int error) OS_NONBLOCKING
	DEP_REQUIRES(job.queue->lock);

/*
 * The job that was the next to run is done instead of being run, with @error. True if
 * the caller has to drain.
 */
[[nodiscard]] bool record_cancelled(drm_dep_job &job, int error) OS_NONBLOCKING
	DEP_REQUIRES(job.queue->lock);

/* Callback of the hardware fence: its signalling is the completion. */
void hw_fence_signalled(os_fence *fence, os_fence_cb *cb) OS_NONBLOCKING;

/*
 * Takes the completion token if the first job that has not signalled is done. Who
 * gets true calls drain(); otherwise somebody else does, or there is nothing to do.
 */
[[nodiscard]] bool claim_drain(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock);

/*
 * Signals, in order, the jobs that are done and have nothing unfinished before them.
 * The caller is in a read section or keeps the queue in another way: the queue's last
 * job reference may be dropped in here.
 */
void drain(drm_dep_queue &queue) OS_NONBLOCKING DEP_EXCLUDES(queue.lock);

/* The work item that goes on where a drain had to stop. */
void drain_more(os_work *work) OS_NONBLOCKING;

} // namespace dep

#endif /* _DRM_DEP_COMPLETE_H_ */
