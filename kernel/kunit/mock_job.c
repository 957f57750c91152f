// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/sched.h>
#include <linux/slab.h>

#include "mock_internal.h"

struct mock_job *mock_job_alloc(struct mock_queue *queue, u32 credits,
				struct drm_dep_job_init_args *args)
{
	struct mock_device *dev = queue->dev;
	struct mock_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	if (!job)
		return NULL;
	memset(&job->base, 0xa5, sizeof(job->base));
	job->dev = dev;
	job->queue = queue;
	job->credits = credits;
	job->by_fence = dev->mode.hw_fence;
	INIT_LIST_HEAD(&job->hw_link);
	INIT_LIST_HEAD(&job->owned);
	if (job->by_fence)
		job->hw_fence = mock_fence_alloc(dma_fence_context_alloc(1), 1);
	if (mock_timer_create(job) || (job->by_fence && !job->hw_fence)) {
		mock_job_free(job);
		return NULL;
	}
	*args = (struct drm_dep_job_init_args) {
		.queue = &queue->base,
		.ops = &mock_job_ops,
		.credits = credits,
		.client_id = dev->client_id,
	};
	/* It need not be zeroed. */
	memset(&job->base, 0xa5, sizeof(job->base));
	return job;
}

/* Any context. */
void mock_job_free(struct mock_job *job)
{
	u32 i;

	mock_timer_destroy(job);
	for (i = 0; i < job->n_deps; i++)
		dma_fence_put(job->deps[i]);
	kfree(job->deps);
	for (i = 0; i < job->n_prepare; i++)
		dma_fence_put(job->prepare_fences[i]);
	kfree(job->prepare_fences);
	dma_fence_put(job->hw_fence);
	dma_fence_put(job->next_hw_fence);
	kfree(job);
}

struct mock_job *mock_job_new(struct mock_queue *queue, u32 credits)
{
	struct mock_device *dev = queue->dev;
	struct drm_dep_job_init_args args;
	struct mock_job *job = mock_job_alloc(queue, credits, &args);
	int ret;

	if (!job) {
		mock_violation(dev, "no memory for a job");
		return NULL;
	}
	ret = drm_dep_job_init(&job->base, &args);
	if (ret) {
		mock_violation(dev, "drm_dep_job_init: %d", ret);
		mock_job_free(job);
		return NULL;
	}
	atomic_inc(&dev->jobs);
	atomic_inc(&queue->jobs);
	spin_lock_irq(&dev->lock);
	job->id = queue->created++;
	list_add_tail(&job->owned, &dev->owned_jobs);
	spin_unlock_irq(&dev->lock);
	return job;
}

struct mock_job *mock_job_create(struct kunit *test, struct mock_queue *queue, u32 credits)
{
	struct mock_job *job = mock_job_new(queue, credits);

	KUNIT_ASSERT_NOT_NULL(test, job);
	return job;
}

void mock_job_put(struct mock_job *job)
{
	struct mock_device *dev = job->dev;
	unsigned long flags;
	bool mine;

	spin_lock_irqsave(&dev->lock, flags);
	mine = !list_empty(&job->owned);
	list_del_init(&job->owned);
	spin_unlock_irqrestore(&dev->lock, flags);
	if (!mine) {
		mock_violation(dev, "a test puts its job twice");
		return;
	}
	drm_dep_job_put(&job->base);
}

static int mock_add_fence(struct dma_fence ***fences, u32 *n, struct dma_fence *fence)
{
	struct dma_fence **more = krealloc_array(*fences, *n + 1, sizeof(*more), GFP_KERNEL);

	if (!more)
		return -ENOMEM;
	*fences = more;
	more[(*n)++] = dma_fence_get(fence);
	return 0;
}

int mock_job_depend(struct mock_job *job, struct dma_fence *fence)
{
	struct mock_queue *queue = job->queue;

	/* The queue's own need not have signalled: jobs run in order, but more than one at once. */
	if (job->dev->hold_dependencies && (fence->context != queue->context ||
					    queue->flags & DRM_DEP_QUEUE_KEEP_OWN_DEPS)) {
		int ret = mock_add_fence(&job->deps, &job->n_deps, fence);

		if (ret)
			return ret;
	}
	return drm_dep_job_add_dependency(&job->base, dma_fence_get(fence));
}

