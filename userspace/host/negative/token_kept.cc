/* SPDX-License-Identifier: MIT */
/*
 * Who has taken the run token gives it back. With WITH_THE_TOKEN_KEPT this must not compile under
 * clang's thread safety analysis.
 */
#include "run.h"

void wait_for_the_run_side(drm_dep_queue &queue) OS_ANALYSIS(locks_excluded(queue.lock));

void wait_for_the_run_side(drm_dep_queue &queue)
{
	dep::take_token(queue);

	dep::Guard guard(queue.lock);

#ifndef WITH_THE_TOKEN_KEPT
	dep::give_token_back(queue);
#endif
}
