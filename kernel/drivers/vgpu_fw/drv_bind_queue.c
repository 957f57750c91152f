// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/module.h>
#include <linux/slab.h>

#include "drv_bind.h"

/**
 * DOC: bind queues
 *
 * A bind queue has no context of the firmware; what its jobs do is in drv_bind_job.c.
 *
 * Order
 *	Trees change in the order of calls, so entries have to be written in that order,
 *	on whatever queue. Within a queue jobs run in order. A bind also waits for the last
 *	one of each other bind queue of the address space. So one that waits for long holds
 *	up all that come after it.
 *
 * Two queues
 *	With %VGPU_TLB_QUEUE a bind takes two jobs: one writes entries and is done, and one
 *	on a second queue, that depends on it, invalidates. Its fence is that of the bind.
 *	The second queue is put when the first one is gone; the memory is that of both.
 *
 * Nothing is cancelled
 *	A bind that was accepted is carried out even if its queue has lost its name, or
 *	the file is closed. Later binds have found the tree as it left it. If its
 *	entries were never written, an earlier mapping would stay visible to engines
 *	whose buffer the tree has given up: that must not be freed then, and the tree
 *	would tell lies for good. Nor would cancelling help anybody, as the fence of
 *	a cancelled job may not signal before what it waits for either. So the driver
 *	never kills a bind queue, until the device is gone.
 *
 * Resets
 *	need not stop bind queues. Engines read tables at any time anyway, and
 *	invalidations that are under way end with the reset, see drv_tlb.c. So a bind
 *	always ends, and there is no timeout.
 */

/* Binds whose invalidation may be under way at a time, per queue. */
#define VGPU_BIND_CREDITS	16

static void vgpu_bind_queue_free(struct kref *kref)
{
	struct vgpu_bind_queue *queue = container_of(kref, struct vgpu_bind_queue, kref);
	struct vgpu_client *client = queue->base.client;

	mutex_lock(&queue->vm->lock);
	list_del(&queue->link);
	mutex_unlock(&queue->vm->lock);
	dma_fence_put(queue->last);
	vgpu_vm_put(queue->vm);
	kfree(queue);
	atomic_dec(&client->live_queues);
	wake_up(&client->queue_released);
	vgpu_client_put(client);
}

static void vgpu_bind_queue_release(struct drm_dep_queue *base)
{
	struct vgpu_bind_queue *queue = to_vgpu_bind_queue(to_vgpu_queue(base));

	if (queue->has_tlb)
		drm_dep_queue_put(&queue->tlb);
	kref_put(&queue->kref, vgpu_bind_queue_free);
}

static void vgpu_bind_queue_release_tlb(struct drm_dep_queue *base)
{
	kref_put(&container_of(base, struct vgpu_bind_queue, tlb)->kref, vgpu_bind_queue_free);
}

static const struct drm_dep_queue_ops vgpu_bind_queue_ops = {
	.owner = THIS_MODULE,
	.run_job = vgpu_bind_run,
	.release = vgpu_bind_queue_release,
};

static const struct drm_dep_queue_ops vgpu_bind_tlb_queue_ops = {
	.owner = THIS_MODULE,
	.run_job = vgpu_bind_run_tlb,
	.release = vgpu_bind_queue_release_tlb,
};

static int vgpu_bind_queue_init(struct vgpu_bind_queue *queue)
{
	struct vgpu_device *vdev = queue->vm->vdev;
	struct drm_dep_queue_init_args init = {
		.ops = &vgpu_bind_queue_ops,
		.drm = &vdev->drm,
		.driver_name = "vgpu_fw",
		.name = queue->base.name,
		.credit_limit = queue->base.prof->bind_jobs ?: VGPU_BIND_CREDITS,
	};

	snprintf(queue->base.name, sizeof(queue->base.name), "bind%u", queue->vm->asid);
	return drm_dep_queue_init(&queue->base.base, &init);
}

static int vgpu_bind_queue_init_tlb(struct vgpu_bind_queue *queue)
{
	struct vgpu_device *vdev = queue->vm->vdev;
	struct drm_dep_queue_init_args init = {
		.ops = &vgpu_bind_tlb_queue_ops,
		.drm = &vdev->drm,
		.driver_name = "vgpu_fw",
		.name = queue->tlb_name,
		.credit_limit = VGPU_BIND_CREDITS,
	};
	int ret;

	snprintf(queue->tlb_name, sizeof(queue->tlb_name), "tlb%u", queue->vm->asid);
	ret = drm_dep_queue_init(&queue->tlb, &init);
	if (!ret) {
		kref_get(&queue->kref);
		queue->has_tlb = true;
	}
	return ret;
}

