// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/time64.h>
#include <linux/workqueue.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "drv.h"

/**
 * DOC: resets of the device
 *
 * When the firmware has died, talks nonsense, does not answer, or can't get a context off
 * an engine, everything is stopped, the firmware is loaded anew, and all that was in
 * flight goes on where it was. In this order:
 *
 * 1. From here on no message is sent, and queues that are made stay stopped.
 * 2. All queues are stopped. One that has no users was killed, and runs nothing.
 * 3. The hardware is reset. Engines stop between two commands, the context pages say
 *    which, and no interrupt comes any more.
 * 4. Jobs that have ended are completed.
 * 5. The guilty are banned: the context that is named, one that has faulted or used up the
 *    time of its job. Nobody else.
 * 6. Nobody will be answered any more: every context is one that the firmware does not
 *    know, invalidations are over, as the engines have forgotten all translations.
 * 7. The firmware is loaded and greeted.
 * 8. The jobs of the others are run again in their order, each from its next command.
 * 9. If the hardware refuses three times, it is cut off the bus, and lost: all queues are
 *    killed, and all jobs end with -EIO. If it is gone it is the same, with -ENODEV.
 *
 * At last the queues are started. All of this is part of signalling fences: nothing is
 * allocated, no lock is held that is held around an allocation, and every wait ends.
 */

/* how often the hardware may refuse */
#define VGPU_RESET_TRIES 3
/* ms that the firmware has to answer */
#define VGPU_ANSWER_MS 500
/* after so much time without a reset the firmware has the usual time again */
#define VGPU_CALM_TIME (60 * HZ)

static unsigned int debug_scale =
	IS_ENABLED(CONFIG_KASAN) || IS_ENABLED(CONFIG_PROVE_LOCKING) ? 10 : 1;
module_param(debug_scale, uint, 0644);
MODULE_PARM_DESC(
	debug_scale,
	"the firmware has so many times as long to answer (default 10 in debug kernels, else 1)");

/**
 * vgpu_halt_time() - how long engines may take to stop
 *
 * Context: Any.
 * Return: jiffies.
 */
unsigned long vgpu_halt_time(void)
{
	return msecs_to_jiffies(VGPU_ANSWER_MS * clamp(READ_ONCE(debug_scale), 1u, 1000u));
}

/**
 * vgpu_answer_time() - how long an answer may take
 * @vdev: the device
 *
 * Longer after one that did not come: perhaps it is only the machine that is slow.
 *
 * Context: Any.
 * Return: jiffies.
 */
unsigned long vgpu_answer_time(struct vgpu_device *vdev)
{
	return vgpu_halt_time() << READ_ONCE(vdev->reset.shift);
}

/**
 * vgpu_answer_late() - an answer did not come in time
 * @vdev: the device, about to be reset for it
 *
 * Context: The timeout workqueue.
 */
void vgpu_answer_late(struct vgpu_device *vdev)
{
	WRITE_ONCE(vdev->reset.shift, min(vdev->reset.shift + 1, 3u));
}

static void vgpu_reset_count(struct vgpu_device *vdev)
{
	struct vgpu_reset *reset = &vdev->reset;
	bool calm = time_after(jiffies, reset->last + VGPU_CALM_TIME);

	if (calm)
		WRITE_ONCE(reset->shift, 0);
	reset->last = jiffies;
	atomic64_inc(&vdev->count.resets);
}

/* Steps 1 and 2. */
static void vgpu_reset_stop_queues(struct vgpu_device *vdev, struct list_head *stopped)
{
	struct vgpu_queue *queue;

	vgpu_fw_set_down(vdev, true);

	spin_lock_irq(&vdev->queue_lock);
	vdev->resetting = true;
	list_for_each_entry(queue, &vdev->queues, link)
		if (drm_dep_queue_get_unless_zero(&queue->base))
			list_add_tail(&queue->reset_link, stopped);
	spin_unlock_irq(&vdev->queue_lock);

	list_for_each_entry(queue, stopped, reset_link)
		drm_dep_queue_stop(&queue->base);
}

