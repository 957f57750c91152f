// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The smallest complete driver on drm_dep. docs/writing-a-driver.md goes through it step
 * by step; to begin a driver of your own, copy it.
 *
 * Each open file of the device has a queue. The one ioctl runs a job that takes some time,
 * waits for a sync object before it, and signals another one after it. The hardware is
 * pretended: for each queue it has a ring, from which it executes one job at a time, and
 * it raises an interrupt at the end of each.
 */
#include <linux/dma-fence.h>
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <drm/drm_dep.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>
#include <drm/drm_syncobj.h>

#define MINIMAL_RING_JOBS 4
#define MINIMAL_TIMEOUT_MS 500

/* The user interface; in a real driver it is a header in include/uapi/drm. */
struct drm_minimal_submit {
	__u32 duration_us; /* how long the job takes; 0: for ever, it hangs */
	__u32 wait; /* handle of a sync object that it waits for, or 0 */
	__u32 signal; /* handle of a sync object that it signals, or 0 */
	__u32 pad; /* 0 */
};

#define DRM_IOCTL_MINIMAL_SUBMIT DRM_IOW(DRM_COMMAND_BASE, struct drm_minimal_submit)

struct minimal_device {
	struct drm_device drm;
	struct mutex lock;
	struct list_head queues; /* of the device, guarded by @lock */
};

struct minimal_queue {
	struct drm_dep_queue base;
	struct minimal_device *mdev;
	struct list_head link; /* in minimal_device.queues */
	struct mutex submit_lock; /* from arm to push */

	/* the hardware's side of it */
	spinlock_t ring_lock;
	struct list_head ring; /* of jobs; the first is being executed */
	struct hrtimer irq;
};

struct minimal_job {
	struct drm_dep_job base;
	struct minimal_queue *queue;
	struct list_head link; /* in minimal_queue.ring, which holds a reference */
	u32 duration_us;
	u32 run;
};

static struct minimal_queue *to_queue(struct drm_dep_queue *base)
{
	return container_of(base, struct minimal_queue, base);
}

static struct minimal_job *to_job(struct drm_dep_job *base)
{
	return container_of(base, struct minimal_job, base);
}

/*
 * The pretended hardware. A real one has registers and memory instead of these functions;
 * what takes a job off a ring stays.
 */

static void hw_begin(struct minimal_queue *queue)
{
	struct minimal_job *job = list_first_entry_or_null(&queue->ring, struct minimal_job, link);

	if (job && job->duration_us)
		hrtimer_start(&queue->irq, ns_to_ktime(job->duration_us * 1000ull),
			      HRTIMER_MODE_REL);
}

static void hw_submit(struct minimal_queue *queue, struct minimal_job *job)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->ring_lock, flags);
	list_add_tail(&job->link, &queue->ring);
	if (list_is_first(&job->link, &queue->ring))
		hw_begin(queue);
	spin_unlock_irqrestore(&queue->ring_lock, flags);
}

/* The interrupt handler: the first job on the ring has ended. */
static enum hrtimer_restart minimal_irq(struct hrtimer *timer)
{
	struct minimal_queue *queue = container_of(timer, struct minimal_queue, irq);
	struct minimal_job *job;
	unsigned long flags;

	spin_lock_irqsave(&queue->ring_lock, flags);
	job = list_first_entry_or_null(&queue->ring, struct minimal_job, link);
	if (job) {
		list_del(&job->link);
		hw_begin(queue);
	}
	spin_unlock_irqrestore(&queue->ring_lock, flags);

	/* The lock is free: what a fence calls when it signals is not ours to know. */
	if (job) {
		drm_dep_job_done(&job->base, job->run, 0);
		drm_dep_job_put(&job->base);
	}
	return HRTIMER_NORESTART;
}

/* Stops the hardware and empties the ring. With an error, the jobs on it end with that. */
static void hw_reset(struct minimal_queue *queue, int error)
{
	struct minimal_job *job, *next;
	LIST_HEAD(lost);

	spin_lock_irq(&queue->ring_lock);
	list_splice_init(&queue->ring, &lost);
	spin_unlock_irq(&queue->ring_lock);
	hrtimer_cancel(&queue->irq);

	list_for_each_entry_safe(job, next, &lost, link) {
		if (error)
			drm_dep_job_done(&job->base, job->run, error);
		drm_dep_job_put(&job->base);
	}
}

/* Jobs. */

