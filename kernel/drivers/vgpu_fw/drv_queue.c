// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/capability.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "drv.h"

/**
 * DOC: queues
 *
 * A queue of drm_dep for each context.
 *
 * A queue is always killed before its last user reference is put, by destroying it or by
 * closing the file. With no users a queue can't be stopped, so one that still ran jobs
 * could not take part in a reset of the device; a killed one need not.
 *
 * From when it can be found by a reset, until its release, a queue is on the device's
 * list. It is made stopped, and started when it is on the list, unless a reset is under
 * way, which does that at its end.
 */

static unsigned int credits;
module_param(credits, uint, 0644);
MODULE_PARM_DESC(credits, "ring words in flight of queues that do not say (default 0: the ring)");

/**
 * vgpu_queue_killed() - &drm_dep_queue_ops.killed
 * @base: the queue
 *
 * Context: The run side. Doesn't wait for the firmware.
 */
void vgpu_queue_killed(struct drm_dep_queue *base)
{
	vgpu_ctx_kill(to_vgpu_queue(base)->ctx);
}

/**
 * vgpu_queue_fini() - &drm_dep_queue_ops.fini
 * @base: the queue
 *
 * Context: A work item for cleaning up.
 * Return: 0, or -EINPROGRESS if the firmware has to forget the context first.
 */
int vgpu_queue_fini(struct drm_dep_queue *base)
{
	struct vgpu_queue *queue = to_vgpu_queue(base);

	cancel_delayed_work_sync(&queue->detector);
	return vgpu_ctx_shut_down(queue->ctx) ? 0 : -EINPROGRESS;
}

static void vgpu_queue_free(struct vgpu_queue *queue)
{
	struct vgpu_client *client = queue->client;
	struct vgpu_device *vdev = client->vdev;

	spin_lock_irq(&vdev->queue_lock);
	list_del(&queue->link);
	spin_unlock_irq(&vdev->queue_lock);
	if (queue->ctx) {
		vgpu_stats_remove(queue);
		vgpu_ctx_free(queue->ctx);
	}
	mutex_destroy(&queue->control);
	kfree(queue);
	atomic_dec(&client->live_queues);
	wake_up(&client->queue_released);
	vgpu_client_put(client);
}

/**
 * vgpu_queue_release() - &drm_dep_queue_ops.release
 * @base: the queue
 *
 * Context: A work item for cleaning up.
 */
void vgpu_queue_release(struct drm_dep_queue *base)
{
	vgpu_queue_free(to_vgpu_queue(base));
}

/**
 * vgpu_queue_lookup() - find a queue by name
 * @client: whose name it is
 * @id: the name
 *
 * Context: Process context.
 * Return: the queue with a user reference, or NULL.
 */
struct vgpu_queue *vgpu_queue_lookup(struct vgpu_client *client, u32 id)
{
	struct vgpu_queue *queue;

	xa_lock(&client->queues);
	queue = xa_load(&client->queues, id);
	if (queue)
		drm_dep_queue_get(&queue->base);
	xa_unlock(&client->queues);
	return queue;
}

/**
 * vgpu_queue_kill() - kill a queue on behalf of its client
 * @queue: a queue of an engine
 *
 * Context: Process context. Doesn't wait.
 */
void vgpu_queue_kill(struct vgpu_queue *queue)
{
	if (!drm_dep_queue_is_killed(&queue->base))
		atomic64_inc(&queue->client->vdev->count.kills);
	drm_dep_queue_kill(&queue->base);
	if (queue->prof->cleanup)
		drm_dep_queue_send_message(&queue->base,
					   &queue->messages[VGPU_MESSAGE_CLEANUP].base);
}

static void vgpu_queue_remove_name(struct vgpu_client *client, struct vgpu_queue *queue)
{
	atomic_dec(&client->num_queues);
	if (!vgpu_queue_is_bind(queue))
		vgpu_queue_kill(queue);
	drm_dep_queue_put(&queue->base);
}

/**
 * vgpu_queue_remove_names() - remove all names of queues, and kill the queues
 * @client: a client whose file is being closed
 *
 * Context: Process context. Does not wait.
 */
void vgpu_queue_remove_names(struct vgpu_client *client)
{
	struct vgpu_queue *queue;
	unsigned long id;

	xa_for_each(&client->queues, id, queue)
		vgpu_queue_remove_name(client, queue);
	xa_destroy(&client->queues);
}

/*
 * Queues that were destroyed but whose jobs or handshakes are not over have to be
 * bounded, too. Normally that is a matter of milliseconds, so wait a little for
 * one to go before saying no.
 */
static int vgpu_queue_charge_live(struct vgpu_client *client)
{
	const u32 limit = 2 * client->vdev->limits.queues;
	long ret;

	ret = wait_event_interruptible_timeout(
		client->queue_released, !vgpu_charge_count(&client->live_queues, 1, limit), HZ);
	if (ret < 0)
		return ret;
	return ret ? 0 : -EDQUOT;
}

