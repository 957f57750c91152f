// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "hw_model.h"

/**
 * DOC: firmware
 *
 * A state machine under one lock. Whoever has news runs it: engines at a boundary,
 * see hw_runlist.c, and a thread for the messages of the host.
 *
 * News
 *	What the host has to be told is not sent but noted: as a flag of the context,
 *	or in the list of invalidations. It is written to the ring when there is
 *	room, so nothing is ever dropped. A DONE is not noted while the last one of
 *	the context is still in the ring, as the host has yet to look.
 *
 * Invalidation
 *	Each one gets a ticket, and is answered when all engines have seen the
 *	ticket. Engines that are not active hold nothing that they would use: they
 *	count as having seen it, and catch up when they become active.
 */

static void hw_fw_wake(struct hw_fw *fw)
{
	wake_up_process(fw->task);
}

/* Room for one more message to the host? If not, the host's next read wakes the firmware. */
static bool hw_fw_room(struct hw_fw *fw)
{
	u64 tail = atomic64_read(&fw->g2h_tail);

	if (tail - atomic64_read(&fw->g2h_head) < VGPU_G2H_SLOTS)
		return true;
	WRITE_ONCE(fw->blocked, true);
	smp_mb(); /* pairs with hw_fw_g2h_moved() */
	if (tail - atomic64_read(&fw->g2h_head) >= VGPU_G2H_SLOTS)
		return false;
	WRITE_ONCE(fw->blocked, false);
	return true;
}

static void hw_fw_post(struct hw_fw *fw, const struct vgpu_msg *msg)
{
	struct vgpu_msg *ring = (struct vgpu_msg *)(uintptr_t)fw->g2h_base;
	u64 tail = atomic64_read(&fw->g2h_tail);

	ring[tail % VGPU_G2H_SLOTS] = *msg;
	atomic64_set_release(&fw->g2h_tail, tail + 1);
}

static u64 hw_fw_tlb_seen_by_all(struct hw_device *hw)
{
	u64 seen = hw->fw.tlb_ticket;
	u32 i;

	for (i = 0; i < hw->num_engines; i++)
		if (hw->engines[i].active)
			seen = min(seen, hw->engines[i].tlb_seen);
	return seen;
}

static bool hw_fw_tell_about(struct hw_fw *fw, struct hw_ctx *ctx)
{
	struct vgpu_msg msg = { .ctx = ctx->id };

	/* completed work is visible before the reply to DISABLE */
	if (ctx->done_owed) {
		if (!hw_fw_room(fw))
			return false;
		msg.type = VGPU_G2H_DONE;
		ctx->done_owed = false;
		WRITE_ONCE(ctx->done_at, atomic64_read(&fw->g2h_tail) + 1);
		hw_fw_post(fw, &msg);
	}
	if (ctx->ack_owed) {
		if (!hw_fw_room(fw))
			return false;
		msg.type = VGPU_G2H_ACK;
		msg.cookie = ctx->ack_cookie;
		msg.a = ctx->ack_status;
		ctx->ack_owed = false;
		hw_fw_post(fw, &msg);
	}
	return true;
}

/**
 * hw_fw_flush_news() - write to the host all that there is room for
 * @hw: the device
 *
 * The interrupt is to be raised only without the lock: sending it may take a while,
 * and what it leads to may need the lock.
 *
 * Context: The model's threads, with the firmware's lock.
 * Return: true if the caller has to call hw_raise(), after it has dropped the lock.
 */
