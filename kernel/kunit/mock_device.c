// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/delay.h>
#include <linux/device/faux.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <drm/drm_drv.h>

#include "mock_internal.h"

/* Those with job_done come first. */
static const struct mock_mode mock_modes[] = {
	{ .bypass = false, .irq_put = false, .hw_fence = false },
	{ .bypass = true, .irq_put = false, .hw_fence = false },
	{ .bypass = false, .irq_put = true, .hw_fence = false },
	{ .bypass = true, .irq_put = true, .hw_fence = false },
	{ .bypass = false, .irq_put = false, .hw_fence = true },
	{ .bypass = true, .irq_put = false, .hw_fence = true },
	{ .bypass = false, .irq_put = true, .hw_fence = true },
	{ .bypass = true, .irq_put = true, .hw_fence = true },
};

#define N_FLAGS 4

static const void *mock_next_mode(const void *prev, char *desc, unsigned int n)
{
	const struct mock_mode *mode = prev ? (const struct mock_mode *)prev + 1 : mock_modes;

	if (mode == mock_modes + n)
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s%s", mode->bypass ? "bypass" : "worker",
		 mode->irq_put ? "+irq_put" : "");
	if (n > N_FLAGS)
		strlcat(desc, mode->hw_fence ? ", hw fence" : ", job_done",
			KUNIT_PARAM_DESC_SIZE);
	return mode;
}

const void *mock_mode_gen_params(struct kunit *test, const void *prev, char *desc)
{
	return mock_next_mode(prev, desc, ARRAY_SIZE(mock_modes));
}

const void *mock_pairs_gen_params(struct kunit *test, const void *prev, char *desc)
{
	const struct mock_mode *mode = prev;

	do {
		mode = mock_mode_gen_params(test, mode, desc);
	} while (mode && (mode->bypass ^ mode->irq_put ^ mode->hw_fence));
	return mode;
}

const void *mock_flags_gen_params(struct kunit *test, const void *prev, char *desc)
{
	return mock_next_mode(prev, desc, N_FLAGS);
}

static const struct drm_driver mock_driver = {
	.name = "drm_dep_mock",
	.desc = "device of the drm_dep tests",
	.major = 1,
};

static const char *mock_test_name(struct mock_device *dev)
{
	struct kunit *test = READ_ONCE(dev->test);

	return test ? test->name : "too late";
}

void mock_violation(struct mock_device *dev, const char *format, ...)
{
	struct va_format text;
	va_list args;

	va_start(args, format);
	text.fmt = format;
	text.va = &args;
	/* A rule that breaks for each of thousands of jobs is told often enough. */
	if (atomic_inc_return(&dev->violations) <= 10)
		pr_err("drm_dep_kunit: %s: %pV\n", mock_test_name(dev), &text);
	va_end(args);
}

void mock_log(struct mock_device *dev, enum mock_event_kind kind, u32 queue, u32 id)
{
	unsigned long flags;

	spin_lock_irqsave(&dev->lock, flags);
	if (dev->log_count < MOCK_LOG_SIZE) {
		dev->log[dev->log_count].kind = kind;
		dev->log[dev->log_count].queue = queue;
		dev->log[dev->log_count].id = id;
		dev->log_count++;
	}
	spin_unlock_irqrestore(&dev->lock, flags);
}

static bool mock_event_is(const struct mock_event *event, enum mock_event_kind kind, u32 queue,
			  u32 id)
{
	return event->kind == kind && event->queue == queue &&
	       (kind > MOCK_MESSAGE || event->id == id);
}

int mock_log_find(struct mock_device *dev, enum mock_event_kind kind, u32 queue, u32 id)
{
	int found = -1;
	u32 i;

	spin_lock_irq(&dev->lock);
	for (i = 0; i < dev->log_count && found < 0; i++)
		if (mock_event_is(&dev->log[i], kind, queue, id))
			found = i;
	spin_unlock_irq(&dev->lock);
	return found;
}

unsigned int mock_log_count(struct mock_device *dev, enum mock_event_kind kind, u32 queue, u32 id)
{
	unsigned int count = 0;
	u32 i;

	spin_lock_irq(&dev->lock);
	for (i = 0; i < dev->log_count; i++)
		count += mock_event_is(&dev->log[i], kind, queue, id);
	spin_unlock_irq(&dev->lock);
	return count;
}

