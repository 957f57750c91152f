// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The run side: handing jobs over, in order, one at a time.
 *
 * Whoever runs jobs of a queue holds its run token (queue.running). Giving it back
 * includes looking again, under the lock, whether something became runnable; so who
 * makes something runnable while the token is taken has nothing to do.
 *
 *	run_jobs()      take the token; while the first waiting job can go on:
 *	                    register its callbacks, if a revived job needs it
 *	                    cancel(), if it was cancelled
 *	                    hand_over(), otherwise
 *	                give the token back, look again
 */
#include "run.h"
#include "complete.h"
#include "deps.h"
#include "fence.h"
#include "job.h"

namespace dep
{

/*
 * Jobs handed over before the worker goes to the end of its workqueue's line, so that
 * one busy queue does not keep a worker from the others.
 */
static constexpr unsigned int run_budget = 64;

bool runnable(drm_dep_queue &queue)
{
	if (queue.running || queue.waiting.empty())
		return false;

	drm_dep_job &job = first_job(queue.waiting);

	is_of(job, queue);
	if (job.seqno != queue.run_seqno)
		return false; /* an armed job before it was not pushed yet */
	if (!job.registered)
		return true;
	if (!deps_met(job))
		return false;
	if (job.cancelled)
		return true;
	/* The second half is for a job that is larger than a lowered limit. */
	return queue.credits_used + static_cast<u64>(job.credits) <= queue.credit_limit ||
	       !queue.credits_used;
}

void kick_if_runnable(drm_dep_queue &queue)
{
	if (runnable(queue))
		os_work_queue(os_wq_run(), &queue.run_work);
}

/* Takes the first waiting job off its list, to be in flight or done. */
static void take_first(drm_dep_queue &queue, drm_dep_job &job) DEP_REQUIRES(queue.lock)
{
	is_of(job, queue);
	job.link.remove();
	queue.in_flight.add_tail(job.link);
	queue.run_seqno++;
}

/* Waits for the callbacks of a job that never came to push. */
static void register_revived(drm_dep_job &job) DEP_EXCLUDES(job.queue->lock)
{
	deps_register(job);

	Guard guard(job.queue->lock);

	deps_registered(job);
}

/* A cancelled job is done in its place; it takes no credits and runs no op. */
static void cancel(drm_dep_queue &queue, drm_dep_job &job) DEP_EXCLUDES(queue.lock)
{
	bool mine;

	{
		Guard guard(queue.lock);

		is_of(job, queue);
		take_first(queue, job);
		job.state = DONE;
		job.error = -OS_ECANCELED;
		mine = claim_drain(queue);
	}
	if (mine)
		drain(queue);
}

/* Whether the callback of the job's hardware fence will run. */
static bool wait_for_hw_fence(drm_dep_job &job, u32 run, os_fence *hw_fence)
{
	/*
	 * The job's reference, put when the job is cleaned up: the callback may not
	 * outlive it, and dropping it in completion could run a driver's code there.
	 */
	job.fence->hw_fence = hw_fence;

	if (!os_fence_add_callback(hw_fence, &job.hw_cb, hw_fence_signalled))
		return true;

	complete(job, run, os_fence_error(hw_fence));
	return false;
}

/* Takes what a job needs to be in flight; gives its run number. */
static u32 start(drm_dep_queue &queue, drm_dep_job &job) DEP_EXCLUDES(queue.lock)
{
	Guard guard(queue.lock);

	is_of(job, queue);
	take_first(queue, job);
	job.state = IN_FLIGHT;
	/* Both until it is known that one does not apply: it may complete at once. */
	job.holds = HOLD_RUN | HOLD_HW;
	queue.credits_used += job.credits;
	return ++job.run;
}

static void hand_over(drm_dep_queue &queue, drm_dep_job &job) DEP_EXCLUDES(queue.lock)
{
	drm_dep_job *retired;
	os_fence *hw_fence;
	bool waiting = false;
	u32 run = start(queue, job);

	hw_fence = queue.ops->run_job(&job);

	if (os_is_error(hw_fence))
		complete(job, run, os_error_of(hw_fence));
	else if (hw_fence)
		waiting = wait_for_hw_fence(job, run, hw_fence);

	{
		Guard guard(queue.lock);

		is_of(job, queue);
		job.holds &= waiting ? ~HOLD_RUN : ~(HOLD_RUN | HOLD_HW);
		retired = retire_if_ready(job);
	}
	if (retired)
		drm_dep_job_put(retired);
}

namespace
{

enum class Step { none, register_callbacks, cancel, hand_over };

} // namespace

/* What to do next, with the run token held. */
static Step next_step(drm_dep_queue &queue, drm_dep_job *&job) DEP_REQUIRES(queue.lock)
{
	bool ready;

	queue.running = false;
	ready = runnable(queue);
	queue.running = true;
	if (!ready)
		return Step::none;

	job = &first_job(queue.waiting);
	is_of(*job, queue);
	if (!job->registered)
		return Step::register_callbacks;
	return job->cancelled ? Step::cancel : Step::hand_over;
}

void run_jobs(os_work *work)
{
	drm_dep_queue &queue = *DEP_CONTAINER_OF(work, drm_dep_queue, run_work);
	unsigned int budget = run_budget;
	bool cookie = os_signalling_begin();

	for (;;) {
		drm_dep_job *job = nullptr;
		Step step;

		{
			Guard guard(queue.lock);

			step = next_step(queue, job);
			if (step == Step::none || !budget--) {
				queue.running = false;
				if (step != Step::none)
					os_work_queue(os_wq_run(), &queue.run_work);
				break;
			}
		}

		switch (step) {
		case Step::register_callbacks:
			register_revived(*job);
			break;
		case Step::cancel:
			cancel(queue, *job);
			break;
		default:
			hand_over(queue, *job);
		}
	}

	os_signalling_end(cookie);
}

} // namespace dep

u32 drm_dep_job_run_number(drm_dep_job *job)
{
	/* Inside run_job: only the holder of the run token, the caller, writes it. */
	return job->run;
}
