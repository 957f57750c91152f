// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "mock_internal.h"

/*
 * The ops of jobs and queues, and the rules that they check.
 */

static void mock_check_may_sleep(struct mock_device *dev, const char *op)
{
	might_sleep();
	/* The same again, to name the test. */
	if (IS_ENABLED(CONFIG_PREEMPT_COUNT) && !preemptible())
		mock_violation(dev, "%s where it may not sleep", op);
}

static void mock_check_cleanup(struct mock_device *dev, const char *op)
{
	mock_check_may_sleep(dev, op);
	if (!(current->flags & PF_WQ_WORKER))
		mock_violation(dev, "%s is not in a worker", op);
}

/* @job: the job of a prepare_job or run_job, which push or resubmit may call, too; or NULL. */
static void mock_run_side_begin(struct mock_queue *queue, const char *op, struct mock_job *job)
{
	struct mock_device *dev = queue->dev;
	bool resubmit = READ_ONCE(queue->resubmitter) == current;
	bool bypass = job && queue->flags & DRM_DEP_QUEUE_BYPASS &&
		      READ_ONCE(job->pusher) == current;

	if (atomic_inc_return(&queue->inside) != 1)
		mock_violation(dev, "%s during another op of queue %u", op, queue->id);
	if (!job || !(queue->flags & DRM_DEP_QUEUE_RUN_ATOMIC))
		mock_check_may_sleep(dev, op);
	if (!bypass && !resubmit && !current_is_workqueue_mem_reclaim())
		mock_violation(dev, "%s is neither in a worker that reclaim can wait for, nor in the push of its job",
			       op);
	if (atomic_read(&queue->stops) && !resubmit && !READ_ONCE(queue->stop_is_void))
		mock_violation(dev, "%s of queue %u, which is stopped", op, queue->id);
	if (queue->fini_calls)
		mock_violation(dev, "%s after fini of queue %u", op, queue->id);
	if (!job)
		return;
	if (READ_ONCE(dev->quiesced))
		mock_violation(dev, "%s on a quiesced device", op);
	if (atomic_read(&queue->killed))
		mock_violation(dev, "%s after killed of queue %u", op, queue->id);
	/* One may have been about to begin. */
	if (READ_ONCE(queue->kill_told) && atomic_inc_return(&queue->begun_after_kill) > 1)
		mock_violation(dev, "%s of queue %u, which was killed long ago", op, queue->id);
}

static void mock_run_side_end(struct mock_queue *queue, const char *op)
{
	queue->op_end = ktime_get();
	if (atomic_dec_return(&queue->inside) != 0)
		mock_violation(queue->dev, "%s during another op of queue %u", op, queue->id);
	wake_up_all(&queue->dev->changed);
}

/* What prepare_job and the first run_job of a job have to wait for. */
static void mock_check_head(struct mock_job *job, const char *op)
{
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;
	u32 i;

	if (job->ran)
		mock_violation(dev, "%s of job %u, which ran", op, job->id);
	if (job->finished)
		mock_violation(dev, "%s of job %u, which has finished", op, job->id);
	if (job->arm_index < queue->run_next)
		mock_violation(dev, "job %u was armed as number %u, and %s comes after number %u",
			       job->id, job->arm_index, op, queue->run_next - 1);
	for (i = 0; i < job->n_deps; i++)
		if (!dma_fence_is_signaled(job->deps[i]))
			mock_violation(dev, "%s of job %u before its dependency %llu:%llu", op,
				       job->id, job->deps[i]->context, job->deps[i]->seqno);
	for (i = 0; i < min(job->prepare_calls, job->n_prepare); i++)
		if (!dma_fence_is_signaled(job->prepare_fences[i]))
			mock_violation(dev, "%s of job %u before a fence of prepare_job", op,
				       job->id);
	if (atomic_read(&queue->messages) < job->messages_before)
		mock_violation(dev, "%s of job %u overtakes a message", op, job->id);
}

static struct dma_fence *mock_prepare_job(struct drm_dep_job *base)
{
	struct mock_job *job = to_mock_job(base);
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;
	struct dma_fence *fence = NULL;
	u32 call;

