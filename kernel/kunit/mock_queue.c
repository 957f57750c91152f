// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "mock_internal.h"

struct mock_queue *mock_queue_alloc(struct mock_device *dev,
				    const struct mock_queue_options *options,
				    struct drm_dep_queue_init_args *args)
{
	struct mock_queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL);

	if (!queue)
		return NULL;
	/* The core must not expect anything of the memory. */
	memset(&queue->base, 0xa5, sizeof(queue->base));
	queue->dev = dev;
	spin_lock_irq(&dev->lock);
	queue->id = dev->next_queue++;
	spin_unlock_irq(&dev->lock);
	snprintf(queue->name, sizeof(queue->name), "mock-%u", queue->id);
	queue->flags = options->flags;
	if (dev->mode.bypass)
		queue->flags |= DRM_DEP_QUEUE_BYPASS;
	if (dev->mode.irq_put)
		queue->flags |= DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE;
	queue->credit_limit = options->credits ?: 1;
	queue->has_timeout = options->timeout_ms;
	queue->timeout_floor_ms = options->timeout_ms ?: U32_MAX;
	atomic_set(&queue->stops, !!(queue->flags & DRM_DEP_QUEUE_STOPPED));
	mock_queue_ops_init(&queue->ops, options);
	INIT_LIST_HEAD(&queue->owned);
	INIT_LIST_HEAD(&queue->fini_link);
	*args = (struct drm_dep_queue_init_args) {
		.ops = &queue->ops,
		.drm = &dev->drm,
		.driver_name = "drm_dep_mock",
		.name = queue->name,
		.workqueue = options->workqueue,
		.timeout_workqueue = options->timeout_workqueue,
		.credit_limit = queue->credit_limit,
		.timeout_ms = options->timeout_ms,
		.nest_level = options->nest_level,
		.flags = queue->flags,
	};
	return queue;
}

struct mock_queue *mock_queue_new(struct mock_device *dev,
				  const struct mock_queue_options *options)
{
	struct drm_dep_queue_init_args args;
	struct mock_queue *queue = mock_queue_alloc(dev, options, &args);
	int ret;

	if (!queue) {
		mock_violation(dev, "no memory for a queue");
		return NULL;
	}
	ret = drm_dep_queue_init(&queue->base, &args);
	if (ret) {
		mock_violation(dev, "drm_dep_queue_init: %d", ret);
		kfree(queue);
		return NULL;
	}
	atomic_inc(&dev->queues);
	spin_lock_irq(&dev->lock);
	list_add_tail(&queue->owned, &dev->owned_queues);
	spin_unlock_irq(&dev->lock);
	return queue;
}

struct mock_queue *mock_queue_create_with(struct kunit *test,
					  const struct mock_queue_options *options)
{
	struct mock_queue *queue = mock_queue_new(test->priv, options);

	KUNIT_ASSERT_NOT_NULL(test, queue);
	return queue;
}

struct mock_queue *mock_queue_create(struct kunit *test, u32 credits)
{
	return mock_queue_create_with(test, &(struct mock_queue_options) { .credits = credits });
}

void mock_queue_put(struct mock_queue *queue)
{
	struct mock_device *dev = queue->dev;
	unsigned long flags;
	bool mine;

	spin_lock_irqsave(&dev->lock, flags);
	mine = !list_empty(&queue->owned);
	list_del_init(&queue->owned);
	spin_unlock_irqrestore(&dev->lock, flags);
	if (!mine) {
		mock_violation(dev, "a test puts its queue twice");
		return;
	}
	/* If it was the last user. If not, then this is not checked until the next stop. */
	if (atomic_read(&queue->stops))
		WRITE_ONCE(queue->stop_is_void, true);
	drm_dep_queue_put(&queue->base);
}

void mock_queue_stop(struct mock_queue *queue)
{
	drm_dep_queue_stop(&queue->base);
	if (atomic_read(&queue->inside) && !READ_ONCE(queue->resubmitter))
		mock_violation(queue->dev, "stop of queue %u returned during an op", queue->id);
	/* One that comes after the last user counts, other than those which it left behind. */
	if (READ_ONCE(queue->stop_is_void)) {
		atomic_set(&queue->stops, 0);
		WRITE_ONCE(queue->stop_is_void, false);
	}
	atomic_inc(&queue->stops);
}

void mock_queue_start(struct mock_queue *queue)
{
	atomic_dec_if_positive(&queue->stops);
	drm_dep_queue_start(&queue->base);
}

void mock_queue_settle(struct mock_queue *queue)
{
	mock_queue_stop(queue);
	mock_queue_start(queue);
}

void mock_queue_kill(struct mock_queue *queue)
{
	drm_dep_queue_kill(&queue->base);
	WRITE_ONCE(queue->kill_told, true);
}

