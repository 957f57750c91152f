// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/delay.h>
#include <linux/module.h>

#include "mock_device.h"
#include "mock_race.h"

/*
 * Walking over the jobs in flight of a stopped queue, and running them again. That jobs run
 * again in order, only when they are resubmitted, never after they have finished, and with
 * run numbers that were not used before, the mock device checks.
 */

#define MAX_JOBS 6

/* A stopped queue with n jobs in flight. */
static struct mock_queue *create_stopped(struct kunit *test, struct mock_job **jobs, int n)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, n);
	int i;

	for (i = 0; i < n; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[n - 1]));
	mock_queue_stop(queue);
	return queue;
}

/* @expected: the numbers of the jobs that a walk finds, as bits. */
static void expect_in_flight(struct kunit *test, struct mock_queue *queue, u32 expected)
{
	struct drm_dep_job *job;
	u32 found = 0;

	drm_dep_queue_for_each_in_flight(job, &queue->base) {
		/* In order, so each is higher than all before. */
		KUNIT_EXPECT_GT(test, BIT(to_mock_job(job)->id), found);
		found |= BIT(to_mock_job(job)->id);
	}
	KUNIT_EXPECT_EQ(test, found, expected);
}

/* Neither those that wait, nor those that are done, signalled or not, nor cancelled ones. */
static void finds_what_is_in_flight(struct kunit *test)
{
	struct mock_job *jobs[MAX_JOBS], *waiting, *armed;
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);

	mock_queue_stop(queue);
	expect_in_flight(test, queue, 0);
	mock_queue_start(queue);

	queue = create_stopped(test, jobs, 4);
	armed = mock_job_create(test, queue, 1);
	mock_job_arm(armed);
	waiting = mock_job_submit_one(test, queue);
	expect_in_flight(test, queue, 0xf);
	/* Done, and its fence is held back. */
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[1]));
	expect_in_flight(test, queue, 0xd);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[0]));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), 1);
	expect_in_flight(test, queue, 0xc);

	mock_queue_start(queue);
	mock_job_put(armed);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(waiting));
	mock_queue_stop(queue);
	expect_in_flight(test, queue, 0x2c);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 3), 3);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, waiting), 1);
	expect_in_flight(test, queue, 0);
	mock_queue_start(queue);
}

/* Jobs complete and lose all their references while they are looked at. */
static void jobs_stay_valid(struct kunit *test)
{
	struct mock_job *jobs[MAX_JOBS], *job;
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_stopped(test, jobs, MAX_JOBS);
	struct drm_dep_job_iter iter;
	struct drm_dep_job *found;
	int i;

	for (i = 0; i < MAX_JOBS; i++)
		mock_job_put(jobs[i]);
	drm_dep_job_iter_begin(&iter, &queue->base);
	found = drm_dep_job_iter_next(&iter);
	KUNIT_ASSERT_PTR_EQ(test, found, &jobs[0]->base);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[1]));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[0]));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->finished) == 2);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[4]));
	for (i = 2; i < MAX_JOBS; i++) {
		if (i == 4)
			continue;
		found = drm_dep_job_iter_next(&iter);
		KUNIT_ASSERT_PTR_EQ(test, found, &jobs[i]->base);
		job = to_mock_job(found);
		KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
		KUNIT_EXPECT_EQ(test, job->id, i);
		KUNIT_EXPECT_TRUE(test, mock_job_is_finished(job));
	}
	KUNIT_EXPECT_NULL(test, drm_dep_job_iter_next(&iter));
	KUNIT_EXPECT_NULL(test, drm_dep_job_iter_next(&iter));
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), MAX_JOBS);
	drm_dep_job_iter_end(&iter);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == MAX_JOBS);
	for (i = 1; i < MAX_JOBS; i++)
		KUNIT_EXPECT_GT(test, mock_log_find(dev, MOCK_JOB_RELEASE, queue->id, i),
				mock_log_find(dev, MOCK_JOB_RELEASE, queue->id, i - 1));
	mock_queue_start(queue);
}

