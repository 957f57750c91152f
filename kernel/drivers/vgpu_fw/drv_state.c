// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/capability.h>
#include <linux/wait.h>

#include "drv.h"

/**
 * DOC: state and control of queues
 *
 * Operations on a queue are messages to its run side, so they happen between two jobs, and
 * while the queue is stopped by a reset they wait. What they do is to set what is wanted
 * of the context; see drv_ctx.c for how it gets there. A call holds the queue's mutex
 * until the firmware has answered, so operations happen in the order of the calls. One that
 * is interrupted leaves the message behind: the next call, which may be the same again,
 * waits for it first.
 */

const char *const vgpu_priority_names[VGPU_PRIORITIES] = {
	[VGPU_PRIORITY_LOW] = "low",
	[VGPU_PRIORITY_NORMAL] = "normal",
	[VGPU_PRIORITY_HIGH] = "high",
	[VGPU_PRIORITY_KERNEL] = "kernel",
};

static const u8 vgpu_priorities[] = {
	[DRM_VGPU_PRIORITY_NORMAL] = VGPU_PRIORITY_NORMAL,
	[DRM_VGPU_PRIORITY_LOW] = VGPU_PRIORITY_LOW,
	[DRM_VGPU_PRIORITY_HIGH] = VGPU_PRIORITY_HIGH,
};

/**
 * vgpu_priority_valid() - check a priority
 * @priority: what the client says
 *
 * Context: Any.
 * Return: whether it is an &enum drm_vgpu_priority.
 */
bool vgpu_priority_valid(u64 priority)
{
	return priority < ARRAY_SIZE(vgpu_priorities);
}

/**
 * vgpu_priority_of() - what the firmware calls a priority
 * @priority: a valid &enum drm_vgpu_priority
 *
 * Context: Any.
 * Return: an &enum vgpu_priority.
 */
u8 vgpu_priority_of(u64 priority)
{
	return vgpu_priorities[priority];
}

/**
 * vgpu_messages_init() - set up the messages of a queue
 * @queue: a new queue
 *
 * Context: Any.
 */
void vgpu_messages_init(struct vgpu_queue *queue)
{
	int i;

	for (i = 0; i < VGPU_MESSAGES; i++) {
		drm_dep_message_init(&queue->messages[i].base);
		queue->messages[i].kind = i;
	}
}

/**
 * vgpu_process_message() - &drm_dep_queue_ops.process_message
 * @base: the queue
 * @message: one of its messages
 *
 * Context: The run side. Doesn't wait for the firmware.
 */
void vgpu_process_message(struct drm_dep_queue *base, struct drm_dep_message *message)
{
	struct vgpu_queue *queue = to_vgpu_queue(base);
	struct vgpu_message *msg = container_of(message, struct vgpu_message, base);

	switch (msg->kind) {
	case VGPU_MESSAGE_SUSPEND:
	case VGPU_MESSAGE_RESUME:
		vgpu_ctx_suspend(queue->ctx, msg->kind == VGPU_MESSAGE_SUSPEND);
		break;
	case VGPU_MESSAGE_PROPS:
		vgpu_ctx_set_priority(queue->ctx, READ_ONCE(queue->priority));
		break;
	case VGPU_MESSAGE_CLEANUP:
		vgpu_ctx_kill(queue->ctx);
		/* nobody waits for it */
		return;
	}
	/* the context wants what it was told to before the pending is over */
	smp_store_release(&queue->control_pending, false);
	wake_up_all(&queue->ctx->vdev->event);
}

static bool vgpu_control_over(struct vgpu_queue *queue)
{
	/* pairs with the release in vgpu_process_message() */
	return !smp_load_acquire(&queue->control_pending) && vgpu_ctx_settled(queue->ctx);
}

static int vgpu_control_wait(struct vgpu_queue *queue)
{
	return wait_event_interruptible(queue->ctx->vdev->event, vgpu_control_over(queue));
}

static int vgpu_control_send(struct vgpu_queue *queue, enum vgpu_message_kind kind)
{
	WRITE_ONCE(queue->control_pending, true);
	drm_dep_queue_send_message(&queue->base, &queue->messages[kind].base);
	return vgpu_control_wait(queue);
}

