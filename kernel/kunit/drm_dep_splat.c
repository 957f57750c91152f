// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Mistakes of a driver that the kernel's checkers have to report, because drm_dep tells
 * them what they need to know. One mistake per load of this module and per boot: after its
 * first report lockdep is off.
 *
 *	insmod drm_dep_splat.ko mistake=alloc_in_run_job
 *
 * Each mistake is harmless here: nothing else waits for memory or holds the lock. It
 * announces the report that has to come, for whoever looks through the log.
 */
#include <linux/completion.h>
#include <linux/device/faux.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <drm/drm_dep.h>
#include <drm/drm_drv.h>

static char *mistake = "";
module_param(mistake, charp, 0444);
MODULE_PARM_DESC(mistake, "Which one to make; none: list them");

#define CIRCLE "possible circular locking dependency detected"
#define SLEEP "sleeping function called from invalid context"

struct splat_device {
	struct drm_device drm;
	struct drm_dep_queue queue;
	struct drm_dep_message message;
	/* Set where the mistake is to be made; taken by ops where that is the mistake. */
	void (*in_run_job)(void);
	void (*in_timedout_job)(void);
	void (*in_message)(void);
	void (*in_release)(void);
	struct completion done;
	struct completion queue_released;
};

struct splat_job {
	struct drm_dep_job base;
	struct splat_device *splat;
	/* timedout_job completes it, not run_job. */
	bool hangs;
	u32 run;
};

static DEFINE_MUTEX(taken_by_op);
static DEFINE_SPINLOCK(held_around_push);

static const struct drm_driver splat_driver = {
	.name = "drm_dep_splat",
	.fops = NULL,
	.driver_features = 0,
};

static void allocate(void)
{
	kfree(kmalloc(64, GFP_KERNEL));
}

static void take_mutex(void)
{
	mutex_lock(&taken_by_op);
	mutex_unlock(&taken_by_op);
}

/* The ops do nothing but what they are told, and complete the job at once. */

static struct splat_device *to_splat(struct drm_dep_queue *queue)
{
	return container_of(queue, struct splat_device, queue);
}

static struct dma_fence *splat_run_job(struct drm_dep_job *base)
{
	struct splat_job *job = container_of(base, struct splat_job, base);

	if (job->splat->in_run_job)
		job->splat->in_run_job();
	job->run = drm_dep_job_run_number(base);
	if (!job->hangs)
		drm_dep_job_done(base, job->run, 0);
	return NULL;
}

static int splat_timedout_job(struct drm_dep_job *base)
{
	struct splat_job *job = container_of(base, struct splat_job, base);

	if (job->splat->in_timedout_job)
		job->splat->in_timedout_job();
	drm_dep_job_done(base, job->run, -ETIME);
	return DRM_DEP_TIMEOUT_HANDLED;
}

static void splat_process_message(struct drm_dep_queue *queue, struct drm_dep_message *message)
{
	struct splat_device *splat = to_splat(queue);

	if (splat->in_message)
		splat->in_message();
	complete(&splat->done);
}

static void splat_queue_release(struct drm_dep_queue *queue)
{
	complete(&to_splat(queue)->queue_released);
}

static void splat_job_release(struct drm_dep_job *base)
{
	struct splat_job *job = container_of(base, struct splat_job, base);
	struct splat_device *splat = job->splat;

	if (splat->in_release)
		splat->in_release();
	kfree(job);
	complete(&splat->done);
}

static const struct drm_dep_queue_ops splat_queue_ops = {
	.owner = THIS_MODULE,
	.run_job = splat_run_job,
	.timedout_job = splat_timedout_job,
	.process_message = splat_process_message,
	.release = splat_queue_release,
};

static const struct drm_dep_job_ops splat_job_ops = {
	.release = splat_job_release,
};

/* What the mistakes are made of. */

static int make_queue(struct splat_device *splat, u32 flags)
{
	struct drm_dep_queue_init_args args = {
		.ops = &splat_queue_ops,
		.drm = &splat->drm,
		.driver_name = "drm_dep_splat",
		.name = "splat",
		.credit_limit = 1,
		.flags = flags,
	};

	drm_dep_message_init(&splat->message);
	return drm_dep_queue_init(&splat->queue, &args);
}

static struct splat_job *make_job(struct splat_device *splat)
{
	struct splat_job *job = kzalloc(sizeof(*job), GFP_KERNEL);
	struct drm_dep_job_init_args args = {
		.queue = &splat->queue,
		.ops = &splat_job_ops,
		.credits = 1,
	};