/* Step 3. */
static int vgpu_reset_stop_hardware(struct vgpu_device *vdev)
{
	int ret, i;

	/* what it has said so far */
	vgpu_fw_receive(vdev);
	for (i = 0; i < VGPU_RESET_TRIES; i++) {
		ret = vgpu_fw_gone(vdev) ? -ENODEV : vgpu_fw_stop(vdev);
		if (ret != -ETIMEDOUT)
			break;
		drm_err(&vdev->drm, "the hardware does not obey\n");
	}
	/* whoever asked for a reset until here gets this one */
	xchg(&vdev->reset.wanted, NULL);
	return ret;
}

/* Steps 4 and 5 for a context. */
static void vgpu_reset_judge(struct vgpu_ctx *ctx, struct vgpu_ctx *guilty)
{
	const struct vgpu_ctx_page *page = ctx->page;
	const u64 limit = (u64)ctx->queue->timeout_ms * NSEC_PER_MSEC;

	vgpu_ctx_harvest(ctx);
	if (READ_ONCE(ctx->dead_err))
		return;
	/* it was not told that this one is dead */
	if (READ_ONCE(page->fault_code))
		return vgpu_ctx_ban(ctx, -EFAULT);
	if (!vgpu_ctx_busy(ctx))
		return;
	if (ctx == guilty || ctx->id == READ_ONCE(ctx->vdev->reset.suspect))
		return vgpu_ctx_ban(ctx, -ETIME);
	if (READ_ONCE(page->cur_seqno) > READ_ONCE(page->completed_seqno) &&
	    READ_ONCE(page->job_ns) >= limit)
		vgpu_ctx_ban(ctx, -ETIME);
}

typedef void (*vgpu_ctx_visitor)(struct vgpu_ctx *ctx, void *arg);

static void vgpu_visit_ctxs(struct vgpu_device *vdev, vgpu_ctx_visitor visit, void *arg)
{
	u32 id;

	for (id = 1; id <= vdev->num_ctxs; id++) {
		struct vgpu_ctx *ctx;

		rcu_read_lock();
		ctx = vgpu_ctx_find(vdev, id);
		if (ctx)
			visit(ctx, arg);
		rcu_read_unlock();
	}
}

static void vgpu_visit_judge(struct vgpu_ctx *ctx, void *guilty)
{
	vgpu_reset_judge(ctx, guilty);
}

static void vgpu_visit_void(struct vgpu_ctx *ctx, void *error)
{
	vgpu_ctx_void(ctx, *(int *)error);
}

/* Step 6. */
static void vgpu_reset_void(struct vgpu_device *vdev, int error)
{
	vgpu_visit_ctxs(vdev, vgpu_visit_void, &error);
	vgpu_tlb_finish(vdev);
	vgpu_fw_unsend(vdev, &vdev->ping);
}

/* Step 7. */
static int vgpu_reset_boot(struct vgpu_device *vdev)
{
	int ret, i;

	for (i = 0; i < VGPU_RESET_TRIES; i++) {
		ret = vgpu_fw_boot(vdev);
		if (!ret || vgpu_fw_gone(vdev))
			break;
		/* it may have died at once, and that is dealt with here */
		xchg(&vdev->reset.wanted, NULL);
		ret = vgpu_fw_stop(vdev);
		if (ret)
			break;
		ret = -ETIMEDOUT;
	}
	return ret && vgpu_fw_gone(vdev) ? -ENODEV : ret;
}

/* Step 8. */
static void vgpu_reset_replay(struct vgpu_device *vdev, struct list_head *stopped)
{
	struct vgpu_queue *queue;
	u32 n;

	WRITE_ONCE(vdev->reset.suspect, 0);
	vgpu_fw_set_down(vdev, false);
	list_for_each_entry(queue, stopped, reset_link) {
		n = drm_dep_queue_resubmit(&queue->base);
		atomic64_add(n, &vdev->count.replays);
		/* killed meanwhile */
		vgpu_ctx_cancel_lost(queue->ctx);
		vgpu_ctx_harvest(queue->ctx);
		if (queue->prof->props_first)
			drm_dep_queue_send_message_first(&queue->base,
							 &queue->messages[VGPU_MESSAGE_PROPS].base);
	}
}

