// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <drm/drm_print.h>

#include "drv.h"

/**
 * DOC: contexts
 *
 * A context of the firmware, and what the host needs to drive it.
 *
 * The host knows how far the context has got with the firmware (have), how far it shall
 * get (want), and whether a message is under way. One function, vgpu_ctx_kick(), sends the
 * next step when there is one to take and nothing is under way; each answer updates have
 * and kicks again. Want follows from what others have asked for: that the queue has jobs,
 * is suspended, killed, closed. They only set that, so that changes of mind at any time
 * need no further states.
 *
 * A context may end in two ways. It dies, because a job of it has faulted, or because the
 * firmware was told to reset it, or could not get it off the engine in time: then the
 * queue is banned. Or the queue is killed, and the context is healthy: then it is taken off
 * the engine, and the jobs that are left are cancelled when it is off, which is when
 * nothing is under way and it isn't enabled. For one that is suspended or was never
 * registered that is at once.
 *
 * While the firmware is being loaded nothing is under way: each context starts anew as one
 * that the firmware does not know.
 */

static enum vgpu_ctx_want vgpu_ctx_want(const struct vgpu_ctx *ctx)
{
	if (ctx->closing)
		return VGPU_WANT_NONE;
	if (ctx->suspended || ctx->killed || ctx->dead_err || !ctx->used)
		return VGPU_WANT_OFF;
	return VGPU_WANT_ENABLED;
}

/* The message that is the next step, or 0. */
static u16 vgpu_ctx_next_step(const struct vgpu_ctx *ctx)
{
	const enum vgpu_ctx_want want = vgpu_ctx_want(ctx);

	if (READ_ONCE(ctx->vdev->fw_down))
		return 0;
	switch (ctx->have) {
	case VGPU_HAVE_NONE:
		return want == VGPU_WANT_ENABLED ? VGPU_H2G_REGISTER : 0;
	case VGPU_HAVE_REGISTERED:
		if (want == VGPU_WANT_NONE)
			return VGPU_H2G_DEREGISTER;
		if (ctx->reset)
			return VGPU_H2G_RESET;
		if (ctx->priority != ctx->told_priority)
			return VGPU_H2G_PRIORITY;
		return want == VGPU_WANT_ENABLED ? VGPU_H2G_ENABLE : 0;
	case VGPU_HAVE_ENABLED:
		if (ctx->reset)
			return VGPU_H2G_RESET;
		if (want != VGPU_WANT_ENABLED)
			return VGPU_H2G_DISABLE;
		return ctx->priority != ctx->told_priority ? VGPU_H2G_PRIORITY : 0;
	case VGPU_HAVE_DEAD:
		return want == VGPU_WANT_NONE ? VGPU_H2G_DEREGISTER : 0;
	}
	return 0;
}

/**
 * vgpu_ctx_kick() - take the next step towards what is wanted
 * @ctx: the context
 *
 * Context: Any. Caller holds &vgpu_ctx.lock.
 */
void vgpu_ctx_kick(struct vgpu_ctx *ctx)
{
	struct vgpu_device *vdev = ctx->vdev;
	struct vgpu_msg *msg = &ctx->h2g.msg;
	u16 type;

	lockdep_assert_held(&ctx->lock);

	if (ctx->asked)
		return;
	type = vgpu_ctx_next_step(ctx);
	if (!type)
		return;

	ctx->cookie = vgpu_fw_cookie(vdev, ctx->id);
	*msg = (struct vgpu_msg){ .type = type, .ctx = ctx->id, .cookie = ctx->cookie };
	if (type == VGPU_H2G_REGISTER) {
		msg->a = (uintptr_t)ctx->page;
		msg->b = ctx->engine_class;
		msg->c = ctx->priority | (ctx->notify ? VGPU_REGISTER_NOTIFY : 0);
		ctx->told_priority = ctx->priority;
	} else if (type == VGPU_H2G_PRIORITY) {
		msg->a = ctx->priority;
		ctx->told_priority = ctx->priority;
	}
	ctx->asked = true;
	ctx->deadline = jiffies + vgpu_answer_time(vdev);
	vgpu_fw_send(vdev, &ctx->h2g);
}

