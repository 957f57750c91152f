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
 *    all memory that they will ever need. Look up buffers.
 * 3. Look up sync objects, and make dependencies of waits.
 * 4. Lock the reservations of buffers, interruptibly, reserve room for fences, and make
 *    dependencies of what is there.
 * 5. Take &vgpu_vm.submit_lock, interruptibly. It serialises arming for all queues
 *    of the address space. No op of drm_dep takes it.
 * 6. For each job: make it depend on those jobs of the call that it waits for, as
 *    they have fences now; arm it. That dependency is all that may fail once the
 *    first job is armed. Then the armed jobs are put, so that drm_dep finishes them
 *    in their places, and nobody has seen a fence of them.
 * 7. Publish the fences and push the jobs. Nothing can fail any more.
 *
 * Whatever a job waits for was armed before it: a fence is published after its job is
 * armed, and a reservation is locked from when its fences are looked at until ours are in.
 * So jobs never wait for each other in a circle.
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

	copy = vgpu_array_copy(&args->bos, sizeof(*ejob->bos), VGPU_MAX_BOS, false);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	ejob->bos = copy;
	for (i = 0; i < args->bos.count; i++)
		if (ejob->bos[i].flags & ~DRM_VGPU_BO_USE_WRITE)
			return -EINVAL;
	return 0;
}

static int vgpu_exec_make_job(struct vgpu_exec *exec, u32 i)
{
	struct vgpu_exec_job *ejob = &exec->jobs[i];
	struct vgpu_sync_job *sjob = &exec->syncs.jobs[i];
	struct vgpu_job *job;

	job = vgpu_job_create(ejob->queue, &exec->args[i], ejob->calls);
	if (IS_ERR(job))
		return PTR_ERR(job);
	ejob->job = job;
	sjob->waits = &job->base;
	sjob->signals = &job->base;
	return 0;
}

static int vgpu_exec_look_up(struct vgpu_exec *exec)
{
	struct vgpu_client *client = exec->syncs.file->driver_priv;
	u32 i;

	for (i = 0; i < exec->num_jobs; i++) {
		struct vgpu_queue *queue = vgpu_queue_lookup(client, exec->args[i].queue);

		if (!queue)
			return -ENOENT;
		exec->jobs[i].queue = queue;
		if (vgpu_queue_is_bind(queue) || queue->ctx->vm != exec->jobs[0].queue->ctx->vm)
			return -EINVAL;
	}
	for (i = 0; i < exec->num_jobs; i++)
		if (drm_dep_queue_is_killed(&exec->jobs[i].queue->base))
			return -ECANCELED;
	return 0;
}

/* Steps 1 to 3. */
static int vgpu_exec_prepare(struct vgpu_exec *exec)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < exec->num_jobs && !ret; i++) {
		ret = vgpu_exec_copy_job(&exec->args[i], &exec->jobs[i]);
		if (!ret)
			ret = vgpu_syncs_copy(&exec->syncs.jobs[i], &exec->args[i].syncs);
	}
	if (!ret)
		ret = vgpu_exec_look_up(exec);
	for (i = 0; i < exec->num_jobs && !ret; i++)
		ret = vgpu_exec_make_job(exec, i);
	if (!ret)
		ret = vgpu_implicit_init(exec);
	if (!ret)
		ret = vgpu_syncs_init(&exec->syncs);
	for (i = 0; i < exec->num_jobs && !ret; i++)
		ret = vgpu_syncs_resolve(&exec->syncs, i);
	return ret;
}

/* Step 6 for one job. */
static int vgpu_exec_arm(struct vgpu_exec *exec, u32 index)
{
	struct drm_dep_job *job = &exec->jobs[index].job->base;
	unsigned int i;
	int ret;

	for_each_set_bit(i, exec->syncs.jobs[index].after, exec->num_jobs) {
		struct drm_dep_job *before = &exec->jobs[i].job->base;

		ret = drm_dep_job_add_dependency(job,
						 dma_fence_get(drm_dep_job_finished_fence(before)));
		if (ret)
			return ret;
	}
	drm_dep_job_arm(job);
	return 0;
}

/* Steps 6 and 7. */
static int vgpu_exec_arm_and_push(struct vgpu_exec *exec)
{
	bool cookie;
	int ret;
	u32 i;

	for (i = 0; i < exec->num_jobs; i++) {
		ret = vgpu_exec_arm(exec, i);
		if (ret)
			return ret;
	}
	cookie = dma_fence_begin_signalling();
	vgpu_implicit_publish(exec);
	vgpu_syncs_publish(&exec->syncs);
	for (i = 0; i < exec->num_jobs; i++)
		vgpu_job_push(exec->jobs[i].job);
	dma_fence_end_signalling(cookie);
	return 0;
}

/* Steps 4 to 7. */
static int vgpu_exec_submit(struct vgpu_exec *exec)
{
	struct vgpu_vm *vm = exec->jobs[0].queue->ctx->vm;
	int ret;

	ret = vgpu_implicit_lock(exec);
	if (ret)
		return ret;
	ret = vgpu_implicit_resolve(exec);
	if (!ret && mutex_lock_interruptible(&vm->submit_lock))
		ret = -ERESTARTSYS;
	if (!ret) {
		ret = vgpu_exec_arm_and_push(exec);
		mutex_unlock(&vm->submit_lock);
	}
	vgpu_implicit_unlock(exec);
	return ret;
}

static void vgpu_exec_clean_up(struct vgpu_exec *exec)
{
	u32 i;

	vgpu_syncs_fini(&exec->syncs);
	vgpu_implicit_fini(exec);
	for (i = 0; i < exec->num_jobs; i++) {
		struct vgpu_exec_job *ejob = &exec->jobs[i];

		if (ejob->job)
			drm_dep_job_put(&ejob->job->base);
		if (ejob->queue)
			drm_dep_queue_put(&ejob->queue->base);
		kvfree(ejob->calls);
		kvfree(ejob->bos);
	}
	kvfree(exec->syncs.jobs);
	kvfree(exec->jobs);
}

static int vgpu_exec_alloc(struct vgpu_exec *exec, u32 num_jobs)
{
	exec->jobs = kvzalloc_objs(*exec->jobs, num_jobs, GFP_KERNEL_ACCOUNT);
	exec->syncs.jobs = kvzalloc_objs(*exec->syncs.jobs, num_jobs, GFP_KERNEL_ACCOUNT);
	if (!exec->jobs || !exec->syncs.jobs)
		return -ENOMEM;
	exec->num_jobs = num_jobs;
	exec->syncs.num_jobs = num_jobs;
	return 0;
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
	struct vgpu_exec exec = {
		.syncs.file = file,
		.bos = LIST_HEAD_INIT(exec.bos),
		.resvs = LIST_HEAD_INIT(exec.resvs),
	};
	int ret;

	if (args->flags || args->pad)
		return -EINVAL;
	ret = READ_ONCE(to_vgpu_device(drm)->wedged);
	if (ret)
		return ret;
	exec.args = vgpu_array_copy(&args->jobs, sizeof(*exec.args), VGPU_MAX_JOBS, true);
	if (IS_ERR(exec.args))
		return PTR_ERR(exec.args);

	ret = vgpu_exec_alloc(&exec, args->jobs.count);
	if (!ret)
		ret = vgpu_exec_prepare(&exec);
	if (!ret)
		ret = vgpu_exec_submit(&exec);
	vgpu_exec_clean_up(&exec);
	kvfree(exec.args);
	return ret;
}
