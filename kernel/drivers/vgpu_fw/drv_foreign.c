// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/iosys-map.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <drm/drm_gem.h>
#include <drm/drm_prime.h>

#include "drv.h"

/**
 * DOC: buffers of others
 *
 * The device reaches memory by kernel addresses, and the pages of somebody else's buffer
 * may not be touched. So such a buffer is asked for a mapping in the kernel, once, when
 * it is first mapped in an address space of the GPU, and as long as it is mapped in one.
 * A mapping of I/O memory is refused: engines use plain loads and stores.
 *
 * There is no attachment: the device does no DMA. The object shares the reservation
 * of the buffer, so implicit order works across drivers.
 */

static void vgpu_foreign_free(struct drm_gem_object *obj)
{
	struct vgpu_bo *bo = to_vgpu_bo(obj);
	struct dma_buf *dma_buf = bo->dma_buf;

	drm_gem_object_release(obj);
	kfree(bo);
	/* last, as the reservation is in there */
	dma_buf_put(dma_buf);
}

static struct dma_buf *vgpu_foreign_export(struct drm_gem_object *obj, int flags)
{
	struct dma_buf *dma_buf = to_vgpu_bo(obj)->dma_buf;

	get_dma_buf(dma_buf);
	return dma_buf;
}

static int vgpu_foreign_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	int ret;

	/* the exporter puts in its own */
	vma->vm_private_data = NULL;
	vma->vm_ops = NULL;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	ret = dma_buf_mmap(to_vgpu_bo(obj)->dma_buf, vma, 0);
	if (!ret)
		/* the area holds the dma-buf now, and knows nothing of the object */
		drm_gem_object_put(obj);
	return ret;
}

static const struct drm_gem_object_funcs vgpu_foreign_funcs = {
	.free = vgpu_foreign_free,
	.export = vgpu_foreign_export,
	.mmap = vgpu_foreign_mmap,
	.status = vgpu_bo_status,
};

/**
 * vgpu_foreign_map() - have a foreign buffer mapped in the kernel
 * @bo: the buffer, not mapped
 *
 * Context: Process context, allocates. Caller holds the reservation.
 * Return: 0; -EOPNOTSUPP if the CPU can't reach it; or an error of the exporter.
 */
int vgpu_foreign_map(struct vgpu_bo *bo)
{
	struct iosys_map map;
	int ret;

	ret = dma_buf_vmap(bo->dma_buf, &map);
	if (ret)
		return ret == -EINVAL ? -EOPNOTSUPP : ret;
	/* entries of page tables have room for the address of a page only */
	if (map.is_iomem || !PAGE_ALIGNED(map.vaddr)) {
		dma_buf_vunmap(bo->dma_buf, &map);
		return -EOPNOTSUPP;
	}
	bo->vaddr = map.vaddr;
	return 0;
}

/**
 * vgpu_foreign_unmap() - undo vgpu_foreign_map()
 * @bo: the buffer, mapped
 *
 * Context: Process context, sleeps. Caller holds the reservation.
 */
void vgpu_foreign_unmap(struct vgpu_bo *bo)
{
	struct iosys_map map = IOSYS_MAP_INIT_VADDR(bo->vaddr);

	bo->vaddr = NULL;
	dma_buf_vunmap(bo->dma_buf, &map);
}

/**
 * vgpu_bo_import() - &drm_driver.gem_prime_import
 * @drm: the device
 * @dma_buf: what shall be imported
 *
 * Context: Process context, allocates.
 * Return: our own object with a reference, if it was exported by us; a new one that stands
 * for the buffer; or an ERR_PTR(): -EOPNOTSUPP, -ENOMEM.
 */
struct drm_gem_object *vgpu_bo_import(struct drm_device *drm, struct dma_buf *dma_buf)
{
	struct drm_gem_object *obj = drm_gem_prime_import(drm, dma_buf);
	int ret;

	/* not ours, as there is no &drm_driver.gem_prime_import_sg_table */
	if (obj != ERR_PTR(-EINVAL))
		return obj;
	if (!dma_buf->ops->vmap || !dma_buf->size || !PAGE_ALIGNED(dma_buf->size))
		return ERR_PTR(-EOPNOTSUPP);

	obj = vgpu_bo_create_object(drm, dma_buf->size);
	if (IS_ERR(obj))
		return obj;
	obj->funcs = &vgpu_foreign_funcs;
	obj->resv = dma_buf->resv;
	drm_gem_private_object_init(drm, obj, dma_buf->size);
	get_dma_buf(dma_buf);
	to_vgpu_bo(obj)->dma_buf = dma_buf;

	ret = drm_gem_create_mmap_offset(obj);
	if (ret) {
		drm_gem_object_put(obj);
		return ERR_PTR(ret);
	}
	return obj;
}

/* That of dma-buf; by hand, as whether it is a string depends on the kernel. */
MODULE_INFO(import_ns, "DMA_BUF");
