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
			os_atomic_ptr job; /* NULL once the callback has run, or never will */
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
[[nodiscard]] int deps_add(drm_dep_job &job, os_fence *fence) OS_ALLOCATES;

/*
 * Registers a callback with each fence; each queues the run work of the job's queue
 * if it is the last. job.deps_left stays above 0 until deps_registered(), so that
 * nothing runs meanwhile. Called without a lock: a fence may run foreign code.
 */
void deps_register(drm_dep_job &job) OS_NONBLOCKING;

/* Ends what deps_register() began. */
void deps_registered(drm_dep_job &job) OS_NONBLOCKING DEP_REQUIRES(job.queue->lock);

/* Whether all fences have signalled and their callbacks have run. */
inline bool deps_met(const drm_dep_job &job) OS_NONBLOCKING
{
	return os_load_acquire(&job.deps_left) == 0;
}

/* Whether @fence itself is among the fences of a set that is still being built. */
bool deps_have(const drm_dep_job &job, os_fence *fence) OS_NONBLOCKING;

/* The error of one of the fences, which have all signalled, or of one that had before. */
int deps_error(const drm_dep_job &job) OS_NONBLOCKING;

/*
 * Registers a callback with one fence more, whose reference is then the job's, and drops
 * the one before. Called when all fences before have signalled; ended by
 * deps_registered().
 */
void deps_register_one_more(drm_dep_job &job, os_fence *fence) OS_NONBLOCKING DEP_IN(os_run_side);

/*
 * A fence that a job which is not ready is waiting for, with a reference; NULL if there is
 * none among the first that are looked at.
 */
os_fence *deps_blocking(const drm_dep_job &job) OS_NONBLOCKING DEP_REQUIRES(job.queue->lock);

/*
 * Puts all fences and frees the memory. No callback is registered. The run side does it
 * when it is done with the set, cleaning up in case the job never came there.
 */
void deps_free_all(drm_dep_job &job) OS_NONBLOCKING;

inline void deps_free(drm_dep_job &job) OS_NONBLOCKING
{
	if (job.deps_chunks || job.prepare_fence)
		deps_free_all(job);
}

} // namespace dep

#endif /* _DRM_DEP_DEPS_H_ */
