/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_ABI_H_
#define _DRM_DEP_ABI_H_

#include "guard.h"
#include "list.h"
#include "os/os.h"
#include "stack.h"

/*
 * The structures and functions of <drm/drm_dep.h> as C++ sees them; there they are
 * documented. layout_check.cc compares the structures with the C ones, and
 * a check of the build compares the declarations.
 */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

struct drm_dep_deps_node;
struct drm_dep_fence;
struct drm_dep_job;
struct drm_dep_queue;
struct drm_dep_teardown;

struct drm_dep_job_ops {
	void (*release)(drm_dep_job *job);
};

struct drm_dep_queue_ops {
	os_module *owner;
	os_fence *(*run_job)(drm_dep_job *job);
	void (*fini)(drm_dep_queue *queue);
	void (*release)(drm_dep_queue *queue);
};

struct drm_dep_queue_init_args {
	const drm_dep_queue_ops *ops;
	os_device *drm;
	const char *driver_name;
	const char *name;
	u32 credit_limit;
	u32 nest_level;
	u32 flags;
};

struct drm_dep_queue {
	os_lock lock;
	os_ref ref;   /* the users together, and each job */
	os_ref users; /* those that the driver counts */
	const drm_dep_queue_ops *ops;
	drm_dep_teardown *teardown;
	const char *driver_name;
	const char *name;
	u64 context;
	u64 armed_seqno;			  /* last one taken; serialised by the driver */
	u64 run_seqno DEP_GUARDED_BY(lock);	  /* next one to be run */
	dep::Link waiting DEP_GUARDED_BY(lock);	  /* pushed, by seqno */
	dep::Link in_flight DEP_GUARDED_BY(lock); /* handed over, not signalled, by seqno */
	u32 credit_limit DEP_GUARDED_BY(lock);
	u32 credits_used DEP_GUARDED_BY(lock);
	u32 nest_level;
	u8 running DEP_GUARDED_BY(lock);  /* the run token is taken */
	u8 draining DEP_GUARDED_BY(lock); /* the completion token is taken */
	dep::Stack released_jobs;
	os_work run_work;
	os_work drain_work;
	os_work release_work;
};

struct drm_dep_job_init_args {
	drm_dep_queue *queue;
	const drm_dep_job_ops *ops;
	u32 credits;
};

struct drm_dep_job {
	drm_dep_queue *queue;
	const drm_dep_job_ops *ops;
	drm_dep_fence *fence;
	dep::Link link DEP_GUARDED_BY(queue->lock);
	dep::StackLink release_link;
	os_ref ref;
	os_atomic deps_left; /* callbacks that have not run, and one while they are registered */
	u64 seqno;
	os_fence_cb hw_cb;
	drm_dep_deps_node *deps_root;
	void *deps_chunks;
	u32 deps_count;
	u32 credits;
	u32 run; /* written with the lock by the holder of the run token */
	int error DEP_GUARDED_BY(queue->lock);
	u8 state;			      /* dep::JobState; by the lock once pushed */
	u8 holds DEP_GUARDED_BY(queue->lock); /* dep::Hold bits: what keeps it from retiring */
	u8 cancelled DEP_GUARDED_BY(queue->lock);
	u8 registered DEP_GUARDED_BY(queue->lock); /* the callbacks of its dependencies are */
};

#define DRM_DEP_MAX_NEST_LEVEL 6

extern "C" {
int drm_dep_queue_init(drm_dep_queue *queue, const drm_dep_queue_init_args *args);
drm_dep_queue *drm_dep_queue_get(drm_dep_queue *queue);
drm_dep_queue *drm_dep_queue_get_unless_zero(drm_dep_queue *queue);
void drm_dep_queue_put(drm_dep_queue *queue);
void drm_dep_flush(os_device *drm);
int drm_dep_job_init(drm_dep_job *job, const drm_dep_job_init_args *args);
drm_dep_job *drm_dep_job_get(drm_dep_job *job);
void drm_dep_job_put(drm_dep_job *job);
int drm_dep_job_add_dependency(drm_dep_job *job, os_fence *fence);
void drm_dep_job_arm(drm_dep_job *job);
os_fence *drm_dep_job_finished_fence(drm_dep_job *job);
void drm_dep_job_push(drm_dep_job *job);
u32 drm_dep_job_run_number(drm_dep_job *job);
bool drm_dep_job_done(drm_dep_job *job, u32 run, int error);
}

#endif /* _DRM_DEP_ABI_H_ */
