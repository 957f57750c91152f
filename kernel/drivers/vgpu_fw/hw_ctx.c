// SPDX-License-Identifier: GPL-2.0 OR MIT

#include "hw_model.h"

/**
 * DOC: contexts
 *
 * What the firmware does with a context when the host asks for it, and when it comes
 * to a bad end. A request about a context that is on an engine only leaves a wish; it is
 * granted, and answered, when the engine gives the context back, see hw_runlist.c.
 */

/**
 * hw_ctx_set_state() - the only way to change it
 * @ctx: the context
 * @state: the new state
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_ctx_set_state(struct hw_ctx *ctx, enum hw_ctx_state state)
{
	/* the doorbell looks at it without the lock */
	WRITE_ONCE(ctx->state, state);
}

/* From the runlist, or from the list of those that wait. */
static void hw_ctx_unlist(struct hw_fw *fw, struct hw_ctx *ctx)
{
	if (ctx->state == HW_CTX_BLOCKED)
		WRITE_ONCE(fw->num_blocked, fw->num_blocked - 1);
	list_del_init(&ctx->run_node);
}

/**
 * hw_ctx_settle() - a context that is enabled is on no engine and no list
 * @hw: the device
 * @ctx: the context
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_ctx_settle(struct hw_device *hw, struct hw_ctx *ctx)
{
	hw_ctx_set_state(ctx, HW_CTX_IDLE);
	/* pairs with hw_fw_doorbell(): it sees the state, or here its entry is seen */
	smp_mb();
	if (hw_ctx_has_work(ctx))
		hw_fw_make_ready(hw, ctx);
}

/**
 * hw_ctx_die() - a context runs no more
 * @hw: the device
 * @ctx: the context, which is registered and on no engine
 * @cause: what it died of
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_ctx_die(struct hw_device *hw, struct hw_ctx *ctx, enum vgpu_dead cause)
{
	lockdep_assert_held(&hw->fw.lock);

	hw_ctx_unlist(&hw->fw, ctx);
	hw_ctx_set_state(ctx, HW_CTX_DEAD);
	if (cause == VGPU_DEAD_FAULT)
		hw_count(hw, HW_COUNT_FAULTS);
	ctx->dead_cause = cause;
	ctx->dead_owed = true;
	hw_fw_note(&hw->fw, ctx);
}

/**
 * hw_ctx_forget() - a context is not registered any more
 * @hw: the device
 * @ctx: the context, which is on no engine
 *
 * Nothing is owed to the host about it but an answer.
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_ctx_forget(struct hw_device *hw, struct hw_ctx *ctx)
{
	lockdep_assert_held(&hw->fw.lock);

	hw_ctx_unlist(&hw->fw, ctx);
	hw_ctx_set_state(ctx, HW_CTX_NONE);
	ctx->page = NULL;
	ctx->off_wanted = false;
	ctx->dead_wanted = false;
	ctx->done_owed = false;
	ctx->dead_owed = false;
	ctx->notify = false;
	ctx->scheduled = false;
	ctx->sched_sent = false;
	atomic_dec(&hw->fw.registered);
}

static u32 hw_ctx_register(struct hw_device *hw, struct hw_ctx *ctx, const struct vgpu_msg *msg)
{
	u64 priority = msg->c & ~VGPU_REGISTER_NOTIFY;

	if (ctx->state != HW_CTX_NONE)
		return VGPU_ACK_STATE;
	if (!msg->a || msg->b >= VGPU_CLASSES || !hw->config.engines[msg->b] ||
	    priority >= VGPU_PRIORITIES)
		return VGPU_ACK_ARGUMENT;

	ctx->page = (struct vgpu_ctx_page *)(uintptr_t)msg->a;
	WRITE_ONCE(ctx->class, msg->b);
	WRITE_ONCE(ctx->priority, priority);
	ctx->notify = msg->c & VGPU_REGISTER_NOTIFY;
	WRITE_ONCE(ctx->done_at, 0);
	ctx->sched_at = 0;
	hw_ctx_set_state(ctx, HW_CTX_REGISTERED);
	atomic_inc(&hw->fw.registered);
	return VGPU_ACK_OK;
}

static u32 hw_ctx_enable(struct hw_device *hw, struct hw_ctx *ctx)
{
	if (ctx->state == HW_CTX_DEAD)
		return VGPU_ACK_DEAD;
	if (ctx->state != HW_CTX_REGISTERED)
		return VGPU_ACK_STATE;

	hw_ctx_settle(hw, ctx);
	if (ctx->state == HW_CTX_READY)
		hw_fw_kick(hw, ctx->class);
	return VGPU_ACK_OK;
}

static u32 hw_ctx_disable(struct hw_device *hw, struct hw_ctx *ctx)
{
	switch (ctx->state) {
	case HW_CTX_READY:
	case HW_CTX_IDLE:
	case HW_CTX_BLOCKED:
		hw_ctx_unlist(&hw->fw, ctx);
		hw_ctx_set_state(ctx, HW_CTX_REGISTERED);
		return VGPU_ACK_OK;
	case HW_CTX_DEAD:
		return VGPU_ACK_OK;
	default:
		return VGPU_ACK_STATE;
	}
}

static u32 hw_ctx_reset(struct hw_device *hw, struct hw_ctx *ctx)
{
	if (ctx->state == HW_CTX_NONE)
		return VGPU_ACK_STATE;
	if (ctx->state != HW_CTX_DEAD)
		hw_ctx_die(hw, ctx, VGPU_DEAD_RESET);
	return VGPU_ACK_OK;
}

static u32 hw_ctx_deregister(struct hw_device *hw, struct hw_ctx *ctx)
{
	if (ctx->state != HW_CTX_REGISTERED && ctx->state != HW_CTX_DEAD)
		return VGPU_ACK_STATE;

	hw_ctx_forget(hw, ctx);
	return VGPU_ACK_OK;
}

static struct hw_engine *hw_ctx_engine(struct hw_device *hw, const struct hw_ctx *ctx)
{
	u32 i;

	for (i = 0; i < hw->num_engines; i++)
		if (hw->engines[i].ctx == ctx)
			return &hw->engines[i];
	WARN_ON_ONCE(1);
	return &hw->engines[0];
}

static u32 hw_ctx_prioritise(struct hw_device *hw, struct hw_ctx *ctx, u64 priority)
{
	if (priority >= VGPU_PRIORITIES)
		return VGPU_ACK_ARGUMENT;
	if (ctx->state == HW_CTX_NONE)
		return VGPU_ACK_STATE;

	WRITE_ONCE(ctx->priority, priority);
	if (ctx->state == HW_CTX_RUNNING) {
		/* others may be more important now: after the messages that is looked at */
		WRITE_ONCE(hw_ctx_engine(hw, ctx)->priority, priority);
	} else if (ctx->state == HW_CTX_READY) {
		list_del_init(&ctx->run_node);
		hw_fw_make_ready(hw, ctx);
	}
	return VGPU_ACK_OK;
}

