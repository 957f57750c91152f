/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_QUEUE_H_
#define _DRM_DEP_QUEUE_H_

#include "abi.h"

namespace dep
{

/* How many credits may be in flight. Without the lock it may be about to change. */
inline u32 credit_limit(const drm_dep_queue &queue) OS_NONBLOCKING
{
	return static_cast<u32>(os_load_relaxed(&queue.credit_limit));
}

/*
 * Drops one of the core's references: a job's, a message's, or that of the users together.
 * The last one starts the teardown. Any context but NMI.
 */
void queue_unref(drm_dep_queue &queue) OS_NONBLOCKING;

/* Whether the caller is an op of the run side, or timedout_job. */
inline bool called_from_op(const drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
{
	return queue.runner == os_current() || queue.timeout_runner == os_current();
}

/*
 * Sleeps until cond(arg), which is called with the queue's lock held, is true. Who may have
 * made it true calls os_wake() if queue.waiters says that somebody waits. Timeout and result
 * are those of os_wait().
 */
int wait_until(drm_dep_queue &queue, bool (*cond)(void *arg), void *arg, u64 timeout_ns,
	       bool killable) OS_NONALLOCATING OS_SLEEPS DEP_EXCLUDES(queue.lock);

/* The same with the queue as argument, for as long as it takes. */
void wait_until(drm_dep_queue &queue, bool (*cond)(void *queue)) OS_NONALLOCATING OS_SLEEPS
	DEP_EXCLUDES(queue.lock);

} // namespace dep

#endif /* _DRM_DEP_QUEUE_H_ */
