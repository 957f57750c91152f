// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The fragments that docs/porting-from-drm-sched.md shows, each between a line with its name
 * and one with [end]. They are compiled with the modules for the test kernels, so that they
 * keep up with the interface; nobody calls them. tools/checks/porting holds both together.
 */
#include <linux/dma-fence.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include <drm/drm_dep.h>
#include <drm/drm_device.h>
#include <drm/drm_file.h>

struct my_device {
	struct drm_device drm;
	struct mutex lock;
	struct list_head queues;
	struct drm_dep_workqueue *run_wq;
	struct drm_dep_workqueue *timeout_wq;
	struct work_struct reset_work;
};

struct my_queue {
	struct drm_dep_queue base;
	struct my_device *mdev;
	struct list_head link;
	struct drm_dep_queue *held;
	struct work_struct counters_work;
	struct drm_dep_message suspend;
	struct mutex submit_lock;
	atomic_t pending;
	spinlock_t fence_lock;
	u64 fence_context;
	u64 fence_seqno;
};

struct my_job {
	struct drm_dep_job base;
	struct my_queue *queue;
	struct my_job *fragment;
	struct drm_gem_object *obj;
	struct dma_fence *hw_fence;
	u32 words;
	u32 run;
	u32 hangs;
};

#define RING_WORDS 1024
#define MAX_PENDING 4096
#define MAX_HANGS 2

static const struct drm_dep_queue_ops my_queue_ops;
static const struct drm_dep_job_ops my_job_ops;
static const struct dma_fence_ops my_fence_ops;

static struct my_queue *to_my_queue(struct drm_dep_queue *base)
{
	return container_of(base, struct my_queue, base);
}

static struct my_job *to_my_job(struct drm_dep_job *base)
{
	return container_of(base, struct my_job, base);
}

/* What the hardware does: nothing. */
static void my_hw_submit(struct my_job *job, u32 run) {}
static void my_hw_submit_pair(struct my_job *first, struct my_job *second) {}
static void my_hw_reset(struct my_device *mdev) {}
static void my_hw_suspend(struct my_queue *queue) {}
static void my_hw_read_counters(struct my_queue *queue) {}
static void my_hw_deregister(struct my_queue *queue) {}
static bool my_hw_makes_progress(struct my_queue *queue) { return true; }
static void my_update_page_tables(struct my_job *job) {}
static void my_put_buffers(struct my_job *job) {}
static struct dma_fence *my_ring_space(struct my_queue *queue, u32 words) { return NULL; }

/* [queue-init] */
static int my_queue_init(struct my_queue *queue, struct my_device *mdev, const char *name)
{
	const struct drm_dep_queue_init_args args = {
		.ops = &my_queue_ops,
		.drm = &mdev->drm,
		.driver_name = "my",
		.name = name,
		.credit_limit = RING_WORDS,
		.timeout_ms = 5000,
	};

	return drm_dep_queue_init(&queue->base, &args);
}
/* [end] */

/* [queue-end] */
static void my_queue_destroy(struct my_queue *queue)
{
	/* never blocks, and leaks nothing: jobs run on, release comes after them */
	drm_dep_queue_put(&queue->base);
}
/* [end] */

/* [queue-release] */
static void my_queue_release(struct drm_dep_queue *base)
{
	/* a grace period is over: nobody reads the names any more */
	kfree(to_my_queue(base));
}
/* [end] */

/* [queue-reference] */
static struct my_job *my_job_of_shared_queue(struct my_queue *queue)
{
	struct my_job *job = kzalloc_obj(*job, GFP_KERNEL);

	if (!job)
		return NULL;
	/* for as long as this file uses it; each job holds it besides, by itself */
	drm_dep_queue_get(&queue->base);
	job->queue = queue;
	return job;
}
/* [end] */

/* [kill] */
static void my_channel_kill(struct my_queue *queue)
{
	/* what has not run finishes with -ECANCELED, after its dependencies; doesn't wait */
	drm_dep_queue_kill(&queue->base);
}
/* [end] */

/* [close] */
static void my_vm_close(struct my_queue *queue)
{
	drm_dep_queue_kill(&queue->base);
	drm_dep_queue_put(&queue->base);
}
/* [end] */

/* [wait-idle] */
static int my_queue_flush(struct my_queue *queue)
{
	/* all that was pushed has finished, and is released if nobody else has it */
	return drm_dep_queue_wait_idle(&queue->base, 1000);
}
/* [end] */

/* [flush-and-destroy] */
static void my_queue_flush_and_destroy(struct my_queue *queue)
{
	if (drm_dep_queue_wait_idle(&queue->base, 1000))
		drm_dep_queue_kill(&queue->base);
	drm_dep_queue_put(&queue->base);
}
/* [end] */