/* Step 9. */
static void vgpu_reset_give_up(struct vgpu_device *vdev, int error)
{
	struct vgpu_queue *queue;

	drm_err(&vdev->drm, "the device is %s\n", error == -ENODEV ? "gone" : "lost");
	atomic64_inc(&vdev->count.wedges);
	vgpu_fw_cut_off(vdev);

	/* no queue is made from here on */
	spin_lock_irq(&vdev->queue_lock);
	WRITE_ONCE(vdev->wedged, error);
	list_for_each_entry(queue, &vdev->queues, link) {
		if (drm_dep_queue_get_unless_zero(&queue->base)) {
			drm_dep_queue_kill(&queue->base);
			drm_dep_queue_put(&queue->base);
		}
	}
	spin_unlock_irq(&vdev->queue_lock);

	WRITE_ONCE(vdev->halted, true);
	vgpu_reset_void(vdev, error);
	schedule_work(&vdev->reset.event);
}

static void vgpu_reset_start_queues(struct vgpu_device *vdev, struct list_head *stopped)
{
	struct vgpu_queue *queue, *next;

	list_for_each_entry_safe(queue, next, stopped, reset_link) {
		list_del(&queue->reset_link);
		drm_dep_queue_start(&queue->base);
		drm_dep_queue_put(&queue->base);
	}

	spin_lock_irq(&vdev->queue_lock);
	vdev->resetting = false;
	list_for_each_entry(queue, &vdev->queues, link) {
		if (queue->born_stopped) {
			queue->born_stopped = false;
			drm_dep_queue_start(&queue->base);
			drm_dep_queue_put(&queue->base);
		}
	}
	spin_unlock_irq(&vdev->queue_lock);
	/* who waits for a context to get somewhere */
	wake_up_all(&vdev->event);
}

/**
 * vgpu_reset_now() - reset the device
 * @vdev: the device
 * @guilty: a context that can't be reset by itself; NULL: nobody is
 * @why: for the log, a string that is there for good
 *
 * Context: The timeout workqueue, sleeps. Doesn't allocate.
 * Return: %DRM_DEP_TIMEOUT_HANDLED, or %DRM_DEP_TIMEOUT_DEVICE_GONE if the device is lost.
 */
int vgpu_reset_now(struct vgpu_device *vdev, struct vgpu_ctx *guilty, const char *why)
{
	LIST_HEAD(stopped);
	int ret;

	if (READ_ONCE(vdev->halted))
		return DRM_DEP_TIMEOUT_DEVICE_GONE;
	drm_warn(&vdev->drm, "reset of the device: %s\n", why);
	vgpu_reset_count(vdev);

	vgpu_reset_stop_queues(vdev, &stopped);
	ret = vgpu_reset_stop_hardware(vdev);
	vgpu_dump_take(vdev, guilty, why);
	if (!ret) {
		vgpu_visit_ctxs(vdev, vgpu_visit_judge, guilty);
		vgpu_reset_void(vdev, 0);
		ret = vgpu_reset_boot(vdev);
	}
	if (!ret)
		vgpu_reset_replay(vdev, &stopped);
	else
		vgpu_reset_give_up(vdev, ret == -ENODEV ? -ENODEV : -EIO);
	vgpu_reset_start_queues(vdev, &stopped);
	return ret ? DRM_DEP_TIMEOUT_DEVICE_GONE : DRM_DEP_TIMEOUT_HANDLED;
}

static void vgpu_reset_work(struct work_struct *work)
{
	struct vgpu_device *vdev = container_of(work, struct vgpu_device, reset.work);
	const char *why = xchg(&vdev->reset.wanted, NULL);

	if (why)
		vgpu_reset_now(vdev, NULL, why);
}

/**
 * vgpu_reset_request() - have the device reset
 * @vdev: the device
 * @why: for the log, a string that is there for good
 *
 * Context: Any.
 */
void vgpu_reset_request(struct vgpu_device *vdev, const char *why)
{
	cmpxchg(&vdev->reset.wanted, NULL, why);
	queue_work(vdev->timeout_raw, &vdev->reset.work);
}

/**
 * vgpu_reset_wait() - wait until a reset that was asked for is over
 * @vdev: the device
 *
 * Context: Process context, sleeps.
 */
