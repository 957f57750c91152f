// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Waiting until a queue has nothing left, and how long it has been busy.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched/signal.h>

#include "mock_device.h"

/* A test that waits for ever says nothing. */
#define PATIENCE_MS 20000

/* A wait in a thread of its own, that the test can look at while it lasts. */
struct waiter {
	struct mock_thread thread;
	struct mock_queue *queue;
	int result;
};

static void wait_idle(struct mock_thread *thread)
{
	struct waiter *waiter = thread->arg;

	waiter->result = drm_dep_queue_wait_idle(&waiter->queue->base, PATIENCE_MS);
}

static void waiter_start(struct kunit *test, struct waiter *waiter, struct mock_queue *queue)
{
	waiter->queue = queue;
	waiter->result = 1;
	waiter->thread.arg = waiter;
	if (!waiter->thread.function)
		waiter->thread.function = wait_idle;
	mock_threads_start(test, &waiter->thread, 1);
}

/* What it returned. The test has seen to it that it returns. */
static int waiter_join(struct kunit *test, struct waiter *waiter)
{
	mock_threads_join(test, &waiter->thread, 1);
	return waiter->result;
}

static bool waits(struct waiter *waiter)
{
	return !completion_done(&waiter->thread.done);
}

static void returns_if_idle(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job;

	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, 0), 0);
	job = mock_job_create(test, queue, 1);
	/* It is the queue's only when it is pushed. */
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, 0), 0);
	mock_job_arm(job);
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, 0), 0);
	job->duration_us = 1;
	mock_job_push(job);
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, 0), 0);
	/* The queue has dropped its reference, so everything was before that. */
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 1);
	KUNIT_EXPECT_TRUE(test, mock_job_has_returned(job));
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, 0), 0);
}

/* In flight, without credits, and held back by a dependency. */
static void waits_for_all_before(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct dma_fence *fence = mock_fence_create(test);
	struct waiter waiter = {};
	struct mock_job *jobs[3];
	int i;

	for (i = 0; i < 3; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		if (i == 2)
			KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[i], fence), 0);
		mock_job_submit(jobs[i]);
	}
	waiter_start(test, &waiter, queue);
	for (i = 0; i < 3; i++) {
		if (i == 2)
			mock_fence_signal(fence, 0);
		MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[i]));
		mock_settle();
		KUNIT_EXPECT_TRUE(test, waits(&waiter));
		KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[i]));
	}
	KUNIT_EXPECT_EQ(test, waiter_join(test, &waiter), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 3);
}

static void not_for_later_ones(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *before = mock_job_submit_one(test, queue);
	struct waiter waiter = {};
	struct mock_job *after;

	waiter_start(test, &waiter, queue);
	mock_settle();
	after = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(after));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(before));
	KUNIT_EXPECT_EQ(test, waiter_join(test, &waiter), 0);
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(after));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(after));
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, PATIENCE_MS), 0);
}

static void release_slowly(struct mock_job *job)
{
	/* In a worker, unless the mode says otherwise. */
	if (!job->dev->mode.irq_put)
		msleep(20);
	atomic_inc(job->private);
}

/*
 * If the queue had the last reference, release is over, too. That it has, the test sees to:
 * the others are given back before the jobs can run.
 */
static void includes_release(struct kunit *test)
{
	atomic_t *released = kunit_kzalloc(test, sizeof(*released), GFP_KERNEL);
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_job *job;
	int i, k;

	KUNIT_ASSERT_NOT_NULL(test, released);
	for (i = 0; i < 3; i++) {
		mock_queue_stop(queue);
		for (k = 0; k < 4; k++) {
			job = mock_job_create(test, queue, 1);
			/* With job_done, the hardware would keep a reference for a moment longer. */
			job->at_once = !job->by_fence || k % 2;
			job->duration_us = 1;
			job->on_release = release_slowly;
			job->private = released;
			mock_job_submit(job);
			mock_job_put(job);
		}
		mock_queue_start(queue);
		KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, PATIENCE_MS), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(released), 4 * (i + 1));
	}
}