static u32 vgpu_credit_limit(const struct vgpu_profile *prof, u32 words)
{
	u32 jobs = max(words / VGPU_RING_WORDS(VGPU_RING_MAX_CALLS), 1u);

	switch (prof->credits) {
	case VGPU_CREDIT_WORDS:
		return words;
	case VGPU_CREDIT_JOBS:
		return prof->max_jobs ? min(jobs, prof->max_jobs) : jobs;
	case VGPU_CREDIT_NONE:
		break;
	}
	return S32_MAX;
}

/* The core's clock is in wall-clock time, which the device's never runs ahead of. */
static u32 vgpu_core_timeout(const struct vgpu_queue *queue)
{
	if (queue->prof->timeout != VGPU_TIMEOUT_CORE)
		return 0;
	return queue->timeout_ms + queue->timeout_ms / 8 + 20;
}

/* Lets others find the queue: interrupts, resets. */
static int vgpu_queue_publish(struct vgpu_queue *queue)
{
	struct vgpu_ctx *ctx = queue->ctx;
	struct vgpu_device *vdev = ctx->vdev;
	int ret;

	vgpu_stats_add(queue);
	spin_lock_irq(&vdev->queue_lock);
	ret = vdev->wedged;
	if (!ret) {
		rcu_assign_pointer(vdev->ctxs[ctx->id], ctx);
		list_add_tail(&queue->link, &vdev->queues);
		queue->born_stopped = vdev->resetting;
	}
	/* who starts it holds it until then */
	if (queue->born_stopped)
		drm_dep_queue_get(&queue->base);
	else
		drm_dep_queue_start(&queue->base);
	spin_unlock_irq(&vdev->queue_lock);
	return ret;
}

static struct vgpu_queue *vgpu_queue_create(struct vgpu_client *client, struct vgpu_vm *vm,
					    const struct drm_vgpu_queue_create *args)
{
	struct drm_dep_queue_init_args init = {
		.drm = &client->vdev->drm,
		.driver_name = "vgpu_fw",
		.timeout_workqueue = client->vdev->timeout_wq,
	};
	struct vgpu_queue *queue;
	int ret;

	ret = vgpu_queue_charge_live(client);
	if (ret)
		return ERR_PTR(ret);
	if (args->engine_class == DRM_VGPU_ENGINE_BIND)
		return vgpu_bind_queue_create(client, vm, args);
	queue = kzalloc_obj(*queue, GFP_KERNEL_ACCOUNT);
	if (!queue) {
		atomic_dec(&client->live_queues);
		return ERR_PTR(-ENOMEM);
	}
	queue->client = vgpu_client_get(client);
	queue->prof = vgpu_profile_find(args->profile);
	queue->direct = queue->prof->direct != !!(args->flags & DRM_VGPU_QUEUE_DIRECT_COMPLETION);
	queue->words = args->credits;
	queue->timeout_ms = args->timeout_ms;
	queue->fence_context = dma_fence_context_alloc(1);
	INIT_LIST_HEAD(&queue->link);
	mutex_init(&queue->control);
	init_waitqueue_head(&queue->idle);
	vgpu_messages_init(queue);
	vgpu_detector_init(queue);

	queue->ctx = vgpu_ctx_create(vm, args->engine_class, args->ring_words);
	if (IS_ERR(queue->ctx)) {
		ret = PTR_ERR(queue->ctx);
		queue->ctx = NULL;
		goto err;
	}
	queue->ctx->queue = queue;
	queue->ctx->notify = queue->prof->notify;
	queue->ctx->priority = vgpu_priority_of(args->priority);
	queue->priority = queue->ctx->priority;
	INIT_LIST_HEAD(&queue->client_link);
	snprintf(queue->name, sizeof(queue->name), "ctx%u", queue->ctx->id);
	init.ops = queue->prof->ops;
	init.flags = vgpu_profile_flags(queue->prof) | DRM_DEP_QUEUE_STOPPED;
	init.name = queue->name;
	init.credit_limit = vgpu_credit_limit(queue->prof, queue->words);
	init.timeout_ms = vgpu_core_timeout(queue);
	ret = drm_dep_queue_init(&queue->base, &init);
	if (ret)
		goto err;
	ret = vgpu_queue_publish(queue);
	if (ret) {
		drm_dep_queue_kill(&queue->base);
		drm_dep_queue_put(&queue->base);
		return ERR_PTR(ret);
	}
	return queue;

err:
	vgpu_queue_free(queue);
	return ERR_PTR(ret);
}

