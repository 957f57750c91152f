/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_H_
#define _DRM_DEP_H_

#include <linux/bits.h>
#include <linux/cleanup.h>
#include <linux/dma-fence.h>
#include <linux/dma-resv.h>
#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct drm_dep_deps_node;
struct drm_dep_fence;
struct drm_dep_job;
struct drm_dep_message;
struct drm_dep_queue;
struct drm_dep_record;
struct drm_dep_workqueue;
struct drm_device;
struct drm_file;
struct drm_gem_object;
struct module;

/**
 * DOC: overview
 *
 * drm_dep is a submission queue for GPUs that are scheduled by firmware: there is
 * one queue per context of the hardware, the firmware decides which context runs,
 * and all that the kernel has to do is to wait for dependencies, to hand jobs over
 * in order, to bound what is in flight, to watch for jobs that never end, and to
 * signal one fence per job.
 *
 * docs/writing-a-driver.md goes through a small driver step by step; what is here is
 * for looking up.
 *
 * Objects and who owns what
 * -------------------------
 *
 * Queue
 *	&struct drm_dep_queue, embedded in a structure of the driver. Its users hold
 *	references (drm_dep_queue_get(), drm_dep_queue_put()); jobs, pending messages
 *	and a kill that was not told yet hold references of their own. Putting the
 *	last user reference never cancels anything and never blocks: jobs that were
 *	pushed run on; to cancel them, kill the queue first. When nothing holds the
 *	queue any more the core calls &drm_dep_queue_ops.fini, waits for an RCU grace
 *	period, and calls &drm_dep_queue_ops.release, which frees the memory.
 *
 * Job
 *	&struct drm_dep_job, embedded in a structure of the driver, reference
 *	counted. It holds its queue from drm_dep_job_init() until after its
 *	&drm_dep_job_ops.release. The queue holds the job from drm_dep_job_push()
 *	until the job is retired. The caller keeps its own reference across push.
 *
 * Finished fence
 *	A &struct dma_fence that belongs to the core: drivers see the pointer only.
 *	An unsignalled fence keeps its job and so its queue alive; a signalled one
 *	needs nothing of either, and may outlive queue, device and module. (A kernel
 *	that goes on using the code of a signalled fence keeps drm_dep loaded until
 *	the last of them is gone, but nothing of the driver.)
 *
 * Message
 *	&struct drm_dep_message, embedded in a structure of the driver: something
 *	that the run side does between two jobs. While it is pending it belongs to
 *	the queue.
 *
 * Device and module
 *	A queue holds its device until after release. It holds the module
 *	&drm_dep_queue_ops.owner from the last put of a user until after release, but
 *	not while it has users, or a driver with queues of its own could never be
 *	unloaded: such a driver puts them in its exit function, and calls
 *	drm_dep_flush().
 *
 * When the device goes
 * --------------------
 *
 * At unbind a driver calls drm_dev_unplug(), so that nothing new is submitted, and
 * drm_dep_quiesce(), after which no job is handed over and no timeout handled any more.
 * Then it completes what was in flight, which no hardware does now: it knows those jobs,
 * as it has handed them to the hardware. If it has queues of its own it puts them, and
 * calls drm_dep_flush(). Queues of files that are still open stay until these are closed.
 *
 * Life of a job
 * -------------
 *
 * ::
 *
 *	init -> [add dependencies] -> arm -> push -> waiting -> running
 *	     -> in flight -> done -> signalled -> retired -> release
 *
 * Everything that may fail or allocate happens up to drm_dep_job_init() and the
 * functions that add dependencies. From drm_dep_job_arm() on nothing can fail: the
 * fence may be published, and it will signal. A job that was armed and whose last
 * reference is put before it was pushed finishes in its place with -ECANCELED.
 *
 * The order in which jobs are armed is the order in which they run and the order
 * in which their fences signal.
 *
 * A job runs when all jobs that were armed before it have been handed over, its
 * dependencies have signalled, &drm_dep_queue_ops.prepare_job has nothing more to
 * wait for, and its credits fit into the limit of the queue. It is completed either
 * by the hardware fence that &drm_dep_queue_ops.run_job returned or by
 * drm_dep_job_done(). It is retired, and the queue drops its reference, when its
 * finished fence has signalled, run_job has returned, no callback of the core is
 * left on its hardware fence, no timeout handler looks at it, and nobody iterates
 * over the jobs of the queue.
 *
 * Contexts
 * --------
 *
 * Run side
 *	&drm_dep_queue_ops.prepare_job, run_job, process_message and killed, one at a
 *	time per queue. They run on a work item of the queue, on a workqueue that
 *	memory reclaim may wait for; with %DRM_DEP_QUEUE_BYPASS, prepare_job and
 *	run_job also in the caller of drm_dep_job_push(), and in drm_dep_job_resubmit()
 *	run_job in its caller. All are inside a dma-fence signalling section. They may
 *	sleep, but must neither allocate with %GFP_KERNEL, nor take a lock that is held
 *	around such an allocation, nor wait for a fence, nor wait for another work item
 *	of the same workqueue or of one that reclaim can't wait for.
 *
 * Timeout
 *	&drm_dep_queue_ops.timedout_job, on the timeout workqueue, inside a signalling
 *	section, under the same rules as the run side; but it may stop queues, its own
 *	included, which the run side may not.
 *
 * Completion
 *	drm_dep_job_done(), callbacks of hardware fences: any context but NMI, hard
 *	interrupts included, as long as a spinlock_t may be taken there: not in
 *	a handler that is never threaded, nor under a raw_spinlock_t. No lock of the core
 *	is held while fences signal.
 *
 * Clean-up
 *	&drm_dep_job_ops.release, &drm_dep_queue_ops.fini and release run on another
 *	workqueue, may sleep, allocate, and take any lock that is not held around a
 *	call that waits for them. With %DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE, a job's release
 *	runs wherever its last reference is put, hard interrupt included.
 *
 * Locks
 * -----
 *
 * A lock that a driver holds while it calls drm_dep_job_push() must not be taken by
 * run_job or prepare_job of a queue with %DRM_DEP_QUEUE_BYPASS. A lock that is held
 * while a fence is signalled or a job completed must not be taken by a callback of a
 * finished fence, nor by release of a hardware fence or, with
 * %DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE, of a job. The locks of hardware fences live until
 * release of the queue. All of this is told to lockdep, which reports it at once.
 */

