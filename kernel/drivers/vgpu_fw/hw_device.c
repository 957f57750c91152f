// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "hw_model.h"

/**
 * DOC: device
 *
 * The making and unmaking of the device: its memory, its threads, its files. All that it
 * ever needs is allocated here.
 */

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
 * @config: what kind of device
 *
 * Context: Process context, sleeps.
 * Return: the device, or an ERR_PTR(): -EINVAL for a bad number, or -ENOMEM.
 */
struct hw_device *hw_device_create(const struct hw_config *config)
{
	struct hw_device *hw;
	u32 engines = 0, n;
	int class, ret;
	u32 i;

	for (class = 0; class < VGPU_CLASSES; class++) {
		if (config->engines[class] > HW_MAX_ENGINES)
			return ERR_PTR(-EINVAL);
		engines += config->engines[class];
	}
	if (!engines || engines > HW_MAX_ENGINES || !config->ctxs || config->ctxs > U16_MAX)
		return ERR_PTR(-EINVAL);

	hw = kvzalloc_flex(*hw, engines, engines);
	if (!hw)
		return ERR_PTR(-ENOMEM);
	hw->num_engines = engines;
	hw->num_ctxs = config->ctxs;
	hw->config = *config;
	hw_fw_init(&hw->fw);
	for (i = 0, class = 0; class < VGPU_CLASSES; class++) {
		for (n = 0; n < config->engines[class]; n++, i++) {
			hw->engines[i].hw = hw;
			hw->engines[i].index = i;
			hw->engines[i].class = class;
			hw->engines[i].priority = VGPU_PRIORITIES;
		}
	}

	hw->ctxs = kvzalloc_objs(*hw->ctxs, hw->num_ctxs + 1);
	if (!hw->ctxs) {
		ret = -ENOMEM;
		goto err_hw;
	}
	for (i = 1; i <= hw->num_ctxs; i++) {
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
	hw_faults_init(&hw->faults);
	hw_debugfs_init(hw);
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
 * hw_device_check_unused() - has the driver undone all that it did?
 * @hw: the device, which has no driver any more
 *
 * Warns if not.
 *
 * Context: Any.
 */
void hw_device_check_unused(struct hw_device *hw)
{
	int registered = atomic_read(&hw->fw.registered);
	int running = atomic_read(&hw->fw.running);
	u64 enable = atomic64_read(&hw->line.enable);

	WARN(registered || running || enable,
	     "vgpu_fw model: left behind: %d contexts, %d busy engines, interrupts %#llx\n",
	     registered, running, enable);
}

/**
 * hw_device_destroy() - stop a device and free it
 * @hw: the device, which has no driver any more
 *
 * Context: Process context, sleeps.
 */
void hw_device_destroy(struct hw_device *hw)
{
	hw_debugfs_fini(hw);
	hw_faults_fini(&hw->faults);
	hw_threads_stop(hw);
	hw_line_fini(&hw->line);
	kvfree(hw->ctxs);
	kvfree(hw);
}
