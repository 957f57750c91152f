// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/seq_file.h>

#include "hw_model.h"

/**
 * DOC: looking inside
 *
 * Files in debugfs that show what the model thinks, for those who look for a mistake. A
 * real device has some such thing, too, but what it shows may not be used by the driver.
 */

static const char * const hw_state_names[] = {
	[HW_CTX_NONE] = "none",
	[HW_CTX_REGISTERED] = "registered",
	[HW_CTX_IDLE] = "idle",
	[HW_CTX_READY] = "ready",
	[HW_CTX_RUNNING] = "running",
	[HW_CTX_BLOCKED] = "blocked",
	[HW_CTX_DEAD] = "dead",
};

static const char * const hw_counter_names[HW_COUNTERS] = {
	[HW_COUNT_RAISES] = "raises",
	[HW_COUNT_DELIVERIES] = "deliveries",
	[HW_COUNT_DOORBELLS] = "doorbells",
	[HW_COUNT_H2G] = "h2g_messages",
	[HW_COUNT_G2H] = "g2h_messages",
	[HW_COUNT_PICKS] = "picks",
	[HW_COUNT_LEAVES] = "leaves",
	[HW_COUNT_BLOCKS] = "blocks",
	[HW_COUNT_FAULTS] = "faults",
	[HW_COUNT_PREEMPT_TIMEOUTS] = "preempt_timeouts",
	[HW_COUNT_ENGINE_RESETS] = "engine_resets",
	[HW_COUNT_RESETS] = "resets",
	[HW_COUNT_BOOTS] = "boots",
	[HW_COUNT_DEATHS] = "deaths",
	[HW_COUNT_INVALIDATIONS] = "invalidations",
	[HW_COUNT_STALE] = "stale",
};

static const char *hw_log_name(u32 what)
{
	switch (what) {
	case VGPU_LOG_BOOT:
		return "boot";
	case VGPU_LOG_ENGINE_RESET:
		return "engine_reset";
	case VGPU_LOG_PREEMPT_TIMEOUT:
		return "preempt_timeout";
	}
	return "unknown";
}

static void hw_state_show_engine(struct seq_file *m, const struct hw_engine *engine)
{
	seq_printf(m, "engine%u: class %u ctx %u active %d leave %d reset %d refused %d",
		   engine->index, engine->class, engine->ctx ? engine->ctx->id : 0, engine->active,
		   engine->leave, engine->reset, engine->refused);
	seq_printf(m, " time_ns %llu jobs %llu commands %llu\n", READ_ONCE(engine->time_ns),
		   READ_ONCE(engine->jobs), READ_ONCE(engine->commands));
}

