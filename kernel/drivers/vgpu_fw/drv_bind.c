// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/minmax.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>
#include <drm/drm_gem.h>

#include "drv.h"

/**
 * DOC: bind
 *
 * A call changes an address space in three steps.
 *
 * 1. Everything that may fail: look up and pin buffers; allocate mappings, for each
 *    operation as many as it may need; add tables. Nothing of that can be seen.
 * 2. What can't fail: change the tree and the page tables, operation by operation.
 *    Mappings that are displaced go to a list.
 * 3. If any were displaced: have the engines forget them, and wait for that without
 *    being interruptible, which takes as long as the commands that run. Only then
 *    are the displaced mappings freed, and with them pins and references.
 *
 * A signal is noticed in step 1 only, so that it never leaves half an effect.
 */

/* How many mappings an operation may need for what it leaves of others. */
#define VGPU_SPARE_VAS	2

struct vgpu_bind {
	struct vgpu_vm *vm;
	struct drm_vgpu_bind_op *ops;
	u32 num_ops;
	/* &vgpu_va: with a buffer for the MAPs, in their order; without one */
	struct list_head new_vas;
	struct list_head spare_vas;
	/* &vgpu_va that are in the tree no more */
	struct list_head displaced;
};

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

static int vgpu_bind_prepare_map(struct vgpu_bind *bind, const struct drm_vgpu_bind_op *op,
				 struct drm_file *file)
{
	struct drm_gem_object *obj;
	struct vgpu_va *va;
	int ret;

	obj = drm_gem_object_lookup(file, op->handle);
	if (!obj)
		return -ENOENT;
	ret = -EINVAL;
	if (op->bo_offset >= obj->size || op->size > obj->size - op->bo_offset)
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
	return 0;

err_free:
	kfree(va);
err_put:
	drm_gem_object_put(obj);
	return ret;
}

/* Step 1 but for the tables. */
static int vgpu_bind_prepare(struct vgpu_bind *bind, struct drm_file *file)
{
	int ret;
	u32 i;

	for (i = 0; i < bind->num_ops; i++)
		if (!vgpu_bind_op_valid(&bind->ops[i]))
			return -EINVAL;

	for (i = 0; i < bind->num_ops; i++) {
		ret = 0;
		if (bind->ops[i].kind == DRM_VGPU_BIND_MAP)
			ret = vgpu_bind_prepare_map(bind, &bind->ops[i], file);
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
		if (bind->ops[i].kind == DRM_VGPU_BIND_MAP)
			ret = vgpu_pt_prepare(bind->vm, bind->ops[i].va, bind->ops[i].size);
	return ret;
}

/* Step 2. */
static void vgpu_bind_apply(struct vgpu_bind *bind, const struct drm_vgpu_bind_op *op)
{
	struct vgpu_vm *vm = bind->vm;

	if (op->kind == DRM_VGPU_BIND_UNMAP) {
		WARN_ON(drm_gpuvm_sm_unmap(&vm->base, bind, op->va, op->size));
		vgpu_pt_unmap(vm, op->va, op->size);
	} else {
		struct vgpu_va *va = list_first_entry(&bind->new_vas, struct vgpu_va, link);
		struct drm_gem_object *obj = va->base.gem.obj;

		WARN_ON(compat_gpuvm_sm_map(&vm->base, bind, op->va, op->size, obj,
					    op->bo_offset));
		vgpu_pt_map(vm, op->va, op->size, to_vgpu_bo(obj), op->bo_offset, va->readonly);
	}
}

static void vgpu_free_vas(struct list_head *list)
{
	struct vgpu_va *va, *next;

	list_for_each_entry_safe(va, next, list, link)
		vgpu_va_free(va);
}

static int vgpu_bind_run(struct vgpu_bind *bind)
{
	struct vgpu_vm *vm = bind->vm;
	u64 start = VGPU_VA_END, end = 0;
	int ret;
	u32 i;

	for (i = 0; i < bind->num_ops; i++) {
		start = min(start, bind->ops[i].va);
		end = max(end, bind->ops[i].va + bind->ops[i].size);
	}

	if (mutex_lock_interruptible(&vm->lock))
		return -ERESTARTSYS;
	ret = vgpu_bind_add_tables(bind);
	for (i = 0; i < bind->num_ops && !ret; i++)
		vgpu_bind_apply(bind, &bind->ops[i]);
	mutex_unlock(&vm->lock);

	/* the list is ours: others may go on with the tree meanwhile */
	if (!list_empty(&bind->displaced))
		vgpu_fw_invalidate(vm->vdev, vm->asid, start, end - start);
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
	struct vgpu_client *client = file->driver_priv;
	struct drm_vgpu_vm_bind *args = data;
	struct vgpu_bind bind = {
		.new_vas = LIST_HEAD_INIT(bind.new_vas),
		.spare_vas = LIST_HEAD_INIT(bind.spare_vas),
		.displaced = LIST_HEAD_INIT(bind.displaced),
	};
	int idx, ret;

	if (args->flags)
		return -EINVAL;
	bind.ops = vgpu_array_copy(&args->ops, sizeof(*bind.ops), VGPU_MAX_BIND_OPS, true);
	if (IS_ERR(bind.ops))
		return PTR_ERR(bind.ops);
	bind.num_ops = args->ops.count;

	ret = -ENODEV;
	if (!drm_dev_enter(drm, &idx))
		goto out_ops;
	ret = -ENOENT;
	bind.vm = vgpu_vm_lookup(client, args->vm);
	if (!bind.vm)
		goto out_exit;
	ret = vgpu_bind_prepare(&bind, file);
	if (!ret)
		ret = vgpu_bind_run(&bind);

	vgpu_free_vas(&bind.displaced);
	vgpu_free_vas(&bind.new_vas);
	vgpu_free_vas(&bind.spare_vas);
	vgpu_vm_put(bind.vm);
out_exit:
	drm_dev_exit(idx);
out_ops:
	kvfree(bind.ops);
	return ret;
}
