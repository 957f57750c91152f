// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/delay.h>
#include <linux/module.h>

#include "mock_device.h"

/*
 * That no job runs without credits the mock device checks of every job of every test. Here is
 * that they are used up, that they come back, and that the limit may change.
 */

/* As many run as there are credits, no more and no fewer. */
static void bound_jobs(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	int i;

	for (i = 0; i < 10; i++)
		mock_job_submit_one(test, queue);
	for (i = 4; i <= 10; i++) {
		MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == i);
		mock_settle();
		KUNIT_ASSERT_EQ(test, atomic_read(&queue->ran), i);
		KUNIT_ASSERT_EQ(test, mock_device_advance(dev, 1), 1);
	}
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 3);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->finished) == 10);
}

/* A job that needs many credits waits until they are there, and is not overtaken. */
static void large_job_waits(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	int i;

	for (i = 0; i < 3; i++)
		mock_job_submit_one(test, queue);
	mock_job_submit(mock_job_create(test, queue, 4));
	for (i = 0; i < 3; i++)
		mock_job_submit_one(test, queue);

	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 3);
	for (i = 0; i < 3; i++) {
		mock_settle();
		KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 3);
		KUNIT_ASSERT_EQ(test, mock_device_advance(dev, 1), 1);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 4);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 4);
	KUNIT_ASSERT_EQ(test, mock_device_advance(dev, 1), 1);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 7);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 3);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->finished) == 7);
}

/* Jobs that take all credits run one at a time. */
static void all_of_them(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1000);
	struct mock_job *job = NULL;
	int i;

	for (i = 0; i < 50; i++) {
		if (job)
			mock_job_put(job);
		job = mock_job_create(test, queue, 1000);
		job->duration_us = 100;
		mock_job_submit(job);
	}
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 50);
	KUNIT_EXPECT_EQ(test, atomic64_read(&queue->credits), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 50);
}

/* A job that could not be handed over gives its credits back. */
static void of_failed_run(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *job;
	int i;

	for (i = 0; i < 20; i++) {
		job = mock_job_create(test, queue, 2);
		if (i < 19)
			job->run_error = -EIO;
		mock_job_submit(job);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 20);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* So does one that is cancelled, which never took any. */
static void of_cancelled_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *job;
	int i;

	for (i = 0; i < 20; i++) {
		job = mock_job_create(test, queue, 2);
		mock_job_arm(job);
		mock_job_put(job);
	}
	for (i = 0; i < 4; i++) {
		job = mock_job_create(test, queue, 1);
		mock_job_submit(job);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 2);
	mock_device_advance(dev, 2);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 4);
	mock_device_advance(dev, 2);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* A limit that only 32 bits without a sign can hold. */
static void do_not_overflow(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, U32_MAX);
	struct mock_job *job = mock_job_create(test, queue, 0x80000000);

	mock_job_submit(job);
	mock_job_submit(mock_job_create(test, queue, 0x7ffffffe));
	mock_job_submit(mock_job_create(test, queue, 2));
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 2);
	mock_device_advance(dev, 1);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 3);
}

/* So many are in flight, and stay so many. */
static void expect_in_flight(struct kunit *test, struct mock_queue *queue, int ran)
{
	MOCK_ASSERT_SOON(test, queue->dev, atomic_read(&queue->ran) == ran);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), ran);
}

/* A higher limit lets jobs run that waited, at once. */
static void raise(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = NULL;
	int i;

	for (i = 0; i < 6; i++)
		job = mock_job_submit_one(test, queue);
	expect_in_flight(test, queue, 1);
	mock_queue_set_credit_limit(queue, 3);
	expect_in_flight(test, queue, 3);
	mock_queue_set_credit_limit(queue, 3);
	mock_queue_set_credit_limit(queue, U32_MAX);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 6);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 6);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

static void raise_limit(void *arg)
{
	mock_queue_set_credit_limit(arg, 2);
}

static void raise_from_irq(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);

	mock_job_submit_one(test, queue);
	mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_irq_call(test, raise_limit, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
}

/* A lower one takes nothing from the hardware, and bounds what runs afterwards. */
static void lower(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_job *job = NULL;
	int i;

	for (i = 0; i < 8; i++)
		job = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 4);
	mock_queue_set_credit_limit(queue, 2);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 2), 2);
	/* Two are in flight, and two may be. */
	expect_in_flight(test, queue, 4);
	for (i = 5; i <= 8; i++) {
		KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == i);
	}
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 2);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* A job that is larger than the new limit runs alone, and in its place. */
static void lower_below_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 8);
	struct mock_job *large = mock_job_create(test, queue, 8);
	struct mock_job *first[2], *behind[2];
	int i;

	for (i = 0; i < 2; i++)
		first[i] = mock_job_submit_one(test, queue);
	mock_job_submit(large);
	for (i = 0; i < 2; i++)
		behind[i] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	mock_queue_set_credit_limit(queue, 3);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(first[1]));
	expect_in_flight(test, queue, 2);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(first[0]));
	expect_in_flight(test, queue, 3);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(large));
	expect_in_flight(test, queue, 5);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 2);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, behind[1]), 1);
}

