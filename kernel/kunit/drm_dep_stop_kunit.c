// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "mock_device.h"
#include "mock_race.h"

/*
 * Stopping and starting. That no op of the run side runs between mock_queue_stop() and
 * mock_queue_start(), and that none is in progress when stop returns, the mock device checks.
 * Stops that are mistakes are in the misuse suite.
 */

static void start_queue(void *arg)
{
	mock_queue_start(arg);
}

/* Whatever could run; and all of it does as soon as the queue is started, from wherever. */
static void nothing_runs_while_stopped(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 4,
		.prepare = true,
	});
	struct dma_fence *fence = mock_fence_create(test);
	struct mock_job *jobs[3];
	int i;

	for (i = 0; i < 3; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		jobs[i]->at_once = true;
	}
	KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[1], fence), 0);
	mock_job_submit(jobs[0]);
	mock_job_submit(jobs[1]);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), 1);

	mock_queue_stop(queue);
	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_stopped(&queue->base));
	mock_fence_signal(fence, 0);
	mock_job_submit(jobs[2]);
	KUNIT_EXPECT_TRUE(test, mock_message_send(mock_message_create(test, queue, 0)));
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->prepared), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->messages), 0);

	mock_irq_call(test, start_queue, queue);
	KUNIT_EXPECT_FALSE(test, drm_dep_queue_is_stopped(&queue->base));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[2]), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->messages), 1);
}

static void stops_nest(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	int i;

	for (i = 0; i < 3; i++)
		mock_queue_stop(queue);
	mock_job_submit_one(test, queue);
	for (i = 0; i < 2; i++) {
		mock_queue_start(queue);
		KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_stopped(&queue->base));
	}
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	mock_queue_start(queue);
	KUNIT_EXPECT_FALSE(test, drm_dep_queue_is_stopped(&queue->base));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

/* It counts as one stop. */
static void created_stopped(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 2,
		.flags = DRM_DEP_QUEUE_STOPPED,
	});

	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_stopped(&queue->base));
	mock_job_submit_one(test, queue);
	KUNIT_EXPECT_TRUE(test, mock_message_send(mock_message_create(test, queue, 0)));
	mock_queue_stop(queue);
	mock_queue_start(queue);
	mock_job_submit_one(test, queue);
	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_stopped(&queue->base));
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->messages), 0);
	mock_queue_start(queue);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->messages), 1);
}

/*
 * What is in flight completes, signals, retires, and is released; and gives its credits back,
 * which those that wait get when the queue is started. What is in flight then stays there.
 */
static void completion_goes_on(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_job *last;
	int i;

	for (i = 0; i < 4; i++)
		mock_job_put(mock_job_submit_one(test, queue));
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 4);
	mock_job_put(mock_job_submit_one(test, queue));
	last = mock_job_submit_one(test, queue);

	mock_queue_stop(queue);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 3), 3);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 3);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 4);
	mock_queue_start(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 6);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 3);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 3), 3);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, last), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->reran), 0);
}

/*
 * Cancelling goes on: of a job that was not pushed, and of all when the queue is killed. That
 * the queue was killed, the driver is told afterwards.
 */
static void cancelling_goes_on(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct dma_fence *fence = mock_fence_create(test), *finished;
	struct mock_job *job = mock_job_create(test, queue, 1), *behind;

	mock_queue_stop(queue);
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
	mock_job_arm(job);
	finished = mock_job_fence(job);
	behind = mock_job_submit_one(test, queue);
	mock_job_put(job);
	mock_settle();
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(finished));
	mock_fence_signal(fence, 0);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, finished), -ECANCELED);
	dma_fence_put(finished);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(behind));

	mock_queue_kill(queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, behind), -ECANCELED);
	mock_job_put(behind);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 2);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->killed), 0);
	mock_queue_start(queue);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
}

/* An op that takes its time, wherever it runs. */

struct slow_op {
	struct mock_queue *queue;
	struct mock_job *job;
	struct completion entered, go;
};

static void be_slow(struct slow_op *op)
{
	complete(&op->entered);
	wait_for_completion(&op->go);
}

static struct dma_fence *slow_prepare(struct mock_job *job)
{
	be_slow(job->private);
	return NULL;
}

static void slow_run(struct mock_job *job)
{
	be_slow(job->private);
}

static void slow_message(struct mock_message *message)
{
	be_slow(message->private);
}

static void slow_killed(struct mock_queue *queue)
{
	be_slow(queue->private);
}

/* Runs the job, with BYPASS. */
static void push_slow(struct mock_thread *thread)
{
	struct slow_op *op = thread->arg;

	mock_job_push(op->job);
}