/* [stop-start] */
static void my_firmware_call(struct my_queue *queue)
{
	drm_dep_queue_stop(&queue->base); /* waits for run_job; the clock stands still */
	my_hw_suspend(queue);
	drm_dep_queue_start(&queue->base); /* jobs in flight were and are in flight */
}
/* [end] */

/* [is-stopped] */
static bool my_queue_may_submit(struct my_queue *queue)
{
	return !drm_dep_queue_is_stopped(&queue->base);
}
/* [end] */

/* [start-stopped] */
static int my_queue_init_stopped(struct my_queue *queue, struct my_device *mdev)
{
	const struct drm_dep_queue_init_args args = {
		.ops = &my_queue_ops,
		.drm = &mdev->drm,
		.driver_name = "my",
		.name = "secondary",
		.credit_limit = RING_WORDS,
		.flags = DRM_DEP_QUEUE_STOPPED, /* one drm_dep_queue_start() sets it going */
	};

	return drm_dep_queue_init(&queue->base, &args);
}
/* [end] */

/* [is-killed] */
static int my_queue_check(struct my_queue *queue)
{
	return drm_dep_queue_is_killed(&queue->base) ? -EIO : 0;
}
/* [end] */

/* [reset] */
/* The queue is stopped, and the hardware has forgotten its jobs. */
static void my_run_again(struct my_queue *queue, struct drm_dep_job *guilty)
{
	struct drm_dep_job *job;

	drm_dep_queue_for_each_in_flight(job, &queue->base) {
		if (job == guilty)
			drm_dep_job_done(job, to_my_job(job)->run, -ETIME);
		else if (!drm_dep_job_resubmit(job)) /* completed meanwhile, or killed */
			drm_dep_job_done(job, to_my_job(job)->run, -ECANCELED);
	}
}

static int my_timedout_job(struct drm_dep_job *guilty)
{
	struct my_queue *queue = to_my_job(guilty)->queue;

	drm_dep_queue_stop(&queue->base);
	my_hw_reset(queue->mdev);
	my_run_again(queue, guilty);
	drm_dep_queue_start(&queue->base);
	return DRM_DEP_TIMEOUT_HANDLED;
}
/* [end] */

/* [reset-device] */
/* The fini op takes mdev->lock, too, to take its queue off the list. */
static void my_reset_device(struct my_device *mdev)
{
	struct my_queue *queue;

	mutex_lock(&mdev->lock);
	list_for_each_entry(queue, &mdev->queues, link) {
		/* NULL without users; with some, the last one could end the stop */
		queue->held = drm_dep_queue_get_unless_zero(&queue->base);
		drm_dep_queue_stop(&queue->base);
	}
	my_hw_reset(mdev);
	list_for_each_entry(queue, &mdev->queues, link) {
		my_run_again(queue, NULL);
		drm_dep_queue_start(&queue->base);
		drm_dep_queue_put(queue->held);
	}
	mutex_unlock(&mdev->lock);
}
/* [end] */

/* [reset-work] */
static void my_schedule_reset(struct my_queue *queue)
{
	/* on the ordered workqueue of the handlers: never together with one of them */
	queue_work(drm_dep_queue_timeout_workqueue(&queue->base), &queue->mdev->reset_work);
}
/* [end] */

/* [retry-count] */
static int my_timedout_job_with_retries(struct drm_dep_job *base)
{
	struct my_job *job = to_my_job(base);
	struct my_queue *queue = job->queue;

	drm_dep_queue_stop(&queue->base);
	my_hw_reset(queue->mdev);
	my_run_again(queue, ++job->hangs > MAX_HANGS ? base : NULL);
	drm_dep_queue_start(&queue->base);
	return DRM_DEP_TIMEOUT_HANDLED;
}
/* [end] */

/* [ban] */
static int my_timedout_job_that_bans(struct drm_dep_job *guilty)
{
	struct my_queue *queue = to_my_job(guilty)->queue;
	struct drm_dep_job *job;

	drm_dep_queue_kill(&queue->base);
	drm_dep_queue_stop(&queue->base);
	my_hw_deregister(queue);
	drm_dep_queue_for_each_in_flight(job, &queue->base)
		drm_dep_job_done(job, to_my_job(job)->run, job == guilty ? -ETIME : -ECANCELED);
	drm_dep_queue_start(&queue->base);
	return DRM_DEP_TIMEOUT_HANDLED; /* nothing else is needed for them to be released */
}
/* [end] */