static void minimal_job_release(struct drm_dep_job *base)
{
	kfree(to_job(base));
}

static const struct drm_dep_job_ops minimal_job_ops = {
	.release = minimal_job_release,
};

static struct dma_fence *minimal_run_job(struct drm_dep_job *base)
{
	struct minimal_job *job = to_job(base);

	job->run = drm_dep_job_run_number(base);
	drm_dep_job_get(base); /* for the ring; the interrupt handler or hw_reset() puts it */
	hw_submit(job->queue, job);
	return NULL; /* there is no hardware fence: minimal_irq() calls drm_dep_job_done() */
}

static int minimal_timedout_job(struct drm_dep_job *guilty)
{
	struct minimal_queue *queue = to_job(guilty)->queue;
	struct drm_dep_job *job;

	drm_dep_queue_stop(&queue->base);
	hw_reset(queue, 0);
	drm_dep_queue_for_each_in_flight(job, &queue->base) {
		if (job == guilty)
			drm_dep_job_done(job, to_job(job)->run, -ETIME);
		else if (!drm_dep_job_resubmit(job))
			/* The queue was killed meanwhile, and the job is on no ring. */
			drm_dep_job_done(job, to_job(job)->run, -ECANCELED);
	}
	drm_dep_queue_start(&queue->base);
	return DRM_DEP_TIMEOUT_HANDLED;
}

/* Queues, one per open file. */

static int minimal_queue_fini(struct drm_dep_queue *base)
{
	struct minimal_queue *queue = to_queue(base);

	mutex_lock(&queue->mdev->lock);
	list_del(&queue->link);
	mutex_unlock(&queue->mdev->lock);
	hrtimer_cancel(&queue->irq); /* the last interrupt may not have returned */
	return 0;
}

static void minimal_queue_release(struct drm_dep_queue *base)
{
	struct minimal_queue *queue = to_queue(base);

	mutex_destroy(&queue->submit_lock);
	kfree(queue);
}

static const struct drm_dep_queue_ops minimal_queue_ops = {
	.owner = THIS_MODULE,
	.run_job = minimal_run_job,
	.timedout_job = minimal_timedout_job,
	.fini = minimal_queue_fini,
	.release = minimal_queue_release,
};

static int minimal_open(struct drm_device *drm, struct drm_file *file)
{
	struct minimal_device *mdev = container_of(drm, struct minimal_device, drm);
	const struct drm_dep_queue_init_args args = {
		.ops = &minimal_queue_ops,
		.drm = drm,
		.driver_name = "drm_dep_minimal",
		.name = "ring",
		.credit_limit = MINIMAL_RING_JOBS,
		.timeout_ms = MINIMAL_TIMEOUT_MS,
	};
	struct minimal_queue *queue;
	int ret;

	queue = kzalloc_obj(*queue, GFP_KERNEL);
	if (!queue)
		return -ENOMEM;
	queue->mdev = mdev;
	mutex_init(&queue->submit_lock);
	spin_lock_init(&queue->ring_lock);
	INIT_LIST_HEAD(&queue->ring);
	hrtimer_setup(&queue->irq, minimal_irq, CLOCK_MONOTONIC, HRTIMER_MODE_REL);

	ret = drm_dep_queue_init(&queue->base, &args);
	if (ret) {
		kfree(queue);
		return ret;
	}
	mutex_lock(&mdev->lock);
	list_add_tail(&queue->link, &mdev->queues);
	mutex_unlock(&mdev->lock);
	file->driver_priv = queue;
	return 0;
}

static void minimal_postclose(struct drm_device *drm, struct drm_file *file)
{
	struct minimal_queue *queue = file->driver_priv;

	/* What was submitted runs on. To cancel it, drm_dep_queue_kill() goes here. */
	drm_dep_queue_put(&queue->base);
}

/* Submission. */

