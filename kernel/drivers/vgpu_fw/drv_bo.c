// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/dma-resv.h>
#include <linux/slab.h>

#include <drm/drm_gem.h>
#include <drm/drm_prime.h>

#include "drv.h"

/**
 * DOC: buffers
 *
 * Shmem objects of the DRM helpers, zeroed by shmem. The device reaches pages by
 * their kernel address, which the linear map gives for free. Each mapping in an
 * address space of the GPU pins the pages; nothing is ever evicted.
 *
 * A buffer that is private to an address space shares its reservation object, and keeps
 * that. It is never exported, so that nobody else can put a fence there.
 *
 * Buffers of others are in drv_foreign.c. What is exported and comes back is the same
 * object again.
 */

static_assert(PAGE_SIZE == VGPU_PAGE_SIZE, "the device has pages of 4 KiB only");

static void vgpu_bo_free(struct drm_gem_object *obj)
{
	struct vgpu_bo *bo = to_vgpu_bo(obj);
	struct drm_gem_object *private_to = bo->private_to;
	struct vgpu_client *client = bo->client;
	size_t size = obj->size;

	drm_gem_shmem_free(&bo->base);
	/* only now are the pages back, and the reservation is used no more */
	if (private_to)
		drm_gem_object_put(private_to);
	if (client) {
		vgpu_uncharge_bytes(client, size);
		vgpu_client_put(client);
	}
}

static struct dma_buf *vgpu_bo_export(struct drm_gem_object *obj, int flags)
{
	if (to_vgpu_bo(obj)->private_to)
		return ERR_PTR(-EINVAL);
	return drm_gem_prime_export(obj, flags);
}

/**
 * vgpu_bo_status() - &drm_gem_object_funcs.status
 * @obj: the buffer
 *
 * Context: Any.
 * Return: whether its pages are there to stay, for fdinfo.
 */
enum drm_gem_object_status vgpu_bo_status(struct drm_gem_object *obj)
{
	return refcount_read(&to_vgpu_bo(obj)->pins) ? DRM_GEM_OBJECT_RESIDENT : 0;
}