/**
 * struct drm_dep_job_ops - what a driver does for a job
 */
struct drm_dep_job_ops {
	/**
	 * @release: the last reference is gone; free the job.
	 *
	 * Mandatory. If the job was armed, its finished fence has signalled. Called from
	 * a work item, may sleep and allocate; with
	 * %DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE, called where the last reference is put,
	 * mostly where the job is completed: must not sleep, and takes no lock that
	 * is held around signalling or around push. The queue is alive until the
	 * call returns. The core drops the job's reference of the queue afterwards,
	 * without touching the job.
	 */
	void (*release)(struct drm_dep_job *job);
};

/*
 * What &drm_dep_queue_ops.timedout_job may return.
 */

/**
 * DRM_DEP_TIMEOUT_HANDLED - the driver has dealt with the job
 *
 * It has completed the job, or made sure that the job will complete soon, or run it
 * again. If the job is still in flight its clock starts anew; unless it was run
 * again meanwhile, a message in the log says so.
 */
#define DRM_DEP_TIMEOUT_HANDLED 0

/**
 * DRM_DEP_TIMEOUT_NOT_HUNG - the job is only slow; its clock starts anew
 */
#define DRM_DEP_TIMEOUT_NOT_HUNG 1

/**
 * DRM_DEP_TIMEOUT_DEVICE_GONE - there is no hardware any more
 *
 * The queue is killed. Completing the jobs in flight stays the driver's business.
 */
#define DRM_DEP_TIMEOUT_DEVICE_GONE 2

/**
 * struct drm_dep_queue_ops - what a driver does for a queue
 */
struct drm_dep_queue_ops {
	/** @owner: the module that these functions are in, THIS_MODULE. */
	struct module *owner;

	/**
	 * @prepare_job: is there anything else that the job has to wait for?
	 *
	 * Optional. Called when the job is the next to run and its dependencies have
	 * signalled, and again after each fence that it returned, until it returns
	 * NULL: the place to wait for space in a ring. Run side: may sleep, must not
	 * allocate. Not called once the queue is killed.
	 *
	 * Return: a fence to wait for, with a reference for the core; NULL when the
	 * job can run; an ERR_PTR() to finish the job, in its place, with that error
	 * and without running it.
	 */
	struct dma_fence *(*prepare_job)(struct drm_dep_job *job);

	/**
	 * @run_job: hand a job over to the hardware.
	 *
	 * Mandatory. Called once per job, and once more per drm_dep_job_resubmit(),
	 * in the order in which the jobs were armed, one at a time per queue. Run
	 * side: may sleep (with %DRM_DEP_QUEUE_RUN_ATOMIC it must not), must not
	 * allocate. The job may complete before this returns.
	 *
	 * The queue has a reference of the job until the job is retired. Whoever touches
	 * the job later without knowing that it is not completed, as an interrupt handler
	 * does that finds it on a ring, has a reference of his own, taken here.
	 *
	 * Return: a hardware fence with a reference for the core, which puts it, when
	 * its signalling is the completion of the job (its error becomes the error of
	 * the finished fence); NULL when the driver calls drm_dep_job_done(); an
	 * ERR_PTR() when the job was not handed over, which finishes it, in its
	 * place, with that error.
	 */
	struct dma_fence *(*run_job)(struct drm_dep_job *job);

	/**
	 * @timedout_job: a job has been running for longer than the timeout.
	 *
	 * Mandatory if the queue has a timeout, or gets one, or is triggered. Called
	 * on the timeout workqueue, one at a time per queue. The job is still in
	 * flight as far as the core knows, and stays where it is in the queue; it may
	 * complete while this runs. Its run_job may not have returned yet, or, when
	 * triggered or when its thread did not get on, not even begun: stop the queue
	 * to be sure. May sleep, must not allocate; may stop and start queues, its own
	 * included, iterate, resubmit, kill.
	 *
	 * Return: %DRM_DEP_TIMEOUT_HANDLED, %DRM_DEP_TIMEOUT_NOT_HUNG or
	 * %DRM_DEP_TIMEOUT_DEVICE_GONE. The job is neither lost nor leaked whichever
	 * it is.
	 */
	int (*timedout_job)(struct drm_dep_job *job);

	/**
	 * @process_message: a message has its turn.
	 *
	 * Mandatory if messages are sent. Run side: may sleep, must not allocate. The
	 * message is not the queue's any more: it may be freed or sent again. Also
	 * called when the queue was killed, and with the hardware gone.
	 */
	void (*process_message)(struct drm_dep_queue *queue, struct drm_dep_message *message);

	/**
	 * @killed: the queue was killed; no job will run any more.
	 *
	 * Optional. Called once, after an op of the run side that was in progress,
	 * and not while the queue is stopped. The place to take the context off the
	 * hardware. Run side: may sleep, must not allocate.
	 */
	void (*killed)(struct drm_dep_queue *queue);

	/**
	 * @set_deadline: somebody would like the job to be finished at @deadline.
	 *
	 * Optional, a hint, for jobs that are completed by drm_dep_job_done(). For a
	 * job with a hardware fence the core calls dma_fence_set_deadline() on that
	 * instead. Called when the job was handed over, and may still come when it has
	 * just completed. Any context: must not sleep.
	 */
	void (*set_deadline)(struct drm_dep_job *job, ktime_t deadline);