static int vgpu_control_locked(struct vgpu_queue *queue, const struct drm_vgpu_queue_control *args)
{
	struct vgpu_ctx *ctx = queue->ctx;
	int ret;

	/* for one that was interrupted */
	ret = vgpu_control_wait(queue);
	if (ret)
		return ret;
	if (drm_dep_queue_is_killed(&queue->base))
		return -ECANCELED;

	switch (args->op) {
	case DRM_VGPU_QUEUE_OP_SUSPEND:
		if (!READ_ONCE(ctx->suspended))
			ret = vgpu_control_send(queue, VGPU_MESSAGE_SUSPEND);
		break;
	case DRM_VGPU_QUEUE_OP_RESUME:
		if (READ_ONCE(ctx->suspended))
			ret = vgpu_control_send(queue, VGPU_MESSAGE_RESUME);
		break;
	case DRM_VGPU_QUEUE_OP_PRIORITY:
		WRITE_ONCE(queue->priority, vgpu_priority_of(args->value));
		if (READ_ONCE(ctx->priority) != queue->priority)
			ret = vgpu_control_send(queue, VGPU_MESSAGE_PROPS);
		break;
	}
	/* meanwhile */
	if (!ret && drm_dep_queue_is_killed(&queue->base))
		ret = -ECANCELED;
	return ret;
}

static int vgpu_control_kill(struct vgpu_queue *queue)
{
	struct vgpu_ctx *ctx = queue->ctx;

	vgpu_queue_kill(queue);
	/* off the engine, and its jobs are told so */
	return wait_event_interruptible(ctx->vdev->event, READ_ONCE(ctx->dead_err));
}

static int vgpu_control(struct vgpu_queue *queue, const struct drm_vgpu_queue_control *args)
{
	int ret;

	if (vgpu_queue_is_bind(queue))
		return -EINVAL;
	/* is not to be kept waiting by others */
	if (args->op == DRM_VGPU_QUEUE_OP_KILL)
		return vgpu_control_kill(queue);
	if (mutex_lock_interruptible(&queue->control))
		return -ERESTARTSYS;
	ret = vgpu_control_locked(queue, args);
	mutex_unlock(&queue->control);
	return ret;
}

/**
 * vgpu_queue_control_ioctl() - %DRM_IOCTL_VGPU_QUEUE_CONTROL
 * @drm: the device
 * @data: &struct drm_vgpu_queue_control
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_queue_control_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_vgpu_queue_control *args = data;
	struct vgpu_queue *queue;
	int ret;

	switch (args->op) {
	case DRM_VGPU_QUEUE_OP_SUSPEND:
	case DRM_VGPU_QUEUE_OP_RESUME:
	case DRM_VGPU_QUEUE_OP_KILL:
		if (args->value)
			return -EINVAL;
		break;
	case DRM_VGPU_QUEUE_OP_PRIORITY:
		if (!vgpu_priority_valid(args->value))
			return -EINVAL;
		if (args->value == DRM_VGPU_PRIORITY_HIGH && !capable(CAP_SYS_NICE))
			return -EACCES;
		break;
	default:
		return -EINVAL;
	}
	queue = vgpu_queue_lookup(file->driver_priv, args->id);
	if (!queue)
		return -ENOENT;
	ret = vgpu_control(queue, args);
	drm_dep_queue_put(&queue->base);
	return ret;
}

static void vgpu_queue_fill_state(struct vgpu_queue *queue, struct drm_vgpu_queue_state *args)
{
	struct vgpu_ctx *ctx = queue->ctx;

	spin_lock_irq(&ctx->lock);
	if (ctx->banned)
		args->status = DRM_VGPU_QUEUE_BANNED;
	else if (drm_dep_queue_is_killed(&queue->base))
		args->status = DRM_VGPU_QUEUE_KILLED;
	else if (ctx->suspended)
		args->status = DRM_VGPU_QUEUE_SUSPENDED;
	args->error = ctx->error;
	args->resets = ctx->resets;
	args->submitted = atomic64_read(&queue->submitted);
	args->completed = ctx->completed;
	args->runtime_ns = READ_ONCE(ctx->page->runtime_ns);
	if (ctx->stopped) {
		args->stopped = 1;
		args->stop_cookie = ctx->stop_cookie;
		args->stop_call = upper_32_bits(ctx->stop_pos);
		args->stop_word = lower_32_bits(ctx->stop_pos);
	}
	spin_unlock_irq(&ctx->lock);
}

/**
 * vgpu_queue_state_ioctl() - %DRM_IOCTL_VGPU_QUEUE_STATE
 * @drm: the device
 * @data: &struct drm_vgpu_queue_state
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_queue_state_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_vgpu_queue_state *args = data;
	struct vgpu_queue *queue;

	if (args->pad)
		return -EINVAL;
	queue = vgpu_queue_lookup(file->driver_priv, args->id);
	if (!queue)
		return -ENOENT;
	*args = (struct drm_vgpu_queue_state){ .id = args->id };
	if (vgpu_queue_is_bind(queue))
		vgpu_bind_queue_state(queue, args);
	else
		vgpu_queue_fill_state(queue, args);
	drm_dep_queue_put(&queue->base);
	return 0;
}
