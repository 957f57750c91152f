// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/delay.h>
#include <linux/device/faux.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>

#include "mock_device.h"

static const enum mock_completion mock_completions[] = { MOCK_JOB_DONE, MOCK_HW_FENCE };

static void mock_completion_describe(const enum mock_completion *completion, char *desc)
{
	strscpy(desc, *completion == MOCK_HW_FENCE ? "hw_fence" : "job_done",
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(mock_completions, mock_completions, mock_completion_describe);

const void *mock_completion_gen_params(struct kunit *test, const void *prev, char *desc)
{
	return mock_completions_gen_params(test, prev, desc);
}

static const struct drm_driver mock_driver = {
	.name = "drm_dep_mock",
	.desc = "device of the drm_dep tests",
	.major = 1,
};

static const char *mock_test_name(struct mock_device *dev)
{
	struct kunit *test = READ_ONCE(dev->test);

	return test ? test->name : "too late";
}

void mock_violation(struct mock_device *dev, const char *format, ...)
{
	struct va_format text;
	va_list args;

	va_start(args, format);
	text.fmt = format;
	text.va = &args;
	/* A rule that breaks for each of thousands of jobs is told often enough. */
	if (atomic_inc_return(&dev->violations) <= 10)
		pr_err("drm_dep_kunit: %s: %pV\n", mock_test_name(dev), &text);
	va_end(args);
}

static void mock_log(struct mock_device *dev, enum mock_event_kind kind, u32 queue, u32 job)
{
	unsigned long flags;

	spin_lock_irqsave(&dev->lock, flags);
	if (dev->log_count < MOCK_LOG_SIZE) {
		dev->log[dev->log_count].kind = kind;
		dev->log[dev->log_count].queue = queue;
		dev->log[dev->log_count].job = job;
		dev->log_count++;
	}
	spin_unlock_irqrestore(&dev->lock, flags);
}

int mock_log_find(struct mock_device *dev, enum mock_event_kind kind, u32 queue, u32 job)
{
	bool of_job = kind <= MOCK_JOB_RELEASE;
	int found = -1;
	u32 i;

	spin_lock_irq(&dev->lock);
	for (i = 0; i < dev->log_count && found < 0; i++) {
		const struct mock_event *event = &dev->log[i];

		if (event->kind == kind && event->queue == queue && (!of_job || event->job == job))
			found = i;
	}
	spin_unlock_irq(&dev->lock);
	return found;
}

void mock_device_show(struct mock_device *dev)
{
	pr_info("drm_dep_kunit: %s: %d queues, %d jobs exist; jobs: %d ran, %d finished, %d released; queues: %d fini, %d released\n",
		mock_test_name(dev), atomic_read(&dev->queues), atomic_read(&dev->jobs),
		atomic_read(&dev->ran), atomic_read(&dev->finished),
		atomic_read(&dev->jobs_released), atomic_read(&dev->fini),
		atomic_read(&dev->queues_released));
}

unsigned long mock_patience(struct mock_device *dev)
{
	struct kunit *test = READ_ONCE(dev->test);

	return test && READ_ONCE(test->status) == KUNIT_FAILURE ? HZ / 5 : MOCK_PATIENCE;
}

void mock_settle(void)
{
	msleep(20);
}

/* The hardware */

/*
 * Completes a job that the caller has taken off the hardware's list. The job may be gone
 * when this returns.
 */
static void mock_hw_complete(struct mock_job *job)
{
	struct mock_device *dev = job->dev;
	struct dma_fence *fence = job->hw_fence;
	struct drm_dep_job *base = &job->base;

	/* Before the core gets them back, so that this count is never the higher one. */
	atomic64_sub(job->credits, &job->queue->credits);
	if (job->completion == MOCK_HW_FENCE) {
		mock_fence_signal(fence, job->hw_error);
		dma_fence_put(fence);
		return;
	}
	if (!drm_dep_job_done(base, job->run_number, job->hw_error))
		mock_violation(dev, "the only completion of a job was not accepted");
	drm_dep_job_put(base);
}

/* True if the hardware had the job: then it is the caller's to complete. */
static bool mock_hw_remove(struct mock_job *job)
{
	struct mock_device *dev = job->dev;
	unsigned long flags;
	bool found;

	spin_lock_irqsave(&dev->lock, flags);
	found = !list_empty(&job->hw_link);
	list_del_init(&job->hw_link);
	spin_unlock_irqrestore(&dev->lock, flags);
	return found;
}

static enum hrtimer_restart mock_hw_timer(struct hrtimer *timer)
{
	struct mock_job *job = container_of(timer, struct mock_job, timer);

	if (!in_hardirq())
		mock_violation(job->dev, "the hardware's timer is not in hard interrupt context");
	mock_job_complete(job);
	return HRTIMER_NORESTART;
}

unsigned int mock_device_advance(struct mock_device *dev, unsigned int n)
{
	unsigned int completed;

	for (completed = 0; completed < n; completed++) {
		struct mock_job *job;
		unsigned long flags;

		spin_lock_irqsave(&dev->lock, flags);
		job = list_first_entry_or_null(&dev->hw_jobs, struct mock_job, hw_link);
		if (job)
			list_del_init(&job->hw_link);
		spin_unlock_irqrestore(&dev->lock, flags);
		if (!job)
			break;
		mock_hw_complete(job);
	}
	return completed;
}

bool mock_job_complete(struct mock_job *job)
{
	if (!mock_hw_remove(job))
		return false;
	mock_hw_complete(job);
	return true;
}

bool mock_job_take(struct mock_job *job)
{
	if (!mock_hw_remove(job))
		return false;
	atomic64_sub(job->credits, &job->queue->credits);
	if (job->completion == MOCK_HW_FENCE)
		dma_fence_put(job->hw_fence);
	else
		drm_dep_job_put(&job->base);
	return true;
}

/* The ops of jobs and queues */

static void mock_check_run(struct mock_job *job)
{
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;
	u32 i;

	if (atomic_inc_return(&queue->running) != 1)
		mock_violation(dev, "two run_job of a queue at once");
	if (job->ran)
		mock_violation(dev, "job %u ran twice", job->id);
	WRITE_ONCE(job->ran, true);
	if (job->finished)
		mock_violation(dev, "job %u runs after it has finished", job->id);
	if (job->arm_index < queue->run_next)
		mock_violation(dev, "job %u was armed as number %u, and runs after number %u",
			       job->id, job->arm_index, queue->run_next - 1);
	queue->run_next = job->arm_index + 1;
	if (atomic64_add_return(job->credits, &queue->credits) > queue->credit_limit)
		mock_violation(dev, "job %u runs without credits: %lld of %u in flight with it",
			       job->id, atomic64_read(&queue->credits), queue->credit_limit);
	for (i = 0; i < job->n_deps; i++)
		if (!dma_fence_is_signaled(job->deps[i]))
			mock_violation(dev, "job %u runs before its dependency %llu:%llu",
				       job->id, job->deps[i]->context, job->deps[i]->seqno);
}

static struct dma_fence *mock_run_job(struct drm_dep_job *base)
{
	struct mock_job *job = to_mock_job(base);
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;
	struct dma_fence *fence = NULL;
	bool shutdown, at_once;

	might_sleep();
	mock_check_run(job);
	mock_log(dev, MOCK_RUN, queue->id, job->id);
	if (job->on_run)
		job->on_run(job);

	spin_lock_irq(&dev->lock);
	shutdown = dev->shutdown;
	if (shutdown || job->run_error) {
		fence = ERR_PTR(job->run_error ?: -ESHUTDOWN);
		atomic64_sub(job->credits, &queue->credits);
	} else {
		job->run_number = drm_dep_job_run_number(base);
		if (job->completion == MOCK_HW_FENCE) {
			fence = dma_fence_get(job->hw_fence);
			dma_fence_get(job->hw_fence);
		} else {
			drm_dep_job_get(base);
		}
	}
	/*
	 * From here on the next one may run, although this one has not returned: that is
	 * what the next lines test.
	 */
	at_once = job->at_once && !IS_ERR(fence);
	if (!at_once && !IS_ERR(fence))
		list_add_tail(&job->hw_link, &dev->hw_jobs);
	spin_unlock_irq(&dev->lock);

	if (at_once)
		mock_hw_complete(job);
	else if (!IS_ERR(fence) && job->duration_us)
		hrtimer_start(&job->timer, us_to_ktime(job->duration_us), HRTIMER_MODE_REL);

	atomic_inc(&queue->ran);
	atomic_inc(&dev->ran);
	/* Pairs with mock_job_has_returned(). */
	smp_store_release(&job->returned, true);
	if (atomic_dec_return(&queue->running) != 0)
		mock_violation(dev, "two run_job of a queue at once");
	wake_up_all(&dev->changed);
	return fence;
}

static void mock_job_release(struct drm_dep_job *base)
{
	struct mock_job *job = to_mock_job(base);
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;
	u32 i;

	might_sleep();
	if (job->armed && !job->finished)
		mock_violation(dev, "job %u is released before it has finished", job->id);
	if (!list_empty(&job->owned))
		mock_violation(dev, "job %u is released while the test has a reference", job->id);
	if (!list_empty(&job->hw_link))
		mock_violation(dev, "job %u is released while the hardware has it", job->id);
	if (queue->fini_calls)
		mock_violation(dev, "job %u is released after its queue's fini", job->id);
	mock_log(dev, MOCK_JOB_RELEASE, queue->id, job->id);
	if (job->on_release)
		job->on_release(job);

	/* It may be this timer whose completion brought us here, and it may still be running. */
	hrtimer_cancel(&job->timer);
	for (i = 0; i < job->n_deps; i++)
		dma_fence_put(job->deps[i]);
	kfree(job->deps);
	dma_fence_put(job->hw_fence);
	kfree(job);
	atomic_dec(&queue->jobs);
	atomic_inc(&dev->jobs_released);
	atomic_dec(&dev->jobs);
	wake_up_all(&dev->changed);
}

static void mock_queue_fini(struct drm_dep_queue *base)
{
	struct mock_queue *queue = to_mock_queue(base);

	might_sleep();
	if (queue->fini_calls++)
		mock_violation(queue->dev, "second fini of queue %u", queue->id);
	if (atomic_read(&queue->jobs))
		mock_violation(queue->dev, "fini of queue %u while it has jobs", queue->id);
	mock_log(queue->dev, MOCK_QUEUE_FINI, queue->id, 0);
	if (queue->on_fini)
		queue->on_fini(queue);
	atomic_inc(&queue->dev->fini);
	wake_up_all(&queue->dev->changed);
}

static void mock_queue_release(struct drm_dep_queue *base)
{
	struct mock_queue *queue = to_mock_queue(base);
	struct mock_device *dev = queue->dev;

	might_sleep();
	if (queue->has_fini && queue->fini_calls != 1)
		mock_violation(dev, "release of queue %u without fini", queue->id);
	if (atomic_read(&queue->jobs))
		mock_violation(dev, "release of queue %u while it has jobs", queue->id);
	if (!list_empty(&queue->owned))
		mock_violation(dev, "queue %u is released while the test has a reference",
			       queue->id);
	mock_log(dev, MOCK_QUEUE_RELEASE, queue->id, 0);
	if (queue->on_release)
		queue->on_release(queue);
	kfree(queue);
	atomic_inc(&dev->queues_released);
	atomic_dec(&dev->queues);
	wake_up_all(&dev->changed);
}

static const struct drm_dep_job_ops mock_job_ops = {
	.release = mock_job_release,
};

static const struct drm_dep_queue_ops mock_queue_ops = {
	.owner = THIS_MODULE,
	.run_job = mock_run_job,
	.fini = mock_queue_fini,
	.release = mock_queue_release,
};

static const struct drm_dep_queue_ops mock_queue_ops_without_fini = {
	.owner = THIS_MODULE,
	.run_job = mock_run_job,
	.release = mock_queue_release,
};

/* Queues */

struct mock_queue *mock_queue_alloc(struct mock_device *dev, u32 credit_limit,
				    struct drm_dep_queue_init_args *args)
{
	struct mock_queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL);
	unsigned long flags;

	if (!queue)
		return NULL;
	/* The core must not expect anything of the memory. */
	memset(&queue->base, 0xa5, sizeof(queue->base));
	queue->dev = dev;
	spin_lock_irqsave(&dev->lock, flags);
	queue->id = dev->next_queue++;
	spin_unlock_irqrestore(&dev->lock, flags);
	snprintf(queue->name, sizeof(queue->name), "mock-%u", queue->id);
	queue->credit_limit = credit_limit;
	queue->has_fini = true;
	INIT_LIST_HEAD(&queue->owned);
	*args = (struct drm_dep_queue_init_args) {
		.ops = &mock_queue_ops,
		.drm = &dev->drm,
		.driver_name = "drm_dep_mock",
		.name = queue->name,
		.credit_limit = credit_limit,
	};
	return queue;
}

struct mock_queue *mock_queue_new(struct mock_device *dev, u32 credit_limit, u32 nest_level,
				  bool has_fini)
{
	struct drm_dep_queue_init_args args;
	struct mock_queue *queue = mock_queue_alloc(dev, credit_limit, &args);
	int ret;

	if (!queue) {
		mock_violation(dev, "no memory for a queue");
		return NULL;
	}
	args.nest_level = nest_level;
	if (!has_fini)
		args.ops = &mock_queue_ops_without_fini;
	queue->has_fini = has_fini;
	ret = drm_dep_queue_init(&queue->base, &args);
	if (ret) {
		mock_violation(dev, "drm_dep_queue_init: %d", ret);
		kfree(queue);
		return NULL;
	}
	atomic_inc(&dev->queues);
	spin_lock_irq(&dev->lock);
	list_add_tail(&queue->owned, &dev->owned_queues);
	spin_unlock_irq(&dev->lock);
	return queue;
}

struct mock_queue *mock_queue_create_nested(struct kunit *test, u32 credit_limit, u32 nest_level)
{
	struct mock_queue *queue = mock_queue_new(test->priv, credit_limit, nest_level, true);

	KUNIT_ASSERT_NOT_NULL(test, queue);
	return queue;
}

struct mock_queue *mock_queue_create(struct kunit *test, u32 credit_limit)
{
	return mock_queue_create_nested(test, credit_limit, 0);
}

/* The test's own reference goes; false if it has gone before. */
static bool mock_disown(struct mock_device *dev, struct list_head *owned)
{
	unsigned long flags;
	bool mine;

	spin_lock_irqsave(&dev->lock, flags);
	mine = !list_empty(owned);
	list_del_init(owned);
	spin_unlock_irqrestore(&dev->lock, flags);
	return mine;
}

void mock_queue_put(struct mock_queue *queue)
{
	struct mock_device *dev = queue->dev;

	if (!mock_disown(dev, &queue->owned)) {
		mock_violation(dev, "a test puts its queue twice");
		return;
	}
	drm_dep_queue_put(&queue->base);
}

/* Jobs */

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
	job->completion = dev->completion;
	hrtimer_setup(&job->timer, mock_hw_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	INIT_LIST_HEAD(&job->hw_link);
	INIT_LIST_HEAD(&job->owned);
	*args = (struct drm_dep_job_init_args) {
		.queue = &queue->base,
		.ops = &mock_job_ops,
		.credits = credits,
	};
	return job;
}

struct mock_job *mock_job_new(struct mock_queue *queue, u32 credits)
{
	struct mock_device *dev = queue->dev;
	struct drm_dep_job_init_args args;
	struct mock_job *job = mock_job_alloc(queue, credits, &args);
	int ret;

	if (job && job->completion == MOCK_HW_FENCE) {
		job->hw_fence = mock_fence_alloc(dma_fence_context_alloc(1), 1);
		if (!job->hw_fence) {
			kfree(job);
			job = NULL;
		}
	}
	if (!job) {
		mock_violation(dev, "no memory for a job");
		return NULL;
	}
	ret = drm_dep_job_init(&job->base, &args);
	if (ret) {
		mock_violation(dev, "drm_dep_job_init: %d", ret);
		dma_fence_put(job->hw_fence);
		kfree(job);
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

	if (!mock_disown(dev, &job->owned)) {
		mock_violation(dev, "a test puts its job twice");
		return;
	}
	drm_dep_job_put(&job->base);
}

int mock_job_depend(struct mock_job *job, struct dma_fence *fence)
{
	struct dma_fence **deps;

	/* The queue's own need not have signalled: jobs run in order, but more than one at once. */
	if (job->dev->hold_dependencies && fence->context != job->queue->context) {
		deps = krealloc_array(job->deps, job->n_deps + 1, sizeof(*deps), GFP_KERNEL);
		if (!deps)
			return -ENOMEM;
		deps[job->n_deps++] = dma_fence_get(fence);
		job->deps = deps;
	}
	return drm_dep_job_add_dependency(&job->base, dma_fence_get(fence));
}

static void mock_job_finished(struct dma_fence *fence, struct dma_fence_cb *cb)
{
	struct mock_job *job = container_of(cb, struct mock_job, finished_cb);
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;
	u32 index = atomic_fetch_inc(&queue->finished);

	if (job->finished)
		mock_violation(dev, "job %u finished twice", job->id);
	if (job->arm_index != index)
		mock_violation(dev, "job %u was armed as number %u, and finished as number %u",
			       job->id, job->arm_index, index);
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
	long left = dma_fence_wait_timeout(fence, false, mock_patience(dev));

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

/* The device */

struct mock_flush {
	struct drm_device *drm;
	struct completion done;
};

static int mock_flush_thread(void *arg)
{
	struct mock_flush *flush = arg;

	drm_dep_flush(flush->drm);
	complete(&flush->done);
	return 0;
}

static bool mock_flush(struct mock_device *dev)
{
	struct mock_flush *flush = kzalloc(sizeof(*flush), GFP_KERNEL);
	struct task_struct *task;

	if (!flush)
		return false;
	flush->drm = &dev->drm;
	init_completion(&flush->done);
	task = kthread_create(mock_flush_thread, flush, "mock/flush");
	if (IS_ERR(task)) {
		kfree(flush);
		return false;
	}
	get_task_struct(task);
	wake_up_process(task);
	if (!wait_for_completion_timeout(&flush->done, mock_patience(dev)))
		return false;
	kthread_stop_put(task);
	kfree(flush);
	return true;
}

void mock_device_flush(struct kunit *test, struct mock_device *dev)
{
	if (mock_flush(dev))
		return;
	mock_device_show(dev);
	KUNIT_FAIL_AND_ABORT(test, "drm_dep_flush() does not return");
}

int mock_device_init(struct kunit *test)
{
	static atomic_t instances = ATOMIC_INIT(0);
	const enum mock_completion *completion = test->param_value;
	struct faux_device *faux;
	struct mock_device *dev;
	char name[32];

	snprintf(name, sizeof(name), "drm_dep_mock.%d", atomic_inc_return(&instances));
	faux = faux_device_create(name, NULL, NULL);
	if (!faux)
		return -ENODEV;
	dev = devm_drm_dev_alloc(&faux->dev, &mock_driver, struct mock_device, drm);
	if (IS_ERR(dev)) {
		faux_device_destroy(faux);
		return PTR_ERR(dev);
	}
	dev->faux = faux;
	dev->test = test;
	/* Some tests have other parameters. */
	if (completion >= mock_completions &&
	    completion < mock_completions + ARRAY_SIZE(mock_completions))
		dev->completion = *completion;
	dev->hold_dependencies = true;
	init_waitqueue_head(&dev->changed);
	spin_lock_init(&dev->lock);
	INIT_LIST_HEAD(&dev->hw_jobs);
	INIT_LIST_HEAD(&dev->owned_jobs);
	INIT_LIST_HEAD(&dev->owned_queues);
	INIT_LIST_HEAD(&dev->fences);
	test->priv = dev;
	return 0;
}

static bool mock_device_is_idle(struct mock_device *dev)
{
	return !atomic_read(&dev->jobs) && !atomic_read(&dev->queues);
}

void mock_device_exit(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue;
	struct mock_job *job;

	if (!dev)
		return;
	spin_lock_irq(&dev->lock);
	dev->shutdown = true;
	spin_unlock_irq(&dev->lock);
	while ((job = list_first_entry_or_null(&dev->owned_jobs, struct mock_job, owned)))
		mock_job_put(job);
	while ((queue = list_first_entry_or_null(&dev->owned_queues, struct mock_queue, owned)))
		mock_queue_put(queue);
	mock_fences_signal(dev);
	mock_device_advance(dev, UINT_MAX);
	test->priv = NULL;
	if (!mock_soon(dev, mock_device_is_idle(dev))) {
		mock_device_show(dev);
		KUNIT_FAIL(test, "not all jobs and queues were released");
		WRITE_ONCE(dev->test, NULL);
		return;
	}
	if (!mock_flush(dev)) {
		KUNIT_FAIL(test, "drm_dep_flush() does not return");
		WRITE_ONCE(dev->test, NULL);
		return;
	}

	mock_fences_drop(dev, test->status == KUNIT_SUCCESS);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->violations), 0);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), 1);
	faux_device_destroy(dev->faux);
}

void mock_device_unplug(struct kunit *test, struct mock_device *dev)
{
	mock_fences_drop(dev, true);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->violations), 0);
	test->priv = NULL;
	faux_device_destroy(dev->faux);
}

MODULE_DESCRIPTION("KUnit tests of drm_dep");
MODULE_LICENSE("Dual MIT/GPL");
