// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include "drv.h"

/**
 * DOC: statistics
 *
 * fdinfo
 *	Device time of a client: that of its queues that are there, and of those that were.
 *	So it never goes back.
 *
 * debugfs
 *	queues, one line each; counters; and reset, a write to which resets the device and
 *	returns when that is over. For the administrator only.
 */

static const char *const vgpu_class_names[VGPU_CLASSES] = {
	[DRM_VGPU_ENGINE_COMPUTE] = "compute",
	[DRM_VGPU_ENGINE_COPY] = "copy",
};

/**
 * vgpu_stats_add() - count the device time of a queue
 * @queue: a new queue
 *
 * Context: Process context.
 */
void vgpu_stats_add(struct vgpu_queue *queue)
{
	struct vgpu_client *client = queue->client;

	spin_lock(&client->live_lock);
	list_add_tail(&queue->client_link, &client->live);
	spin_unlock(&client->live_lock);
}

/**
 * vgpu_stats_remove() - keep the device time of a queue that goes
 * @queue: the queue, which the device has forgotten
 *
 * Context: Process context.
 */
void vgpu_stats_remove(struct vgpu_queue *queue)
{
	struct vgpu_client *client = queue->client;
	const struct vgpu_ctx *ctx = queue->ctx;

	spin_lock(&client->live_lock);
	list_del(&queue->client_link);
	client->runtime_ns[ctx->engine_class] += READ_ONCE(ctx->page->runtime_ns);
	spin_unlock(&client->live_lock);
}

/**
 * vgpu_show_fdinfo() - &drm_driver.show_fdinfo
 * @p: where to
 * @file: the file
 *
 * Context: Process context.
 */
void vgpu_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	struct vgpu_client *client = file->driver_priv;
	struct vgpu_device *vdev = client->vdev;
	u64 runtime_ns[VGPU_CLASSES];
	struct vgpu_queue *queue;
	int class;

	spin_lock(&client->live_lock);
	memcpy(runtime_ns, client->runtime_ns, sizeof(runtime_ns));
	list_for_each_entry(queue, &client->live, client_link)
		runtime_ns[queue->ctx->engine_class] += READ_ONCE(queue->ctx->page->runtime_ns);
	spin_unlock(&client->live_lock);

	for (class = 0; class < VGPU_CLASSES; class++) {
		drm_printf(p, "drm-engine-%s:\t%llu ns\n", vgpu_class_names[class],
			   runtime_ns[class]);
		drm_printf(p, "drm-engine-capacity-%s:\t%u\n", vgpu_class_names[class],
			   vdev->engines[class]);
	}
	drm_show_memory_stats(p, file);
}

static const char *vgpu_status_name(struct vgpu_queue *queue)
{
	if (queue->ctx->banned)
		return "banned";
	if (drm_dep_queue_is_killed(&queue->base))
		return "killed";
	return queue->ctx->suspended ? "suspended" : "active";
}

static void vgpu_show_queue(struct seq_file *m, struct vgpu_queue *queue)
{
	struct vgpu_ctx *ctx = queue->ctx;

	spin_lock(&ctx->lock);
	seq_printf(m,
		   "name=%s client=%llu queue=%u vm=%u class=%s priority=%s profile=%s status=%s",
		   queue->name, queue->client->id, READ_ONCE(queue->id), ctx->vm->asid,
		   vgpu_class_names[ctx->engine_class], vgpu_priority_names[ctx->priority],
		   queue->prof->name, vgpu_status_name(queue));
	seq_printf(m, " submitted=%lld completed=%llu in_flight=%llu", atomic64_read(&queue->submitted),
		   ctx->completed, ctx->next_slot - ctx->first_slot);
	seq_printf(m, " runtime_ns=%llu resets=%u have=%u asked=%u\n",
		   READ_ONCE(ctx->page->runtime_ns), ctx->resets, ctx->have, ctx->asked);
	spin_unlock(&ctx->lock);
}

static int vgpu_queues_show(struct seq_file *m, void *unused)
{
	struct vgpu_device *vdev = m->private;
	struct vgpu_queue *queue;

	spin_lock_irq(&vdev->queue_lock);
	list_for_each_entry(queue, &vdev->queues, link)
		vgpu_show_queue(m, queue);
	spin_unlock_irq(&vdev->queue_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vgpu_queues);

static int vgpu_counters_show(struct seq_file *m, void *unused)
{
	struct vgpu_device *vdev = m->private;
	struct vgpu_counters *count = &vdev->count;

	seq_printf(m, "jobs: %lld\n", atomic64_read(&count->jobs));
	seq_printf(m, "irqs: %lld\n", atomic64_read(&count->irqs));
	seq_printf(m, "irqs_lost: %lld\n", atomic64_read(&count->irqs_lost));
	seq_printf(m, "timeouts: %lld\n", atomic64_read(&count->timeouts));
	seq_printf(m, "not_hung: %lld\n", atomic64_read(&count->not_hung));
	seq_printf(m, "ctx_resets: %lld\n", atomic64_read(&count->ctx_resets));
	seq_printf(m, "resets: %lld\n", atomic64_read(&count->resets));
	seq_printf(m, "replays: %lld\n", atomic64_read(&count->replays));
	seq_printf(m, "bans: %lld\n", atomic64_read(&count->bans));
	seq_printf(m, "kills: %lld\n", atomic64_read(&count->kills));
	seq_printf(m, "protocol_errors: %lld\n", atomic64_read(&count->protocol_errors));
	seq_printf(m, "duplicates: %lld\n", atomic64_read(&count->duplicates));
	seq_printf(m, "watchdog: %lld\n", atomic64_read(&count->watchdog));
	seq_printf(m, "wedges: %lld\n", atomic64_read(&count->wedges));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vgpu_counters);

static ssize_t vgpu_reset_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct vgpu_device *vdev = file->private_data;

	vgpu_reset_request(vdev, "asked for in debugfs");
	vgpu_reset_wait(vdev);
	return size;
}

static const struct file_operations vgpu_reset_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vgpu_reset_write,
};

/**
 * vgpu_debugfs_init() - &drm_driver.debugfs_init
 * @minor: a node of the device
 *
 * Context: Process context.
 */
void vgpu_debugfs_init(struct drm_minor *minor)
{
	struct vgpu_device *vdev = to_vgpu_device(minor->dev);
	struct dentry *root = minor->debugfs_root;

	debugfs_create_file("queues", 0400, root, vdev, &vgpu_queues_fops);
	debugfs_create_file("counters", 0400, root, vdev, &vgpu_counters_fops);
	debugfs_create_file("reset", 0200, root, vdev, &vgpu_reset_fops);
}