void mock_device_show(struct mock_device *dev)
{
	pr_info("drm_dep_kunit: %s: %d queues, %d jobs exist; jobs: %d ran, %d ran again, %d finished, %d released; queues: %d fini, %d released; ops: %d prepare_job, %d timedout_job, %d process_message, %d killed, %d set_deadline\n",
		mock_test_name(dev), atomic_read(&dev->queues), atomic_read(&dev->jobs),
		atomic_read(&dev->ran), atomic_read(&dev->reran), atomic_read(&dev->finished),
		atomic_read(&dev->jobs_released), atomic_read(&dev->fini),
		atomic_read(&dev->queues_released), atomic_read(&dev->prepared),
		atomic_read(&dev->timedout), atomic_read(&dev->messages),
		atomic_read(&dev->killed), atomic_read(&dev->deadlines));
}

unsigned long mock_patience(struct mock_device *dev)
{
	struct kunit *test = READ_ONCE(dev->test);

	return test && READ_ONCE(test->status) == KUNIT_FAILURE ? HZ / 5 : MOCK_PATIENCE;
}

u32 mock_progress(struct mock_device *dev)
{
	return atomic_read(&dev->ran) + atomic_read(&dev->reran) + atomic_read(&dev->finished) +
	       atomic_read(&dev->jobs_released) + atomic_read(&dev->fini) +
	       atomic_read(&dev->queues_released) + atomic_read(&dev->prepared) +
	       atomic_read(&dev->timedout) + atomic_read(&dev->messages) +
	       atomic_read(&dev->killed) + atomic_read(&dev->deadlines);
}

void mock_settle(void)
{
	msleep(20);
}

/* Calls of the core that wait, and may do so for ever if something is wrong. */

struct mock_call {
	struct work_struct work;
	void (*function)(struct drm_device *drm);
	struct drm_device *drm;
	struct completion done;
};

static void mock_call_work(struct work_struct *work)
{
	struct mock_call *call = container_of(work, struct mock_call, work);

	call->function(call->drm);
	complete(&call->done);
}

static bool mock_call(struct mock_device *dev, void (*function)(struct drm_device *drm))
{
	struct mock_call *call = kzalloc(sizeof(*call), GFP_KERNEL);
	bool ended;
	u32 before;

	if (!call)
		return false;
	INIT_WORK(&call->work, mock_call_work);
	call->function = function;
	call->drm = &dev->drm;
	init_completion(&call->done);
	queue_work(system_dfl_wq, &call->work);
	do {
		before = mock_progress(dev);
		ended = wait_for_completion_timeout(&call->done, mock_patience(dev));
	} while (!ended && before != mock_progress(dev));
	if (!ended)
		return false;
	flush_work(&call->work);
	kfree(call);
	return true;
}

void mock_device_flush(struct kunit *test, struct mock_device *dev)
{
	if (mock_call(dev, drm_dep_flush))
		return;
	mock_device_show(dev);
	KUNIT_FAIL_AND_ABORT(test, "drm_dep_flush() does not return");
}

void mock_device_quiesce(struct kunit *test, struct mock_device *dev)
{
	if (mock_call(dev, drm_dep_quiesce)) {
		WRITE_ONCE(dev->quiesced, true);
		return;
	}
	mock_device_show(dev);
	KUNIT_FAIL_AND_ABORT(test, "drm_dep_quiesce() does not return");
}

/* Workqueues */

struct mock_workqueue {
	struct list_head link;
	struct drm_dep_workqueue *wq;
};

static struct drm_dep_workqueue *mock_workqueue_keep(struct kunit *test,
						     struct drm_dep_workqueue *wq)
{
	struct mock_workqueue *workqueue = kzalloc(sizeof(*workqueue), GFP_KERNEL);
	struct mock_device *dev = test->priv;

	if (!wq || !workqueue) {
		drm_dep_destroy_workqueue(wq);
		kfree(workqueue);
		KUNIT_FAIL_AND_ABORT(test, "no memory for a workqueue");
	}
	workqueue->wq = wq;
	list_add_tail(&workqueue->link, &dev->workqueues);
	return wq;
}

/* Two places, because each is a lockdep class. */

struct drm_dep_workqueue *mock_run_workqueue_create(struct kunit *test, bool ordered)
{
	return mock_workqueue_keep(test, drm_dep_alloc_workqueue("mock_run", ordered ?
								 DRM_DEP_WQ_ORDERED : 0));
}

struct drm_dep_workqueue *mock_timeout_workqueue_create(struct kunit *test, bool ordered)
{
	return mock_workqueue_keep(test, drm_dep_alloc_workqueue("mock_timeout", ordered ?
								 DRM_DEP_WQ_ORDERED : 0));
}

/* The device */

