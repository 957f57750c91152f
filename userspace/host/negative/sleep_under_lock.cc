/* SPDX-License-Identifier: MIT */
/*
 * Nobody sleeps with a lock held. With WITH_THE_LOCK_HELD this must not compile under clang's
 * thread safety analysis.
 */
#include "abi.h"

void stop_works(drm_dep_queue &queue)
{
#ifdef WITH_THE_LOCK_HELD
	dep::Guard guard(queue.lock);
#endif
	os_work_disable_sync(&queue.run_work);
}
