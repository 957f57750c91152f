// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/slab.h>

#include "drv_exec.h"

/**
 * DOC: exec
 *
 * Submits jobs, all or none. In this order:
 *
 * 1. Copy and check all arrays.
 * 2. Look up the queues; they have to be of one address space. Make the jobs, with
 *    all memory that they will ever need.
 * 3. Look up sync objects, and make dependencies of waits.
 * 4. Take &vgpu_vm.submit_lock, interruptibly. It serialises arming for all queues
 *    of the address space. No op of drm_dep takes it.
 * 5. For each job: make it depend on those jobs of the call that it waits for, as
 *    they have fences now; arm it. That dependency is all that may fail once the
 *    first job is armed. Then the armed jobs are put, so that drm_dep finishes them
 *    in their places, and nobody has seen a fence of them.
 * 6. Publish the fences and push the jobs. Nothing can fail any more.
 */

static bool vgpu_call_valid(const struct drm_vgpu_call *call)
{
	/* an address out of range is left to the device: it faults */
	return !(call->va % 8) && call->words && !call->pad;
}

static int vgpu_exec_copy_job(const struct drm_vgpu_job *args, struct vgpu_exec_job *ejob)
{
	void *copy;
	u32 i;

	if (args->flags)
		return -EINVAL;

	copy = vgpu_array_copy(&args->calls, sizeof(*ejob->calls), VGPU_MAX_CALLS, true);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	ejob->calls = copy;
	for (i = 0; i < args->calls.count; i++)
		if (!vgpu_call_valid(&ejob->calls[i]))
			return -EINVAL;

	copy = vgpu_array_copy(&args->syncs, sizeof(*ejob->syncs), VGPU_MAX_SYNCS, false);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	ejob->syncs = copy;
	for (i = 0; i < args->syncs.count; i++)
		if (!vgpu_sync_valid(&ejob->syncs[i]))
			return -EINVAL;
	return 0;
}

static int vgpu_exec_make_job(struct vgpu_exec *exec, u32 i)
{
	struct vgpu_exec_job *ejob = &exec->jobs[i];
	struct vgpu_job *job;

	job = vgpu_job_create(ejob->queue, &exec->args[i], ejob->calls);
	if (IS_ERR(job))
		return PTR_ERR(job);
	ejob->job = job;
	return 0;
}

static int vgpu_exec_look_up(struct vgpu_exec *exec)
{
	struct vgpu_client *client = exec->file->driver_priv;
	u32 i;

	for (i = 0; i < exec->num_jobs; i++) {
		exec->jobs[i].queue = vgpu_queue_lookup(client, exec->args[i].queue);
		if (!exec->jobs[i].queue)
			return -ENOENT;
		if (exec->jobs[i].queue->ctx->vm != exec->jobs[0].queue->ctx->vm)
			return -EINVAL;
	}
	return 0;
}

/* Steps 1 to 3. */
static int vgpu_exec_prepare(struct vgpu_exec *exec)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < exec->num_jobs && !ret; i++)
		ret = vgpu_exec_copy_job(&exec->args[i], &exec->jobs[i]);
	if (!ret)
		ret = vgpu_exec_look_up(exec);
	for (i = 0; i < exec->num_jobs && !ret; i++)
		ret = vgpu_exec_make_job(exec, i);
	if (!ret)
		ret = vgpu_syncs_init(exec);
	for (i = 0; i < exec->num_jobs && !ret; i++)
		ret = vgpu_syncs_resolve(exec, i);
	return ret;
}

/* Step 5 for one job. */
static int vgpu_exec_arm(struct vgpu_exec *exec, struct vgpu_exec_job *ejob)
{
	struct drm_dep_job *job = &ejob->job->base;
	unsigned int i;
	int ret;

	for_each_set_bit(i, ejob->after, exec->num_jobs) {
		struct drm_dep_job *before = &exec->jobs[i].job->base;

		ret = drm_dep_job_add_dependency(job,
						 dma_fence_get(drm_dep_job_finished_fence(before)));
		if (ret)
			return ret;
	}
	drm_dep_job_arm(job);
	return 0;
}

/* Steps 4 to 6. */
static int vgpu_exec_submit(struct vgpu_exec *exec)
{
	struct vgpu_vm *vm = exec->jobs[0].queue->ctx->vm;
	bool cookie;
	int ret = 0;
	u32 i;

	if (mutex_lock_interruptible(&vm->submit_lock))
		return -ERESTARTSYS;
	for (i = 0; i < exec->num_jobs && !ret; i++)
		ret = vgpu_exec_arm(exec, &exec->jobs[i]);
	if (!ret) {
		cookie = dma_fence_begin_signalling();
		vgpu_syncs_publish(exec);
		for (i = 0; i < exec->num_jobs; i++)
			drm_dep_job_push(&exec->jobs[i].job->base);
		dma_fence_end_signalling(cookie);
	}
	mutex_unlock(&vm->submit_lock);
	return ret;
}

static void vgpu_exec_clean_up(struct vgpu_exec *exec)
{
	u32 i;

	vgpu_syncs_fini(exec);
	for (i = 0; i < exec->num_jobs; i++) {
		struct vgpu_exec_job *ejob = &exec->jobs[i];

		if (ejob->job)
			drm_dep_job_put(&ejob->job->base);
		if (ejob->queue)
			drm_dep_queue_put(&ejob->queue->base);
		kvfree(ejob->calls);
		kvfree(ejob->syncs);
	}
}

/**
 * vgpu_exec_ioctl() - %DRM_IOCTL_VGPU_EXEC
 * @drm: the device
 * @data: &struct drm_vgpu_exec
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_exec_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_vgpu_exec *args = data;
	struct vgpu_exec exec = { .file = file };
	int ret;

	if (args->flags || args->pad)
		return -EINVAL;
	exec.args = vgpu_array_copy(&args->jobs, sizeof(*exec.args), VGPU_MAX_JOBS, true);
	if (IS_ERR(exec.args))
		return PTR_ERR(exec.args);

	ret = -ENOMEM;
	exec.jobs = kvzalloc_objs(*exec.jobs, args->jobs.count, GFP_KERNEL_ACCOUNT);
	if (exec.jobs) {
		exec.num_jobs = args->jobs.count;
		ret = vgpu_exec_prepare(&exec);
		if (!ret)
			ret = vgpu_exec_submit(&exec);
		vgpu_exec_clean_up(&exec);
		kvfree(exec.jobs);
	}
	kvfree(exec.args);
	return ret;
}
