/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_H_
#define _DRM_DEP_H_

#include <linux/dma-fence.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct dma_resv;
struct drm_dep_deps_node;
struct drm_dep_fence;
struct drm_dep_job;
struct drm_dep_queue;
struct drm_dep_teardown;
struct drm_device;
struct drm_file;
struct module;

/**
 * DOC: overview
 *
 * drm_dep is a submission queue for GPUs that are scheduled by firmware: there is
 * one queue per context of the hardware, the firmware decides which context runs,
 * and all that the kernel has to do is to wait for dependencies, to hand jobs over
 * in order, to bound what is in flight, and to signal one fence per job.
 *
 * Objects and who owns what
 * -------------------------
 *
 * Queue
 *	&struct drm_dep_queue, embedded in a structure of the driver. Its users hold
 *	references (drm_dep_queue_get(), drm_dep_queue_put()); jobs hold references
 *	of their own. Putting the last user reference never cancels anything and
 *	never blocks: jobs that were pushed run on. When the last job is gone, too,
 *	the core calls &drm_dep_queue_ops.fini, waits for an RCU grace period, and
 *	calls &drm_dep_queue_ops.release, which frees the memory.
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
 *	needs nothing of either, and may outlive queue, device and module.
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
 * Contexts
 * --------
 *
 * &drm_dep_queue_ops.run_job runs on a work item of the queue, on a workqueue that
 * all queues share and that memory reclaim may wait for: it may sleep but must not
 * allocate memory that reclaim would have to be waited for, and takes no lock that
 * is held around such an allocation. &drm_dep_job_ops.release,
 * &drm_dep_queue_ops.fini and &drm_dep_queue_ops.release run on another workqueue,
 * may sleep, allocate, and take any lock that is not held around a call that waits
 * for them.
 *
 * A job is completed either by the hardware fence that run_job returned or by
 * drm_dep_job_done(), from any context, hard interrupt included.
 */

/**
 * struct drm_dep_job_ops - what a driver does for a job
 */
struct drm_dep_job_ops {
	/**
	 * @release: the last reference is gone; free the job.
	 *
	 * Mandatory. Called from a work item, may sleep. The queue is alive until
	 * the call returns. The core drops the job's reference of the queue
	 * afterwards, without touching the job.
	 */
	void (*release)(struct drm_dep_job *job);
};

/**
 * struct drm_dep_queue_ops - what a driver does for a queue
 */
struct drm_dep_queue_ops {
	/** @owner: the module that these functions are in, THIS_MODULE. */
	struct module *owner;

	/**
	 * @run_job: hand a job over to the hardware.
	 *
	 * Mandatory. Called once per job, in the order in which the jobs were
	 * armed, one at a time per queue, when all dependencies have signalled and
	 * there are credits. Runs in a work item, inside a dma-fence signalling
	 * section: it may sleep, but neither allocate with GFP_KERNEL nor take a
	 * lock that is held around such an allocation nor wait for a fence. The
	 * job may complete before this returns.
	 *
	 * Return: a hardware fence with a reference for the core, when its
	 * signalling is the completion of the job (its error becomes the error of
	 * the finished fence); NULL when the driver calls drm_dep_job_done(); an
	 * ERR_PTR() when the job was not handed over, which finishes it, in its
	 * place, with that error.
	 */
	struct dma_fence *(*run_job)(struct drm_dep_job *job);

	/**
	 * @fini: no op but @release will be called any more.
	 *
	 * Optional. Called once from a work item, may sleep: the place for a
	 * handshake with the firmware.
	 */
	void (*fini)(struct drm_dep_queue *queue);

	/**
	 * @release: nothing can reach the queue any more; free it.
	 *
	 * Mandatory. Called once from a work item, may sleep, an RCU grace period
	 * after @fini.
	 */
	void (*release)(struct drm_dep_queue *queue);
};

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
	 * @credit_limit: how many credits may be in flight, not 0. The unit is the
	 * driver's: words of a ring, jobs, anything that is finite.
	 */
	u32 credit_limit;

	/**
	 * @nest_level: 0, or more for a queue whose jobs are completed by a
	 * callback on a finished fence of another queue, then greater than that
	 * queue's; at most %DRM_DEP_MAX_NEST_LEVEL.
	 */
	u32 nest_level;

	/** @flags: must be 0. */
	u32 flags;
};