	if (!job)
		return NULL;
	job->splat = splat;
	if (drm_dep_job_init(&job->base, &args)) {
		kfree(job);
		return NULL;
	}
	drm_dep_job_arm(&job->base);
	return job;
}

/* Waits for what has to come; every mistake ends with it. */
static int wait_for(struct completion *completion)
{
	return wait_for_completion_timeout(completion, 20 * HZ) ? 0 : -ETIME;
}

static int put_queue(struct splat_device *splat)
{
	drm_dep_queue_put(&splat->queue);
	return wait_for(&splat->queue_released);
}

/*
 * One job, from its push to its release; then, with the queue still there, whatever is to be
 * done. If it hangs, timedout_job completes it.
 */
static int run_job_then(struct splat_device *splat, u32 flags, bool hangs,
			int (*then)(struct splat_device *splat))
{
	int ret = make_queue(splat, flags);
	struct splat_job *job;

	if (ret)
		return ret;
	if (hangs)
		drm_dep_queue_set_timeout(&splat->queue, 10);
	job = make_job(splat);
	if (job) {
		job->hangs = hangs;
		drm_dep_job_push(&job->base);
		drm_dep_job_put(&job->base);
		ret = wait_for(&splat->done);
	} else {
		ret = -ENOMEM;
	}
	if (!ret && then)
		ret = then(splat);
	return put_queue(splat) ?: ret;
}

static int run_one_job(struct splat_device *splat, u32 flags)
{
	return run_job_then(splat, flags, false, NULL);
}

/* The mistakes. */

static void allocating_work(struct work_struct *work)
{
	allocate();
}

static int alloc_in_work(struct splat_device *splat)
{
	struct drm_dep_workqueue *wq = drm_dep_alloc_workqueue("drm_dep_splat", 0);
	struct drm_dep_queue_init_args args = {
		.ops = &splat_queue_ops,
		.drm = &splat->drm,
		.driver_name = "drm_dep_splat",
		.name = "splat",
		.workqueue = wq,
		.credit_limit = 1,
	};
	struct work_struct work;
	int ret;

	if (!wq)
		return -ENOMEM;
	ret = drm_dep_queue_init(&splat->queue, &args);
	if (!ret) {
		INIT_WORK_ONSTACK(&work, allocating_work);
		queue_work(drm_dep_queue_workqueue(&splat->queue), &work);
		flush_work(&work);
		destroy_work_on_stack(&work);
		ret = put_queue(splat);
	}
	drm_dep_destroy_workqueue(wq);
	return ret;
}

static int alloc_in_run_job(struct splat_device *splat)
{
	splat->in_run_job = allocate;
	return run_one_job(splat, 0);
}

static int alloc_in_bypass(struct splat_device *splat)
{
	splat->in_run_job = allocate;
	return run_one_job(splat, DRM_DEP_QUEUE_BYPASS);
}

static int lock_of_alloc_in_run_job(struct splat_device *splat)
{
	mutex_lock(&taken_by_op);
	allocate();
	mutex_unlock(&taken_by_op);
	splat->in_run_job = take_mutex;
	return run_one_job(splat, 0);
}

static int alloc_in_message(struct splat_device *splat)
{
	int ret = make_queue(splat, 0);

	if (ret)
		return ret;
	splat->in_message = allocate;
	drm_dep_queue_send_message(&splat->queue, &splat->message);
	ret = wait_for(&splat->done);
	return put_queue(splat) ?: ret;
}

static int alloc_in_timedout_job(struct splat_device *splat)
{
	splat->in_timedout_job = allocate;
	return run_job_then(splat, 0, true, NULL);
}

static int push_under_spinlock(struct splat_device *splat)
{
	int ret = make_queue(splat, DRM_DEP_QUEUE_BYPASS | DRM_DEP_QUEUE_STOPPED);
	struct splat_job *job;

	if (ret)
		return ret;
	job = make_job(splat);
	if (job) {
		/* Although it does not run here: the queue is stopped. */
		spin_lock(&held_around_push);
		drm_dep_job_push(&job->base);
		spin_unlock(&held_around_push);
		drm_dep_job_put(&job->base);
		drm_dep_queue_start(&splat->queue);
		ret = wait_for(&splat->done);
	}
	return put_queue(splat) ?: ret;
}

static int sleep_in_atomic_run_job(struct splat_device *splat)
{
	splat->in_run_job = take_mutex;
	return run_one_job(splat, DRM_DEP_QUEUE_RUN_ATOMIC);
}

