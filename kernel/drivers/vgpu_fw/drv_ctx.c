// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <drm/drm_print.h>

#include "drv.h"

/**
 * DOC: contexts
 *
 * A context of the firmware, and what the host needs to drive it.
 *
 * State
 *	The host knows how far the context has got with the firmware (have), how far
 *	it shall get (want), and whether a message is under way. One function,
 *	vgpu_ctx_kick(), sends the next step when there is one to take and nothing
 *	is under way; each answer updates have and kicks again. Everybody else only
 *	changes want, so that changes of mind at any time need no further states.
 *
 * Jobs in flight
 *	A FIFO of slots. Its head and the ring's content are under the context's
 *	lock. Taking a job out of the FIFO is the exclusive right, and the duty, to
 *	complete it; that is done without the lock, as completing a job signals
 *	fences, whose callbacks may submit.
 *
 * Space in the ring
 *	The credits of drm_dep are words of the ring. An entry's words are free when
 *	its slot is, which is before its credits come back.
 */

#define VGPU_HARVEST_BATCH	16

static const int vgpu_fault_errno[] = {
	[VGPU_FAULT_NONE] = 0,
	[VGPU_FAULT_PAGE] = -EFAULT,
	[VGPU_FAULT_TABLE] = -EFAULT,
	[VGPU_FAULT_ILLEGAL] = -EINVAL,
	[VGPU_FAULT_ENTRY] = -EIO,
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

/* Takes the next step towards what is wanted. */
static void vgpu_ctx_kick(struct vgpu_ctx *ctx)
{
	struct vgpu_msg *msg = &ctx->h2g.msg;

	lockdep_assert_held(&ctx->lock);

	if (ctx->asked || ctx->have == ctx->want)
		return;

	*msg = (struct vgpu_msg) { .ctx = ctx->id, .cookie = ++ctx->cookie };
	switch (ctx->have) {
	case VGPU_HAVE_NONE:
		msg->type = VGPU_H2G_REGISTER;
		msg->a = (uintptr_t)ctx->page;
		msg->b = ctx->engine_class;
		break;
	case VGPU_HAVE_REGISTERED:
		msg->type = ctx->want == VGPU_HAVE_ENABLED ? VGPU_H2G_ENABLE :
							     VGPU_H2G_DEREGISTER;
		break;
	case VGPU_HAVE_ENABLED:
		msg->type = VGPU_H2G_DISABLE;
		break;
	}
	ctx->asked = true;
	vgpu_fw_send(ctx->vdev, &ctx->h2g);
}

static enum vgpu_ctx_have vgpu_ctx_after(u16 type)
{
	switch (type) {
	case VGPU_H2G_ENABLE:
		return VGPU_HAVE_ENABLED;
	case VGPU_H2G_DEREGISTER:
		return VGPU_HAVE_NONE;
	default:
		return VGPU_HAVE_REGISTERED;
	}
}

static struct vgpu_ctx *vgpu_ctx_find(struct vgpu_device *vdev, u32 id)
{
	struct vgpu_ctx *ctx = NULL;

	if (id && id <= vdev->num_ctxs)
		ctx = rcu_dereference(vdev->ctxs[id]);
	if (!ctx)
		drm_err_ratelimited(&vdev->drm, "message about unknown context %u\n", id);
	return ctx;
}

/**
 * vgpu_ctx_acked() - the firmware has answered a request
 * @vdev: the device
 * @msg: the answer
 *
 * Context: The interrupt handler.
 */
void vgpu_ctx_acked(struct vgpu_device *vdev, const struct vgpu_msg *msg)
{
	struct vgpu_ctx *ctx;
	unsigned long flags;
	bool off;

	rcu_read_lock();
	ctx = vgpu_ctx_find(vdev, msg->ctx);
	if (!ctx)
		goto out;

	spin_lock_irqsave(&ctx->lock, flags);
	if (!ctx->asked || msg->cookie != ctx->cookie || msg->a != VGPU_ACK_OK) {
		drm_err_ratelimited(&vdev->drm, "context %u: request %u got answer %llu\n",
				    ctx->id, ctx->h2g.msg.type, msg->a);
		spin_unlock_irqrestore(&ctx->lock, flags);
		goto out;
	}
	ctx->have = vgpu_ctx_after(ctx->h2g.msg.type);
	ctx->asked = false;
	vgpu_ctx_kick(ctx);
	off = !ctx->asked && ctx->have == VGPU_HAVE_NONE;
	spin_unlock_irqrestore(&ctx->lock, flags);

	if (off)
		complete(&ctx->off);
out:
	rcu_read_unlock();
}

/**
 * vgpu_ctx_submit() - hand a job over to the hardware
 * @ctx: the context
 * @job: the job; a reference is taken for as long as the hardware has it
 * @run: number of the run, for drm_dep_job_done()
 *
 * Context: Any. Takes &vgpu_ctx.lock. Doesn't allocate.
 * Return: 0; -ENOSPC, which is a bug, if there is no room in the ring.
 */
int vgpu_ctx_submit(struct vgpu_ctx *ctx, struct vgpu_job *job, u32 run)
{
	const u32 words = VGPU_RING_WORDS(job->ncalls);
	struct vgpu_slot *slot;
	unsigned long flags;
	u64 oldest;
	u32 i;

	spin_lock_irqsave(&ctx->lock, flags);
	oldest = ctx->tail;
	if (ctx->first_slot != ctx->next_slot)
		oldest = vgpu_slot(ctx, ctx->first_slot)->start;
	/* credits guarantee it */
	if (WARN_ON_ONCE(ctx->tail + words - oldest > ctx->ring_words ||
			 ctx->next_slot - ctx->first_slot >= ctx->num_slots)) {
		spin_unlock_irqrestore(&ctx->lock, flags);
		return -ENOSPC;
	}

	slot = vgpu_slot(ctx, ctx->next_slot++);
	drm_dep_job_get(&job->base);
	*slot = (struct vgpu_slot) {
		.job = job,
		.seqno = ++ctx->seqno,
		.start = ctx->tail,
		.run = run,
	};

	*vgpu_ring_word(ctx, ctx->tail) = VGPU_RING_HEADER(job->ncalls);
	*vgpu_ring_word(ctx, ctx->tail + 1) = slot->seqno;
	*vgpu_ring_word(ctx, ctx->tail + 2) = 0;
	*vgpu_ring_word(ctx, ctx->tail + VGPU_RING_STATUS) = VGPU_FAULT_NONE;
	for (i = 0; i < job->ncalls; i++) {
		*vgpu_ring_word(ctx, ctx->tail + 4 + 2 * i) = job->calls[i].va;
		*vgpu_ring_word(ctx, ctx->tail + 5 + 2 * i) = job->calls[i].words;
	}
	ctx->tail += words;
	/* the entry before the tail */
	smp_store_release(&ctx->page->tail, ctx->tail);

	/* the first job brings the context to the firmware */
	ctx->want = VGPU_HAVE_ENABLED;
	vgpu_ctx_kick(ctx);
	spin_unlock_irqrestore(&ctx->lock, flags);

	/* the tail before the doorbell, which wakes somebody: not under a lock */
	vgpu_wr(ctx->vdev, VGPU_REG_DOORBELL, ctx->id);
	return 0;
}

struct vgpu_ended {
	struct vgpu_job *job;
	u32 run;
	int error;
};

static int vgpu_slot_error(struct vgpu_ctx *ctx, const struct vgpu_slot *slot)
{
	u64 fault = READ_ONCE(*vgpu_ring_word(ctx, slot->start + VGPU_RING_STATUS));

	return fault < ARRAY_SIZE(vgpu_fault_errno) ? vgpu_fault_errno[fault] : -EIO;
}

static int vgpu_ctx_take_ended(struct vgpu_ctx *ctx, struct vgpu_ended *ended)
{
	unsigned long flags;
	u64 completed;
	int n = 0;

	spin_lock_irqsave(&ctx->lock, flags);
	/* the status of each of those jobs was written before */
	completed = smp_load_acquire(&ctx->page->completed_seqno);
	while (n < VGPU_HARVEST_BATCH && ctx->first_slot != ctx->next_slot) {
		struct vgpu_slot *slot = vgpu_slot(ctx, ctx->first_slot);

		if (slot->seqno > completed)
			break;
		ended[n++] = (struct vgpu_ended) {
			.job = slot->job,
			.run = slot->run,
			.error = vgpu_slot_error(ctx, slot),
		};
		slot->job = NULL;
		ctx->first_slot++;
	}
	spin_unlock_irqrestore(&ctx->lock, flags);
	return n;
}

/**
 * vgpu_ctx_harvest() - complete all jobs that have ended
 * @vdev: the device
 * @id: name of the context
 *
 * Context: The interrupt handler. Signals fences, so no lock is held.
 */
void vgpu_ctx_harvest(struct vgpu_device *vdev, u32 id)
{
	struct vgpu_ended ended[VGPU_HARVEST_BATCH];
	struct vgpu_ctx *ctx;
	int n, i;

	rcu_read_lock();
	ctx = vgpu_ctx_find(vdev, id);
	if (ctx) {
		do {
			n = vgpu_ctx_take_ended(ctx, ended);
			for (i = 0; i < n; i++)
				vgpu_job_complete(ended[i].job, ended[i].run, ended[i].error);
			/*
			 * The context is still there: it is not torn down before
			 * this very handler has seen the firmware's answers.
			 */
		} while (n == VGPU_HARVEST_BATCH);
	}
	rcu_read_unlock();
}

/**
 * vgpu_ctx_shut_down() - have the firmware forget a context
 * @ctx: the context, which has no jobs
 *
 * Afterwards the hardware uses no memory of it. It may be freed after an RCU grace
 * period, as the interrupt handler may just be looking at it.
 *
 * Context: Process context, sleeps, not interruptible.
 */
void vgpu_ctx_shut_down(struct vgpu_ctx *ctx)
{
	bool off;

	spin_lock_irq(&ctx->lock);
	WARN_ON(ctx->first_slot != ctx->next_slot);
	ctx->want = VGPU_HAVE_NONE;
	vgpu_ctx_kick(ctx);
	off = !ctx->asked && ctx->have == VGPU_HAVE_NONE;
	spin_unlock_irq(&ctx->lock);

	if (!off)
		wait_for_completion(&ctx->off);
	RCU_INIT_POINTER(ctx->vdev->ctxs[ctx->id], NULL);
}

/**
 * vgpu_ctx_create() - make a context
 * @vm: its address space; a reference is taken
 * @engine_class: the engines to run on
 * @ring_words: size of the ring, a power of two
 *
 * The firmware learns of it with the first job.
 *
 * Context: Process context, allocates.
 * Return: the context or ERR_PTR(-ENOMEM).
 */
struct vgpu_ctx *vgpu_ctx_create(struct vgpu_vm *vm, u32 engine_class, u32 ring_words)
{
	struct vgpu_device *vdev = vm->vdev;
	struct vgpu_ctx *ctx;
	int id;

	ctx = kzalloc_obj(*ctx, GFP_KERNEL_ACCOUNT);
	if (!ctx)
		return ERR_PTR(-ENOMEM);
	ctx->vdev = vdev;
	ctx->engine_class = engine_class;
	ctx->ring_words = ring_words;
	ctx->num_slots = ring_words / VGPU_RING_WORDS(1);
	spin_lock_init(&ctx->lock);
	init_completion(&ctx->off);

	ctx->page = (struct vgpu_ctx_page *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	ctx->ring = kvcalloc(ring_words, sizeof(*ctx->ring), GFP_KERNEL_ACCOUNT);
	ctx->slots = kvcalloc(ctx->num_slots, sizeof(*ctx->slots), GFP_KERNEL_ACCOUNT);
	if (!ctx->page || !ctx->ring || !ctx->slots)
		goto err;
	id = ida_alloc_range(&vdev->ctx_ids, 1, vdev->num_ctxs, GFP_KERNEL);
	if (id < 0)
		goto err;
	ctx->id = id;

	ctx->vm = vgpu_vm_get(vm);
	ctx->page->ring_base = (uintptr_t)ctx->ring;
	ctx->page->ring_words = ring_words;
	ctx->page->pt_root = (uintptr_t)vm->root;
	ctx->page->asid = vm->asid;
	rcu_assign_pointer(vdev->ctxs[id], ctx);
	return ctx;

err:
	vgpu_ctx_free(ctx);
	return ERR_PTR(-ENOMEM);
}

/**
 * vgpu_ctx_free() - free a context that the hardware doesn't know
 * @ctx: the context; if it ever had a job it was shut down, a grace period ago
 *
 * Context: Process context, sleeps, as it may give up the address space.
 */
void vgpu_ctx_free(struct vgpu_ctx *ctx)
{
	if (ctx->id) {
		RCU_INIT_POINTER(ctx->vdev->ctxs[ctx->id], NULL);
		ida_free(&ctx->vdev->ctx_ids, ctx->id);
		vgpu_vm_put(ctx->vm);
	}
	kvfree(ctx->slots);
	kvfree(ctx->ring);
	free_page((unsigned long)ctx->page);
	kfree(ctx);
}
