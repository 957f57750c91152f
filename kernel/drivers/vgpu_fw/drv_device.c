// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include <drm/drm_drv.h>
#include <drm/drm_gem.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "drv.h"

/**
 * DOC: device
 *
 * Order of probe: memory, interrupt, firmware, and then the device nodes, so that a
 * client never meets a device that is not ready. Remove goes the other way: nodes,
 * queues, firmware, interrupt.
 *
 * Open files and queues pin the module, but not the device: it may be unbound at any time,
 * or be gone. Files that are open stay then, and what they have; see vgpu_unplug().
 */

static unsigned int max_vms = 16;
module_param(max_vms, uint, 0444);
MODULE_PARM_DESC(max_vms, "address spaces per file (default 16)");

static unsigned int max_queues = 128;
module_param(max_queues, uint, 0444);
MODULE_PARM_DESC(max_queues, "queues per file (default 128)");

static unsigned int max_pending_jobs = 65536;
module_param(max_pending_jobs, uint, 0444);
MODULE_PARM_DESC(max_pending_jobs, "jobs that are not finished, per file (default 65536)");

static unsigned int max_bo_mib = 256;
module_param(max_bo_mib, uint, 0444);
MODULE_PARM_DESC(max_bo_mib, "buffers and page tables per file, in MiB (default 256)");

static unsigned int max_device_bo_mib;
module_param(max_device_bo_mib, uint, 0444);
MODULE_PARM_DESC(max_device_bo_mib, "the same for all files together (default: 1/4 of memory)");

static unsigned int timeout_max_ms = 60000;
module_param(timeout_max_ms, uint, 0444);
MODULE_PARM_DESC(timeout_max_ms, "longest timeout of a queue, in ms (default 60000)");

static const struct file_operations vgpu_fops = {
	.owner = THIS_MODULE,
	DRM_GEM_FOPS,
	.show_fdinfo = drm_show_fdinfo,
};

static const struct drm_driver vgpu_drm_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER | DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,
	.name = "vgpu_fw",
	.desc = "Virtual GPU that schedules in firmware",
	COMPAT_DRM_DRIVER_DATE
	.major = DRM_VGPU_VERSION_MAJOR,
	.minor = DRM_VGPU_VERSION_MINOR,
	.fops = &vgpu_fops,
	.open = vgpu_client_open,
	.postclose = vgpu_client_close,
	.gem_create_object = vgpu_bo_create_object,
	.gem_prime_import = vgpu_bo_import,
	.show_fdinfo = vgpu_show_fdinfo,
	.debugfs_init = vgpu_debugfs_init,
	.ioctls = vgpu_ioctls,
	.num_ioctls = VGPU_NUM_IOCTLS,
};

static void vgpu_read_limits(struct vgpu_device *vdev)
{
	u64 device_bo_bytes = (u64)totalram_pages() * PAGE_SIZE / 4;

	if (max_device_bo_mib)
		device_bo_bytes = (u64)max_device_bo_mib * SZ_1M;

	vdev->limits = (struct vgpu_limits){
		.vms = min_t(u32, max_vms, S32_MAX),
		.queues = min_t(u32, max_queues, S32_MAX / 2),
		.jobs = min_t(u32, max_pending_jobs, S32_MAX),
		/* a file that is alone is told of its own limit, not of the other one */
		.bo_bytes = min((u64)max_bo_mib * SZ_1M, device_bo_bytes),
		.device_bo_bytes = device_bo_bytes,
		.timeout_ms = clamp(timeout_max_ms, (unsigned int)VGPU_MIN_TIMEOUT_MS, 3600000u),
	};
}

static void vgpu_release_tables(struct drm_device *drm, void *unused)
{
	struct vgpu_device *vdev = to_vgpu_device(drm);

	ida_destroy(&vdev->asids);
	ida_destroy(&vdev->ctx_ids);
	kvfree(vdev->ctxs);
}

static int vgpu_init_tables(struct vgpu_device *vdev)
{
	int class;
	u64 val;

	val = vgpu_rd(vdev, VGPU_REG_ID);
	if (val != VGPU_ID) {
		drm_err(&vdev->drm, "unknown device %#llx\n", val);
		return -ENODEV;
	}
	val = vgpu_rd(vdev, VGPU_REG_ENGINES);
	for (class = 0; class < VGPU_CLASSES; class++)
		vdev->engines[class] = VGPU_ENGINES_OF(val, class);

	vdev->num_ctxs = vgpu_rd(vdev, VGPU_REG_CONTEXTS);
	vdev->ctxs = kvcalloc(vdev->num_ctxs + 1, sizeof(*vdev->ctxs), GFP_KERNEL);
	if (!vdev->ctxs)
		return -ENOMEM;
	ida_init(&vdev->asids);
	ida_init(&vdev->ctx_ids);
	return drmm_add_action_or_reset(&vdev->drm, vgpu_release_tables, NULL);
}

static int vgpu_probe(struct platform_device *pdev)
{
	struct vgpu_device *vdev;
	int ret;

	vdev = devm_drm_dev_alloc(&pdev->dev, &vgpu_drm_driver, struct vgpu_device, drm);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);
	platform_set_drvdata(pdev, vdev);

	vdev->bus = dev_get_platdata(&pdev->dev);
	vdev->irq = platform_get_irq(pdev, 0);
	if (vdev->irq < 0)
		return vdev->irq;
	vgpu_read_limits(vdev);
	ret = vgpu_init_tables(vdev);
	if (ret)
		return ret;

	ret = vgpu_dump_init(vdev);
	if (!ret)
		ret = vgpu_reset_init(vdev);
	if (!ret)
		ret = vgpu_fw_setup(vdev);
	if (!ret)
		ret = vgpu_irq_init(vdev);
	if (ret)
		return ret;
	ret = vgpu_fw_boot(vdev);
	if (ret)
		goto err_fw;
	vgpu_fw_set_down(vdev, false);
	ret = drm_dev_register(&vdev->drm, 0);
	if (ret)
		goto err_fw;

	drm_info(&vdev->drm, "%u compute and %u copy engines, %u contexts\n",
		 vdev->engines[DRM_VGPU_ENGINE_COMPUTE], vdev->engines[DRM_VGPU_ENGINE_COPY],
		 vdev->num_ctxs);
	drm_info(&vdev->drm,
		 "limits per file: %u VMs, %u queues, %u jobs, %llu MiB; in all %llu MiB\n",
		 vdev->limits.vms, vdev->limits.queues, vdev->limits.jobs,
		 vdev->limits.bo_bytes / SZ_1M, vdev->limits.device_bo_bytes / SZ_1M);
	return 0;

err_fw:
	vgpu_unplug(vdev);
	vgpu_dump_fini(vdev);
	return ret;
}

static void vgpu_remove(struct platform_device *pdev)
{
	struct vgpu_device *vdev = platform_get_drvdata(pdev);

	/* it may be at it already, because the hardware is gone */
	if (!xchg(&vdev->reset.unplugged, true))
		drm_dev_unplug(&vdev->drm);
	vgpu_unplug(vdev);
	vgpu_dump_fini(vdev);
}

struct platform_driver vgpu_driver = {
	.probe = vgpu_probe,
	.remove = vgpu_remove,
	.driver = {
		.name = "vgpu_fw",
		/* module init looks at the result */
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};
