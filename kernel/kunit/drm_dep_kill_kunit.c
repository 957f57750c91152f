// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "mock_device.h"
#include "mock_race.h"

/*
 * Kills. That no job runs any more after one, that killed is called once and not while the
 * queue is stopped, and that cancelled jobs finish in order and after their dependencies, the
 * mock device checks.
 */

static void kill_queue(void *arg)
{
	mock_queue_kill(arg);
}

/*
 * A kill finishes nothing itself, or a driver could not do it in its interrupt handler: jobs
 * that have not run are cancelled by the worker. (Those behind one in flight are as well, if it
 * completes first.)
 */
static void check_is_worker(struct mock_job *job)
{
	if (in_hardirq() || !(current->flags & PF_WQ_WORKER))
		mock_violation(job->dev, "job %u is cancelled by the kill", job->id);
}

static void waiting_jobs_are_cancelled(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *running = mock_job_submit_one(test, queue);
	struct mock_job *jobs[4];
	int i;

	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(running));
	for (i = 0; i < 4; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	mock_queue_kill(queue);
	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_killed(&queue->base));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	/* Behind the one that is in flight, which completes as if nothing had been. */
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(running));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, running), 1);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), -ECANCELED);
		mock_job_put(jobs[i]);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 1);
}

/*
 * Whoever waits for a job that depends on a foreign fence takes it to mean that this one has
 * signalled, too.
 */
static void dependencies_are_waited_for(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 8);
	struct dma_fence *fences[2];
	struct mock_job *jobs[5];
	int i;

	for (i = 0; i < 2; i++)
		fences[i] = mock_fence_create(test);
	for (i = 0; i < 5; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		jobs[i]->on_finished = check_is_worker;
	}
	KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[1], fences[0]), 0);
	KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[3], fences[1]), 0);
	mock_queue_stop(queue);
	for (i = 0; i < 5; i++)
		mock_job_submit(jobs[i]);
	mock_irq_call(test, kill_queue, queue);
	mock_queue_start(queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), -ECANCELED);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 1);
	/* Not in its order, so nothing comes of it. */
	mock_fence_signal(fences[1], -EIO);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 1);
	mock_fence_signal(fences[0], 0);
	for (i = 1; i < 5; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), -ECANCELED);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
}

/* What prepare_job said has to be waited for is as well; and it is not asked again. */
static void prepare_fence_is_waited_for(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.prepare = true,
	});
	struct mock_job *job = mock_job_create(test, queue, 1), *behind;
	struct dma_fence *fence = mock_fence_create(test);

	KUNIT_ASSERT_EQ(test, mock_job_prepare_fence(job, fence), 0);
	mock_job_submit(job);
	behind = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->prepared) == 1);
	mock_queue_kill(queue);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	mock_fence_signal(fence, 0);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ECANCELED);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, behind), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->prepared), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
}

/* A job that is armed and not pushed has its place, too. */
static void gap_is_waited_for(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_job *jobs[4];
	int i;

	for (i = 0; i < 4; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		mock_job_arm(jobs[i]);
	}
	mock_job_push(jobs[1]);
	mock_job_push(jobs[3]);
	mock_queue_kill(queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	mock_job_put(jobs[0]);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), -ECANCELED);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 2);
	mock_job_push(jobs[2]);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[3]), -ECANCELED);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[2]), -ECANCELED);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
}

/* With a lock held that is taken when jobs finish, in whatever context that is. */

struct lock_of_driver {
	spinlock_t lock;
	int finished;
};

static void finish_with_lock(struct mock_job *job)
{
	struct lock_of_driver *driver = job->private;
	unsigned long flags;

	spin_lock_irqsave(&driver->lock, flags);
	driver->finished++;
	spin_unlock_irqrestore(&driver->lock, flags);
}

static void kill_under_spinlock(struct kunit *test)
{
	struct lock_of_driver *driver = kunit_kzalloc(test, sizeof(*driver), GFP_KERNEL);
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *jobs[3];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, driver);
	spin_lock_init(&driver->lock);
	mock_queue_stop(queue);
	for (i = 0; i < 3; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		jobs[i]->private = driver;
		jobs[i]->on_finished = finish_with_lock;
		mock_job_submit(jobs[i]);
	}
	spin_lock_irq(&driver->lock);
	mock_queue_kill(queue);
	KUNIT_EXPECT_EQ(test, driver->finished, 0);
	spin_unlock_irq(&driver->lock);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), -ECANCELED);
	mock_queue_start(queue);
}

