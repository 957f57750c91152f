// SPDX-License-Identifier: GPL-2.0 OR MIT

#include "drv.h"

/**
 * DOC: what the firmware says of contexts
 *
 * Answers to the requests of drv_ctx.c, and what comes without being asked for. Nothing is
 * believed that makes no sense: a mistake of the firmware must not cost an innocent its
 * queue.
 */

static enum vgpu_ctx_have vgpu_ctx_after(const struct vgpu_ctx *ctx, u16 type)
{
	switch (type) {
	case VGPU_H2G_DEREGISTER:
		return VGPU_HAVE_NONE;
	case VGPU_H2G_REGISTER:
		return VGPU_HAVE_REGISTERED;
	case VGPU_H2G_PRIORITY:
		return ctx->have;
	}
	/* it may have died meanwhile */
	if (ctx->have == VGPU_HAVE_DEAD || type == VGPU_H2G_RESET)
		return VGPU_HAVE_DEAD;
	return type == VGPU_H2G_ENABLE ? VGPU_HAVE_ENABLED : VGPU_HAVE_REGISTERED;
}

static bool vgpu_ctx_expects(struct vgpu_ctx *ctx, const struct vgpu_msg *msg)
{
	return ctx->asked && msg->cookie == ctx->cookie;
}

static bool vgpu_ack_makes_sense(const struct vgpu_ctx *ctx, const struct vgpu_msg *msg)
{
	if (msg->a == VGPU_ACK_OK)
		return true;
	/* it has died, which was told before */
	return msg->a == VGPU_ACK_DEAD && ctx->have == VGPU_HAVE_DEAD;
}

/**
 * vgpu_ctx_acked() - the firmware has answered a request
 * @vdev: the device
 * @msg: the answer
 *
 * Context: Who receives, in an RCU read section.
 */
void vgpu_ctx_acked(struct vgpu_device *vdev, const struct vgpu_msg *msg)
{
	struct vgpu_ctx *ctx = vgpu_ctx_find(vdev, msg->ctx);
	const char *wrong = NULL;
	unsigned long flags;
	u32 todo = 0;

	if (!msg->ctx || !vgpu_fw_cookie_used(vdev, msg->ctx, msg->cookie))
		return vgpu_fw_protocol_error(vdev, msg, "answer to no question");
	if (!ctx)
		goto duplicate;

	spin_lock_irqsave(&ctx->lock, flags);
	if (!vgpu_ctx_expects(ctx, msg)) {
		spin_unlock_irqrestore(&ctx->lock, flags);
		goto duplicate;
	}
	if (vgpu_ack_makes_sense(ctx, msg)) {
		ctx->asked = false;
		ctx->have = vgpu_ctx_after(ctx, ctx->h2g.msg.type);
		if (ctx->have == VGPU_HAVE_DEAD)
			todo |= vgpu_ctx_set_banned(ctx, -ETIME);
		todo |= vgpu_ctx_update(ctx);
	} else {
		wrong = "a request was refused";
	}
	spin_unlock_irqrestore(&ctx->lock, flags);

	if (wrong)
		vgpu_fw_protocol_error(vdev, msg, wrong);
	else
		vgpu_ctx_follow_up(ctx, todo);
	return;

duplicate:
	atomic64_inc(&vdev->count.duplicates);
}

/**
 * vgpu_ctx_died() - the firmware says that a context is dead
 * @vdev: the device
 * @msg: what it says
 *
 * Context: Who receives, in an RCU read section.
 */
void vgpu_ctx_died(struct vgpu_device *vdev, const struct vgpu_msg *msg)
{
	struct vgpu_ctx *ctx = vgpu_ctx_find(vdev, msg->ctx);
	unsigned long flags;
	bool right = false;
	u32 todo = 0;
	int error;

	if (!ctx || msg->cookie || msg->a < VGPU_DEAD_FAULT || msg->a > VGPU_DEAD_RESET)
		return vgpu_fw_protocol_error(vdev, msg, "a death that makes no sense");

	/* what it has completed was published before */
	vgpu_ctx_harvest(ctx);
	error = msg->a == VGPU_DEAD_FAULT ? -EFAULT : -ETIME;
	spin_lock_irqsave(&ctx->lock, flags);
	if (ctx->have == VGPU_HAVE_DEAD) {
		right = true;
	} else if (ctx->have != VGPU_HAVE_NONE &&
		   (msg->a != VGPU_DEAD_FAULT || READ_ONCE(ctx->page->fault_code))) {
		right = true;
		ctx->have = VGPU_HAVE_DEAD;
		todo = vgpu_ctx_set_banned(ctx, error);
		todo |= vgpu_ctx_update(ctx);
	}
	spin_unlock_irqrestore(&ctx->lock, flags);

	if (!right)
		return vgpu_fw_protocol_error(vdev, msg, "a death that is not true");
	if (todo & VGPU_TODO_KILL)
		vgpu_dump_take(vdev, ctx, error == -ETIME ? "hang" : "fault");
	vgpu_ctx_follow_up(ctx, todo);
}

/**
 * vgpu_ctx_scheduled() - the firmware says that a context goes on or off an engine
 * @vdev: the device
 * @msg: what it says
 *
 * Context: Who receives, in an RCU read section.
 */
void vgpu_ctx_scheduled(struct vgpu_device *vdev, const struct vgpu_msg *msg)
{
	struct vgpu_ctx *ctx = vgpu_ctx_find(vdev, msg->ctx);
	unsigned long flags;

	/* the last word about a context may come when it is gone */
	if (!ctx || !ctx->notify)
		return;
	spin_lock_irqsave(&ctx->lock, flags);
	ctx->off_engine = !msg->a;
	if (ctx->off_engine) {
		drm_dep_queue_pause_timeout(&ctx->queue->base);
		/* if the word that it is on again gets lost, nobody else would look */
		vgpu_watchdog_arm(vdev);
	} else if (!ctx->suspended) {
		drm_dep_queue_resume_timeout(&ctx->queue->base);
	}
	spin_unlock_irqrestore(&ctx->lock, flags);
}
