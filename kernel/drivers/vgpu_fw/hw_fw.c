// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/bitops.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "hw_model.h"

/**
 * DOC: firmware
 *
 * A state machine under one lock. Whoever has news runs it: engines at a boundary,
 * see hw_runlist.c, and a thread for all the rest:
 *
 * - messages of the host;
 * - contexts that have to leave, see hw_preempt.c;
 * - contexts that are blocked, see hw_block.c;
 * - what is late by fault injection;
 * - cleaning up after a reset, see hw_reset.c.
 *
 * It sleeps until somebody wakes it, or on a timer as long as one of these has a deadline.
 * Who has work for it that can wait a little doesn't wake it if it is on a timer.
 *
 * Invalidation
 *	Each one gets a ticket, and is answered when all engines have seen the
 *	ticket. Engines that are not active hold nothing that they would use: they
 *	count as having seen it, and catch up when they become active.
 */

/**
 * hw_fw_wake() - have the firmware's thread look at everything
 * @fw: the firmware
 *
 * Context: Any.
 */
void hw_fw_wake(struct hw_fw *fw)
{
	wake_up_process(fw->task);
}

/**
 * hw_fw_tick() - have the firmware's thread look at everything, soon
 * @fw: the firmware
 *
 * Context: Any.
 */
void hw_fw_tick(struct hw_fw *fw)
{
	if (!atomic_xchg(&fw->ticking, 1))
		wake_up_process(fw->task);
}

/**
 * hw_fw_die() - the firmware does nothing any more
 * @hw: the device
 * @why: why
 * @b: see @why
 * @c: see @why
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_fw_die(struct hw_device *hw, enum vgpu_fw_dead why, u64 b, u64 c)
{
	struct hw_fw *fw = &hw->fw;

	lockdep_assert_held(&fw->lock);

	if (fw->dead)
		return;
	hw_count(hw, HW_COUNT_DEATHS);
	fw->dead = true;
	fw->dead_msg = (struct vgpu_msg){ .type = VGPU_G2H_DEAD, .a = why, .b = b, .c = c };
	/* it may also fall silent */
	fw->dead_owed = why != VGPU_FW_DEAD_FAULT ||
			!hw_fault_arg(&hw->faults, HW_KNOB_FW_DIE);
}

/* Has each engine flush its translations before it uses them again. */
static void hw_fw_flush_tlbs(struct hw_device *hw)
{
	u32 i;

	hw->fw.tlb_ticket++;
	/* those that are active are awake */
	for (i = 0; i < hw->num_engines; i++)
		if (hw->engines[i].active)
			WRITE_ONCE(hw->engines[i].attn, true);
}

static void hw_fw_invalidate(struct hw_device *hw, const struct vgpu_msg *msg)
{
	struct hw_fw *fw = &hw->fw;
	u64 due_ns = 0;

	hw_count(hw, HW_COUNT_INVALIDATIONS);
	hw_fw_flush_tlbs(hw);
	if (hw_fault(&hw->faults, HW_KNOB_TLB_LOSE))
		return;
	if (hw_fault(&hw->faults, HW_KNOB_TLB_SLOW))
		due_ns = ktime_get_ns() + 1000 * hw_fault_arg(&hw->faults, HW_KNOB_TLB_SLOW);
	fw->tlb_inv[fw->tlb_next++ % VGPU_H2G_SLOTS] = (struct hw_tlb_inv){
		.ticket = fw->tlb_ticket,
		.due_ns = due_ns,
		.cookie = msg->cookie,
	};
}

static void hw_fw_message(struct hw_device *hw, const struct vgpu_msg *msg)
{
	struct hw_fw *fw = &hw->fw;

	hw_count(hw, HW_COUNT_H2G);
	switch (msg->type) {
	case VGPU_H2G_HELLO:
		fw->hello_owed = true;
		fw->hello_cookie = msg->cookie;
		/* it knows nothing of the address spaces of a host before it */
		hw_fw_flush_tlbs(hw);
		hw_fw_log(fw, VGPU_LOG_BOOT, 0, 0);
		return;
	case VGPU_H2G_PING:
		fw->pong_owed = true;
		fw->pong_cookie = msg->cookie;
		return;
	case VGPU_H2G_TLB_INV:
		return hw_fw_invalidate(hw, msg);
	case VGPU_H2G_REGISTER:
	case VGPU_H2G_ENABLE:
	case VGPU_H2G_DISABLE:
	case VGPU_H2G_DEREGISTER:
	case VGPU_H2G_RESET:
	case VGPU_H2G_PRIORITY:
		if (msg->ctx && msg->ctx <= hw->num_ctxs)
			return hw_ctx_request(hw, &hw->ctxs[msg->ctx], msg);
	}
	hw_fw_die(hw, VGPU_FW_DEAD_MESSAGE, msg->type, msg->ctx);
}

