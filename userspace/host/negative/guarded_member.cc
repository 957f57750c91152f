/* SPDX-License-Identifier: MIT */
/*
 * A member of the queue that its lock guards, touched with the lock and without it. With
 * WITHOUT_THE_LOCK this must not compile under clang's thread safety analysis; without it must.
 */
#include "abi.h"

#ifdef WITHOUT_THE_LOCK
void touch(drm_dep_queue &queue)
{
	queue.credits_used = 0;
}
#else
void touch(drm_dep_queue &queue)
{
	dep::Guard guard(queue.lock);

	queue.credits_used = 0;
}
#endif
