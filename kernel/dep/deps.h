/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_DEPS_H_
#define _DRM_DEP_DEPS_H_

#include "abi.h"

/*
 * The fences that a job waits for: at most one per fence context.
 *
 * The set is built before arm and only read afterwards, so one piece of memory
 * serves two purposes. While it is built its nodes form a tree that finds a context:
 * at depth n two bits of the context's hash, other ones at each n, choose one of four
 * children. The hash spreads contexts evenly, so the depth is about log4 of their
 * number: 6 for 4,096, 8 for 65,536. From push on a node holds the callback instead.
 *
 * Nodes lie in chunks, which are never moved (a registered callback has to stay where
 * it is) and can be freed in any context.
 */
struct drm_dep_deps_node {
	os_fence *fence; /* with a reference */
	u64 context;
	union {
		drm_dep_deps_node *child[4]; /* until the callbacks are registered */
		struct {
			os_fence_cb cb;
			drm_dep_job *job;
		};
	};
};

namespace dep
{

/* An empty set. */
void deps_init(drm_dep_job &job);

/*
 * Adds @fence, of which the caller keeps its reference. Returns 0 or -ENOMEM, when
 * some of the fences of a container may have been added. May sleep.
 */
[[nodiscard]] int deps_add(drm_dep_job &job, os_fence *fence);

/*
 * Registers a callback with each fence; each queues the run work of the job's queue
 * if it is the last. job.deps_left stays above 0 until deps_registered(), so that
 * nothing runs meanwhile. Called without a lock: a fence may run foreign code.
 */
void deps_register(drm_dep_job &job);

/* Ends what deps_register() began. */
void deps_registered(drm_dep_job &job) DEP_REQUIRES(job.queue->lock);

/* Whether all fences have signalled and their callbacks have run. */
inline bool deps_met(const drm_dep_job &job)
{
	return os_load_acquire(&job.deps_left) == 0;
}

/* Puts all fences and frees the memory. No callback is registered. */
void deps_free(drm_dep_job &job);

} // namespace dep

#endif /* _DRM_DEP_DEPS_H_ */