	mock_run_side_begin(queue, "prepare_job", job);
	mock_check_head(job, "prepare_job");
	if (job->prepared)
		mock_violation(dev, "prepare_job of job %u after it returned NULL", job->id);
	mock_log(dev, MOCK_PREPARE, queue->id, job->id);
	call = job->prepare_calls++;
	if (job->on_prepare)
		fence = job->on_prepare(job);
	else if (call < job->n_prepare)
		fence = dma_fence_get(job->prepare_fences[call]);
	else if (job->prepare_error)
		fence = ERR_PTR(job->prepare_error);
	job->prepared = !fence;
	atomic_inc(&queue->prepared);
	atomic_inc(&dev->prepared);
	mock_run_side_end(queue, "prepare_job");
	return fence;
}

static void mock_check_first_run(struct mock_job *job)
{
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;
	u64 credits = job->credits;
	u32 limit;

	mock_check_head(job, "run_job");
	if (queue->ops.prepare_job && !job->prepared)
		mock_violation(dev, "job %u runs although prepare_job did not say so", job->id);
	WRITE_ONCE(job->ran, true);
	wake_up_all(&dev->changed);
	queue->run_next = job->arm_index + 1;

	credits += atomic64_read(&queue->credits);
	/* After the limit was lowered, one may have been about to run. */
	limit = max(READ_ONCE(queue->credit_limit), xchg(&queue->old_credit_limit, 0));
	if (credits > limit && credits > job->credits)
		mock_violation(dev, "job %u runs without credits: %llu of %u in flight with it",
			       job->id, credits, limit);
}

static void mock_check_rerun(struct mock_job *job)
{
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;

	if (READ_ONCE(queue->resubmitter) != current)
		mock_violation(dev, "job %u ran twice", job->id);
	if (READ_ONCE(job->finished))
		mock_violation(dev, "job %u runs again after it has finished", job->id);
	if (job->arm_index < queue->resubmit_next)
		mock_violation(dev, "job %u runs again out of order", job->id);
	queue->resubmit_next = job->arm_index + 1;
}

static struct dma_fence *mock_run_job(struct drm_dep_job *base)
{
	struct mock_job *job = to_mock_job(base);
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;
	bool first = !job->ran;
	struct dma_fence *fence;
	int error;

	mock_run_side_begin(queue, "run_job", job);
	if (first)
		mock_check_first_run(job);
	else
		mock_check_rerun(job);
	/*
	 * The core looked at the time before it called this, and after the op before. This thread
	 * may have been kept from running since, so the time now says nothing.
	 */
	if (ktime_after(queue->op_end, READ_ONCE(job->clock_from)))
		WRITE_ONCE(job->clock_from, queue->op_end);
	WRITE_ONCE(job->returned, false);
	job->runs++;
	mock_log(dev, first ? MOCK_RUN : MOCK_RERUN, queue->id, job->id);
	if (job->on_run)
		job->on_run(job);
	error = job->run_error;
	if (!error && READ_ONCE(dev->shutdown))
		error = -ESHUTDOWN;
	fence = mock_hw_hand_over(job, error);

	/* Pairs with mock_job_has_returned(). */
	smp_store_release(&job->returned, true);
	mock_run_side_end(queue, "run_job");
	return fence;
}

