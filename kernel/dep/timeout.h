/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_TIMEOUT_H_
#define _DRM_DEP_TIMEOUT_H_

#include "job.h"

namespace dep
{

/*
 * Starts the queue's timer for whatever is to be looked at next: the timeout of the head,
 * or a job that was armed and is not pushed. Called when one of them, or the clock, has
 * changed other than by time passing.
 */
void set_timer(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock);

/*
 * A job was handed over. As the timer looks only now and then, and then finds out when to
 * look again, there is nothing to do for a job if it is running.
 */
inline void watch_head(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
{
	if (queue.timeout_ms && !queue.timer_armed)
		set_timer(queue);
}

/* Whether the first job waits for one that was armed before it and not pushed. */
inline bool has_gap(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
{
	return !queue.waiting.empty() && first_job(queue.waiting).seqno != queue.run_seqno;
}

/* There is a gap: watches how long it lasts. */
void watch_gap(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock);

/* The first job is another one. */
inline void look_for_gap(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
{
	if (has_gap(queue))
		watch_gap(queue);
}

/* The timer. */
void timer_expired(os_timer *timer) OS_NONBLOCKING;

/* The work item that calls timedout_job. */
void handle_timeout(os_work *work) OS_NONALLOCATING;

} // namespace dep

#endif /* _DRM_DEP_TIMEOUT_H_ */