/* As long as one is open nothing retires, in whichever order they are ended. */
static void iterators_nest(struct kunit *test)
{
	struct mock_job *jobs[3];
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_stopped(test, jobs, 3);
	struct drm_dep_job_iter first, second;
	struct drm_dep_job *outer, *inner;
	int i, pairs = 0;

	drm_dep_queue_for_each_in_flight(outer, &queue->base)
		drm_dep_queue_for_each_in_flight(inner, &queue->base)
			pairs++;
	KUNIT_EXPECT_EQ(test, pairs, 9);

	for (i = 0; i < 3; i++)
		mock_job_put(jobs[i]);
	drm_dep_job_iter_begin(&first, &queue->base);
	KUNIT_EXPECT_PTR_EQ(test, drm_dep_job_iter_next(&first), &jobs[0]->base);
	drm_dep_job_iter_begin(&second, &queue->base);
	KUNIT_EXPECT_PTR_EQ(test, drm_dep_job_iter_next(&second), &jobs[0]->base);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	KUNIT_EXPECT_PTR_EQ(test, drm_dep_job_iter_next(&second), &jobs[1]->base);
	drm_dep_job_iter_end(&first);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), 0);
	KUNIT_EXPECT_EQ(test, jobs[0]->id, 0);
	KUNIT_EXPECT_PTR_EQ(test, drm_dep_job_iter_next(&second), &jobs[2]->base);
	drm_dep_job_iter_end(&second);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 2);
	mock_queue_start(queue);
}

static u32 first_in_flight(struct mock_queue *queue)
{
	struct drm_dep_job *job;

	drm_dep_queue_for_each_in_flight(job, &queue->base)
		return to_mock_job(job)->id;
	return U32_MAX;
}

/* However a loop is left, it holds nothing after that. */
static void loop_is_left_early(struct kunit *test)
{
	struct mock_job *jobs[4];
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_stopped(test, jobs, 4);
	struct drm_dep_job *job;
	int i;

	for (i = 0; i < 4; i++)
		mock_job_put(jobs[i]);
	drm_dep_queue_for_each_in_flight(job, &queue->base) {
		KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
		break;
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	KUNIT_EXPECT_EQ(test, first_in_flight(queue), 1);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 2);
	drm_dep_queue_for_each_in_flight(job, &queue->base)
		goto out;
	KUNIT_FAIL(test, "no job is found");
out:
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 2), 2);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 4);
	mock_queue_start(queue);
}

/* Again and again; every one counts as handed over once, and each run has its number. */
static void resubmit(struct kunit *test)
{
	struct mock_job *jobs[MAX_JOBS], *waiting;
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_stopped(test, jobs, 4);
	int i, round;

	waiting = mock_job_submit_one(test, queue);
	for (round = 1; round <= 3; round++) {
		if (round > 1)
			mock_queue_stop(queue);
		KUNIT_EXPECT_EQ(test, mock_queue_reset(queue), 4);
		KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 4);
		KUNIT_EXPECT_EQ(test, atomic_read(&queue->reran), 4 * round);
		for (i = 0; i < 4; i++)
			KUNIT_EXPECT_EQ(test, jobs[i]->runs, 1 + round);
		mock_queue_start(queue);
	}
	/* Their credits are still taken. */
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 4), 4);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), 1);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(waiting));
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, waiting), 1);
}

/* The fence of the earlier run is not waited for any more, and not kept. */
static void resubmit_with_another_fence(struct kunit *test)
{
	struct mock_job *jobs[2];
	struct mock_device *dev = test->priv;
	struct dma_fence *old[2];
	struct mock_queue *queue;
	int i;

	dev->mode.hw_fence = true;
	queue = create_stopped(test, jobs, 2);
	for (i = 0; i < 2; i++) {
		old[i] = dma_fence_get(jobs[i]->hw_fence);
		KUNIT_ASSERT_EQ(test, mock_job_renew_hw_fence(jobs[i]), 0);
	}
	mock_queue_reset(queue);
	KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 2);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_PTR_NE(test, jobs[i]->hw_fence, old[i]);
		KUNIT_EXPECT_EQ(test, kref_read(&old[i]->refcount), 1);
		mock_fence_signal(old[i], -EIO);
		dma_fence_put(old[i]);
	}
	mock_queue_start(queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 2), 2);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), 1);
}

