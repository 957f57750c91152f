// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/cpumask.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "hw_model.h"

/**
 * DOC: interrupt line
 *
 * The line behaves as a level: it stays raised until the handler has seen all
 * events. The kernel's simple flow handler doesn't give us that: it drops an event
 * that comes while the handler runs on another CPU. So the line has a state:
 *
 * ::
 *
 *	           raise               delivered             raise
 *	IDLE -----------------> FIRED -----------> RUNNING ---------> RERUN
 *	  ^                                         |   ^               |
 *	  +------------- handler returned ----------+   +-- once more --+
 *
 * Raising sets the event first and looks at the state then; delivery goes to
 * RUNNING before the handler looks at the events. So there are never two handlers,
 * no event is lost, and what sends the interrupt is free whenever the line is IDLE.
 *
 * The interrupt is sent from another CPU by a function call: that is a hard
 * interrupt on UML, too, and fast. A call to the own CPU would not be one, so where
 * there is no other CPU a timer does it.
 */

enum hw_line_state {
	HW_LINE_IDLE,
	HW_LINE_FIRED,
	HW_LINE_RUNNING,
	HW_LINE_RERUN,
};

static void hw_line_deliver(struct hw_line *line)
{
	do {
		atomic_xchg(&line->state, HW_LINE_RUNNING);
		hw_count(container_of(line, struct hw_device, line), HW_COUNT_DELIVERIES);
		generic_handle_irq(line->virq);
	} while (atomic_cmpxchg(&line->state, HW_LINE_RUNNING, HW_LINE_IDLE) != HW_LINE_RUNNING);
}

static void hw_line_called(void *arg)
{
	hw_line_deliver(arg);
}

static enum hrtimer_restart hw_line_expired(struct hrtimer *timer)
{
	hw_line_deliver(container_of(timer, struct hw_line, timer));
	return HRTIMER_NORESTART;
}

static void hw_line_send(struct hw_line *line)
{
	unsigned int cpu = get_cpu();
	unsigned int other = cpumask_any_but(cpu_online_mask, cpu);

	if (other >= nr_cpu_ids || smp_call_function_single_async(other, &line->csd))
		hrtimer_start(&line->timer, 0, HRTIMER_MODE_REL);
	put_cpu();
}

/* Sees to it that the handler runs once more. */
static void hw_line_fire(struct hw_line *line)
{
	int state = atomic_read(&line->state);

	for (;;) {
		switch (state) {
		case HW_LINE_IDLE:
			if (!atomic_try_cmpxchg(&line->state, &state, HW_LINE_FIRED))
				continue;
			hw_line_send(line);
			return;
		case HW_LINE_RUNNING:
			if (!atomic_try_cmpxchg(&line->state, &state, HW_LINE_RERUN))
				continue;
			return;
		default:
			return;
		}
	}
}

static void hw_line_update(struct hw_line *line)
{
	if (atomic64_read(&line->status) & atomic64_read(&line->enable))
		hw_line_fire(line);
}

static enum hrtimer_restart hw_line_late(struct hrtimer *timer)
{
	struct hw_line *line = container_of(timer, struct hw_line, late_timer);

	hw_line_set(container_of(line, struct hw_device, line), atomic64_xchg(&line->late, 0));
	return HRTIMER_NORESTART;
}

/**
 * hw_line_enable() - which events raise the line
 * @line: the line
 * @events: bits of %VGPU_REG_INT_STATUS
 *
 * Context: Any.
 */
void hw_line_enable(struct hw_line *line, u64 events)
{
	atomic64_xchg(&line->enable, events);
	hw_line_update(line);
}

/**
 * hw_line_set() - set events, and raise the line if one is enabled
 * @hw: the device
 * @events: bits of %VGPU_REG_INT_STATUS
 *
 * Context: Any. The handler is not called before this returns, except on another
 * CPU.
 */
void hw_line_set(struct hw_device *hw, u64 events)
{
	/* a full barrier: the events are visible before the state is looked at */
	atomic64_fetch_or(events, &hw->line.status);
	hw_line_update(&hw->line);
}

/**
 * hw_raise() - something has happened that the host wants to know
 * @hw: the device
 * @events: bits of %VGPU_REG_INT_STATUS
 *
 * As hw_line_set(), but may be made to go wrong.
 *
 * Context: Any.
 */
void hw_raise(struct hw_device *hw, u64 events)
{
	struct hw_line *line = &hw->line;

	if (atomic_read(&hw->presence) == HW_GONE)
		return;
	hw_count(hw, HW_COUNT_RAISES);
	if (hw_fault(&hw->faults, HW_KNOB_IRQ_LOSE))
		return;
	if (hw_fault(&hw->faults, HW_KNOB_IRQ_SPURIOUS) && atomic64_read(&line->enable))
		hw_line_fire(line);
	if (hw_fault(&hw->faults, HW_KNOB_IRQ_DELAY)) {
		u64 us = hw_fault_arg(&hw->faults, HW_KNOB_IRQ_DELAY);

		/* who finds some there may rely on the timer */
		if (!atomic64_fetch_or(events, &line->late))
			hrtimer_start(&line->late_timer, ns_to_ktime(1000 * us), HRTIMER_MODE_REL);
		return;
	}
	hw_line_set(hw, events);
}

/**
 * hw_device_irq() - the number of the device's interrupt
 * @hw: the device
 *
 * Return: a number that request_irq() takes.
 */
int hw_device_irq(struct hw_device *hw)
{
	return hw->line.virq;
}

/**
 * hw_line_init() - make the line
 * @line: the line, zeroed
 *
 * Context: Process context, allocates.
 * Return: 0 or a negative errno.
 */
int hw_line_init(struct hw_line *line)
{
	int virq;

	/*
	 * Without an owner: who requests the interrupt would pin it, but that is
	 * the driver in this very module, which then could never be unloaded.
	 */
	virq = __irq_alloc_descs(-1, 0, 1, NUMA_NO_NODE, NULL, NULL);
	if (virq < 0)
		return virq;
	line->virq = virq;
	irq_set_chip_and_handler(virq, &dummy_irq_chip, handle_simple_irq);
	irq_clear_status_flags(virq, IRQ_NOREQUEST | IRQ_NOPROBE);
	INIT_CSD(&line->csd, hw_line_called, line);
	hrtimer_setup(&line->timer, hw_line_expired, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_setup(&line->late_timer, hw_line_late, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	return 0;
}

/**
 * hw_line_fini() - unmake the line
 * @line: the line, which nobody raises any more
 *
 * Context: Process context, waits for an interrupt that is under way.
 */
void hw_line_fini(struct hw_line *line)
{
	atomic64_set(&line->enable, 0);
	hrtimer_cancel(&line->late_timer);
	/* an interrupt that is under way is a matter of microseconds */
	while (atomic_read(&line->state) != HW_LINE_IDLE)
		schedule_timeout_uninterruptible(1);
	hrtimer_cancel(&line->timer);
	irq_free_desc(line->virq);
}
