// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/errno.h>

#include "drv.h"

/**
 * DOC: rings
 *
 * The jobs that the hardware has, oldest first: a FIFO of slots, and an entry in the
 * context's ring for each. Both are under the context's lock. Taking a job out of the FIFO
 * is the exclusive right, and the duty, to complete it; that is done without the lock, as
 * completing a job signals fences, whose callbacks may submit.
 *
 * A job is taken out when the hardware has published that it has ended, or when the
 * context is off the engine for good, so that nothing will be written for it any more.
 *
 * After a reset of the device, what is in the FIFO is lost: it is not in the ring any more.
 * drm_dep runs those jobs again, in their order, and each goes from the front of the FIFO
 * to its end. It keeps its number, by which the device knows how far it had got, and its
 * entry says to begin there. So each command is executed exactly once.
 *
 * An entry's words are free when its slot is, which is before its credits come back.
 */

/* a header and an operand */
#define VGPU_DELAY_WORDS 2

#define VGPU_HARVEST_BATCH 16

static const int vgpu_fault_errno[] = {
	[VGPU_FAULT_NONE] = 0,		[VGPU_FAULT_PAGE] = -EFAULT, [VGPU_FAULT_TABLE] = -EFAULT,
	[VGPU_FAULT_ILLEGAL] = -EINVAL, [VGPU_FAULT_ENTRY] = -EIO,   [VGPU_FAULT_COMMAND] = -EFAULT,
};

static u64 *vgpu_ring_word(struct vgpu_ctx *ctx, u64 index)
{
	return &ctx->ring[index & (ctx->ring_words - 1)];
}

static struct vgpu_slot *vgpu_slot(struct vgpu_ctx *ctx, u64 index)
{
	/* num_slots is no power of two */
	return &ctx->slots[index % ctx->num_slots];
}

/* Words of the ring that are in use. */
static u32 vgpu_ring_used(struct vgpu_ctx *ctx)
{
	u64 oldest = ctx->first_slot + ctx->lost;

	return oldest == ctx->next_slot ? 0 : ctx->tail - vgpu_slot(ctx, oldest)->start;
}

static void vgpu_ring_write(struct vgpu_ctx *ctx, const struct vgpu_job *job)
{
	u64 start = 0;
	u32 i;

	/* it may have been interrupted half way by a reset */
	if (READ_ONCE(ctx->page->cur_seqno) == job->seqno)
		start = READ_ONCE(ctx->page->cur_pos);

	*vgpu_ring_word(ctx, ctx->tail) = VGPU_RING_HEADER(job->ncalls);
	*vgpu_ring_word(ctx, ctx->tail + 1) = job->seqno;
	*vgpu_ring_word(ctx, ctx->tail + 2) = start;
	*vgpu_ring_word(ctx, ctx->tail + VGPU_RING_STATUS) = VGPU_FAULT_NONE;
	for (i = 0; i < job->ncalls; i++) {
		*vgpu_ring_word(ctx, ctx->tail + 4 + 2 * i) = job->calls[i].va;
		*vgpu_ring_word(ctx, ctx->tail + 5 + 2 * i) = job->calls[i].words;
	}
	ctx->tail += VGPU_RING_WORDS(job->ncalls);
	/* the entry before the tail */
	smp_store_release(&ctx->page->tail, ctx->tail);
}

/**
 * vgpu_ctx_submit() - hand a job over to the hardware
 * @ctx: the context
 * @job: the job; a reference is taken for as long as the hardware has it
 * @run: number of the run, for drm_dep_job_done()
 *
 * Context: Any. Takes &vgpu_ctx.lock. Doesn't allocate.
 * Return: 0; what jobs of this context end with, if it is off for good; -ENOSPC, which
 * is a bug, if there is no room in the ring.
 */
int vgpu_ctx_submit(struct vgpu_ctx *ctx, struct vgpu_job *job, u32 run)
{
	const u32 words = VGPU_RING_WORDS(job->ncalls);
	struct vgpu_slot *slot;
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&ctx->lock, flags);
	ret = ctx->dead_err;
	if (ret)
		goto out;

	/* one that was lost is the oldest: they are run again in their order */
	if (ctx->lost && !WARN_ON(vgpu_slot(ctx, ctx->first_slot)->job != job)) {
		vgpu_slot(ctx, ctx->first_slot)->job = NULL;
		ctx->first_slot++;
		ctx->lost--;
	} else {
		drm_dep_job_get(&job->base);
	}
	/* credits, or prepare_job, guarantee it */
	if (WARN_ON_ONCE(vgpu_ring_used(ctx) + words > ctx->ring_words ||
			 ctx->next_slot - ctx->first_slot >= ctx->num_slots)) {
		drm_dep_job_put(&job->base);
		ret = -ENOSPC;
		goto out;
	}

	if (!job->seqno)
		job->seqno = ++ctx->seqno;
	slot = vgpu_slot(ctx, ctx->next_slot++);
	*slot = (struct vgpu_slot){
		.job = job,
		.seqno = job->seqno,
		.start = ctx->tail,
		.run = run,
	};
	vgpu_ring_write(ctx, job);
	/* the first job brings the context to the firmware */
	ctx->used = true;
	vgpu_ctx_kick(ctx);
	/* its clock stands still until it is on an engine: somebody has to look after it */
	if (ctx->off_engine)
		vgpu_watchdog_arm(ctx->vdev);
