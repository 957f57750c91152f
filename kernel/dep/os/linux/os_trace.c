// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * os.h on Linux: trace events.
 */
#include "../os.h"

#define CREATE_TRACE_POINTS
#include "drm_dep_trace.h"

struct os_atomic os_tracing;

/* One at a time: the kernel holds a mutex of its own. */
int drm_dep_trace_begin(void)
{
	WRITE_ONCE(os_tracing.value, os_tracing.value + 1);
	return 0;
}

void drm_dep_trace_end(void)
{
	WRITE_ONCE(os_tracing.value, os_tracing.value - 1);
}

bool os_trace_enabled(unsigned int event)
{
	switch (event) {
	case OS_TRACE_QUEUE:
		return trace_drm_dep_job_queue_enabled();
	case OS_TRACE_RUN:
		return trace_drm_dep_job_run_enabled();
	case OS_TRACE_DONE:
		return trace_drm_dep_job_done_enabled();
	case OS_TRACE_ADD_DEP:
		return trace_drm_dep_job_add_dep_enabled();
	case OS_TRACE_UNSCHEDULABLE:
		return trace_drm_dep_job_unschedulable_enabled();
	}
	return false;
}

void os_trace(unsigned int event, struct drm_dep_job *job, struct os_fence *fence)
{
	switch (event) {
	case OS_TRACE_QUEUE:
		trace_drm_dep_job_queue(job);
		break;
	case OS_TRACE_RUN:
		trace_drm_dep_job_run(job);
		break;
	case OS_TRACE_DONE:
		trace_drm_dep_job_done(job);
		break;
	case OS_TRACE_ADD_DEP:
		trace_drm_dep_job_add_dep(job, fence);
		break;
	case OS_TRACE_UNSCHEDULABLE:
		trace_drm_dep_job_unschedulable(job, fence);
		break;
	}
}
