// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/ktime.h>
#include <linux/module.h>

#include "mock_device.h"

/*
 * What the tests of the DRM GPU scheduler ask for, as far as a queue per context has it too:
 * that a driver which comes from there finds what it relies on.
 */

#define N_QUEUES 4
#define N_JOBS 20
#define JOB_US 200

/* A job is handed over, does not finish by itself, and finishes when the hardware says so. */
static void submit(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_submit_one(test, queue);

	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_settle();
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(job));
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* Jobs of some time, in turns on so many queues, each after the one before it or not. */
static void submit_many(struct kunit *test, unsigned int n_queues, bool depend, bool put_halfway)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queues[N_QUEUES];
	struct mock_job *jobs[N_JOBS];
	struct dma_fence *last = NULL;
	int i, q;

	for (q = 0; q < n_queues; q++)
		queues[q] = mock_queue_create(test, N_JOBS);
	for (i = 0; i < N_JOBS; i++) {
		jobs[i] = mock_job_create(test, queues[i % n_queues], 1);
		jobs[i]->duration_us = JOB_US;
	}
	for (i = 0; i < N_JOBS; i++) {
		if (put_halfway && i == N_JOBS / 2)
			for (q = 0; q < n_queues; q++)
				mock_queue_put(queues[q]);
		if (depend && last)
			KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[i], last), 0);
		dma_fence_put(last);
		mock_job_arm(jobs[i]);
		last = mock_job_fence(jobs[i]);
		mock_job_push(jobs[i]);
		mock_job_put(jobs[i]);
	}
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, last), 1);
	dma_fence_put(last);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == N_JOBS);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), N_JOBS);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), N_JOBS);
}

static void one_queue(struct kunit *test)
{
	submit_many(test, 1, false, false);
}

static void one_queue_in_a_chain(struct kunit *test)
{
	submit_many(test, 1, true, false);
}

static void independent_queues(struct kunit *test)
{
	submit_many(test, N_QUEUES, false, false);
}

static void queues_in_a_chain(struct kunit *test)
{
	submit_many(test, N_QUEUES, true, false);
}

/* The users go while the jobs are under way. */
static void queues_go_early(struct kunit *test)
{
	struct mock_device *dev = test->priv;

	submit_many(test, N_QUEUES, true, true);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == N_QUEUES);
}

#define N_CLIENTS 16
#define PER_CLIENT 8

static void submit_all(struct mock_thread *thread)
{
	struct mock_queue **queues = thread->arg;
	int i;

	for (i = 0; i < PER_CLIENT; i++) {
		struct mock_job *job = mock_job_new(queues[thread->index], 1);

		if (!job)
			return;
		mock_job_submit(job);
		mock_job_put(job);
	}
}

static void run_clients(struct kunit *test, void (*function)(struct mock_thread *thread))
{
	struct mock_thread *threads = kunit_kcalloc(test, N_CLIENTS, sizeof(*threads), GFP_KERNEL);
	struct mock_queue *queues[N_CLIENTS];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, threads);
	for (i = 0; i < N_CLIENTS; i++) {
		queues[i] = mock_queue_create(test, U32_MAX);
		threads[i].function = function;
		threads[i].arg = queues;
	}
	mock_threads_run(test, threads, N_CLIENTS);
}

/* Many clients at once, and the hardware completes exactly what they submitted. */
static void parallel_clients(struct kunit *test)
{
	struct mock_device *dev = test->priv;

	run_clients(test, submit_all);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == N_CLIENTS * PER_CLIENT);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), N_CLIENTS * PER_CLIENT);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->finished) == N_CLIENTS * PER_CLIENT);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == N_CLIENTS * PER_CLIENT);
}

/* Each keeps some jobs in flight, the durations of which differ. */
static void submit_in_window(struct mock_thread *thread)
{
	struct mock_queue **queues = thread->arg;
	struct mock_queue *queue = queues[thread->index];
	struct dma_fence *window[PER_CLIENT / 2] = {};
	int i;

	for (i = 0; i < 2 * PER_CLIENT; i++) {
		struct dma_fence **slot = &window[i % ARRAY_SIZE(window)];
		struct mock_job *job = mock_job_new(queue, 1);

		if (!job)
			break;
		if (*slot && dma_fence_wait_timeout(*slot, false, MOCK_PATIENCE) <= 0)
			mock_violation(queue->dev, "a job of client %u does not finish",
				       thread->index);
		dma_fence_put(*slot);
		job->duration_us = JOB_US / 2 * (thread->index + 1);
		mock_job_arm(job);
		*slot = mock_job_fence(job);
		mock_job_push(job);
		mock_job_put(job);
	}
	for (i = 0; i < ARRAY_SIZE(window); i++)
		dma_fence_put(window[i]);
}

static void interleaved_clients(struct kunit *test)
{
	struct mock_device *dev = test->priv;

	run_clients(test, submit_in_window);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->finished) == 2 * N_CLIENTS * PER_CLIENT);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 2 * N_CLIENTS * PER_CLIENT);
}

