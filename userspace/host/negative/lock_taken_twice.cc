/* SPDX-License-Identifier: MIT */
/*
 * A function that takes the queue's lock, called with it held and without. With
 * WITH_THE_LOCK_HELD this must not compile under clang's thread safety analysis.
 */
#include "complete.h"

void finish(drm_dep_queue &queue)
{
	dep::SignallingSection section;

#ifdef WITH_THE_LOCK_HELD
	dep::Guard guard(queue.lock);
#endif
	dep::drain(queue, {});
}
