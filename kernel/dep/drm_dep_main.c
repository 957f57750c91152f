// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The module: what is set up when it is loaded, and what it gives to drivers.
 */
#include <linux/module.h>

#include <drm/drm_dep.h>

#include "drm_dep_debugfs.h"
#include "os/linux/os_linux.h"
#include "os/os.h"

EXPORT_SYMBOL_GPL(__drm_dep_alloc_workqueue);
EXPORT_SYMBOL_GPL(drm_dep_adopt_workqueue);
EXPORT_SYMBOL_GPL(drm_dep_destroy_workqueue);
EXPORT_SYMBOL_GPL(drm_dep_queue_init);
EXPORT_SYMBOL_GPL(drm_dep_queue_get);
EXPORT_SYMBOL_GPL(drm_dep_queue_get_unless_zero);
EXPORT_SYMBOL_GPL(drm_dep_queue_put);
EXPORT_SYMBOL_GPL(drm_dep_queue_kill);
EXPORT_SYMBOL_GPL(drm_dep_queue_is_killed);
EXPORT_SYMBOL_GPL(drm_dep_queue_stop);
EXPORT_SYMBOL_GPL(drm_dep_queue_start);
EXPORT_SYMBOL_GPL(drm_dep_queue_is_stopped);
EXPORT_SYMBOL_GPL(drm_dep_queue_set_credit_limit);
EXPORT_SYMBOL_GPL(drm_dep_queue_set_timeout);
EXPORT_SYMBOL_GPL(drm_dep_queue_pause_timeout);
EXPORT_SYMBOL_GPL(drm_dep_queue_resume_timeout);
EXPORT_SYMBOL_GPL(drm_dep_queue_trigger_timeout);
EXPORT_SYMBOL_GPL(drm_dep_message_init);
EXPORT_SYMBOL_GPL(drm_dep_queue_send_message);
EXPORT_SYMBOL_GPL(drm_dep_queue_send_message_first);
EXPORT_SYMBOL_GPL(drm_dep_queue_wait_idle);
EXPORT_SYMBOL_GPL(drm_dep_queue_last_error);
EXPORT_SYMBOL_GPL(drm_dep_queue_busy_time);
EXPORT_SYMBOL_GPL(drm_dep_queue_workqueue);
EXPORT_SYMBOL_GPL(drm_dep_queue_timeout_workqueue);
EXPORT_SYMBOL_GPL(drm_dep_queue_fini_done);
EXPORT_SYMBOL_GPL(drm_dep_quiesce);
EXPORT_SYMBOL_GPL(drm_dep_flush);
EXPORT_SYMBOL_GPL(drm_dep_job_init);
EXPORT_SYMBOL_GPL(drm_dep_job_get);
EXPORT_SYMBOL_GPL(drm_dep_job_put);
EXPORT_SYMBOL_GPL(drm_dep_job_add_dependency);
EXPORT_SYMBOL_GPL(drm_dep_job_add_syncobj_dependency);
EXPORT_SYMBOL_GPL(drm_dep_job_add_resv_dependencies);
EXPORT_SYMBOL_GPL(drm_dep_job_add_implicit_dependencies);
EXPORT_SYMBOL_GPL(drm_dep_job_has_dependency);
EXPORT_SYMBOL_GPL(drm_dep_job_dependency_error);
EXPORT_SYMBOL_GPL(drm_dep_job_arm);
EXPORT_SYMBOL_GPL(drm_dep_job_finished_fence);
EXPORT_SYMBOL_GPL(drm_dep_job_push);
EXPORT_SYMBOL_GPL(drm_dep_job_run_number);
EXPORT_SYMBOL_GPL(drm_dep_job_done);
EXPORT_SYMBOL_GPL(drm_dep_job_is_finished);
EXPORT_SYMBOL_GPL(drm_dep_job_iter_begin);
EXPORT_SYMBOL_GPL(drm_dep_job_iter_next);
EXPORT_SYMBOL_GPL(drm_dep_job_iter_end);
EXPORT_SYMBOL_GPL(drm_dep_job_resubmit);
EXPORT_SYMBOL_GPL(drm_dep_queue_resubmit);

static int __init drm_dep_module_init(void)
{
	int ret;

	drm_dep_core_init();
	ret = os_linux_init();
	if (!ret)
		drm_dep_debugfs_init();
	return ret;
}

static void __exit drm_dep_module_exit(void)
{
	drm_dep_debugfs_exit();
	os_linux_exit();
}

module_init(drm_dep_module_init);
module_exit(drm_dep_module_exit);

MODULE_DESCRIPTION("Submission queues for firmware-scheduled GPUs");
MODULE_LICENSE("Dual MIT/GPL");