/* [not-hung] */
static int my_timedout_job_that_looks(struct drm_dep_job *base)
{
	struct my_queue *queue = to_my_job(base)->queue;

	if (my_hw_makes_progress(queue))
		return DRM_DEP_TIMEOUT_NOT_HUNG;
	return my_timedout_job(base);
}
/* [end] */

/* [fault] */
static void my_fault_interrupt(struct my_queue *queue)
{
	/* in a hard interrupt: timedout_job is called once, soon, and the timeout stays */
	drm_dep_queue_trigger_timeout(&queue->base);
}
/* [end] */

/* [trigger-cleanup] */
static void my_trigger_cleanup(struct my_queue *queue)
{
	drm_dep_queue_kill(&queue->base); /* no job runs any more, the killed op is called */
	drm_dep_queue_trigger_timeout(&queue->base); /* if something is in flight: see to it */
}
/* [end] */

/* [pause-resume] */
static void my_context_leaves_slot(struct my_queue *queue)
{
	drm_dep_queue_pause_timeout(&queue->base);
}

static void my_context_enters_slot(struct my_queue *queue)
{
	drm_dep_queue_resume_timeout(&queue->base); /* from where it was paused */
}
/* [end] */

/* [set-timeout] */
static void my_set_timeout(struct my_queue *queue, u32 timeout_ms)
{
	drm_dep_queue_set_timeout(&queue->base, timeout_ms); /* also for the job that runs now */
}
/* [end] */

/* [iterate] */
static void my_complete_all(struct my_queue *queue, int error)
{
	struct drm_dep_job *job;

	drm_dep_queue_stop(&queue->base);
	drm_dep_queue_for_each_in_flight(job, &queue->base)
		drm_dep_job_done(job, to_my_job(job)->run, error);
	drm_dep_queue_start(&queue->base);
}
/* [end] */

/* [message] */
static void my_process_message(struct drm_dep_queue *base, struct drm_dep_message *message)
{
	my_hw_suspend(to_my_queue(base)); /* no run_job of this queue is in progress */
}

static void my_suspend(struct my_queue *queue)
{
	/* needs no memory; false: it is pending already */
	drm_dep_queue_send_message(&queue->base, &queue->suspend);
}
/* [end] */

/* [run-workqueue] */
static void my_read_counters(struct my_queue *queue)
{
	/* ordered with run_job if the queue was given a workqueue with DRM_DEP_WQ_ORDERED */
	queue_work(drm_dep_queue_workqueue(&queue->base), &queue->counters_work);
}
/* [end] */

/* [workqueue] */
static int my_device_init_workqueues(struct my_device *mdev)
{
	/* lockdep reports whatever allocates on it, as reclaim may wait for it */
	mdev->run_wq = drm_dep_alloc_workqueue("my-run", DRM_DEP_WQ_ORDERED);
	mdev->timeout_wq = drm_dep_alloc_workqueue("my-timeout", DRM_DEP_WQ_ORDERED);
	return mdev->run_wq && mdev->timeout_wq ? 0 : -ENOMEM;
}
/* [end] */

/* [shared-workqueue] */
static int my_queue_init_in_group(struct my_queue *queue, struct my_device *mdev)
{
	const struct drm_dep_queue_init_args args = {
		.ops = &my_queue_ops,
		.drm = &mdev->drm,
		.driver_name = "my",
		.name = "group",
		.workqueue = mdev->run_wq, /* one run_job at a time in the whole group */
		.timeout_workqueue = mdev->timeout_wq, /* one handler at a time */
		.credit_limit = RING_WORDS,
		.timeout_ms = 5000,
	};

	return drm_dep_queue_init(&queue->base, &args);
}
/* [end] */

/* [job-init] */
static int my_job_init(struct my_job *job, struct my_queue *queue, struct drm_file *file)
{
	const struct drm_dep_job_init_args args = {
		.queue = &queue->base,
		.ops = &my_job_ops,
		.credits = job->words,
		.client_id = file->client_id,
	};

	job->queue = queue;
	return drm_dep_job_init(&job->base, &args);
}
/* [end] */

/* [job-abort] */
static int my_job_prepare(struct my_job *job, struct dma_fence *fence)
{
	int ret = drm_dep_job_add_dependency(&job->base, fence);

	if (ret)
		drm_dep_job_put(&job->base); /* undoes all; release of the job frees it */
	return ret;
}
/* [end] */

/* [job-release] */
static void my_job_release(struct drm_dep_job *base)
{
	struct my_job *job = to_my_job(base);

	my_put_buffers(job); /* may sleep, allocate and take the locks of buffers */
	kfree(job);
}
/* [end] */

/* [job-reference] */
static void my_ring_add(struct my_job *job)
{
	drm_dep_job_get(&job->base); /* until the interrupt handler has taken it off */
	my_hw_submit(job, job->run);
}
/* [end] */

