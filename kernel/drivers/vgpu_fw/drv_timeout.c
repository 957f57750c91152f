// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/rcupdate.h>
#include <linux/time64.h>
#include <linux/wait.h>

#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include "drv.h"

/**
 * DOC: timeouts
 *
 * All that is here runs on one ordered workqueue of the device, and so do resets: one thing
 * at a time looks after hardware that may be broken.
 *
 * drm_dep's clock tells only that somebody should look. The machine may have been slow, or
 * the engine may have run others; so a job is judged by the device time that it has used,
 * which the context page tells. In this order:
 *
 * 1. Complete what has ended: perhaps an interrupt was lost.
 * 2. Ring the doorbell again: perhaps that was.
 * 3. A job that has not used up its device time is not hung, if the firmware answers. If it
 *    does not, the device is reset, and nobody is guilty.
 * 4. Else the firmware is told to reset the context, and when it has, the queue is banned.
 * 5. If it can't, the device is reset, and this context is guilty.
 *
 * The watchdog does the same for the firmware: every message has to be answered in time.
 * Before it says that one has not been, it receives what there is.
 */

/* how often the watchdog looks, as long as there is anything to look after */
#define VGPU_WATCHDOG_MS 100

static bool vgpu_ctx_is_over(struct vgpu_ctx *ctx)
{
	return READ_ONCE(ctx->dead_err) || READ_ONCE(ctx->vdev->fw_dead);
}

/* Steps 4 and 5. */
static int vgpu_reset_guilty(struct vgpu_ctx *ctx)
{
	struct vgpu_device *vdev = ctx->vdev;

	atomic64_inc(&vdev->count.ctx_resets);
	vgpu_ctx_ask_reset(ctx);
	if (!wait_event_timeout(vdev->event, vgpu_ctx_is_over(ctx), vgpu_answer_time(vdev)))
		vgpu_fw_receive(vdev);
	/* it was off when that was set; what it had is completed by who has set it */
	if (READ_ONCE(ctx->dead_err))
		return DRM_DEP_TIMEOUT_HANDLED;
	return vgpu_reset_now(vdev, ctx, "a context could not be reset");
}

static int vgpu_judge(struct vgpu_job *job)
{
	struct vgpu_queue *queue = job->queue;
	struct vgpu_ctx *ctx = queue->ctx;
	struct vgpu_device *vdev = ctx->vdev;
	const u64 limit = (u64)queue->timeout_ms * NSEC_PER_MSEC;

	if (vgpu_ctx_harvest(ctx))
		atomic64_inc(&vdev->count.irqs_lost);
	if (drm_dep_job_is_finished(&job->base))
		return DRM_DEP_TIMEOUT_HANDLED;
	if (READ_ONCE(vdev->halted))
		return DRM_DEP_TIMEOUT_DEVICE_GONE;

	vgpu_wr(vdev, VGPU_REG_DOORBELL, ctx->id);
	if (vgpu_ctx_job_ns(ctx, job) >= limit)
		return vgpu_reset_guilty(ctx);
	if (!vgpu_fw_ping(vdev)) {
		vgpu_answer_late(vdev);
		return vgpu_reset_now(vdev, NULL, "the firmware does not answer");
	}
	atomic64_inc(&vdev->count.not_hung);
	return DRM_DEP_TIMEOUT_NOT_HUNG;
}

/**
 * vgpu_timedout_job() - &drm_dep_queue_ops.timedout_job
 * @base: the job
 *
 * Context: The timeout workqueue, sleeps. Doesn't allocate.
 * Return: what drm_dep shall do.
 */
int vgpu_timedout_job(struct drm_dep_job *base)
{
	struct vgpu_job *job = to_vgpu_job(base);
	struct vgpu_device *vdev = job->queue->ctx->vdev;
	int idx, ret;

	atomic64_inc(&vdev->count.timeouts);
	/* who removes the device completes its jobs */
	if (!drm_dev_enter(&vdev->drm, &idx))
		return DRM_DEP_TIMEOUT_DEVICE_GONE;
	ret = vgpu_judge(job);
	drm_dev_exit(idx);
	return ret;
}

/*
 * The detector of queues without a timeout: looks twice per timeout, and calls for help
 * if no command has advanced in between, and the job has used up its time.
 */