/* A completion of a run that the hardware had lost, and that comes all the same. */
static void late_completion(struct kunit *test)
{
	struct mock_job *jobs[2];
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_stopped(test, jobs, 2);
	u32 runs[3];
	int i;

	for (i = 0; i < 2; i++) {
		runs[i] = jobs[0]->run_number;
		mock_queue_reset(queue);
		KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 2);
	}
	mock_queue_start(queue);
	KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&jobs[0]->base, runs[0], -EIO));
	KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&jobs[0]->base, runs[1], -EIO));
	KUNIT_EXPECT_FALSE(test, drm_dep_job_is_finished(&jobs[0]->base));
	KUNIT_EXPECT_TRUE(test, mock_job_take(jobs[0]));
	KUNIT_EXPECT_TRUE(test, drm_dep_job_done(&jobs[0]->base, jobs[0]->run_number, 0));
	KUNIT_EXPECT_FALSE(test, drm_dep_job_done(&jobs[0]->base, jobs[0]->run_number, -EIO));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), 1);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), 1);
}

/* Between being found and being resubmitted. */
static void completed_meanwhile(struct kunit *test)
{
	struct mock_job *jobs[3];
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_stopped(test, jobs, 3);
	struct drm_dep_job *job;

	mock_queue_reset(queue);
	drm_dep_queue_for_each_in_flight(job, &queue->base) {
		bool complete = job == &jobs[1]->base;

		if (complete)
			KUNIT_EXPECT_TRUE(test, mock_job_fail(jobs[1], -EIO));
		KUNIT_EXPECT_EQ(test, mock_job_resubmit(to_mock_job(job)), !complete);
	}
	mock_queue_start(queue);
	KUNIT_EXPECT_EQ(test, jobs[1]->runs, 1);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 2), 2);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), -EIO);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[2]), 1);
}

/*
 * Nothing is run on a killed queue. What the core would have had to wait for is over, so such
 * a job is, too; what the driver completes it has to complete.
 */
static void expect_killed(struct kunit *test, struct mock_job *job)
{
	if (!job->by_fence) {
		KUNIT_EXPECT_FALSE(test, mock_job_is_finished(job));
		KUNIT_EXPECT_TRUE(test, mock_job_fail(job, -EIO));
	}
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), job->by_fence ? -ECANCELED : -EIO);
}

static void kill_own_queue(struct mock_job *job)
{
	mock_queue_kill(job->queue);
}

/* In the middle, while one runs again: that one was handed over, the next one is not. */
static void killed_meanwhile(struct kunit *test)
{
	struct mock_job *jobs[2];
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_stopped(test, jobs, 2);

	mock_queue_reset(queue);
	jobs[0]->on_run = kill_own_queue;
	KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 1);
	KUNIT_EXPECT_EQ(test, jobs[1]->runs, 1);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), 1);
	expect_killed(test, jobs[1]);
	mock_queue_start(queue);
}

static void killed_before(struct kunit *test)
{
	struct mock_job *jobs[2];
	struct mock_queue *queue = create_stopped(test, jobs, 2);

	mock_queue_reset(queue);
	mock_queue_kill(queue);
	KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 0);
	expect_killed(test, jobs[0]);
	expect_killed(test, jobs[1]);
	mock_queue_start(queue);
}

/*
 * As a driver handles a hang: the guilty job fails, the others run again, and one that was
 * not resubmitted is the driver's still.
 */
static int reset_without_guilty(struct mock_job *guilty)
{
	struct mock_queue *queue = guilty->queue;
	struct drm_dep_job *job;

	mock_queue_stop(queue);
	mock_queue_reset(queue);
	drm_dep_queue_for_each_in_flight(job, &queue->base) {
		if (job == &guilty->base)
			mock_job_fail(guilty, -ETIME);
		else if (to_mock_job(job)->id != 2 && !mock_job_resubmit(to_mock_job(job)))
			mock_violation(queue->dev, "a job in flight does not run again");
	}
	mock_queue_start(queue);
	return DRM_DEP_TIMEOUT_HANDLED;
}

static void guilty_job_is_skipped(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_job *jobs[5];
	int i;

	queue->on_timedout = reset_without_guilty;
	for (i = 0; i < 5; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 4);
	mock_queue_trigger_timeout(queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), -ETIME);
	/* Its credit was given back. */
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 5);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->reran), 2);
	KUNIT_EXPECT_EQ(test, jobs[1]->runs, 2);
	KUNIT_EXPECT_EQ(test, jobs[2]->runs, 1);
	KUNIT_EXPECT_EQ(test, jobs[3]->runs, 2);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 3), 3);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), 1);
	mock_settle();
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(jobs[2]));
	KUNIT_EXPECT_TRUE(test, mock_job_fail(jobs[2], -EIO));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[2]), -EIO);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[4]), 1);
}