void mock_queue_set_credit_limit(struct mock_queue *queue, u32 limit)
{
	u32 old = READ_ONCE(queue->credit_limit);

	if (limit > old)
		WRITE_ONCE(queue->credit_limit, limit);
	drm_dep_queue_set_credit_limit(&queue->base, limit);
	if (limit < old) {
		WRITE_ONCE(queue->old_credit_limit, max(queue->old_credit_limit, old));
		WRITE_ONCE(queue->credit_limit, limit);
	}
}

void mock_queue_set_timeout(struct mock_queue *queue, u32 timeout_ms)
{
	/* That an old and longer one is obeyed is more than can be asked for. */
	if (timeout_ms) {
		WRITE_ONCE(queue->has_timeout, true);
		WRITE_ONCE(queue->timeout_floor_ms, min(queue->timeout_floor_ms, timeout_ms));
	}
	drm_dep_queue_set_timeout(&queue->base, timeout_ms);
}

void mock_queue_trigger_timeout(struct mock_queue *queue)
{
	WRITE_ONCE(queue->triggered, true);
	drm_dep_queue_trigger_timeout(&queue->base);
}

void mock_queue_fini_done(struct mock_queue *queue)
{
	struct mock_device *dev = queue->dev;
	unsigned long flags;
	bool pending;

	spin_lock_irqsave(&dev->lock, flags);
	pending = queue->fini_open;
	queue->fini_open = false;
	list_del_init(&queue->fini_link);
	spin_unlock_irqrestore(&dev->lock, flags);
	if (pending)
		drm_dep_queue_fini_done(&queue->base);
	else
		mock_violation(dev, "a test says that a fini is done which is not pending");
}

static void mock_resubmit_begin(struct mock_queue *queue)
{
	if (!atomic_read(&queue->stops))
		mock_violation(queue->dev, "a test resubmits on a queue that it has not stopped");
	WRITE_ONCE(queue->resubmitter, current);
}

static void mock_resubmit_end(struct mock_queue *queue)
{
	/* Pairs with mock_hw_complete(). */
	smp_store_release(&queue->resubmitter, NULL);
}

u32 mock_queue_resubmit(struct mock_queue *queue)
{
	u32 n;

	mock_resubmit_begin(queue);
	queue->resubmit_next = 0;
	n = drm_dep_queue_resubmit(&queue->base);
	mock_resubmit_end(queue);
	return n;
}

bool mock_job_resubmit(struct mock_job *job)
{
	struct mock_queue *queue = job->queue;
	u32 runs = job->runs;
	bool ran;

	mock_resubmit_begin(queue);
	/* In which order a test does it is its own affair. */
	queue->resubmit_next = 0;
	ran = drm_dep_job_resubmit(&job->base);
	/* The caller has an open iterator, so the job is still there. */
	if (job->runs != runs + ran)
		mock_violation(queue->dev, "resubmit of job %u said %d, and run_job was called %u times",
			       job->id, ran, job->runs - runs);
	mock_resubmit_end(queue);
	return ran;
}

/* Messages */

void mock_message_init(struct mock_message *message, struct mock_queue *queue, u32 id)
{
	memset(message, 0, sizeof(*message));
	memset(&message->base, 0xa5, sizeof(message->base));
	drm_dep_message_init(&message->base);
	message->queue = queue;
	message->id = id;
	INIT_LIST_HEAD(&message->own);
}

struct mock_message *mock_message_create(struct kunit *test, struct mock_queue *queue, u32 id)
{
	struct mock_message *message = kzalloc(sizeof(*message), GFP_KERNEL);
	struct mock_device *dev = queue->dev;

	KUNIT_ASSERT_NOT_NULL(test, message);
	mock_message_init(message, queue, id);
	spin_lock_irq(&dev->lock);
	list_add_tail(&message->own, &dev->own_messages);
	spin_unlock_irq(&dev->lock);
	return message;
}

static bool mock_message_sent(struct mock_queue *queue, struct mock_message *message, bool first)
{
	bool sent;

	/*
	 * Processed at once, it may drop the last reference of the queue, whose memory is there for
	 * a grace period more; the message's may not be.
	 */
	guard(rcu)();
	if (first)
		sent = drm_dep_queue_send_message_first(&queue->base, &message->base);
	else
		sent = drm_dep_queue_send_message(&queue->base, &message->base);
	if (sent)
		atomic_inc(&queue->sent);
	return sent;
}

bool mock_message_send(struct mock_message *message)
{
	return mock_message_sent(message->queue, message, false);
}

bool mock_message_send_first(struct mock_message *message)
{
	return mock_message_sent(message->queue, message, true);
}
