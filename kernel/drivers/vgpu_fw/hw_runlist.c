// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/bitops.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include "hw_model.h"

/**
 * DOC: runlist
 *
 * The half of the firmware that decides who runs. Engines run it: when they look for
 * work, at a boundary when their attention is called for, and when they give a
 * context back. Contexts of a class and priority take turns.
 *
 * A write to the doorbell puts the context on a lock-free list and wakes an idle
 * engine, or, if there is none, the firmware's thread, unless that will look soon anyhow.
 * Who looks moves the list to the runlist. A doorbell of a context that is on an engine, or
 * on the runlist, is dropped: the engine looks at the ring once more when it gives the
 * context back. One that comes before the context is enabled is dropped, too: enabling
 * looks at the ring.
 *
 * An engine that is idle, or asleep, is not active: it holds no translation that it would
 * use. So nobody has to wait for it to invalidate any; it catches up when it becomes
 * active.
 */

static bool hw_fw_wake_idle(struct hw_device *hw, u8 class)
{
	u32 i;

	for (i = 0; i < hw->num_engines; i++) {
		struct hw_engine *engine = &hw->engines[i];

		if (engine->class == class && atomic_xchg(&engine->idle, 0)) {
			wake_up_process(engine->task);
			return true;
		}
	}
	return false;
}

/**
 * hw_fw_kick() - wake somebody who sees to it that a context gets to run
 * @hw: the device
 * @class: class of the context
 *
 * Context: Any.
 */
void hw_fw_kick(struct hw_device *hw, u8 class)
{
	/* if no engine is idle, there now is somebody who waits for his turn */
	if (!hw_fw_wake_idle(hw, class))
		hw_fw_tick(&hw->fw);
}

/**
 * hw_fw_make_ready() - put a context on the runlist
 * @hw: the device
 * @ctx: the context, which is enabled and on no list
 *
 * The caller wakes somebody, if need be, see hw_fw_kick().
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_fw_make_ready(struct hw_device *hw, struct hw_ctx *ctx)
{
	lockdep_assert_held(&hw->fw.lock);

	hw_ctx_set_state(ctx, HW_CTX_READY);
	list_add_tail(&ctx->run_node, &hw->fw.runlist[ctx->class][ctx->priority]);
	hw_fw_make_room(hw, ctx);
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

/* Would it have to wait for one that is less important? A hint. */
static bool hw_fw_is_urgent(struct hw_device *hw, const struct hw_ctx *ctx)
{
	u8 priority = READ_ONCE(ctx->priority);
	u8 class = READ_ONCE(ctx->class);
	u32 i;

	for (i = 0; i < hw->num_engines; i++)
		if (hw->engines[i].class == class &&
		    READ_ONCE(hw->engines[i].priority) < priority)
			return true;
	return false;
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
	enum hw_ctx_state state;
	struct hw_ctx *ctx;

	if (!id || id > hw->num_ctxs)
		return;
	hw_count(hw, HW_COUNT_DOORBELLS);
	if (hw_fault(&hw->faults, HW_KNOB_DOORBELL_LOSE))
		return;

	ctx = &hw->ctxs[id];
	smp_mb(); /* pairs with hw_ctx_settle() */
	state = READ_ONCE(ctx->state);
	if (state == HW_CTX_RUNNING || state == HW_CTX_READY)
		return;
	if (!atomic_xchg(&ctx->rung, 1)) {
		llist_add(&ctx->doorbell_node, &hw->fw.doorbells);
		/* pairs with set_current_state() of the threads */
		smp_mb();
		if (hw_fw_wake_idle(hw, READ_ONCE(ctx->class)))
			return;
		if (hw_fw_is_urgent(hw, ctx))
			hw_fw_wake(&hw->fw);
		else
			hw_fw_tick(&hw->fw);
	}
}

/**
 * hw_fw_answer_doorbells() - move doorbells to the runlist
 * @hw: the device
 *
 * Context: The model's threads, with the firmware's lock.
 * Return: the classes that got something to do, as bits.
 */