/* killed comes once, however often the queue is killed, and not while it is stopped. */
static void killed_comes_once(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);

	mock_queue_stop(queue);
	mock_queue_kill(queue);
	mock_queue_kill(queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->killed), 0);
	mock_queue_start(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	mock_queue_kill(queue);
	mock_irq_call(test, kill_queue, queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->killed), 1);
}

/* After the op that was in progress. */

struct slow_run {
	struct mock_job *job;
	struct completion entered, go;
};

static void be_slow(struct mock_job *job)
{
	struct slow_run *slow = job->private;

	complete(&slow->entered);
	wait_for_completion(&slow->go);
}

static void push_slow(struct mock_thread *thread)
{
	struct slow_run *slow = thread->arg;

	mock_job_push(slow->job);
}

static void killed_comes_after_run_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct slow_run *slow = kunit_kzalloc(test, sizeof(*slow), GFP_KERNEL);
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_thread push = { .function = push_slow, .arg = slow };
	struct mock_job *behind;

	KUNIT_ASSERT_NOT_NULL(test, slow);
	init_completion(&slow->entered);
	init_completion(&slow->go);
	slow->job = mock_job_create(test, queue, 1);
	slow->job->private = slow;
	slow->job->on_run = be_slow;
	mock_job_arm(slow->job);
	mock_threads_start(test, &push, 1);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&slow->entered, MOCK_PATIENCE), 0);
	mock_queue_kill(queue);
	behind = mock_job_submit_one(test, queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->killed), 0);
	complete(&slow->go);
	mock_threads_join(test, &push, 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	/* It was handed over, so it is the driver's. */
	KUNIT_EXPECT_TRUE(test, mock_job_fail(slow->job, -ENODEV));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, slow->job), -ENODEV);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, behind), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 1);
}

/* Each with the result that it has. */
static void jobs_in_flight_complete(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 3);
	struct mock_job *jobs[3];
	int i;

	for (i = 0; i < 3; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[2]));
	mock_queue_kill(queue);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[0]));
	KUNIT_EXPECT_TRUE(test, mock_job_fail(jobs[1], -EIO));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[2]));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), -EIO);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[2]), 1);
}

/* A driver that has nothing else to tell it that a job does not come back. */
static void timeout_stays_armed(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.timeout_ms = 20,
	});
	struct mock_job *running, *waiting;

	/* Not before the kill. */
	drm_dep_queue_pause_timeout(&queue->base);
	running = mock_job_submit_one(test, queue);
	waiting = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(running));
	mock_queue_kill(queue);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	drm_dep_queue_resume_timeout(&queue->base);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, running), -ETIME);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, waiting), -ECANCELED);
	KUNIT_EXPECT_EQ(test, mock_log_count(dev, MOCK_TIMEDOUT, queue->id, 0), 1);
}

/* Whoever pushes need not know. */
static void push_after_kill(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct dma_fence *fence = mock_fence_create(test), *finished;
	struct mock_job *job, *dependent;

	mock_queue_kill(queue);
	job = mock_job_create(test, queue, 2);
	job->on_finished = check_is_worker;
	mock_job_submit(job);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ECANCELED);

	dependent = mock_job_create(test, queue, 1);
	KUNIT_ASSERT_EQ(test, mock_job_depend(dependent, fence), 0);
	mock_job_submit(dependent);
	job = mock_job_create(test, queue, 1);
	mock_job_arm(job);
	finished = mock_job_fence(job);
	mock_job_put(job);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 1);
	mock_fence_signal(fence, 0);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, finished), -ECANCELED);
	dma_fence_put(finished);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, dependent), -ECANCELED);
	mock_job_put(mock_job_create(test, queue, 1));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
}

/* The op is optional. */
static void kill_without_op(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.no_killed = true,
	});
	struct mock_job *job = mock_job_submit_one(test, queue), *behind;

	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	behind = mock_job_submit_one(test, queue);
	mock_queue_kill(queue);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, behind), -ECANCELED);
	mock_job_put(job);
	mock_job_put(behind);
	mock_queue_put(queue);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

/*
 * From any op, from callbacks of fences and in release. What is pushed behind it is cancelled,
 * always.
 */
enum kill_place { KILL_IN_PREPARE, KILL_IN_RUN, KILL_IN_MESSAGE, KILL_IN_TIMEOUT,
		  KILL_IN_CALLBACK, KILL_IN_RELEASE, N_KILL_PLACES };

static void kill_own_queue(struct mock_job *job)
{
	mock_queue_kill(job->queue);
}

static struct dma_fence *kill_in_prepare(struct mock_job *job)
{
	mock_queue_kill(job->queue);
	return NULL;
}

static void kill_in_message(struct mock_message *message)
{
	mock_queue_kill(message->queue);
}

