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
struct drm_dep_message;
struct drm_dep_queue;
struct drm_dep_record;

struct drm_dep_job_ops {
	void (*release)(drm_dep_job *job);
};

#define DRM_DEP_TIMEOUT_HANDLED 0
#define DRM_DEP_TIMEOUT_NOT_HUNG 1
#define DRM_DEP_TIMEOUT_DEVICE_GONE 2

struct drm_dep_queue_ops {
	os_module *owner;
	os_fence *(*prepare_job)(drm_dep_job *job);
	os_fence *(*run_job)(drm_dep_job *job);
	int (*timedout_job)(drm_dep_job *job);
	void (*process_message)(drm_dep_queue *queue, drm_dep_message *message);
	void (*killed)(drm_dep_queue *queue);
	void (*set_deadline)(drm_dep_job *job, long long deadline);
	int (*fini)(drm_dep_queue *queue);
	void (*release)(drm_dep_queue *queue);
};

#define DRM_DEP_QUEUE_BYPASS (1u << 0)
#define DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE (1u << 1)
#define DRM_DEP_QUEUE_RUN_ATOMIC (1u << 2)
#define DRM_DEP_QUEUE_STOPPED (1u << 3)
#define DRM_DEP_QUEUE_KEEP_OWN_DEPS (1u << 4)

struct drm_dep_queue_init_args {
	const drm_dep_queue_ops *ops;
	os_device *drm;
	const char *driver_name;
	const char *name;
	os_wq *workqueue;
	os_wq *timeout_workqueue;
	u32 credit_limit;
	u32 timeout_ms;
	u32 nest_level;
	u32 flags;
};

#define DRM_DEP_MAX_NEST_LEVEL 6

struct drm_dep_queue {
	os_lock lock;
	os_ref ref;   /* the users together, each job, each pending message, an untold kill */
	os_ref users; /* those that the driver counts */
	u32 flags;
	const drm_dep_queue_ops *ops;
	drm_dep_record *record;
	os_device *drm;
	const char *driver_name;
	const char *name;
	os_wq *workqueue;
	os_wq *timeout_workqueue;
	u64 context;
	u64 armed_seqno;			     /* last one taken; serialised by the driver */
	u64 pushed_seqno DEP_GUARDED_BY(lock);	     /* largest one that was pushed */
	u64 run_seqno DEP_GUARDED_BY(lock);	     /* next one to be run */
	dep::Link waiting DEP_GUARDED_BY(lock);	     /* pushed, by seqno */
	dep::Link in_flight DEP_GUARDED_BY(lock);    /* handed over, not retired, by seqno */
	dep::Link messages DEP_GUARDED_BY(lock);     /* pending, in the order of their turn */
	dep::Link *unsignalled DEP_GUARDED_BY(lock); /* first of in_flight that has not signalled */
	dep::StackLink *held DEP_GUARDED_BY(lock);   /* what retires when no iterator is open */
	void *runner DEP_GUARDED_BY(lock);	     /* who has the run token */
	void *timeout_runner DEP_GUARDED_BY(lock);   /* who is in timedout_job */
	u64 event_time DEP_GUARDED_BY(lock);	     /* of the last completion or first hand-over */
	u64 head_since DEP_GUARDED_BY(lock); /* clock.cc: since when the clock has been running */
	u64 head_ran DEP_GUARDED_BY(lock);   /* and what it had counted until then */
	u64 busy_time DEP_GUARDED_BY(lock);  /* of all jobs before */
	u64 gap_since
		DEP_GUARDED_BY(lock); /* when the first job was seen to wait for one not pushed */
	u32 waiting_count DEP_GUARDED_BY(lock);
	os_atomic credit_limit; /* written with the lock */
	u32 credits_used DEP_GUARDED_BY(lock);
	u32 timeout_ms DEP_GUARDED_BY(lock);
	u32 stop_count DEP_GUARDED_BY(lock);
	u32 kept_stops DEP_GUARDED_BY(lock); /* of these, those that the last user leaves alone */
	u32 iterators DEP_GUARDED_BY(lock);
	u32 waiters DEP_GUARDED_BY(lock);      /* in os_wait() with the lock */
	u32 releases_due DEP_GUARDED_BY(lock); /* jobs whose last reference was the queue's */
	os_atomic releases_done;	       /* those of them that were released */
	os_atomic idle_waiters;
	u32 armed_by; /* task of the last arm; serialised by the driver */
	int last_error DEP_GUARDED_BY(lock);
	u8 nest_level;
	u8 draining DEP_GUARDED_BY(lock); /* the completion token is taken */
	u8 killed DEP_GUARDED_BY(lock);
	u8 killed_owed DEP_GUARDED_BY(lock); /* the op was not called yet */
	u8 no_users DEP_GUARDED_BY(lock);
	u8 in_op DEP_GUARDED_BY(lock); /* whoever has the run token is in an op */
	u8 paused DEP_GUARDED_BY(lock);
	u8 triggered DEP_GUARDED_BY(lock);
	u8 timer_armed DEP_GUARDED_BY(lock);
	u8 gap_reported DEP_GUARDED_BY(lock);
	u8 quiesced DEP_GUARDED_BY(lock); /* timedout_job is not called any more, either */
	dep::Stack released_jobs;
	os_work run_work;
	os_work drain_work;
	os_work release_work;
	os_work timeout_work;
};

