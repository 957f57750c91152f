/* SPDX-License-Identifier: MIT */
/*
 * run_job is called by whoever has the run token of the queue. With WITHOUT_THE_TOKEN this must not
 * compile under clang's thread safety analysis.
 */
#include "run.h"

void run(drm_dep_job &job) OS_ANALYSIS(locks_excluded(job.queue->lock));

void run(drm_dep_job &job)
{
	dep::SignallingSection section;

#ifndef WITHOUT_THE_TOKEN
	dep::take_token(*job.queue);
#endif
	(void)dep::call_run_job(job);
#ifndef WITHOUT_THE_TOKEN
	dep::Guard guard(job.queue->lock);

	dep::give_token_back(*job.queue);
#endif
}