#define TIMEOUT_MS 100

/* Not before the time; the mock device checks that. And what the driver does then counts. */
static void timeout(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 2,
		.timeout_ms = TIMEOUT_MS,
	});
	struct mock_job *job = mock_job_submit_one(test, queue);

	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->timedout), 0);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ETIME);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->timedout) == 1);
	KUNIT_EXPECT_EQ(test, job->timeouts, 1);

	/* The queue goes on. */
	job = mock_job_create(test, queue, 1);
	job->duration_us = JOB_US;
	mock_job_submit(job);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->timedout), 1);
}

/* A job that is only slow stays, is looked after again, and can still finish. */
static void timeout_of_slow_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.timeout_ms = TIMEOUT_MS / 2,
	});
	struct mock_job *job;

	queue->timeout_verdict = DRM_DEP_TIMEOUT_NOT_HUNG;
	job = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) == 2);
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(job));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
}

static void give_up(struct mock_queue *queue)
{
	struct mock_job *job = queue->private;

	if (!mock_job_fail(job, -ECANCELED))
		mock_violation(queue->dev, "the job is not in flight");
}

/*
 * To give a queue up: the driver is told, completes what is in flight, and what has not run
 * is cancelled after that.
 */
static void cancel(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *running = mock_job_submit_one(test, queue);
	struct mock_job *waiting = mock_job_submit_one(test, queue);

	queue->private = running;
	queue->on_killed = give_up;
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_queue_kill(queue);
	mock_queue_put(queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, running), -ECANCELED);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, waiting), -ECANCELED);
	if (running->by_fence)
		KUNIT_EXPECT_EQ(test, dma_fence_get_status(running->hw_fence), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->killed), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 1);
	mock_job_put(running);
	mock_job_put(waiting);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

/* With one credit the second job is not handed over before the first has completed. */
static void one_credit(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *jobs[2];

	jobs[0] = mock_job_submit_one(test, queue);
	jobs[1] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 1);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), 1);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), 1);
}

#define N_TIMED 50

/*
 * How much longer than the jobs themselves it takes to run them one after the other, behind
 * a fence: for people to read. A bound would be one for the machine.
 */
static void measure(struct kunit *test, unsigned int n_queues)
{
	struct mock_queue *queues[2];
	struct dma_fence *start = mock_fence_create(test), *last = dma_fence_get(start);
	s64 expected = N_TIMED * JOB_US, actual;
	ktime_t begin;
	int i;

	for (i = 0; i < n_queues; i++)
		queues[i] = mock_queue_create(test, 1);
	for (i = 0; i < N_TIMED; i++) {
		struct mock_job *job = mock_job_create(test, queues[i % n_queues], 1);

		job->duration_us = JOB_US;
		if (!i || n_queues > 1)
			KUNIT_ASSERT_EQ(test, mock_job_depend(job, last), 0);
		dma_fence_put(last);
		mock_job_arm(job);
		last = mock_job_fence(job);
		mock_job_push(job);
		mock_job_put(job);
	}
	begin = ktime_get();
	mock_fence_signal(start, 0);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, last), 1);
	actual = ktime_us_delta(ktime_get(), begin);
	dma_fence_put(last);
	kunit_info(test, "expected %lld us, took %lld us\n", expected, actual);
	KUNIT_EXPECT_GE(test, actual, expected);
}

static void overhead_of_queue(struct kunit *test)
{
	measure(test, 1);
}

static void overhead_of_ping_pong(struct kunit *test)
{
	measure(test, 2);
}

static struct kunit_case drm_dep_carry_cases[] = {
	KUNIT_CASE_PARAM(submit, mock_mode_gen_params),
	KUNIT_CASE_PARAM(one_queue, mock_mode_gen_params),
	KUNIT_CASE_PARAM(one_queue_in_a_chain, mock_mode_gen_params),
	KUNIT_CASE_PARAM(independent_queues, mock_mode_gen_params),
	KUNIT_CASE_PARAM(queues_in_a_chain, mock_mode_gen_params),
	KUNIT_CASE_PARAM(queues_go_early, mock_mode_gen_params),
	KUNIT_CASE_PARAM(parallel_clients, mock_mode_gen_params),
	KUNIT_CASE_PARAM(interleaved_clients, mock_mode_gen_params),
	KUNIT_CASE_PARAM(timeout, mock_mode_gen_params),
	KUNIT_CASE_PARAM(timeout_of_slow_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(cancel, mock_mode_gen_params),
	KUNIT_CASE_PARAM(one_credit, mock_mode_gen_params),
	KUNIT_CASE_PARAM(overhead_of_queue, mock_mode_gen_params),
	KUNIT_CASE_PARAM(overhead_of_ping_pong, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_carry_suite = {
	.name = "drm_dep_carry",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_carry_cases,
};

kunit_test_suite(drm_dep_carry_suite);