/* Is there a message that may be read now? */
static bool hw_fw_may_read(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;

	if (fw->dead || atomic64_read(&fw->h2g_head) == atomic64_read_acquire(&fw->h2g_tail))
		return false;
	/* a full list of invalidations holds all messages up until some are answered */
	if (fw->tlb_next - fw->tlb_first >= VGPU_H2G_SLOTS)
		return false;
	if (fw->stall_ns)
		return ktime_get_ns() >= fw->stall_ns;
	if (!hw_fault(&hw->faults, HW_KNOB_H2G_STALL))
		return true;
	fw->stall_ns = ktime_get_ns() + 1000 * hw_fault_arg(&hw->faults, HW_KNOB_H2G_STALL);
	return false;
}

static enum hw_news hw_fw_messages(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;
	enum hw_news news = HW_NEWS_NONE;

	while (hw_fw_may_read(hw)) {
		const struct vgpu_msg *ring;
		struct vgpu_msg msg;
		u64 head = atomic64_read(&fw->h2g_head);

		ring = (const struct vgpu_msg *)(uintptr_t)READ_ONCE(fw->h2g_base);
		msg = ring[head % VGPU_H2G_SLOTS];
		fw->stall_ns = 0;
		atomic64_set_release(&fw->h2g_head, head + 1);
		if (hw_fault(&hw->faults, HW_KNOB_FW_DIE))
			hw_fw_die(hw, VGPU_FW_DEAD_FAULT, 0, 0);
		else
			hw_fw_message(hw, &msg);
		news = max(news, hw_fw_flush_news(hw));
	}
	return news;
}

/* When something is due that is late on purpose: ns from now, or U64_MAX. */
static u64 hw_fw_late(struct hw_fw *fw)
{
	u64 due = U64_MAX;
	u64 now;

	if (fw->stall_ns)
		due = fw->stall_ns;
	if (fw->held)
		due = min(due, fw->held_ns);
	if (fw->tlb_first != fw->tlb_next && fw->tlb_inv[fw->tlb_first % VGPU_H2G_SLOTS].due_ns)
		due = min(due, fw->tlb_inv[fw->tlb_first % VGPU_H2G_SLOTS].due_ns);
	if (due == U64_MAX)
		return due;
	now = ktime_get_ns();
	return due > now ? due - now : 0;
}

/* Returns the classes that got something to do, as bits. */
static unsigned long hw_fw_poll(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;
	u64 now;

	if (list_empty(&fw->blocked))
		return 0;
	now = ktime_get_ns();
	/* however often the thread is woken */
	if (now - fw->poll_ns < HW_POLL_NS)
		return 0;
	fw->poll_ns = now;
	return hw_block_poll(hw);
}

/* Looks at everything; returns when to look again, in ns. */
static u64 hw_fw_work(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;
	unsigned long classes = 0;
	enum hw_news news;
	u64 next = U64_MAX;
	u8 class;

	spin_lock(&fw->lock);
	hw_reset_go_on(hw);
	news = READ_ONCE(fw->on) ? hw_fw_messages(hw) : HW_NEWS_NONE;
	if (hw_is_able(hw)) {
		classes = hw_fw_answer_doorbells(hw) | hw_fw_poll(hw);
		next = hw_fw_deadlines(hw);
		if (!list_empty(&fw->blocked))
			next = min_t(u64, next, HW_POLL_NS);
	}
	news = max(news, hw_fw_flush_news(hw));
	if (READ_ONCE(fw->on) && !fw->dead)
		next = min(next, hw_fw_late(fw));
	spin_unlock(&fw->lock);

	hw_fw_raise_news(hw, news);
	for_each_set_bit(class, &classes, VGPU_CLASSES)
		hw_fw_kick(hw, class);
	return next;
}

static void hw_fw_sleep(u64 ns)
{
	ktime_t timeout = ns_to_ktime(max_t(u64, ns, HW_NAP_NS));

	if (ns == U64_MAX)
		schedule();
	else
		schedule_hrtimeout(&timeout, HRTIMER_MODE_REL);
}

/**
 * hw_fw_init() - make the firmware's state
 * @fw: the firmware, zeroed
 */
void hw_fw_init(struct hw_fw *fw)
{
	int class, priority;

	spin_lock_init(&fw->lock);
	init_llist_head(&fw->doorbells);
	INIT_LIST_HEAD(&fw->news);
	INIT_LIST_HEAD(&fw->blocked);
	for (class = 0; class < VGPU_CLASSES; class++)
		for (priority = 0; priority < VGPU_PRIORITIES; priority++)
			INIT_LIST_HEAD(&fw->runlist[class][priority]);
}

/**
 * hw_fw_thread() - the firmware
 * @arg: the &struct hw_device
 *
 * Context: A kernel thread. Never allocates.
 * Return: 0, when told to stop.
 */
int hw_fw_thread(void *arg)
{
	struct hw_device *hw = arg;
	struct hw_fw *fw = &hw->fw;

	for (;;) {
		u64 next;

		/* before looking, so that whoever brings work wakes this thread */
		set_current_state(TASK_IDLE);
		atomic_xchg(&fw->ticking, 0);
		if (kthread_should_stop())
			break;
		next = hw_fw_work(hw);
		/* from here on it looks of its own accord, if it does */
		if (next != U64_MAX)
			atomic_set(&fw->ticking, 1);
		/* does nothing if somebody woke the thread since the first line */
		hw_fw_sleep(next);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}