/**
 * hw_ctx_request() - the host asks for something about a context
 * @hw: the device
 * @ctx: the context
 * @msg: what it asks for; one of the types that are answered by ACK
 *
 * Context: The firmware's thread, with its lock.
 */
void hw_ctx_request(struct hw_device *hw, struct hw_ctx *ctx, const struct vgpu_msg *msg)
{
	u32 status = VGPU_ACK_STATE;

	lockdep_assert_held(&hw->fw.lock);

	ctx->ack_cookie = msg->cookie;
	if (ctx->state == HW_CTX_RUNNING &&
	    (msg->type == VGPU_H2G_DISABLE || msg->type == VGPU_H2G_RESET)) {
		ctx->off_wanted = msg->type == VGPU_H2G_DISABLE;
		ctx->dead_wanted = msg->type == VGPU_H2G_RESET;
		hw_fw_leave(hw_ctx_engine(hw, ctx));
		return;
	}

	switch (msg->type) {
	case VGPU_H2G_REGISTER:
		status = hw_ctx_register(hw, ctx, msg);
		break;
	case VGPU_H2G_ENABLE:
		status = hw_ctx_enable(hw, ctx);
		break;
	case VGPU_H2G_DISABLE:
		status = hw_ctx_disable(hw, ctx);
		break;
	case VGPU_H2G_RESET:
		status = hw_ctx_reset(hw, ctx);
		break;
	case VGPU_H2G_DEREGISTER:
		status = hw_ctx_deregister(hw, ctx);
		break;
	case VGPU_H2G_PRIORITY:
		status = hw_ctx_prioritise(hw, ctx, msg->a);
		break;
	}
	hw_fw_ack(hw, ctx, status);
}
