// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/hrtimer.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "mock_internal.h"

struct mock_timer {
	struct hrtimer timer;
	struct mock_device *dev;
	/* Under the device's lock. NULL when the job is released. */
	struct mock_job *job;
	ktime_t due;
	struct rcu_head rcu;
};

/* A job that was taken from the hardware, and is to be completed. */
struct mock_completion {
	struct mock_device *dev;
	/* One of them, with the hardware's reference. */
	struct mock_job *job;
	struct dma_fence *fence;
	u32 run;
	int error;
};

/*
 * True if the hardware had the job, or has lost it if @lost allows that: then it is the
 * caller's to complete. A job that completes by its fence may be gone at any time after the
 * device's lock, which the caller holds, because somebody may have signalled the fence.
 */
static bool mock_hw_take(struct mock_job *job, bool lost, struct mock_completion *completion)
{
	lockdep_assert_held(&job->dev->lock);
	if (list_empty(&job->hw_link) || (job->lost && !lost))
		return false;
	list_del_init(&job->hw_link);
	job->lost = false;
	/* Before the core gets them back, so that this count is never the higher one. */
	if (job->credit_run)
		atomic64_sub(job->credits, &job->queue->credits);
	job->credit_run = 0;
	*completion = (struct mock_completion) {
		.dev = job->dev,
		.job = job->by_fence ? NULL : job,
		.fence = job->by_fence ? job->hw_fence : NULL,
		.run = job->run_number,
		.error = job->hw_error,
	};
	return true;
}

static void mock_hw_complete(const struct mock_completion *completion)
{
	struct mock_job *job = completion->job;
	struct task_struct *resubmitter;

	if (completion->fence) {
		mock_fence_signal(completion->fence, completion->error);
		dma_fence_put(completion->fence);
		return;
	}
	if (!drm_dep_job_done(&job->base, completion->run, completion->error)) {
		/* Pairs with mock_resubmit_end(). */
		resubmitter = smp_load_acquire(&job->queue->resubmitter);
		/*
		 * It is refused if the job runs again: then the resubmitter is in the middle
		 * of that, or has left, and the job has another number.
		 */
		if (!resubmitter && READ_ONCE(job->run_number) == completion->run)
			mock_violation(completion->dev,
				       "the only completion of job %u was not accepted", job->id);
	}
	drm_dep_job_put(&job->base);
}

static void mock_hw_drop(const struct mock_completion *completion)
{
	if (completion->fence)
		dma_fence_put(completion->fence);
	else
		drm_dep_job_put(&completion->job->base);
}

static bool mock_hw_finish(struct mock_job *job, bool lost, int error)
{
	struct mock_device *dev = job->dev;
	struct mock_completion completion;
	unsigned long flags;
	bool found;

	spin_lock_irqsave(&dev->lock, flags);
	found = mock_hw_take(job, lost, &completion);
	spin_unlock_irqrestore(&dev->lock, flags);
	if (!found)
		return false;
	if (error)
		completion.error = error;
	mock_hw_complete(&completion);
	return true;
}

bool mock_job_complete(struct mock_job *job)
{
	return mock_hw_finish(job, false, 0);
}

bool mock_job_fail(struct mock_job *job, int error)
{
	return mock_hw_finish(job, true, error);
}

bool mock_job_take(struct mock_job *job)
{
	struct mock_device *dev = job->dev;
	struct mock_completion completion;
	unsigned long flags;
	bool found;

	spin_lock_irqsave(&dev->lock, flags);
	found = mock_hw_take(job, false, &completion);
	spin_unlock_irqrestore(&dev->lock, flags);
	if (found)
		mock_hw_drop(&completion);
	return found;
}

/* The first job of a list, at most; @error instead of its own if it is not 0. */
static bool mock_hw_finish_first(struct mock_device *dev, struct list_head *list, int error)
{
	struct mock_completion completion;
	struct mock_job *job;
	unsigned long flags;

	spin_lock_irqsave(&dev->lock, flags);
	job = list_first_entry_or_null(list, struct mock_job, hw_link);
	if (job)
		mock_hw_take(job, true, &completion);
	spin_unlock_irqrestore(&dev->lock, flags);
	if (!job)
		return false;
	if (error)
		completion.error = error;
	mock_hw_complete(&completion);
	return true;
}

unsigned int mock_device_advance(struct mock_device *dev, unsigned int n)
{
	unsigned int completed = 0;

	while (completed < n && mock_hw_finish_first(dev, &dev->hw_jobs, 0))
		completed++;
	return completed;
}

void mock_hw_fail_lost(struct mock_device *dev)
{
	while (mock_hw_finish_first(dev, &dev->lost_jobs, -ECANCELED))
		;
}

static unsigned int mock_hw_reset(struct mock_device *dev, struct mock_queue *queue)
{
	struct mock_job *job, *next;
	unsigned int lost = 0;
	unsigned long flags;

	spin_lock_irqsave(&dev->lock, flags);
	list_for_each_entry_safe(job, next, &dev->hw_jobs, hw_link) {
		if (queue && job->queue != queue)
			continue;
		job->lost = true;
		list_move_tail(&job->hw_link, &dev->lost_jobs);
		lost++;
	}
	spin_unlock_irqrestore(&dev->lock, flags);
	return lost;
}

unsigned int mock_device_reset(struct mock_device *dev)
{
	return mock_hw_reset(dev, NULL);
}