unsigned long hw_fw_answer_doorbells(struct hw_device *hw)
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
 * Return: true if there may be one that is at least as important.
 */
bool hw_fw_competition(struct hw_engine *engine)
{
	struct hw_fw *fw = &engine->hw->fw;
	u32 priority;

	if (!llist_empty(&fw->doorbells))
		return true;
	for (priority = READ_ONCE(engine->priority); priority < VGPU_PRIORITIES; priority++)
		if (!list_empty(&fw->runlist[engine->class][priority]))
			return true;
	return false;
}

static void hw_fw_scheduled(struct hw_fw *fw, struct hw_ctx *ctx, bool scheduled)
{
	if (ctx->notify) {
		ctx->scheduled = scheduled;
		hw_fw_note(fw, ctx);
	}
}

static struct hw_ctx *hw_fw_choose(struct hw_engine *engine)
{
	struct hw_fw *fw = &engine->hw->fw;
	int priority;

	for (priority = VGPU_PRIORITIES - 1; priority >= 0; priority--) {
		struct hw_ctx *ctx;

		ctx = list_first_entry_or_null(&fw->runlist[engine->class][priority],
					       struct hw_ctx, run_node);
		if (ctx)
			return ctx;
	}
	return NULL;
}

/* The context's turn begins. */
static void hw_fw_put_on(struct hw_engine *engine, struct hw_ctx *ctx)
{
	struct hw_fw *fw = &engine->hw->fw;

	list_del_init(&ctx->run_node);
	hw_ctx_set_state(ctx, HW_CTX_RUNNING);
	engine->ctx = ctx;
	WRITE_ONCE(engine->priority, ctx->priority);
	engine->leave = false;
	engine->reset = false;
	engine->refused = false;
	engine->overdue_ns = 0;
	WRITE_ONCE(engine->slice_end, engine->time_ns + VGPU_SLICE_NS);
	engine->pace_time = engine->time_ns;
	engine->paced_at = engine->time_ns;
	engine->pace_wall = ktime_get_ns();
	atomic_inc(&fw->running);
	hw_fw_activate(engine);
	hw_fw_scheduled(fw, ctx, true);
	hw_count(engine->hw, HW_COUNT_PICKS);
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
	unsigned long classes = 0;
	enum hw_news news = HW_NEWS_NONE;
	u8 class;

	spin_lock(&fw->lock);
	WRITE_ONCE(engine->attn, false);
	smp_mb(); /* pairs with hw_fw_attention() */
	if (hw_is_able(hw)) {
		classes = hw_fw_answer_doorbells(hw);
		hw_block_look(hw, engine->class);
		ctx = hw_fw_choose(engine);
	}
	if (ctx && hw_fault(&hw->faults, HW_KNOB_FW_DIE)) {
		hw_fw_die(hw, VGPU_FW_DEAD_FAULT, 0, 0);
		ctx = NULL;
	}
	if (ctx) {
		hw_fw_put_on(engine, ctx);
		atomic_xchg(&engine->idle, 0);
	}
	if (!list_empty(&fw->news) || fw->dead_owed)
		news = hw_fw_flush_news(hw);
	spin_unlock(&fw->lock);
	hw_fw_raise_news(hw, news);

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
	enum hw_news news;
	bool leave;

	spin_lock(&hw->fw.lock);
	WRITE_ONCE(engine->attn, false);
	smp_mb(); /* pairs with hw_fw_attention() */
	hw_fw_activate(engine);
	leave = engine->leave || engine->reset || hw_is_stopping(hw);
	news = hw_fw_flush_news(hw);
	spin_unlock(&hw->fw.lock);
	hw_fw_raise_news(hw, news);
	return leave;
}