int mock_job_prepare_fence(struct mock_job *job, struct dma_fence *fence)
{
	if (!job->queue->ops.prepare_job)
		mock_violation(job->dev, "a fence for prepare_job, which the queue does not have");
	return mock_add_fence(&job->prepare_fences, &job->n_prepare, fence);
}

int mock_job_renew_hw_fence(struct mock_job *job)
{
	if (!job->by_fence)
		return 0;
	dma_fence_put(job->next_hw_fence);
	job->next_hw_fence = mock_fence_alloc(dma_fence_context_alloc(1), 1);
	return job->next_hw_fence ? 0 : -ENOMEM;
}

static void mock_job_finished(struct dma_fence *fence, struct dma_fence_cb *cb)
{
	struct mock_job *job = container_of(cb, struct mock_job, finished_cb);
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;
	u32 index = atomic_fetch_inc(&queue->finished);
	u32 i;

	if (job->finished)
		mock_violation(dev, "job %u finished twice", job->id);
	if (job->arm_index != index)
		mock_violation(dev, "job %u was armed as number %u, and finished as number %u",
			       job->id, job->arm_index, index);
	/* A container may not know yet that its fences have signalled. */
	for (i = 0; i < job->n_deps; i++)
		if (!dma_fence_is_container(job->deps[i]) &&
		    !dma_fence_test_signaled_flag(job->deps[i]))
			mock_violation(dev, "job %u finished before its dependency %llu:%llu",
				       job->id, job->deps[i]->context, job->deps[i]->seqno);
	WRITE_ONCE(job->finished, true);
	mock_log(dev, MOCK_FINISHED, queue->id, job->id);
	if (job->on_finished)
		job->on_finished(job);
	atomic_inc(&dev->finished);
	/* Pairs with mock_job_is_over(). */
	smp_store_release(&job->told, true);
	wake_up_all(&dev->changed);
}

void mock_job_arm(struct mock_job *job)
{
	struct dma_fence *fence;

	job->arm_index = job->queue->armed++;
	drm_dep_job_arm(&job->base);
	job->armed = true;
	fence = drm_dep_job_finished_fence(&job->base);
	job->queue->context = fence->context;
	/* Nobody can have completed it yet, so this can't fail. */
	if (dma_fence_add_callback(fence, &job->finished_cb, mock_job_finished))
		mock_violation(job->dev, "job %u has finished before it was pushed", job->id);
}

void mock_job_push(struct mock_job *job)
{
	job->messages_before = atomic_read(&job->queue->sent);
	WRITE_ONCE(job->pusher, current);
	job->clock_from = ktime_get();
	drm_dep_job_push(&job->base);
}

void mock_job_submit(struct mock_job *job)
{
	mock_job_arm(job);
	mock_job_push(job);
}

struct mock_job *mock_job_submit_one(struct kunit *test, struct mock_queue *queue)
{
	struct mock_job *job = mock_job_create(test, queue, 1);

	mock_job_submit(job);
	return job;
}

struct dma_fence *mock_job_fence(struct mock_job *job)
{
	return dma_fence_get(drm_dep_job_finished_fence(&job->base));
}

bool mock_job_is_finished(struct mock_job *job)
{
	return dma_fence_is_signaled(drm_dep_job_finished_fence(&job->base));
}

int mock_fence_wait(struct kunit *test, struct dma_fence *fence)
{
	struct mock_device *dev = test->priv;
	long left;
	u32 before;

	do {
		before = mock_progress(dev);
		left = dma_fence_wait_timeout(fence, false, mock_patience(dev));
	} while (!left && before != mock_progress(dev));
	if (left <= 0) {
		mock_device_show(dev);
		KUNIT_FAIL(test, "fence %llu:%llu did not signal in time: %ld", fence->context,
			   fence->seqno, left);
	}
	return dma_fence_get_status(fence);
}

bool mock_job_has_returned(struct mock_job *job)
{
	/* Pairs with the end of mock_run_job(). */
	return smp_load_acquire(&job->returned);
}

static bool mock_job_is_over(struct mock_job *job)
{
	/* Pairs with the end of mock_job_finished(). */
	return smp_load_acquire(&job->told) && (!READ_ONCE(job->ran) || mock_job_has_returned(job));
}

int mock_job_wait(struct kunit *test, struct mock_job *job)
{
	int status = mock_fence_wait(test, drm_dep_job_finished_fence(&job->base));

	if (status && !mock_soon(job->dev, mock_job_is_over(job)))
		KUNIT_FAIL(test, "job %u finished without its callback or run_job", job->id);
	return status;
}
