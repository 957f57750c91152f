// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/lockdep.h>
#include <linux/module.h>

#include "mock_device.h"

/*
 * Before run_job returns: by drm_dep_job_done() inside of it, or with a fence that has
 * signalled.
 */
static void completed_in_run(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = NULL;
	int i;

	for (i = 0; i < 50; i++) {
		if (job)
			mock_job_put(job);
		job = mock_job_create(test, queue, 1);
		job->at_once = true;
		mock_job_submit(job);
	}
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 50);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 50);
}

static void error_reaches_fence(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct mock_job *next = mock_job_create(test, queue, 1);

	job->hw_error = -ENOSPC;
	mock_job_submit(job);
	mock_job_submit(next);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	mock_device_advance(dev, 2);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ENOSPC);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, next), 1);
}

static void error_in_run_reaches_fence(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);

	job->hw_error = -EILSEQ;
	job->at_once = true;
	mock_job_submit(job);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -EILSEQ);
}

/* The core gives the reference of the hardware fence back. */
static void hardware_fence_is_put(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 3);
	struct dma_fence *fences[3];
	struct mock_job *job;
	int i;

	dev->mode.hw_fence = true;
	for (i = 0; i < 3; i++) {
		job = mock_job_create(test, queue, 1);
		fences[i] = dma_fence_get(job->hw_fence);
		job->at_once = i == 1;
		job->hw_error = i == 2 ? -EIO : 0;
		mock_job_submit(job);
		mock_job_put(job);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 3);
	mock_device_advance(dev, 2);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->jobs_released) == 3);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, kref_read(&fences[i]->refcount), 1);
		dma_fence_put(fences[i]);
	}
}

/* The first completion counts, others do nothing. */
static void second_done_is_refused(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_submit_one(test, queue);
	struct mock_job *next = mock_job_submit_one(test, queue);

	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	KUNIT_ASSERT_TRUE(test, mock_job_take(job));
	KUNIT_EXPECT_TRUE(test, drm_dep_job_done(&job->base, job->run_number, -EIO));
	KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&job->base, job->run_number, -ENODEV));
	KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&job->base, job->run_number, 0));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -EIO);
	KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&job->base, job->run_number, 0));
	/* A credit too many would show here. */
	mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 2);
	KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&job->base, job->run_number, 0));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(next));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, next), 1);
}

static void done_of_other_run_is_refused(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_submit_one(test, queue);

	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&job->base, job->run_number + 1, -EIO));
	KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&job->base, job->run_number - 1, -EIO));
	KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&job->base, ~job->run_number, -EIO));
	mock_settle();
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(job));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* A job that was not handed over can't be completed, whatever the number. */
static void done_before_run_is_refused(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);
	u32 run;

	KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
	for (run = 0; run < 3; run++)
		KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&job->base, run, 0));
	mock_job_arm(job);
	for (run = 0; run < 3; run++)
		KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&job->base, run, 0));
	mock_job_push(job);
	for (run = 0; run < 3; run++)
		KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&job->base, run, 0));
	mock_settle();
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(job));
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	mock_fence_signal(fence, 0);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* Nor can one that run_job refused. */
static void done_after_run_error_is_refused(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	u32 run;

	job->run_error = -EIO;
	mock_job_submit(job);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -EIO);
	for (run = 0; run < 3; run++)
		KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&job->base, run, 0));
}

/* A fence is held back until those before it have signalled. */
static void out_of_order_holds_fence(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_job *jobs[4];
	int i;

	for (i = 0; i < 4; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 4);
	jobs[3]->hw_error = -EIO;
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[3]));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[1]));
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[0]));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 2);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[2]));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[3]), -EIO);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[2]), 1);
}

/* Its credits come back at once. */
static void out_of_order_returns_credits(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *jobs[11];
	int i;

	for (i = 0; i < 11; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	for (i = 1; i < 11; i++) {
		MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == i + 1);
		KUNIT_ASSERT_TRUE(test, mock_job_complete(jobs[i]));
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[0]));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[10]), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 11);
}

#define N_MANY 150

/* One completion makes very many fences signal. */
static void one_completion_finishes_many(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, N_MANY);
	struct mock_job **jobs = kunit_kcalloc(test, N_MANY, sizeof(*jobs), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, jobs);
	for (i = 0; i < N_MANY; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == N_MANY);
	for (i = N_MANY - 1; i > 0; i--)
		KUNIT_ASSERT_TRUE(test, mock_job_complete(jobs[i]));
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[0]));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[N_MANY - 1]), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), N_MANY);
}

static void complete_job(void *arg)
{
	mock_job_complete(arg);
}

/* The same from interrupt context. */
static void one_interrupt_finishes_many(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, N_MANY);
	struct mock_job *first = mock_job_submit_one(test, queue);
	struct mock_job *job = NULL;
	int i;

	for (i = 1; i < N_MANY; i++) {
		if (job)
			mock_job_put(job);
		job = mock_job_create(test, queue, 1);
		job->at_once = true;
		mock_job_submit(job);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == N_MANY);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	mock_irq_call(test, complete_job, first);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), N_MANY);
}

static void completed_from_irq(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_job *job = NULL;
	int i;

	for (i = 0; i < 60; i++) {
		if (job)
			mock_job_put(job);
		job = mock_job_create(test, queue, 1);
		job->duration_us = 1 + i % 100;
		mock_job_submit(job);
	}
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 60);
}

static void put_extra_reference(struct mock_job *job)
{
	drm_dep_job_put(&job->base);
}

/*
 * The callback of a finished fence gives what may be the last reference of its own job
 * back, but for the queue's.
 */