static const struct drm_gem_object_funcs vgpu_bo_funcs = {
	.free = vgpu_bo_free,
	.export = vgpu_bo_export,
	.status = vgpu_bo_status,
	.print_info = drm_gem_shmem_object_print_info,
	.pin = drm_gem_shmem_object_pin,
	.unpin = drm_gem_shmem_object_unpin,
	.get_sg_table = drm_gem_shmem_object_get_sg_table,
	.vmap = drm_gem_shmem_object_vmap,
	.vunmap = drm_gem_shmem_object_vunmap,
	.mmap = drm_gem_shmem_object_mmap,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/**
 * vgpu_bo_create_object() - &drm_driver.gem_create_object
 * @drm: the device
 * @size: size of the buffer
 *
 * Context: Process context.
 * Return: memory for a buffer, or an ERR_PTR().
 */
struct drm_gem_object *vgpu_bo_create_object(struct drm_device *drm, size_t size)
{
	struct vgpu_bo *bo = kzalloc_obj(*bo, GFP_KERNEL_ACCOUNT);

	static_assert(offsetof(struct vgpu_bo, base) == 0);
	if (!bo)
		return ERR_PTR(-ENOMEM);
	bo->base.base.funcs = &vgpu_bo_funcs;
	return &bo->base.base;
}

static int vgpu_bo_get_pages(struct vgpu_bo *bo)
{
	int ret;

	if (bo->dma_buf)
		return vgpu_foreign_map(bo);
	ret = drm_gem_shmem_pin_locked(&bo->base);
	if (!ret)
		/* the device writes them without anybody noticing */
		bo->base.pages_mark_dirty_on_put = true;
	return ret;
}

/**
 * vgpu_bo_pin() - get the pages, and keep them
 * @bo: the buffer
 *
 * Context: Process context, allocates. Takes the reservation.
 * Return: 0; -ERESTARTSYS; -EOPNOTSUPP for a foreign buffer that the CPU can't reach;
 * or an error of the helpers.
 */
int vgpu_bo_pin(struct vgpu_bo *bo)
{
	struct dma_resv *resv = bo->base.base.resv;
	int ret = 0;

	if (dma_resv_lock_interruptible(resv, NULL))
		return -ERESTARTSYS;
	if (!refcount_inc_not_zero(&bo->pins)) {
		ret = vgpu_bo_get_pages(bo);
		if (!ret)
			refcount_set(&bo->pins, 1);
	}
	dma_resv_unlock(resv);
	return ret;
}

/**
 * vgpu_bo_pin_again() - one more pin of a buffer that is pinned
 * @bo: the buffer, on which the caller has a pin
 *
 * Context: Any. Takes no lock and can't fail, as the count is not 0.
 */
void vgpu_bo_pin_again(struct vgpu_bo *bo)
{
	WARN_ON(!refcount_inc_not_zero(&bo->pins));
}

/**
 * vgpu_bo_unpin() - give a pin back
 * @bo: the buffer
 *
 * Context: Process context. Takes the reservation.
 */
void vgpu_bo_unpin(struct vgpu_bo *bo)
{
	struct dma_resv *resv = bo->base.base.resv;

	if (refcount_dec_not_one(&bo->pins))
		return;
	dma_resv_lock(resv, NULL);
	if (refcount_dec_and_test(&bo->pins)) {
		if (bo->dma_buf)
			vgpu_foreign_unmap(bo);
		else
			drm_gem_shmem_unpin_locked(&bo->base);
	}
	dma_resv_unlock(resv);
}

/**
 * vgpu_bo_bus_address() - where the device finds a page
 * @bo: a pinned buffer
 * @offset: bytes from its beginning, whole pages
 *
 * Context: Any.
 * Return: bus address of the page.
 */
u64 vgpu_bo_bus_address(struct vgpu_bo *bo, u64 offset)
{
	if (bo->dma_buf)
		return (uintptr_t)bo->vaddr + offset;
	return (uintptr_t)page_address(bo->base.pages[offset >> PAGE_SHIFT]);
}

/**
 * vgpu_bo_fits() - whether a buffer may be mapped in an address space
 * @bo: the buffer
 * @vm: the address space
 *
 * Context: Any.
 * Return: false if it is private to another one.
 */
bool vgpu_bo_fits(const struct vgpu_bo *bo, const struct vgpu_vm *vm)
{
	return !bo->private_to || bo->private_to == vm->base.r_obj;
}

/* Charges and makes a buffer; @vm: if it is private to that. */
static struct vgpu_bo *vgpu_bo_create(struct vgpu_client *client, u64 size, struct vgpu_vm *vm)
{
	struct drm_gem_shmem_object *shmem;
	struct vgpu_bo *bo;
	int ret;

	ret = vgpu_charge_bytes(client, size);
	if (ret)
		return ERR_PTR(ret);
	shmem = drm_gem_shmem_create(&client->vdev->drm, size);
	if (IS_ERR(shmem)) {
		vgpu_uncharge_bytes(client, size);
		/* what shmem says when there is no memory for an inode */
		return PTR_ERR(shmem) == -ENOSPC ? ERR_PTR(-ENOMEM) : ERR_CAST(shmem);
	}
	bo = to_vgpu_bo(&shmem->base);
	bo->client = vgpu_client_get(client);
	if (vm) {
		/* nobody knows the buffer yet, so nobody has used its own one */
		drm_gem_object_get(vm->base.r_obj);
		bo->private_to = vm->base.r_obj;
		shmem->base.resv = vm->base.r_obj->resv;
	}
	return bo;
}

/**
 * vgpu_bo_create_ioctl() - %DRM_IOCTL_VGPU_BO_CREATE
 * @drm: the device
 * @data: &struct drm_vgpu_bo_create
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_bo_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct vgpu_client *client = file->driver_priv;
	struct drm_vgpu_bo_create *args = data;
	struct vgpu_vm *vm = NULL;
	struct vgpu_bo *bo;
	u64 size;
	int ret;

	if (!args->size || args->pad || args->flags & ~DRM_VGPU_BO_VM_PRIVATE)
		return -EINVAL;
	size = PAGE_ALIGN(args->size);
	if (!size || (args->vm && !args->flags))
		return -EINVAL;
	ret = READ_ONCE(client->vdev->wedged);
	if (ret)
		return ret;
	if (args->flags & DRM_VGPU_BO_VM_PRIVATE) {
		vm = vgpu_vm_lookup(client, args->vm);
		if (!vm)
			return -ENOENT;
	}

	bo = vgpu_bo_create(client, size, vm);
	if (IS_ERR(bo)) {
		ret = PTR_ERR(bo);
	} else {
		ret = drm_gem_handle_create(file, &bo->base.base, &args->handle);
		/* from here on the handle holds it, or nobody does */
		drm_gem_object_put(&bo->base.base);
	}
	if (vm)
		vgpu_vm_put(vm);
	return ret;
}

/**
 * vgpu_bo_mmap_offset_ioctl() - %DRM_IOCTL_VGPU_BO_MMAP_OFFSET
 * @drm: the device
 * @data: &struct drm_vgpu_bo_mmap_offset
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_bo_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_vgpu_bo_mmap_offset *args = data;
	struct drm_gem_object *obj;

	if (args->pad)
		return -EINVAL;
	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	/* made together with the object */
	args->offset = drm_vma_node_offset_addr(&obj->vma_node);
	drm_gem_object_put(obj);
	return 0;
}
