/* SPDX-License-Identifier: MIT */
/*
 * What comes between arm and push doesn't compile if it allocates.
 */
#include "run.h"

void after_arm(drm_dep_job &job) OS_NONALLOCATING;

void after_arm(drm_dep_job &job)
{
#ifdef WITH_AN_ALLOCATION
	os_free(os_alloc(8, "something"));
#endif
	dep::push_and_run(job);
}
