// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A view of all queues of all devices, /sys/kernel/debug/drm_dep/queues. Made when it is
 * read, from queues that go on working meanwhile: a queue has no file of its own that
 * would have to be made and removed with it.
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/dma-fence.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>

#include <drm/drm_dep.h>
#include <drm/drm_device.h>

#include "drm_dep_compat.h"
#include "drm_dep_debugfs.h"
#include "os/os.h"

static struct dentry *folder;

/* Writes "NAME" or nothing, so that a line has only what is true of its queue. */
static void say_if(struct seq_file *file, bool is_true, const char *name)
{
	if (is_true)
		seq_printf(file, " %s", name);
}

static void show_state(struct seq_file *file, struct drm_dep_queue *queue,
		       const struct drm_dep_view *view)
{
	seq_puts(file, "  state:");
	say_if(file, view->running, "running");
	say_if(file, drm_dep_queue_is_stopped(queue), "stopped");
	say_if(file, drm_dep_queue_is_killed(queue), "killed");
	say_if(file, view->no_users, "no-users");
	say_if(file, view->messages, "messages");
	say_if(file, view->timeout_paused, "timeout-paused");
	seq_puts(file, "\n  flags:");
	say_if(file, queue->flags & DRM_DEP_QUEUE_BYPASS, "bypass");
	say_if(file, queue->flags & DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE, "job-put-irq-safe");
	say_if(file, queue->flags & DRM_DEP_QUEUE_RUN_ATOMIC, "run-atomic");
	say_if(file, queue->flags & DRM_DEP_QUEUE_KEEP_OWN_DEPS, "keep-own-deps");
	seq_putc(file, '\n');
}

static void show_blocking(struct seq_file *file, struct dma_fence *fence)
{
	const char __rcu *driver;
	const char __rcu *timeline;

	/* The names are their driver's, which may take them back when the fence has signalled. */
	rcu_read_lock();
	driver = dma_fence_driver_name(fence);
	timeline = dma_fence_timeline_name(fence);
	seq_printf(file, "  blocked by: fence=%llu:%llu driver=%s timeline=%s\n", fence->context,
		   fence->seqno, rcu_dereference(driver), rcu_dereference(timeline));
	rcu_read_unlock();
}

static void show_queue(struct seq_file *file, struct drm_dep_queue *queue)
{
	struct drm_dep_view view;

	drm_dep_look(queue, &view);

	seq_printf(file, "dev=%s queue=%s context=%llu\n", dev_name(queue->drm->dev), queue->name,
		   queue->context);
	show_state(file, queue, &view);
	seq_printf(file, "  credits: %u of %u\n", READ_ONCE(queue->credits_used),
		   READ_ONCE(queue->credit_limit));
	seq_printf(file, "  in flight: %llu", view.in_flight);
	if (view.oldest_seqno)
		seq_printf(file, " from=%llu", view.oldest_seqno);
	seq_printf(file, "\n  waiting: %u", view.waiting);
	if (view.first_seqno)
		seq_printf(file, " from=%llu", view.first_seqno);
	seq_printf(file, "\n  next: %llu\n", view.run_seqno);
	/* The first that waits is not the next one: those between were armed and not pushed. */
	if (view.first_seqno > view.run_seqno)
		seq_printf(file, "  missing: %llu to %llu, the last of them armed by task %u\n",
			   view.run_seqno, view.first_seqno - 1, view.gap_armed_by);
	if (view.blocking)
		show_blocking(file, view.blocking);
	seq_printf(file, "  busy: %llu ns\n", view.busy_time);

	dma_fence_put(view.blocking);
}

static int queues_show(struct seq_file *file, void *unused)
{
	struct drm_dep_queue *queue = NULL;

	/* Each step drops the reference of the queue before, so this goes on to the end. */
	while ((queue = drm_dep_next_queue(queue)))
		show_queue(file, queue);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(queues);

void drm_dep_debugfs_init(void)
{
	folder = debugfs_create_dir("drm_dep", NULL);
	debugfs_create_file("queues", 0444, folder, NULL, &queues_fops);
}

void drm_dep_debugfs_exit(void)
{
	debugfs_remove(folder);
}