/**
 * vgpu_ctx_off() - whether the context is off the engine, and will stay so
 * @ctx: the context
 *
 * Context: Caller holds &vgpu_ctx.lock, and has seen to it that it shall not be enabled.
 * Return: true if it is.
 */
bool vgpu_ctx_off(const struct vgpu_ctx *ctx)
{
	return ctx->have == VGPU_HAVE_DEAD || (ctx->have != VGPU_HAVE_ENABLED && !ctx->asked);
}

/**
 * vgpu_ctx_settled() - whether the firmware has got to where it shall
 * @ctx: the context
 *
 * Context: Any. Takes &vgpu_ctx.lock.
 * Return: true if nothing is under way nor left to be said.
 */
bool vgpu_ctx_settled(struct vgpu_ctx *ctx)
{
	unsigned long flags;
	bool settled;

	spin_lock_irqsave(&ctx->lock, flags);
	settled = !ctx->asked && !vgpu_ctx_next_step(ctx);
	spin_unlock_irqrestore(&ctx->lock, flags);
	return settled;
}

/* Its jobs end with @error from here on, but for the first, if @guilty is not 0. */
static void vgpu_ctx_end(struct vgpu_ctx *ctx, int error, int guilty)
{
	lockdep_assert_held(&ctx->lock);

	ctx->dead_err = error;
	ctx->guilty_err = guilty;
	ctx->reset = false;
	/* whoever waits for a job of it on the device waits no longer */
	WRITE_ONCE(ctx->page->native, U64_MAX);
}

/**
 * vgpu_ctx_update() - look at what has changed, and take the next step
 * @ctx: the context
 *
 * Context: Any. Caller holds &vgpu_ctx.lock.
 * Return: VGPU_TODO_*, for vgpu_ctx_follow_up().
 */
u32 vgpu_ctx_update(struct vgpu_ctx *ctx)
{
	u32 todo = 0;

	vgpu_ctx_kick(ctx);
	if (ctx->killed && !ctx->dead_err && vgpu_ctx_off(ctx)) {
		/* or it is the device that goes */
		vgpu_ctx_end(ctx, READ_ONCE(ctx->vdev->wedged) ?: -ECANCELED, 0);
		todo |= VGPU_TODO_HARVEST;
	}
	if (ctx->closing && !ctx->closed && ctx->have == VGPU_HAVE_NONE && !ctx->asked) {
		ctx->closed = true;
		todo |= VGPU_TODO_CLOSE;
	}
	return todo;
}

/**
 * vgpu_ctx_follow_up() - do what has to be done without the lock
 * @ctx: the context, which may be gone when the RCU read section of the caller ends
 * @todo: VGPU_TODO_*
 *
 * Context: Any but NMI. Signals fences, so no lock is held.
 */
void vgpu_ctx_follow_up(struct vgpu_ctx *ctx, u32 todo)
{
	struct vgpu_queue *queue = ctx->queue;

	/* first, so that who sees a fence can't submit any more */
	if (todo & VGPU_TODO_KILL && drm_dep_queue_get_unless_zero(&queue->base)) {
		drm_dep_queue_kill(&queue->base);
		drm_dep_queue_put(&queue->base);
	}
	if (todo & VGPU_TODO_HARVEST)
		vgpu_ctx_harvest(ctx);
	wake_up_all(&ctx->vdev->event);
	if (todo & VGPU_TODO_CLOSE) {
		RCU_INIT_POINTER(ctx->vdev->ctxs[ctx->id], NULL);
		drm_dep_queue_fini_done(&queue->base);
	}
}

/**
 * vgpu_ctx_find() - find a context by name
 * @vdev: the device
 * @id: its name
 *
 * Context: Any, in an RCU read section, in which the context stays.
 * Return: the context or NULL.
 */