/**
 * vgpu_bind_queue_create() - make a bind queue
 * @client: who is charged for it; has been charged for a live queue, which is undone when
 * the queue is freed, or on failure
 * @vm: the address space
 * @args: what the client said
 *
 * Context: Process context, allocates.
 * Return: the queue with a user reference, or an ERR_PTR(): -EINVAL, -ENOMEM.
 */
struct vgpu_queue *vgpu_bind_queue_create(struct vgpu_client *client, struct vgpu_vm *vm,
					  const struct drm_vgpu_queue_create *args)
{
	const struct vgpu_profile *prof = vgpu_profile_find(args->profile);
	struct vgpu_bind_queue *queue = ERR_PTR(-ENOMEM);
	int ret = -EINVAL;

	if (prof && !(args->flags | args->ring_words | args->credits | args->priority |
		      args->timeout_ms)) {
		queue = kzalloc_obj(*queue, GFP_KERNEL_ACCOUNT);
		ret = queue ? 0 : -ENOMEM;
	}
	if (ret) {
		atomic_dec(&client->live_queues);
		wake_up(&client->queue_released);
		return ERR_PTR(ret);
	}
	kref_init(&queue->kref);
	queue->base.client = vgpu_client_get(client);
	queue->base.prof = prof;
	queue->base.fence_context = dma_fence_context_alloc(1);
	queue->vm = vgpu_vm_get(vm);
	mutex_lock(&vm->lock);
	list_add_tail(&queue->link, &vm->bind_queues);
	mutex_unlock(&vm->lock);

	ret = vgpu_bind_queue_init(queue);
	if (ret) {
		kref_put(&queue->kref, vgpu_bind_queue_free);
		return ERR_PTR(ret);
	}
	if (prof->tlb == VGPU_TLB_QUEUE)
		ret = vgpu_bind_queue_init_tlb(queue);
	if (ret) {
		drm_dep_queue_put(&queue->base.base);
		return ERR_PTR(ret);
	}
	return &queue->base;
}

/**
 * vgpu_bind_queue_busy() - look whether all binds of a queue are in effect
 * @queue: the queue
 *
 * Context: Process context. Caller holds &vgpu_vm.lock.
 * Return: fence of the last one, with a reference; NULL if they are.
 */
struct dma_fence *vgpu_bind_queue_busy(struct vgpu_bind_queue *queue)
{
	lockdep_assert_held(&queue->vm->lock);

	if (!queue->last || dma_fence_is_signaled(queue->last))
		return NULL;
	return dma_fence_get(queue->last);
}

/**
 * vgpu_bind_queues_busy() - look for a bind that is not in effect
 * @vm: the address space
 *
 * Context: Process context. Caller holds &vgpu_vm.lock.
 * Return: fence of one, with a reference; NULL if there is none.
 */
struct dma_fence *vgpu_bind_queues_busy(struct vgpu_vm *vm)
{
	struct vgpu_bind_queue *queue;
	struct dma_fence *busy = NULL;

	list_for_each_entry(queue, &vm->bind_queues, link) {
		busy = vgpu_bind_queue_busy(queue);
		if (busy)
			break;
	}
	return busy;
}

/**
 * vgpu_bind_queue_wait() - wait until all binds of a queue are in effect
 * @base: a bind queue
 *
 * Context: Process context, sleeps, interruptible.
 * Return: 0 or -ERESTARTSYS.
 */
int vgpu_bind_queue_wait(struct vgpu_queue *base)
{
	struct vgpu_bind_queue *queue = to_vgpu_bind_queue(base);
	struct dma_fence *busy;
	int ret;

	do {
		if (mutex_lock_interruptible(&queue->vm->lock))
			return -ERESTARTSYS;
		busy = vgpu_bind_queue_busy(queue);
		mutex_unlock(&queue->vm->lock);
		ret = busy ? dma_fence_wait(busy, true) : 0;
		dma_fence_put(busy);
	} while (busy && !ret);
	return ret;
}

/**
 * vgpu_bind_queue_state() - what has become of a bind queue
 * @base: the queue
 * @args: where to; cleared but for the id
 *
 * Context: Process context.
 */
void vgpu_bind_queue_state(struct vgpu_queue *base, struct drm_vgpu_queue_state *args)
{
	struct vgpu_bind_queue *queue = to_vgpu_bind_queue(base);

	args->status = DRM_VGPU_QUEUE_ACTIVE;
	/* before the other one, so that it is never the greater one */
	args->completed = atomic64_read(&queue->completed);
	mutex_lock(&queue->vm->lock);
	args->submitted = queue->submitted;
	mutex_unlock(&queue->vm->lock);
}