	/**
	 * @fini: no op but @release will be called any more.
	 *
	 * Optional. The users have put the queue, its jobs are released and its messages
	 * processed. Called once from a work item, may sleep and allocate: the place
	 * for a handshake with the firmware.
	 *
	 * Return: 0 when that is over; -EINPROGRESS to go on with the teardown when
	 * drm_dep_queue_fini_done() is called, so that a handshake blocks nobody.
	 */
	int (*fini)(struct drm_dep_queue *queue);

	/**
	 * @release: nothing can reach the queue any more; free it.
	 *
	 * Mandatory. Called once from a work item, may sleep and allocate, an RCU
	 * grace period after @fini.
	 */
	void (*release)(struct drm_dep_queue *queue);
};

/*
 * Flags of &drm_dep_queue_init_args.flags. Each can be used with or without each other.
 */

/**
 * DRM_DEP_QUEUE_BYPASS - drm_dep_job_push() may run the job itself
 *
 * It does if nothing is in the way: the job is the next one, its dependencies have
 * signalled, there are credits, no message is pending, nobody else runs, and the
 * queue is neither stopped nor killed. Otherwise the worker runs it as usual. No
 * effect on a queue whose workqueue is ordered, because then it excludes others.
 */
#define DRM_DEP_QUEUE_BYPASS BIT(0)

/**
 * DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE - &drm_dep_job_ops.release works in any context
 *
 * It is then called where the last reference is put, instead of from a work item.
 */
#define DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE BIT(1)

/**
 * DRM_DEP_QUEUE_RUN_ATOMIC - run_job and prepare_job never sleep
 *
 * With %DRM_DEP_QUEUE_BYPASS, drm_dep_job_push() may then be called under a spinlock.
 */
#define DRM_DEP_QUEUE_RUN_ATOMIC BIT(2)

/**
 * DRM_DEP_QUEUE_STOPPED - the queue is created as if drm_dep_queue_stop() was called
 */
#define DRM_DEP_QUEUE_STOPPED BIT(3)

/**
 * DRM_DEP_QUEUE_KEEP_OWN_DEPS - wait for dependencies on jobs of the same queue, too
 *
 * Without it such dependencies are dropped, because the hardware executes what one
 * queue hands over in order. For hardware that does not.
 */
#define DRM_DEP_QUEUE_KEEP_OWN_DEPS BIT(4)

/**
 * struct drm_dep_queue_init_args - arguments of drm_dep_queue_init()
 */
struct drm_dep_queue_init_args {
	/** @ops: the driver's functions; must stay valid until release. */
	const struct drm_dep_queue_ops *ops;

	/** @drm: the device; the queue keeps a reference until it is gone. */
	struct drm_device *drm;

	/**
	 * @driver_name: shown as the driver name of the fences; must stay valid
	 * for an RCU grace period after the last fence has signalled.
	 */
	const char *driver_name;

	/**
	 * @name: shown as the timeline name of the fences; must stay valid until
	 * &drm_dep_queue_ops.release.
	 */
	const char *name;

	/**
	 * @workqueue: what the run side runs on, from drm_dep_alloc_workqueue() or
	 * drm_dep_adopt_workqueue(); must stay valid until release has returned, which
	 * may be after unbind. NULL: one that all queues share.
	 */
	struct drm_dep_workqueue *workqueue;

	/**
	 * @timeout_workqueue: what timedout_job runs on, likewise. Queues that stop
	 * one another in timedout_job share an ordered one, or they deadlock.
	 */
	struct drm_dep_workqueue *timeout_workqueue;

	/**
	 * @credit_limit: how many credits may be in flight, not 0. The unit is the
	 * driver's: words of a ring, jobs, anything that is finite.
	 */
	u32 credit_limit;

	/** @timeout_ms: how long a job may run, in milliseconds; 0: for ever. */
	u32 timeout_ms;

	/**
	 * @nest_level: 0, or more for a queue whose jobs are completed by a
	 * callback on a finished fence of another queue, by drm_dep_job_done(), then
	 * greater than that queue's; at most %DRM_DEP_MAX_NEST_LEVEL.
	 */
	u32 nest_level;

	/** @flags: DRM_DEP_QUEUE_* */
	u32 flags;
};

/**
 * DRM_DEP_MAX_NEST_LEVEL - largest &drm_dep_queue_init_args.nest_level
 */
#define DRM_DEP_MAX_NEST_LEVEL 6

/**
 * struct drm_dep_queue - a queue of jobs
 *
 * Embed it; drm_dep_queue_init() fills it in. All members are private.
 */
struct drm_dep_queue {
	/* private: */
	spinlock_t lock;
	struct kref ref;
	struct kref users;
	u32 flags;
	const struct drm_dep_queue_ops *ops;
	struct drm_dep_record *record;
	struct drm_device *drm;
	const char *driver_name;
	const char *name;
	struct drm_dep_workqueue *workqueue;
	struct drm_dep_workqueue *timeout_workqueue;
	u64 context;
	u64 armed_seqno;
	u64 pushed_seqno;
	u64 run_seqno;
	struct list_head waiting;
	struct list_head in_flight;
	struct list_head messages;
	struct list_head *unsignalled;
	struct llist_node *held;
	void *runner;
	void *timeout_runner;
	u64 event_time;
	u64 head_since;
	u64 head_ran;
	u64 busy_time;
	u64 gap_since;
	u32 waiting_count;
	u32 credit_limit;
	u32 credits_used;
	u32 timeout_ms;
	u32 stop_count;
	u32 kept_stops;
	u32 iterators;
	u32 waiters;
	u32 releases_due;
	atomic_t releases_done;
	atomic_t idle_waiters;
	u32 armed_by;
	int last_error;
	u8 nest_level;
	u8 draining;
	u8 killed;
	u8 killed_owed;
	u8 no_users;
	u8 in_op;
	u8 paused;
	u8 triggered;
	u8 timer_armed;
	u8 gap_reported;
	u8 quiesced;
	struct llist_head released_jobs;
	struct work_struct run_work;
	struct work_struct drain_work;
	struct work_struct release_work;
	struct work_struct timeout_work;
};