struct vgpu_ctx *vgpu_ctx_find(struct vgpu_device *vdev, u32 id)
{
	return id && id <= vdev->num_ctxs ? rcu_dereference(vdev->ctxs[id]) : NULL;
}

/**
 * vgpu_ctx_suspend() - let the context run, or not
 * @ctx: the context
 * @suspend: not
 *
 * Context: Any. Takes &vgpu_ctx.lock.
 */
void vgpu_ctx_suspend(struct vgpu_ctx *ctx, bool suspend)
{
	unsigned long flags;

	spin_lock_irqsave(&ctx->lock, flags);
	ctx->suspended = suspend;
	if (suspend)
		drm_dep_queue_pause_timeout(&ctx->queue->base);
	else if (!ctx->notify || !ctx->off_engine)
		drm_dep_queue_resume_timeout(&ctx->queue->base);
	vgpu_ctx_kick(ctx);
	spin_unlock_irqrestore(&ctx->lock, flags);
}

/**
 * vgpu_ctx_set_priority() - change the priority
 * @ctx: the context
 * @priority: an &enum vgpu_priority
 *
 * Context: Any. Takes &vgpu_ctx.lock.
 */
void vgpu_ctx_set_priority(struct vgpu_ctx *ctx, u8 priority)
{
	unsigned long flags;

	spin_lock_irqsave(&ctx->lock, flags);
	ctx->priority = priority;
	vgpu_ctx_kick(ctx);
	spin_unlock_irqrestore(&ctx->lock, flags);
}

/**
 * vgpu_ctx_kill() - take the context off the hardware for good
 * @ctx: the context of a queue that was killed
 *
 * Its jobs are cancelled when it is off, perhaps before this returns; the call doesn't wait.
 *
 * Context: Any but NMI. May signal fences, so no lock is held.
 */
void vgpu_ctx_kill(struct vgpu_ctx *ctx)
{
	unsigned long flags;
	u32 todo;

	spin_lock_irqsave(&ctx->lock, flags);
	ctx->killed = true;
	todo = vgpu_ctx_update(ctx);
	spin_unlock_irqrestore(&ctx->lock, flags);
	vgpu_ctx_follow_up(ctx, todo);
}

/**
 * vgpu_ctx_shut_down() - have the firmware forget a context
 * @ctx: the context, which has no jobs
 *
 * Afterwards the hardware uses no memory of it. It may be freed after an RCU grace
 * period, as the interrupt handler may just be looking at it.
 *
 * Context: Process context.
 * Return: true if it is forgotten; false if it will be, and drm_dep_queue_fini_done() will
 * be called then.
 */
bool vgpu_ctx_shut_down(struct vgpu_ctx *ctx)
{
	unsigned long flags;
	u32 todo;

	spin_lock_irqsave(&ctx->lock, flags);
	WARN_ON(ctx->first_slot != ctx->next_slot);
	ctx->closing = true;
	todo = vgpu_ctx_update(ctx);
	spin_unlock_irqrestore(&ctx->lock, flags);

	if (!(todo & VGPU_TODO_CLOSE))
		return false;
	RCU_INIT_POINTER(ctx->vdev->ctxs[ctx->id], NULL);
	return true;
}

/**
 * vgpu_ctx_ask_reset() - have the firmware take a context off the engine by force
 * @ctx: the context
 *
 * When it has, the queue is banned.
 *
 * Context: Any. Takes &vgpu_ctx.lock.
 */
void vgpu_ctx_ask_reset(struct vgpu_ctx *ctx)
{
	unsigned long flags;

	spin_lock_irqsave(&ctx->lock, flags);
	if (!ctx->dead_err) {
		ctx->reset = true;
		vgpu_ctx_kick(ctx);
	}
	spin_unlock_irqrestore(&ctx->lock, flags);
}

