// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/minmax.h>
#include <linux/slab.h>

#include <drm/drm_gem.h>

#include "drv_bind.h"
#include "drv_sync.h"

/**
 * DOC: bind
 *
 * A call changes an address space in three steps.
 *
 * 1. Everything that may fail: look up and pin buffers; allocate mappings, for each
 *    operation as many as it may need; add tables. Nothing of that can be seen.
 * 2. What can't fail: change the tree, operation by operation. Mappings that are
 *    displaced go to a list. A call that is asynchronous arms its job in the same section,
 *    so that jobs run in the order of these changes.
 * 3. Write entries of the page tables. If any mapping was displaced: have the engines
 *    forget them. Only then are they freed, and with them pins and references. That is
 *    done by the job, see drv_bind_job.c; or by the call, without being interruptible, which
 *    takes as long as the commands that run.
 *
 * A call that is synchronous writes the tables itself, so no job may: it waits before step 2,
 * without the lock and interruptibly, until no bind is left that is not in effect. A
 * signal is noticed before step 2 only, so that it never leaves half an effect.
 */

/* How many mappings an operation may need for what it leaves of others. */
#define VGPU_SPARE_VAS	2

static struct vgpu_va *vgpu_take_first(struct list_head *list)
{
	struct vgpu_va *va = list_first_entry(list, struct vgpu_va, link);

	list_del_init(&va->link);
	return va;
}

static int vgpu_step_map(struct drm_gpuva_op *op, void *priv)
{
	struct vgpu_bind *bind = priv;
	struct vgpu_va *va = vgpu_take_first(&bind->new_vas);

	drm_gpuva_map(&bind->vm->base, &va->base, &op->map);
	return 0;
}

static int vgpu_step_unmap(struct drm_gpuva_op *op, void *priv)
{
	struct vgpu_bind *bind = priv;

	drm_gpuva_unmap(&op->unmap);
	list_add_tail(&to_vgpu_va(op->unmap.va)->link, &bind->displaced);
	return 0;
}

/* What stays of a mapping that is cut needs a hold of its own on the buffer. */
static struct vgpu_va *vgpu_rest_of(struct vgpu_bind *bind, const struct vgpu_va *whole,
				    const struct drm_gpuva_op_map *rest)
{
	struct vgpu_va *va;

	if (!rest)
		return NULL;
	va = vgpu_take_first(&bind->spare_vas);
	va->readonly = whole->readonly;
	drm_gem_object_get(rest->gem.obj);
	vgpu_bo_pin_again(to_vgpu_bo(rest->gem.obj));
	return va;
}

static int vgpu_step_remap(struct drm_gpuva_op *op, void *priv)
{
	struct vgpu_bind *bind = priv;
	struct drm_gpuva_op_remap *remap = &op->remap;
	struct vgpu_va *whole = to_vgpu_va(remap->unmap->va);
	struct vgpu_va *prev = vgpu_rest_of(bind, whole, remap->prev);
	struct vgpu_va *next = vgpu_rest_of(bind, whole, remap->next);

	drm_gpuva_remap(prev ? &prev->base : NULL, next ? &next->base : NULL, remap);
	list_add_tail(&whole->link, &bind->displaced);
	return 0;
}

static void vgpu_gpuvm_free(struct drm_gpuvm *gpuvm)
{
	struct vgpu_vm *vm = to_vgpu_vm(gpuvm);

	mutex_destroy(&vm->submit_lock);
	mutex_destroy(&vm->lock);
	kfree(vm);
}

const struct drm_gpuvm_ops vgpu_gpuvm_ops = {
	.vm_free = vgpu_gpuvm_free,
	.sm_step_map = vgpu_step_map,
	.sm_step_remap = vgpu_step_remap,
	.sm_step_unmap = vgpu_step_unmap,
};

static bool vgpu_bind_op_valid(const struct drm_vgpu_bind_op *op)
{
	const u64 all = op->va | op->size | op->bo_offset;

	if (op->pad || !op->size || all % VGPU_PAGE_SIZE)
		return false;
	if (op->va < VGPU_VA_START || op->va >= VGPU_VA_END || op->size > VGPU_VA_END - op->va)
		return false;
	switch (op->kind) {
	case DRM_VGPU_BIND_MAP:
		return !(op->flags & ~DRM_VGPU_BIND_READONLY);
	case DRM_VGPU_BIND_UNMAP:
		return !op->flags && !op->handle && !op->bo_offset;
	}
	return false;
}

static int vgpu_bind_add_vas(struct list_head *list, int n)
{
	for (; n > 0; n--) {
		struct vgpu_va *va = kzalloc_obj(*va, GFP_KERNEL_ACCOUNT);

		if (!va)
			return -ENOMEM;
		list_add(&va->link, list);
	}
	return 0;
}

