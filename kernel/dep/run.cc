// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The run side: everything that happens one at a time per queue.
 *
 * Whoever does it holds the run token (queue.runner). Giving it back includes looking
 * again, under the lock, whether there is something to do; so who brings that about while
 * the token is taken has nothing to do himself.
 *
 *	run_side()      take the token; then, again and again:
 *	    next_step()     what is to be done next, and for which job
 *	    do_step()       one of deliver_message(), tell_killed(), register_callbacks(),
 *	                    prepare(), cancel(), hand_over(): with the lock held say that it
 *	                    is ours; without it call the op; with it note what came of that
 *	                give the token back
 *
 * The worker goes on as long as there is something to do. push() with bypass only runs the
 * job it was given, and leaves the rest to the worker.
 */
#include "run.h"
#include "clock.h"
#include "complete.h"
#include "deps.h"
#include "fence.h"
#include "job.h"
#include "message.h"
#include "queue.h"
#include "timeout.h"
#include "trace.h"

namespace dep
{

/*
 * Steps before the worker goes to the end of its workqueue's line, so that one busy queue
 * does not keep a worker from the others.
 */
static constexpr unsigned int run_budget = 64;

namespace
{

enum class Step : u8 {
	none,
	message,
	killed,
	register_callbacks, /* of a job that never came to push */
	prepare,
	cancel,
	hand_over,
};

struct Next {
	Step step = Step::none;
	drm_dep_job *job = nullptr;
};

} // namespace

static bool has_credits(const drm_dep_queue &queue, const drm_dep_job &job) DEP_REQUIRES(queue.lock)
{
	/* The second half is for a job that is larger than a lowered limit. */
	return queue.credits_used + static_cast<u64>(job.credits) <= credit_limit(queue) ||
	       !queue.credits_used;
}

/* What is to be done next, whoever has the token. */
static Next next_step(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	bool ops_allowed = !queue.stop_count;

	if (ops_allowed && !queue.messages.empty())
		return {.step = Step::message};
	if (ops_allowed && queue.killed_owed)
		return {.step = Step::killed};
	if (queue.waiting.empty())
		return {};

	drm_dep_job &job = first_job(queue.waiting);

	is_of(job, queue);
	if (job.seqno != queue.run_seqno)
		return {}; /* an armed job before it was not pushed yet */
	if (!job.registered)
		return {.step = Step::register_callbacks, .job = &job};
	if (!deps_met(job))
		return {};
	if (queue.killed || job.cancelled)
		return {.step = Step::cancel, .job = &job};
	if (!ops_allowed)
		return {};
	if (queue.ops->prepare_job && !job.prepared)
		return {.step = Step::prepare, .job = &job};
	if (!has_credits(queue, job))
		return {};
	return {.step = Step::hand_over, .job = &job};
}

void kick(drm_dep_queue &queue)
{
	if (next_step(queue).step != Step::none)
		os_work_queue(queue.workqueue, &queue.run_work);
}

static void take_free_token(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
	OS_ANALYSIS(acquire_capability(os_run_side)) OS_ANALYSIS(no_thread_safety_analysis)
{
	queue.runner = os_current();
}

static void drop_token(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
	OS_ANALYSIS(release_capability(os_run_side)) OS_ANALYSIS(no_thread_safety_analysis)
{
	queue.runner = nullptr;
	if (queue.waiters)
		os_wake(&queue.lock);
}

void give_token_back(drm_dep_queue &queue)
{
	drop_token(queue);
	kick_if_runnable(queue);
}

/* For os_wait(), which calls it with the lock held. */
static bool token_taken(void *arg) OS_ANALYSIS(no_thread_safety_analysis)
{
	drm_dep_queue &queue = *static_cast<drm_dep_queue *>(arg);

	if (queue.runner)
		return false;
	queue.runner = os_current();
	return true;
}

void take_token(drm_dep_queue &queue) OS_ANALYSIS(no_thread_safety_analysis)
{
	wait_until(queue, token_taken);
}

void take_first(drm_dep_queue &queue, drm_dep_job &job)
{
	is_of(job, queue);
	job.link.remove();
	queue.in_flight.add_tail(job.link);
	if (!has_head(queue)) {
		queue.unsignalled = &job.link;
		start_clock(queue, queue.event_time);
	}
	queue.run_seqno++;
	queue.waiting_count--;
	if (queue.gap_since) {
		/* The timer may be set for its end; watch_head() sets it for the head. */
		queue.gap_since = 0;
		queue.gap_reported = false;
		queue.timer_armed = false;
	}
	look_for_gap(queue);
}

/* Gives a job what it needs to be in flight; returns its run number. */
static u32 start(drm_dep_queue &queue, drm_dep_job &job) DEP_IN(os_run_side)
	DEP_REQUIRES(queue.lock)
{
	is_of(job, queue);
	/* Only then anybody asks when it was: see clock.h. */
	if (!has_head(queue) || job_at(*queue.unsignalled).state == DONE)
		queue.event_time = os_now();
	take_first(queue, job);
	job.state = IN_FLIGHT;
	/* Both until it is known that one does not apply: it may complete at once. */
	job.holds = HOLD_RUN | HOLD_HW;
	queue.credits_used += job.credits;
	watch_head(queue);
	return ++job.run;
}

HandedOver call_run_job(drm_dep_job &job)
{
	drm_dep_queue &queue = *job.queue;
	os_fence *hw_fence;
	os_fence *old;

	trace(OS_TRACE_RUN, job);
	DEP_UNCHECKED_EFFECTS(hw_fence = queue.ops->run_job(&job);)

	/*
	 * Nobody needs to know any more what it waited for. Here, not in completion: the
	 * release of a fence may take its driver's locks.
	 */
	deps_free(job);
	if (os_is_error(hw_fence))
		return {.over = true, .known = true, .error = os_error_of(hw_fence)};

	/* The callback may not outlive the reference, so that is the job's, put in cleanup. */
	old = fence_handed_over(job, hw_fence);
	if (old)
		os_fence_put(old);
	if (!hw_fence)
		return {.over = true, .known = false, .error = 0};
	if (!os_fence_add_callback(hw_fence, &job.hw_cb, hw_fence_signalled))
		return {.over = false, .known = false, .error = 0};
	return {.over = true, .known = true, .error = os_fence_error(hw_fence)};
}

Rest settle_run_job(drm_dep_job &job, u32 run, const HandedOver &result)
{
	Rest rest;

	if (result.known && job.state == IN_FLIGHT && job.run == run)
		rest.first_due = record_done(job, result.error);
	job.holds &= result.over ? ~(HOLD_RUN | HOLD_HW) : ~HOLD_RUN;
	rest.retired = retire_if_ready(job);
	return rest;
}

void do_rest(drm_dep_queue &queue, const Rest &rest)
{
	if (rest.retired)
		let_go(*rest.retired);
	if (rest.first_due.job)
		drain(queue, rest.first_due);
}

/* What the steps are: called with the token and the lock, and without the lock for a while. */

static void deliver_message(drm_dep_queue &queue, Guard &guard) OS_NONALLOCATING
	DEP_IN(os_run_side, os_signalling) DEP_REQUIRES(queue.lock)
{
	drm_dep_message *message;

	op_begins(queue);
	message = take_message(queue);
	drop_lock(queue.lock, guard);
	{
		RunSideOp op(true);

		DEP_UNCHECKED_EFFECTS(queue.ops->process_message(&queue, message);)
	}
	retake_lock(queue.lock, guard);
	op_ended(queue);

	drop_lock(queue.lock, guard);
	queue_unref(queue); /* the message's */
	retake_lock(queue.lock, guard);
}

static void tell_killed(drm_dep_queue &queue, Guard &guard) OS_NONALLOCATING
	DEP_IN(os_run_side, os_signalling) DEP_REQUIRES(queue.lock)
{
	op_begins(queue);
	queue.killed_owed = false;
	drop_lock(queue.lock, guard);
	{
		RunSideOp op(true);

		DEP_UNCHECKED_EFFECTS(queue.ops->killed(&queue);)
	}
	retake_lock(queue.lock, guard);
	op_ended(queue);

	drop_lock(queue.lock, guard);
	queue_unref(queue); /* the kill's */
	retake_lock(queue.lock, guard);
}

static void register_callbacks(drm_dep_queue &queue, drm_dep_job &job,
			       Guard &guard) OS_NONALLOCATING DEP_IN(os_run_side)
	DEP_REQUIRES(queue.lock)
{
	drop_lock(queue.lock, guard);
	deps_register(job);
	retake_lock(queue.lock, guard);
	is_of(job, queue);
	deps_registered(job);
}

static void prepare(drm_dep_queue &queue, drm_dep_job &job, Guard &guard) OS_NONALLOCATING
	DEP_IN(os_run_side, os_signalling) DEP_REQUIRES(queue.lock)
{
	os_fence *fence;

	op_begins(queue);
	drop_lock(queue.lock, guard);
	{
		RunSideOp op(run_job_may_sleep(queue));

		DEP_UNCHECKED_EFFECTS(fence = queue.ops->prepare_job(&job);)
		if (fence && !os_is_error(fence))
			deps_register_one_more(job, fence);
	}
	retake_lock(queue.lock, guard);
	op_ended(queue);

	is_of(job, queue);
	if (!fence) {
		job.prepared = true;
	} else if (os_is_error(fence)) {
		job.error = os_error_of(fence);
		job.cancelled = true;
	} else {
		deps_registered(job);
	}
}

/* In its place, without credits and without an op. */
static void cancel(drm_dep_queue &queue, drm_dep_job &job, Guard &guard) OS_NONALLOCATING
	DEP_IN(os_run_side, os_signalling) DEP_REQUIRES(queue.lock)
{
	Due due;

	drop_lock(queue.lock, guard);
	deps_free(job);
	retake_lock(queue.lock, guard);
	is_of(job, queue);
	due = record_cancelled(job, job.error ?: -OS_ECANCELED);
	if (!due.job)
		return;

	drop_lock(queue.lock, guard);
	drain(queue, due);
	retake_lock(queue.lock, guard);
}

static void hand_over(drm_dep_queue &queue, drm_dep_job &job, Guard &guard) OS_NONALLOCATING
	DEP_IN(os_run_side, os_signalling) DEP_REQUIRES(queue.lock)
{
	HandedOver result;
	Rest rest;
	u32 run;

	op_begins(queue);
	run = start(queue, job);
	drop_lock(queue.lock, guard);
	{
		RunSideOp op(run_job_may_sleep(queue));

		result = call_run_job(job);
	}
	retake_lock(queue.lock, guard);
	op_ended(queue);

	is_of(job, queue);
	rest = settle_run_job(job, run, result);
	if (!rest.retired && !rest.first_due.job)
		return;

	drop_lock(queue.lock, guard);
	do_rest(queue, rest);
	retake_lock(queue.lock, guard);
}

static void do_step(drm_dep_queue &queue, const Next &next, Guard &guard) OS_NONALLOCATING
	DEP_IN(os_run_side, os_signalling) DEP_REQUIRES(queue.lock)
{
	switch (next.step) {
	case Step::none:
		break;
	case Step::message:
		deliver_message(queue, guard);
		break;
	case Step::killed:
		tell_killed(queue, guard);
		break;
	case Step::register_callbacks:
		register_callbacks(queue, *next.job, guard);
		break;
	case Step::prepare:
		prepare(queue, *next.job, guard);
		break;
	case Step::cancel:
		cancel(queue, *next.job, guard);
		break;
	case Step::hand_over:
		hand_over(queue, *next.job, guard);
		break;
	}
}

/* Whether push may run the job that it has just put on the list. */
static bool may_bypass(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	return (queue.flags & DRM_DEP_QUEUE_BYPASS) && !queue.runner;
}

/* Whether @next is to run the job @pushed. */
static bool runs(const Next &next, const drm_dep_job *pushed)
{
	return next.job == pushed && (next.step == Step::hand_over || next.step == Step::prepare);
}

/* With @pushed, puts that on the list first, and does nothing but run it. */
static void run_side(drm_dep_queue &queue, drm_dep_job *pushed) DEP_IN(os_signalling)
	DEP_EXCLUDES(queue.lock)
{
	unsigned int budget = run_budget;
	Guard guard(queue.lock);

	if (pushed) {
		is_of(*pushed, queue);
		insert_waiting(*pushed);
		deps_registered(*pushed);
		trace(OS_TRACE_QUEUE, *pushed);
		look_for_gap(queue);
		if (!may_bypass(queue)) {
			kick_if_runnable(queue);
			return;
		}
	} else if (queue.runner) {
		return;
	}
	take_free_token(queue);

	for (;;) {
		const Next next = next_step(queue);

		if (next.step == Step::none) {
			drop_token(queue); /* nothing to kick for */
			return;
		}
		if (!budget-- || (pushed && !runs(next, pushed))) {
			give_token_back(queue);
			return;
		}
		do_step(queue, next, guard);
	}
}

/* For whoever traces: what the first job is waiting for, if that is a fence. */
static void trace_blocked(drm_dep_queue &queue) DEP_EXCLUDES(queue.lock)
{
	drm_dep_job *job = nullptr;
	os_fence *blocking = nullptr;

	if (!traces(OS_TRACE_UNSCHEDULABLE))
		return;
	{
		Guard guard(queue.lock);

		if (queue.waiting.empty())
			return;
		job = &first_job(queue.waiting);
		is_of(*job, queue);
		if (!job->registered || job->seqno != queue.run_seqno)
			return;
		blocking = deps_blocking(*job);
		if (!blocking)
			return;
		trace(OS_TRACE_UNSCHEDULABLE, *job, blocking);
	}
	os_fence_put(blocking);
}

void push_and_run(drm_dep_job &job)
{
	run_side(*job.queue, &job);
	trace_blocked(*job.queue);
}

void run_jobs(os_work *work)
{
	drm_dep_queue &queue = *DEP_CONTAINER_OF(work, drm_dep_queue, run_work);
	SignallingSection section;

	run_side(queue, nullptr);
	trace_blocked(queue);
}

} // namespace dep

u32 drm_dep_job_run_number(drm_dep_job *job)
{
	/* Inside run_job: only the holder of the run token, the caller, writes it. */
	return job->run;
}
