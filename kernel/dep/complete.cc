// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Completion: from "the hardware is done" to a signalled fence.
 *
 * Completing a job only records it and gives its credits back. Signalling is the
 * business of whoever holds the completion token of the queue (queue.draining): it
 * signals the finished fences in order, one at a time and with no lock of the core
 * held, as a callback may do anything, such as completing a job of another queue.
 *
 *	complete()      state = DONE, credits back
 *	claim_drain()   is the first unsignalled job done, and the token free? take it
 *	drain()         signal, retire, next; at the end look again, give the token back
 *
 * Because drain() looks again under the lock before it gives the token back, nobody
 * who found the token taken has to do anything.
 */
#include "complete.h"
#include "clock.h"
#include "fence.h"
#include "job.h"
#include "run.h"
#include "trace.h"

namespace dep
{

/*
 * Fences signalled in one go, in whatever context completed the first of them. More
 * would be unbounded work in a hard interrupt; fewer would send bursts, as a coalesced
 * interrupt completes them, to softirq.
 */
static constexpr unsigned int drain_budget = 32;

Due record_done(drm_dep_job &job, int error)
{
	drm_dep_queue &queue = *job.queue;

	is_of(queue, job);
	job.state = DONE;
	job.error = error;
	queue.event_time = os_now();
	queue.credits_used -= job.credits;
	kick_if_runnable(queue);
	return claim_drain(queue);
}

Due record_cancelled(drm_dep_job &job, int error)
{
	drm_dep_queue &queue = *job.queue;

	is_of(queue, job);
	queue.event_time = os_now();
	take_first(queue, job);
	job.state = DONE;
	job.error = error;
	return claim_drain(queue);
}

bool complete(drm_dep_job &job, u32 run, int error)
{
	drm_dep_queue &queue = *job.queue;
	SignallingSection section;
	Due due;

	{
		Guard guard(queue.lock);

		is_of(job, queue);
		if (job.state != IN_FLIGHT || job.run != run)
			return false;
		due = record_done(job, error);
	}
	if (due.job)
		drain(queue, due);
	return true;
}

void hw_fence_signalled(os_fence *fence, os_fence_cb *cb)
{
	RcuReadSection section;
	drm_dep_job &job = *DEP_CONTAINER_OF(cb, drm_dep_job, hw_cb);
	drm_dep_queue &queue = *job.queue;
	drm_dep_job *retired = nullptr;
	Due due = {};

	{
		Guard guard(queue.lock);

		is_of(job, queue);
		job.holds &= ~HOLD_HW;
		if (job.state == IN_FLIGHT)
			due = record_done(job, os_fence_error(fence));
		else /* the driver completed it; this callback may be all that was left */
			retired = retire_if_ready(job);
	}
	if (retired)
		let_go(*retired);
	if (due.job)
		drain(queue, due);
}

/* The job at the head, if it is done. */
static Due first_due(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	if (!has_head(queue))
		return {};

	drm_dep_job &job = job_at(*queue.unsignalled);

	is_of(job, queue);
	if (job.state != DONE)
		return {};
	return {.job = &job, .error = job.error, .when = queue.event_time};
}

Due claim_drain(drm_dep_queue &queue)
{
	Due due = first_due(queue);

	if (queue.draining || !due.job)
		return {};

	/*
	 * Inside a callback of another queue's fence only a queue of a greater level
	 * may signal: fence locks are taken inside one another here.
	 */
	if (os_nest_level() > queue.nest_level) {
		os_work_queue(os_wq_drain(), &queue.drain_work);
		return {};
	}

	queue.draining = true;
	os_preempt_disable();
	return due;
}

/* The head has signalled; the one behind it becomes the head. */
static void next_head(drm_dep_queue &queue, drm_dep_job &job) DEP_REQUIRES(queue.lock)
{
	is_of(job, queue);
	stop_clock(queue);
	start_clock(queue, queue.event_time);
	queue.last_error = job.error;
	queue.unsignalled = job.link.next;
	job.state = SIGNALLED;
}

void drain(drm_dep_queue &queue, const Due &first)
{
	unsigned int budget = drain_budget;
	Due due = first;

	while (due.job) {
		drm_dep_job &job = *due.job;
		drm_dep_job *retired;

		trace(OS_TRACE_DONE, job);
		fence_signal(*job.fence, due.error, due.when);
		{
			Guard guard(queue.lock);

			next_head(queue, job);
			is_of(job, queue);
			retired = retire_if_ready(job);

			due = first_due(queue);
			if (!due.job) {
				queue.draining = false;
			} else if (!--budget) {
				queue.draining = false;
				os_work_queue(os_wq_drain(), &queue.drain_work);
				due = {};
			}
		}
		/* May drop the last reference of the queue, when nothing is left of it. */
		if (retired)
			let_go(*retired);
	}
	os_preempt_enable(); /* which claim_drain() has disabled */
}

void drain_more(os_work *work)
{
	drm_dep_queue &queue = *DEP_CONTAINER_OF(work, drm_dep_queue, drain_work);
	SignallingSection section;
	Due due;

	{
		Guard guard(queue.lock);

		due = claim_drain(queue);
	}
	if (due.job)
		drain(queue, due);
}

} // namespace dep

bool drm_dep_job_done(drm_dep_job *job, u32 run, int error)
{
	return dep::complete(*job, run, error);
}
