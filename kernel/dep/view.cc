// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What there is to see of a queue, for people.
 */
#include "deps.h"
#include "job.h"
#include "timeout.h"

namespace dep
{

/* Of a list that has any length: a bound, as the lock is held. */
static constexpr u64 count_at_most = 4096;

static u64 count(const Link &list, const Link *from)
{
	u64 n = 0;

	for (const Link *link = from; link != &list && n < count_at_most; link = link->next)
		n++;
	return n;
}

} // namespace dep

void drm_dep_look(drm_dep_queue *queue, drm_dep_view *view)
{
	u64 busy_time = drm_dep_queue_busy_time(queue);
	dep::Guard guard(queue->lock);

	*view = drm_dep_view{};
	view->busy_time = busy_time;
	view->run_seqno = queue->run_seqno;
	view->waiting = queue->waiting_count;
	view->in_flight = dep::count(queue->in_flight, queue->unsignalled);
	if (dep::has_head(*queue))
		view->oldest_seqno = dep::job_at(*queue->unsignalled).seqno;
	view->no_users = queue->no_users;
	view->messages = !queue->messages.empty();
	view->running = queue->runner;
	view->timeout_paused = queue->paused;
	if (queue->waiting.empty())
		return;

	drm_dep_job &first = dep::first_job(queue->waiting);

	dep::is_of(first, *queue);
	view->first_seqno = first.seqno;
	if (dep::has_gap(*queue))
		view->gap_armed_by = first.armed_before_by;
	else if (first.registered)
		view->blocking = dep::deps_blocking(first);
}