static void stop_queue(struct mock_thread *thread)
{
	struct slow_op *op = thread->arg;

	mock_queue_stop(op->queue);
}

enum slow_place { SLOW_PREPARE, SLOW_RUN, SLOW_MESSAGE, SLOW_KILLED };

static void stop_waits_for(struct kunit *test, enum slow_place place)
{
	struct mock_device *dev = test->priv;
	struct slow_op *op = kunit_kzalloc(test, sizeof(*op), GFP_KERNEL);
	struct mock_thread push = { .function = push_slow, .arg = op };
	struct mock_thread stops[2] = {
		{ .function = stop_queue, .arg = op },
		{ .function = stop_queue, .arg = op },
	};
	struct mock_message *message;

	KUNIT_ASSERT_NOT_NULL(test, op);
	init_completion(&op->entered);
	init_completion(&op->go);
	op->queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.prepare = place == SLOW_PREPARE,
	});
	op->job = mock_job_create(test, op->queue, 1);
	op->job->private = op;
	op->queue->private = op;
	if (place == SLOW_PREPARE)
		op->job->on_prepare = slow_prepare;
	if (place == SLOW_RUN)
		op->job->on_run = slow_run;
	mock_job_arm(op->job);
	if (place == SLOW_MESSAGE) {
		message = mock_message_create(test, op->queue, 0);
		message->on_process = slow_message;
		message->private = op;
		mock_message_send(message);
	}
	if (place == SLOW_KILLED) {
		op->queue->on_killed = slow_killed;
		mock_queue_kill(op->queue);
	}
	if (place == SLOW_PREPARE || place == SLOW_RUN)
		mock_threads_start(test, &push, 1);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&op->entered, MOCK_PATIENCE), 0);

	mock_threads_start(test, stops, 2);
	mock_threads_asleep(test, stops, 2);
	mock_settle();
	KUNIT_EXPECT_FALSE(test, completion_done(&stops[0].done));
	KUNIT_EXPECT_FALSE(test, completion_done(&stops[1].done));
	complete(&op->go);
	mock_threads_join(test, stops, 2);
	/* A job whose prepare_job has returned does not run after that. */
	if (place == SLOW_PREPARE)
		KUNIT_EXPECT_EQ(test, atomic_read(&op->queue->ran), 0);
	if (place == SLOW_RUN)
		KUNIT_EXPECT_EQ(test, atomic_read(&op->queue->ran), 1);
	if (place == SLOW_PREPARE || place == SLOW_RUN)
		mock_threads_join(test, &push, 1);
	else
		mock_job_push(op->job);
	mock_queue_start(op->queue);
	mock_queue_start(op->queue);
	if (place != SLOW_KILLED) {
		MOCK_ASSERT_SOON(test, dev, atomic_read(&op->queue->ran) == 1);
		mock_device_advance(dev, 1);
	}
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, op->job), place == SLOW_KILLED ? -ECANCELED : 1);
}

static void stop_waits_for_prepare_job(struct kunit *test)
{
	stop_waits_for(test, SLOW_PREPARE);
}

static void stop_waits_for_run_job(struct kunit *test)
{
	stop_waits_for(test, SLOW_RUN);
}

static void stop_waits_for_message(struct kunit *test)
{
	stop_waits_for(test, SLOW_MESSAGE);
}

static void stop_waits_for_killed(struct kunit *test)
{
	stop_waits_for(test, SLOW_KILLED);
}

/* In timedout_job, where the queue may also be left stopped. */

static int stop_and_start(struct mock_job *job)
{
	struct mock_queue *queue = job->queue;

	mock_queue_stop(queue);
	mock_queue_stop(queue);
	mock_queue_start(queue);
	if (!drm_dep_queue_is_stopped(&queue->base))
		mock_violation(queue->dev, "a queue is not stopped");
	mock_queue_start(queue);
	mock_job_fail(job, -ETIME);
	return DRM_DEP_TIMEOUT_HANDLED;
}

static int stop_and_leave(struct mock_job *job)
{
	mock_queue_stop(job->queue);
	mock_job_fail(job, -EIO);
	return DRM_DEP_TIMEOUT_HANDLED;
}

static void stop_in_timedout_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *jobs[3];
	int i;

	for (i = 0; i < 3; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	queue->on_timedout = stop_and_start;
	mock_queue_trigger_timeout(queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), -ETIME);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) == 1);
	queue->on_timedout = stop_and_leave;
	mock_queue_trigger_timeout(queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), -EIO);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 2);
	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_stopped(&queue->base));
	mock_queue_start(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 3);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[2]), 1);
}

/* A driver may stop a queue from any number of places, at any time. */

#define N_STOPPERS 2

