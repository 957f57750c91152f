/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_JOB_H_
#define _DRM_DEP_JOB_H_

#include "abi.h"

namespace dep
{

/*
 * Where a job is in its life, and what brings it on:
 *
 *	   INITIALISED ---------------- last put ----------------+
 *	       | arm                                             |
 *	     ARMED ---- last put: revive(), cancelled ---+       |
 *	       | push                                    |       |
 *	    WAITING <------------------------------------+       |
 *	       |   \                                             |
 *	       |    cancel(): killed, cancelled, prepare failed  |
 *	       |                          |                      |
 *	       | start()                  |                      |
 *	    IN_FLIGHT                     |                      |
 *	       |   ^ \_ resubmit          |                      |
 *	       |   |__/                   |                      |
 *	       | record_done()            |                      |
 *	      DONE <----------------------+                      |
 *	       | drain()                                         |
 *	   SIGNALLED                                             |
 *	       | retire_if_ready(): no hold is left              |
 *	       |---- an iterator is open: HELD, until it ends    |
 *	    RETIRED                                              |
 *	       | last put                                        |
 *	       +----------------------> release() <--------------+
 *
 * WAITING is on queue.waiting. What has been handed over or cancelled is on
 * queue.in_flight until it is RETIRED, and queue.unsignalled points at the first there
 * that is neither SIGNALLED nor HELD.
 */
enum JobState : u8 {
	INITIALISED = 1,
	ARMED,
	WAITING,
	IN_FLIGHT,
	DONE,
	SIGNALLED,
	HELD,
	RETIRED,
};

/* What keeps a signalled job from retiring. */
enum Hold : u8 {
	HOLD_RUN = 1,	  /* run_job has not returned */
	HOLD_HW = 2,	  /* the callback of its hardware fence may still run */
	HOLD_TIMEOUT = 4, /* timedout_job looks at it */
};

/*
 * Tells the thread safety analysis, which can't know, that the lock that is held is that of the
 * job. No code.
 */
inline void is_of(const drm_dep_job &job, const drm_dep_queue &queue) OS_NONBLOCKING
	DEP_REQUIRES(queue.lock) OS_ANALYSIS(assert_capability(job.queue->lock))
{
	(void)job;
	(void)queue;
}

/* The other way round. */
inline void is_of(const drm_dep_queue &queue, const drm_dep_job &job) OS_NONBLOCKING
	DEP_REQUIRES(job.queue->lock) OS_ANALYSIS(assert_capability(queue.lock))
{
	(void)job;
	(void)queue;
}

/* The job that @link is in. */
inline drm_dep_job &job_at(Link &link) OS_NONBLOCKING
{
	return *DEP_CONTAINER_OF(&link, drm_dep_job, link);
}

/* The job that is first on @list, which is not empty. */
inline drm_dep_job &first_job(Link &list) OS_NONBLOCKING
{
	return job_at(*list.next);
}

/* Whether there is a job that was handed over and has not signalled. */
inline bool has_head(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock)
{
	return queue.unsignalled != &queue.in_flight;
}

/* Puts an armed job into its place in the order of its queue. */
void insert_waiting(drm_dep_job &job) OS_NONBLOCKING DEP_REQUIRES(job.queue->lock);

/*
 * Retires a job if it has signalled and nothing holds it. If it is returned, its last
 * reference is gone, and the caller calls let_go() when it has released the lock. As the
 * queue may be gone as soon as the lock is released, the caller is in a read section or
 * keeps the queue in another way.
 */
[[nodiscard]] drm_dep_job *retire_if_ready(drm_dep_job &job) OS_NONBLOCKING
	DEP_REQUIRES(job.queue->lock);

/* Retires a job that is HELD, likewise. */
[[nodiscard]] drm_dep_job *retire_held(drm_dep_job &job) OS_NONBLOCKING
	DEP_REQUIRES(job.queue->lock);

/* What has to happen when the last reference of a job is gone. Any context but NMI. */
void let_go(drm_dep_job &job) OS_NONBLOCKING;

/* The work item that releases the jobs on queue.released_jobs. */
void release_jobs(os_work *work);

} // namespace dep

#endif /* _DRM_DEP_JOB_H_ */