static int kill_in_timeout(struct mock_job *job)
{
	mock_queue_kill(job->queue);
	mock_job_fail(job, -ETIME);
	return DRM_DEP_TIMEOUT_HANDLED;
}

static void kill_in_place(struct kunit *test, enum kill_place place)
{
	struct mock_device *dev = test->priv;
	int killed = atomic_read(&dev->killed), ran = atomic_read(&dev->ran);
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.prepare = place == KILL_IN_PREPARE,
	});
	bool runs = place != KILL_IN_PREPARE && place != KILL_IN_MESSAGE;
	struct mock_job *job = mock_job_create(test, queue, 1), *behind;
	struct mock_message *message;
	struct dma_fence *finished;

	if (place == KILL_IN_PREPARE)
		job->on_prepare = kill_in_prepare;
	if (place == KILL_IN_RUN)
		job->on_run = kill_own_queue;
	if (place == KILL_IN_CALLBACK)
		job->on_finished = kill_own_queue;
	if (place == KILL_IN_RELEASE)
		job->on_release = kill_own_queue;
	queue->on_timedout = kill_in_timeout;
	mock_job_arm(job);
	finished = mock_job_fence(job);
	if (place == KILL_IN_MESSAGE) {
		message = mock_message_create(test, queue, 0);
		message->on_process = kill_in_message;
		mock_message_send(message);
	}
	mock_job_push(job);
	if (runs) {
		MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
		if (place == KILL_IN_TIMEOUT)
			mock_queue_trigger_timeout(queue);
		else
			KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	}
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, finished),
			place == KILL_IN_TIMEOUT ? -ETIME : runs ? 1 : -ECANCELED);
	dma_fence_put(finished);
	mock_job_put(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->killed) == killed + 1);
	behind = mock_job_submit_one(test, queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, behind), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), ran + runs);
}

static void kill_in_every_place(struct kunit *test)
{
	enum kill_place place;

	for (place = 0; place < N_KILL_PLACES; place++)
		kill_in_place(test, place);
}

/* Jobs are pushed, armed and put, while the queue is killed: each runs or is cancelled. */

static bool prepare_jobs(struct mock_race *race, struct rnd_state *random)
{
	int i;

	race->queue = mock_queue_new(race->dev, &(struct mock_queue_options) { .credits = 4 });
	race->fence = mock_fence_alloc(dma_fence_context_alloc(1), 1);
	if (!race->queue || !race->fence)
		return false;
	for (i = 0; i < ARRAY_SIZE(race->jobs); i++) {
		race->jobs[i] = mock_job_new(race->queue, 1);
		if (!race->jobs[i])
			return false;
		race->jobs[i]->duration_us = mock_random(random, 10);
		race->jobs[i]->at_once = mock_random(random, 2);
	}
	if (mock_random(random, 2) && mock_job_depend(race->jobs[2], race->fence))
		return false;
	return true;
}

static void push_jobs(struct mock_race *race, struct rnd_state *random)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(race->jobs); i++) {
		mock_job_arm(race->jobs[i]);
		/* The last one but one may have been armed for nothing. */
		if (i != 2 || mock_random(random, 2))
			mock_job_push(race->jobs[i]);
		mock_job_put(race->jobs[i]);
	}
	dma_fence_signal(race->fence);
	dma_fence_put(race->fence);
}

static void kill_in_race(struct mock_race *race, struct rnd_state *random)
{
	udelay(mock_random(random, 20));
	mock_queue_kill(race->queue);
	/* As a driver would, which completes what the hardware has. */
	mock_device_advance(race->dev, UINT_MAX);
	mock_queue_put(race->queue);
}

static bool no_job_is_left(struct mock_device *dev)
{
	mock_device_advance(dev, UINT_MAX);
	return !atomic_read(&dev->jobs);
}

static bool finish_jobs(struct mock_race *race)
{
	return mock_soon(race->dev, no_job_is_left(race->dev));
}

static void kill_and_push(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);
	struct mock_device *dev = test->priv;

	race->prepare = prepare_jobs;
	race->first = push_jobs;
	race->second = kill_in_race;
	race->finish = finish_jobs;
	mock_race_run(test, race);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 4 * race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->killed), race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), race->rounds);
	kunit_info(test, "%d of %d jobs ran\n", atomic_read(&dev->ran), 4 * race->rounds);
}

/* The queue is stopped for a moment while it is killed. */

static void stop_for_a_moment(struct mock_race *race, struct rnd_state *random)
{
	mock_queue_stop(race->queue);
	udelay(mock_random(random, 20));
	mock_queue_start(race->queue);
	push_jobs(race, random);
}

