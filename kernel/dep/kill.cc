// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The end of running. A kill is a flag: the run side looks at it before it runs a job, and
 * cancels the job instead, in its place and not before its dependencies.
 */
#include "kill.h"
#include "job.h"
#include "queue.h"
#include "run.h"
#include "timeout.h"

namespace dep
{

void kill(drm_dep_queue &queue)
{
	if (queue.killed)
		return;

	queue.killed = true;
	/* The reference is there until it is told. Without one left, fini is next. */
	if (queue.ops->killed && os_ref_get_unless_zero(&queue.ref))
		queue.killed_owed = true;
	kick_if_runnable(queue);
}

} // namespace dep

void drm_dep_queue_kill(drm_dep_queue *queue)
{
	dep::Guard guard(queue->lock);

	dep::kill(*queue);
}

bool drm_dep_queue_is_killed(drm_dep_queue *queue)
{
	dep::Guard guard(queue->lock);

	return queue->killed;
}

/* Of drm_dep_quiesce(): neither the run side nor timedout_job is in progress. */
static bool nobody_inside(void *arg) OS_ANALYSIS(no_thread_safety_analysis)
{
	drm_dep_queue &queue = *static_cast<drm_dep_queue *>(arg);

	return !queue.in_op && !queue.timeout_runner;
}

static void quiesce(drm_dep_queue &queue)
{
	bool own = false;

	{
		dep::Guard guard(queue.lock);

		queue.quiesced = true;
		dep::kill(queue);
		own = dep::called_from_op(queue);
	}
	if (own) {
		DEP_BROKEN("a device is quiesced from an op of one of its queues");
		return;
	}
	os_inside_wait(OS_INSIDE_RUN);
	os_inside_wait(OS_INSIDE_TIMEOUT);
	dep::wait_until(queue, nobody_inside);
}

void drm_dep_quiesce(os_device *drm)
{
	os_might_sleep();

	for (drm_dep_queue *queue = drm_dep_next_queue(nullptr); queue;
	     queue = drm_dep_next_queue(queue))
		if (queue->drm == drm)
			quiesce(*queue);
}
