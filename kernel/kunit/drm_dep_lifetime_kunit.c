// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/module.h>
#include <linux/rcupdate.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <kunit/resource.h>

#include "mock_device.h"

static void expect_all_gone(struct kunit *test, struct mock_device *dev, int n_queues, int n_jobs)
{
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == n_queues);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), n_jobs);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), n_queues);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs), 0);
}

static void put_queue(void *arg)
{
	mock_queue_put(arg);
}

static void put_without_jobs(struct kunit *test)
{
	struct mock_device *dev = test->priv;

	mock_queue_put(mock_queue_create(test, 1));
	expect_all_gone(test, dev, 1, 0);
	mock_irq_call(test, put_queue, mock_queue_create(test, 1));
	expect_all_gone(test, dev, 2, 0);
}

/* Putting cancels nothing: all jobs run, and only then the queue goes. */
static void pending_jobs_run_on(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct dma_fence *dependency = mock_fence_create(test);
	struct dma_fence *fence;
	struct mock_job *job;
	int i;

	for (i = 0; i < 10; i++) {
		job = mock_job_create(test, queue, 1);
		if (i == 5)
			KUNIT_ASSERT_EQ(test, mock_job_depend(job, dependency), 0);
		mock_job_submit(job);
		if (i < 9)
			mock_job_put(job);
	}
	fence = mock_job_fence(job);
	mock_job_put(job);
	mock_queue_put(queue);
	for (i = 0; i < 10; i++) {
		if (i == 5) {
			mock_settle();
			KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 5);
			mock_fence_signal(dependency, 0);
		}
		KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), 0);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) > i);
		KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	}
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, fence), 1);
	expect_all_gone(test, dev, 1, 10);
	dma_fence_put(fence);
}

static void put_private_queue(struct mock_job *job)
{
	mock_queue_put(job->private);
}

/* The last user goes in a job's own run_job, in the callback of its fence, or in its release. */
enum put_place { PUT_IN_RUN, PUT_IN_CALLBACK, PUT_IN_RELEASE };

static void put_in_place(struct kunit *test, enum put_place place, bool own_queue)
{
	struct mock_device *dev = test->priv;
	int i;

	for (i = 0; i < 3; i++) {
		struct mock_queue *queue = mock_queue_create(test, 1);
		struct mock_queue *other = own_queue ? queue : mock_queue_create(test, 1);
		struct mock_job *job = mock_job_create(test, queue, 1);

		job->private = other;
		job->at_once = i % 3 == 0;
		job->duration_us = i % 3 == 1 ? 100 : 0;
		if (place == PUT_IN_RUN)
			job->on_run = put_private_queue;
		else if (place == PUT_IN_CALLBACK)
			job->on_finished = put_private_queue;
		else
			job->on_release = put_private_queue;
		mock_job_submit(job);
		mock_job_put(job);
		if (!own_queue)
			mock_queue_put(queue);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == i + 1);
		mock_device_advance(dev, 1);
		expect_all_gone(test, dev, (i + 1) * (own_queue ? 1 : 2), i + 1);
	}
}

static void put_in_run_job(struct kunit *test)
{
	put_in_place(test, PUT_IN_RUN, true);
}

static void put_in_callback(struct kunit *test)
{
	put_in_place(test, PUT_IN_CALLBACK, true);
}

static void put_in_job_release(struct kunit *test)
{
	put_in_place(test, PUT_IN_RELEASE, true);
}

static void put_other_in_job_release(struct kunit *test)
{
	put_in_place(test, PUT_IN_RELEASE, false);
}

static void put_private_of_queue(struct mock_queue *queue)
{
	if (queue->private)
		mock_queue_put(queue->private);
}

static int put_private_in_fini(struct mock_queue *queue)
{
	put_private_of_queue(queue);
	return 0;
}

/*
 * Queues that keep each other, as those of a device that has one of its own: each goes in
 * an op of the one before.
 */
static void put_in_queue_ops(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *first = NULL;
	int i;

	for (i = 0; i < 20; i++) {
		struct mock_queue *queue = mock_queue_create(test, 1);

		queue->private = first;
		if (i % 2)
			queue->on_fini = put_private_in_fini;
		else
			queue->on_release = put_private_of_queue;
		first = queue;
	}
	mock_queue_put(first);
	expect_all_gone(test, dev, 20, 0);
}