static int mock_timedout_job(struct drm_dep_job *base)
{
	struct mock_job *job = to_mock_job(base);
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;
	s64 ran_for = ktime_us_delta(ktime_get(), READ_ONCE(job->clock_from));
	int verdict = queue->timeout_verdict;

	mock_check_may_sleep(dev, "timedout_job");
	if (!current_is_workqueue_mem_reclaim())
		mock_violation(dev, "timedout_job is not in a worker that reclaim can wait for");
	if (atomic_inc_return(&queue->timing) != 1)
		mock_violation(dev, "two timedout_job of queue %u at once", queue->id);
	if (READ_ONCE(dev->quiesced))
		mock_violation(dev, "timedout_job on a quiesced device");
	if (queue->fini_calls)
		mock_violation(dev, "timedout_job after fini of queue %u", queue->id);
	/* It may come between the core's note that a job is handed over and run_job. */
	if (!mock_soon(dev, READ_ONCE(job->ran)))
		mock_violation(dev, "timedout_job of job %u, which did not run", job->id);
	/* Both clocks may be a tick apart. */
	if (!READ_ONCE(queue->triggered) && (!queue->has_timeout ||
	    ran_for + jiffies_to_usecs(1) < 1000ll * READ_ONCE(queue->timeout_floor_ms)))
		mock_violation(dev, "job %u timed out after %lld us", job->id, ran_for);
	mock_log(dev, MOCK_TIMEDOUT, queue->id, job->id);
	job->timeouts++;
	WRITE_ONCE(queue->timedout_job, job->id);
	if (queue->on_timedout && !READ_ONCE(dev->shutdown))
		verdict = queue->on_timedout(job);
	else if (verdict == DRM_DEP_TIMEOUT_HANDLED || READ_ONCE(dev->shutdown))
		mock_job_fail(job, -ETIME);
	/* If it goes on, then its clock starts anew. */
	WRITE_ONCE(job->clock_from, ktime_get());
	atomic_inc(&queue->timedout);
	atomic_inc(&dev->timedout);
	if (atomic_dec_return(&queue->timing) != 0)
		mock_violation(dev, "two timedout_job of queue %u at once", queue->id);
	wake_up_all(&dev->changed);
	return verdict;
}

static void mock_process_message(struct drm_dep_queue *base, struct drm_dep_message *message_base)
{
	struct mock_message *message = to_mock_message(message_base);
	struct mock_queue *queue = to_mock_queue(base);
	struct mock_device *dev = queue->dev;

	mock_run_side_begin(queue, "process_message", NULL);
	if (message->queue != queue)
		mock_violation(dev, "message %u came to another queue", message->id);
	mock_log(dev, MOCK_MESSAGE, queue->id, message->id);
	atomic_inc(&message->processed);
	/* The message may be gone when this returns. */
	if (message->on_process)
		message->on_process(message);
	atomic_inc(&queue->messages);
	atomic_inc(&dev->messages);
	mock_run_side_end(queue, "process_message");
}

static void mock_killed(struct drm_dep_queue *base)
{
	struct mock_queue *queue = to_mock_queue(base);
	struct mock_device *dev = queue->dev;

	mock_run_side_begin(queue, "killed", NULL);
	if (!drm_dep_queue_is_killed(base))
		mock_violation(dev, "killed of queue %u, which was not killed", queue->id);
	mock_log(dev, MOCK_KILLED, queue->id, 0);
	if (queue->on_killed)
		queue->on_killed(queue);
	if (atomic_inc_return(&queue->killed) != 1)
		mock_violation(dev, "second killed of queue %u", queue->id);
	atomic_inc(&dev->killed);
	mock_run_side_end(queue, "killed");
}

static void mock_set_deadline(struct drm_dep_job *base, ktime_t deadline)
{
	struct mock_job *job = to_mock_job(base);
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;

	if (job->by_fence)
		mock_violation(dev, "set_deadline of job %u, which has a hardware fence", job->id);
	if (!READ_ONCE(job->ran))
		mock_violation(dev, "set_deadline of job %u, which did not run", job->id);
	mock_log(dev, MOCK_DEADLINE, queue->id, job->id);
	WRITE_ONCE(job->deadline, deadline);
	if (job->on_deadline)
		job->on_deadline(job);
	WRITE_ONCE(job->deadline_calls, job->deadline_calls + 1);
	atomic_inc(&queue->deadlines);
	atomic_inc(&dev->deadlines);
	wake_up_all(&dev->changed);
}

static void mock_job_release(struct drm_dep_job *base)
{
	struct mock_job *job = to_mock_job(base);
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;

	if (!(queue->flags & DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE))
		mock_check_cleanup(dev, "release of a job");
	if (job->armed && !job->finished)
		mock_violation(dev, "job %u is released before it has finished", job->id);
	if (!list_empty(&job->owned))
		mock_violation(dev, "job %u is released while the test has a reference", job->id);
	if (queue->fini_calls)
		mock_violation(dev, "job %u is released after its queue's fini", job->id);
	mock_hw_forget(job);
	mock_log(dev, MOCK_JOB_RELEASE, queue->id, job->id);
	if (job->on_release)
		job->on_release(job);
	mock_job_free(job);
	atomic_dec(&queue->jobs);
	atomic_inc(&dev->jobs_released);
	atomic_dec(&dev->jobs);
	wake_up_all(&dev->changed);
}

