// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/slab.h>

#include <drm/drm_drv.h>

#include "drv_bind.h"

/**
 * DOC: jobs of bind queues
 *
 * The CPU does the work. The call has changed the tree of the address space when it armed
 * the job. What is left for run_job is to write entries of page tables, and to send an
 * invalidation if something was displaced; neither allocates nor takes a lock that
 * is held around an allocation. The fence is that of the invalidation. Displaced mappings
 * are freed with the job, so after that, and by a work item: pages go back when no engine
 * can reach them.
 *
 * When the device is lost no job runs any more. Then what a bind has displaced may still be
 * in the tables or in use by engines, which may just be on their way to stop; it is kept
 * until the address space is freed, which waits for them.
 */

static const char *vgpu_bind_fence_driver_name(struct dma_fence *fence)
{
	return "vgpu_fw";
}

static const char *vgpu_bind_fence_timeline_name(struct dma_fence *fence)
{
	return "tlb";
}

static const struct dma_fence_ops vgpu_bind_fence_ops = {
	.get_driver_name = vgpu_bind_fence_driver_name,
	.get_timeline_name = vgpu_bind_fence_timeline_name,
};

static void vgpu_bind_invalidated(struct vgpu_tlb_inv *inv)
{
	struct vgpu_bind *bind = container_of(inv, struct vgpu_bind, inv);
	struct dma_fence *fence = dma_fence_get(&bind->fence->base);

	bind->forgotten = true;
	atomic64_inc(&bind->queue->completed);
	/* the bind may be gone when this returns */
	dma_fence_signal(fence);
	dma_fence_put(fence);
}

/* The end of a bind, on whichever queue: what run_job returns. */
static struct dma_fence *vgpu_bind_end(struct vgpu_bind *bind, struct drm_dep_job *job)
{
	struct vgpu_bind_queue *queue = bind->queue;
	struct dma_fence *fence;

	if (list_empty(&bind->displaced)) {
		/* engines don't remember that there was nothing */
		atomic64_inc(&queue->completed);
		drm_dep_job_done(job, drm_dep_job_run_number(job), 0);
		return NULL;
	}
	/* one run_job at a time: the number needs no lock */
	compat_fence_init(bind->fence, &vgpu_bind_fence_ops, queue->base.fence_context,
			  ++queue->base.fence_seqno);
	bind->fence_live = true;
	/* before it can signal */
	fence = dma_fence_get(&bind->fence->base);
	bind->inv.done = vgpu_bind_invalidated;
	vgpu_tlb_send(bind->vm->vdev, &bind->inv, bind->vm->asid, bind->start,
		      bind->end - bind->start);
	return fence;
}

/**
 * vgpu_bind_run() - &drm_dep_queue_ops.run_job: write the entries
 * @job: the first job of a bind
 *
 * Context: Run side.
 * Return: as run_job.
 */
struct dma_fence *vgpu_bind_run(struct drm_dep_job *job)
{
	struct vgpu_bind *bind = container_of(job, struct vgpu_bind, pte_job);
	struct vgpu_device *vdev = bind->vm->vdev;
	struct dma_fence *fence = NULL;
	int idx, wedged;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return ERR_PTR(-ENODEV);
	wedged = READ_ONCE(vdev->wedged);
	if (wedged) {
		fence = ERR_PTR(wedged);
	} else {
		vgpu_bind_write(bind);
		if (bind->queue->has_tlb)
			drm_dep_job_done(job, drm_dep_job_run_number(job), 0);
		else
			fence = vgpu_bind_end(bind, job);
	}
	drm_dev_exit(idx);
	return fence;
}

/**
 * vgpu_bind_run_tlb() - &drm_dep_queue_ops.run_job: invalidate what was displaced
 * @job: the second job of a bind
 *
 * Context: Run side.
 * Return: as run_job.
 */
struct dma_fence *vgpu_bind_run_tlb(struct drm_dep_job *job)
{
	struct vgpu_bind *bind = container_of(job, struct vgpu_bind, tlb_job);

	/* the job before, which is all that this one waits for, has failed */
	if (!bind->written)
		return ERR_PTR(drm_dep_job_dependency_error(job) ?: -ECANCELED);
	return vgpu_bind_end(bind, job);
}

static void vgpu_bind_release_job(struct drm_dep_job *job)
{
	vgpu_bind_put(container_of(job, struct vgpu_bind, pte_job));
}

static void vgpu_bind_release_tlb_job(struct drm_dep_job *job)
{
	vgpu_bind_put(container_of(job, struct vgpu_bind, tlb_job));
}

static const struct drm_dep_job_ops vgpu_bind_job_ops = {
	.release = vgpu_bind_release_job,
};

static const struct drm_dep_job_ops vgpu_bind_tlb_job_ops = {
	.release = vgpu_bind_release_tlb_job,
};