bool hw_fw_flush_news(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;
	u64 before = atomic64_read(&fw->g2h_tail);
	struct hw_ctx *ctx, *next;
	u64 seen;

	lockdep_assert_held(&fw->lock);

	if (fw->hello_owed && hw_fw_room(fw)) {
		hw_fw_post(fw, &(struct vgpu_msg){
			.type = VGPU_G2H_HELLO,
			.cookie = fw->hello_cookie,
			.a = VGPU_ABI_VERSION,
		});
		fw->hello_owed = false;
	}
	list_for_each_entry_safe(ctx, next, &fw->news, news_node) {
		if (!hw_fw_tell_about(fw, ctx))
			break;
		list_del_init(&ctx->news_node);
	}
	seen = hw_fw_tlb_seen_by_all(hw);
	while (fw->tlb_first != fw->tlb_next) {
		struct hw_tlb_inv *inv = &fw->tlb_inv[fw->tlb_first % VGPU_H2G_SLOTS];

		if (inv->ticket > seen || !hw_fw_room(fw))
			break;
		hw_fw_post(fw, &(struct vgpu_msg){
			.type = VGPU_G2H_TLB_DONE,
			.cookie = inv->cookie,
		});
		fw->tlb_first++;
		/* it may have stopped because the list was full */
		if (atomic64_read(&fw->h2g_head) != atomic64_read(&fw->h2g_tail))
			hw_fw_wake(fw);
	}
	return atomic64_read(&fw->g2h_tail) != before;
}

/**
 * hw_fw_note() - the host has to be told about a context
 * @fw: the firmware
 * @ctx: the context, which says what it owes the host
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_fw_note(struct hw_fw *fw, struct hw_ctx *ctx)
{
	if (list_empty(&ctx->news_node))
		list_add_tail(&ctx->news_node, &fw->news);
}

/**
 * hw_fw_ack() - the request of a context is to be answered
 * @hw: the device
 * @ctx: the context
 * @status: an &enum vgpu_ack_status
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_fw_ack(struct hw_device *hw, struct hw_ctx *ctx, u32 status)
{
	ctx->ack_owed = true;
	ctx->ack_status = status;
	hw_fw_note(&hw->fw, ctx);
}

static void hw_fw_register(struct hw_device *hw, struct hw_ctx *ctx, const struct vgpu_msg *msg)
{
	if (ctx->state != HW_CTX_NONE)
		return hw_fw_ack(hw, ctx, VGPU_ACK_STATE);
	if (!msg->a || msg->b >= VGPU_CLASSES || !hw->per_class[msg->b])
		return hw_fw_ack(hw, ctx, VGPU_ACK_ARGUMENT);

	ctx->page = (struct vgpu_ctx_page *)(uintptr_t)msg->a;
	WRITE_ONCE(ctx->class, msg->b);
	ctx->state = HW_CTX_REGISTERED;
	ctx->done_at = 0;
	atomic_inc(&hw->fw.registered);
	hw_fw_ack(hw, ctx, VGPU_ACK_OK);
}

static void hw_fw_enable(struct hw_device *hw, struct hw_ctx *ctx)
{
	if (ctx->state != HW_CTX_REGISTERED)
		return hw_fw_ack(hw, ctx, VGPU_ACK_STATE);

	ctx->state = HW_CTX_IDLE;
	if (hw_ctx_has_work(ctx)) {
		hw_fw_make_ready(hw, ctx);
		hw_fw_kick(hw, ctx->class);
	}
	hw_fw_ack(hw, ctx, VGPU_ACK_OK);
}

static void hw_fw_disable(struct hw_device *hw, struct hw_ctx *ctx)
{
	switch (ctx->state) {
	case HW_CTX_RUNNING:
		/* answered when the engine gives it back */
		ctx->off_wanted = true;
		hw_fw_attention(hw, ctx);
		return;
	case HW_CTX_READY:
		list_del_init(&ctx->run_node);
		fallthrough;
	case HW_CTX_IDLE:
		ctx->state = HW_CTX_REGISTERED;
		return hw_fw_ack(hw, ctx, VGPU_ACK_OK);
	default:
		return hw_fw_ack(hw, ctx, VGPU_ACK_STATE);
	}
}

static void hw_fw_deregister(struct hw_device *hw, struct hw_ctx *ctx)
{
	if (ctx->state != HW_CTX_REGISTERED)
		return hw_fw_ack(hw, ctx, VGPU_ACK_STATE);

	ctx->state = HW_CTX_NONE;
	ctx->page = NULL;
	atomic_dec(&hw->fw.registered);
	hw_fw_ack(hw, ctx, VGPU_ACK_OK);
}

