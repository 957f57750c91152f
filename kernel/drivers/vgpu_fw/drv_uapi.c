// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_ioctl.h>

#include "drv.h"

/**
 * DOC: user interface
 *
 * The table of calls, and what they share. The DRM core has extended or cut the
 * argument to the size that we know when a call gets it. Arrays are copied element
 * by element, with the client's stride, so that clients that are older or newer
 * than the driver work as long as they use what both know.
 */

/* The hardware's manual and the user interface describe the same commands. */
static_assert(VGPU_CMD_NOP == (int)DRM_VGPU_CMD_NOP);
static_assert(VGPU_CMD_FILL == (int)DRM_VGPU_CMD_FILL);
static_assert(VGPU_CMD_COPY == (int)DRM_VGPU_CMD_COPY);
static_assert(VGPU_CMD_MIX == (int)DRM_VGPU_CMD_MIX);
static_assert(VGPU_CMD_STORE == (int)DRM_VGPU_CMD_STORE);
static_assert(VGPU_CMD_WAIT == (int)DRM_VGPU_CMD_WAIT);
static_assert(VGPU_CMD_DELAY == (int)DRM_VGPU_CMD_DELAY);
static_assert(VGPU_CMD_HANG == (int)DRM_VGPU_CMD_HANG);
static_assert(VGPU_CMD_FAULT == (int)DRM_VGPU_CMD_FAULT);
static_assert(VGPU_CMD_STORE_TIME == DRM_VGPU_CMD_STORE_TIMESTAMP);
static_assert(VGPU_CMD_MAX_DELAY == DRM_VGPU_MAX_DELAY_NS);
static_assert(VGPU_CLASSES == (int)DRM_VGPU_ENGINE_COPY + 1);
static_assert(VGPU_CLASSES == (int)DRM_VGPU_ENGINE_BIND);

/**
 * vgpu_array_copy() - copy an array of the client
 * @array: what the client said
 * @size: size of an element, in the first version of the interface and now
 * @max: how many elements there may be
 * @needed: whether there has to be at least one
 *
 * Once an element grows, its first size has to be told apart from its present one.
 *
 * Context: Process context, faults, allocates.
 * Return: the elements, to be freed by kvfree(); NULL if there are none; or an
 * ERR_PTR(): -EINVAL, -E2BIG, -EFAULT, -ENOMEM.
 */
void *vgpu_array_copy(const struct drm_vgpu_array *array, size_t size, u32 max, bool needed)
{
	const char __user *from;
	char *copy;
	u64 end;
	int ret;
	u32 i;

	if (!array->count)
		return needed || array->ptr ? ERR_PTR(-EINVAL) : NULL;
	if (array->stride < size || array->stride % 8)
		return ERR_PTR(-EINVAL);
	/* no interface will ever need such an element, but we'd have to search it */
	if (array->count > max || array->stride > PAGE_SIZE)
		return ERR_PTR(-E2BIG);
	if (check_add_overflow(array->ptr, (u64)array->stride * array->count, &end) ||
	    end > ULONG_MAX)
		return ERR_PTR(-EFAULT);

	copy = kvmalloc_array(array->count, size, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return ERR_PTR(-ENOMEM);

	from = u64_to_user_ptr(array->ptr);
	if (array->stride == size) {
		ret = copy_from_user(copy, from, size * array->count) ? -EFAULT : 0;
	} else {
		for (i = 0, ret = 0; i < array->count && !ret; i++)
			ret = copy_struct_from_user(copy + i * size, size,
						    from + (size_t)i * array->stride,
						    array->stride);
	}
	if (ret) {
		kvfree(copy);
		return ERR_PTR(ret);
	}
	return copy;
}

static int vgpu_answer(struct drm_vgpu_query_args *args, const void *answer, size_t size)
{
	if (!args->size && args->ptr)
		return -EINVAL;
	if (copy_to_user(u64_to_user_ptr(args->ptr), answer, min_t(size_t, args->size, size)))
		return -EFAULT;
	args->size = size;
	return 0;
}

static int vgpu_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct vgpu_device *vdev = to_vgpu_device(drm);
	struct drm_vgpu_query_args *args = data;
	struct drm_vgpu_engine_info engines[VGPU_CLASSES];
	struct drm_vgpu_info info = {
		.va_start = VGPU_VA_START,
		.va_end = VGPU_VA_END,
		.max_command_bytes = VGPU_CMD_MAX_LENGTH,
		.page_size = VGPU_PAGE_SIZE,
		.max_vms = vdev->limits.vms,
		.max_queues = vdev->limits.queues,
		.max_jobs = VGPU_MAX_JOBS,
		.max_calls = VGPU_MAX_CALLS,
		.max_syncs = VGPU_MAX_SYNCS,
		.max_bind_ops = VGPU_MAX_BIND_OPS,
		.max_ring_words = VGPU_RING_MAX_WORDS,
		.max_bo_bytes = vdev->limits.bo_bytes,
		.device_time_ns = vgpu_rd(vdev, VGPU_REG_TIME),
		.slice_ns = VGPU_SLICE_NS,
		.preempt_timeout_ns = VGPU_PREEMPT_TIMEOUT_NS,
		.max_timeout_ms = vdev->limits.timeout_ms,
		.max_bos = VGPU_MAX_BOS,
	};
	u32 i;

	switch (args->what) {
	case DRM_VGPU_QUERY_INFO:
		return vgpu_answer(args, &info, sizeof(info));
	case DRM_VGPU_QUERY_ENGINES:
		for (i = 0; i < VGPU_CLASSES; i++) {
			engines[i].engine_class = i;
			engines[i].count = vdev->engines[i];
		}
		return vgpu_answer(args, engines, sizeof(engines));
	}
	return -EINVAL;
}

const struct drm_ioctl_desc vgpu_ioctls[VGPU_NUM_IOCTLS] = {
	DRM_IOCTL_DEF_DRV(VGPU_QUERY, vgpu_query_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(VGPU_BO_CREATE, vgpu_bo_create_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(VGPU_BO_MMAP_OFFSET, vgpu_bo_mmap_offset_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(VGPU_VM_CREATE, vgpu_vm_create_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(VGPU_VM_DESTROY, vgpu_vm_destroy_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(VGPU_VM_BIND, vgpu_vm_bind_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(VGPU_QUEUE_CREATE, vgpu_queue_create_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(VGPU_QUEUE_DESTROY, vgpu_queue_destroy_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(VGPU_EXEC, vgpu_exec_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(VGPU_QUEUE_STATE, vgpu_queue_state_ioctl, DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(VGPU_QUEUE_CONTROL, vgpu_queue_control_ioctl, DRM_RENDER_ALLOW),
};
