// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "hw_model.h"

/**
 * DOC: bus
 *
 * Registers, the interrupt line, and the making and unmaking of the device.
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

/* Raises the line if there is an event that is enabled. */
static void hw_line_update(struct hw_line *line)
{
	int state = atomic_read(&line->state);

	if (!(atomic64_read(&line->status) & atomic64_read(&line->enable)))
		return;

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

/**
 * hw_raise() - something has happened that the host wants to know
 * @hw: the device
 * @events: bits of %VGPU_REG_INT_STATUS
 *
 * Context: Any. The handler is not called before this returns, except on another
 * CPU.
 */
void hw_raise(struct hw_device *hw, u64 events)
{
	/* a full barrier: the events are visible before the state is looked at */
	atomic64_fetch_or(events, &hw->line.status);
	hw_line_update(&hw->line);
}

static u64 hw_bus_rd(struct hw_device *hw, u32 reg)
{
	struct hw_fw *fw = &hw->fw;
	u64 val = 0;
	int i;

	switch (reg) {
	case VGPU_REG_ID:
		return VGPU_ID;
	case VGPU_REG_ENGINES:
		for (i = 0; i < VGPU_CLASSES; i++)
			val |= (u64)hw->per_class[i] << (8 * i);
		return val;
	case VGPU_REG_CONTEXTS:
		return hw->num_ctxs;
	case VGPU_REG_MAX_LENGTH:
		return VGPU_CMD_MAX_LENGTH;
	case VGPU_REG_ACTIVITY:
		return (u64)atomic_read(&fw->running) << 32 | atomic_read(&fw->registered);
	case VGPU_REG_BUS_ENABLE:
		return READ_ONCE(hw->bus_enable);
	case VGPU_REG_INT_STATUS:
		return atomic64_xchg(&hw->line.status, 0);
	case VGPU_REG_INT_ENABLE:
		return atomic64_read(&hw->line.enable);
	case VGPU_REG_H2G_HEAD:
		return atomic64_read_acquire(&fw->h2g_head);
	case VGPU_REG_H2G_TAIL:
		return atomic64_read_acquire(&fw->h2g_tail);
	case VGPU_REG_G2H_HEAD:
		return atomic64_read_acquire(&fw->g2h_head);
	case VGPU_REG_G2H_TAIL:
		return atomic64_read_acquire(&fw->g2h_tail);
	}
	WARN_ONCE(1, "vgpu_fw model: read of unknown register %#x\n", reg);
	return ~0ULL;
}

static void hw_bus_wr(struct hw_device *hw, u32 reg, u64 val)
{
	struct hw_fw *fw = &hw->fw;

	switch (reg) {
	case VGPU_REG_BUS_ENABLE:
		WRITE_ONCE(hw->bus_enable, !!val);
		hw_fw_attention(hw, NULL);
		return;
	case VGPU_REG_INT_SET:
		hw_raise(hw, val);
		return;
	case VGPU_REG_INT_ENABLE:
		atomic64_xchg(&hw->line.enable, val);
		hw_line_update(&hw->line);
		return;
	case VGPU_REG_H2G_BASE:
		WRITE_ONCE(fw->h2g_base, val);
		return;
	case VGPU_REG_H2G_TAIL:
		atomic64_set_release(&fw->h2g_tail, val);
		hw_fw_h2g_moved(hw);
		return;
	case VGPU_REG_G2H_BASE:
		WRITE_ONCE(fw->g2h_base, val);
		return;
	case VGPU_REG_G2H_HEAD:
		atomic64_set_release(&fw->g2h_head, val);
		hw_fw_g2h_moved(hw);
		return;
	case VGPU_REG_DOORBELL:
		hw_fw_doorbell(hw, val);
		return;
	}
	WARN_ONCE(1, "vgpu_fw model: write of unknown register %#x\n", reg);
}

/**
 * hw_device_bus() - what the driver gets to reach the device
 * @hw: the device
 * @bus: filled in
 */
void hw_device_bus(struct hw_device *hw, struct vgpu_bus *bus)
{
	bus->rd = hw_bus_rd;
	bus->wr = hw_bus_wr;
	bus->hw = hw;
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

static int hw_line_init(struct hw_line *line)
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
	return 0;
}

static void hw_line_fini(struct hw_line *line)
{
	atomic64_set(&line->enable, 0);
	/* an interrupt that is under way is a matter of microseconds */
	while (atomic_read(&line->state) != HW_LINE_IDLE)
		schedule_timeout_uninterruptible(1);
	hrtimer_cancel(&line->timer);
	irq_free_desc(line->virq);
}

static void hw_threads_stop(struct hw_device *hw)
{
	u32 i;

	if (hw->fw.task)
		kthread_stop(hw->fw.task);
	for (i = 0; i < hw->num_engines; i++)
		if (hw->engines[i].task)
			kthread_stop(hw->engines[i].task);

	/* only now is there no thread left that could wake another one */
	if (hw->fw.task)
		put_task_struct(hw->fw.task);
	for (i = 0; i < hw->num_engines; i++)
		if (hw->engines[i].task)
			put_task_struct(hw->engines[i].task);
}

static int hw_thread_create(int (*fn)(void *), void *arg, struct task_struct **where,
			    const char *name, u32 index)
{
	struct task_struct *task = kthread_create(fn, arg, "%s%u", name, index);

	if (IS_ERR(task))
		return PTR_ERR(task);
	/* others wake it, whatever happens to it */
	*where = get_task_struct(task);
	return 0;
}

static int hw_threads_create(struct hw_device *hw)
{
	static const char * const names[VGPU_CLASSES] = { "vgpu-compute", "vgpu-copy" };
	u32 index[VGPU_CLASSES] = {};
	int ret;
	u32 i;

	ret = hw_thread_create(hw_fw_thread, hw, &hw->fw.task, "vgpu-fw", 0);
	for (i = 0; !ret && i < hw->num_engines; i++) {
		struct hw_engine *engine = &hw->engines[i];

		ret = hw_thread_create(hw_engine_thread, engine, &engine->task,
				       names[engine->class], index[engine->class]++);
	}
	if (ret) {
		hw_threads_stop(hw);
		return ret;
	}

	/* all of them exist: now they may wake one another */
	wake_up_process(hw->fw.task);
	for (i = 0; i < hw->num_engines; i++)
		wake_up_process(hw->engines[i].task);
	return 0;
}

/**
 * hw_device_create() - make a device and start it
 * @per_class: number of engines of each class, up to %HW_MAX_ENGINES in all
 * @num_ctxs: number of contexts, from 1 to U16_MAX
 *
 * Context: Process context, sleeps.
 * Return: the device, or an ERR_PTR(): -EINVAL for a bad number, or -ENOMEM.
 */
struct hw_device *hw_device_create(const u32 *per_class, u32 num_ctxs)
{
	struct hw_device *hw;
	u32 engines = 0, n;
	int class, ret;
	u32 i;

	for (class = 0; class < VGPU_CLASSES; class++) {
		if (per_class[class] > HW_MAX_ENGINES)
			return ERR_PTR(-EINVAL);
		engines += per_class[class];
	}
	if (!engines || engines > HW_MAX_ENGINES || !num_ctxs || num_ctxs > U16_MAX)
		return ERR_PTR(-EINVAL);

	hw = kvzalloc_flex(*hw, engines, engines);
	if (!hw)
		return ERR_PTR(-ENOMEM);
	hw->num_engines = engines;
	hw->num_ctxs = num_ctxs;
	hw_fw_init(&hw->fw);
	for (i = 0, class = 0; class < VGPU_CLASSES; class++) {
		hw->per_class[class] = per_class[class];
		for (n = 0; n < per_class[class]; n++, i++) {
			hw->engines[i].hw = hw;
			hw->engines[i].class = class;
		}
	}

	hw->ctxs = kvzalloc_objs(*hw->ctxs, num_ctxs + 1);
	if (!hw->ctxs) {
		ret = -ENOMEM;
		goto err_hw;
	}
	for (i = 1; i <= num_ctxs; i++) {
		hw->ctxs[i].id = i;
		INIT_LIST_HEAD(&hw->ctxs[i].run_node);
		INIT_LIST_HEAD(&hw->ctxs[i].news_node);
	}

	ret = hw_line_init(&hw->line);
	if (ret)
		goto err_ctxs;
	ret = hw_threads_create(hw);
	if (ret)
		goto err_line;
	return hw;

err_line:
	hw_line_fini(&hw->line);
err_ctxs:
	kvfree(hw->ctxs);
err_hw:
	kvfree(hw);
	return ERR_PTR(ret);
}

/**
 * hw_device_destroy() - stop a device and free it
 * @hw: the device, which no driver uses any more
 *
 * Warns about what the driver should have undone.
 *
 * Context: Process context, sleeps.
 */
void hw_device_destroy(struct hw_device *hw)
{
	WARN(atomic_read(&hw->fw.registered), "vgpu_fw model: %d contexts still registered\n",
	     atomic_read(&hw->fw.registered));
	WARN(atomic_read(&hw->fw.running), "vgpu_fw model: %d engines still busy\n",
	     atomic_read(&hw->fw.running));
	WARN(atomic64_read(&hw->line.enable), "vgpu_fw model: interrupt still enabled\n");

	hw_threads_stop(hw);
	hw_line_fini(&hw->line);
	kvfree(hw->ctxs);
	kvfree(hw);
}