static int hw_state_show(struct seq_file *m, void *unused)
{
	struct hw_device *hw = m->private;
	struct hw_fw *fw = &hw->fw;
	u32 i;

	spin_lock(&fw->lock);
	seq_printf(m, "presence: %d\n", atomic_read(&hw->presence));
	seq_printf(m, "bus_enable: %d\n", READ_ONCE(hw->bus_enable));
	seq_printf(m, "firmware: %s\n", !READ_ONCE(fw->on) ? "off" : fw->dead ? "dead" : "on");
	seq_printf(m, "resets: %d done %d refused %d\n", atomic_read(&hw->resets),
		   hw->resets_done, READ_ONCE(hw->reset_refused));
	seq_printf(m, "contexts: registered %d running %d blocked %u\n",
		   atomic_read(&fw->registered), atomic_read(&fw->running), fw->num_blocked);
	seq_printf(m, "h2g: head %lld tail %lld\n", atomic64_read(&fw->h2g_head),
		   atomic64_read(&fw->h2g_tail));
	seq_printf(m, "g2h: head %lld tail %lld full %d news %d\n", atomic64_read(&fw->g2h_head),
		   atomic64_read(&fw->g2h_tail), READ_ONCE(fw->full), !list_empty(&fw->news));
	seq_printf(m, "invalidations: ticket %llu unanswered %llu\n", fw->tlb_ticket,
		   fw->tlb_next - fw->tlb_first);
	seq_printf(m, "line: state %d status %#llx enable %#llx\n", atomic_read(&hw->line.state),
		   atomic64_read(&hw->line.status), atomic64_read(&hw->line.enable));
	for (i = 0; i < hw->num_engines; i++)
		hw_state_show_engine(m, &hw->engines[i]);
	spin_unlock(&fw->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hw_state);

static void hw_ctxs_show_one(struct seq_file *m, const struct hw_ctx *ctx)
{
	const struct vgpu_ctx_page *page = ctx->page;

	seq_printf(m, "ctx%u: %s class %u priority %u head %llu tail %llu completed %llu",
		   ctx->id, hw_state_names[ctx->state], ctx->class, ctx->priority,
		   READ_ONCE(page->head), READ_ONCE(page->tail),
		   READ_ONCE(page->completed_seqno));
	seq_printf(m, " cur %llu pos %#llx delay_left %llu job_ns %llu runtime_ns %llu",
		   READ_ONCE(page->cur_seqno), READ_ONCE(page->cur_pos),
		   READ_ONCE(page->delay_left), READ_ONCE(page->job_ns),
		   READ_ONCE(page->runtime_ns));
	if (ctx->state == HW_CTX_BLOCKED)
		seq_printf(m, " waits for %#llx >= %llu", ctx->wait.gpu ? ctx->wait.va : 0,
			   ctx->wait.value);
	if (ctx->state == HW_CTX_DEAD)
		seq_printf(m, " cause %u fault %llu", ctx->dead_cause,
			   READ_ONCE(page->fault_code));
	seq_putc(m, '\n');
}

static int hw_ctxs_show(struct seq_file *m, void *unused)
{
	struct hw_device *hw = m->private;
	u32 id;

	for (id = 1; id <= hw->num_ctxs; id++) {
		struct hw_ctx *ctx = &hw->ctxs[id];

		/* a context that is registered has a page as long as the lock is held */
		spin_lock(&hw->fw.lock);
		if (ctx->state != HW_CTX_NONE)
			hw_ctxs_show_one(m, ctx);
		spin_unlock(&hw->fw.lock);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hw_ctxs);

static int hw_log_show(struct seq_file *m, void *unused)
{
	struct hw_device *hw = m->private;
	struct hw_fw *fw = &hw->fw;
	u64 i;

	spin_lock(&fw->lock);
	i = fw->log_next > HW_LOG_ENTRIES ? fw->log_next - HW_LOG_ENTRIES : 0;
	for (; i != fw->log_next; i++) {
		const struct hw_log_entry *entry = &fw->log[i % HW_LOG_ENTRIES];

		seq_printf(m, "%llu %s %llu %llu\n", entry->time_ns, hw_log_name(entry->what),
			   entry->b, entry->c);
	}
	spin_unlock(&fw->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hw_log);

static int hw_counters_show(struct seq_file *m, void *unused)
{
	struct hw_device *hw = m->private;
	u64 jobs = 0, commands = 0;
	u32 i;

	for (i = 0; i < hw->num_engines; i++) {
		jobs += READ_ONCE(hw->engines[i].jobs);
		commands += READ_ONCE(hw->engines[i].commands);
	}
	seq_printf(m, "jobs: %llu\ncommands: %llu\n", jobs, commands);
	for (i = 0; i < HW_COUNTERS; i++)
		seq_printf(m, "%s: %lld\n", hw_counter_names[i], atomic64_read(&hw->counters[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hw_counters);

static int hw_gone_get(void *data, u64 *val)
{
	struct hw_device *hw = data;

	*val = atomic_read(&hw->presence) != HW_PRESENT;
	return 0;
}

static int hw_gone_set(void *data, u64 val)
{
	if (val)
		hw_pull(data);
	else
		hw_plug(data);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(hw_gone_fops, hw_gone_get, hw_gone_set, "%llu\n");

/**
 * hw_debugfs_init() - make the files
 * @hw: the device
 *
 * Context: Process context, allocates.
 */
void hw_debugfs_init(struct hw_device *hw)
{
	struct dentry *inside;

	hw->dir = debugfs_create_dir("vgpu_fw", NULL);
	debugfs_create_bool("check_tlb", 0600, hw->dir, &hw->check_tlb);
	debugfs_create_file("counters", 0400, hw->dir, hw, &hw_counters_fops);
	inside = debugfs_create_dir("hw", hw->dir);
	debugfs_create_file("state", 0400, inside, hw, &hw_state_fops);
	debugfs_create_file("ctxs", 0400, inside, hw, &hw_ctxs_fops);
	debugfs_create_file("log", 0400, inside, hw, &hw_log_fops);
	debugfs_create_file_unsafe("gone", 0600, inside, hw, &hw_gone_fops);
}

/**
 * hw_debugfs_fini() - remove the files
 * @hw: the device
 *
 * Context: Process context, waits for those who use a file.
 */
void hw_debugfs_fini(struct hw_device *hw)
{
	debugfs_remove_recursive(hw->dir);
}
