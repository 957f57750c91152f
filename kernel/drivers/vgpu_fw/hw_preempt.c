// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/minmax.h>

#include "hw_model.h"

/**
 * DOC: preemption
 *
 * A context has to leave its engine when its turn is over and others of its importance
 * wait, when one of more importance does, or when the host wants it off. Engines look at
 * the end of the turn by themselves between two commands. The firmware's thread looks
 * after those that don't get there.
 *
 * All of it is in device time, which is what an engine has spent, so it stands still for an
 * engine that the machine doesn't let run. A context that was told to leave is late when its
 * engine has spent the timeout and, after that was noticed, more: it went on though it was
 * told. An engine that obeys spends at most one command, or one sleep, after it was told.
 *
 * Then the engine is reset and the context lost. A command may hang so badly that it doesn't
 * notice; then there is nothing left that the firmware can do.
 */

/**
 * hw_fw_leave() - tell a context to leave its engine
 * @engine: the engine, which has a context
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_fw_leave(struct hw_engine *engine)
{
	struct hw_device *hw = engine->hw;

	lockdep_assert_held(&hw->fw.lock);

	if (engine->leave)
		return;
	engine->leave = true;
	engine->leave_by = READ_ONCE(engine->time_ns) + VGPU_PREEMPT_TIMEOUT_NS;
	engine->overdue_ns = 0;
	hw_count(hw, HW_COUNT_LEAVES);
	hw_fw_attention(hw, engine);
	hw_fw_tick(&hw->fw);
}

/**
 * hw_fw_make_room() - have a less important context leave, if need be
 * @hw: the device
 * @ctx: a context that is ready
 *
 * Context: The model's threads, with the firmware's lock.
 */
void hw_fw_make_room(struct hw_device *hw, const struct hw_ctx *ctx)
{
	struct hw_engine *victim = NULL;
	u32 i;

	for (i = 0; i < hw->num_engines; i++) {
		struct hw_engine *engine = &hw->engines[i];

		if (engine->class != ctx->class)
			continue;
		/* it is about to look for work */
		if (!engine->ctx)
			return;
		if (engine->leave || engine->priority >= ctx->priority)
			continue;
		if (!victim || engine->priority < victim->priority)
			victim = engine;
	}
	if (victim)
		hw_fw_leave(victim);
}

/* Importance of the most important context that waits for an engine, or -1. */
static int hw_fw_first_waiting(struct hw_device *hw, u8 class)
{
	int priority = VGPU_PRIORITIES - 1;

	while (priority >= 0 && list_empty(&hw->fw.runlist[class][priority]))
		priority--;
	return priority;
}

/* Returns when to look again, in ns. */
static u64 hw_fw_check_slice(struct hw_engine *engine)
{
	int waiting = hw_fw_first_waiting(engine->hw, engine->class);
	u64 now = READ_ONCE(engine->time_ns);
	u64 end = READ_ONCE(engine->slice_end);

	if (waiting < engine->priority)
		return U64_MAX;
	if (waiting == engine->priority && now < end)
		return end - now;
	hw_fw_leave(engine);
	return HW_STEP_NS;
}

static u64 hw_fw_check_leave(struct hw_engine *engine)
{
	struct hw_device *hw = engine->hw;
	u64 now = READ_ONCE(engine->time_ns);

	if (now < engine->leave_by)
		return min_t(u64, engine->leave_by - now, HW_STEP_NS);
	if (!engine->overdue_ns)
		engine->overdue_ns = now;
	if (now == engine->overdue_ns)
		return HW_STEP_NS;

	hw_count(hw, HW_COUNT_PREEMPT_TIMEOUTS);
	hw_fw_log(&hw->fw, VGPU_LOG_PREEMPT_TIMEOUT, engine->index, engine->ctx->id);
	engine->reset = true;
	hw_fw_attention(hw, engine);
	return HW_STEP_NS;
}

/**
 * hw_fw_deadlines() - look after contexts that have to leave
 * @hw: the device
 *
 * Context: The firmware's thread, with its lock.
 * Return: ns after which to look again, or U64_MAX if there is no need.
 */
u64 hw_fw_deadlines(struct hw_device *hw)
{
	u64 next = U64_MAX;
	u32 i;

	lockdep_assert_held(&hw->fw.lock);

	for (i = 0; i < hw->num_engines; i++) {
		struct hw_engine *engine = &hw->engines[i];

		if (!engine->ctx)
			continue;
		if (engine->reset) {
			/* it wakes this thread when it has found out */
			if (engine->refused)
				hw_fw_die(hw, VGPU_FW_DEAD_ENGINE, engine->index, engine->ctx->id);
			continue;
		}
		next = min(next, engine->leave ? hw_fw_check_leave(engine) :
						 hw_fw_check_slice(engine));
	}
	return next;
}

/**
 * hw_fw_hang_over() - does a command that hangs end after all?
 * @engine: the engine that executes it
 * @kind: how badly it hangs, see %VGPU_CMD_HANG
 * @resets: &hw_device.resets when it began
 *
 * Context: The engine's thread, with a context on the engine.
 * Return: true if the context leaves the engine.
 */
bool hw_fw_hang_over(struct hw_engine *engine, u32 kind, int resets)
{
	struct hw_device *hw = engine->hw;
	bool refused = false;
	bool over = false;

	spin_lock(&hw->fw.lock);
	if (kind == 0 && engine->leave)
		over = true;
	if (engine->reset && kind <= 1)
		over = true;
	if (engine->reset && kind >= 2 && !engine->refused) {
		engine->refused = true;
		refused = true;
	}
	/* the worst kind does not notice the first reset of the device */
	if (hw_is_stopping(hw))
		over |= kind <= 2 || !READ_ONCE(hw->bus_enable) ||
			atomic_read(&hw->presence) != HW_PRESENT ||
			atomic_read(&hw->resets) - resets >= 2;
	spin_unlock(&hw->fw.lock);
	if (refused)
		hw_fw_wake(&hw->fw);
	return over;
}