/* Lowered while the large one is in flight: the others wait for all that is too much. */
static void lower_below_job_in_flight(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 8);
	struct mock_job *large = mock_job_create(test, queue, 7);
	struct mock_job *job;

	mock_job_submit(large);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_queue_set_credit_limit(queue, 1);
	job = mock_job_submit_one(test, queue);
	expect_in_flight(test, queue, 1);
	/* Still too few: the large one counts. */
	mock_queue_set_credit_limit(queue, 7);
	expect_in_flight(test, queue, 1);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(large));
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

static int try_job_init(struct kunit *test, struct mock_queue *queue, u32 credits)
{
	struct drm_dep_job_init_args args;
	struct mock_job *job = mock_job_alloc(queue, credits, &args);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, job);
	ret = drm_dep_job_init(&job->base, &args);
	if (ret) {
		mock_job_free(job);
		return ret;
	}
	atomic_inc(&job->dev->jobs);
	atomic_inc(&queue->jobs);
	drm_dep_job_put(&job->base);
	return 0;
}

/* What a new job may need is bounded by the limit of the time. */
static void limit_of_new_jobs(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 4);

	KUNIT_EXPECT_EQ(test, try_job_init(test, queue, 4), 0);
	KUNIT_EXPECT_EQ(test, try_job_init(test, queue, 5), -EINVAL);
	mock_queue_set_credit_limit(queue, 5);
	KUNIT_EXPECT_EQ(test, try_job_init(test, queue, 5), 0);
	KUNIT_EXPECT_EQ(test, try_job_init(test, queue, 6), -EINVAL);
	mock_queue_set_credit_limit(queue, 1);
	KUNIT_EXPECT_EQ(test, try_job_init(test, queue, 1), 0);
	KUNIT_EXPECT_EQ(test, try_job_init(test, queue, 2), -EINVAL);
	mock_queue_set_credit_limit(queue, U32_MAX);
	KUNIT_EXPECT_EQ(test, try_job_init(test, queue, U32_MAX), 0);
}

/* A limit that is raised lets nothing run on a queue that is stopped. */
static void raise_while_stopped(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);

	mock_job_submit_one(test, queue);
	mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_queue_stop(queue);
	mock_queue_set_credit_limit(queue, 2);
	expect_in_flight(test, queue, 1);
	mock_queue_start(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
}

static void raise_own_limit(struct mock_job *job)
{
	mock_queue_set_credit_limit(job->queue, job->queue->credit_limit + 1);
}

/* By run_job itself: each job makes room for one more. */
static void raise_in_run_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	int i;

	for (i = 0; i < 10; i++) {
		struct mock_job *job = mock_job_create(test, queue, 1);

		job->on_run = raise_own_limit;
		mock_job_submit(job);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->ran) == 10);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 10);
}

#define N_CHANGES 40

static void change_limit(struct mock_thread *thread)
{
	struct mock_queue *queue = thread->arg;
	int i;

	for (i = 0; i < N_CHANGES; i++) {
		mock_queue_set_credit_limit(queue, 1 + mock_random(&thread->random, 8));
		udelay(mock_random(&thread->random, 50));
	}
	/* All that is left may run. */
	mock_queue_set_credit_limit(queue, 8);
}

/* Jobs are made while the limit is 8; it changes while they run. */
static void change_while_running(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 8);
	struct mock_thread thread = { .function = change_limit, .arg = queue };
	struct mock_job **jobs = kunit_kcalloc(test, N_CHANGES, sizeof(*jobs), GFP_KERNEL);
	struct rnd_state random;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, jobs);
	mock_random_init(test, &random);
	for (i = 0; i < N_CHANGES; i++) {
		jobs[i] = mock_job_create(test, queue, 1 + mock_random(&random, 8));
		jobs[i]->at_once = mock_random(&random, 4) == 0;
		jobs[i]->duration_us = 1 + mock_random(&random, 50);
		mock_job_arm(jobs[i]);
	}
	mock_threads_start(test, &thread, 1);
	for (i = 0; i < N_CHANGES; i++)
		mock_job_push(jobs[i]);
	mock_threads_join(test, &thread, 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->finished) == N_CHANGES);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), N_CHANGES);
	KUNIT_EXPECT_EQ(test, atomic64_read(&queue->credits), 0);
}

static struct kunit_case drm_dep_credits_cases[] = {
	KUNIT_CASE_PARAM(bound_jobs, mock_mode_gen_params),
	KUNIT_CASE_PARAM(large_job_waits, mock_mode_gen_params),
	KUNIT_CASE_PARAM(all_of_them, mock_mode_gen_params),
	KUNIT_CASE_PARAM(of_failed_run, mock_mode_gen_params),
	KUNIT_CASE_PARAM(of_cancelled_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(do_not_overflow, mock_mode_gen_params),
	KUNIT_CASE_PARAM(raise, mock_mode_gen_params),
	KUNIT_CASE_PARAM(raise_from_irq, mock_mode_gen_params),
	KUNIT_CASE_PARAM(lower, mock_mode_gen_params),
	KUNIT_CASE_PARAM(lower_below_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(lower_below_job_in_flight, mock_mode_gen_params),
	KUNIT_CASE(limit_of_new_jobs),
	KUNIT_CASE_PARAM(raise_while_stopped, mock_mode_gen_params),
	KUNIT_CASE_PARAM(raise_in_run_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(change_while_running, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_credits_suite = {
	.name = "drm_dep_credits",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_credits_cases,
};

kunit_test_suite(drm_dep_credits_suite);