/** DRM_DEP_MAX_NEST_LEVEL - largest &drm_dep_queue_init_args.nest_level */
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
	const struct drm_dep_queue_ops *ops;
	struct drm_dep_teardown *teardown;
	const char *driver_name;
	const char *name;
	u64 context;
	u64 armed_seqno;
	u64 run_seqno;
	struct list_head waiting;
	struct list_head in_flight;
	u32 credit_limit;
	u32 credits_used;
	u32 nest_level;
	u8 running;
	u8 draining;
	struct llist_head released_jobs;
	struct work_struct run_work;
	struct work_struct drain_work;
	struct work_struct release_work;
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
};

/**
 * struct drm_dep_job - a job
 *
 * Embed it; drm_dep_job_init() fills it in. All members are private.
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
	struct dma_fence_cb hw_cb;
	struct drm_dep_deps_node *deps_root;
	void *deps_chunks;
	u32 deps_count;
	u32 credits;
	u32 run;
	int error;
	u8 state;
	u8 holds;
	u8 cancelled;
	u8 registered;
};

/**
 * drm_dep_queue_init() - set up a queue
 * @queue: memory of the queue, zeroed or not, embedded in the driver's structure
 * @args: what the queue is
 *
 * On success the caller has one user reference. On failure nothing was kept, no op
 * is called, and the driver frees its memory itself. Until the driver is done with
 * probing, it holds a reference of its own module, as every caller that has an
 * open file or a bound device does.
 *
 * Context: Process context, may sleep and allocate.
 * Return: 0; -EINVAL if an argument is missing or out of range; -ENOMEM.
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
 * With the last one no new job can be made. Jobs that exist run on; when the last
 * of them is gone the queue is torn down by a work item. From the last put until
 * then the queue holds the module &drm_dep_queue_ops.owner, so that it can't be
 * unloaded under a running job; drm_dep_flush() waits for the end.
 *
 * Context: Any context but NMI. Never blocks.
 */
void drm_dep_queue_put(struct drm_dep_queue *queue);

/**
 * drm_dep_flush() - wait until all queues without users are gone
 * @drm: the device
 *
 * Returns when every queue of @drm whose last user reference was put before the
 * call has been released, and the references that it held of device and module
 * have been dropped. Queues that still have users are not waited for.
 *
 * For a driver that gives up its own queues while it is being unloaded or unbound.
 * Jobs of such queues are waited for, and so is what they depend on.
 *
 * Context: Process context, sleeps. Not from an op of the core, nor from the
 * release function of @drm.
 */
void drm_dep_flush(struct drm_device *drm);

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
 * &drm_dep_job_ops.release, from a work item. The last reference of a job that was
 * armed but not pushed makes it finish in its place with -ECANCELED.
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
 * own queue, as it runs jobs in order anyway. The cost of a fence grows with the
 * logarithm of their number. An error on @fence does not stop the job.
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
 * drm_dep_job_arm() - take the job's place in the order of its queue
 * @job: an initialised job that was not armed
 *
 * From here on nothing can fail. The finished fence can be published; the driver
 * annotates the section from there to drm_dep_job_push() as a signalling section
 * if it can. Several jobs may be armed before the first of them is pushed; a job
 * that is pushed early waits for those that were armed before it.
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
 * Context: Process context with interrupts enabled. Does not sleep, allocate or
 * call an op. Not from a fence callback.
 */
void drm_dep_job_push(struct drm_dep_job *job);

/**
 * drm_dep_job_run_number() - which run of the job this is
 * @job: the job, inside &drm_dep_queue_ops.run_job
 *
 * Context: Inside run_job.
 * Return: the number to give to drm_dep_job_done().
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
 * comes first completes the job, and the job stays until the fence has signalled.
 *
 * Context: Any context but NMI, hard interrupt included. No lock may be held that
 * a callback of the finished fence, or of one before it, takes.
 * Return: true if this was the completion; false if the job was completed before,
 * was not handed over, or was run again meanwhile.
 */
bool drm_dep_job_done(struct drm_dep_job *job, u32 run, int error);

#endif /* _DRM_DEP_H_ */
