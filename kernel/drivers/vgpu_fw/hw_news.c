// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/ktime.h>
#include <linux/minmax.h>

#include "hw_model.h"

/**
 * DOC: news
 *
 * What the host has to be told is not sent but noted: as a flag of the context, or in the
 * list of invalidations. It is written to the ring when there is room, so nothing is ever
 * dropped. A DONE is not noted while the last one of the context is still in the ring, as
 * the host has yet to look. A SCHED waits until the last one of the context was read; if
 * the context is then where it was when that was sent, there is nothing to say.
 *
 * An invalidation has a ticket, and is answered when all engines have seen it, see
 * hw_fw.c.
 */

/* Room for one more message to the host? If not, the host's next read wakes the firmware. */
static bool hw_fw_room(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;
	u64 tail = atomic64_read(&fw->g2h_tail);
	u64 slots = VGPU_G2H_SLOTS;

	if (hw_fault(&hw->faults, HW_KNOB_G2H_FULL))
		slots = clamp_t(u64, hw_fault_arg(&hw->faults, HW_KNOB_G2H_FULL), 1, slots);
	if (tail - atomic64_read(&fw->g2h_head) < slots)
		return true;
	WRITE_ONCE(fw->full, true);
	smp_mb(); /* pairs with hw_fw_g2h_moved() */
	return tail - atomic64_read(&fw->g2h_head) < slots;
}

static void hw_fw_write(struct hw_device *hw, const struct vgpu_msg *msg)
{
	struct hw_fw *fw = &hw->fw;
	struct vgpu_msg *ring = (struct vgpu_msg *)(uintptr_t)READ_ONCE(fw->g2h_base);
	u64 tail = atomic64_read(&fw->g2h_tail);

	ring[tail % VGPU_G2H_SLOTS] = *msg;
	atomic64_set_release(&fw->g2h_tail, tail + 1);
	hw_count(hw, HW_COUNT_G2H);
}

/* An answer; there is room for it. */
static void hw_fw_reply(struct hw_device *hw, struct vgpu_msg msg)
{
	if (hw_fault(&hw->faults, HW_KNOB_G2H_CORRUPT)) {
		switch (hw_fault_arg(&hw->faults, HW_KNOB_G2H_CORRUPT)) {
		case 0:
			msg.type ^= 0x4000;
			break;
		case 1:
			msg.ctx ^= 0x4000;
			break;
		default:
			msg.cookie ^= 0x40000000;
			break;
		}
	}
	hw_fw_write(hw, &msg);
	if (hw_fault(&hw->faults, HW_KNOB_G2H_DUP) && hw_fw_room(hw))
		hw_fw_write(hw, &msg);
}

/* Has the host read the message before this index? If not, its next read wakes the firmware. */
static bool hw_fw_was_read(struct hw_fw *fw, u64 index)
{
	if (index <= (u64)atomic64_read(&fw->g2h_head))
		return true;
	WRITE_ONCE(fw->full, true);
	smp_mb(); /* pairs with hw_fw_g2h_moved() */
	return index <= (u64)atomic64_read(&fw->g2h_head);
}

/* Returns false if it has to be tried again. */
static bool hw_fw_tell_scheduled(struct hw_device *hw, struct hw_ctx *ctx)
{
	struct hw_fw *fw = &hw->fw;

	if (ctx->scheduled == ctx->sched_sent)
		return true;
	if (!hw_fw_was_read(fw, ctx->sched_at) || !hw_fw_room(hw))
		return false;
	ctx->sched_sent = ctx->scheduled;
	ctx->sched_at = atomic64_read(&fw->g2h_tail) + 1;
	hw_fw_write(hw, &(struct vgpu_msg){
		.type = VGPU_G2H_SCHED,
		.ctx = ctx->id,
		.a = ctx->scheduled,
	});
	return true;
}

/* Returns false if it has to be tried again. */
static bool hw_fw_tell_about(struct hw_device *hw, struct hw_ctx *ctx, enum hw_news *news)
{
	struct hw_fw *fw = &hw->fw;
	bool all = true;

	/* completed work is visible before the reply to DISABLE */
	if (ctx->done_owed) {
		if (!hw_fw_room(hw))
			return false;
		ctx->done_owed = false;
		WRITE_ONCE(ctx->done_at, atomic64_read(&fw->g2h_tail) + 1);
		hw_fw_write(hw, &(struct vgpu_msg){ .type = VGPU_G2H_DONE, .ctx = ctx->id });
		*news = max(*news, HW_NEWS_DONE);
	}
	/* nobody waits for this one */
	if (ctx->notify)
		all = hw_fw_tell_scheduled(hw, ctx);
	if (ctx->dead_owed) {
		if (!hw_fw_room(hw))
			return false;
		ctx->dead_owed = false;
		hw_fw_write(hw, &(struct vgpu_msg){
			.type = VGPU_G2H_CTX_DEAD,
			.ctx = ctx->id,
			.a = ctx->dead_cause,
		});
	}
	if (ctx->ack_owed) {
		if (!hw_fw_room(hw))
			return false;
		ctx->ack_owed = false;
		hw_fw_reply(hw, (struct vgpu_msg){
			.type = VGPU_G2H_ACK,
			.ctx = ctx->id,
			.cookie = ctx->ack_cookie,
			.a = ctx->ack_status,
		});
	}
	return all;
}