static void put_from_irq(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);

	job->duration_us = 100;
	mock_job_submit(job);
	mock_job_put(job);
	mock_irq_call(test, put_queue, queue);
	expect_all_gone(test, dev, 1, 1);
}

/* A job keeps its queue from init to the end of its release. */
static void job_keeps_queue(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *initialised = mock_job_create(test, queue, 1);
	struct mock_job *armed = mock_job_create(test, queue, 1);
	struct mock_job *retired = mock_job_create(test, queue, 1);

	retired->at_once = true;
	mock_job_submit(retired);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, retired), 1);
	mock_job_arm(armed);
	mock_queue_put(queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), 0);
	mock_job_put(initialised);
	mock_job_put(retired);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->jobs_released) == 2);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), 0);
	mock_job_put(armed);
	expect_all_gone(test, dev, 1, 3);
}

/* A queue whose users have gone still takes the jobs that were made before. */
static void push_after_last_put(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *jobs[3];
	int i;

	for (i = 0; i < 3; i++)
		jobs[i] = mock_job_create(test, queue, 1);
	mock_queue_put(queue);
	for (i = 0; i < 3; i++) {
		jobs[i]->at_once = true;
		mock_job_submit(jobs[i]);
	}
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[2]), 1);
	for (i = 0; i < 3; i++)
		mock_job_put(jobs[i]);
	expect_all_gone(test, dev, 1, 3);
}

/* release of all jobs, then fini, then release; each once. */
static void teardown_is_in_order(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	int i, fini, release;

	for (i = 0; i < 10; i++) {
		struct mock_job *job = mock_job_create(test, queue, 1);

		job->duration_us = 10;
		mock_job_submit(job);
		mock_job_put(job);
	}
	mock_queue_put(queue);
	expect_all_gone(test, dev, 1, 10);
	fini = mock_log_find(dev, MOCK_QUEUE_FINI, 0, 0);
	release = mock_log_find(dev, MOCK_QUEUE_RELEASE, 0, 0);
	for (i = 0; i < 10; i++) {
		int job_release = mock_log_find(dev, MOCK_JOB_RELEASE, 0, i);

		KUNIT_EXPECT_GE(test, job_release, 0);
		KUNIT_EXPECT_LT(test, job_release, fini);
	}
	KUNIT_EXPECT_LT(test, fini, release);
}

/* All that was put before the flush has gone after it, with all that it held. */
static void flush_waits(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	unsigned int references = kref_read(&dev->drm.ref);
	struct mock_queue *user = mock_queue_create(test, 1);
	int i, round;

	for (round = 1; round <= 2; round++) {
		for (i = 0; i < 10; i++) {
			struct mock_queue *queue = mock_queue_create(test, 1);
			struct mock_job *job = mock_job_create(test, queue, 1);

			job->duration_us = 1 + i * 200;
			mock_job_submit(job);
			mock_job_put(job);
			mock_queue_put(queue);
		}
		mock_device_flush(test, dev);
		KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), round * 10);
		KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), round * 10);
		KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), round * 10);
		/* One for the queue that has a user, which is not waited for. */
		KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), references + 1);
	}
	mock_queue_put(user);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), references);
}

static void flush_without_queues(struct kunit *test)
{
	struct mock_device *dev = test->priv;

	mock_device_flush(test, dev);
	mock_device_flush(test, dev);
	mock_queue_create(test, 1);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), 0);
}

static void flush_device(struct mock_thread *thread)
{
	struct mock_device *dev = thread->arg;

	drm_dep_flush(&dev->drm);
	if (atomic_read(&dev->queues_released) != 1)
		mock_violation(dev, "flush returned before the release of a queue");
}

/* What the jobs of such a queue depend on is waited for; and several may flush at once. */
static void flush_waits_for_dependency(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);
	struct mock_thread threads[3] = {};
	int i;

	KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
	job->duration_us = 100;
	mock_job_submit(job);
	mock_job_put(job);
	mock_queue_put(queue);
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i].function = flush_device;
		threads[i].arg = dev;
	}
	mock_threads_start(test, threads, ARRAY_SIZE(threads));
	mock_threads_asleep(test, threads, ARRAY_SIZE(threads));
	mock_settle();
	KUNIT_EXPECT_FALSE(test, completion_done(&threads[0].done));
	mock_fence_signal(fence, 0);
	mock_threads_join(test, threads, ARRAY_SIZE(threads));
}