int mock_device_init(struct kunit *test)
{
	static atomic_t instances = ATOMIC_INIT(0);
	const struct mock_mode *mode = test->param_value;
	struct faux_device *faux;
	struct mock_device *dev;
	char name[32];

	snprintf(name, sizeof(name), "drm_dep_mock.%d", atomic_inc_return(&instances));
	faux = faux_device_create(name, NULL, NULL);
	if (!faux)
		return -ENODEV;
	dev = devm_drm_dev_alloc(&faux->dev, &mock_driver, struct mock_device, drm);
	if (IS_ERR(dev)) {
		faux_device_destroy(faux);
		return PTR_ERR(dev);
	}
	dev->faux = faux;
	dev->test = test;
	/* Some tests have other parameters. */
	if (mode >= mock_modes && mode < mock_modes + ARRAY_SIZE(mock_modes))
		dev->mode = *mode;
	dev->hold_dependencies = true;
	init_waitqueue_head(&dev->changed);
	spin_lock_init(&dev->lock);
	INIT_LIST_HEAD(&dev->hw_jobs);
	INIT_LIST_HEAD(&dev->lost_jobs);
	INIT_LIST_HEAD(&dev->owned_jobs);
	INIT_LIST_HEAD(&dev->owned_queues);
	INIT_LIST_HEAD(&dev->pending_finis);
	INIT_LIST_HEAD(&dev->own_messages);
	INIT_LIST_HEAD(&dev->workqueues);
	INIT_LIST_HEAD(&dev->fences);
	test->priv = dev;
	return 0;
}

/* Also does what the test left undone, and what would keep its queue for ever. */
static bool mock_device_is_idle(struct mock_device *dev)
{
	struct mock_queue *queue;

	spin_lock_irq(&dev->lock);
	list_for_each_entry(queue, &dev->pending_finis, fini_link)
		if (queue->fini_returned)
			break;
	if (list_entry_is_head(queue, &dev->pending_finis, fini_link)) {
		queue = NULL;
	} else {
		queue->fini_open = false;
		list_del_init(&queue->fini_link);
	}
	spin_unlock_irq(&dev->lock);
	if (queue)
		drm_dep_queue_fini_done(&queue->base);
	return !atomic_read(&dev->jobs) && !atomic_read(&dev->queues);
}

static void mock_device_free_own(struct mock_device *dev)
{
	struct mock_workqueue *workqueue, *next_workqueue;
	struct mock_message *message, *next_message;

	list_for_each_entry_safe(message, next_message, &dev->own_messages, own)
		kfree(message);
	INIT_LIST_HEAD(&dev->own_messages);
	list_for_each_entry_safe(workqueue, next_workqueue, &dev->workqueues, link) {
		drm_dep_destroy_workqueue(workqueue->wq);
		kfree(workqueue);
	}
	INIT_LIST_HEAD(&dev->workqueues);
}

void mock_device_exit(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue;
	struct mock_job *job;

	if (!dev)
		return;
	WRITE_ONCE(dev->shutdown, true);
	while ((job = list_first_entry_or_null(&dev->owned_jobs, struct mock_job, owned)))
		mock_job_put(job);
	list_for_each_entry(queue, &dev->owned_queues, owned)
		while (atomic_read(&queue->stops))
			mock_queue_start(queue);
	while ((queue = list_first_entry_or_null(&dev->owned_queues, struct mock_queue, owned)))
		mock_queue_put(queue);
	mock_fences_signal(dev);
	mock_device_advance(dev, UINT_MAX);
	mock_hw_fail_lost(dev);
	test->priv = NULL;
	if (!mock_soon(dev, mock_device_is_idle(dev))) {
		mock_device_show(dev);
		KUNIT_FAIL(test, "not all jobs and queues were released");
		WRITE_ONCE(dev->test, NULL);
		return;
	}
	if (!mock_call(dev, drm_dep_flush)) {
		KUNIT_FAIL(test, "drm_dep_flush() does not return");
		WRITE_ONCE(dev->test, NULL);
		return;
	}

	mock_device_free_own(dev);
	mock_fences_drop(dev, test->status == KUNIT_SUCCESS);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->violations), 0);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), 1);
	faux_device_destroy(dev->faux);
}

void mock_device_unplug(struct kunit *test, struct mock_device *dev)
{
	mock_device_free_own(dev);
	mock_fences_drop(dev, true);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->violations), 0);
	test->priv = NULL;
	faux_device_destroy(dev->faux);
}

MODULE_DESCRIPTION("KUnit tests of drm_dep");
MODULE_LICENSE("Dual MIT/GPL");