/* All of them, the one that timed out included; which hangs once more, and then no more. */
static int reset_all(struct mock_job *job)
{
	struct mock_queue *queue = job->queue;

	if (job->timeouts == 3) {
		mock_device_advance(queue->dev, 3);
		return DRM_DEP_TIMEOUT_HANDLED;
	}
	mock_queue_stop(queue);
	mock_queue_reset(queue);
	if (mock_queue_resubmit(queue) != 3)
		mock_violation(queue->dev, "a job in flight does not run again");
	mock_queue_start(queue);
	return DRM_DEP_TIMEOUT_HANDLED;
}

static void resubmit_in_timedout_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 3,
		.timeout_ms = 20,
	});
	int i;

	queue->on_timedout = reset_all;
	/* Pushed together, as it counts how many there are. */
	mock_queue_stop(queue);
	for (i = 0; i < 3; i++)
		mock_job_put(mock_job_submit_one(test, queue));
	drm_dep_queue_pause_timeout(&queue->base);
	mock_queue_start(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 3);
	drm_dep_queue_resume_timeout(&queue->base);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->timedout), 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->reran), 6);
}

/* A job that can't be handed over again finishes with the error, in its place. */
static void second_run_fails(struct kunit *test)
{
	struct mock_job *jobs[3];
	struct mock_queue *queue = create_stopped(test, jobs, 3);

	mock_queue_reset(queue);
	jobs[1]->run_error = -EAGAIN;
	KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 3);
	expect_in_flight(test, queue, 0x5);
	KUNIT_EXPECT_TRUE(test, drm_dep_job_is_finished(&jobs[1]->base));
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(jobs[1]));
	mock_queue_start(queue);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[0]));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), -EAGAIN);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[2]));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[2]), 1);
}

/* It completes before the second run_job has returned, and is gone with the iterator. */
static void second_run_completes_at_once(struct kunit *test)
{
	struct mock_job *jobs[3];
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_stopped(test, jobs, 3);
	int i;

	mock_queue_reset(queue);
	for (i = 0; i < 3; i++) {
		jobs[i]->at_once = true;
		mock_job_put(jobs[i]);
	}
	KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 3);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 3);
	mock_queue_start(queue);
}

/* Jobs complete, by one thread, while another one looks at all of them. */

static bool prepare_in_flight(struct mock_race *race, struct rnd_state *random)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(race->jobs); i++) {
		race->jobs[i] = mock_job_new(race->queue, 1);
		if (!race->jobs[i])
			return false;
		mock_job_submit(race->jobs[i]);
	}
	race->flag = mock_random(random, 2);
	return mock_soon(race->dev, mock_job_has_returned(race->jobs[3]));
}

static void iterate(struct mock_race *race, struct rnd_state *random)
{
	struct drm_dep_job *job;
	u32 last = 0;

	mock_queue_stop(race->queue);
	drm_dep_queue_for_each_in_flight(job, &race->queue->base) {
		/* Numbers go on from round to round. */
		if (to_mock_job(job)->id < last)
			mock_violation(race->dev, "an iterator finds jobs out of order");
		last = to_mock_job(job)->id;
		udelay(mock_random(random, 3));
	}
	mock_queue_start(race->queue);
}

static void put_and_complete(struct mock_race *race, struct rnd_state *random)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(race->jobs); i++) {
		/* In order, or two and two the other way round. */
		k = race->flag ? i ^ 1 : i;
		if (!mock_job_complete(race->jobs[k]))
			mock_violation(race->dev, "a job is not in flight");
	}
	for (i = 0; i < ARRAY_SIZE(race->jobs); i++)
		mock_job_put(race->jobs[i]);
}

static void iterate_and_complete(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);
	struct mock_device *dev = test->priv;

	race->queue = mock_queue_create(test, U32_MAX);
	race->prepare = prepare_in_flight;
	race->first = iterate;
	race->second = put_and_complete;
	mock_race_run(test, race);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 4 * race->rounds);
}

/* Jobs complete, late and with an error, while they are resubmitted: one of both is first. */

static void resubmit_lost(struct mock_race *race, struct rnd_state *random)
{
	mock_queue_stop(race->queue);
	mock_queue_resubmit(race->queue);
	mock_queue_start(race->queue);
}

static bool prepare_lost(struct mock_race *race, struct rnd_state *random)
{
	int i;

	if (!prepare_in_flight(race, random))
		return false;
	mock_queue_reset(race->queue);
	for (i = 0; i < ARRAY_SIZE(race->jobs); i++)
		race->jobs[i]->at_once = mock_random(random, 2);
	return true;
}

