// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Deadlines, which go from a finished fence to what completes the job: the op set_deadline,
 * or the hardware fence.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/module.h>

#include "mock_device.h"

/* Some moments of the future, which need not come. */
static ktime_t moment(unsigned int seconds)
{
	return ktime_set(1000000 + seconds, 0);
}

/* How often the hardware was told, and what it was told last. */
static u32 times_told(struct mock_job *job)
{
	if (job->by_fence)
		return atomic_read(&to_mock_fence(job->hw_fence)->deadlines);
	return READ_ONCE(job->deadline_calls);
}

static ktime_t told(struct mock_job *job)
{
	if (job->by_fence)
		return READ_ONCE(to_mock_fence(job->hw_fence)->deadline);
	return READ_ONCE(job->deadline);
}

static void set_deadline(struct mock_job *job, unsigned int seconds)
{
	dma_fence_set_deadline(drm_dep_job_finished_fence(&job->base), moment(seconds));
}

/* That it is told so often, or more often, and of that one last; maybe only in a moment. */
static void expect_told(struct kunit *test, struct mock_job *job, u32 times, unsigned int seconds)
{
	unsigned long until = jiffies + mock_patience(job->dev);

	/* Hardware fences wake nobody up. */
	while (times_told(job) < times && time_before(jiffies, until))
		usleep_range(100, 1000);
	KUNIT_EXPECT_GE(test, times_told(job), times);
	KUNIT_EXPECT_EQ(test, told(job), moment(seconds));
}

/* The end of each test. */
static void expect_completes(struct kunit *test, struct mock_job *job)
{
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

static void before_push(struct kunit *test)
{
	struct mock_job *job = mock_job_create(test, mock_queue_create(test, 1), 1);

	mock_job_arm(job);
	set_deadline(job, 7);
	KUNIT_EXPECT_EQ(test, times_told(job), 0);
	mock_job_push(job);
	expect_told(test, job, 1, 7);
	expect_completes(test, job);
	KUNIT_EXPECT_EQ(test, times_told(job), 1);
}

/* While it is pushed and waits, the earliest of several. */
static void while_waiting(struct kunit *test)
{
	struct mock_job *job = mock_job_create(test, mock_queue_create(test, 1), 1);
	struct dma_fence *dependency = mock_fence_create(test);

	KUNIT_ASSERT_EQ(test, mock_job_depend(job, dependency), 0);
	mock_job_arm(job);
	set_deadline(job, 9);
	mock_job_push(job);
	set_deadline(job, 5);
	set_deadline(job, 8);
	mock_settle();
	KUNIT_EXPECT_EQ(test, times_told(job), 0);
	mock_fence_signal(dependency, 0);
	expect_told(test, job, 1, 5);
	expect_completes(test, job);
	KUNIT_EXPECT_EQ(test, times_told(job), 1);
}

static void set_in_run_job(struct mock_job *job)
{
	set_deadline(job, 6);
}

static void inside_run_job(struct kunit *test)
{
	struct mock_job *job = mock_job_create(test, mock_queue_create(test, 1), 1);

	job->on_run = set_in_run_job;
	mock_job_submit(job);
	expect_told(test, job, 1, 6);
	expect_completes(test, job);
}

/* The op is called at once, in the context of who sets it. */
static void in_flight(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *first = mock_job_submit_one(test, queue);
	struct mock_job *second = mock_job_submit_one(test, queue);

	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(second));
	/* The core may not have taken notice yet that run_job has returned. */
	mock_settle();
	set_deadline(second, 7);
	expect_told(test, second, 1, 7);
	KUNIT_EXPECT_EQ(test, times_told(first), 0);
	expect_completes(test, first);
	expect_completes(test, second);
}

/* A later one than before says nothing new. */
static void earliest_wins(struct kunit *test)
{
	struct mock_job *job = mock_job_create(test, mock_queue_create(test, 1), 1);

	mock_job_arm(job);
	set_deadline(job, 20);
	mock_job_push(job);
	expect_told(test, job, 1, 20);
	set_deadline(job, 10);
	KUNIT_EXPECT_EQ(test, told(job), moment(10));
	KUNIT_EXPECT_EQ(test, times_told(job), 2);
	set_deadline(job, 30);
	set_deadline(job, 10);
	KUNIT_EXPECT_EQ(test, told(job), moment(10));
	KUNIT_EXPECT_EQ(test, times_told(job), 2);
	set_deadline(job, 0);
	KUNIT_EXPECT_EQ(test, told(job), moment(0));
	KUNIT_EXPECT_EQ(test, times_told(job), 3);
	expect_completes(test, job);
}

/* What is set when it is over, or what never runs, nobody needs to know. */
static void too_late(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *job = mock_job_submit_one(test, queue), *cancelled;
	struct dma_fence *fence = mock_job_fence(job);

	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	expect_completes(test, job);
	set_deadline(job, 1);
	KUNIT_EXPECT_EQ(test, times_told(job), 0);
	mock_job_put(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	dma_fence_set_deadline(fence, moment(0));
	dma_fence_put(fence);

	mock_queue_kill(queue);
	cancelled = mock_job_create(test, queue, 1);
	mock_job_arm(cancelled);
	set_deadline(cancelled, 1);
	mock_job_push(cancelled);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, cancelled), -ECANCELED);
	KUNIT_EXPECT_EQ(test, times_told(cancelled), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->deadlines), 0);
}