/**
 * vgpu_bind_jobs_init() - make an asynchronous bind of a bind
 * @bind: the bind
 * @queue: a bind queue of its address space; the caller has a user reference
 * @client: who is charged for a job
 *
 * Context: Process context, allocates.
 * Return: 0, -EDQUOT or -ENOMEM. vgpu_bind_jobs_put() is to be called also on failure.
 */
int vgpu_bind_jobs_init(struct vgpu_bind *bind, struct vgpu_bind_queue *queue,
			struct vgpu_client *client)
{
	struct drm_dep_job_init_args init = {
		.queue = &queue->base.base,
		.ops = &vgpu_bind_job_ops,
		.credits = 1,
		.client_id = client->id,
	};
	int ret;

	ret = vgpu_charge_count(&client->num_jobs, 1, client->vdev->limits.jobs);
	if (ret)
		return ret;
	bind->client = vgpu_client_get(client);
	bind->queue = queue;
	bind->fence = kzalloc_obj(*bind->fence, GFP_KERNEL_ACCOUNT);
	if (!bind->fence)
		return -ENOMEM;

	ret = drm_dep_job_init(&bind->pte_job, &init);
	if (ret)
		return ret;
	kref_get(&bind->kref);
	bind->num_jobs++;
	if (!queue->has_tlb)
		return 0;

	init.queue = &queue->tlb;
	init.ops = &vgpu_bind_tlb_job_ops;
	ret = drm_dep_job_init(&bind->tlb_job, &init);
	if (ret)
		return ret;
	kref_get(&bind->kref);
	bind->num_jobs++;
	return 0;
}

/**
 * vgpu_bind_last_job() - whose fence tells that a bind is in effect
 * @bind: an asynchronous bind
 *
 * Context: Any.
 * Return: the job.
 */
struct drm_dep_job *vgpu_bind_last_job(struct vgpu_bind *bind)
{
	return bind->num_jobs > 1 ? &bind->tlb_job : &bind->pte_job;
}

/**
 * vgpu_bind_jobs_arm() - give a bind its place in the order of the address space
 * @bind: an asynchronous bind, the tree not changed yet
 *
 * Context: Process context, allocates. Caller holds &vgpu_vm.lock until the jobs are pushed.
 * Return: 0 or -ENOMEM. Then the jobs are to be put, and finish without having run.
 */
int vgpu_bind_jobs_arm(struct vgpu_bind *bind)
{
	struct vgpu_bind_queue *queue = bind->queue, *other;
	struct dma_fence *fence;
	int ret;

	lockdep_assert_held(&bind->vm->lock);

	list_for_each_entry(other, &bind->vm->bind_queues, link) {
		if (other == queue)
			continue;
		ret = drm_dep_job_add_dependency(&bind->pte_job, vgpu_bind_queue_busy(other));
		if (ret)
			return ret;
	}
	drm_dep_job_arm(&bind->pte_job);
	if (queue->has_tlb) {
		fence = dma_fence_get(drm_dep_job_finished_fence(&bind->pte_job));
		ret = drm_dep_job_add_dependency(&bind->tlb_job, fence);
		if (ret)
			return ret;
		drm_dep_job_arm(&bind->tlb_job);
	}

	dma_fence_put(queue->last);
	queue->last = dma_fence_get(drm_dep_job_finished_fence(vgpu_bind_last_job(bind)));
	queue->submitted++;
	return 0;
}

/**
 * vgpu_bind_jobs_push() - have a bind carried out
 * @bind: an asynchronous bind, armed, the tree changed
 *
 * Context: Process context, inside a signalling section.
 */
void vgpu_bind_jobs_push(struct vgpu_bind *bind)
{
	drm_dep_job_push(&bind->pte_job);
	if (bind->num_jobs > 1)
		drm_dep_job_push(&bind->tlb_job);
}

/**
 * vgpu_bind_jobs_put() - give up the call's references of the jobs
 * @bind: the bind, of which the caller has a reference
 *
 * Context: Process context.
 */
void vgpu_bind_jobs_put(struct vgpu_bind *bind)
{
	if (bind->num_jobs > 0)
		drm_dep_job_put(&bind->pte_job);
	if (bind->num_jobs > 1)
		drm_dep_job_put(&bind->tlb_job);
}

/**
 * vgpu_bind_jobs_fini() - undo vgpu_bind_jobs_init()
 * @bind: a bind, the jobs of which are gone
 *
 * Context: Process context.
 */
void vgpu_bind_jobs_fini(struct vgpu_bind *bind)
{
	if (bind->fence_live)
		dma_fence_put(&bind->fence->base);
	else
		kfree(bind->fence);
	if (bind->client) {
		atomic_dec(&bind->client->num_jobs);
		vgpu_client_put(bind->client);
	}
}