static void kill_only(struct mock_race *race, struct rnd_state *random)
{
	udelay(mock_random(random, 20));
	mock_queue_kill(race->queue);
}

static bool finish_killed(struct mock_race *race)
{
	bool gone = finish_jobs(race);

	mock_queue_put(race->queue);
	return gone;
}

static void kill_and_stop(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);
	struct mock_device *dev = test->priv;

	race->prepare = prepare_jobs;
	race->first = stop_for_a_moment;
	race->second = kill_only;
	race->finish = finish_killed;
	mock_race_run(test, race);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 4 * race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->killed), race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), race->rounds);
}

/* A hung job times out while the queue is killed and while the job completes after all. */

static int one_of_all(struct mock_job *job)
{
	switch (job->id % 4) {
	case 0:
		mock_job_fail(job, -ETIME);
		return DRM_DEP_TIMEOUT_HANDLED;
	case 1:
		mock_queue_stop(job->queue);
		mock_queue_start(job->queue);
		return DRM_DEP_TIMEOUT_NOT_HUNG;
	case 2:
		mock_queue_kill(job->queue);
		return DRM_DEP_TIMEOUT_HANDLED;
	default:
		return DRM_DEP_TIMEOUT_DEVICE_GONE;
	}
}

static bool prepare_hung(struct mock_race *race, struct rnd_state *random)
{
	int i, n = 1 + mock_random(random, 4);

	race->queue = mock_queue_new(race->dev, &(struct mock_queue_options) { .credits = 3 });
	if (!race->queue)
		return false;
	race->queue->on_timedout = one_of_all;
	/* So that the verdict is any of them. */
	for (i = 0; i < n; i++) {
		struct mock_job *job = mock_job_new(race->queue, 1);

		if (!job)
			return false;
		job->at_once = true;
		mock_job_submit(job);
		mock_job_put(job);
	}
	for (i = 0; i < ARRAY_SIZE(race->jobs); i++) {
		race->jobs[i] = mock_job_new(race->queue, 1);
		if (!race->jobs[i])
			return false;
		mock_job_submit(race->jobs[i]);
	}
	return mock_soon(race->dev, mock_job_has_returned(race->jobs[2]));
}

static void trigger_and_kill(struct mock_race *race, struct rnd_state *random)
{
	mock_queue_trigger_timeout(race->queue);
	udelay(mock_random(random, 50));
	mock_queue_kill(race->queue);
}

static void complete_and_put(struct mock_race *race, struct rnd_state *random)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(race->jobs); i++) {
		udelay(mock_random(random, 20));
		mock_device_advance(race->dev, 1);
		mock_job_put(race->jobs[i]);
	}
}

static void kill_and_completion_and_timeout(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);
	struct mock_device *dev = test->priv;

	race->prepare = prepare_hung;
	race->first = trigger_and_kill;
	race->second = complete_and_put;
	race->finish = finish_killed;
	mock_race_run(test, race);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), atomic_read(&dev->jobs_released));
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->killed), race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), race->rounds);
	kunit_info(test, "%d timeouts\n", atomic_read(&dev->timedout));
}

static struct kunit_case drm_dep_kill_cases[] = {
	KUNIT_CASE_PARAM(waiting_jobs_are_cancelled, mock_mode_gen_params),
	KUNIT_CASE_PARAM(dependencies_are_waited_for, mock_flags_gen_params),
	KUNIT_CASE_PARAM(prepare_fence_is_waited_for, mock_flags_gen_params),
	KUNIT_CASE_PARAM(gap_is_waited_for, mock_flags_gen_params),
	KUNIT_CASE_PARAM(kill_under_spinlock, mock_flags_gen_params),
	KUNIT_CASE_PARAM(killed_comes_once, mock_flags_gen_params),
	KUNIT_CASE_PARAM(killed_comes_after_run_job, mock_flags_gen_params),
	KUNIT_CASE_PARAM(jobs_in_flight_complete, mock_mode_gen_params),
	KUNIT_CASE_PARAM(timeout_stays_armed, mock_mode_gen_params),
	KUNIT_CASE_PARAM(push_after_kill, mock_flags_gen_params),
	KUNIT_CASE_PARAM(kill_without_op, mock_flags_gen_params),
	KUNIT_CASE_PARAM(kill_in_every_place, mock_mode_gen_params),
	KUNIT_CASE_PARAM(kill_and_push, mock_mode_gen_params),
	KUNIT_CASE_PARAM(kill_and_stop, mock_flags_gen_params),
	KUNIT_CASE_PARAM(kill_and_completion_and_timeout, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_kill_suite = {
	.name = "drm_dep_kill",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_kill_cases,
};

kunit_test_suite(drm_dep_kill_suite);
