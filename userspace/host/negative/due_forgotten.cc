/* SPDX-License-Identifier: MIT */
/*
 * Who has taken the completion token does what is due. With WITH_THE_RESULT_DROPPED this must not
 * compile.
 */
#include "complete.h"

void finish(drm_dep_queue &queue) OS_ANALYSIS(locks_excluded(queue.lock));

void finish(drm_dep_queue &queue)
{
	dep::SignallingSection section;
	dep::Due due = {};

	{
		dep::Guard guard(queue.lock);

#ifdef WITH_THE_RESULT_DROPPED
		dep::claim_drain(queue);
#else
		due = dep::claim_drain(queue);
#endif
	}
	if (due.job)
		dep::drain(queue, due);
}
