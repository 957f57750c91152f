/* SPDX-License-Identifier: MIT */
/*
 * Fences are signalled in a section of which the host's lock checker knows. With WITHOUT_A_SECTION
 * this must not compile under clang's thread safety analysis.
 */
#include "complete.h"

void finish(drm_dep_queue &queue) OS_ANALYSIS(locks_excluded(queue.lock));

void finish(drm_dep_queue &queue)
{
#ifndef WITHOUT_A_SECTION
	dep::SignallingSection section;
#endif
	dep::drain(queue, {});
}
