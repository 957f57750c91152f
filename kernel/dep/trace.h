/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_TRACE_EVENTS_H_
#define _DRM_DEP_TRACE_EVENTS_H_

#include "os/os.h"

/*
 * Trace events, which nearly always nobody listens to: then they are one load.
 */
namespace dep
{

/* Whether anybody listens to anything. Nothing depends on when a change is seen. */
inline bool tracing() OS_NONBLOCKING
{
	return __atomic_load_n(&os_tracing.value, __ATOMIC_RELAXED);
}

inline bool traces(unsigned int event) OS_NONBLOCKING
{
	return tracing() && os_trace_enabled(event);
}

inline void trace(unsigned int event, drm_dep_job &job, os_fence *fence = nullptr) OS_NONBLOCKING
{
	if (tracing())
		os_trace(event, &job, fence);
}

} // namespace dep

#endif /* _DRM_DEP_TRACE_EVENTS_H_ */