static void fail_lost(struct mock_race *race, struct rnd_state *random)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(race->jobs); i++)
		mock_job_fail(race->jobs[race->flag ? i ^ 1 : i], -EIO);
}

static bool all_are_finished(struct mock_race *race)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(race->jobs); i++)
		if (!mock_job_is_finished(race->jobs[i]))
			return false;
	return true;
}

static bool finish_lost(struct mock_race *race)
{
	bool finished;
	int i;

	/* What ran again; and what was taken from the list of lost jobs in vain. */
	mock_device_advance(race->dev, UINT_MAX);
	finished = mock_soon(race->dev, all_are_finished(race));
	for (i = 0; i < ARRAY_SIZE(race->jobs); i++)
		mock_job_put(race->jobs[i]);
	return finished;
}

static void resubmit_and_complete(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);
	struct mock_device *dev = test->priv;

	race->queue = mock_queue_create(test, U32_MAX);
	race->prepare = prepare_lost;
	race->first = resubmit_lost;
	race->second = fail_lost;
	race->finish = finish_lost;
	mock_race_run(test, race);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 4 * race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 4 * race->rounds);
	kunit_info(test, "%d of %d jobs ran again\n", atomic_read(&dev->reran), 4 * race->rounds);
}

/* A kill comes while lost jobs are resubmitted. */

static bool prepare_to_kill(struct mock_race *race, struct rnd_state *random)
{
	race->queue = mock_queue_new(race->dev, &(struct mock_queue_options) { .credits = 4 });
	return race->queue && prepare_lost(race, random);
}

static void kill_queue(struct mock_race *race, struct rnd_state *random)
{
	mock_queue_kill(race->queue);
}

static bool finish_killed(struct mock_race *race)
{
	bool finished;
	int i;

	mock_device_advance(race->dev, UINT_MAX);
	for (i = 0; i < ARRAY_SIZE(race->jobs); i++)
		mock_job_fail(race->jobs[i], -ENODEV);
	finished = mock_soon(race->dev, all_are_finished(race));
	for (i = 0; i < ARRAY_SIZE(race->jobs); i++)
		mock_job_put(race->jobs[i]);
	mock_queue_put(race->queue);
	return finished;
}

static void resubmit_and_kill(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);
	struct mock_device *dev = test->priv;

	race->prepare = prepare_to_kill;
	race->first = resubmit_lost;
	race->second = kill_queue;
	race->finish = finish_killed;
	mock_race_run(test, race);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->killed), race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 4 * race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), race->rounds);
	kunit_info(test, "%d of %d jobs ran again\n", atomic_read(&dev->reran), 4 * race->rounds);
}

static struct kunit_case drm_dep_iterate_cases[] = {
	KUNIT_CASE_PARAM(finds_what_is_in_flight, mock_flags_gen_params),
	KUNIT_CASE_PARAM(jobs_stay_valid, mock_mode_gen_params),
	KUNIT_CASE_PARAM(iterators_nest, mock_flags_gen_params),
	KUNIT_CASE_PARAM(loop_is_left_early, mock_flags_gen_params),
	KUNIT_CASE_PARAM(resubmit, mock_mode_gen_params),
	KUNIT_CASE_PARAM(resubmit_with_another_fence, mock_flags_gen_params),
	KUNIT_CASE_PARAM(late_completion, mock_flags_gen_params),
	KUNIT_CASE_PARAM(completed_meanwhile, mock_mode_gen_params),
	KUNIT_CASE_PARAM(killed_before, mock_mode_gen_params),
	KUNIT_CASE_PARAM(killed_meanwhile, mock_mode_gen_params),
	KUNIT_CASE_PARAM(guilty_job_is_skipped, mock_mode_gen_params),
	KUNIT_CASE_PARAM(resubmit_in_timedout_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(second_run_fails, mock_mode_gen_params),
	KUNIT_CASE_PARAM(second_run_completes_at_once, mock_mode_gen_params),
	KUNIT_CASE_PARAM(iterate_and_complete, mock_mode_gen_params),
	KUNIT_CASE_PARAM(resubmit_and_complete, mock_mode_gen_params),
	KUNIT_CASE_PARAM(resubmit_and_kill, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_iterate_suite = {
	.name = "drm_dep_iterate",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_iterate_cases,
};

kunit_test_suite(drm_dep_iterate_suite);
