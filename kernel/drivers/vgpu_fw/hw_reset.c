// SPDX-License-Identifier: GPL-2.0 OR MIT

#include "hw_model.h"

/**
 * DOC: reset
 *
 * Switching the device on and off, from above the firmware. A register write only leaves
 * a wish and wakes everybody. Engines obey between two commands, and the firmware's thread
 * cleans up when the last one has: all contexts and messages are forgotten, and the
 * firmware is off until it is started.
 *
 * There are three ways to stop the engines. A reset can be refused, by fault injection or by
 * a command that hangs badly enough; then nothing happens until it is asked for again. Clearing
 * the bus enable bit can't: each engine gives its context back, and a reset that was refused
 * takes place. And the device may be pulled
 * out: then it does as for a reset that can't be refused, and all registers read as ones when
 * that is over. Not before, as the host concludes that nothing writes to its memory any more.
 */

static bool hw_reset_pending(struct hw_device *hw)
{
	return atomic_read(&hw->resets) != READ_ONCE(hw->resets_done);
}

/**
 * hw_is_stopping() - has every engine to stop at the next boundary?
 * @hw: the device
 *
 * Context: Any.
 * Return: true if so.
 */
bool hw_is_stopping(struct hw_device *hw)
{
	if (!READ_ONCE(hw->bus_enable) || atomic_read(&hw->presence) != HW_PRESENT)
		return true;
	return hw_reset_pending(hw) && !READ_ONCE(hw->reset_refused);
}

/**
 * hw_is_able() - may the firmware give contexts to engines?
 * @hw: the device
 *
 * Context: The model's threads, with the firmware's lock.
 * Return: true if so.
 */
bool hw_is_able(struct hw_device *hw)
{
	return READ_ONCE(hw->fw.on) && !hw->fw.dead && READ_ONCE(hw->bus_enable) &&
	       atomic_read(&hw->presence) == HW_PRESENT && !hw_reset_pending(hw);
}

/**
 * hw_activity() - what the host sees of it
 * @hw: the device
 *
 * Context: Any.
 * Return: value of %VGPU_REG_ACTIVITY; not 0 as long as a reset is not over.
 */
u64 hw_activity(struct hw_device *hw)
{
	bool pending = hw_reset_pending(hw);
	u64 running = atomic_read_acquire(&hw->fw.running);

	if (pending && !running)
		running = 1;
	return running << 32 | (u32)atomic_read(&hw->fw.registered);
}

static void hw_stop_all(struct hw_device *hw)
{
	hw_fw_attention(hw, NULL);
	hw_fw_wake(&hw->fw);
}

/**
 * hw_reset() - reset the device
 * @hw: the device
 *
 * Context: Any. Does not wait, see hw_activity().
 */
void hw_reset(struct hw_device *hw)
{
	hw_count(hw, HW_COUNT_RESETS);
	WRITE_ONCE(hw->reset_refused, hw_fault(&hw->faults, HW_KNOB_HALT_REFUSE));
	/* fully ordered: who sees the wish sees whether it is refused */
	atomic_inc_return(&hw->resets);
	hw_stop_all(hw);
}

/**
 * hw_pull() - the device vanishes
 * @hw: the device
 *
 * Context: Any. Does not wait.
 */
void hw_pull(struct hw_device *hw)
{
	if (atomic_cmpxchg(&hw->presence, HW_PRESENT, HW_LEAVING) == HW_PRESENT)
		hw_stop_all(hw);
}

/**
 * hw_plug() - a device that has vanished is there again
 * @hw: the device
 *
 * It is as if it had been reset, and switched off. Nothing happens as long as it is about
 * to vanish, or if it is there.
 *
 * Context: Any.
 */
void hw_plug(struct hw_device *hw)
{
	atomic_cmpxchg(&hw->presence, HW_GONE, HW_PRESENT);
}

/**
 * hw_bus_switch() - let the engines run, or not
 * @hw: the device
 * @on: what %VGPU_REG_BUS_ENABLE becomes
 *
 * Context: Any. Does not wait.
 */
void hw_bus_switch(struct hw_device *hw, bool on)
{
	struct hw_fw *fw = &hw->fw;

	WRITE_ONCE(hw->bus_enable, on);
	if (on && !READ_ONCE(fw->on) && !hw_reset_pending(hw) &&
	    !hw_fault(&hw->faults, HW_KNOB_BOOT_REFUSE)) {
		hw_count(hw, HW_COUNT_BOOTS);
		WRITE_ONCE(fw->on, true);
	}
	hw_stop_all(hw);
}

/* All that the firmware ever knew. */
static void hw_forget_all(struct hw_device *hw)
{
	struct hw_fw *fw = &hw->fw;
	struct hw_ctx *ctx, *next;
	u32 id;

	/* engines flush what they remember before they use it again */
	fw->tlb_ticket++;
	llist_for_each_entry_safe(ctx, next, llist_del_all(&fw->doorbells), doorbell_node)
		atomic_xchg(&ctx->rung, 0);
	for (id = 1; id <= hw->num_ctxs; id++)
		if (hw->ctxs[id].state != HW_CTX_NONE)
			hw_ctx_forget(hw, &hw->ctxs[id]);
	/* those that owe an answer to their last request have been forgotten before */
	list_for_each_entry_safe(ctx, next, &fw->news, news_node) {
		list_del_init(&ctx->news_node);
		ctx->ack_owed = false;
	}
	fw->held = NULL;
	fw->hello_owed = false;
	fw->pong_owed = false;
	fw->dead_owed = false;
	fw->dead = false;
	fw->stall_ns = 0;
	fw->tlb_first = fw->tlb_next;
	fw->log_sent = fw->log_next;
	WRITE_ONCE(fw->full, false);
	atomic64_set_release(&fw->h2g_head, atomic64_read(&fw->h2g_tail));
	WRITE_ONCE(fw->on, false);
}

/**
 * hw_reset_go_on() - finish what has to be done when all engines have stopped
 * @hw: the device
 *
 * Does nothing if there is nothing to finish, or if they have not.
 *
 * Context: The firmware's thread, with its lock.
 */
void hw_reset_go_on(struct hw_device *hw)
{
	/* one that comes from now on is another one */
	int resets = atomic_read(&hw->resets);
	bool leaving = atomic_read(&hw->presence) == HW_LEAVING;

	lockdep_assert_held(&hw->fw.lock);

	if (!leaving && resets == hw->resets_done)
		return;
	/* but a device that is cut off from the bus can refuse nothing */
	if (!leaving && READ_ONCE(hw->reset_refused) && READ_ONCE(hw->bus_enable))
		return;
	/* the last one to stop wakes this thread */
	if (atomic_read(&hw->fw.running))
		return;

	hw_forget_all(hw);
	WRITE_ONCE(hw->resets_done, resets);
	if (leaving) {
		WRITE_ONCE(hw->bus_enable, false);
		hw_line_enable(&hw->line, 0);
		atomic_set_release(&hw->presence, HW_GONE);
	}
}
