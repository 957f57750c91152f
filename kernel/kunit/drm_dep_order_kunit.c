// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "mock_device.h"

/*
 * That jobs run, and finish, in the order in which they were armed, the mock device checks
 * of every job of every test. Here are the ways to provoke another order.
 */

#define N_JOBS 64

/* Pushed in the order in which they were armed, and in reverse. */
static void push_order(struct kunit *test, bool reverse)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, N_JOBS);
	struct mock_job *jobs[N_JOBS];
	int i;

	for (i = 0; i < N_JOBS; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		mock_job_arm(jobs[i]);
	}
	for (i = 0; i < N_JOBS; i++)
		mock_job_push(jobs[reverse ? N_JOBS - 1 - i : i]);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == N_JOBS);
	for (i = 1; i < N_JOBS; i++)
		KUNIT_EXPECT_GT(test, mock_log_find(dev, MOCK_RUN, queue->id, i),
				mock_log_find(dev, MOCK_RUN, queue->id, i - 1));
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), N_JOBS);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[N_JOBS - 1]), 1);
	for (i = 1; i < N_JOBS; i++)
		KUNIT_EXPECT_GT(test, mock_log_find(dev, MOCK_FINISHED, queue->id, i),
				mock_log_find(dev, MOCK_FINISHED, queue->id, i - 1));
}

static void push_forwards(struct kunit *test)
{
	push_order(test, false);
}

static void push_backwards(struct kunit *test)
{
	push_order(test, true);
}

/* A job that is pushed early waits for those that were armed before it. */
static void push_leaves_gap(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 8);
	struct mock_job *jobs[4];
	int i;

	for (i = 0; i < 4; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		mock_job_arm(jobs[i]);
	}
	mock_job_push(jobs[1]);
	mock_job_push(jobs[3]);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	mock_job_push(jobs[0]);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 2);
	mock_job_push(jobs[2]);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 4);
	mock_device_advance(dev, 4);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[3]), 1);
}

/* The gap closes, too, when what it was left for is put. */
static void put_closes_gap(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 8);
	struct mock_job *jobs[5];
	int i;

	for (i = 0; i < 5; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		mock_job_arm(jobs[i]);
	}
	for (i = 1; i < 5; i += 2)
		mock_job_push(jobs[i]);
	mock_job_put(jobs[2]);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	mock_job_put(jobs[0]);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	mock_job_put(jobs[4]);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 2);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->finished) == 5);
}

/* A dependency of one holds all back that are behind it. */
static void dependency_holds_back(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 8);
	struct dma_fence *fence = mock_fence_create(test);
	struct mock_job *job = mock_job_create(test, queue, 1);
	int i;

	mock_job_submit_one(test, queue);
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
	mock_job_submit(job);
	for (i = 0; i < 4; i++)
		job = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 1);
	mock_fence_signal(fence, 0);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 6);
	mock_device_advance(dev, 6);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

static void fences_are_a_timeline(struct kunit *test)
{
	struct mock_queue *queues[2] = { mock_queue_create(test, 8), mock_queue_create(test, 8) };
	struct dma_fence *last[2] = {};
	int i, q;

	for (i = 0; i < 10; i++) {
		for (q = 0; q < 2; q++) {
			struct mock_job *job = mock_job_create(test, queues[q], 1);
			struct dma_fence *fence;

			job->at_once = true;
			mock_job_arm(job);
			fence = drm_dep_job_finished_fence(&job->base);
			if (last[q]) {
				KUNIT_EXPECT_EQ(test, fence->context, last[q]->context);
				KUNIT_EXPECT_TRUE(test, dma_fence_is_later(fence, last[q]));
			}
			last[q] = fence;
			mock_job_push(job);
		}
	}
	KUNIT_EXPECT_NE(test, last[0]->context, last[1]->context);
	for (q = 0; q < 2; q++)
		KUNIT_EXPECT_EQ(test, mock_fence_wait(test, last[q]), 1);
}