/**
 * struct drm_dep_job_init_args - arguments of drm_dep_job_init()
 */
struct drm_dep_job_init_args {
	/** @queue: the queue; the job takes a reference of its own. */
	struct drm_dep_queue *queue;

	/** @ops: the driver's functions; must stay valid until release. */
	const struct drm_dep_job_ops *ops;

	/**
	 * @credits: what the job takes of the queue's limit while it is in flight;
	 * from 1 to the limit.
	 */
	u32 credits;

	/** @client_id: &drm_file.client_id of who submits it, for tracepoints; or 0. */
	u64 client_id;
};

/**
 * struct drm_dep_job - a job
 *
 * Embed it; drm_dep_job_init() fills it in. All members are private: a driver whose ops
 * need the queue of a job keeps a pointer of its own to it beside.
 */
struct drm_dep_job {
	/* private: */
	struct drm_dep_queue *queue;
	const struct drm_dep_job_ops *ops;
	struct drm_dep_fence *fence;
	struct list_head link;
	struct llist_node release_link;
	struct kref ref;
	atomic_t deps_left;
	u64 seqno;
	u64 client_id;
	struct dma_fence_cb hw_cb;
	struct dma_fence *hw_fence;
	struct dma_fence *prepare_fence;
	struct drm_dep_deps_node *deps_root;
	void *deps_chunks;
	u32 deps_count;
	int dep_error;
	u32 credits;
	u32 run;
	u32 armed_before_by;
	int error;
	u8 state;
	u8 holds;
	u8 cancelled;
	u8 registered;
	u8 prepared;
	u8 counted;
};

/**
 * struct drm_dep_message - something for the run side to do between two jobs
 *
 * Embed it; drm_dep_message_init() fills it in. All members are private.
 */
struct drm_dep_message {
	/* private: */
	struct list_head link;
};

/**
 * struct drm_dep_job_iter - a walk over the jobs in flight of a stopped queue
 *
 * All members are private.
 */
struct drm_dep_job_iter {
	/* private: */
	struct drm_dep_queue *queue;
	struct drm_dep_job *job;
};

/*
 * Workqueues
 */

/**
 * DRM_DEP_WQ_ORDERED - one work item at a time; queues that share it exclude each other
 */
#define DRM_DEP_WQ_ORDERED BIT(0)

/**
 * __drm_dep_alloc_workqueue() - what drm_dep_alloc_workqueue() calls
 * @name: its name
 * @flags: 0 or %DRM_DEP_WQ_ORDERED
 * @map: what lockdep knows it by, static; NULL without lockdep
 *
 * Context: Process context, may sleep and allocate.
 * Return: the workqueue, or NULL if there is no memory.
 */
struct drm_dep_workqueue *__drm_dep_alloc_workqueue(const char *name, u32 flags,
						    struct lockdep_map *map);

/**
 * drm_dep_alloc_workqueue() - make a workqueue for the run side or for timeouts
 * @wq_name: its name, a string literal
 * @wq_flags: 0 or %DRM_DEP_WQ_ORDERED
 *
 * The workqueue has a rescuer, and lockdep is told that memory reclaim may wait for
 * it: a work item on it that allocates with %GFP_KERNEL, or takes a lock that is held
 * around such an allocation, is reported the first time it runs. Lockdep does not see
 * a work item that waits by wait_event().
 *
 * All workqueues made in one place share one lockdep class.
 *
 * Context: Process context, may sleep and allocate.
 * Return: the workqueue, or NULL if there is no memory.
 */
#ifdef CONFIG_LOCKDEP
#define drm_dep_alloc_workqueue(wq_name, wq_flags)                            \
({                                                                            \
	static struct lockdep_map __map =                                     \
		STATIC_LOCKDEP_MAP_INIT(wq_name, &__map);                     \
	__drm_dep_alloc_workqueue(wq_name, wq_flags, &__map);                 \
})
#else
#define drm_dep_alloc_workqueue(wq_name, wq_flags)                            \
	__drm_dep_alloc_workqueue(wq_name, wq_flags, NULL)
#endif

/**
 * drm_dep_adopt_workqueue() - use a workqueue that the driver has made by itself
 * @wq: a workqueue made with WQ_MEM_RECLAIM
 * @flags: %DRM_DEP_WQ_ORDERED if it is ordered, else 0
 *
 * The kernel does not tell the flags of a workqueue. A work item finds out whether
 * memory reclaim can wait for @wq; the rest is the driver's word: that an ordered one
 * is said to be ordered, and that no work item on it allocates with %GFP_KERNEL.
 * drm_dep_alloc_workqueue() is better where it can be used.
 *
 * Context: Process context, sleeps. @wq runs work items.
 * Return: what to give to drm_dep_queue_init(); an ERR_PTR(): -EINVAL if reclaim can't
 * wait for @wq, -ENOMEM.
 */
struct drm_dep_workqueue *drm_dep_adopt_workqueue(struct workqueue_struct *wq, u32 flags);

/**
 * drm_dep_destroy_workqueue() - undo drm_dep_alloc_workqueue() or drm_dep_adopt_workqueue()
 * @wq: a workqueue that no queue uses any more, or NULL
 *
 * An adopted one goes on existing, and is the driver's to destroy.
 *
 * Context: Process context, sleeps.
 */
