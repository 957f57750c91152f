// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Stopping the run side, and waiting for it.
 *
 * A stop is a count that next_step() looks at, and the clock. Whoever stops waits until no op
 * is in progress; the next one that is about to begin one sees the count. Jobs are still
 * cancelled meanwhile, with the run token held, but by no op.
 *
 * A stop that is left behind by the last user is void, as nobody is there to end it. Two kinds
 * are kept all the same: those of timedout_job, which stops its own queue and starts it again,
 * and those of a queue that had no users already: the reset of a device may have to stop a queue
 * that only its jobs keep.
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

	if (queue.stop_count <= queue.kept_stops)
		return false;

	fold_clock(queue);
	queue.stop_count = queue.kept_stops;
	set_timer(queue);
	kick_if_runnable(queue);
	return had_work;
}

/* Whether a stop or a start of the caller is none of a user. */
static bool is_kept(const drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	return queue.timeout_runner == os_current() || os_ref_is_zero(&queue.users);
}

void complain_of_stop()
{
	DEP_BROKEN("the last user of a queue is gone while it is stopped");
}

} // namespace dep

/* For os_wait(), which calls it with the lock held. */
static bool no_op_runs(void *arg) OS_ANALYSIS(no_thread_safety_analysis)
{
	return !static_cast<drm_dep_queue *>(arg)->in_op;
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
		if (dep::is_kept(*queue))
			queue->kept_stops++;
	}
	os_inside_wait(OS_INSIDE_RUN);
	dep::wait_until(*queue, no_op_runs);
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
	if (dep::is_kept(*queue) && queue->kept_stops)
		queue->kept_stops--;
	/* One that was handed on, to a work item with a reference of its own. */
	if (queue->kept_stops > queue->stop_count)
		queue->kept_stops = queue->stop_count;
	dep::set_timer(*queue);
	dep::kick_if_runnable(*queue);
}

bool drm_dep_queue_is_stopped(drm_dep_queue *queue)
{
	dep::Guard guard(queue->lock);

	return queue->stop_count;
}
