// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/module.h>

#include "drv.h"

/**
 * DOC: profiles
 *
 * Real drivers use a submission queue in different ways. Each row of one table stands for
 * the way of one of them, and a client chooses a row for each of its queues, so that all
 * of them are exercised side by side. Rows differ in what is in &struct vgpu_profile, and
 * nothing else in the driver asks which row it is.
 */

static int queue_flags = -1;
module_param(queue_flags, int, 0644);
MODULE_PARM_DESC(queue_flags,
		 "all new queues: 1 bypass, 2 jobs put in interrupts (-1: by profile)");

/* What most queues are. */
static const struct drm_dep_queue_ops vgpu_queue_ops = {
	.owner = THIS_MODULE,
	.run_job = vgpu_run_job,
	.timedout_job = vgpu_timedout_job,
	.process_message = vgpu_process_message,
	.killed = vgpu_queue_killed,
	.fini = vgpu_queue_fini,
	.release = vgpu_queue_release,
};

/*
 * default: none of the oddities. A worker runs jobs, hardware fences complete them, credits
 * are words of the ring.
 */
#define VGPU_ROW_DEFAULT                                                                           \
	{                                                                                          \
		.name = "default", .ops = &vgpu_queue_ops, .credits = VGPU_CREDIT_WORDS,           \
		.timeout = VGPU_TIMEOUT_CORE, .tlb = VGPU_TLB_FENCE,                               \
	}

/*
 * xe: guc_exec_queue_run_job(), guc_exec_queue_process_msg() and its four messages,
 * check_timeout() which asks the context for its own time, xe_guc_submit_stop() and
 * xe_guc_submit_start() with a message that goes first, and a queue of its own for
 * invalidations (xe_tlb_inval_job, xe_dep_scheduler). The submitter runs a job when nothing
 * is in the way, and a job is freed where its last reference is put. Credits are jobs.
 */
#define VGPU_ROW_XE                                                                                \
	{                                                                                          \
		.name = "xe", .ops = &vgpu_queue_ops,                                              \
		.queue_flags = DRM_DEP_QUEUE_BYPASS | DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE,              \
		.cleanup = true, .props_first = true, .credits = VGPU_CREDIT_JOBS,                 \
		.timeout = VGPU_TIMEOUT_CORE, .tlb = VGPU_TLB_QUEUE,                               \
	}

/*
 * panthor: queue_run_job(), calc_job_credits(), and queue_suspend_timeout() and
 * queue_resume_timeout(), called when the scheduler in the firmware takes a group off its
 * slot or puts it on one; panthor_vm_bind_run_job(), one at a time.
 */
#define VGPU_ROW_PANTHOR                                                                           \
	{                                                                                          \
		.name = "panthor", .ops = &vgpu_queue_ops, .notify = true,                         \
		.credits = VGPU_CREDIT_WORDS, .timeout = VGPU_TIMEOUT_CORE, .tlb = VGPU_TLB_FENCE, \
		.bind_jobs = 1,                                                                    \
	}

/*
 * amdxdna: aie2_sched_job_run(), HWCTX_MAX_CMDS jobs in flight, completed by the driver,
 * and a work item of its own that notices that nothing gets on.
 */
#define VGPU_ROW_AMDXDNA                                                                           \
	{                                                                                          \
		.name = "amdxdna", .ops = &vgpu_queue_ops, .direct = true,                         \
		.credits = VGPU_CREDIT_JOBS, .max_jobs = 4, .timeout = VGPU_TIMEOUT_DETECTOR,      \
		.tlb = VGPU_TLB_FENCE,                                                             \
	}

/*
 * nouveau: nouveau_exec_job_run(), nouveau_uvmm_bind_job_run(), and the wait of
 * nouveau_sched_fini(), which here ends when the task is being killed.
 */
#define VGPU_ROW_NOUVEAU                                                                           \
	{                                                                                          \
		.name = "nouveau", .ops = &vgpu_queue_ops, .queue_flags = DRM_DEP_QUEUE_BYPASS,    \
		.drain = true, .credits = VGPU_CREDIT_WORDS, .timeout = VGPU_TIMEOUT_CORE,         \
		.tlb = VGPU_TLB_FENCE,                                                             \
	}

/* pvr and amdgpu-vm are not there yet: rows without a name are refused */
static const struct vgpu_profile vgpu_profiles[] = {
	[DRM_VGPU_PROFILE_DEFAULT] = VGPU_ROW_DEFAULT,
	[DRM_VGPU_PROFILE_XE] = VGPU_ROW_XE,
	[DRM_VGPU_PROFILE_PANTHOR] = VGPU_ROW_PANTHOR,
	[DRM_VGPU_PROFILE_AMDXDNA] = VGPU_ROW_AMDXDNA,
	[DRM_VGPU_PROFILE_NOUVEAU] = VGPU_ROW_NOUVEAU,
	[DRM_VGPU_PROFILE_PVR] = {},
	[DRM_VGPU_PROFILE_AMDGPU_VM] = {},
};

/**
 * vgpu_profile_find() - find a profile
 * @profile: an &enum drm_vgpu_profile
 *
 * Context: Any.
 * Return: the profile, or NULL if there is no such profile.
 */
const struct vgpu_profile *vgpu_profile_find(u32 profile)
{
	if (profile >= ARRAY_SIZE(vgpu_profiles) || !vgpu_profiles[profile].name)
		return NULL;
	return &vgpu_profiles[profile];
}

/**
 * vgpu_profile_flags() - flags for a queue of drm_dep
 * @prof: its profile
 *
 * Context: Any.
 * Return: DRM_DEP_QUEUE_*.
 */
u32 vgpu_profile_flags(const struct vgpu_profile *prof)
{
	int flags = READ_ONCE(queue_flags);

	static_assert(DRM_DEP_QUEUE_BYPASS == 1 && DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE == 2);
	if (flags < 0)
		return prof->queue_flags;
	return flags & (DRM_DEP_QUEUE_BYPASS | DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE);
}