static int minimal_submit(struct minimal_queue *queue, struct drm_file *file,
			  const struct drm_minimal_submit *args, struct drm_syncobj *signal)
{
	const struct drm_dep_job_init_args init = {
		.queue = &queue->base,
		.ops = &minimal_job_ops,
		.credits = 1,
		.client_id = file->client_id,
	};
	struct minimal_job *job;
	bool cookie;
	int ret;

	job = kzalloc_obj(*job, GFP_KERNEL);
	if (!job)
		return -ENOMEM;
	job->queue = queue;
	job->duration_us = args->duration_us;
	ret = drm_dep_job_init(&job->base, &init);
	if (ret) {
		kfree(job);
		return ret;
	}
	/* From here on minimal_job_release() frees the job, when the last reference is put. */

	if (args->wait)
		ret = drm_dep_job_add_syncobj_dependency(&job->base, file, args->wait, 0);
	if (!ret) {
		/* Nothing can fail from here on, and so the fence may be shown to others. */
		mutex_lock(&queue->submit_lock);
		drm_dep_job_arm(&job->base);
		cookie = dma_fence_begin_signalling();
		if (signal)
			drm_syncobj_replace_fence(signal, drm_dep_job_finished_fence(&job->base));
		drm_dep_job_push(&job->base);
		dma_fence_end_signalling(cookie);
		mutex_unlock(&queue->submit_lock);
	}
	drm_dep_job_put(&job->base);
	return ret;
}

static int minimal_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_minimal_submit *args = data;
	struct drm_syncobj *signal = NULL;
	int ret, idx;

	if (args->pad)
		return -EINVAL;
	if (args->signal) {
		signal = drm_syncobj_find(file, args->signal);
		if (!signal)
			return -ENOENT;
	}
	/* Once minimal_remove() has begun, no job is made any more. */
	ret = -ENODEV;
	if (drm_dev_enter(drm, &idx)) {
		ret = minimal_submit(file->driver_priv, file, args, signal);
		drm_dev_exit(idx);
	}
	if (signal)
		drm_syncobj_put(signal);
	return ret;
}

/* The device. */

static const struct drm_ioctl_desc minimal_ioctls[] = {
	DRM_IOCTL_DEF_DRV(MINIMAL_SUBMIT, minimal_submit_ioctl, DRM_RENDER_ALLOW),
};

DEFINE_DRM_GEM_FOPS(minimal_fops);

static const struct drm_driver minimal_drm_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ,
	.name = "drm_dep_minimal",
	.desc = "The smallest driver on drm_dep",
	.major = 1,
	.fops = &minimal_fops,
	.open = minimal_open,
	.postclose = minimal_postclose,
	.ioctls = minimal_ioctls,
	.num_ioctls = ARRAY_SIZE(minimal_ioctls),
};

static int minimal_probe(struct platform_device *pdev)
{
	struct minimal_device *mdev;
	int ret;

	mdev = devm_drm_dev_alloc(&pdev->dev, &minimal_drm_driver, struct minimal_device, drm);
	if (IS_ERR(mdev))
		return PTR_ERR(mdev);
	ret = drmm_mutex_init(&mdev->drm, &mdev->lock);
	if (ret)
		return ret;
	INIT_LIST_HEAD(&mdev->queues);
	platform_set_drvdata(pdev, mdev);
	return drm_dev_register(&mdev->drm, 0);
}

static void minimal_remove(struct platform_device *pdev)
{
	struct minimal_device *mdev = platform_get_drvdata(pdev);
	struct minimal_queue *queue;

	drm_dev_unplug(&mdev->drm); /* no new file, no new job */
	drm_dep_quiesce(&mdev->drm); /* no run_job, no timedout_job */

	/* The hardware is gone: nobody else completes what it had. */
	mutex_lock(&mdev->lock);
	list_for_each_entry(queue, &mdev->queues, link)
		hw_reset(queue, -ENODEV);
	mutex_unlock(&mdev->lock);
}

static struct platform_driver minimal_driver = {
	.probe = minimal_probe,
	.remove = minimal_remove,
	.driver = { .name = "drm_dep_minimal" },
};

/* A driver of real hardware has just module_platform_driver(minimal_driver) here. */
static struct platform_device *minimal_pdev;

static int __init minimal_init(void)
{
	minimal_pdev = platform_device_register_simple("drm_dep_minimal", PLATFORM_DEVID_NONE,
						       NULL, 0);
	if (IS_ERR(minimal_pdev))
		return PTR_ERR(minimal_pdev);

	int ret = platform_driver_register(&minimal_driver);

	if (ret)
		platform_device_unregister(minimal_pdev);
	return ret;
}

static void __exit minimal_exit(void)
{
	platform_driver_unregister(&minimal_driver);
	platform_device_unregister(minimal_pdev);
}

module_init(minimal_init);
module_exit(minimal_exit);

MODULE_DESCRIPTION("The smallest complete driver on drm_dep");
MODULE_LICENSE("Dual MIT/GPL");
