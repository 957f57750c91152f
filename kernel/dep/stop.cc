// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Stopping the run side, and waiting for it.
 *
 * A stop is a count that next_step() looks at, and the clock. Whoever stops waits until the
 * run token is free: then no op is in progress, and the next one that takes the token sees
 * the count. Cancelling a job takes the token, too, but calls no op.
 *
 * A stop that is left behind by the last user is void, as nobody is there to end it. Later ones
 * count: timedout_job, and the reset of a device, may have to stop a queue that only its jobs
 * keep. And if the last user goes while timedout_job is in progress, which may have stopped its
 * own queue, this waits until it has returned.
 */
#include "clock.h"
#include "job.h"
#include "queue.h"
#include "run.h"
#include "stop.h"
#include "timeout.h"

namespace dep
{

bool void_stops(drm_dep_queue &queue)
{
	bool had_work = !queue.waiting.empty() || !queue.messages.empty();

	queue.void_owed = false;
	if (!queue.stop_count)
		return false;

	fold_clock(queue);
	queue.stop_count = 0;
	set_timer(queue);
	kick_if_runnable(queue);
	return had_work;
}

void complain_of_stop()
{
	DEP_BROKEN("the last user of a queue is gone while it is stopped");
}

} // namespace dep

/* For os_wait(), which calls it with the lock held. */
static bool token_is_free(void *arg) OS_ANALYSIS(no_thread_safety_analysis)
{
	return !static_cast<drm_dep_queue *>(arg)->runner;
}

void drm_dep_queue_stop(drm_dep_queue *queue)
{
	os_might_sleep();
	{
		dep::Guard guard(queue->lock);

		if (dep::runs_here(*queue)) {
			DEP_BROKEN("a queue is stopped from an op of its run side");
			return;
		}
		dep::fold_clock(*queue);
		queue->stop_count++;
	}
	os_inside_wait(OS_INSIDE_RUN);
	dep::wait_until(*queue, token_is_free);
}

void drm_dep_queue_start(drm_dep_queue *queue)
{
	dep::Guard guard(queue->lock);

	if (!queue->stop_count) {
		DEP_BROKEN("a queue is started that is not stopped");
		return;
	}
	dep::fold_clock(*queue);
	queue->stop_count--;
	dep::set_timer(*queue);
	dep::kick_if_runnable(*queue);
}

bool drm_dep_queue_is_stopped(drm_dep_queue *queue)
{
	dep::Guard guard(queue->lock);

	return queue->stop_count;
}
