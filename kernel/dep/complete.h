/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_COMPLETE_H_
#define _DRM_DEP_COMPLETE_H_

#include "abi.h"

namespace dep
{

/* A fence that is due: its job is done, and so are all before it. None, if there is no job. */
struct Due {
	drm_dep_job *job;
	int error;
	u64 when;
};

/*
 * Records the completion of run number @run, unless it was completed before, and
 * signals what is due, here or in another context. Any context but NMI. The caller's
 * reference of the job keeps the queue meanwhile.
 */
bool complete(drm_dep_job &job, u32 run, int error) OS_NONBLOCKING DEP_EXCLUDES(job.queue->lock);

/* Records that a job in flight is done. What is due is for drain(), by the caller. */
[[nodiscard]] Due record_done(drm_dep_job &job, int error) OS_NONBLOCKING
	DEP_REQUIRES(job.queue->lock);

/*
 * The job that was the next to run is done instead of being run, with @error. What is due is
 * for drain(), likewise.
 */
[[nodiscard]] Due record_cancelled(drm_dep_job &job, int error) OS_NONBLOCKING DEP_IN(os_run_side)
	DEP_REQUIRES(job.queue->lock);

/* Callback of the hardware fence: its signalling is the completion. */
void hw_fence_signalled(os_fence *fence, os_fence_cb *cb) OS_NONBLOCKING DEP_IN(os_signalling);

/*
 * Takes the completion token if the first job that has not signalled is done. Who gets a
 * job calls drain() as soon as it has released the lock: until then this CPU does not switch
 * to another task, so that nobody has to wait long for the token. Otherwise somebody else
 * does, or there is nothing to do.
 */
[[nodiscard]] Due claim_drain(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock);

/*
 * Signals @first and, in order, the jobs behind it that are done and have nothing unfinished
 * before them. The caller is in a read section or keeps the queue in another way: the queue's
 * last job reference may be dropped in here.
 */
void drain(drm_dep_queue &queue, const Due &first) OS_NONBLOCKING DEP_IN(os_signalling)
	DEP_EXCLUDES(queue.lock);

/* The work item that goes on where a drain had to stop. */
void drain_more(os_work *work) OS_NONBLOCKING;

} // namespace dep

#endif /* _DRM_DEP_COMPLETE_H_ */