static void callback_puts_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_job *job;
	int i;

	for (i = 0; i < 20; i++) {
		job = mock_job_create(test, queue, 1);
		drm_dep_job_get(&job->base);
		job->on_finished = put_extra_reference;
		job->at_once = i % 3 == 0;
		job->duration_us = i % 3 == 1 ? 100 : 0;
		mock_job_submit(job);
		mock_job_put(job);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == i + 1);
		mock_device_advance(dev, 1);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->jobs_released) == i + 1);
	}
}

/* Callbacks that complete jobs of other queues. */

static struct mock_queue *create_nested(struct kunit *test, u32 credits, u32 nest_level)
{
	return mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = credits,
		.nest_level = nest_level,
	});
}

static void complete_next(struct mock_job *job)
{
	struct mock_job *next = job->private;

	if (next && !mock_job_complete(next))
		mock_violation(job->dev, "the next job is not in flight");
}

/*
 * A row of queues with these levels, a job in flight on each; the callback of each finished
 * fence completes the next job. Hardware fences that signal inside such a callback have
 * lock classes of their own, by @keys.
 */
static void cascade(struct kunit *test, const u32 *levels, unsigned int n,
		    struct lock_class_key *keys, bool in_irq)
{
	struct mock_device *dev = test->priv;
	struct mock_job *jobs[DRM_DEP_MAX_NEST_LEVEL + 1];
	int before = atomic_read(&dev->ran);
	int i;

	for (i = 0; i < n; i++) {
		jobs[i] = mock_job_create(test, create_nested(test, 1, levels[i]), 1);
		jobs[i]->hw_error = -1000 - i;
		if (jobs[i]->hw_fence && i)
			mock_fence_set_class(jobs[i]->hw_fence, &keys[i]);
	}
	for (i = 0; i < n; i++) {
		jobs[i]->private = i + 1 < n ? jobs[i + 1] : NULL;
		jobs[i]->on_finished = complete_next;
		mock_job_submit(jobs[i]);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == before + n);
	if (in_irq)
		mock_irq_call(test, complete_job, jobs[0]);
	else
		mock_job_complete(jobs[0]);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), -1000 - i);
}

static void callback_completes_greater_level(struct kunit *test)
{
	static struct lock_class_key keys[DRM_DEP_MAX_NEST_LEVEL + 1];
	static const u32 levels[DRM_DEP_MAX_NEST_LEVEL + 1] = { 0, 1, 2, 3, 4, 5, 6 };

	cascade(test, levels, ARRAY_SIZE(levels), keys, false);
	cascade(test, levels, ARRAY_SIZE(levels), keys, true);
}

/* It works as well where the level says nothing, only later. */
static void callback_completes_same_level(struct kunit *test)
{
	static struct lock_class_key keys[5];
	static const u32 levels[5] = { 2, 2, 2, 2, 2 };

	cascade(test, levels, ARRAY_SIZE(levels), keys, false);
	cascade(test, levels, ARRAY_SIZE(levels), keys, true);
}

static void callback_completes_lower_level(struct kunit *test)
{
	static struct lock_class_key keys[4];
	static const u32 levels[4] = { 3, 2, 1, 0 };

	cascade(test, levels, ARRAY_SIZE(levels), keys, false);
	cascade(test, levels, ARRAY_SIZE(levels), keys, true);
}

/* A callback that completes the next job of its own queue. */
static void callback_completes_own_queue(struct kunit *test)
{
	static struct lock_class_key key;
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 50);
	struct mock_job *jobs[50];
	int i;

	for (i = 0; i < 50; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		if (jobs[i]->hw_fence && i)
			mock_fence_set_class(jobs[i]->hw_fence, &key);
		if (i) {
			jobs[i - 1]->private = jobs[i];
			jobs[i - 1]->on_finished = complete_next;
		}
	}
	for (i = 0; i < 50; i++)
		mock_job_submit(jobs[i]);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 50);
	mock_job_complete(jobs[0]);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[49]), 1);
}

static struct kunit_case drm_dep_completion_cases[] = {
	KUNIT_CASE_PARAM(completed_in_run, mock_mode_gen_params),
	KUNIT_CASE_PARAM(error_reaches_fence, mock_mode_gen_params),
	KUNIT_CASE_PARAM(error_in_run_reaches_fence, mock_mode_gen_params),
	KUNIT_CASE_PARAM(hardware_fence_is_put, mock_flags_gen_params),
	KUNIT_CASE_PARAM(second_done_is_refused, mock_flags_gen_params),
	KUNIT_CASE_PARAM(done_of_other_run_is_refused, mock_flags_gen_params),
	KUNIT_CASE_PARAM(done_before_run_is_refused, mock_mode_gen_params),
	KUNIT_CASE_PARAM(done_after_run_error_is_refused, mock_mode_gen_params),
	KUNIT_CASE_PARAM(out_of_order_holds_fence, mock_mode_gen_params),
	KUNIT_CASE_PARAM(out_of_order_returns_credits, mock_mode_gen_params),
	KUNIT_CASE_PARAM(one_completion_finishes_many, mock_mode_gen_params),
	KUNIT_CASE_PARAM(one_interrupt_finishes_many, mock_mode_gen_params),
	KUNIT_CASE_PARAM(completed_from_irq, mock_mode_gen_params),
	KUNIT_CASE_PARAM(callback_puts_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(callback_completes_greater_level, mock_mode_gen_params),
	KUNIT_CASE_PARAM(callback_completes_same_level, mock_mode_gen_params),
	KUNIT_CASE_PARAM(callback_completes_lower_level, mock_mode_gen_params),
	KUNIT_CASE_PARAM(callback_completes_own_queue, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_completion_suite = {
	.name = "drm_dep_completion",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_completion_cases,
};

kunit_test_suite(drm_dep_completion_suite);
