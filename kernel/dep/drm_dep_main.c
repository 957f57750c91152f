// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The module: what is set up when it is loaded, and what it gives to drivers.
 */
#include <linux/module.h>

#include <drm/drm_dep.h>

#include "os/linux/os_linux.h"
#include "os/os.h"

EXPORT_SYMBOL_GPL(drm_dep_queue_init);
EXPORT_SYMBOL_GPL(drm_dep_queue_get);
EXPORT_SYMBOL_GPL(drm_dep_queue_get_unless_zero);
EXPORT_SYMBOL_GPL(drm_dep_queue_put);
EXPORT_SYMBOL_GPL(drm_dep_flush);
EXPORT_SYMBOL_GPL(drm_dep_job_init);
EXPORT_SYMBOL_GPL(drm_dep_job_get);
EXPORT_SYMBOL_GPL(drm_dep_job_put);
EXPORT_SYMBOL_GPL(drm_dep_job_add_dependency);
EXPORT_SYMBOL_GPL(drm_dep_job_add_syncobj_dependency);
EXPORT_SYMBOL_GPL(drm_dep_job_arm);
EXPORT_SYMBOL_GPL(drm_dep_job_finished_fence);
EXPORT_SYMBOL_GPL(drm_dep_job_push);
EXPORT_SYMBOL_GPL(drm_dep_job_run_number);
EXPORT_SYMBOL_GPL(drm_dep_job_done);

static int __init drm_dep_module_init(void)
{
	drm_dep_core_init();
	return os_linux_init();
}

static void __exit drm_dep_module_exit(void)
{
	os_linux_exit();
}

module_init(drm_dep_module_init);
module_exit(drm_dep_module_exit);

MODULE_DESCRIPTION("Submission queues for firmware-scheduled GPUs");
MODULE_LICENSE("Dual MIT/GPL");
