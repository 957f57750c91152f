/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_RUN_H_
#define _DRM_DEP_RUN_H_

#include "abi.h"
#include "complete.h"

namespace dep
{

/* Queues the run work if there is something to do. Nobody has the token. */
void kick(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock);

/* The same, if nobody is about to do it. */
inline void kick_if_runnable(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
{
	bool idle = queue.waiting.empty() && queue.messages.empty() && !queue.killed_owed;

	if (!idle && !queue.runner)
		kick(queue);
}

/*
 * Puts an armed job, whose callbacks are registered and of which the queue now has a
 * reference, into its place; and runs it at once, if the queue allows that and nothing is
 * in the way.
 */
void push_and_run(drm_dep_job &job) OS_NONALLOCATING DEP_IN(os_signalling)
	DEP_EXCLUDES(job.queue->lock);

/* The work item that runs jobs. */
void run_jobs(os_work *work) OS_NONALLOCATING;

/*
 * Takes the first waiting job off its list, to be in flight or done: the last thing that
 * happens with the run token held before others see it. queue.event_time is now, if the job
 * becomes the head.
 */
void take_first(drm_dep_queue &queue, drm_dep_job &job) OS_NONBLOCKING DEP_IN(os_run_side)
	DEP_REQUIRES(queue.lock);

/*
 * Waits for the run token, and takes it. Must not be called by who has it.
 */
void take_token(drm_dep_queue &queue) OS_NONALLOCATING OS_SLEEPS DEP_EXCLUDES(queue.lock)
	OS_ANALYSIS(acquire_capability(os_run_side));

/* Gives the run token back, looking again. */
void give_token_back(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
	OS_ANALYSIS(release_capability(os_run_side));

/*
 * Around each op, for those who wait until none is in progress: with the token held, which
 * alone says nothing of ops, as a job is also cancelled with it.
 */
inline void op_begins(drm_dep_queue &queue) OS_NONBLOCKING DEP_IN(os_run_side)
	DEP_REQUIRES(queue.lock)
{
	queue.in_op = true;
}

inline void op_ended(drm_dep_queue &queue) OS_NONBLOCKING DEP_IN(os_run_side)
	DEP_REQUIRES(queue.lock)
{
	queue.in_op = false;
	if (queue.waiters)
		os_wake(&queue.lock);
}

/* Whether an op of the run side is in progress in the calling task. */
inline bool runs_here(const drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
{
	return queue.runner == os_current();
}

/* A scope in which an op of the run side is called, and what the host is told of that. */
class RunSideOp
{
public:
	explicit RunSideOp(bool may_sleep) OS_SLEEPS DEP_IN(os_run_side, os_signalling)
		: may_sleep_(may_sleep)
	{
		os_inside_enter(OS_INSIDE_RUN);
		if (may_sleep_)
			os_might_sleep();
		else
			os_no_sleep_begin();
	}

	~RunSideOp()
	{
		if (!may_sleep_)
			os_no_sleep_end();
		os_inside_leave(OS_INSIDE_RUN);
	}

	RunSideOp(const RunSideOp &) = delete;
	RunSideOp &operator=(const RunSideOp &) = delete;

private:
	bool may_sleep_;
};

/* Whether run_job and prepare_job may. */
inline bool run_job_may_sleep(const drm_dep_queue &queue) OS_NONBLOCKING
{
	return !(queue.flags & DRM_DEP_QUEUE_RUN_ATOMIC);
}

/* What came of run_job. */
struct HandedOver {
	bool over;  /* the job need not be waited for; otherwise, its callback will come */
	bool known; /* and this is how it ended: */
	int error;
};

/* Calls run_job. The token is held, and the job has both HOLD_RUN and HOLD_HW. */
HandedOver call_run_job(drm_dep_job &job) OS_NONALLOCATING DEP_IN(os_run_side, os_signalling)
	DEP_EXCLUDES(job.queue->lock);

/* What is left to be done when the lock is released. */
struct Rest {
	drm_dep_job *retired = nullptr; /* for let_go() */
	Due first_due = {};		/* for drain() */
};

/* Ends what call_run_job() began, for run number @run. */
[[nodiscard]] Rest settle_run_job(drm_dep_job &job, u32 run,
				  const HandedOver &result) OS_NONBLOCKING DEP_IN(os_run_side)
	DEP_REQUIRES(job.queue->lock);

/* Does what is left. The caller keeps the queue. */
void do_rest(drm_dep_queue &queue, const Rest &rest) OS_NONBLOCKING DEP_IN(os_signalling)
	DEP_EXCLUDES(queue.lock);

} // namespace dep

#endif /* _DRM_DEP_RUN_H_ */
