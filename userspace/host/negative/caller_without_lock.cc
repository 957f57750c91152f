/* SPDX-License-Identifier: MIT */
/*
 * A function that is to be called with the queue's lock held. With WITHOUT_THE_LOCK this must not
 * compile under clang's thread safety analysis.
 */
#include "run.h"

void look(drm_dep_queue &queue)
{
#ifndef WITHOUT_THE_LOCK
	dep::Guard guard(queue.lock);
#endif
	dep::kick_if_runnable(queue);
}