struct stoppers {
	struct mock_queue *queue;
	unsigned long end;
	atomic_t submitted;
};

static void stop_and_start_again(struct mock_thread *thread)
{
	struct stoppers *stoppers = thread->arg;
	struct rnd_state *random = &thread->random;

	while (time_before(jiffies, stoppers->end)) {
		mock_queue_stop(stoppers->queue);
		udelay(mock_random(random, 10));
		mock_queue_start(stoppers->queue);
		usleep_range(10, 20 + mock_random(random, 200));
	}
}

static void submit_all_the_time(struct mock_thread *thread)
{
	struct stoppers *stoppers = thread->arg;
	struct rnd_state *random = &thread->random;

	while (time_before(jiffies, stoppers->end)) {
		struct mock_job *job = mock_job_new(stoppers->queue, 1 + mock_random(random, 2));

		if (!job)
			return;
		job->at_once = mock_random(random, 3) == 0;
		job->duration_us = 1 + mock_random(random, 50);
		mock_job_arm(job);
		if (mock_random(random, 8))
			mock_job_push(job);
		mock_job_put(job);
		if (atomic_inc_return(&stoppers->submitted) % 32 == 0)
			usleep_range(50, 100);
	}
}

static void stop_from_threads(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct stoppers *stoppers = kunit_kzalloc(test, sizeof(*stoppers), GFP_KERNEL);
	struct mock_thread threads[N_STOPPERS + 1] = {};
	int i;

	KUNIT_ASSERT_NOT_NULL(test, stoppers);
	stoppers->queue = mock_queue_create(test, 3);
	stoppers->end = jiffies + HZ / 20;
	for (i = 0; i <= N_STOPPERS; i++) {
		threads[i].function = i ? stop_and_start_again : submit_all_the_time;
		threads[i].arg = stoppers;
	}
	mock_threads_run(test, threads, ARRAY_SIZE(threads));
	MOCK_EXPECT_SOON(test, dev, !atomic_read(&dev->jobs));
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), atomic_read(&stoppers->submitted));
	KUNIT_EXPECT_FALSE(test, drm_dep_queue_is_stopped(&stoppers->queue->base));
}

/* A push, which may run the job itself, while the queue is stopped for a moment. */

static bool prepare_push(struct mock_race *race, struct rnd_state *random)
{
	race->jobs[0] = mock_job_new(race->queue, 1);
	if (!race->jobs[0])
		return false;
	race->jobs[0]->at_once = mock_random(random, 2);
	race->jobs[0]->duration_us = 1;
	mock_job_arm(race->jobs[0]);
	return true;
}

static void push_job(struct mock_race *race, struct rnd_state *random)
{
	mock_job_push(race->jobs[0]);
}

static void stop_and_look(struct mock_race *race, struct rnd_state *random)
{
	struct mock_queue *queue = race->queue;
	int ran;

	mock_queue_stop(queue);
	ran = atomic_read(&queue->ran);
	udelay(mock_random(random, 20));
	if (atomic_read(&queue->ran) != ran)
		mock_violation(race->dev, "a job of a stopped queue ran");
	mock_queue_start(queue);
}

static bool finish_pushed(struct mock_race *race)
{
	struct mock_job *job = race->jobs[0];
	bool finished = mock_soon(race->dev, mock_job_is_finished(job));

	mock_job_put(job);
	return finished;
}

static void stop_and_push(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);
	struct mock_device *dev = test->priv;

	race->queue = mock_queue_create(test, 2);
	race->prepare = prepare_push;
	race->first = push_job;
	race->second = stop_and_look;
	race->finish = finish_pushed;
	mock_race_run(test, race);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), race->rounds);
}

/* A user who stops a queue keeps it. If none is left, then that holds nothing up. */
static void stop_is_void_without_users(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *jobs[3];
	int i;

	mock_queue_stop(queue);
	for (i = 0; i < 3; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		jobs[i]->at_once = true;
		mock_job_submit(jobs[i]);
	}
	KUNIT_EXPECT_TRUE(test, mock_message_send(mock_message_create(test, queue, 0)));
	/* Another user, of whom the mock device knows nothing. */
	drm_dep_queue_get(&queue->base);
	drm_dep_queue_put(&queue->base);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 0);
	kunit_warning_suppress(test)
		mock_queue_put(queue);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), 1);
		mock_job_put(jobs[i]);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->messages), 1);
}

