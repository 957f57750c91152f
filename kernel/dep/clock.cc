// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The clock of the job that runs.
 */
#include "clock.h"
#include "job.h"

namespace dep
{

/* Until when the head has been running; there is one. */
static u64 head_until(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	drm_dep_job &head = job_at(*queue.unsignalled);

	is_of(head, queue);
	return head.state == DONE ? queue.event_time : os_now();
}

void fold_clock(drm_dep_queue &queue)
{
	u64 now;

	if (!has_head(queue))
		return;

	queue.head_ran = head_time(queue, head_until(queue));
	now = os_now();
	queue.head_since = now;
}

void restart_clock(drm_dep_queue &queue)
{
	queue.busy_time += head_time(queue, head_until(queue));
	start_clock(queue, os_now());
}

} // namespace dep

u64 drm_dep_queue_busy_time(drm_dep_queue *queue)
{
	dep::Guard guard(queue->lock);

	if (!dep::has_head(*queue))
		return queue->busy_time;
	return queue->busy_time + dep::head_time(*queue, dep::head_until(*queue));
}
