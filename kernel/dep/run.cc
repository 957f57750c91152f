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
 *	    begin()         with the lock still held: from here on it is ours
 *	    perform()       without the lock: the op
 *	    settle()        with the lock: what came of it
 *	                give the token back, and look again
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

namespace dep
{

/*
 * Steps before the worker goes to the end of its workqueue's line, so that one busy queue
 * does not keep a worker from the others.
 */
static constexpr unsigned int run_budget = 64;

namespace
{

enum class Step {
	none,
	message,
	killed,
	register_callbacks, /* of a job that never came to push */
	prepare,
	cancel,
	hand_over,
};

struct Action {
	Step step = Step::none;
	drm_dep_job *job = nullptr;
	drm_dep_message *message = nullptr;
	u32 run = 0;
};

struct Outcome {
	os_fence *prepared = nullptr; /* what prepare_job returned */
	HandedOver handed_over = {};
};

} // namespace

static bool has_credits(const drm_dep_queue &queue, const drm_dep_job &job) DEP_REQUIRES(queue.lock)
{
	/* The second half is for a job that is larger than a lowered limit. */
	return queue.credits_used + static_cast<u64>(job.credits) <= queue.credit_limit ||
	       !queue.credits_used;
}

/* What is to be done next, whoever has the token. */
static Action next_step(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
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

void kick_if_runnable(drm_dep_queue &queue)
{
	if (!queue.runner && next_step(queue).step != Step::none)
		os_work_queue(queue.workqueue, &queue.run_work);
}

void give_token_back(drm_dep_queue &queue)
{
	queue.runner = nullptr;
	if (queue.waiters)
		os_wake(&queue.lock);
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

void take_token(drm_dep_queue &queue)
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
static u32 start(drm_dep_queue &queue, drm_dep_job &job) DEP_REQUIRES(queue.lock)
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

static bool calls_op(const Action &action)
{
	return action.step != Step::register_callbacks && action.step != Step::cancel;
}

static void begin(drm_dep_queue &queue, Action &action) DEP_REQUIRES(queue.lock)
{
	if (calls_op(action))
		op_begins(queue);
	switch (action.step) {
	case Step::message:
		action.message = take_message(queue);
		break;
	case Step::killed:
		queue.killed_owed = false;
		break;
	case Step::hand_over:
		action.run = start(queue, *action.job);
		break;
	default:
		break;
	}
}

HandedOver call_run_job(drm_dep_job &job)
{
	drm_dep_queue &queue = *job.queue;
	os_fence *hw_fence;
	os_fence *old;

	os_trace(OS_TRACE_RUN, &job, nullptr);
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

static Outcome perform(drm_dep_queue &queue, const Action &action) OS_NONALLOCATING
	DEP_EXCLUDES(queue.lock)
{
	const drm_dep_queue_ops &ops = *queue.ops;
	Outcome outcome;

	if (action.step == Step::register_callbacks) {
		deps_register(*action.job);
		return outcome;
	}
	if (action.step == Step::cancel) {
		deps_free(*action.job);
		return outcome;
	}

	RunSideOp op(!action.job || run_job_may_sleep(queue));

	switch (action.step) {
	case Step::message:
		DEP_UNCHECKED_EFFECTS(ops.process_message(&queue, action.message);)
		break;
	case Step::killed:
		DEP_UNCHECKED_EFFECTS(ops.killed(&queue);)
		break;
	case Step::prepare:
		DEP_UNCHECKED_EFFECTS(outcome.prepared = ops.prepare_job(action.job);)
		if (outcome.prepared && !os_is_error(outcome.prepared))
			deps_register_one_more(*action.job, outcome.prepared);
		break;
	default:
		outcome.handed_over = call_run_job(*action.job);
		break;
	}
	return outcome;
}

static Rest settle(drm_dep_queue &queue, const Action &action, const Outcome &outcome)
	DEP_REQUIRES(queue.lock)
{
	Rest rest;

	if (calls_op(action))
		op_ended(queue);
	if (!action.job)
		return rest;

	drm_dep_job &job = *action.job;

	is_of(job, queue);
	switch (action.step) {
	case Step::register_callbacks:
		deps_registered(job);
		break;
	case Step::prepare:
		if (!outcome.prepared) {
			job.prepared = true;
		} else if (os_is_error(outcome.prepared)) {
			job.error = os_error_of(outcome.prepared);
			job.cancelled = true;
		} else {
			deps_registered(job);
		}
		break;
	case Step::cancel:
		/* In its place, without credits and without an op. */
		rest.first_due = record_cancelled(job, job.error ?: -OS_ECANCELED);
		break;
	default:
		rest = settle_run_job(job, action.run, outcome.handed_over);
		break;
	}
	return rest;
}

/* Whether push may run the job that it has just put on the list. */
static bool may_bypass(drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
{
	return (queue.flags & DRM_DEP_QUEUE_BYPASS) && !queue.runner;
}

/* Whether @action is to run the job @pushed. */
static bool runs(const Action &action, const drm_dep_job *pushed)
{
	return action.job == pushed &&
	       (action.step == Step::hand_over || action.step == Step::prepare);
}

/* With @pushed, puts that on the list first, and does nothing but run it. */
static void run_side(drm_dep_queue &queue, drm_dep_job *pushed) DEP_EXCLUDES(queue.lock)
{
	unsigned int budget = run_budget;
	Guard guard(queue.lock);

	if (pushed) {
		is_of(*pushed, queue);
		insert_waiting(*pushed);
		deps_registered(*pushed);
		os_trace(OS_TRACE_QUEUE, pushed, nullptr);
		look_for_gap(queue);
		if (!may_bypass(queue)) {
			kick_if_runnable(queue);
			return;
		}
	} else if (queue.runner) {
		return;
	}
	queue.runner = os_current();

	for (;;) {
		Action action = next_step(queue);
		Outcome outcome;
		Rest rest;

		if (action.step == Step::none || !budget-- || (pushed && !runs(action, pushed))) {
			give_token_back(queue);
			return;
		}

		begin(queue, action);
		guard.unlock();
		outcome = perform(queue, action);
		guard.lock();
		rest = settle(queue, action, outcome);

		if (rest.retired || rest.first_due.job || !action.job) {
			guard.unlock();
			do_rest(queue, rest);
			/* A message or a kill had a reference of the queue. */
			if (!action.job)
				queue_unref(queue);
			guard.lock();
		}
	}
}

/* For whoever traces: what the first job is waiting for, if that is a fence. */
static void trace_blocked(drm_dep_queue &queue) DEP_EXCLUDES(queue.lock)
{
	drm_dep_job *job = nullptr;
	os_fence *blocking = nullptr;

	if (!os_trace_enabled(OS_TRACE_UNSCHEDULABLE))
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
		os_trace(OS_TRACE_UNSCHEDULABLE, job, blocking);
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
