// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Jobs that run for too long, and gaps in the order that last for too long.
 *
 *	set_timer()       one timer per queue, for the earlier of both
 *	timer_expired()   in softirq: looks whether the time is really over; if it is, queues
 *	handle_timeout()  which calls timedout_job, unless the job has completed meanwhile
 */
#include "timeout.h"
#include "clock.h"
#include "job.h"
#include "kill.h"
#include "queue.h"
#include "record.h"

namespace dep
{

static constexpr u64 ns_per_ms = 1000000;

/* A gap between arm and push is microseconds; whoever sees this one wants to know. */
static constexpr u64 gap_limit = 10000 * ns_per_ms;

static u64 timeout_ns(const drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	return queue.timeout_ms * ns_per_ms;
}

/* How long until the head has had its time, 0 if it has. */
static u64 time_left(drm_dep_queue &queue, u64 now) DEP_REQUIRES(queue.lock)
{
	u64 ran = 0;

	/* One that is done is about to be signalled, and then there is another head. */
	if (job_at(*queue.unsignalled).state == IN_FLIGHT)
		ran = head_time(queue, now);
	return ran < timeout_ns(queue) ? timeout_ns(queue) - ran : 0;
}

static bool head_is_timed(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	return queue.timeout_ms && !queue.quiesced && has_head(queue) && clock_runs(queue);
}

static bool gap_is_timed(const drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	return queue.gap_since && !queue.gap_reported;
}

void set_timer(drm_dep_queue &queue)
{
	u64 now = os_now();
	u64 delay = ~0ull;

	if (head_is_timed(queue))
		delay = time_left(queue, now);
	if (gap_is_timed(queue)) {
		u64 end = queue.gap_since + gap_limit;
		u64 left = end > now ? end - now : 0;

		if (left < delay)
			delay = left;
	}
	if (delay == ~0ull)
		return; /* if it is running all the same, it finds nothing to do */

	queue.timer_armed = true;
	os_timer_start(&queue.record->timer, delay);
}

void watch_gap(drm_dep_queue &queue)
{
	if (queue.gap_since)
		return;

	queue.gap_since = os_now();
	set_timer(queue);
}

/* True if there is a gap to be reported. */
static bool gap_is_over_limit(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	if (!gap_is_timed(queue))
		return false;
	if (!has_gap(queue)) {
		queue.gap_since = 0;
		return false;
	}
	if (os_now() < queue.gap_since + gap_limit)
		return false;

	queue.gap_reported = true;
	return true;
}

void timer_expired(os_timer *timer)
{
	drm_dep_queue &queue = *DEP_CONTAINER_OF(timer, drm_dep_record, timer)->queue;
	u64 missing = 0;
	u32 armed_by = 0;

	{
		Guard guard(queue.lock);

		queue.timer_armed = false;
		if (gap_is_over_limit(queue)) {
			drm_dep_job &first = first_job(queue.waiting);

			missing = first.seqno - 1;
			armed_by = first.armed_before_by;
		}
		/* The work item sets the timer again. */
		if (head_is_timed(queue) && !time_left(queue, os_now()))
			os_work_queue(queue.timeout_workqueue, &queue.timeout_work);
		else
			set_timer(queue);
	}
	if (missing)
		os_note(OS_NOTE_GAP, &queue, missing, armed_by);
}

/* The first job that was handed over and is not done. */
static drm_dep_job *first_in_flight(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	for (Link *link = queue.unsignalled; link != &queue.in_flight; link = link->next)
		if (job_at(*link).state == IN_FLIGHT)
			return &job_at(*link);
	return nullptr;
}

/* The job for which timedout_job is to be called now. */
static drm_dep_job *claim_timed_out(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	bool triggered = queue.triggered;
	drm_dep_job *job;

	queue.triggered = false;
	if (queue.quiesced)
		return nullptr;
	if (!triggered && !(head_is_timed(queue) && !time_left(queue, os_now())))
		return nullptr;

	job = first_in_flight(queue);
	if (!job)
		return nullptr;

	is_of(*job, queue);
	job->holds |= HOLD_TIMEOUT;
	queue.timeout_runner = os_current();
	return job;
}

/* What timedout_job said, and what becomes of it. True if people should know. */
static bool settle_timeout(drm_dep_queue &queue, drm_dep_job &job, u32 run, int result)
	DEP_REQUIRES(queue.lock)
{
	bool still_there;

	is_of(job, queue);
	queue.timeout_runner = nullptr;
	if (queue.waiters)
		os_wake(&queue.lock);
	job.holds &= ~HOLD_TIMEOUT;

	if (result == DRM_DEP_TIMEOUT_DEVICE_GONE)
		kill(queue);
	if (job.state == IN_FLIGHT && queue.unsignalled == &job.link)
		restart_clock(queue);
	still_there = job.state == IN_FLIGHT && job.run == run;
	return still_there && result == DRM_DEP_TIMEOUT_HANDLED;
}

void handle_timeout(os_work *work)
{
	drm_dep_queue &queue = *DEP_CONTAINER_OF(work, drm_dep_queue, timeout_work);
	SignallingSection section;
	drm_dep_job *retired;
	drm_dep_job *job;
	bool still_there;
	u64 seqno;
	u32 run;
	int result;

	{
		Guard guard(queue.lock);

		job = claim_timed_out(queue);
		if (!job) {
			set_timer(queue);
			return;
		}
		run = job->run;
		seqno = job->seqno;
	}

	os_inside_enter(OS_INSIDE_TIMEOUT);
	os_might_sleep();
	DEP_UNCHECKED_EFFECTS(result = queue.ops->timedout_job(job);)
	os_inside_leave(OS_INSIDE_TIMEOUT);

	{
		Guard guard(queue.lock);

		still_there = settle_timeout(queue, *job, run, result);
		is_of(*job, queue);
		retired = retire_if_ready(*job);
		set_timer(queue);
	}
	if (still_there)
		os_note(OS_NOTE_STILL_IN_FLIGHT, &queue, seqno, 0);
	if (retired)
		let_go(*retired);
}

} // namespace dep

void drm_dep_queue_set_timeout(drm_dep_queue *queue, u32 timeout_ms)
{
	if (!queue->ops->timedout_job) {
		DEP_BROKEN("a timeout is set for a queue that has no timedout_job");
		return;
	}

	dep::Guard guard(queue->lock);

	queue->timeout_ms = timeout_ms;
	dep::set_timer(*queue);
}

void drm_dep_queue_pause_timeout(drm_dep_queue *queue)
{
	dep::Guard guard(queue->lock);

	dep::fold_clock(*queue);
	queue->paused = true;
}

void drm_dep_queue_resume_timeout(drm_dep_queue *queue)
{
	dep::Guard guard(queue->lock);

	dep::fold_clock(*queue);
	queue->paused = false;
	dep::set_timer(*queue);
}

void drm_dep_queue_trigger_timeout(drm_dep_queue *queue)
{
	if (!queue->ops->timedout_job) {
		DEP_BROKEN("a timeout is triggered of a queue that has no timedout_job");
		return;
	}

	dep::Guard guard(queue->lock);

	if (!dep::has_head(*queue))
		return;
	queue->triggered = true;
	os_work_queue(queue->timeout_workqueue, &queue->timeout_work);
}