static void includes_cancelled_jobs(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct dma_fence *fence = mock_fence_create(test);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct waiter waiter = {};

	KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
	mock_job_submit(job);
	mock_queue_kill(queue);
	/* One that came back to life as it was put before push. */
	job = mock_job_create(test, queue, 1);
	mock_job_arm(job);
	mock_job_put(job);
	waiter_start(test, &waiter, queue);
	mock_settle();
	KUNIT_EXPECT_TRUE(test, waits(&waiter));
	mock_fence_signal(fence, 0);
	KUNIT_EXPECT_EQ(test, waiter_join(test, &waiter), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 0);
}

/* A job that is not handed over while the queue is stopped is waited for all the same. */
static void waits_while_stopped(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct waiter waiter = {};
	struct mock_job *job;

	mock_queue_stop(queue);
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, PATIENCE_MS), 0);
	job = mock_job_create(test, queue, 1);
	job->at_once = true;
	mock_job_submit(job);
	waiter_start(test, &waiter, queue);
	mock_settle();
	KUNIT_EXPECT_TRUE(test, waits(&waiter));
	mock_queue_start(queue);
	KUNIT_EXPECT_EQ(test, waiter_join(test, &waiter), 0);
}

static void many_wait(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_submit_one(test, queue);
	struct waiter waiters[5] = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(waiters); i++)
		waiter_start(test, &waiters[i], queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_settle();
	for (i = 0; i < ARRAY_SIZE(waiters); i++)
		KUNIT_EXPECT_TRUE(test, waits(&waiters[i]));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	for (i = 0; i < ARRAY_SIZE(waiters); i++)
		KUNIT_EXPECT_EQ(test, waiter_join(test, &waiters[i]), 0);
}

/* Again and again, while jobs come and go by the interrupts of the hardware. */
static void again_and_again(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *job;
	int i;

	for (i = 0; i < 60; i++) {
		job = mock_job_create(test, queue, 1);
		job->at_once = i % 3 == 0;
		job->duration_us = 1 + i;
		mock_job_submit(job);
		if (i % 4)
			mock_job_put(job);
		KUNIT_ASSERT_EQ(test, drm_dep_queue_wait_idle(&queue->base, PATIENCE_MS), 0);
		KUNIT_ASSERT_EQ(test, atomic_read(&dev->finished), i + 1);
	}
}

static void times_out(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_submit_one(test, queue);
	ktime_t from = ktime_get();

	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, 30), -ETIME);
	KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), from) + jiffies_to_msecs(1), 30);
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, 1), -ETIME);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, 10000), 0);
	/* With nothing left it does not even look at the time. */
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, 1), 0);
}

static void wait_idle_killably(struct mock_thread *thread)
{
	/* A thread of the kernel takes no signals, unless it says so. */
	allow_signal(SIGKILL);
	wait_idle(thread);
	flush_signals(current);
	disallow_signal(SIGKILL);
}

static void can_be_killed(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct waiter waiter = { .thread.function = wait_idle_killably };
	struct mock_job *job = mock_job_submit_one(test, queue);

	waiter_start(test, &waiter, queue);
	mock_settle();
	KUNIT_EXPECT_TRUE(test, waits(&waiter));
	/* It may not have said so yet. */
	while (waits(&waiter)) {
		send_sig(SIGKILL, waiter.thread.task, 1);
		msleep(20);
	}
	KUNIT_EXPECT_EQ(test, waiter_join(test, &waiter), -ERESTARTSYS);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, PATIENCE_MS), 0);
}

/* Busy time */

static u64 busy_time(struct mock_queue *queue)
{
	return drm_dep_queue_busy_time(&queue->base);
}

