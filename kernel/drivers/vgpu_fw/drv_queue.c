// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>

#include "drv.h"

/**
 * DOC: queues and jobs
 *
 * A queue of drm_dep for each context. Nothing runs on the way from here to the
 * hardware but vgpu_run_job(), which writes an entry to the ring; and nothing on the
 * way back but vgpu_job_complete(), called by the interrupt handler.
 *
 * There are two ways to tell drm_dep that a job has ended, and each queue uses one of
 * them. Either run_job returns a hardware fence, which the handler signals; or it
 * returns none, and the handler calls drm_dep_job_done(). The hardware fence is
 * allocated with the job. It has names only, and those are constants. Nobody but drm_dep
 * and the job holds it, so it is gone before the queue is.
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
	if (job->hw_live)
		dma_fence_put(&job->hw->base);
	else
		kfree(job->hw);
	atomic_dec(&job->client->num_jobs);
	vgpu_client_put(job->client);
	kfree(job);
}

static void vgpu_job_release(struct drm_dep_job *base)
{
	vgpu_job_free(to_vgpu_job(base));
}

static const struct drm_dep_job_ops vgpu_job_ops = {
	.release = vgpu_job_release,
};

static struct dma_fence *vgpu_run_job(struct drm_dep_job *base)
{
	struct vgpu_job *job = to_vgpu_job(base);
	struct vgpu_queue *queue = job->queue;
	struct dma_fence *fence = NULL;
	int idx, ret;

	if (!drm_dev_enter(&queue->ctx->vdev->drm, &idx))
		return ERR_PTR(-ENODEV);

	if (job->hw) {
		/* one run_job at a time: the number needs no lock */
		compat_fence_init(job->hw, &vgpu_fence_ops, queue->fence_context,
				  ++queue->fence_seqno);
		job->hw_live = true;
		/* before the job can complete */
		fence = dma_fence_get(&job->hw->base);
	}
	ret = vgpu_ctx_submit(queue->ctx, job, drm_dep_job_run_number(base));
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
 * Context: Hard interrupt. Signals fences: no lock is held.
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
 * vgpu_job_create() - make a job
 * @queue: its queue
 * @args: what the client said
 * @calls: its command buffers, copied and checked, as many as @args says
 *
 * Context: Process context, allocates.
 * Return: the job with a reference, or an ERR_PTR(): -EMSGSIZE, -EDQUOT, -ENOMEM.
 */
