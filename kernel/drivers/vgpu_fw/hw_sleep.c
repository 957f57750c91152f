// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "hw_model.h"

/**
 * DOC: time
 *
 * Device time is counted, not measured: so much per command and per word. There are three
 * reasons for which an engine sleeps with a context on it: a DELAY; a command that hangs;
 * and, if it was told to keep pace, when it has spent more time than has passed. It sleeps
 * in steps, without translations, and the firmware wakes it when it wants something.
 *
 * What it has slept is spent, but not more than a little longer than it wanted to sleep: if
 * the machine didn't let it run, that is not the context's fault.
 */

/* The thread has said that it is going to sleep. Returns the ns that it slept. */
static u64 hw_sleep(u64 ns)
{
	ktime_t timeout = ns_to_ktime(min_t(u64, ns, HW_STEP_NS));
	u64 start = ktime_get_ns();

	schedule_hrtimeout(&timeout, HRTIMER_MODE_REL);
	return min_t(u64, ktime_get_ns() - start, ktime_to_ns(timeout) + HW_STEP_NS);
}

static bool hw_turn_is_over(struct hw_engine *engine)
{
	return engine->time_ns >= engine->slice_end && hw_fw_competition(engine);
}

/**
 * hw_delay() - sleep for what is left of a DELAY
 * @engine: the engine
 * @page: the context on it
 *
 * Context: The engine's thread, with a context on the engine. Sleeps.
 * Return: %HW_STAY or %HW_LEAVE. If there is some left, the firmware wants something.
 */
enum hw_reason hw_delay(struct hw_engine *engine, struct vgpu_ctx_page *page)
{
	enum hw_reason reason = HW_STAY;

	hw_done_flush(engine);
	hw_fw_park(engine);
	for (;;) {
		u64 slept;

		set_current_state(TASK_IDLE);
		/*
		 * From here on nobody who wants something is missed: they make
		 * their wish visible first, then wake the thread.
		 */
		if (!page->delay_left || READ_ONCE(engine->attn))
			break;
		if (hw_turn_is_over(engine)) {
			reason = HW_LEAVE;
			break;
		}
		slept = min(hw_sleep(page->delay_left), page->delay_left);
		WRITE_ONCE(page->delay_left, page->delay_left - slept);
		hw_spend(engine, page, slept);
	}
	__set_current_state(TASK_RUNNING);
	hw_fw_unpark(engine);
	return reason;
}

/**
 * hw_hang() - never end
 * @engine: the engine
 * @page: the context on it
 * @kind: what it takes to end it nevertheless, see %VGPU_CMD_HANG
 *
 * Context: The engine's thread, with a context on the engine. Sleeps.
 * Return: %HW_LEAVE.
 */
enum hw_reason hw_hang(struct hw_engine *engine, struct vgpu_ctx_page *page, u32 kind)
{
	int resets = atomic_read(&engine->hw->resets);

	hw_done_flush(engine);
	hw_fw_park(engine);
	for (;;) {
		set_current_state(TASK_IDLE);
		if (hw_fw_hang_over(engine, kind, resets) || (!kind && hw_turn_is_over(engine)))
			break;
		hw_spend(engine, page, hw_sleep(HW_STEP_NS));
	}
	__set_current_state(TASK_RUNNING);
	hw_fw_unpark(engine);
	return HW_LEAVE;
}

/**
 * hw_pace() - sleep if more device time was spent than has passed
 * @engine: the engine
 *
 * Looks from time to time only.
 *
 * Context: The engine's thread, with a context on the engine. May sleep.
 */
void hw_pace(struct hw_engine *engine)
{
	s64 ahead;

	if (!engine->hw->config.paced || engine->time_ns - engine->paced_at < HW_NAP_NS)
		return;
	engine->paced_at = engine->time_ns;
	ahead = (engine->time_ns - engine->pace_time) - (ktime_get_ns() - engine->pace_wall);
	if (ahead < HW_NAP_NS)
		return;

	hw_done_flush(engine);
	hw_fw_park(engine);
	set_current_state(TASK_IDLE);
	if (!READ_ONCE(engine->attn))
		hw_sleep(ahead);
	__set_current_state(TASK_RUNNING);
	hw_fw_unpark(engine);
}