static void hw_fw_invalidate(struct hw_device *hw, const struct vgpu_msg *msg)
{
	struct hw_fw *fw = &hw->fw;

	u32 i;

	fw->tlb_inv[fw->tlb_next++ % VGPU_H2G_SLOTS] = (struct hw_tlb_inv){
		.ticket = ++fw->tlb_ticket,
		.cookie = msg->cookie,
	};
	/* those that are active are awake */
	for (i = 0; i < hw->num_engines; i++)
		if (hw->engines[i].active)
			WRITE_ONCE(hw->engines[i].attn, true);
}

static void hw_fw_message(struct hw_device *hw, const struct vgpu_msg *msg)
{
	struct hw_fw *fw = &hw->fw;
	struct hw_ctx *ctx;

	switch (msg->type) {
	case VGPU_H2G_HELLO:
		fw->hello_owed = true;
		fw->hello_cookie = msg->cookie;
		return;
	case VGPU_H2G_TLB_INV:
		return hw_fw_invalidate(hw, msg);
	}

	if (WARN_ON_ONCE(!msg->ctx || msg->ctx > hw->num_ctxs))
		return;
	ctx = &hw->ctxs[msg->ctx];
	ctx->ack_cookie = msg->cookie;
	switch (msg->type) {
	case VGPU_H2G_REGISTER:
		return hw_fw_register(hw, ctx, msg);
	case VGPU_H2G_ENABLE:
		return hw_fw_enable(hw, ctx);
	case VGPU_H2G_DISABLE:
		return hw_fw_disable(hw, ctx);
	case VGPU_H2G_DEREGISTER:
		return hw_fw_deregister(hw, ctx);
	}
	WARN_ONCE(1, "vgpu_fw model: unknown message %u\n", msg->type);
}

static void hw_fw_messages(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;
	const struct vgpu_msg *ring;
	bool news = false;
	u64 head;

	spin_lock(&fw->lock);
	ring = (const struct vgpu_msg *)(uintptr_t)READ_ONCE(fw->h2g_base);
	head = atomic64_read(&fw->h2g_head);
	/* a full list of invalidations holds all messages up until some are answered */
	while (head != (u64)atomic64_read_acquire(&fw->h2g_tail) &&
	       fw->tlb_next - fw->tlb_first < VGPU_H2G_SLOTS) {
		struct vgpu_msg msg = ring[head % VGPU_H2G_SLOTS];

		atomic64_set_release(&fw->h2g_head, ++head);
		hw_fw_message(hw, &msg);
		news |= hw_fw_flush_news(hw);
	}
	news |= hw_fw_flush_news(hw);
	spin_unlock(&fw->lock);
	if (news)
		hw_raise(hw, VGPU_INT_G2H);
}

/**
 * hw_fw_h2g_moved() - the host has written a message
 * @hw: the device
 *
 * Context: Any.
 */
void hw_fw_h2g_moved(struct hw_device *hw)
{
	hw_fw_wake(&hw->fw);
}

/**
 * hw_fw_g2h_moved() - the host has read a message
 * @hw: the device
 *
 * Context: Any.
 */
void hw_fw_g2h_moved(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;

	smp_mb(); /* pairs with hw_fw_room() */
	if (READ_ONCE(fw->blocked)) {
		WRITE_ONCE(fw->blocked, false);
		hw_fw_wake(fw);
	}
}

/**
 * hw_fw_init() - make the firmware's state
 * @fw: the firmware, zeroed
 */
void hw_fw_init(struct hw_fw *fw)
{
	int i;

	spin_lock_init(&fw->lock);
	init_llist_head(&fw->doorbells);
	INIT_LIST_HEAD(&fw->news);
	for (i = 0; i < VGPU_CLASSES; i++)
		INIT_LIST_HEAD(&fw->runlist[i]);
}

/**
 * hw_fw_thread() - handle messages of the host
 * @arg: the &struct hw_device
 *
 * Context: A kernel thread. Never allocates.
 * Return: 0, when told to stop.
 */
int hw_fw_thread(void *arg)
{
	struct hw_device *hw = arg;

	for (;;) {
		set_current_state(TASK_IDLE);
		if (kthread_should_stop())
			break;
		hw_fw_messages(hw);
		/* does nothing if somebody woke the thread since the first line */
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}