struct drm_dep_job_init_args {
	drm_dep_queue *queue;
	const drm_dep_job_ops *ops;
	u32 credits;
	u64 client_id;
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
	u64 client_id;
	os_fence_cb hw_cb;	 /* on prepare_fence, then on hw_fence */
	os_atomic_ptr hw_fence;	 /* what run_job returned; written by the run side */
	os_fence *prepare_fence; /* what prepare_job returned; the run side's */
	drm_dep_deps_node *deps_root;
	void *deps_chunks;
	u32 deps_count;
	int dep_error; /* of a dependency that had signalled when added, or that was asked for */
	u32 credits;
	u32 run;	     /* written with the lock by the holder of the run token */
	u32 armed_before_by; /* task that armed the job before this one */
	int error DEP_GUARDED_BY(queue->lock);
	u8 state;			      /* dep::JobState; by the lock once pushed */
	u8 holds DEP_GUARDED_BY(queue->lock); /* dep::Hold bits: what keeps it from retiring */
	u8 cancelled DEP_GUARDED_BY(queue->lock);
	u8 registered DEP_GUARDED_BY(queue->lock); /* the callbacks of its dependencies are */
	u8 prepared DEP_GUARDED_BY(queue->lock);   /* prepare_job has nothing more to wait for */
	u8 counted;				   /* in releases_due */
};

struct drm_dep_message {
	dep::Link link; /* by the lock of the queue while it is pending; else to itself */
};

struct drm_dep_job_iter {
	drm_dep_queue *queue;
	drm_dep_job *job;
};

extern "C" {
int drm_dep_queue_init(drm_dep_queue *queue, const drm_dep_queue_init_args *args) OS_ALLOCATES;
drm_dep_queue *drm_dep_queue_get(drm_dep_queue *queue) OS_NONBLOCKING;
drm_dep_queue *drm_dep_queue_get_unless_zero(drm_dep_queue *queue) OS_NONBLOCKING;
void drm_dep_queue_put(drm_dep_queue *queue) OS_NONBLOCKING;
void drm_dep_queue_kill(drm_dep_queue *queue) OS_NONBLOCKING;
bool drm_dep_queue_is_killed(drm_dep_queue *queue) OS_NONBLOCKING;
void drm_dep_queue_stop(drm_dep_queue *queue) OS_NONALLOCATING OS_SLEEPS;
void drm_dep_queue_start(drm_dep_queue *queue) OS_NONBLOCKING;
bool drm_dep_queue_is_stopped(drm_dep_queue *queue) OS_NONBLOCKING;
void drm_dep_queue_set_credit_limit(drm_dep_queue *queue, u32 limit) OS_NONBLOCKING;
void drm_dep_queue_set_timeout(drm_dep_queue *queue, u32 timeout_ms) OS_NONBLOCKING;
void drm_dep_queue_pause_timeout(drm_dep_queue *queue) OS_NONBLOCKING;
void drm_dep_queue_resume_timeout(drm_dep_queue *queue) OS_NONBLOCKING;
void drm_dep_queue_trigger_timeout(drm_dep_queue *queue) OS_NONBLOCKING;
void drm_dep_message_init(drm_dep_message *message) OS_NONBLOCKING;
bool drm_dep_queue_send_message(drm_dep_queue *queue, drm_dep_message *message) OS_NONBLOCKING;
bool drm_dep_queue_send_message_first(drm_dep_queue *queue,
				      drm_dep_message *message) OS_NONBLOCKING;
int drm_dep_queue_wait_idle(drm_dep_queue *queue, u32 timeout_ms) OS_SLEEPS;
int drm_dep_queue_last_error(drm_dep_queue *queue) OS_NONBLOCKING;
u64 drm_dep_queue_busy_time(drm_dep_queue *queue) OS_NONBLOCKING;
void drm_dep_queue_fini_done(drm_dep_queue *queue) OS_NONBLOCKING;
void drm_dep_quiesce(os_device *drm) OS_SLEEPS;
void drm_dep_flush(os_device *drm) OS_SLEEPS;
int drm_dep_job_init(drm_dep_job *job, const drm_dep_job_init_args *args) OS_ALLOCATES;
drm_dep_job *drm_dep_job_get(drm_dep_job *job) OS_NONBLOCKING;
void drm_dep_job_put(drm_dep_job *job) OS_NONBLOCKING;
int drm_dep_job_add_dependency(drm_dep_job *job, os_fence *fence) OS_ALLOCATES;
bool drm_dep_job_has_dependency(drm_dep_job *job, os_fence *fence) OS_NONBLOCKING;
int drm_dep_job_dependency_error(drm_dep_job *job) OS_NONBLOCKING;
void drm_dep_job_arm(drm_dep_job *job) OS_NONBLOCKING;
os_fence *drm_dep_job_finished_fence(drm_dep_job *job) OS_NONBLOCKING;
void drm_dep_job_push(drm_dep_job *job) OS_NONALLOCATING;
u32 drm_dep_job_run_number(drm_dep_job *job) OS_NONBLOCKING;
bool drm_dep_job_done(drm_dep_job *job, u32 run, int error) OS_NONBLOCKING;
bool drm_dep_job_is_finished(drm_dep_job *job) OS_NONBLOCKING;
void drm_dep_job_iter_begin(drm_dep_job_iter *iter, drm_dep_queue *queue) OS_NONBLOCKING;
drm_dep_job *drm_dep_job_iter_next(drm_dep_job_iter *iter) OS_NONBLOCKING;
void drm_dep_job_iter_end(drm_dep_job_iter *iter) OS_NONBLOCKING;
bool drm_dep_job_resubmit(drm_dep_job *job) OS_NONALLOCATING OS_SLEEPS;
u32 drm_dep_queue_resubmit(drm_dep_queue *queue) OS_NONALLOCATING OS_SLEEPS;
}

#endif /* _DRM_DEP_ABI_H_ */