static void vgpu_detector(struct work_struct *work)
{
	struct vgpu_queue *queue = container_of(to_delayed_work(work), struct vgpu_queue, detector);
	const u64 limit = (u64)queue->timeout_ms * NSEC_PER_MSEC;
	const struct vgpu_ctx_page *page = queue->ctx->page;
	u64 completed = READ_ONCE(page->completed_seqno);
	u64 pos = READ_ONCE(page->cur_pos);

	if (!vgpu_ctx_busy(queue->ctx) || READ_ONCE(queue->ctx->vdev->halted))
		return;
	/* an interrupt may be lost, or the doorbell: that is for the handler to find out */
	if (completed == queue->seen_completed && pos == queue->seen_pos &&
	    (READ_ONCE(page->job_ns) >= limit || READ_ONCE(page->cur_seqno) <= completed))
		drm_dep_queue_trigger_timeout(&queue->base);
	queue->seen_completed = completed;
	queue->seen_pos = pos;
	vgpu_detector_kick(queue);
}

/**
 * vgpu_detector_init() - set up the detector of a queue
 * @queue: a new queue
 *
 * Context: Any.
 */
void vgpu_detector_init(struct vgpu_queue *queue)
{
	INIT_DELAYED_WORK(&queue->detector, vgpu_detector);
}

/**
 * vgpu_detector_kick() - look after the queue while it has jobs
 * @queue: a queue; nothing happens if drm_dep looks after it
 *
 * Context: Any.
 */
void vgpu_detector_kick(struct vgpu_queue *queue)
{
	if (queue->prof->timeout == VGPU_TIMEOUT_DETECTOR)
		queue_delayed_work(queue->client->vdev->timeout_raw, &queue->detector,
				   msecs_to_jiffies(queue->timeout_ms / 2) + 1);
}

/**
 * vgpu_watchdog_arm() - look after an answer that is to come
 * @vdev: the device
 *
 * Context: Any.
 */
void vgpu_watchdog_arm(struct vgpu_device *vdev)
{
	queue_delayed_work(vdev->timeout_raw, &vdev->reset.watchdog,
			   msecs_to_jiffies(VGPU_WATCHDOG_MS));
}

static bool vgpu_ctx_over_limit(const struct vgpu_ctx *ctx)
{
	const struct vgpu_ctx_page *page = ctx->page;

	return READ_ONCE(page->cur_seqno) > READ_ONCE(page->completed_seqno) &&
	       READ_ONCE(page->job_ns) >= (u64)ctx->queue->timeout_ms * NSEC_PER_MSEC;
}

/* Looks at all that is under way. Returns whether anything is; or is overdue. */
static bool vgpu_watchdog_scan(struct vgpu_device *vdev, bool *overdue)
{
	unsigned long tlb = vgpu_tlb_oldest(vdev);
	bool busy = tlb;
	u32 id;

	*overdue = tlb > vgpu_answer_time(vdev);
	rcu_read_lock();
	for (id = 1; id <= vdev->num_ctxs; id++) {
		struct vgpu_ctx *ctx = vgpu_ctx_find(vdev, id);
		unsigned long flags;

		if (!ctx)
			continue;
		spin_lock_irqsave(&ctx->lock, flags);
		if (ctx->asked) {
			busy = true;
			if (time_after(jiffies, ctx->deadline)) {
				drm_err_ratelimited(&vdev->drm,
						    "context %u: request %u was not answered\n", id,
						    ctx->h2g.msg.type);
				*overdue = true;
			}
		}
		/*
		 * The word that it is on again may be waiting in the ring; and the clock
		 * stands still also for one that waits for what never comes.
		 */
		if (ctx->off_engine && ctx->first_slot != ctx->next_slot) {
			busy = true;
			/* or the doorbell was lost */
			vgpu_wr(vdev, VGPU_REG_DOORBELL, id);
			if (vgpu_ctx_over_limit(ctx))
				drm_dep_queue_trigger_timeout(&ctx->queue->base);
		}
		spin_unlock_irqrestore(&ctx->lock, flags);
	}
	rcu_read_unlock();
	return busy;
}

/**
 * vgpu_watchdog() - look whether the firmware has answered everything in time
 * @work: &vgpu_reset.watchdog
 *
 * Context: The timeout workqueue, sleeps.
 */
void vgpu_watchdog(struct work_struct *work)
{
	struct vgpu_device *vdev =
		container_of(to_delayed_work(work), struct vgpu_device, reset.watchdog);
	bool overdue;

	if (READ_ONCE(vdev->halted))
		return;
	vgpu_fw_receive(vdev);
	if (!vgpu_watchdog_scan(vdev, &overdue))
		return;
	if (overdue) {
		atomic64_inc(&vdev->count.watchdog);
		vgpu_answer_late(vdev);
		vgpu_reset_now(vdev, NULL, "an answer is overdue");
	} else {
		vgpu_watchdog_arm(vdev);
	}
}