/* Of another device nothing is waited for. */
static void flush_is_per_device(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_submit_one(test, queue);
	struct mock_device *other;

	mock_queue_put(queue);
	KUNIT_ASSERT_EQ(test, mock_device_init(test), 0);
	other = test->priv;
	mock_queue_put(mock_queue_create(test, 1));
	mock_device_flush(test, other);
	KUNIT_EXPECT_EQ(test, atomic_read(&other->queues_released), 1);
	mock_device_exit(test);
	test->priv = dev;
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == 1);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* A queue keeps the device until it is gone, also when the device's parent has gone before. */
static void queue_keeps_device(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	unsigned int references = kref_read(&dev->drm.ref);
	struct mock_queue *queue = mock_queue_create(test, 1);

	KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), references + 1);
	mock_job_put(mock_job_create(test, queue, 1));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), references + 1);
	mock_queue_put(queue);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), references);
}

static void tell_device_gone(struct drm_device *drm, void *gone)
{
	complete(gone);
}

/* What the queue's release found of the device, whose own counts are gone when we look. */
struct device_seen {
	struct completion gone;
	unsigned int references;
};

static void look_at_device(struct mock_queue *queue)
{
	struct device_seen *seen = queue->private;

	seen->references = kref_read(&queue->dev->drm.ref);
}

static void queue_outlives_parent(struct kunit *test)
{
	struct device_seen *seen = kunit_kzalloc(test, sizeof(*seen), GFP_KERNEL);
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	init_completion(&seen->gone);
	KUNIT_ASSERT_EQ(test, drmm_add_action(&dev->drm, tell_device_gone, &seen->gone), 0);
	queue->on_release = look_at_device;
	queue->private = seen;
	mock_job_arm(job);
	fence = mock_job_fence(job);
	mock_job_push(job);
	mock_job_put(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == 1);
	mock_queue_put(queue);
	mock_device_unplug(test, dev);
	/* Nobody but the queue keeps it, and nobody but the job the queue. */
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&seen->gone, MOCK_PATIENCE), 0);
	KUNIT_EXPECT_EQ(test, seen->references, 1);
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(fence), 1);
	dma_fence_put(fence);
}

/* A queue keeps the module of its ops from the last put on, and not before. */
static void queue_keeps_module(struct kunit *test)
{
#ifdef MODULE
	struct mock_device *dev = test->priv;
	int references = module_refcount(THIS_MODULE);
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_submit_one(test, queue);

	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), references);
	mock_queue_put(queue);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), references + 1);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	mock_job_put(job);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), references);
#else
	kunit_skip(test, "built in, so there is no module to keep");
#endif
}

struct fence_names {
	char driver[32];
	char timeline[32];
};

/* Reads the names, as sync_file and the tracepoints do. */
static struct fence_names read_names(struct dma_fence *fence)
{
	const char __rcu *driver;
	const char __rcu *timeline;
	struct fence_names names;

	rcu_read_lock();
	driver = dma_fence_driver_name(fence);
	timeline = dma_fence_timeline_name(fence);
	strscpy(names.driver, rcu_dereference(driver));
	strscpy(names.timeline, rcu_dereference(timeline));
	rcu_read_unlock();
	return names;
}

static void names_of_unsignalled_fence(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct fence_names names;

	mock_job_arm(job);
	names = read_names(drm_dep_job_finished_fence(&job->base));
	KUNIT_EXPECT_STREQ(test, names.driver, "drm_dep_mock");
	KUNIT_EXPECT_STREQ(test, names.timeline, queue->name);
}

static void ignore_fence(struct dma_fence *fence, struct dma_fence_cb *cb)
{
}

