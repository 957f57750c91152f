// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/bitops.h>
#include <linux/sched.h>

#include "hw_model.h"

/**
 * DOC: runlist
 *
 * The half of the firmware that decides who runs. Engines run it: when they look for
 * work, at a boundary when their attention is called for, and when they give a
 * context back. Contexts of a class take turns.
 *
 * A write to the doorbell puts the context on a lock-free list and wakes an idle
 * engine. Engines move the list to the runlist when they look for work. A doorbell
 * of a context that is on an engine is dropped: the engine looks at the ring once
 * more when it gives the context back. One that comes before the context is enabled
 * is dropped, too: enabling looks at the ring.
 *
 * An engine that is idle, or asleep in a DELAY, is not active: it holds no
 * translation that it would use. So nobody has to wait for it to invalidate any; it
 * catches up when it becomes active.
 */

/**
 * hw_fw_kick() - wake somebody who can execute a context
 * @hw: the device
 * @class: class of the context
 *
 * An idle engine, or else one that sleeps in a DELAY.
 *
 * Context: Any.
 */
void hw_fw_kick(struct hw_device *hw, u8 class)
{
	u32 i;

	for (i = 0; i < hw->num_engines; i++) {
		struct hw_engine *engine = &hw->engines[i];

		if (engine->class == class && atomic_xchg(&engine->idle, 0)) {
			wake_up_process(engine->task);
			return;
		}
	}
	for (i = 0; i < hw->num_engines; i++) {
		struct hw_engine *engine = &hw->engines[i];

		if (engine->class == class && READ_ONCE(engine->delaying)) {
			wake_up_process(engine->task);
			return;
		}
	}
}

/**
 * hw_fw_make_ready() - put a context on the runlist
 * @hw: the device
 * @ctx: the context, which is enabled and on no list
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_fw_make_ready(struct hw_device *hw, struct hw_ctx *ctx)
{
	lockdep_assert_held(&hw->fw.lock);

	ctx->state = HW_CTX_READY;
	list_add_tail(&ctx->run_node, &hw->fw.runlist[ctx->class]);
}

/**
 * hw_ctx_has_work() - is there anything in the ring?
 * @ctx: a registered context, which is on no engine
 *
 * Context: The model's threads, with the firmware's lock.
 * Return: true if there is.
 */
bool hw_ctx_has_work(const struct hw_ctx *ctx)
{
	return READ_ONCE(ctx->page->tail) != ctx->page->head;
}

/**
 * hw_fw_doorbell() - the host has written to the doorbell
 * @hw: the device
 * @id: what was written
 *
 * Context: Any.
 */
void hw_fw_doorbell(struct hw_device *hw, u64 id)
{
	struct hw_ctx *ctx;

	if (!id || id > hw->num_ctxs)
		return;
	ctx = &hw->ctxs[id];
	if (!atomic_xchg(&ctx->rung, 1)) {
		llist_add(&ctx->doorbell_node, &hw->fw.doorbells);
		/* pairs with set_current_state() of the engines */
		smp_mb();
		hw_fw_kick(hw, READ_ONCE(ctx->class));
	}
}

/* Moves doorbells to the runlist; returns the classes that got something to do. */
static unsigned long hw_fw_answer_doorbells(struct hw_device *hw)
{
	struct llist_node *list = llist_del_all(&hw->fw.doorbells);
	unsigned long classes = 0;
	struct hw_ctx *ctx, *next;

	/* in the order in which they were rung */
	list = llist_reverse_order(list);
	llist_for_each_entry_safe(ctx, next, list, doorbell_node) {
		/* full barrier: who rings from now on is heard again */
		atomic_xchg(&ctx->rung, 0);
		if (ctx->state != HW_CTX_IDLE || !hw_ctx_has_work(ctx))
			continue;
		hw_fw_make_ready(hw, ctx);
		__set_bit(ctx->class, &classes);
	}
	return classes;
}

/* The engine gets to use translations: it must not use any that was invalidated meanwhile. */
static void hw_fw_activate(struct hw_engine *engine)
{
	struct hw_fw *fw = &engine->hw->fw;

	engine->active = true;
	if (engine->tlb_seen != fw->tlb_ticket) {
		hw_mmu_flush(engine);
		engine->tlb_seen = fw->tlb_ticket;
	}
}

/**
 * hw_fw_competition() - does another context want the engine?
 * @engine: the engine
 *
 * Context: The engine's thread.
 * Return: true if there may be one.
 */
bool hw_fw_competition(struct hw_engine *engine)
{
	struct hw_fw *fw = &engine->hw->fw;

	return !llist_empty(&fw->doorbells) || !list_empty(&fw->runlist[engine->class]);
}

/**
 * hw_fw_pick() - get a context to execute
 * @engine: the engine
 *
 * Context: The engine's thread, which has said that it is idle and is about to
 * sleep: if there is nothing now, it will be woken when there is.
 * Return: a context that now is on @engine, or NULL.
 */
struct hw_ctx *hw_fw_pick(struct hw_engine *engine)
{
	struct hw_device *hw = engine->hw;
	struct hw_fw *fw = &hw->fw;
	struct hw_ctx *ctx = NULL;
	unsigned long classes;
	u8 class;

