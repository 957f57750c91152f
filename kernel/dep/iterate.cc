// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Walking over the jobs in flight of a stopped queue, and running them again.
 *
 * An open iterator keeps every job of its queue on the list: what would retire is put
 * aside, as HELD, and retired by whoever ends the last iterator. So the job that an iterator
 * has found, and its place, stay valid whatever completes meanwhile.
 */
#include "clock.h"
#include "complete.h"
#include "fence.h"
#include "job.h"
#include "run.h"

namespace dep
{

/* Where an iterator goes on. */
static Link *next_of(drm_dep_queue &queue, const drm_dep_job_iter &iter) DEP_REQUIRES(queue.lock)
{
	if (!iter.job)
		return queue.unsignalled;
	is_of(*iter.job, queue);
	return iter.job->link.next;
}

/* Retires what was put aside, oldest first. */
static void retire_all(drm_dep_queue &queue, StackLink *newest)
{
	StackLink *oldest = reverse(newest);

	while (oldest) {
		drm_dep_job &job = *DEP_CONTAINER_OF(oldest, drm_dep_job, release_link);
		drm_dep_job *retired;

		oldest = oldest->next;
		{
			Guard guard(queue.lock);

			is_of(job, queue);
			retired = retire_held(job);
		}
		if (retired)
			let_go(*retired);
	}
}

/*
 * Whether there is anything to do for a job, and whether it has a callback on a hardware fence.
 * After a kill there is, if it has: nobody may ever signal that fence.
 */
static bool is_lost(drm_dep_job &job, bool &attached) DEP_EXCLUDES(job.queue->lock)
{
	drm_dep_queue &queue = *job.queue;
	Guard guard(queue.lock);

	is_of(job, queue);
	attached = job.holds & HOLD_HW;
	return job.state == IN_FLIGHT && (attached || !queue.killed);
}

/*
 * Takes the callback off the hardware fence. False if it has run, and the job is done. Not
 * with the lock held: the callback takes it, inside the lock of the fence.
 */
static bool detach(drm_dep_job &job) DEP_EXCLUDES(job.queue->lock)
{
	return os_fence_remove_callback(static_cast<os_fence *>(os_load_ptr(&job.hw_fence)),
					&job.hw_cb);
}

/*
 * Begins another run of a job that has no callback any more, if it was not completed or
 * killed meanwhile. Returns the number of the run, or 0.
 */
static u32 start_again(drm_dep_job &job, bool detached, Rest &rest) DEP_IN(os_run_side)
	DEP_EXCLUDES(job.queue->lock)
{
	drm_dep_queue &queue = *job.queue;
	Guard guard(queue.lock);

	is_of(job, queue);
	if (job.state == IN_FLIGHT && !queue.killed) {
		op_begins(queue);
		job.holds |= HOLD_RUN | HOLD_HW;
		if (queue.unsignalled == &job.link)
			restart_clock(queue);
		return ++job.run;
	}

	if (detached) {
		/* Nothing else will complete it. */
		if (job.state == IN_FLIGHT)
			rest.first_due = record_done(job, -OS_ECANCELED);
		job.holds &= ~HOLD_HW;
	}
	rest.retired = retire_if_ready(job);
	return 0;
}

static Rest run_again(drm_dep_job &job, u32 run) DEP_IN(os_run_side, os_signalling)
	DEP_EXCLUDES(job.queue->lock)
{
	drm_dep_queue &queue = *job.queue;
	HandedOver result;

	{
		RunSideOp op(run_job_may_sleep(queue));

		result = call_run_job(job);
	}

	Guard guard(queue.lock);

	is_of(job, queue);
	op_ended(queue);
	return settle_run_job(job, run, result);
}

static bool resubmit(drm_dep_job &job) DEP_IN(os_run_side, os_signalling)
	DEP_EXCLUDES(job.queue->lock)
{
	bool attached;
	Rest rest;
	u32 run;

	if (!is_lost(job, attached))
		return false;
	if (attached && !detach(job))
		return false;

	run = start_again(job, attached, rest);
	if (run)
		rest = run_again(job, run);
	do_rest(*job.queue, rest);
	return run;
}

} // namespace dep

void drm_dep_job_iter_begin(drm_dep_job_iter *iter, drm_dep_queue *queue)
{
	dep::Guard guard(queue->lock);

	iter->job = nullptr;
	iter->queue = queue->stop_count ? queue : nullptr;
	if (iter->queue)
		queue->iterators++;
	else
		DEP_BROKEN("the jobs of a queue are iterated over that is not stopped");
}

drm_dep_job *drm_dep_job_iter_next(drm_dep_job_iter *iter)
{
	constexpr unsigned int look_at_once = 64;
	drm_dep_queue *queue = iter->queue;

	if (!queue)
		return nullptr;

	dep::Link *link = nullptr;

	/* Nothing behind the first unsignalled job leaves the list: the lock is held in parts. */
	for (;;) {
		dep::Guard guard(queue->lock);

		if (!link)
			link = dep::next_of(*queue, *iter);
		for (unsigned int n = 0; n < look_at_once; n++, link = link->next) {
			if (link == &queue->in_flight)
				return nullptr;

			drm_dep_job &job = dep::job_at(*link);

			dep::is_of(job, *queue);
			if (job.state == dep::IN_FLIGHT) {
				iter->job = &job;
				return &job;
			}
		}
	}
}

void drm_dep_job_iter_end(drm_dep_job_iter *iter)
{
	drm_dep_queue *queue = iter->queue;
	dep::StackLink *held = nullptr;

	if (!queue)
		return;
	iter->queue = nullptr;
	{
		dep::Guard guard(queue->lock);

		if (!--queue->iterators) {
			held = queue->held;
			queue->held = nullptr;
		}
	}
	dep::retire_all(*queue, held);
}

bool drm_dep_job_resubmit(drm_dep_job *job)
{
	drm_dep_queue &queue = *job->queue;
	bool allowed;
	bool again;

	os_might_sleep(); /* for the token: a worker may be cancelling */
	{
		dep::Guard guard(queue.lock);

		allowed = queue.stop_count && queue.iterators && !dep::runs_here(queue);
	}
	if (!allowed) {
		DEP_BROKEN("a job is resubmitted without an iterator over its stopped queue");
		return false;
	}

	dep::SignallingSection section;

	dep::take_token(queue);
	again = dep::resubmit(*job);

	dep::Guard guard(queue.lock);

	dep::give_token_back(queue);
	return again;
}

u32 drm_dep_queue_resubmit(drm_dep_queue *queue)
{
	drm_dep_job_iter iter;
	drm_dep_job *job;
	u32 count = 0;

	drm_dep_job_iter_begin(&iter, queue);
	while ((job = drm_dep_job_iter_next(&iter)))
		count += drm_dep_job_resubmit(job);
	drm_dep_job_iter_end(&iter);
	return count;
}