out:
	spin_unlock_irqrestore(&ctx->lock, flags);

	/* the tail before the doorbell, which wakes somebody: not under a lock */
	if (!ret)
		vgpu_wr(ctx->vdev, VGPU_REG_DOORBELL, ctx->id);
	return ret;
}

struct vgpu_ended {
	struct vgpu_job *job;
	u32 run;
	int error;
};

static int vgpu_fault_error(u64 fault)
{
	return fault < ARRAY_SIZE(vgpu_fault_errno) ? vgpu_fault_errno[fault] : -EIO;
}

/* What becomes of a job of a context that is off for good. */
static int vgpu_dead_error(struct vgpu_ctx *ctx, const struct vgpu_slot *slot)
{
	const struct vgpu_ctx_page *page = ctx->page;
	int error = ctx->guilty_err;

	ctx->guilty_err = 0;
	if (error == -EFAULT) {
		/* or the guilty one has ended, and was told by its status */
		error = 0;
		if (READ_ONCE(page->fault_seqno) == slot->seqno)
			error = vgpu_fault_error(READ_ONCE(page->fault_code));
	}
	if (error)
		ctx->error = error;
	return error ? error : ctx->dead_err;
}

static void vgpu_ctx_note_stop(struct vgpu_ctx *ctx, const struct vgpu_slot *slot)
{
	const struct vgpu_ctx_page *page = ctx->page;

	if (ctx->stopped || READ_ONCE(page->cur_seqno) != slot->seqno)
		return;
	ctx->stopped = true;
	ctx->stop_pos = READ_ONCE(page->cur_pos);
	/* one that was delayed half way has not been executed */
	if (READ_ONCE(page->delay_left))
		ctx->stop_pos -= VGPU_DELAY_WORDS;
	ctx->stop_cookie = slot->job->cookie;
}

/* Its job has ended by a fault. Returns whether that is news. */
static bool vgpu_ctx_note_fault(struct vgpu_ctx *ctx, int error)
{
	ctx->error = error;
	if (ctx->banned)
		return false;
	ctx->banned = true;
	atomic64_inc(&ctx->vdev->count.bans);
	return true;
}

static int vgpu_ctx_take_ended(struct vgpu_ctx *ctx, struct vgpu_ended *ended, bool *faulted)
{
	unsigned long flags;
	u64 completed;
	int n = 0;

	spin_lock_irqsave(&ctx->lock, flags);
	/* the status of each of those jobs was written before */
	completed = smp_load_acquire(&ctx->page->completed_seqno);
	while (n < VGPU_HARVEST_BATCH && ctx->first_slot != ctx->next_slot) {
		struct vgpu_slot *slot = vgpu_slot(ctx, ctx->first_slot);
		int error;

		if (slot->seqno <= completed && !ctx->lost) {
			error = vgpu_fault_error(
				READ_ONCE(*vgpu_ring_word(ctx, slot->start + VGPU_RING_STATUS)));
			if (!error)
				ctx->completed++;
			else if (vgpu_ctx_note_fault(ctx, error))
				*faulted = true;
		} else if (ctx->dead_err) {
			error = vgpu_dead_error(ctx, slot);
		} else {
			break;
		}
		if (error)
			vgpu_ctx_note_stop(ctx, slot);
		ended[n++] = (struct vgpu_ended){
			.job = slot->job,
			.run = slot->run,
			.error = error,
		};
		slot->job = NULL;
		ctx->first_slot++;
		if (ctx->lost)
			ctx->lost--;
	}
	spin_unlock_irqrestore(&ctx->lock, flags);
	return n;
}

static void vgpu_complete_all(struct vgpu_ctx *ctx, const struct vgpu_ended *ended, int n)
{
	int i;

	if (n)
		atomic64_add(n, &ctx->vdev->count.jobs);
	for (i = 0; i < n; i++)
		vgpu_job_complete(ended[i].job, ended[i].run, ended[i].error);
}