	spin_lock(&fw->lock);
	WRITE_ONCE(engine->attn, false);
	smp_mb(); /* pairs with hw_fw_attention() */
	classes = hw_fw_answer_doorbells(hw);
	if (READ_ONCE(hw->bus_enable))
		ctx = list_first_entry_or_null(&fw->runlist[engine->class], typeof(*ctx),
					       run_node);
	if (ctx) {
		list_del_init(&ctx->run_node);
		ctx->state = HW_CTX_RUNNING;
		engine->ctx = ctx;
		atomic_inc(&fw->running);
		hw_fw_activate(engine);
		atomic_xchg(&engine->idle, 0);
	}
	spin_unlock(&fw->lock);

	/*
	 * The rest is for others: what else is ready, and a doorbell that chose
	 * this engine while it still looked idle.
	 */
	__clear_bit(engine->class, &classes);
	if (ctx && hw_fw_competition(engine))
		__set_bit(engine->class, &classes);
	for_each_set_bit(class, &classes, VGPU_CLASSES)
		hw_fw_kick(hw, class);
	return ctx;
}

/**
 * hw_fw_boundary() - hear what the firmware has to say, between two commands
 * @engine: the engine, whose attention was called for
 *
 * Context: The engine's thread, with a context on the engine.
 * Return: true if the context has to leave the engine.
 */
bool hw_fw_boundary(struct hw_engine *engine)
{
	struct hw_device *hw = engine->hw;
	bool leave, news;

	spin_lock(&hw->fw.lock);
	WRITE_ONCE(engine->attn, false);
	smp_mb(); /* pairs with hw_fw_attention() */
	hw_fw_activate(engine);
	leave = engine->ctx->off_wanted || !READ_ONCE(hw->bus_enable);
	news = hw_fw_flush_news(hw);
	spin_unlock(&hw->fw.lock);
	if (news)
		hw_raise(hw, VGPU_INT_G2H);
	return leave;
}

/**
 * hw_fw_done() - a job has ended, and everything about it is published
 * @engine: the engine that ran it
 *
 * Context: The engine's thread, with the job's context on the engine.
 */
void hw_fw_done(struct hw_engine *engine)
{
	struct hw_device *hw = engine->hw;
	struct hw_ctx *ctx = engine->ctx;
	struct hw_fw *fw = &hw->fw;
	bool news;

	/*
	 * Pairs with the barrier of the host's write to the head: either the host
	 * has yet to take the last DONE out and will see what was published, or
	 * it gets another one.
	 */
	smp_mb();
	if (READ_ONCE(ctx->done_at) > (u64)atomic64_read(&fw->g2h_head))
		return;

	spin_lock(&fw->lock);
	ctx->done_owed = true;
	hw_fw_note(fw, ctx);
	news = hw_fw_flush_news(hw);
	spin_unlock(&fw->lock);
	if (news)
		hw_raise(hw, VGPU_INT_G2H);
}

/**
 * hw_fw_give_back() - the context leaves the engine
 * @engine: the engine
 *
 * Context: The engine's thread, with a context on the engine.
 */
void hw_fw_give_back(struct hw_engine *engine)
{
	struct hw_device *hw = engine->hw;
	struct hw_fw *fw = &hw->fw;
	struct hw_ctx *ctx;
	bool news;

	spin_lock(&fw->lock);
	ctx = engine->ctx;
	engine->ctx = NULL;
	engine->active = false;
	atomic_dec(&fw->running);
	if (ctx->off_wanted) {
		ctx->off_wanted = false;
		ctx->state = HW_CTX_REGISTERED;
		hw_fw_ack(hw, ctx, VGPU_ACK_OK);
	} else if (hw_ctx_has_work(ctx)) {
		hw_fw_make_ready(hw, ctx);
	} else {
		ctx->state = HW_CTX_IDLE;
	}
	/* also invalidations that this engine held up */
	news = hw_fw_flush_news(hw);
	spin_unlock(&fw->lock);
	if (news)
		hw_raise(hw, VGPU_INT_G2H);
}

/**
 * hw_fw_park() - the engine is going to sleep in a DELAY
 * @engine: the engine
 *
 * Context: The engine's thread, with a context on the engine.
 */
void hw_fw_park(struct hw_engine *engine)
{
	struct hw_device *hw = engine->hw;
	bool news;

	spin_lock(&hw->fw.lock);
	WRITE_ONCE(engine->delaying, true);
	engine->active = false;
	news = hw_fw_flush_news(hw);
	spin_unlock(&hw->fw.lock);
	if (news)
		hw_raise(hw, VGPU_INT_G2H);
}

/**
 * hw_fw_unpark() - the engine has slept enough
 * @engine: the engine
 *
 * Context: The engine's thread, with a context on the engine.
 */
void hw_fw_unpark(struct hw_engine *engine)
{
	struct hw_fw *fw = &engine->hw->fw;

	spin_lock(&fw->lock);
	WRITE_ONCE(engine->delaying, false);
	hw_fw_activate(engine);
	spin_unlock(&fw->lock);
}

/**
 * hw_fw_attention() - make engines look at the next boundary
 * @hw: the device
 * @ctx: only the engine that this context is on, or NULL for all engines
 *
 * Context: Any if @ctx is NULL, else the model's threads, with the firmware's lock.
 * The caller has made visible what they shall look at.
 */
void hw_fw_attention(struct hw_device *hw, const struct hw_ctx *ctx)
{
	u32 i;

	smp_mb(); /* pairs with hw_fw_boundary() and hw_fw_pick() */
	for (i = 0; i < hw->num_engines; i++) {
		if (ctx && hw->engines[i].ctx != ctx)
			continue;
		WRITE_ONCE(hw->engines[i].attn, true);
		/* it may be asleep in a DELAY */
		wake_up_process(hw->engines[i].task);
	}
}