/* A finished fence needs nothing of its job, its queue, or the device. */
static void fence_outlives_all(struct kunit *test)
{
	struct completion *gone = kunit_kzalloc(test, sizeof(*gone), GFP_KERNEL);
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 3);
	struct dma_fence *fences[3];
	struct mock_job *job;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, gone);
	init_completion(gone);
	KUNIT_ASSERT_EQ(test, drmm_add_action(&dev->drm, tell_device_gone, gone), 0);
	for (i = 0; i < 3; i++) {
		job = mock_job_create(test, queue, 1);
		job->duration_us = 10;
		job->hw_error = i == 1 ? -EIO : 0;
		mock_job_arm(job);
		fences[i] = mock_job_fence(job);
		/* The last one is cancelled. */
		if (i < 2)
			mock_job_push(job);
		mock_job_put(job);
	}
	mock_queue_put(queue);
	mock_device_flush(test, dev);
	expect_all_gone(test, dev, 1, 3);
	mock_device_unplug(test, dev);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(gone, MOCK_PATIENCE), 0);

	for (i = 0; i < 3; i++) {
		struct fence_names names = read_names(fences[i]);
		struct dma_fence_cb cb;

		KUNIT_EXPECT_STRNEQ(test, names.driver, "");
		KUNIT_EXPECT_STRNEQ(test, names.timeline, "");
		KUNIT_EXPECT_EQ(test, dma_fence_add_callback(fences[i], &cb, ignore_fence),
				-ENOENT);
		KUNIT_EXPECT_NE(test, dma_fence_wait_timeout(fences[i], false, HZ), 0);
		dma_fence_set_deadline(fences[i], ktime_get());
		/* Where the kernel detaches fences, nothing of the module is asked any more. */
		if (COMPAT_FENCES_DETACH)
			KUNIT_EXPECT_NULL(test, rcu_access_pointer(fences[i]->ops));
	}
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(fences[0]), 1);
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(fences[1]), -EIO);
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(fences[2]), -ECANCELED);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, kref_read(&fences[i]->refcount), 1);
		dma_fence_put(fences[i]);
	}
}

#define N_QUEUES 100

static void many_queues(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	int i, k;

	for (i = 0; i < N_QUEUES; i++) {
		struct mock_queue *queue = mock_queue_create(test, 2);

		for (k = 0; k < 2; k++) {
			struct mock_job *job = mock_job_create(test, queue, 1);

			job->at_once = i % 2;
			job->duration_us = 10;
			mock_job_arm(job);
			if (i % 5)
				mock_job_push(job);
			mock_job_put(job);
		}
		mock_queue_put(queue);
	}
	mock_device_flush(test, dev);
	expect_all_gone(test, dev, N_QUEUES, 2 * N_QUEUES);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 2 * N_QUEUES);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 2 * N_QUEUES * 4 / 5);
}

static struct kunit_case drm_dep_lifetime_cases[] = {
	KUNIT_CASE(put_without_jobs),
	KUNIT_CASE_PARAM(pending_jobs_run_on, mock_mode_gen_params),
	KUNIT_CASE_PARAM(put_in_run_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(put_in_callback, mock_mode_gen_params),
	KUNIT_CASE_PARAM(put_in_job_release, mock_mode_gen_params),
	KUNIT_CASE_PARAM(put_other_in_job_release, mock_mode_gen_params),
	KUNIT_CASE(put_in_queue_ops),
	KUNIT_CASE_PARAM(put_from_irq, mock_mode_gen_params),
	KUNIT_CASE_PARAM(job_keeps_queue, mock_mode_gen_params),
	KUNIT_CASE_PARAM(push_after_last_put, mock_mode_gen_params),
	KUNIT_CASE_PARAM(teardown_is_in_order, mock_mode_gen_params),
	KUNIT_CASE_PARAM(flush_waits, mock_mode_gen_params),
	KUNIT_CASE(flush_without_queues),
	KUNIT_CASE_PARAM(flush_waits_for_dependency, mock_mode_gen_params),
	KUNIT_CASE_PARAM(flush_is_per_device, mock_mode_gen_params),
	KUNIT_CASE(queue_keeps_device),
	KUNIT_CASE_PARAM(queue_outlives_parent, mock_mode_gen_params),
	KUNIT_CASE_PARAM(queue_keeps_module, mock_mode_gen_params),
	KUNIT_CASE(names_of_unsignalled_fence),
	KUNIT_CASE_PARAM(fence_outlives_all, mock_mode_gen_params),
	KUNIT_CASE_PARAM(many_queues, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_lifetime_suite = {
	.name = "drm_dep_lifetime",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_lifetime_cases,
};

kunit_test_suite(drm_dep_lifetime_suite);