static void set_deadline_in_irq(void *arg)
{
	set_deadline(arg, 3);
}

static void from_irq(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *dependency = mock_fence_create(test);

	KUNIT_ASSERT_EQ(test, mock_job_depend(job, dependency), 0);
	mock_job_submit(job);
	mock_irq_call(test, set_deadline_in_irq, job);
	mock_fence_signal(dependency, 0);
	expect_told(test, job, 1, 3);
	expect_completes(test, job);

	job = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_settle();
	mock_irq_call(test, set_deadline_in_irq, job);
	expect_told(test, job, 1, 3);
	expect_completes(test, job);
}

/* It is a hint: without the op it has no effect, and a hardware fence needs no op. */
static void without_op(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 1,
		.no_deadline = true,
	});
	struct mock_job *job = mock_job_create(test, queue, 1);

	mock_job_arm(job);
	set_deadline(job, 5);
	mock_job_push(job);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_settle();
	set_deadline(job, 4);
	if (job->by_fence)
		expect_told(test, job, 1, 4);
	else
		KUNIT_EXPECT_EQ(test, times_told(job), 0);
	expect_completes(test, job);
}

/* The hardware that gets the job the second time has not heard of it. */
static void after_resubmit(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *old = dma_fence_get(job->hw_fence);
	u32 before;

	mock_job_arm(job);
	set_deadline(job, 5);
	mock_job_push(job);
	expect_told(test, job, 1, 5);
	mock_queue_stop(queue);
	KUNIT_EXPECT_EQ(test, mock_queue_reset(queue), 1);
	KUNIT_ASSERT_EQ(test, mock_job_renew_hw_fence(job), 0);
	before = job->by_fence ? 0 : times_told(job);
	KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 1);
	mock_queue_start(queue);
	KUNIT_EXPECT_EQ(test, times_told(job), before + 1);
	KUNIT_EXPECT_EQ(test, told(job), moment(5));
	set_deadline(job, 4);
	KUNIT_EXPECT_EQ(test, told(job), moment(4));
	expect_completes(test, job);
	dma_fence_put(old);
}

#define N_RACES 50

static void set_deadlines(struct mock_thread *thread)
{
	struct mock_job **jobs = thread->arg;
	int i;

	for (i = 0; i < N_RACES; i++)
		set_deadline(jobs[i], 50);
}

/* Whether it comes before, while, or after the job is handed over: it is not lost. */
static void races_with_run_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, N_RACES);
	struct mock_job *jobs[N_RACES];
	struct mock_thread thread = { .function = set_deadlines, .arg = jobs };
	int i;

	for (i = 0; i < N_RACES; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		mock_job_arm(jobs[i]);
	}
	mock_threads_start(test, &thread, 1);
	for (i = 0; i < N_RACES; i++)
		mock_job_push(jobs[i]);
	mock_threads_join(test, &thread, 1);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[N_RACES - 1]));
	for (i = 0; i < N_RACES; i++)
		expect_told(test, jobs[i], 1, 50);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, N_RACES), N_RACES);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[N_RACES - 1]), 1);
}

static void set_deadline_again(struct mock_thread *thread)
{
	struct mock_job **jobs = thread->arg;
	int i, k;

	for (i = 0; i < N_RACES; i++)
		for (k = 3; k; k--)
			set_deadline(jobs[i], k);
}

/* While jobs complete: the mock device finds out who is told too late, KASAN the rest. */
static void races_with_completion(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_job *jobs[N_RACES];
	struct mock_thread threads[2] = {
		{ .function = set_deadline_again, .arg = jobs },
		{ .function = set_deadline_again, .arg = jobs },
	};
	int i;

	for (i = 0; i < N_RACES; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		jobs[i]->at_once = i % 4 == 0;
		jobs[i]->duration_us = 1 + i % 20;
		mock_job_arm(jobs[i]);
	}
	mock_threads_start(test, threads, ARRAY_SIZE(threads));
	for (i = 0; i < N_RACES; i++)
		mock_job_push(jobs[i]);
	mock_threads_join(test, threads, ARRAY_SIZE(threads));
	for (i = 0; i < N_RACES; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), N_RACES);
}

static struct kunit_case drm_dep_deadline_cases[] = {
	KUNIT_CASE_PARAM(before_push, mock_mode_gen_params),
	KUNIT_CASE_PARAM(while_waiting, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(inside_run_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(in_flight, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(earliest_wins, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(too_late, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(from_irq, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(without_op, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(after_resubmit, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(races_with_run_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(races_with_completion, mock_pairs_gen_params),
	{}
};

static struct kunit_suite drm_dep_deadline_suite = {
	.name = "drm_dep_deadline",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_deadline_cases,
};

kunit_test_suite(drm_dep_deadline_suite);