static int sleep_in_irq_safe_release(struct splat_device *splat)
{
	splat->in_release = take_mutex;
	return run_one_job(splat, DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE);
}

/* No job is left that could take the lock: only lockdep knows. */

static int stop_with_lock(struct splat_device *splat)
{
	mutex_lock(&taken_by_op);
	drm_dep_queue_stop(&splat->queue);
	mutex_unlock(&taken_by_op);
	drm_dep_queue_start(&splat->queue);
	return 0;
}

static int stop_with_lock_of_run_job(struct splat_device *splat)
{
	splat->in_run_job = take_mutex;
	return run_job_then(splat, 0, false, stop_with_lock);
}

static int wait_idle_with_lock(struct splat_device *splat)
{
	int ret;

	mutex_lock(&taken_by_op);
	ret = drm_dep_queue_wait_idle(&splat->queue, 10000);
	mutex_unlock(&taken_by_op);
	return ret;
}

static int wait_idle_with_lock_of_release(struct splat_device *splat)
{
	splat->in_release = take_mutex;
	return run_job_then(splat, 0, false, wait_idle_with_lock);
}

static int flush_with_lock_of_release(struct splat_device *splat)
{
	int ret;

	splat->in_release = take_mutex;
	ret = run_one_job(splat, 0);
	mutex_lock(&taken_by_op);
	drm_dep_flush(&splat->drm);
	mutex_unlock(&taken_by_op);
	return ret;
}

static int quiesce_with_lock(struct splat_device *splat)
{
	mutex_lock(&taken_by_op);
	drm_dep_quiesce(&splat->drm);
	mutex_unlock(&taken_by_op);
	return 0;
}

static int quiesce_with_lock_of_timedout_job(struct splat_device *splat)
{
	splat->in_timedout_job = take_mutex;
	return run_job_then(splat, 0, true, quiesce_with_lock);
}

static const struct splat {
	const char *name;
	int (*make)(struct splat_device *splat);
	/* The report, as a regular expression. */
	const char *report;
} splats[] = {
	{ "alloc_in_work", alloc_in_work, CIRCLE },
	{ "alloc_in_run_job", alloc_in_run_job, CIRCLE },
	{ "alloc_in_bypass", alloc_in_bypass, CIRCLE },
	{ "alloc_in_message", alloc_in_message, CIRCLE },
	{ "alloc_in_timedout_job", alloc_in_timedout_job, CIRCLE },
	{ "lock_of_alloc_in_run_job", lock_of_alloc_in_run_job, CIRCLE },
	{ "push_under_spinlock", push_under_spinlock, SLEEP },
	{ "sleep_in_atomic_run_job", sleep_in_atomic_run_job, SLEEP },
	{ "sleep_in_irq_safe_release", sleep_in_irq_safe_release, SLEEP },
	{ "stop_with_lock_of_run_job", stop_with_lock_of_run_job, CIRCLE },
	{ "wait_idle_with_lock_of_release", wait_idle_with_lock_of_release, CIRCLE },
	{ "flush_with_lock_of_release", flush_with_lock_of_release, CIRCLE },
	{ "quiesce_with_lock_of_timedout_job", quiesce_with_lock_of_timedout_job, CIRCLE },
};

static int make_splat(const struct splat *splat)
{
	struct faux_device *faux = faux_device_create("drm_dep_splat", NULL, NULL);
	struct splat_device *device;
	int ret;

	if (!faux)
		return -ENODEV;
	device = devm_drm_dev_alloc(&faux->dev, &splat_driver, struct splat_device, drm);
	if (IS_ERR(device)) {
		faux_device_destroy(faux);
		return PTR_ERR(device);
	}
	init_completion(&device->done);
	init_completion(&device->queue_released);

	pr_info("drm_dep-expect: %s\n", splat->report);
	ret = splat->make(device);
	drm_dep_flush(&device->drm);
	faux_device_destroy(faux);
	return ret;
}

static int __init drm_dep_splat_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(splats); i++) {
		if (!*mistake)
			pr_info("drm_dep_splat: mistake=%s\n", splats[i].name);
		else if (!strcmp(splats[i].name, mistake))
			return make_splat(&splats[i]);
	}
	return *mistake ? -EINVAL : 0;
}

static void __exit drm_dep_splat_exit(void)
{
}

module_init(drm_dep_splat_init);
module_exit(drm_dep_splat_exit);

MODULE_DESCRIPTION("Mistakes with drm_dep that the kernel has to report");
MODULE_LICENSE("Dual MIT/GPL");