/* Chooses a context whose answer is to be overtaken by that of another one. */
static void hw_fw_hold(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;
	struct hw_ctx *ctx;

	ctx = list_first_entry_or_null(&fw->news, struct hw_ctx, news_node);
	if (fw->held || !ctx || !ctx->ack_owed || !hw_fault(&hw->faults, HW_KNOB_G2H_REORDER))
		return;
	fw->held = ctx;
	/* there may never be another one */
	fw->held_ns = ktime_get_ns() + HW_HOLD_NS;
	hw_fw_tick(fw);
}

static void hw_fw_tell_contexts(struct hw_device *hw, enum hw_news *news)
{
	struct hw_fw *fw = &hw->fw;
	struct hw_ctx *ctx, *next;
	bool overtaken = false;

	hw_fw_hold(hw);
	list_for_each_entry_safe(ctx, next, &fw->news, news_node) {
		bool answer = ctx->ack_owed;

		if (ctx == fw->held || !hw_fw_tell_about(hw, ctx, news))
			continue;
		list_del_init(&ctx->news_node);
		overtaken |= answer;
	}

	ctx = fw->held;
	if (ctx && (overtaken || ktime_get_ns() >= fw->held_ns)) {
		fw->held = NULL;
		if (hw_fw_tell_about(hw, ctx, news))
			list_del_init(&ctx->news_node);
	}
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

static void hw_fw_tell_invalidated(struct hw_device *hw)
{
	u64 seen = hw_fw_tlb_seen_by_all(hw);
	struct hw_fw *fw = &hw->fw;

	while (fw->tlb_first != fw->tlb_next) {
		struct hw_tlb_inv *inv = &fw->tlb_inv[fw->tlb_first % VGPU_H2G_SLOTS];

		if (inv->ticket > seen || (inv->due_ns && inv->due_ns > ktime_get_ns()) ||
		    !hw_fw_room(hw))
			break;
		hw_fw_reply(hw, (struct vgpu_msg){
			.type = VGPU_G2H_TLB_DONE,
			.cookie = inv->cookie,
		});
		fw->tlb_first++;
		/* it may have stopped because the list was full */
		if (atomic64_read(&fw->h2g_head) != atomic64_read(&fw->h2g_tail))
			hw_fw_wake(fw);
	}
}

static void hw_fw_tell_log(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;

	/* what has been overwritten is lost */
	if (fw->log_next - fw->log_sent > HW_LOG_ENTRIES)
		fw->log_sent = fw->log_next - HW_LOG_ENTRIES;
	while (fw->log_sent != fw->log_next && hw_fw_room(hw)) {
		const struct hw_log_entry *entry = &fw->log[fw->log_sent++ % HW_LOG_ENTRIES];

		hw_fw_write(hw, &(struct vgpu_msg){
			.type = VGPU_G2H_LOG,
			.a = entry->what,
			.b = entry->b,
			.c = entry->c,
		});
	}
}

/**
 * hw_fw_flush_news() - write to the host all that there is room for
 * @hw: the device
 *
 * The interrupt is to be raised only without the lock: sending it may take a while,
 * and what it leads to may need the lock.
 *
 * Context: The model's threads, with the firmware's lock.
 * Return: what was written, for hw_fw_raise_news(), after the lock was dropped.
 */
enum hw_news hw_fw_flush_news(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;
	u64 before = atomic64_read(&fw->g2h_tail);
	enum hw_news news = HW_NEWS_NONE;

	lockdep_assert_held(&fw->lock);

	/* engines go on to come here when the firmware does not work any more */
	if (!READ_ONCE(fw->on) || (fw->dead && !fw->dead_owed))
		return HW_NEWS_NONE;
	if (fw->hello_owed && hw_fw_room(hw)) {
		fw->hello_owed = false;
		hw_fw_reply(hw, (struct vgpu_msg){
			.type = VGPU_G2H_HELLO,
			.cookie = fw->hello_cookie,
			.a = VGPU_ABI_VERSION,
		});
	}
	hw_fw_tell_log(hw);
	if (fw->dead) {
		/* the last words */
		if (hw_fw_room(hw)) {
			fw->dead_owed = false;
			hw_fw_write(hw, &fw->dead_msg);
		}
		goto out;
	}
	hw_fw_tell_contexts(hw, &news);
	hw_fw_tell_invalidated(hw);
	if (fw->pong_owed && hw_fw_room(hw)) {
		fw->pong_owed = false;
		hw_fw_reply(hw, (struct vgpu_msg){
			.type = VGPU_G2H_PONG,
			.cookie = fw->pong_cookie,
		});
	}
out:
	/* one DONE and nothing else can wait */
	if (atomic64_read(&fw->g2h_tail) - before > (news == HW_NEWS_DONE))
		news = HW_NEWS_URGENT;
	return news;
}

/**
 * hw_fw_raise_news() - tell the host that there is something to read
 * @hw: the device
 * @news: what hw_fw_flush_news() has returned
 *
 * Context: Any, without the firmware's lock.
 */
void hw_fw_raise_news(struct hw_device *hw, enum hw_news news)
{
	if (news)
		hw_raise(hw, VGPU_INT_G2H);
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

/**
 * hw_fw_log() - a line for the log
 * @fw: the firmware
 * @what: the line
 * @b: its first argument
 * @c: its second argument
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_fw_log(struct hw_fw *fw, enum vgpu_log what, u64 b, u64 c)
{
	fw->log[fw->log_next++ % HW_LOG_ENTRIES] = (struct hw_log_entry){
		.time_ns = ktime_get_ns(),
		.what = what,
		.b = b,
		.c = c,
	};
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

	smp_mb(); /* pairs with hw_fw_room() and hw_fw_was_read() */
	if (READ_ONCE(fw->full)) {
		WRITE_ONCE(fw->full, false);
		hw_fw_wake(fw);
	}
}