static int mock_queue_fini(struct drm_dep_queue *base)
{
	struct mock_queue *queue = to_mock_queue(base), *pending;
	struct mock_device *dev = queue->dev;
	int ret = 0;

	mock_check_cleanup(dev, "fini");
	if (queue->fini_calls++)
		mock_violation(dev, "second fini of queue %u", queue->id);
	if (atomic_read(&queue->jobs))
		mock_violation(dev, "fini of queue %u while it has jobs", queue->id);
	mock_log(dev, MOCK_QUEUE_FINI, queue->id, 0);
	if (queue->on_fini) {
		spin_lock_irq(&dev->lock);
		queue->fini_open = true;
		list_add_tail(&queue->fini_link, &dev->pending_finis);
		spin_unlock_irq(&dev->lock);
		/* It may call mock_queue_fini_done(), or have it called, right away. */
		ret = queue->on_fini(queue);
		/* So the queue may be gone, if it is not on the list any more. */
		spin_lock_irq(&dev->lock);
		list_for_each_entry(pending, &dev->pending_finis, fini_link) {
			if (pending != queue)
				continue;
			queue->fini_returned = true;
			if (ret != -EINPROGRESS) {
				queue->fini_open = false;
				list_del_init(&queue->fini_link);
			}
			break;
		}
		spin_unlock_irq(&dev->lock);
	}
	atomic_inc(&dev->fini);
	wake_up_all(&dev->changed);
	return ret;
}

static void mock_queue_release(struct drm_dep_queue *base)
{
	struct mock_queue *queue = to_mock_queue(base);
	struct mock_device *dev = queue->dev;

	mock_check_cleanup(dev, "release of a queue");
	if (queue->ops.fini && queue->fini_calls != 1)
		mock_violation(dev, "release of queue %u without fini", queue->id);
	if (queue->fini_open)
		mock_violation(dev, "release of queue %u while fini is pending", queue->id);
	if (atomic_read(&queue->jobs))
		mock_violation(dev, "release of queue %u while it has jobs", queue->id);
	if (!list_empty(&queue->owned))
		mock_violation(dev, "queue %u is released while the test has a reference",
			       queue->id);
	if (atomic_read(&queue->inside) || atomic_read(&queue->timing))
		mock_violation(dev, "queue %u is released during an op", queue->id);
	if (atomic_read(&queue->messages) != atomic_read(&queue->sent))
		mock_violation(dev, "of queue %u %d messages were sent, and %d processed",
			       queue->id, atomic_read(&queue->sent),
			       atomic_read(&queue->messages));
	if (queue->ops.killed && queue->kill_told && !atomic_read(&queue->killed))
		mock_violation(dev, "queue %u was killed without killed", queue->id);
	mock_log(dev, MOCK_QUEUE_RELEASE, queue->id, 0);
	if (queue->on_release)
		queue->on_release(queue);
	kfree(queue);
	atomic_inc(&dev->queues_released);
	atomic_dec(&dev->queues);
	wake_up_all(&dev->changed);
}

const struct drm_dep_job_ops mock_job_ops = {
	.release = mock_job_release,
};

void mock_queue_ops_init(struct drm_dep_queue_ops *ops, const struct mock_queue_options *options)
{
	*ops = (struct drm_dep_queue_ops) {
		.owner = THIS_MODULE,
		.prepare_job = options->prepare ? mock_prepare_job : NULL,
		.run_job = mock_run_job,
		.timedout_job = options->no_timedout ? NULL : mock_timedout_job,
		.process_message = options->no_message ? NULL : mock_process_message,
		.killed = options->no_killed ? NULL : mock_killed,
		.set_deadline = options->no_deadline ? NULL : mock_set_deadline,
		.fini = options->no_fini ? NULL : mock_queue_fini,
		.release = mock_queue_release,
	};
}