unsigned int mock_queue_reset(struct mock_queue *queue)
{
	return mock_hw_reset(queue->dev, queue);
}

static enum hrtimer_restart mock_timer_expired(struct hrtimer *hrtimer)
{
	struct mock_timer *timer = container_of(hrtimer, struct mock_timer, timer);
	/* It lives as long as this runs: the queue's release waits for an RCU grace period. */
	struct mock_device *dev = timer->dev;
	struct mock_completion completion;
	unsigned long flags;
	bool found;

	if (!in_hardirq())
		mock_violation(dev, "the hardware's timer is not in hard interrupt context");
	spin_lock_irqsave(&dev->lock, flags);
	/* If it is not due, then it is late for an earlier run. */
	found = timer->job && !ktime_before(ktime_get(), timer->due) &&
		mock_hw_take(timer->job, false, &completion);
	spin_unlock_irqrestore(&dev->lock, flags);
	if (found)
		mock_hw_complete(&completion);
	return HRTIMER_NORESTART;
}

int mock_timer_create(struct mock_job *job)
{
	struct mock_timer *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return -ENOMEM;
	hrtimer_setup(&timer->timer, mock_timer_expired, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	timer->dev = job->dev;
	timer->job = job;
	job->timer = timer;
	return 0;
}

void mock_timer_destroy(struct mock_job *job)
{
	struct mock_timer *timer = job->timer;
	struct mock_device *dev = job->dev;
	unsigned long flags;

	if (!timer)
		return;
	spin_lock_irqsave(&dev->lock, flags);
	timer->job = NULL;
	spin_unlock_irqrestore(&dev->lock, flags);
	/*
	 * To wait for its callback would be to wait for oneself where the callback has brought
	 * us here, and may not be done in interrupt context anyway. It is an RCU reader.
	 */
	if (hrtimer_try_to_cancel(&timer->timer) < 0)
		kfree_rcu(timer, rcu);
	else
		kfree(timer);
}

static void mock_timer_start(struct mock_job *job)
{
	struct mock_timer *timer = job->timer;
	ktime_t due = ktime_add_us(ktime_get(), job->duration_us);
	unsigned long flags;

	spin_lock_irqsave(&job->dev->lock, flags);
	timer->due = due;
	spin_unlock_irqrestore(&job->dev->lock, flags);
	hrtimer_start(&timer->timer, due, HRTIMER_MODE_ABS);
}

struct dma_fence *mock_hw_hand_over(struct mock_job *job, int error)
{
	u32 run = drm_dep_job_run_number(&job->base);
	struct mock_completion earlier = {}, now;
	struct mock_device *dev = job->dev;
	struct dma_fence *fence = NULL, *dropped = NULL;
	bool at_once = job->at_once, forgotten;
	unsigned long flags;

	spin_lock_irqsave(&dev->lock, flags);
	if (!list_empty(&job->hw_link) && !job->lost)
		mock_violation(dev, "job %u runs again while the hardware has it", job->id);
	forgotten = mock_hw_take(job, true, &earlier);
	if (!run || job->run_number == run)
		mock_violation(dev, "job %u has run number %u twice", job->id, run);
	WRITE_ONCE(job->run_number, run);
	if (job->credit_run)
		atomic64_sub(job->credits, &job->queue->credits);
	job->credit_run = 0;
	/* Before the hardware has it: whoever sees it finished sees that it ran. */
	atomic_inc(job->runs > 1 ? &job->queue->reran : &job->queue->ran);
	atomic_inc(job->runs > 1 ? &dev->reran : &dev->ran);
	if (!error) {
		if (job->next_hw_fence && job->runs > 1) {
			dropped = job->hw_fence;
			job->hw_fence = job->next_hw_fence;
			job->next_hw_fence = NULL;
		}
		if (job->by_fence) {
			fence = dma_fence_get(job->hw_fence);
			dma_fence_get(job->hw_fence);
		} else {
			drm_dep_job_get(&job->base);
		}
		job->credit_run = run;
		atomic64_add(job->credits, &job->queue->credits);
		list_add_tail(&job->hw_link, &dev->hw_jobs);
		if (at_once)
			mock_hw_take(job, false, &now);
	}
	spin_unlock_irqrestore(&dev->lock, flags);
	if (forgotten)
		mock_hw_drop(&earlier);
	dma_fence_put(dropped);
	if (error)
		return ERR_PTR(error);
	/*
	 * From here on the next one may run, although this one has not returned: that is
	 * what the next lines test.
	 */
	if (at_once)
		mock_hw_complete(&now);
	else if (job->duration_us)
		mock_timer_start(job);
	return fence;
}

void mock_hw_forget(struct mock_job *job)
{
	struct mock_device *dev = job->dev;
	struct mock_completion completion;
	bool known, expected;
	unsigned long flags;

	spin_lock_irqsave(&dev->lock, flags);
	/*
	 * A job of a killed queue that was lost; or one that ran again with the same fence, which
	 * the completion of the earlier run signalled. Others have a reference.
	 */
	expected = job->by_fence && (job->lost || dma_fence_test_signaled_flag(job->hw_fence));
	known = mock_hw_take(job, true, &completion);
	spin_unlock_irqrestore(&dev->lock, flags);
	if (!known)
		return;
	if (!expected)
		mock_violation(dev, "job %u is released while the hardware has it", job->id);
	if (completion.fence)
		dma_fence_put(completion.fence);
}
