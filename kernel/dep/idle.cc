// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Waiting until a queue has nothing left of what was pushed.
 *
 * A job is on one of the queue's lists, which are in order, until it is retired. If its last
 * reference goes with that, its release is counted: as due then, and as done when it has
 * returned.
 */
#include "job.h"
#include "queue.h"
#include "run.h"

namespace dep
{

namespace
{

struct Idle {
	drm_dep_queue *queue;
	u64 seqno; /* up to which nothing may be left */
};

} // namespace

static bool nothing_left(Link &list, u64 seqno)
{
	return list.empty() || first_job(list).seqno > seqno;
}

/* For os_wait(), which calls it with the lock held. */
static bool is_idle(void *arg) OS_ANALYSIS(no_thread_safety_analysis)
{
	const Idle &idle = *static_cast<Idle *>(arg);
	drm_dep_queue &queue = *idle.queue;

	return nothing_left(queue.waiting, idle.seqno) &&
	       nothing_left(queue.in_flight, idle.seqno) &&
	       queue.releases_due == static_cast<u32>(os_load_ordered(&queue.releases_done));
}

} // namespace dep

int drm_dep_queue_wait_idle(drm_dep_queue *queue, u32 timeout_ms)
{
	dep::Idle idle = {.queue = queue, .seqno = 0};
	int error;

	os_might_sleep();
	{
		dep::Guard guard(queue->lock);

		if (dep::called_from_op(*queue)) {
			DEP_BROKEN("an op waits until its own queue is idle");
			return -OS_EDEADLK;
		}
		idle.seqno = queue->pushed_seqno;
	}
	os_inside_wait(OS_INSIDE_RUN);
	os_inside_wait(OS_INSIDE_TIMEOUT);
	os_inside_wait(OS_INSIDE_CLEANUP);

	/* Before looking: who is done with a release then looks whether to wake anybody. */
	os_add_ordered(&queue->idle_waiters, 1);
	error = dep::wait_until(*queue, dep::is_idle, &idle, timeout_ms * 1000000ull, true);
	os_add_ordered(&queue->idle_waiters, -1);
	return error;
}