void vgpu_reset_wait(struct vgpu_device *vdev)
{
	flush_work(&vdev->reset.work);
}

/* Tells the world. A work item of its own, as it allocates, and waits for callers. */
static void vgpu_reset_event(struct work_struct *work)
{
	struct vgpu_device *vdev = container_of(work, struct vgpu_device, reset.event);
	char how[] = "WEDGED=rebind,bus-reset";
	char *env[2] = { how };

	if (READ_ONCE(vdev->wedged) == -ENODEV) {
		if (!xchg(&vdev->reset.unplugged, true))
			drm_dev_unplug(&vdev->drm);
	} else {
		kobject_uevent_env(&vdev->drm.primary->kdev->kobj, KOBJ_CHANGE, env);
	}
}

static void vgpu_reset_release(struct drm_device *drm, void *unused)
{
	struct vgpu_device *vdev = to_vgpu_device(drm);

	/* the last queue is gone, or the device would not be */
	drm_dep_destroy_workqueue(vdev->timeout_wq);
	destroy_workqueue(vdev->timeout_raw);
}

/**
 * vgpu_reset_init() - prepare for the worst
 * @vdev: the device
 *
 * Context: Process context.
 * Return: 0 or a negative errno.
 */
int vgpu_reset_init(struct vgpu_device *vdev)
{
	struct vgpu_reset *reset = &vdev->reset;
	int ret;

	spin_lock_init(&vdev->queue_lock);
	INIT_LIST_HEAD(&vdev->queues);
	INIT_WORK(&reset->work, vgpu_reset_work);
	INIT_WORK(&reset->event, vgpu_reset_event);
	INIT_DELAYED_WORK(&reset->watchdog, vgpu_watchdog);
	reset->last = jiffies - VGPU_CALM_TIME - 1;

	vdev->timeout_raw = alloc_ordered_workqueue("vgpu_fw_timeout", WQ_MEM_RECLAIM);
	if (!vdev->timeout_raw)
		return -ENOMEM;
	vdev->timeout_wq = drm_dep_adopt_workqueue(vdev->timeout_raw, DRM_DEP_WQ_ORDERED);
	if (IS_ERR(vdev->timeout_wq)) {
		ret = PTR_ERR(vdev->timeout_wq);
		destroy_workqueue(vdev->timeout_raw);
		return ret;
	}
	return drmm_add_action_or_reset(&vdev->drm, vgpu_reset_release, NULL);
}

/**
 * vgpu_reset_fini() - let no reset begin any more
 * @vdev: the device
 *
 * Context: Process context, waits for one that is under way. A timeout may still cause
 * one, until drm_dep_quiesce() has returned.
 */
void vgpu_reset_fini(struct vgpu_device *vdev)
{
	disable_work_sync(&vdev->reset.work);
	disable_delayed_work_sync(&vdev->reset.watchdog);
}

/**
 * vgpu_unplug() - part from the hardware, whatever is in flight
 * @vdev: the device, the nodes of which are gone
 *
 * All jobs that the hardware had end with -ENODEV, and it will not be touched any more. Jobs
 * that wait for others, and queues of files that are open, stay until that is over.
 *
 * Context: Process context, sleeps.
 */
void vgpu_unplug(struct vgpu_device *vdev)
{
	vgpu_reset_fini(vdev);
	/* what is in flight ends with that */
	spin_lock_irq(&vdev->queue_lock);
	if (!vdev->wedged)
		WRITE_ONCE(vdev->wedged, -ENODEV);
	spin_unlock_irq(&vdev->queue_lock);
	/* kills the queues; no run_job and no timedout_job from here on */
	drm_dep_quiesce(&vdev->drm);
	flush_work(&vdev->reset.event);

	if (!vdev->halted) {
		vgpu_fw_set_down(vdev, true);
		/* if it does not obey, it is cut off */
		vgpu_fw_stop(vdev);
		vgpu_fw_cut_off(vdev);
		WRITE_ONCE(vdev->halted, true);
		vgpu_reset_void(vdev, -ENODEV);
		wake_up_all(&vdev->event);
	}
	vgpu_irq_fini(vdev);
}