/* The later a job, the sooner it completes, in interrupt context. */
static void hardware_completes_backwards(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, N_JOBS);
	struct mock_job *job = NULL;
	int i;

	for (i = 0; i < N_JOBS; i++) {
		job = mock_job_create(test, queue, 1);
		job->duration_us = (N_JOBS - i) * 300;
		mock_job_submit(job);
	}
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), N_JOBS);
}

struct pushers {
	struct mock_device *dev;
	struct mock_queue *queue;
	struct mock_job **jobs;
	/* Of arming. */
	struct mutex arm_lock;
	unsigned int n_threads, n_jobs;
};

/* Of the jobs that were armed before, the thread's share, from its end. */
static void push_share(struct mock_thread *thread)
{
	struct pushers *pushers = thread->arg;
	int i;

	for (i = pushers->n_jobs - 1 - thread->index; i >= 0; i -= pushers->n_threads)
		mock_job_push(pushers->jobs[i]);
}

static void push_from_threads(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_thread threads[4] = {};
	struct pushers pushers = {
		.n_threads = ARRAY_SIZE(threads),
		.n_jobs = 100,
	};
	int i;

	pushers.jobs = kunit_kcalloc(test, pushers.n_jobs, sizeof(*pushers.jobs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pushers.jobs);
	pushers.queue = mock_queue_create(test, 16);
	for (i = 0; i < pushers.n_jobs; i++) {
		pushers.jobs[i] = mock_job_create(test, pushers.queue, 1);
		pushers.jobs[i]->at_once = i % 2;
		pushers.jobs[i]->duration_us = 50;
		mock_job_arm(pushers.jobs[i]);
	}
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i].function = push_share;
		threads[i].arg = &pushers;
	}
	mock_threads_run(test, threads, ARRAY_SIZE(threads));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->finished) == pushers.n_jobs);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), pushers.n_jobs);
}

/* Arming is serialised; pushes and puts come as they like. */
static void submit_jobs(struct mock_thread *thread)
{
	struct pushers *pushers = thread->arg;
	int i;

	for (i = 0; i < pushers->n_jobs; i++) {
		u32 credits = 1 + mock_random(&thread->random, 4);
		struct mock_job *job = mock_job_new(pushers->queue, credits);

		if (!job)
			return;
		job->at_once = mock_random(&thread->random, 2);
		job->duration_us = 50;
		mutex_lock(&pushers->arm_lock);
		mock_job_arm(job);
		mutex_unlock(&pushers->arm_lock);
		/* Makes others come between. */
		udelay(mock_random(&thread->random, 20));
		if (mock_random(&thread->random, 8))
			mock_job_push(job);
		mock_job_put(job);
	}
}

static void submit_from_threads(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_thread threads[4] = {};
	struct pushers pushers = { .n_jobs = 50 };
	int i;

	mutex_init(&pushers.arm_lock);
	pushers.queue = mock_queue_create(test, 16);
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i].function = submit_jobs;
		threads[i].arg = &pushers;
	}
	mock_threads_run(test, threads, ARRAY_SIZE(threads));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 4 * pushers.n_jobs);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 4 * pushers.n_jobs);
}

static struct kunit_case drm_dep_order_cases[] = {
	KUNIT_CASE_PARAM(push_forwards, mock_mode_gen_params),
	KUNIT_CASE_PARAM(push_backwards, mock_mode_gen_params),
	KUNIT_CASE_PARAM(push_leaves_gap, mock_mode_gen_params),
	KUNIT_CASE_PARAM(put_closes_gap, mock_mode_gen_params),
	KUNIT_CASE_PARAM(dependency_holds_back, mock_mode_gen_params),
	KUNIT_CASE_PARAM(fences_are_a_timeline, mock_mode_gen_params),
	KUNIT_CASE_PARAM(hardware_completes_backwards, mock_mode_gen_params),
	KUNIT_CASE_PARAM(push_from_threads, mock_mode_gen_params),
	KUNIT_CASE_PARAM(submit_from_threads, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_order_suite = {
	.name = "drm_dep_order",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_order_cases,
};

kunit_test_suite(drm_dep_order_suite);