/* Stops that come later are somebody's who has another hold of the queue, and count. */
static void stop_after_last_put(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);

	mock_queue_put(queue);
	mock_queue_stop(queue);
	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_stopped(&queue->base));
	mock_job_submit(job);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 0);
	mock_queue_start(queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

/*
 * So do those of timedout_job, of its own queue and, as a user of that, of another one: also if
 * the last user beside it goes in the middle.
 */
static int stop_for_long(struct mock_job *job)
{
	struct slow_op *op = job->queue->private;
	struct drm_dep_queue *user = NULL;

	if (op->queue != job->queue)
		user = drm_dep_queue_get_unless_zero(&op->queue->base);
	mock_queue_stop(op->queue);
	be_slow(op);
	if (!drm_dep_queue_is_stopped(&op->queue->base))
		mock_violation(job->dev, "the stop of timedout_job is void");
	else
		mock_queue_start(op->queue);
	drm_dep_queue_put(user);
	mock_job_fail(job, -ETIME);
	return DRM_DEP_TIMEOUT_HANDLED;
}

static void put_during_stop(struct kunit *test, bool own)
{
	struct mock_device *dev = test->priv;
	struct slow_op *op = kunit_kzalloc(test, sizeof(*op), GFP_KERNEL);
	struct mock_queue *hung = mock_queue_create(test, 2);
	struct mock_job *jobs[2], *next;

	KUNIT_ASSERT_NOT_NULL(test, op);
	init_completion(&op->entered);
	init_completion(&op->go);
	op->queue = own ? hung : mock_queue_create(test, 2);
	hung->private = op;
	hung->on_timedout = stop_for_long;
	/* The second one keeps its queue, also when nobody uses that any more. */
	jobs[0] = mock_job_submit_one(test, hung);
	jobs[1] = mock_job_submit_one(test, op->queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == 2);
	mock_queue_trigger_timeout(hung);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&op->entered, MOCK_PATIENCE), 0);
	next = mock_job_create(test, op->queue, 1);
	mock_queue_put(op->queue);
	mock_job_submit(next);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[1]));
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 2);
	complete(&op->go);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), -ETIME);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), 1);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(next));
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, next), 1);
	mock_job_put(jobs[0]);
	mock_job_put(jobs[1]);
	mock_job_put(next);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

static void last_put_during_stop(struct kunit *test)
{
	put_during_stop(test, true);
}

static void last_put_during_stop_by_another(struct kunit *test)
{
	put_during_stop(test, false);
}

/* What the driver is owed it gets: messages, and the news of a kill. */
static void last_put_delivers(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *running = mock_job_submit_one(test, queue), *job;

	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_queue_stop(queue);
	job = mock_job_submit_one(test, queue);
	KUNIT_EXPECT_TRUE(test, mock_message_send(mock_message_create(test, queue, 0)));
	mock_queue_kill(queue);
	kunit_warning_suppress(test)
		mock_queue_put(queue);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->messages) == 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->killed) == 1);
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(job));
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, running), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ECANCELED);
	mock_job_put(running);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
	KUNIT_EXPECT_LT(test, mock_log_find(dev, MOCK_KILLED, 0, 0),
			mock_log_find(dev, MOCK_QUEUE_FINI, 0, 0));
}

static struct kunit_case drm_dep_stop_cases[] = {
	KUNIT_CASE_PARAM(nothing_runs_while_stopped, mock_mode_gen_params),
	KUNIT_CASE_PARAM(stops_nest, mock_flags_gen_params),
	KUNIT_CASE_PARAM(created_stopped, mock_flags_gen_params),
	KUNIT_CASE_PARAM(completion_goes_on, mock_mode_gen_params),
	KUNIT_CASE_PARAM(cancelling_goes_on, mock_flags_gen_params),
	KUNIT_CASE_PARAM(stop_waits_for_prepare_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(stop_waits_for_run_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(stop_waits_for_message, mock_flags_gen_params),
	KUNIT_CASE_PARAM(stop_waits_for_killed, mock_flags_gen_params),
	KUNIT_CASE_PARAM(stop_in_timedout_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(stop_from_threads, mock_mode_gen_params),
	KUNIT_CASE_PARAM(stop_and_push, mock_flags_gen_params),
	KUNIT_CASE_PARAM(stop_is_void_without_users, mock_mode_gen_params),
	KUNIT_CASE_PARAM(last_put_delivers, mock_mode_gen_params),
	KUNIT_CASE_PARAM(stop_after_last_put, mock_flags_gen_params),
	KUNIT_CASE_PARAM(last_put_during_stop, mock_flags_gen_params),
	KUNIT_CASE_PARAM(last_put_during_stop_by_another, mock_flags_gen_params),
	{}
};

static struct kunit_suite drm_dep_stop_suite = {
	.name = "drm_dep_stop",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_stop_cases,
};

kunit_test_suite(drm_dep_stop_suite);
