/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_CLOCK_H_
#define _DRM_DEP_CLOCK_H_

#include "abi.h"

/*
 * How long the head has been running: the first job that was handed over and has not
 * signalled. A job's time begins when it is handed over or when the job before it is
 * done, whichever is later, and stands still while the queue is paused or stopped.
 *
 * What is kept is the time that had been counted at one moment (queue.head_ran) and that
 * moment (queue.head_since). Whoever changes whether the clock runs calls fold_clock()
 * before.
 *
 * A head that is done has stopped running at queue.event_time: it is only waiting to be
 * signalled. That is the time of the last completion of any job; it is exact as long as
 * signalling keeps up, and never early.
 */
namespace dep
{

/* Whether time counts. */
inline bool clock_runs(const drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
{
	return !queue.paused && !queue.stop_count;
}

/* What the head has been running for at the time @until. */
inline u64 head_time(const drm_dep_queue &queue, u64 until) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
{
	bool counts = clock_runs(queue) && until > queue.head_since;

	return queue.head_ran + (counts ? until - queue.head_since : 0);
}

/* Another job becomes the head, and has been running since @since. */
inline void start_clock(drm_dep_queue &queue, u64 since) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
{
	queue.head_since = since;
	queue.head_ran = 0;
}

/* The head is signalled: what it ran for counts as busy. */
inline void stop_clock(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
{
	queue.busy_time += head_time(queue, queue.event_time);
}

/* The time of the head begins anew, as if it had just been handed over. */
void restart_clock(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock);

/* Called before something changes that clock_runs() looks at. */
void fold_clock(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock);

} // namespace dep

#endif /* _DRM_DEP_CLOCK_H_ */