static int vgpu_bind_prepare_map(struct vgpu_bind *bind, struct vgpu_pte_op *pte,
				 const struct drm_vgpu_bind_op *op, struct drm_file *file)
{
	struct drm_gem_object *obj;
	struct vgpu_va *va;
	int ret;

	obj = drm_gem_object_lookup(file, op->handle);
	if (!obj)
		return -ENOENT;
	ret = -EINVAL;
	if (op->bo_offset >= obj->size || op->size > obj->size - op->bo_offset ||
	    !vgpu_bo_fits(to_vgpu_bo(obj), bind->vm))
		goto err_put;
	ret = -ENOMEM;
	va = kzalloc_obj(*va, GFP_KERNEL_ACCOUNT);
	if (!va)
		goto err_put;
	ret = vgpu_bo_pin(to_vgpu_bo(obj));
	if (ret)
		goto err_free;
	va->base.gem.obj = obj;
	va->readonly = op->flags & DRM_VGPU_BIND_READONLY;
	list_add_tail(&va->link, &bind->new_vas);
	pte->bo = to_vgpu_bo(obj);
	pte->offset = op->bo_offset;
	pte->readonly = va->readonly;
	return 0;

err_free:
	kfree(va);
err_put:
	drm_gem_object_put(obj);
	return ret;
}

/* Step 1 but for the tables. */
static int vgpu_bind_prepare(struct vgpu_bind *bind, const struct drm_vgpu_bind_op *ops,
			     struct drm_file *file)
{
	int ret;
	u32 i;

	for (i = 0; i < bind->num_ops; i++)
		if (!vgpu_bind_op_valid(&ops[i]))
			return -EINVAL;

	for (i = 0; i < bind->num_ops; i++) {
		struct vgpu_pte_op *pte = &bind->ops[i];

		pte->va = ops[i].va;
		pte->size = ops[i].size;
		bind->start = min(bind->start, pte->va);
		bind->end = max(bind->end, pte->va + pte->size);
		ret = 0;
		if (ops[i].kind == DRM_VGPU_BIND_MAP)
			ret = vgpu_bind_prepare_map(bind, pte, &ops[i], file);
		if (!ret)
			ret = vgpu_bind_add_vas(&bind->spare_vas, VGPU_SPARE_VAS);
		if (ret)
			return ret;
	}
	return 0;
}

static int vgpu_bind_add_tables(struct vgpu_bind *bind)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < bind->num_ops && !ret; i++)
		if (bind->ops[i].bo)
			ret = vgpu_pt_prepare(bind->vm, bind->ops[i].va, bind->ops[i].size);
	return ret;
}

/* Step 2. */
static void vgpu_bind_change_tree(struct vgpu_bind *bind)
{
	struct drm_gpuvm *tree = &bind->vm->base;
	u32 i;

	for (i = 0; i < bind->num_ops; i++) {
		const struct vgpu_pte_op *pte = &bind->ops[i];

		if (pte->bo)
			WARN_ON(compat_gpuvm_sm_map(tree, bind, pte->va, pte->size,
						    &pte->bo->base.base, pte->offset));
		else
			WARN_ON(drm_gpuvm_sm_unmap(tree, bind, pte->va, pte->size));
	}
}

/**
 * vgpu_bind_write() - write the entries of the page tables
 * @bind: a bind, which has its turn
 *
 * Context: May sleep, doesn't allocate, takes no lock: also in run_job.
 */
void vgpu_bind_write(struct vgpu_bind *bind)
{
	u32 i;

	for (i = 0; i < bind->num_ops; i++)
		vgpu_pt_write(bind->vm, &bind->ops[i]);
	bind->written = true;
}

static int vgpu_bind_lock_idle(struct vgpu_vm *vm)
{
	struct dma_fence *busy;
	int ret;

	for (;;) {
		if (mutex_lock_interruptible(&vm->lock))
			return -ERESTARTSYS;
		busy = vgpu_bind_queues_busy(vm);
		if (!busy)
			return 0;
		mutex_unlock(&vm->lock);
		ret = dma_fence_wait(busy, true);
		dma_fence_put(busy);
		if (ret)
			return ret;
	}
}

static int vgpu_bind_now(struct vgpu_bind *bind)
{
	struct vgpu_vm *vm = bind->vm;
	int ret;

	ret = vgpu_bind_lock_idle(vm);
	if (ret)
		return ret;
	ret = vgpu_bind_add_tables(bind);
	if (!ret) {
		vgpu_bind_change_tree(bind);
		vgpu_bind_write(bind);
	}
	mutex_unlock(&vm->lock);

	/* the list is ours: others may go on with the tree meanwhile */
	if (!list_empty(&bind->displaced)) {
		vgpu_tlb_invalidate(vm->vdev, vm->asid, bind->start, bind->end - bind->start);
		bind->forgotten = true;
	}
	return ret;
}

static int vgpu_bind_later(struct vgpu_bind *bind, struct vgpu_syncs *syncs)
{
	struct vgpu_vm *vm = bind->vm;
	bool cookie;
	int ret;

	if (mutex_lock_interruptible(&vm->lock))
		return -ERESTARTSYS;
	ret = vgpu_bind_add_tables(bind);
	if (!ret)
		ret = vgpu_bind_jobs_arm(bind);
	if (!ret) {
		vgpu_bind_change_tree(bind);
		cookie = dma_fence_begin_signalling();
		vgpu_syncs_publish(syncs);
		vgpu_bind_jobs_push(bind);
		dma_fence_end_signalling(cookie);
	}
	mutex_unlock(&vm->lock);
	return ret;
}