/* Where the context goes that has just left its engine. */
static void hw_fw_take_back(struct hw_engine *engine, struct hw_ctx *ctx, enum hw_reason reason)
{
	struct hw_device *hw = engine->hw;
	bool answer = ctx->off_wanted || ctx->dead_wanted;

	if (engine->reset && !hw->fw.dead) {
		hw_count(hw, HW_COUNT_ENGINE_RESETS);
		hw_fw_log(&hw->fw, VGPU_LOG_ENGINE_RESET, engine->index, ctx->id);
		hw_mmu_flush(engine);
	}
	if (reason == HW_FAULT)
		hw_ctx_die(hw, ctx, VGPU_DEAD_FAULT);
	else if (ctx->dead_wanted)
		hw_ctx_die(hw, ctx, VGPU_DEAD_RESET);
	else if (engine->reset)
		hw_ctx_die(hw, ctx, VGPU_DEAD_PREEMPT);
	else if (ctx->off_wanted)
		hw_ctx_set_state(ctx, HW_CTX_REGISTERED);
	else if (reason == HW_BLOCK)
		hw_block(hw, ctx, &engine->wait);
	else
		hw_ctx_settle(hw, ctx);

	ctx->off_wanted = false;
	ctx->dead_wanted = false;
	if (answer)
		hw_fw_ack(hw, ctx, VGPU_ACK_OK);
}

/**
 * hw_fw_give_back() - the context leaves the engine
 * @engine: the engine
 * @reason: why
 *
 * Context: The engine's thread, with a context on the engine.
 */
void hw_fw_give_back(struct hw_engine *engine, enum hw_reason reason)
{
	struct hw_device *hw = engine->hw;
	struct hw_fw *fw = &hw->fw;
	enum hw_news news;
	struct hw_ctx *ctx;
	bool stopping;

	spin_lock(&fw->lock);
	ctx = engine->ctx;
	engine->ctx = NULL;
	engine->active = false;
	WRITE_ONCE(engine->priority, VGPU_PRIORITIES);
	hw_fw_scheduled(fw, ctx, false);
	hw_fw_take_back(engine, ctx, reason);
	/* also invalidations that this engine held up */
	news = hw_fw_flush_news(hw);
	/* who sees it sees what the engine has written */
	atomic_fetch_dec(&fw->running);
	stopping = hw_is_stopping(hw);
	spin_unlock(&fw->lock);
	hw_fw_raise_news(hw, news);
	if (stopping)
		hw_fw_wake(fw);
}

static void hw_fw_set_active(struct hw_engine *engine, bool active)
{
	struct hw_device *hw = engine->hw;
	enum hw_news news = HW_NEWS_NONE;

	spin_lock(&hw->fw.lock);
	if (active) {
		hw_fw_activate(engine);
	} else {
		engine->active = false;
		news = hw_fw_flush_news(hw);
	}
	spin_unlock(&hw->fw.lock);
	hw_fw_raise_news(hw, news);
}

/**
 * hw_fw_park() - the engine is going to sleep, and uses no translation meanwhile
 * @engine: the engine
 *
 * Context: The engine's thread, with a context on the engine.
 */
void hw_fw_park(struct hw_engine *engine)
{
	hw_fw_set_active(engine, false);
}

/**
 * hw_fw_unpark() - the engine has slept enough
 * @engine: the engine
 *
 * Context: The engine's thread, with a context on the engine.
 */
void hw_fw_unpark(struct hw_engine *engine)
{
	hw_fw_set_active(engine, true);
}

/**
 * hw_fw_attention() - make an engine look at the next boundary
 * @hw: the device
 * @engine: the engine, or NULL for all
 *
 * Context: Any. The caller has made visible what it shall look at.
 */
void hw_fw_attention(struct hw_device *hw, struct hw_engine *engine)
{
	u32 i;

	smp_mb(); /* pairs with hw_fw_boundary() and hw_fw_pick() */
	for (i = 0; i < hw->num_engines; i++) {
		if (engine && engine != &hw->engines[i])
			continue;
		WRITE_ONCE(hw->engines[i].attn, true);
		/* it may be asleep */
		wake_up_process(hw->engines[i].task);
	}
}