struct vgpu_job *vgpu_job_create(struct vgpu_queue *queue, const struct drm_vgpu_job *args,
				 const struct drm_vgpu_call *calls)
{
	const u32 ncalls = args->calls.count;
	struct vgpu_client *client = queue->client;
	struct drm_dep_job_init_args init = {
		.queue = &queue->base,
		.ops = &vgpu_job_ops,
		.credits = VGPU_RING_WORDS(ncalls),
		.client_id = client->id,
	};
	struct vgpu_job *job;
	int ret;

	if (init.credits > queue->credits)
		return ERR_PTR(-EMSGSIZE);
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

static int vgpu_queue_fini(struct drm_dep_queue *base)
{
	vgpu_ctx_shut_down(to_vgpu_queue(base)->ctx);
	return 0;
}

static void vgpu_queue_free(struct vgpu_queue *queue)
{
	struct vgpu_client *client = queue->client;

	if (queue->ctx)
		vgpu_ctx_free(queue->ctx);
	kfree(queue);
	atomic_dec(&client->live_queues);
	wake_up(&client->queue_released);
	vgpu_client_put(client);
}

static void vgpu_queue_release(struct drm_dep_queue *base)
{
	vgpu_queue_free(to_vgpu_queue(base));
}

static const struct drm_dep_queue_ops vgpu_queue_ops = {
	.owner = THIS_MODULE,
	.run_job = vgpu_run_job,
	.fini = vgpu_queue_fini,
	.release = vgpu_queue_release,
};

/**
 * vgpu_queue_lookup() - find a queue by name
 * @client: whose name it is
 * @id: the name
 *
 * Context: Process context.
 * Return: the queue with a user reference, or NULL.
 */
struct vgpu_queue *vgpu_queue_lookup(struct vgpu_client *client, u32 id)
{
	struct vgpu_queue *queue;

	xa_lock(&client->queues);
	queue = xa_load(&client->queues, id);
	if (queue)
		drm_dep_queue_get(&queue->base);
	xa_unlock(&client->queues);
	return queue;
}

static void vgpu_queue_remove_name(struct vgpu_client *client, struct vgpu_queue *queue)
{
	atomic_dec(&client->num_queues);
	drm_dep_queue_put(&queue->base);
}

/**
 * vgpu_queue_remove_names() - remove all names of queues
 * @client: a client whose file is being closed
 *
 * Context: Process context.
 */
void vgpu_queue_remove_names(struct vgpu_client *client)
{
	struct vgpu_queue *queue;
	unsigned long id;

	xa_for_each(&client->queues, id, queue)
		vgpu_queue_remove_name(client, queue);
	xa_destroy(&client->queues);
}

/*
 * Queues that were destroyed but whose jobs or handshakes are not over have to be
 * bounded, too. Normally that is a matter of milliseconds, so wait a little for
 * one to go before saying no.
 */
static int vgpu_queue_charge_live(struct vgpu_client *client)
{
	const u32 limit = 2 * client->vdev->limits.queues;
	long ret;

	ret = wait_event_interruptible_timeout(client->queue_released,
					       !vgpu_charge_count(&client->live_queues, 1, limit),
					       HZ);
	if (ret < 0)
		return ret;
	return ret ? 0 : -EDQUOT;
}

static struct vgpu_queue *vgpu_queue_create(struct vgpu_client *client, struct vgpu_vm *vm,
					    const struct drm_vgpu_queue_create *args)
{
	struct drm_dep_queue_init_args init = {
		.ops = &vgpu_queue_ops,
		.drm = &client->vdev->drm,
		.driver_name = "vgpu_fw",
	};
	struct vgpu_queue *queue;
	int ret;

	ret = vgpu_queue_charge_live(client);
	if (ret)
		return ERR_PTR(ret);
	queue = kzalloc_obj(*queue, GFP_KERNEL_ACCOUNT);
	if (!queue) {
		atomic_dec(&client->live_queues);
		return ERR_PTR(-ENOMEM);
	}
	queue->client = vgpu_client_get(client);
	queue->direct = args->flags & DRM_VGPU_QUEUE_DIRECT_COMPLETION;
	queue->credits = args->credits;
	queue->fence_context = dma_fence_context_alloc(1);

	queue->ctx = vgpu_ctx_create(vm, args->engine_class, args->ring_words);
	if (IS_ERR(queue->ctx)) {
		ret = PTR_ERR(queue->ctx);
		queue->ctx = NULL;
		goto err;
	}
	snprintf(queue->name, sizeof(queue->name), "ctx%u", queue->ctx->id);
	init.name = queue->name;
	init.credit_limit = queue->credits;
	ret = drm_dep_queue_init(&queue->base, &init);
	if (ret)
		goto err;
	return queue;

err:
	vgpu_queue_free(queue);
	return ERR_PTR(ret);
}

/**
 * vgpu_queue_create_ioctl() - %DRM_IOCTL_VGPU_QUEUE_CREATE
 * @drm: the device
 * @data: &struct drm_vgpu_queue_create
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_queue_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct vgpu_device *vdev = to_vgpu_device(drm);
	struct vgpu_client *client = file->driver_priv;
	struct drm_vgpu_queue_create *args = data;
	struct drm_vgpu_queue_create use = *args;
	struct vgpu_queue *queue;
	struct vgpu_vm *vm;
	int ret;

	if (args->flags & ~DRM_VGPU_QUEUE_DIRECT_COMPLETION)
		return -EINVAL;
	if (args->engine_class >= VGPU_CLASSES || !vdev->engines[args->engine_class])
		return -EINVAL;
	if (!use.ring_words)
		use.ring_words = VGPU_DEFAULT_RING_WORDS;
	if (!use.credits)
		use.credits = use.ring_words;
	if (!is_power_of_2(use.ring_words) || use.ring_words < VGPU_RING_MIN_WORDS ||
	    use.ring_words > VGPU_RING_MAX_WORDS || use.credits > use.ring_words)
		return -EINVAL;

	vm = vgpu_vm_lookup(client, args->vm);
	if (!vm)
		return -ENOENT;
	ret = vgpu_charge_count(&client->num_queues, 1, vdev->limits.queues);
	if (ret)
		goto out;
	queue = vgpu_queue_create(client, vm, &use);
	if (IS_ERR(queue)) {
		ret = PTR_ERR(queue);
		goto err_charge;
	}
	/* from here on others can find it */
	ret = xa_alloc(&client->queues, &args->id, queue, xa_limit_32b, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto err_queue;
	goto out;

err_queue:
	drm_dep_queue_put(&queue->base);
err_charge:
	atomic_dec(&client->num_queues);
out:
	vgpu_vm_put(vm);
	return ret;
}

/**
 * vgpu_queue_destroy_ioctl() - %DRM_IOCTL_VGPU_QUEUE_DESTROY
 * @drm: the device
 * @data: &struct drm_vgpu_queue_destroy
 * @file: the caller's file
 *
 * Context: Process context.
 * Return: 0, or an error of the uAPI header.
 */
int vgpu_queue_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct vgpu_client *client = file->driver_priv;
	struct drm_vgpu_queue_destroy *args = data;
	struct vgpu_queue *queue;

	if (args->flags)
		return -EINVAL;
	queue = xa_erase(&client->queues, args->id);
	if (!queue)
		return -ENOENT;
	vgpu_queue_remove_name(client, queue);
	return 0;
}