static void vgpu_bind_free(struct kref *kref)
{
	struct vgpu_bind *bind = container_of(kref, struct vgpu_bind, kref);
	struct vgpu_vm *vm = bind->vm;

	if (!list_empty(&bind->displaced) && !bind->forgotten) {
		mutex_lock(&vm->lock);
		list_splice_tail_init(&bind->displaced, &vm->kept);
		mutex_unlock(&vm->lock);
	}
	vgpu_vas_free(&bind->displaced);
	vgpu_bind_jobs_fini(bind);
	kvfree(bind);
}

/**
 * vgpu_bind_put() - give a reference back
 * @bind: the bind
 *
 * Context: Process context, sleeps: frees what was displaced.
 */
void vgpu_bind_put(struct vgpu_bind *bind)
{
	kref_put(&bind->kref, vgpu_bind_free);
}

static struct vgpu_bind *vgpu_bind_create(struct vgpu_vm *vm, u32 num_ops)
{
	struct vgpu_bind *bind = kvzalloc_flex(*bind, ops, num_ops, GFP_KERNEL_ACCOUNT);

	if (!bind)
		return NULL;
	bind->num_ops = num_ops;
	kref_init(&bind->kref);
	bind->vm = vm;
	bind->start = VGPU_VA_END;
	INIT_LIST_HEAD(&bind->new_vas);
	INIT_LIST_HEAD(&bind->spare_vas);
	INIT_LIST_HEAD(&bind->displaced);
	return bind;
}

static int vgpu_bind_async(struct vgpu_bind *bind, const struct drm_vgpu_vm_bind *args,
			   struct drm_file *file)
{
	struct vgpu_client *client = file->driver_priv;
	struct vgpu_sync_job sjob = {};
	struct vgpu_syncs syncs = { .file = file, .jobs = &sjob, .num_jobs = 1 };
	struct vgpu_bind_queue *bind_queue;
	struct vgpu_queue *queue;
	int ret;

	queue = vgpu_queue_lookup(client, args->queue);
	if (!queue)
		return -ENOENT;
	ret = -EINVAL;
	if (!vgpu_queue_is_bind(queue))
		goto out;
	bind_queue = to_vgpu_bind_queue(queue);
	if (bind_queue->vm != bind->vm)
		goto out;

	ret = vgpu_syncs_copy(&sjob, &args->syncs);
	if (!ret)
		ret = vgpu_bind_jobs_init(bind, bind_queue, client);
	if (!ret)
		ret = vgpu_syncs_init(&syncs);
	if (!ret) {
		sjob.waits = &bind->pte_job;
		sjob.signals = vgpu_bind_last_job(bind);
		ret = vgpu_syncs_resolve(&syncs, 0);
	}
	if (!ret)
		ret = vgpu_bind_later(bind, &syncs);
	vgpu_bind_jobs_put(bind);
	vgpu_syncs_fini(&syncs);
out:
	drm_dep_queue_put(&queue->base);
	return ret;
}

/**
 * vgpu_vm_bind_ioctl() - %DRM_IOCTL_VGPU_VM_BIND
 * @drm: the device
 * @data: &struct drm_vgpu_vm_bind
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_vm_bind_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_vgpu_vm_bind *args = data;
	const bool async = args->flags & DRM_VGPU_VM_BIND_ASYNC;
	struct drm_vgpu_bind_op *ops;
	struct vgpu_bind *bind;
	struct vgpu_vm *vm;
	int ret;

	if (args->pad || args->flags & ~DRM_VGPU_VM_BIND_ASYNC)
		return -EINVAL;
	if (!async && (args->queue || args->syncs.count || args->syncs.ptr))
		return -EINVAL;
	ret = READ_ONCE(to_vgpu_device(drm)->wedged);
	if (ret)
		return ret;
	ops = vgpu_array_copy(&args->ops, sizeof(*ops), VGPU_MAX_BIND_OPS, true);
	if (IS_ERR(ops))
		return PTR_ERR(ops);

	ret = -ENOENT;
	vm = vgpu_vm_lookup(file->driver_priv, args->vm);
	if (!vm)
		goto out_ops;
	ret = -ENOMEM;
	bind = vgpu_bind_create(vm, args->ops.count);
	if (!bind)
		goto out_vm;

	ret = vgpu_bind_prepare(bind, ops, file);
	if (!ret)
		ret = async ? vgpu_bind_async(bind, args, file) : vgpu_bind_now(bind);
	vgpu_vas_free(&bind->new_vas);
	vgpu_vas_free(&bind->spare_vas);
	vgpu_bind_put(bind);
out_vm:
	vgpu_vm_put(vm);
out_ops:
	kvfree(ops);
	return ret;
}