/**
 * vgpu_ctx_set_banned() - the first job of the context is guilty
 * @ctx: the context, off the engine
 * @error: what that job ends with; the others are cancelled
 *
 * Context: Any. Caller holds &vgpu_ctx.lock.
 * Return: VGPU_TODO_*, for vgpu_ctx_follow_up().
 */
u32 vgpu_ctx_set_banned(struct vgpu_ctx *ctx, int error)
{
	lockdep_assert_held(&ctx->lock);

	if (ctx->dead_err)
		return 0;
	if (ctx->killed || ctx->banned) {
		/* it had to be reset to get it off, but it was to end anyhow; or it is known */
		vgpu_ctx_end(ctx, -ECANCELED, error == -ETIME ? 0 : error);
		return VGPU_TODO_KILL | VGPU_TODO_HARVEST;
	}
	ctx->banned = true;
	ctx->error = error;
	atomic64_inc(&ctx->vdev->count.bans);
	vgpu_ctx_end(ctx, -ECANCELED, error);
	return VGPU_TODO_KILL | VGPU_TODO_HARVEST;
}

/**
 * vgpu_ctx_ban() - a job of the context is guilty
 * @ctx: the context, off the engine
 * @error: what that job ends with; the others are cancelled
 *
 * Context: Any but NMI. Signals fences, so no lock is held.
 */
void vgpu_ctx_ban(struct vgpu_ctx *ctx, int error)
{
	unsigned long flags;
	u32 todo;

	/* what has ended before is innocent */
	vgpu_ctx_harvest(ctx);
	spin_lock_irqsave(&ctx->lock, flags);
	todo = vgpu_ctx_set_banned(ctx, error);
	spin_unlock_irqrestore(&ctx->lock, flags);
	vgpu_ctx_follow_up(ctx, todo);
}

/**
 * vgpu_ctx_void() - the firmware has forgotten everything
 * @ctx: the context; engines are halted, and &vgpu_device.fw_down is set
 * @error: 0: what is in flight will be run again, if the queue lives; else what the jobs
 *	end with
 *
 * Context: Any but NMI, in an RCU read section. Signals fences, so no lock is held.
 */
void vgpu_ctx_void(struct vgpu_ctx *ctx, int error)
{
	unsigned long flags;
	u32 todo = 0;

	vgpu_ctx_harvest(ctx);
	spin_lock_irqsave(&ctx->lock, flags);
	if (ctx->asked)
		vgpu_fw_unsend(ctx->vdev, &ctx->h2g);
	ctx->asked = false;
	ctx->have = VGPU_HAVE_NONE;
	ctx->used = false;
	ctx->reset = false;
	ctx->resets++;
	if (error && !ctx->dead_err) {
		vgpu_ctx_end(ctx, error, 0);
		todo |= VGPU_TODO_HARVEST;
	}
	/* a message never came that it is on the engine again */
	if (ctx->off_engine && !ctx->suspended)
		drm_dep_queue_resume_timeout(&ctx->queue->base);
	ctx->off_engine = false;
	todo |= vgpu_ctx_update(ctx);
	if (!ctx->dead_err)
		vgpu_ctx_lose(ctx);
	spin_unlock_irqrestore(&ctx->lock, flags);
	vgpu_ctx_follow_up(ctx, todo);
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
	INIT_LIST_HEAD(&ctx->h2g.link);

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
	return ctx;

err:
	vgpu_ctx_free(ctx);
	return ERR_PTR(-ENOMEM);
}

/**
 * vgpu_ctx_free() - free a context that the hardware doesn't know
 * @ctx: the context; if others could find it, it was shut down, a grace period ago
 *
 * Context: Process context, sleeps, as it may give up the address space.
 */
void vgpu_ctx_free(struct vgpu_ctx *ctx)
{
	if (ctx->id) {
		ida_free(&ctx->vdev->ctx_ids, ctx->id);
		vgpu_vm_put(ctx->vm);
	}
	kvfree(ctx->slots);
	kvfree(ctx->ring);
	free_page((unsigned long)ctx->page);
	kfree(ctx);
}
