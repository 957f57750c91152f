/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_JOB_H_
#define _DRM_DEP_JOB_H_

#include "abi.h"

namespace dep
{

/*
 * Where a job is in its life:
 *
 *	                put before arm
 *	   INITIALISED ----------------------------------------+
 *	       | arm                                           |
 *	     ARMED ------------------+                         |
 *	       | push                | last put before push:   |
 *	       |                     | revive(), cancelled     |
 *	    WAITING <----------------+                         |
 *	       |         \                                     |
 *	       |          \ cancelled                          |
 *	       | hand_over()\                                  |
 *	    IN_FLIGHT        |                                 |
 *	       | complete()  | cancel()                        |
 *	      DONE <---------+                                 |
 *	       | drain()                                       |
 *	   SIGNALLED                                           |
 *	       | retire_if_ready()                             |
 *	    RETIRED                                            |
 *	       | last put                                      | last put
 *	       +-----------------> release <-------------------+
 *
 * WAITING is on queue.waiting; IN_FLIGHT and DONE are on queue.in_flight.
 */
enum JobState : u8 {
	INITIALISED = 1,
	ARMED,
	WAITING,
	IN_FLIGHT,
	DONE,
	SIGNALLED,
	RETIRED,
};

/* What keeps a signalled job from retiring. */
enum Hold : u8 {
	HOLD_RUN = 1, /* run_job has not returned */
	HOLD_HW = 2,  /* the callback of its hardware fence may still run */
};

/*
 * Tells the thread safety analysis, which can't know, that the lock that is held is that of the
 * job. No code.
 */
inline void is_of(const drm_dep_job &job, const drm_dep_queue &queue) DEP_REQUIRES(queue.lock)
	OS_ANALYSIS(assert_capability(job.queue->lock))
{
	(void)job;
	(void)queue;
}

/* The other way round. */
inline void is_of(const drm_dep_queue &queue, const drm_dep_job &job) DEP_REQUIRES(job.queue->lock)
	OS_ANALYSIS(assert_capability(queue.lock))
{
	(void)job;
	(void)queue;
}

/* The job that is first on @list, which is not empty. */
inline drm_dep_job &first_job(Link &list)
{
	return *DEP_CONTAINER_OF(list.next, drm_dep_job, link);
}

/* Puts an armed job into its place in the order of its queue. */
void insert_waiting(drm_dep_job &job) DEP_REQUIRES(job.queue->lock);

/*
 * Retires a job if it has signalled and nothing holds it. The caller then owns the
 * reference that the queue had, and puts it when it has released the lock.
 */
[[nodiscard]] drm_dep_job *retire_if_ready(drm_dep_job &job) DEP_REQUIRES(job.queue->lock);

/* The work item that releases the jobs on queue.released_jobs. */
void release_jobs(os_work *work);

} // namespace dep

#endif /* _DRM_DEP_JOB_H_ */