void drm_dep_destroy_workqueue(struct drm_dep_workqueue *wq);

/*
 * Queues
 */

/**
 * drm_dep_queue_init() - set up a queue
 * @queue: memory of the queue, zeroed or not, embedded in the driver's structure
 * @args: what the queue is
 *
 * On success the caller has one user reference. On failure nothing was kept, no op
 * is called, and the driver frees its memory itself. A module whose init function fails
 * goes whatever holds it: if that has made queues, it puts them and calls
 * drm_dep_flush() before it returns.
 *
 * Context: Process context, may sleep and allocate.
 * Return: 0; -EINVAL if an argument is missing or out of range, a timeout without
 * &drm_dep_queue_ops.timedout_job included; -ENOMEM.
 */
int drm_dep_queue_init(struct drm_dep_queue *queue, const struct drm_dep_queue_init_args *args);

/**
 * drm_dep_queue_get() - take one more user reference
 * @queue: a queue on which the caller has a user reference
 *
 * Context: Any context.
 * Return: @queue.
 */
struct drm_dep_queue *drm_dep_queue_get(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_get_unless_zero() - take a user reference if there are users
 * @queue: a queue whose memory the caller knows to be valid
 *
 * Context: Any context.
 * Return: @queue, or NULL if the last user has gone.
 */
struct drm_dep_queue *drm_dep_queue_get_unless_zero(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_put() - give a user reference back
 * @queue: the queue, or NULL
 *
 * With the last one no new job can be made. Jobs that exist run on and messages are
 * delivered, also if the queue was stopped; when the last of them is gone the queue is
 * torn down by a work item. From the last put until then the queue holds the module
 * &drm_dep_queue_ops.owner, so that it can't be unloaded under a running job;
 * drm_dep_flush() waits for the end.
 *
 * Putting the last reference of a stopped queue that has something to run is a
 * mistake, and warned about: a user who stops a queue holds a reference until it starts it.
 *
 * Context: Any context but NMI. Never blocks.
 */
void drm_dep_queue_put(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_kill() - run no job of this queue any more
 * @queue: a queue that the caller has a reference of, or has a job of
 *
 * Final. Jobs that have not run finish with -ECANCELED, in their order and not before
 * their dependencies, because others take their fences to mean that those have
 * signalled. Jobs in flight are the driver's to bring to completion, and the timeout
 * stays armed. The worker calls &drm_dep_queue_ops.killed once, unless nothing is left of
 * the queue but fini. Jobs may still be pushed, and are cancelled as well. Killing twice
 * does nothing.
 *
 * Context: Any context but NMI. Never blocks, calls no op and signals no fence.
 */
void drm_dep_queue_kill(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_is_killed() - whether the queue was killed
 * @queue: the queue
 *
 * Context: Any context but NMI.
 * Return: true from drm_dep_queue_kill() on.
 */
bool drm_dep_queue_is_killed(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_stop() - let no op of the run side run
 * @queue: a queue that stays: see below
 *
 * When it returns, prepare_job, run_job, process_message and killed have returned and
 * are not called again until as many drm_dep_queue_start() were called. The clock of
 * the timeout stands still. Completion, signalling, release, and the cancelling of jobs
 * go on.
 *
 * The caller makes sure that the queue stays until it is started again, in one of these
 * ways:
 *
 * * It has a user reference. A device's reset, which stops all queues of the device, gets
 *   one of each by drm_dep_queue_get_unless_zero().
 * * It is the queue's own timedout_job, which starts the queue before it returns.
 * * Where drm_dep_queue_get_unless_zero() fails, the queue has no users any more. It
 *   may still have jobs, and may be stopped as well, as long as the driver keeps
 *   &drm_dep_queue_ops.fini from finishing.
 *
 * To go as the last user of a stopped queue is a mistake: it is warned about if the queue
 * has something to run, and the queue is started.
 *
 * Context: Process context, sleeps. Also from &drm_dep_queue_ops.timedout_job, but not
 * from an op of the run side.
 */
void drm_dep_queue_stop(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_start() - undo one drm_dep_queue_stop()
 * @queue: a stopped queue
 *
 * Jobs in flight are left as they are.
 *
 * Context: Any context but NMI. Never blocks.
 */
void drm_dep_queue_start(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_is_stopped() - whether the queue is stopped
 * @queue: the queue
 *
 * Context: Any context but NMI.
 * Return: true if it was stopped more often than started.
 */
bool drm_dep_queue_is_stopped(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_set_credit_limit() - change how many credits may be in flight
 * @queue: the queue
 * @limit: the new limit, not 0
 *
 * Jobs that are in flight stay there. A job that is larger than the new limit runs
 * when nothing else is in flight.
 *
 * Context: Any context but NMI. Never blocks.
 */
void drm_dep_queue_set_credit_limit(struct drm_dep_queue *queue, u32 limit);

/**
 * drm_dep_queue_set_timeout() - change how long a job may run
 * @queue: a queue with &drm_dep_queue_ops.timedout_job
 * @timeout_ms: in milliseconds; 0: for ever
 *
 * Also of the job that runs now.
 *
 * Context: Any context but NMI. Never blocks.
 */
void drm_dep_queue_set_timeout(struct drm_dep_queue *queue, u32 timeout_ms);

/**
 * drm_dep_queue_pause_timeout() - the queue is off the hardware: stop the clock
 * @queue: the queue
 *
 * Time that passes until drm_dep_queue_resume_timeout() does not count. Pausing twice
 * is the same as once.
 *
 * Context: Any context but NMI. Never blocks.
 */
void drm_dep_queue_pause_timeout(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_resume_timeout() - the queue is on the hardware again
 * @queue: the queue
 *
 * The clock goes on from where it was paused.
 *
 * Context: Any context but NMI. Never blocks.
 */
void drm_dep_queue_resume_timeout(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_trigger_timeout() - call timedout_job now
 * @queue: a queue with &drm_dep_queue_ops.timedout_job
 *
 * Once, for the job that has been in flight for longest, whatever its clock says, and
 * also while the clock is paused. The timeout itself stays as it is. With nothing in
 * flight, or nothing any more when the work item runs, it is dropped.
 *
 * Context: Any context but NMI. Never blocks.
 */
void drm_dep_queue_trigger_timeout(struct drm_dep_queue *queue);

/**
 * drm_dep_message_init() - set up a message
 * @message: memory of the message
 *
 * Context: Any context.
 */
void drm_dep_message_init(struct drm_dep_message *message);

/**
 * drm_dep_queue_send_message() - let the run side process a message
 * @queue: a queue with &drm_dep_queue_ops.process_message, that the caller has a
 * reference of, or has a job of
 * @message: the message, which belongs to the queue until it is processed: until then it
 * must not be sent to another one
 *
 * It is processed exactly once, after the messages sent before, and before every job
 * that is pushed later; there is no order between it and jobs that have been pushed
 * already. Also after a kill and when the last user has gone; not while the queue is
 * stopped. A pending message keeps the queue.
 *
 * Context: Any context but NMI, also under a spinlock. Never blocks.
 * Return: true; false if the message is pending already.
 */
bool drm_dep_queue_send_message(struct drm_dep_queue *queue, struct drm_dep_message *message);

/**
 * drm_dep_queue_send_message_first() - the same, before the messages sent before
 * @queue: as for drm_dep_queue_send_message()
 * @message: as for drm_dep_queue_send_message()
 *
 * Context: Any context but NMI, also under a spinlock. Never blocks.
 * Return: true; false if the message is pending already.
 */
bool drm_dep_queue_send_message_first(struct drm_dep_queue *queue,
				      struct drm_dep_message *message);

/**
 * drm_dep_queue_wait_idle() - wait until all jobs pushed so far are over
 * @queue: a queue that the caller has a user reference of
 * @timeout_ms: how long to wait at most, in milliseconds; 0: for ever
 *
 * Each job that was pushed before the call has finished, the queue has dropped its
 * reference of it, and if that was the last one, release has returned. (Who sets a
 * deadline on a finished fence may hold one for a moment.) While others go on pushing it
 * may wait for their releases, too.
 *
 * Context: Process context, sleeps. Not from an op of the core; from release or fini, only
 * lockdep sees it.
 * Return: 0; -ETIME if it took longer; -ERESTARTSYS if a fatal signal came; -EDEADLK,
 * and a warning, from an op of the run side or from timedout_job.
 */
int drm_dep_queue_wait_idle(struct drm_dep_queue *queue, u32 timeout_ms);

/**
 * drm_dep_queue_last_error() - how the last finished job ended
 * @queue: the queue
 *
 * Context: Any context but NMI.
 * Return: 0 or a negative errno.
 */
int drm_dep_queue_last_error(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_busy_time() - how long the queue has had a job in flight
 * @queue: the queue
 *
 * For drm-engine-* in fdinfo. The clock is that of the timeout: it stands still while
 * the queue is stopped or its timeout paused.
 *
 * Context: Any context but NMI.
 * Return: nanoseconds since drm_dep_queue_init(); never less than before.
 */
u64 drm_dep_queue_busy_time(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_workqueue() - what the run side runs on
 * @queue: the queue
 *
 * For work items of the driver that are to be ordered with the run side, if the
 * workqueue is ordered. They obey the rules of the run side.
 *
 * Context: Any context.
 * Return: the workqueue; valid as long as the caller's reference of @queue is.
 */
struct workqueue_struct *drm_dep_queue_workqueue(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_timeout_workqueue() - what timedout_job runs on
 * @queue: the queue
 *
 * Context: Any context.
 * Return: the workqueue; valid as long as the caller's reference of @queue is.
 */
struct workqueue_struct *drm_dep_queue_timeout_workqueue(struct drm_dep_queue *queue);

/**
 * drm_dep_queue_fini_done() - go on with a teardown
 * @queue: a queue whose &drm_dep_queue_ops.fini returned, or is about to return,
 * -EINPROGRESS; not to be touched after
 *
 * Context: Any context but NMI. Never blocks.
 */
void drm_dep_queue_fini_done(struct drm_dep_queue *queue);

/**
 * drm_dep_quiesce() - let no op that may touch the hardware run any more
 * @drm: the device
 *
 * Kills all queues of @drm, and waits until prepare_job, run_job and timedout_job have
 * returned; they are not called again. Jobs in flight are the driver's to complete, now
 * that the hardware won't. Jobs that wait for a dependency may wait on: a fence of
 * another driver may take its time. process_message, killed, fini and release are still
 * called, and so is set_deadline for jobs in flight; they are to be guarded by
 * drm_dev_enter().
 *
 * For unbind, after drm_dev_unplug(), so that no queue is made and no job submitted any
 * more. A stopped queue stays stopped.
 *
 * Context: Process context, sleeps. Not from an op of the core.
 */
void drm_dep_quiesce(struct drm_device *drm);

/**
 * drm_dep_flush() - wait until all queues without users are gone
 * @drm: the device
 *
 * Returns when every queue of @drm whose last user reference was put before the
 * call has been released, and the references that it held of device and module
 * have been dropped. Queues that still have users are not waited for, and a reset that
 * holds a reference of a queue is a user: at unbind drm_dep_quiesce() has waited for
 * timedout_job, and the driver cancels what it resets with besides. When it takes long,
 * messages in the log say what is waited for.
 *
 * For a driver that gives up its own queues while it is being unloaded or unbound.
 * Jobs of such queues are waited for, and so is what they depend on.
 *
 * Context: Process context, sleeps. Not from an op of the core, nor from the
 * release function of @drm.
 */
void drm_dep_flush(struct drm_device *drm);

/*
 * Jobs
 */

/**
 * drm_dep_job_init() - set up a job
 * @job: memory of the job, zeroed or not, embedded in the driver's structure
 * @args: what the job is
 *
 * On success the caller has one reference, to be given back by drm_dep_job_put().
 * On failure nothing was kept, no op is called, and the driver frees its memory
 * itself. The caller has a user reference on the queue.
 *
 * Context: Process context, may sleep and allocate.
 * Return: 0; -EINVAL if an argument is missing, or if @args->credits is 0 or more
 * than the queue's limit; -ENOMEM.
 */
int drm_dep_job_init(struct drm_dep_job *job, const struct drm_dep_job_init_args *args);

/**
 * drm_dep_job_get() - take one more reference
 * @job: a job on which the caller has a reference
 *
 * Context: Any context.
 * Return: @job.
 */
struct drm_dep_job *drm_dep_job_get(struct drm_dep_job *job);

/**
 * drm_dep_job_put() - give a reference back
 * @job: the job, or NULL
 *
 * The last reference of a job that was not armed, or that is retired, leads to
 * &drm_dep_job_ops.release. The last reference of a job that was armed but not pushed
 * makes it finish in its place with -ECANCELED.
 *
 * Context: Any context but NMI. Never blocks.
 */
void drm_dep_job_put(struct drm_dep_job *job);

/**
 * drm_dep_job_add_dependency() - make a job wait for a fence
 * @job: a job that is not armed yet
 * @fence: the fence; the reference is consumed, in success and in failure. NULL and
 * an ERR_PTR() are allowed, so that the result of a look-up can be passed on: NULL
 * adds nothing, and an error is returned as it is.
 *
 * Chains and arrays are taken apart and all their fences waited for, also where the
 * array itself would signal earlier. Of several fences of a context only the latest
 * is kept. Fences that have signalled are dropped, and so are fences of the job's
 * own queue, as it runs jobs in order anyway (but see %DRM_DEP_QUEUE_KEEP_OWN_DEPS).
 * The cost of a fence grows with the logarithm of their number. An error on @fence
 * does not stop the job; drm_dep_job_dependency_error() tells it.
 *
 * Context: Process context, may sleep and allocate. Serialised by the caller per
 * job.
 * Return: 0; -ENOMEM, when some of the fences of a container may have been added;
 * -EINVAL, and a warning, if the job is armed.
 */
int drm_dep_job_add_dependency(struct drm_dep_job *job, struct dma_fence *fence);

/**
 * drm_dep_job_add_syncobj_dependency() - make a job wait for a sync object
 * @job: a job that is not armed yet
 * @file: the file that @handle is of
 * @handle: handle of the sync object
 * @point: point on its timeline, 0 for a binary one
 *
 * Context: Process context, may sleep and allocate. Serialised by the caller per
 * job.
 * Return: 0; -ENOENT if there is no such sync object; -EINVAL if it has no fence at
 * that point, or, with a warning, if the job is armed; -ENOMEM.
 */
int drm_dep_job_add_syncobj_dependency(struct drm_dep_job *job, struct drm_file *file,
				       u32 handle, u64 point);

/**
 * drm_dep_job_add_resv_dependencies() - make a job wait for the fences of a reservation
 * @job: a job that is not armed yet
 * @resv: the reservation object, locked by the caller
 * @usage: which of its fences: those of this usage and of the lower ones
 *
 * Context: Process context, may sleep and allocate. Serialised by the caller per
 * job.
 * Return: 0; -ENOMEM, when some of the fences may have been added; -EINVAL, and a
 * warning, if the job is armed.
 */
int drm_dep_job_add_resv_dependencies(struct drm_dep_job *job, struct dma_resv *resv,
				      enum dma_resv_usage usage);

/**
 * drm_dep_job_add_implicit_dependencies() - make a job wait for the users of a buffer
 * @job: a job that is not armed yet
 * @obj: the buffer, its reservation locked by the caller
 * @write: whether the job writes to it: then it waits for readers, too
 *
 * Context: Process context, may sleep and allocate. Serialised by the caller per
 * job.
 * Return: as drm_dep_job_add_resv_dependencies().
 */
int drm_dep_job_add_implicit_dependencies(struct drm_dep_job *job, struct drm_gem_object *obj,
					  bool write);

/**
 * drm_dep_job_has_dependency() - whether a job waits for this very fence
 * @job: a job that is not armed yet
 * @fence: a fence that is no container
 *
 * Context: Process context. Serialised by the caller per job.
 * Return: true if the fence is among the dependencies that were kept.
 */
bool drm_dep_job_has_dependency(struct drm_dep_job *job, struct dma_fence *fence);

/**
 * drm_dep_job_dependency_error() - whether a dependency ended with an error
 * @job: the job, inside prepare_job or run_job
 *
 * The dependencies are forgotten after the first run. A job that runs again is told what
 * it was told when it asked in the first run. If it did not ask then, only errors of fences
 * that had signalled when they were added are still known.
 *
 * Context: Inside prepare_job or run_job.
 * Return: 0, or the error of one of the dependencies.
 */
int drm_dep_job_dependency_error(struct drm_dep_job *job);

/**
 * drm_dep_job_arm() - take the job's place in the order of its queue
 * @job: an initialised job that was not armed
 *
 * From here on nothing can fail. The finished fence can be published; the driver
 * annotates the section from there to drm_dep_job_push() as a signalling section
 * if it can. Several jobs may be armed before the first of them is pushed; a job
 * that is pushed early waits for those that were armed before it. When it waits for
 * long, a message in the log says for which, and who armed that one.
 *
 * Context: Process context. Serialised by the caller per queue.
 */
void drm_dep_job_arm(struct drm_dep_job *job);

/**
 * drm_dep_job_finished_fence() - the fence that signals when a job is finished
 * @job: an armed job
 *
 * Context: Any context.
 * Return: the fence; no reference is taken, it is valid as long as the caller's
 * reference of @job is.
 */
struct dma_fence *drm_dep_job_finished_fence(struct drm_dep_job *job);

/**
 * drm_dep_job_push() - give an armed job to its queue
 * @job: an armed job; the caller keeps its reference
 *
 * Jobs may be pushed in another order than they were armed; they run in that of arming.
 *
 * With %DRM_DEP_QUEUE_BYPASS, may call prepare_job and run_job, and then what
 * completion does. Otherwise it calls no op.
 *
 * Context: Process context with interrupts enabled, not from a fence callback. Does
 * not allocate. With %DRM_DEP_QUEUE_BYPASS may sleep, unless
 * %DRM_DEP_QUEUE_RUN_ATOMIC is set.
 */
void drm_dep_job_push(struct drm_dep_job *job);

/**
 * drm_dep_job_run_number() - which run of the job this is
 * @job: the job, inside &drm_dep_queue_ops.run_job
 *
 * Context: Inside run_job.
 * Return: the number to give to drm_dep_job_done(); never 0.
 */
u32 drm_dep_job_run_number(struct drm_dep_job *job);

/**
 * drm_dep_job_done() - the hardware has completed a job
 * @job: a job on which the caller has a reference
 * @run: what drm_dep_job_run_number() said in run_job
 * @error: 0, or a negative errno for the finished fence
 *
 * Gives the job's credits back and signals its finished fence, after those of all
 * jobs that were armed before it; so the fence may not have signalled yet when this
 * returns. The first completion of a run wins, others do nothing.
 *
 * Also allowed for a job whose run_job returned a hardware fence: then whichever
 * comes first completes the job, and the job stays until the fence has signalled,
 * which is still the driver's to do.
 *
 * Context: Any context but NMI, hard interrupt included. No lock may be held that
 * a callback of any finished fence of the queue takes; with
 * %DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE, nor one that release of a job takes.
 * Return: true if this was the completion; false if the job was completed before,
 * was not handed over, or was run again meanwhile.
 */
bool drm_dep_job_done(struct drm_dep_job *job, u32 run, int error);

/**
 * drm_dep_job_is_finished() - whether a job is completed or was cancelled
 * @job: a job on which the caller has a reference
 *
 * Its finished fence has signalled or is about to.
 *
 * Context: Any context but NMI.
 * Return: true if it is.
 */
bool drm_dep_job_is_finished(struct drm_dep_job *job);

/**
 * drm_dep_job_iter_begin() - begin to walk over the jobs in flight
 * @iter: the iterator
 * @queue: a queue that the caller has stopped
 *
 * Until drm_dep_job_iter_end() no job of the queue retires, so that those found can be
 * looked at; they may complete meanwhile. Iterators may be nested.
 *
 * On a queue that is not stopped it warns, and finds no job.
 *
 * Context: Process context.
 */
void drm_dep_job_iter_begin(struct drm_dep_job_iter *iter, struct drm_dep_queue *queue);

/**
 * drm_dep_job_iter_next() - the next job in flight
 * @iter: the iterator
 *
 * Jobs that were handed over and are not completed, in the order in which they ran.
 *
 * Context: Process context, the queue stopped.
 * Return: the job, without a reference, valid until drm_dep_job_iter_end(); NULL if
 * there is none left.
 */
struct drm_dep_job *drm_dep_job_iter_next(struct drm_dep_job_iter *iter);

/**
 * drm_dep_job_iter_end() - retire what became due meanwhile
 * @iter: the iterator
 *
 * Context: Process context.
 */
void drm_dep_job_iter_end(struct drm_dep_job_iter *iter);

/**
 * drm_dep_queue_for_each_in_flight() - walk over the jobs in flight of a stopped queue
 * @job: a &struct drm_dep_job pointer, the cursor
 * @dep_queue: the queue
 *
 * The iterator is ended when the loop is left, in whichever way.
 */
#define drm_dep_queue_for_each_in_flight(job, dep_queue)                      \
	for (struct drm_dep_job_iter __iter __cleanup(drm_dep_job_iter_end) = \
	     ({ struct drm_dep_job_iter __new;                                \
		drm_dep_job_iter_begin(&__new, (dep_queue)); __new; });       \
	     ((job) = drm_dep_job_iter_next(&__iter)); (void)0)

/**
 * drm_dep_job_resubmit() - run a job again that the hardware has lost
 * @job: a job that an open iterator has just found
 *
 * For a reset: with the queue stopped, iterate, complete the guilty job with an error,
 * resubmit the others. run_job is called from here. It gets a new run number, so that a
 * late completion of the earlier run is told apart, and may return the same hardware
 * fence as before or another; the old one is put.
 *
 * Nothing is run if the job has completed meanwhile or if the queue was killed. In the
 * latter case, a job that was waiting for a hardware fence finishes with -ECANCELED; one
 * that drm_dep_job_done() completes is left to the driver, and its run number is still
 * that of the run before.
 *
 * Context: Process context, may sleep; also from &drm_dep_queue_ops.timedout_job.
 * Return: true if run_job was called.
 */
bool drm_dep_job_resubmit(struct drm_dep_job *job);

/**
 * drm_dep_queue_resubmit() - run all jobs in flight again
 * @queue: a queue that the caller has stopped
 *
 * drm_dep_job_resubmit() for each.
 *
 * Context: As drm_dep_job_resubmit().
 * Return: how many were run.
 */
u32 drm_dep_queue_resubmit(struct drm_dep_queue *queue);

#endif /* _DRM_DEP_H_ */
