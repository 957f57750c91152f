/* SPDX-License-Identifier: MIT */
/*
 * What may be called from an interrupt handler doesn't compile if it waits.
 */
#include "complete.h"

bool from_an_interrupt(drm_dep_job &job) OS_NONBLOCKING;

bool from_an_interrupt(drm_dep_job &job)
{
#ifdef WITH_A_WAIT
	(void)drm_dep_queue_wait_idle(job.queue, 0);
#endif
	return dep::complete(job, 1, 0);
}