static int vgpu_queue_check(struct vgpu_device *vdev, const struct drm_vgpu_queue_create *args)
{
	if (args->pad || !vgpu_profile_find(args->profile))
		return -EINVAL;
	/* the rest is its maker's to look at: there are neither rings nor engines */
	if (args->engine_class == DRM_VGPU_ENGINE_BIND)
		return 0;
	if (args->engine_class >= VGPU_CLASSES || !vdev->engines[args->engine_class])
		return -EINVAL;
	if (args->flags & ~DRM_VGPU_QUEUE_DIRECT_COMPLETION || !vgpu_priority_valid(args->priority))
		return -EINVAL;
	if (args->ring_words &&
	    (!is_power_of_2(args->ring_words) || args->ring_words < VGPU_RING_MIN_WORDS ||
	     args->ring_words > VGPU_RING_MAX_WORDS))
		return -EINVAL;
	if (args->credits > (args->ring_words ? args->ring_words : VGPU_DEFAULT_RING_WORDS))
		return -EINVAL;
	if (args->timeout_ms &&
	    (args->timeout_ms < VGPU_MIN_TIMEOUT_MS || args->timeout_ms > vdev->limits.timeout_ms))
		return -EINVAL;
	if (args->priority == DRM_VGPU_PRIORITY_HIGH && !capable(CAP_SYS_NICE))
		return -EACCES;
	return 0;
}

static void vgpu_queue_set_defaults(struct vgpu_device *vdev, struct drm_vgpu_queue_create *use)
{
	if (!use->ring_words)
		use->ring_words = VGPU_DEFAULT_RING_WORDS;
	if (!use->credits)
		use->credits = min(READ_ONCE(credits), use->ring_words);
	if (!use->credits)
		use->credits = use->ring_words;
	if (!use->timeout_ms)
		use->timeout_ms = min_t(u32, VGPU_DEFAULT_TIMEOUT_MS, vdev->limits.timeout_ms);
}

/**
 * vgpu_queue_create_ioctl() - %DRM_IOCTL_VGPU_QUEUE_CREATE
 * @drm: the device
 * @data: &struct drm_vgpu_queue_create
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_queue_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct vgpu_device *vdev = to_vgpu_device(drm);
	struct vgpu_client *client = file->driver_priv;
	struct drm_vgpu_queue_create *args = data;
	struct drm_vgpu_queue_create use = *args;
	struct vgpu_queue *queue;
	struct vgpu_vm *vm;
	int ret;

	ret = vgpu_queue_check(vdev, args);
	if (ret)
		return ret;
	ret = READ_ONCE(vdev->wedged);
	if (ret)
		return ret;
	if (args->engine_class != DRM_VGPU_ENGINE_BIND)
		vgpu_queue_set_defaults(vdev, &use);

	vm = vgpu_vm_lookup(client, args->vm);
	if (!vm)
		return -ENOENT;
	ret = vgpu_charge_count(&client->num_queues, 1, vdev->limits.queues);
	if (ret)
		goto out;
	queue = vgpu_queue_create(client, vm, &use);
	if (IS_ERR(queue)) {
		ret = PTR_ERR(queue);
		goto err_charge;
	}
	/* from here on others can find it, as soon as the lock is free */
	xa_lock(&client->queues);
	ret = __xa_alloc(&client->queues, &args->id, queue, xa_limit_32b, GFP_KERNEL_ACCOUNT);
	if (!ret)
		queue->id = args->id;
	xa_unlock(&client->queues);
	if (ret)
		goto err_queue;
	goto out;

err_queue:
	vgpu_queue_remove_name(client, queue);
	goto out;
err_charge:
	atomic_dec(&client->num_queues);
out:
	vgpu_vm_put(vm);
	return ret;
}

/* What the client has asked for, and what the profile does in any case. */
static int vgpu_queue_drain(struct vgpu_queue *queue, bool asked)
{
	if (vgpu_queue_is_bind(queue))
		return asked ? vgpu_bind_queue_wait(queue) : 0;
	if (asked)
		return wait_event_interruptible(queue->idle, !atomic_read(&queue->pending));
	/* a task that is being killed goes on without waiting, and kills the queue */
	if (queue->prof->drain)
		drm_dep_queue_wait_idle(&queue->base, 0);
	return 0;
}

/**
 * vgpu_queue_destroy_ioctl() - %DRM_IOCTL_VGPU_QUEUE_DESTROY
 * @drm: the device
 * @data: &struct drm_vgpu_queue_destroy
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_queue_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct vgpu_client *client = file->driver_priv;
	struct drm_vgpu_queue_destroy *args = data;
	struct vgpu_queue *queue;
	int ret;

	if (args->flags & ~DRM_VGPU_QUEUE_DESTROY_DRAIN)
		return -EINVAL;
	queue = vgpu_queue_lookup(client, args->id);
	if (!queue)
		return -ENOENT;
	ret = vgpu_queue_drain(queue, args->flags & DRM_VGPU_QUEUE_DESTROY_DRAIN);
	if (!ret) {
		/* somebody else may have been faster, and the name may be another's */
		if (xa_cmpxchg(&client->queues, args->id, queue, NULL, 0) == queue)
			vgpu_queue_remove_name(client, queue);
		else
			ret = -ENOENT;
	}
	drm_dep_queue_put(&queue->base);
	return ret;
}