/**
 * vgpu_ctx_harvest() - complete all jobs that have ended
 * @ctx: a context that can't be freed meanwhile, although its last job may go
 *
 * If the context is off for good, that is all there are. If one has faulted the queue is
 * banned; the firmware will say that the context is dead.
 *
 * Context: Any but NMI. Signals fences, so no lock is held.
 * Return: how many.
 */
u32 vgpu_ctx_harvest(struct vgpu_ctx *ctx)
{
	struct vgpu_ended ended[VGPU_HARVEST_BATCH];
	bool faulted = false;
	u32 all = 0;
	int n;

	do {
		n = vgpu_ctx_take_ended(ctx, ended, &faulted);
		/* first, so that who sees the fence can't submit any more */
		if (faulted)
			drm_dep_queue_kill(&ctx->queue->base);
		vgpu_complete_all(ctx, ended, n);
		all += n;
	} while (n == VGPU_HARVEST_BATCH);
	return all;
}

/**
 * vgpu_ctx_job_ns() - device time that a job has used
 * @ctx: the context
 * @job: the job
 *
 * Context: Any.
 * Return: nanoseconds; 0 for a job that the device has not begun.
 */
u64 vgpu_ctx_job_ns(struct vgpu_ctx *ctx, const struct vgpu_job *job)
{
	const struct vgpu_ctx_page *page = ctx->page;

	return READ_ONCE(page->cur_seqno) == job->seqno ? READ_ONCE(page->job_ns) : 0;
}

/**
 * vgpu_ctx_busy() - whether the hardware has jobs of the context
 * @ctx: the context
 *
 * Context: Any. Takes &vgpu_ctx.lock.
 * Return: true if it has.
 */
bool vgpu_ctx_busy(struct vgpu_ctx *ctx)
{
	unsigned long flags;
	bool busy;

	spin_lock_irqsave(&ctx->lock, flags);
	busy = ctx->first_slot != ctx->next_slot;
	spin_unlock_irqrestore(&ctx->lock, flags);
	return busy;
}

/**
 * vgpu_ctx_lose() - the ring is empty, and what was in it has to be run again
 * @ctx: a context without dead_err, of which completed jobs were taken out
 *
 * Context: Caller holds &vgpu_ctx.lock; engines are halted.
 */
void vgpu_ctx_lose(struct vgpu_ctx *ctx)
{
	lockdep_assert_held(&ctx->lock);

	ctx->lost = ctx->next_slot - ctx->first_slot;
	ctx->tail = 0;
	WRITE_ONCE(ctx->page->tail, 0);
	WRITE_ONCE(ctx->page->head, 0);
}

/**
 * vgpu_ctx_cancel_lost() - give up what was lost and is not run again
 * @ctx: a context of a queue that was killed meanwhile
 *
 * Context: Any but NMI. Signals fences, so no lock is held.
 */
void vgpu_ctx_cancel_lost(struct vgpu_ctx *ctx)
{
	struct vgpu_ended ended[VGPU_HARVEST_BATCH];
	unsigned long flags;
	int n;

	do {
		spin_lock_irqsave(&ctx->lock, flags);
		for (n = 0; n < VGPU_HARVEST_BATCH && ctx->lost; n++) {
			struct vgpu_slot *slot = vgpu_slot(ctx, ctx->first_slot);

			ended[n] = (struct vgpu_ended){
				.job = slot->job,
				.run = slot->run,
				.error = -ECANCELED,
			};
			vgpu_ctx_note_stop(ctx, slot);
			slot->job = NULL;
			ctx->first_slot++;
			ctx->lost--;
		}
		spin_unlock_irqrestore(&ctx->lock, flags);
		vgpu_complete_all(ctx, ended, n);
	} while (n == VGPU_HARVEST_BATCH);
}

/**
 * vgpu_ctx_wait_for_room() - what has to end before an entry fits into the ring
 * @ctx: the context
 * @words: size of the entry
 *
 * Context: The run side. Doesn't allocate.
 * Return: the finished fence of a job, with a reference; NULL if there is room.
 */
struct dma_fence *vgpu_ctx_wait_for_room(struct vgpu_ctx *ctx, u32 words)
{
	struct dma_fence *fence = NULL;
	unsigned long flags;
	u64 i;

	spin_lock_irqsave(&ctx->lock, flags);
	if (vgpu_ring_used(ctx) + words > ctx->ring_words) {
		/* the first one after whose end the rest is small enough */
		for (i = ctx->first_slot; i + 1 != ctx->next_slot; i++)
			if (ctx->tail - vgpu_slot(ctx, i + 1)->start + words <= ctx->ring_words)
				break;
		fence = dma_fence_get(drm_dep_job_finished_fence(&vgpu_slot(ctx, i)->job->base));
	}
	spin_unlock_irqrestore(&ctx->lock, flags);
	return fence;
}
