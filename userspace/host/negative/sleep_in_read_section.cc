/* SPDX-License-Identifier: MIT */
/*
 * Nobody sleeps in a read section. With WITH_A_READ_SECTION this must not compile under clang's
 * thread safety analysis.
 */
#include "abi.h"

void wait(drm_dep_queue &queue)
{
#ifdef WITH_A_READ_SECTION
	dep::RcuReadSection section;
#endif
	drm_dep_queue_stop(&queue);
}
