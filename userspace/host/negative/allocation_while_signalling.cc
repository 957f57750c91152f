/* SPDX-License-Identifier: MIT */
/*
 * Nothing is allocated where fences wait for what is done. With WITH_AN_ALLOCATION this must not
 * compile under clang's thread safety analysis.
 */
#include "complete.h"

void finish(drm_dep_queue &queue) OS_ANALYSIS(locks_excluded(queue.lock));

void finish(drm_dep_queue &queue)
{
	dep::SignallingSection section;

#ifdef WITH_AN_ALLOCATION
	os_free(os_alloc(8, "something"));
#endif
	dep::drain(queue, {});
}