/* [submit] */
static void my_job_submit(struct my_job *job, struct dma_fence **out)
{
	mutex_lock(&job->queue->submit_lock);
	drm_dep_job_arm(&job->base);
	*out = dma_fence_get(drm_dep_job_finished_fence(&job->base));
	drm_dep_job_push(&job->base);
	mutex_unlock(&job->queue->submit_lock);
	drm_dep_job_put(&job->base); /* the queue has a reference of its own */
}
/* [end] */

/* [dependency] */
static int my_job_wait_for(struct my_job *job, struct my_job *other)
{
	struct dma_fence *fence = drm_dep_job_finished_fence(&other->base);

	/* takes the reference over, in success and in failure */
	return drm_dep_job_add_dependency(&job->base, dma_fence_get(fence));
}
/* [end] */

/* [syncobj] */
static int my_job_wait_for_point(struct my_job *job, struct drm_file *file, u32 handle, u64 point)
{
	return drm_dep_job_add_syncobj_dependency(&job->base, file, handle, point);
}
/* [end] */

/* [resv] */
static int my_job_wait_for_buffer(struct my_job *job, struct dma_resv *resv)
{
	/* with the reservation locked */
	return drm_dep_job_add_resv_dependencies(&job->base, resv, DMA_RESV_USAGE_KERNEL);
}
/* [end] */

/* [has-dependency] */
static bool my_job_waits_for(struct my_job *job, struct dma_fence *fence)
{
	return drm_dep_job_has_dependency(&job->base, fence);
}
/* [end] */

/* [is-finished] */
static bool my_job_is_over(struct my_job *job)
{
	/* completed or cancelled; at any time, stopped or not */
	return drm_dep_job_is_finished(&job->base);
}
/* [end] */

/* [finished-fence] */
static bool my_fence_is_of(struct dma_fence *fence, struct my_job *armed)
{
	/* there is nothing behind the pointer for a driver; queues are told by their context */
	return fence->context == drm_dep_job_finished_fence(&armed->base)->context;
}
/* [end] */

/* [hardware-fence] */
static struct dma_fence *my_run_job(struct drm_dep_job *base)
{
	struct my_job *job = to_my_job(base);
	struct my_queue *queue = job->queue;

	/* allocated with the job, but a fence only from the first run on */
	if (!job->run)
		dma_fence_init(job->hw_fence, &my_fence_ops, &queue->fence_lock,
			       queue->fence_context, ++queue->fence_seqno);
	job->run = drm_dep_job_run_number(base);
	my_hw_submit(job, job->run);
	return dma_fence_get(job->hw_fence);
}
/* [end] */

/* [paired-jobs] */
static struct dma_fence *my_run_geometry(struct drm_dep_job *base)
{
	struct my_job *job = to_my_job(base);

	/* both, in one command; both hardware fences are set up */
	my_hw_submit_pair(job, job->fragment);
	return dma_fence_get(job->hw_fence);
}

static struct dma_fence *my_run_fragment(struct drm_dep_job *base)
{
	return dma_fence_get(to_my_job(base)->hw_fence); /* it is on the hardware already */
}
/* [end] */

/* [ring-space] */
static struct dma_fence *my_prepare_job(struct drm_dep_job *base)
{
	struct my_job *job = to_my_job(base);

	/* NULL: there is room. Asked again after each fence that it returns. */
	return my_ring_space(job->queue, job->words);
}
/* [end] */

/* [bind-queue] */
static struct dma_fence *my_run_bind(struct drm_dep_job *base)
{
	my_update_page_tables(to_my_job(base));
	drm_dep_job_done(base, drm_dep_job_run_number(base), 0);
	return NULL; /* not "done" as in drm_sched, but "the driver says when" */
}
/* [end] */

/* [pending-limit] */
static int my_queue_charge(struct my_queue *queue)
{
	/* credits bound what is on the hardware; this what waits. Back in release of the job. */
	return atomic_add_unless(&queue->pending, 1, MAX_PENDING) ? 0 : -EAGAIN;
}
/* [end] */

/* [slow-fini] */
static int my_queue_fini(struct drm_dep_queue *base)
{
	my_hw_deregister(to_my_queue(base));
	return -EINPROGRESS; /* blocks nobody while the firmware thinks */
}

static void my_deregister_done_interrupt(struct my_queue *queue)
{
	drm_dep_queue_fini_done(&queue->base); /* release follows */
}
/* [end] */

MODULE_DESCRIPTION("Fragments of the porting guide; does nothing");
MODULE_LICENSE("Dual MIT/GPL");
