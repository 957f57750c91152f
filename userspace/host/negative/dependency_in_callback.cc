/* SPDX-License-Identifier: MIT */
/*
 * A callback of a fence doesn't compile if it adds a dependency, which allocates.
 */
#include "deps.h"

void callback(drm_dep_job &job, os_fence *fence) OS_NONBLOCKING;

void callback(drm_dep_job &job, os_fence *fence)
{
#ifdef WITH_A_DEPENDENCY
	(void)dep::deps_add(job, fence);
#endif
	os_fence_put(fence);
	drm_dep_job_put(&job);
}