static void busy_while_in_flight(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct dma_fence *fence = mock_fence_create(test);
	struct mock_job *job = mock_job_create(test, queue, 1), *next;
	u64 from, until, first, busy;

	KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
	mock_job_submit(job);
	mock_settle();
	/* To wait is not to be busy. */
	KUNIT_EXPECT_EQ(test, busy_time(queue), 0);

	from = ktime_get_ns();
	mock_fence_signal(fence, 0);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	first = ktime_get_ns();
	msleep(20);
	next = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(next));
	until = ktime_get_ns();
	/* Two at once count once. */
	busy = busy_time(queue);
	KUNIT_EXPECT_GE(test, busy, until - first);
	KUNIT_EXPECT_LE(test, busy, ktime_get_ns() - from);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(next));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, next), 1);
	until = ktime_get_ns();
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, PATIENCE_MS), 0);
	KUNIT_EXPECT_LE(test, busy_time(queue), until - from);

	busy = busy_time(queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, busy_time(queue), busy);
}

/* Its clock is that of the timeout. */
static void not_busy_while_paused(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_submit_one(test, queue);
	u64 busy;

	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	drm_dep_queue_pause_timeout(&queue->base);
	busy = busy_time(queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, busy_time(queue), busy);
	drm_dep_queue_resume_timeout(&queue->base);
	msleep(20);
	KUNIT_EXPECT_GE(test, busy_time(queue), busy + 10 * NSEC_PER_MSEC);

	mock_queue_stop(queue);
	busy = busy_time(queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, busy_time(queue), busy);
	/* Completing it does not make up for it. */
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, busy_time(queue), busy);
	mock_queue_start(queue);
	KUNIT_EXPECT_EQ(test, busy_time(queue), busy);
}

struct clock_watch {
	struct mock_queue *queue;
	bool stop;
};

static void watch_clock(struct mock_thread *thread)
{
	struct clock_watch *watch = thread->arg;
	u64 last = 0, now;

	while (!READ_ONCE(watch->stop)) {
		now = busy_time(watch->queue);
		if (now < last)
			mock_violation(watch->queue->dev, "busy time goes from %llu to %llu", last,
				       now);
		last = now;
		cond_resched();
	}
}

/* Whatever changes about the clock meanwhile. */
static void busy_time_never_goes_back(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 3);
	struct clock_watch watch = { .queue = queue };
	struct mock_thread thread = { .function = watch_clock, .arg = &watch };
	u64 from = ktime_get_ns();
	struct rnd_state random;
	struct mock_job *job;
	int i;

	mock_random_init(test, &random);
	mock_threads_start(test, &thread, 1);
	for (i = 0; i < 60; i++) {
		job = mock_job_create(test, queue, 1);
		job->at_once = mock_random(&random, 2);
		job->duration_us = 1 + mock_random(&random, 100);
		mock_job_submit(job);
		mock_job_put(job);
		switch (mock_random(&random, 6)) {
		case 0:
			drm_dep_queue_pause_timeout(&queue->base);
			break;
		case 1:
		case 2:
			drm_dep_queue_resume_timeout(&queue->base);
			break;
		case 3:
			mock_queue_stop(queue);
			mock_queue_start(queue);
			break;
		}
	}
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, PATIENCE_MS), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 60);
	KUNIT_EXPECT_LE(test, busy_time(queue), ktime_get_ns() - from);
	WRITE_ONCE(watch.stop, true);
	mock_threads_join(test, &thread, 1);
}

static struct kunit_case drm_dep_idle_cases[] = {
	KUNIT_CASE_PARAM(returns_if_idle, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(waits_for_all_before, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(not_for_later_ones, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(includes_release, mock_mode_gen_params),
	KUNIT_CASE_PARAM(includes_cancelled_jobs, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(waits_while_stopped, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(many_wait, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(again_and_again, mock_mode_gen_params),
	KUNIT_CASE_PARAM(times_out, mock_pairs_gen_params),
	KUNIT_CASE(can_be_killed),
	KUNIT_CASE_PARAM(busy_while_in_flight, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(not_busy_while_paused, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(busy_time_never_goes_back, mock_pairs_gen_params),
	{}
};

static struct kunit_suite drm_dep_idle_suite = {
	.name = "drm_dep_idle",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_idle_cases,
};

kunit_test_suite(drm_dep_idle_suite);
