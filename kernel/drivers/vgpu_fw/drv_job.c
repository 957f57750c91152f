// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/slab.h>

#include <drm/drm_drv.h>

#include "drv.h"

/**
 * DOC: jobs
 *
 * Nothing runs on the way from a client to the hardware but vgpu_run_job(), which writes
 * an entry to the ring; and nothing on the way back but vgpu_job_complete(), called by
 * who has taken the job out of its context's FIFO, mostly the interrupt handler.
 *
 * There are two ways to tell drm_dep that a job has ended, and each queue uses one of
 * them. Either run_job returns a hardware fence, which is signalled; or it returns none,
 * and drm_dep_job_done() is called. The hardware fence is allocated with the job, and a
 * job that is run again has the same one. It has names only, and those are constants.
 * Nobody but drm_dep and the job holds it, so it is gone before the queue is.
 */

static const char *vgpu_fence_driver_name(struct dma_fence *fence)
{
	return "vgpu_fw";
}

static const char *vgpu_fence_timeline_name(struct dma_fence *fence)
{
	return "hardware";
}

static const struct dma_fence_ops vgpu_fence_ops = {
	.get_driver_name = vgpu_fence_driver_name,
	.get_timeline_name = vgpu_fence_timeline_name,
};

static void vgpu_job_free(struct vgpu_job *job)
{
	struct vgpu_queue *queue = job->queue;

	if (job->hw_live)
		dma_fence_put(&job->hw->base);
	else
		kfree(job->hw);
	atomic_dec(&job->client->num_jobs);
	vgpu_client_put(job->client);
	kfree(job);
	/* the queue stays until release has returned */
	if (atomic_dec_and_test(&queue->pending))
		wake_up_all(&queue->idle);
}

static void vgpu_job_release(struct drm_dep_job *base)
{
	vgpu_job_free(to_vgpu_job(base));
}

static const struct drm_dep_job_ops vgpu_job_ops = {
	.release = vgpu_job_release,
};

/**
 * vgpu_prepare_job() - &drm_dep_queue_ops.prepare_job, for queues without credits
 * @base: the job
 *
 * Context: The run side.
 * Return: the fence of a job that has to end before this one fits into the ring, or NULL.
 */
struct dma_fence *vgpu_prepare_job(struct drm_dep_job *base)
{
	struct vgpu_job *job = to_vgpu_job(base);

	return vgpu_ctx_wait_for_room(job->queue->ctx, VGPU_RING_WORDS(job->ncalls));
}

/**
 * vgpu_run_job() - &drm_dep_queue_ops.run_job
 * @base: the job
 *
 * Context: The run side, and a reset, which runs jobs again. Never sleeps.
 * Return: the hardware fence; NULL if the job is completed without; or an ERR_PTR().
 */
struct dma_fence *vgpu_run_job(struct drm_dep_job *base)
{
	struct vgpu_job *job = to_vgpu_job(base);
	struct vgpu_queue *queue = job->queue;
	struct dma_fence *fence = NULL;
	int idx, ret;

	if (!drm_dev_enter(&queue->ctx->vdev->drm, &idx))
		return ERR_PTR(-ENODEV);

	if (job->hw && !job->hw_live) {
		/* one run_job at a time: the number needs no lock */
		compat_fence_init(job->hw, &vgpu_fence_ops, queue->fence_context,
				  ++queue->fence_seqno);
		job->hw_live = true;
	}
	/* before the job can complete */
	if (job->hw)
		fence = dma_fence_get(&job->hw->base);
	ret = vgpu_ctx_submit(queue->ctx, job, drm_dep_job_run_number(base));
	if (!ret)
		vgpu_detector_kick(queue);
	drm_dev_exit(idx);
	if (ret) {
		dma_fence_put(fence);
		return ERR_PTR(ret);
	}
	return fence;
}

/**
 * vgpu_job_complete() - a job has ended
 * @job: a job that the caller has taken out of its context's FIFO
 * @run: number of the run
 * @error: 0 or a negative errno
 *
 * Consumes the reference that the FIFO had.
 *
 * Context: Any but NMI. Signals fences: no lock is held.
 */
void vgpu_job_complete(struct vgpu_job *job, u32 run, int error)
{
	if (job->hw) {
		if (error)
			dma_fence_set_error(&job->hw->base, error);
		/* the job, which is held until the end, holds the fence */
		dma_fence_signal(&job->hw->base);
	} else {
		drm_dep_job_done(&job->base, run, error);
	}
	drm_dep_job_put(&job->base);
}

/**
 * vgpu_job_push() - give an armed job to its queue
 * @job: the job
 *
 * Context: As drm_dep_job_push().
 */
void vgpu_job_push(struct vgpu_job *job)
{
	atomic64_inc(&job->queue->submitted);
	drm_dep_job_push(&job->base);
}

/**
 * vgpu_job_create() - make a job
 * @queue: its queue
 * @args: what the client said
 * @calls: its command buffers, copied and checked, as many as @args says
 *
 * Context: Process context, allocates.
 * Return: the job with a reference, or an ERR_PTR(): -EMSGSIZE, -ECANCELED, -EDQUOT,
 * -ENOMEM.
 */
struct vgpu_job *vgpu_job_create(struct vgpu_queue *queue, const struct drm_vgpu_job *args,
				 const struct drm_vgpu_call *calls)
{
	const u32 ncalls = args->calls.count;
	const u32 words = VGPU_RING_WORDS(ncalls);
	struct vgpu_client *client = queue->client;
	struct drm_dep_job_init_args init = {
		.queue = &queue->base,
		.ops = &vgpu_job_ops,
		.credits = queue->prof->credits == VGPU_CREDIT_WORDS ? words : 1,
		.client_id = client->id,
	};
	struct vgpu_job *job;
	int ret;

	if (words > queue->words)
		return ERR_PTR(-EMSGSIZE);
	if (drm_dep_queue_is_killed(&queue->base))
		return ERR_PTR(-ECANCELED);
	ret = vgpu_charge_count(&client->num_jobs, 1, client->vdev->limits.jobs);
	if (ret)
		return ERR_PTR(ret);
	job = kzalloc_flex(*job, calls, ncalls, GFP_KERNEL_ACCOUNT);
	if (!job) {
		atomic_dec(&client->num_jobs);
		return ERR_PTR(-ENOMEM);
	}
	job->ncalls = ncalls;
	memcpy(job->calls, calls, array_size(ncalls, sizeof(*calls)));
	job->queue = queue;
	job->client = vgpu_client_get(client);
	job->cookie = args->cookie;
	atomic_inc(&queue->pending);

	ret = -ENOMEM;
	if (!queue->direct) {
		job->hw = kzalloc_obj(*job->hw, GFP_KERNEL_ACCOUNT);
		if (!job->hw)
			goto err;
	}
	ret = drm_dep_job_init(&job->base, &init);
	if (ret)
		goto err;
	return job;

err:
	vgpu_job_free(job);
	return ERR_PTR(ret);
}
