// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "mock_device.h"
#include "mock_race.h"

/*
 * How long jobs run. That timedout_job is not called before its time, counted from when the
 * job was handed over or timed out last, nor twice at once, nor for a job that is not in
 * flight, the mock device checks.
 *
 * A machine may be slow, so nothing here expects that something has happened by then; only
 * that it happens, and not before.
 */

/* The timer has ticks of its own; nothing shorter can be told apart. */
#define SHORT_MS 20
/* More than that: whatever is to come after SHORT_MS has come. */
#define LONG_ENOUGH_MS 50
#define NEVER_MS 1000000

static struct mock_queue *create_queue(struct kunit *test, u32 credits, u32 timeout_ms)
{
	return mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = credits,
		.timeout_ms = timeout_ms,
	});
}

/* A job that runs, with the clock paused: so nothing depends on how long that took. */
static struct mock_job *start_paused(struct kunit *test, struct mock_queue *queue)
{
	struct mock_job *job;

	drm_dep_queue_pause_timeout(&queue->base);
	job = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, queue->dev, mock_job_has_returned(job));
	return job;
}

static void expect_no_timeout(struct kunit *test, struct mock_queue *queue)
{
	msleep(LONG_ENOUGH_MS);
	KUNIT_EXPECT_EQ(test, mock_log_count(queue->dev, MOCK_TIMEDOUT, queue->id, 0), 0);
}

static void complete_and_wait(struct kunit *test, struct mock_job *job)
{
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* For the first job only, however many there are, and the queue goes on behind it. */
static void first_job_times_out(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 2, SHORT_MS);
	struct mock_job *jobs[3];
	int i;

	for (i = 0; i < 3; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), -ETIME);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), -ETIME);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[2]), -ETIME);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, mock_log_count(dev, MOCK_TIMEDOUT, queue->id, i), 1);
	KUNIT_EXPECT_GT(test, mock_log_find(dev, MOCK_TIMEDOUT, queue->id, 1),
			mock_log_find(dev, MOCK_FINISHED, queue->id, 0));
	KUNIT_EXPECT_GT(test, mock_log_find(dev, MOCK_TIMEDOUT, queue->id, 2),
			mock_log_find(dev, MOCK_FINISHED, queue->id, 1));
}

/* When the job of a queue, with the number that is asked for, timed out. */
struct expiry {
	u32 id;
	ktime_t at;
};

static struct expiry *watch_expiry(struct kunit *test, struct mock_queue *queue, u32 id)
{
	struct expiry *expiry = kunit_kzalloc(test, sizeof(*expiry), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, expiry);
	expiry->id = id;
	queue->private = expiry;
	return expiry;
}

static int note_time(struct mock_job *job)
{
	struct expiry *expiry = job->queue->private;

	if (job->id == expiry->id && !expiry->at)
		WRITE_ONCE(expiry->at, ktime_get());
	return DRM_DEP_TIMEOUT_NOT_HUNG;
}

/* Both clocks may be a tick apart. */
static void expect_ran_for(struct kunit *test, s64 ran_for_us, u32 timeout_ms)
{
	KUNIT_EXPECT_GE(test, ran_for_us + jiffies_to_usecs(1), 1000ll * timeout_ms);
}

static void clock_starts_with_predecessor(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 2, 2 * SHORT_MS);
	struct expiry *expiry = watch_expiry(test, queue, 1);
	struct mock_job *jobs[2];
	ktime_t begin;
	int i;

	queue->on_timedout = note_time;
	for (i = 0; i < 2; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[1]));
	msleep(SHORT_MS);
	begin = ktime_get();
	complete_and_wait(test, jobs[0]);
	MOCK_ASSERT_SOON(test, dev, READ_ONCE(expiry->at));
	expect_ran_for(test, ktime_us_delta(expiry->at, begin), 2 * SHORT_MS);
	complete_and_wait(test, jobs[1]);
}

static void clock_stands_still_while_paused(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1, SHORT_MS);
	struct mock_job *job = start_paused(test, queue);

	/* Twice is once. */
	drm_dep_queue_pause_timeout(&queue->base);
	expect_no_timeout(test, queue);
	drm_dep_queue_resume_timeout(&queue->base);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ETIME);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->timedout) == 1);
}

static void clock_stands_still_while_stopped(struct kunit *test)
{
	struct mock_queue *queue = create_queue(test, 1, SHORT_MS);
	struct mock_job *job = start_paused(test, queue);

	mock_queue_stop(queue);
	drm_dep_queue_resume_timeout(&queue->base);
	expect_no_timeout(test, queue);
	/* Either is enough. */
	drm_dep_queue_pause_timeout(&queue->base);
	mock_queue_start(queue);
	expect_no_timeout(test, queue);
	drm_dep_queue_resume_timeout(&queue->base);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ETIME);
}

/* What passes in between does not count: the time that ran is made up of two pieces. */
static void clock_goes_on(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1, 2 * SHORT_MS);
	struct mock_job *job = start_paused(test, queue);
	struct expiry *expiry = watch_expiry(test, queue, 0);
	ktime_t begin, end;
	s64 ran_for;

	queue->on_timedout = note_time;
	begin = ktime_get();
	drm_dep_queue_resume_timeout(&queue->base);
	msleep(SHORT_MS / 2);
	mock_queue_stop(queue);
	end = ktime_get();
	ran_for = ktime_us_delta(end, begin);
	msleep(LONG_ENOUGH_MS);
	begin = ktime_get();
	mock_queue_start(queue);
	MOCK_ASSERT_SOON(test, dev, READ_ONCE(expiry->at));
	/* A machine that is slow enough has let it time out before the stop. */
	if (ktime_after(expiry->at, begin))
		ran_for += ktime_us_delta(expiry->at, begin);
	expect_ran_for(test, ran_for, 2 * SHORT_MS);
	complete_and_wait(test, job);
}

/* From no limit to one, from a long one to a short one, and back. */
static void limit_is_live(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1, 0);
	struct mock_job *job = mock_job_submit_one(test, queue);

	queue->timeout_verdict = DRM_DEP_TIMEOUT_NOT_HUNG;
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_queue_set_timeout(queue, NEVER_MS);
	mock_queue_set_timeout(queue, SHORT_MS);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) == 1);
	complete_and_wait(test, job);

	queue = create_queue(test, 1, NEVER_MS);
	job = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_queue_set_timeout(queue, SHORT_MS);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ETIME);
}

static void limit_grows(struct kunit *test)
{
	struct mock_queue *queue = create_queue(test, 1, SHORT_MS);
	struct mock_job *job = start_paused(test, queue);

	mock_queue_set_timeout(queue, NEVER_MS);
	drm_dep_queue_resume_timeout(&queue->base);
	expect_no_timeout(test, queue);
	mock_queue_set_timeout(queue, 0);
	expect_no_timeout(test, queue);
	mock_queue_set_timeout(queue, SHORT_MS);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ETIME);
}

/* Once, for the job that is first, without a limit, and whatever the clock does. */

static void trigger_timeout(void *arg)
{
	mock_queue_trigger_timeout(arg);
}

static void trigger(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 3, 0);
	struct mock_job *jobs[3];
	int i;

	queue->timeout_verdict = DRM_DEP_TIMEOUT_NOT_HUNG;
	for (i = 0; i < 3; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[2]));
	/* Not this one, which is done. */
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[1]));
	mock_queue_trigger_timeout(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) == 1);
	KUNIT_EXPECT_EQ(test, READ_ONCE(queue->timedout_job), 0);
	complete_and_wait(test, jobs[0]);
	mock_irq_call(test, trigger_timeout, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) == 2);
	KUNIT_EXPECT_EQ(test, READ_ONCE(queue->timedout_job), 2);
	drm_dep_queue_pause_timeout(&queue->base);
	mock_queue_trigger_timeout(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) == 3);
	mock_queue_stop(queue);
	mock_queue_trigger_timeout(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) == 4);
	mock_queue_start(queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->timedout), 4);
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(jobs[2]));
	complete_and_wait(test, jobs[2]);
}

/* It changes nothing else: the clock that was paused still is. */
static void trigger_while_paused(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1, SHORT_MS);
	struct mock_job *job = start_paused(test, queue);

	queue->timeout_verdict = DRM_DEP_TIMEOUT_NOT_HUNG;
	mock_queue_trigger_timeout(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) == 1);
	msleep(LONG_ENOUGH_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->timedout), 1);
	drm_dep_queue_resume_timeout(&queue->base);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) >= 2);
	complete_and_wait(test, job);
}

/* Dropped, not kept for a job that comes later. */
static void trigger_without_jobs(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1, 0);
	struct mock_job *job;

	mock_queue_trigger_timeout(queue);
	mock_queue_stop(queue);
	job = mock_job_submit_one(test, queue);
	mock_queue_trigger_timeout(queue);
	mock_queue_start(queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->timedout), 0);
	complete_and_wait(test, job);
	mock_queue_trigger_timeout(queue);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, !atomic_read(&dev->jobs));
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->timedout), 0);
}

/* Once more after this one, not inside it. */
static int trigger_again(struct mock_job *job)
{
	if (job->timeouts < 3)
		mock_queue_trigger_timeout(job->queue);
	return DRM_DEP_TIMEOUT_NOT_HUNG;
}

static void trigger_in_timedout_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1, 0);
	struct mock_job *job = mock_job_submit_one(test, queue);

	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	queue->on_timedout = trigger_again;
	mock_queue_trigger_timeout(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) == 3);
	complete_and_wait(test, job);
	KUNIT_EXPECT_EQ(test, job->timeouts, 3);
}

/* Whatever it returns, and whether the job completes before or after, or in between. */

struct verdict {
	int value;
	bool complete;
	struct completion entered, go;
};

static int give_verdict(struct mock_job *job)
{
	struct verdict *verdict = job->queue->private;

	complete(&verdict->entered);
	wait_for_completion(&verdict->go);
	if (verdict->complete)
		mock_job_fail(job, -ETIME);
	return verdict->value;
}

enum verdict_time { COMPLETE_IN_OP, COMPLETE_DURING_OP, COMPLETE_AFTER_OP };

static void check_verdict(struct kunit *test, struct mock_queue *queue, int value,
			  enum verdict_time time)
{
	struct mock_device *dev = test->priv;
	struct verdict verdict = { .value = value, .complete = time == COMPLETE_IN_OP };
	int released = atomic_read(&dev->jobs_released);
	int timedout = atomic_read(&queue->timedout);
	struct mock_job *job = mock_job_submit_one(test, queue);

	init_completion(&verdict.entered);
	init_completion(&verdict.go);
	queue->private = &verdict;
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_queue_trigger_timeout(queue);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&verdict.entered, MOCK_PATIENCE), 0);
	if (time == COMPLETE_DURING_OP) {
		KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
		/* It has finished, and is looked at; so it stays. */
		mock_job_put(job);
		mock_settle();
		KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), released);
	}
	complete(&verdict.go);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) == timedout + 1);
	if (time == COMPLETE_AFTER_OP) {
		mock_settle();
		KUNIT_EXPECT_FALSE(test, mock_job_is_finished(job));
		KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	}
	if (time == COMPLETE_IN_OP)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ETIME);
	if (time != COMPLETE_DURING_OP)
		mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == released + 1);
}

static void any_verdict(struct kunit *test)
{
	struct mock_queue *queue = create_queue(test, 1, 0);
	enum verdict_time time;

	queue->on_timedout = give_verdict;
	for (time = COMPLETE_IN_OP; time <= COMPLETE_AFTER_OP; time++) {
		check_verdict(test, queue, DRM_DEP_TIMEOUT_HANDLED, time);
		check_verdict(test, queue, DRM_DEP_TIMEOUT_NOT_HUNG, time);
	}
}

static void verdict_device_gone(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	enum verdict_time time;
	int n = 0;

	for (time = COMPLETE_IN_OP; time <= COMPLETE_AFTER_OP; time++) {
		struct mock_queue *queue = create_queue(test, 1, 0);

		queue->on_timedout = give_verdict;
		check_verdict(test, queue, DRM_DEP_TIMEOUT_DEVICE_GONE, time);
		KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_killed(&queue->base));
		n++;
		MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->killed) == n);
		mock_queue_put(queue);
		MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == n);
	}
}

/*
 * The device is gone: what waits is cancelled behind what is in flight, which is still the
 * driver's to complete, and which still times out.
 */
static int say_gone(struct mock_job *job)
{
	if (job->timeouts == 2)
		mock_job_fail(job, -ENODEV);
	return DRM_DEP_TIMEOUT_DEVICE_GONE;
}

static void device_gone(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1, SHORT_MS);
	struct mock_job *running, *waiting;

	queue->on_timedout = say_gone;
	running = mock_job_submit_one(test, queue);
	waiting = mock_job_submit_one(test, queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, running), -ENODEV);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, waiting), -ECANCELED);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->timedout) == 2);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 1);
}

/*
 * "Handled" without anything having been done: its clock starts anew, and it is asked for
 * again; the log says so, which is not checked here.
 */
static int handled_later(struct mock_job *job)
{
	return DRM_DEP_TIMEOUT_HANDLED;
}

static void handled_and_still_in_flight(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1, SHORT_MS);
	struct mock_job *job;

	queue->on_timedout = handled_later;
	job = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->timedout) == 2);
	complete_and_wait(test, job);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, !atomic_read(&dev->jobs));
}

/* The job completes by itself while it is looked for, in hard interrupt context too. */

static bool prepare_hung(struct mock_race *race, struct rnd_state *random)
{
	race->queue->timeout_verdict = mock_random(random, 2);
	race->jobs[0] = mock_job_new(race->queue, 1);
	if (!race->jobs[0])
		return false;
	race->jobs[0]->duration_us = race->flag ? 1 + mock_random(random, 20) : 0;
	mock_job_submit(race->jobs[0]);
	return mock_soon(race->dev, mock_job_has_returned(race->jobs[0]));
}

static void trigger_race(struct mock_race *race, struct rnd_state *random)
{
	mock_queue_trigger_timeout(race->queue);
	udelay(mock_random(random, 10));
	mock_queue_trigger_timeout(race->queue);
}

static void complete_and_put(struct mock_race *race, struct rnd_state *random)
{
	if (!race->flag) {
		udelay(mock_random(random, 20));
		mock_job_complete(race->jobs[0]);
	}
	mock_job_put(race->jobs[0]);
}

static bool finish_hung(struct mock_race *race)
{
	race->flag = !race->flag;
	return mock_soon(race->dev, !atomic_read(&race->dev->jobs));
}

static void timeout_and_completion(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);
	struct mock_device *dev = test->priv;

	race->queue = create_queue(test, 1, 0);
	race->prepare = prepare_hung;
	race->first = trigger_race;
	race->second = complete_and_put;
	race->finish = finish_hung;
	mock_race_run(test, race);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), race->rounds);
	kunit_info(test, "%d timeouts\n", atomic_read(&dev->timedout));
}

/*
 * Two queues of one engine: a hang of either means that both are stopped, and that what the
 * other one had in flight runs again. They take turns on their workqueue.
 */

struct engine {
	struct mock_queue *queues[2];
	atomic_t resets;
};

static int reset_engine(struct mock_job *guilty)
{
	struct engine *engine = guilty->queue->private;
	int i;

	if (atomic_inc_return(&engine->resets) != 1)
		mock_violation(guilty->dev, "two resets at once");
	for (i = 0; i < 2; i++)
		mock_queue_stop(engine->queues[i]);
	for (i = 0; i < 2; i++)
		mock_queue_reset(engine->queues[i]);
	mock_job_fail(guilty, -ETIME);
	for (i = 0; i < 2; i++)
		mock_queue_resubmit(engine->queues[i]);
	for (i = 0; i < 2; i++)
		mock_queue_start(engine->queues[i]);
	atomic_dec(&engine->resets);
	return DRM_DEP_TIMEOUT_HANDLED;
}

static struct engine *create_engine(struct kunit *test, u32 timeout_ms)
{
	struct engine *engine = kunit_kzalloc(test, sizeof(*engine), GFP_KERNEL);
	struct drm_dep_workqueue *wq = mock_timeout_workqueue_create(test, true);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, engine);
	for (i = 0; i < 2; i++) {
		engine->queues[i] = mock_queue_create_with(test, &(struct mock_queue_options) {
			.credits = 2,
			.timeout_ms = timeout_ms,
			.timeout_workqueue = wq,
		});
		engine->queues[i]->on_timedout = reset_engine;
		engine->queues[i]->private = engine;
	}
	return engine;
}

static void queues_stop_one_another(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct engine *engine = create_engine(test, SHORT_MS);
	int i;

	/* Each is hung. */
	for (i = 0; i < 4; i++)
		mock_job_put(mock_job_submit_one(test, engine->queues[i % 2]));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->timedout), 4);
}

static bool prepare_engine(struct mock_race *race, struct rnd_state *random)
{
	struct engine *engine = race->queue->private;
	int i;

	for (i = 0; i < 2; i++) {
		race->jobs[i] = mock_job_new(engine->queues[i], 1);
		if (!race->jobs[i])
			return false;
		mock_job_submit(race->jobs[i]);
	}
	return mock_soon(race->dev, mock_job_has_returned(race->jobs[0]) &&
				    mock_job_has_returned(race->jobs[1]));
}

static void trigger_first(struct mock_race *race, struct rnd_state *random)
{
	mock_queue_trigger_timeout(race->queue);
}

static void trigger_second(struct mock_race *race, struct rnd_state *random)
{
	struct engine *engine = race->queue->private;

	mock_queue_trigger_timeout(engine->queues[1]);
}

static bool finish_engine(struct mock_race *race)
{
	mock_job_put(race->jobs[0]);
	mock_job_put(race->jobs[1]);
	return mock_soon(race->dev, !atomic_read(&race->dev->jobs));
}

static void queues_stop_one_another_at_once(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);
	struct mock_device *dev = test->priv;

	race->queue = create_engine(test, 0)->queues[0];
	race->prepare = prepare_engine;
	race->first = trigger_first;
	race->second = trigger_second;
	race->finish = finish_engine;
	mock_race_run(test, race);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->timedout), 2 * race->rounds);
}

static struct kunit_case drm_dep_timeout_cases[] = {
	KUNIT_CASE_PARAM(first_job_times_out, mock_flags_gen_params),
	KUNIT_CASE_PARAM(clock_starts_with_predecessor, mock_flags_gen_params),
	KUNIT_CASE(clock_stands_still_while_paused),
	KUNIT_CASE(clock_stands_still_while_stopped),
	KUNIT_CASE(clock_goes_on),
	KUNIT_CASE(limit_is_live),
	KUNIT_CASE(limit_grows),
	KUNIT_CASE_PARAM(trigger, mock_mode_gen_params),
	KUNIT_CASE(trigger_while_paused),
	KUNIT_CASE_PARAM(trigger_without_jobs, mock_flags_gen_params),
	KUNIT_CASE(trigger_in_timedout_job),
	KUNIT_CASE_PARAM(any_verdict, mock_mode_gen_params),
	KUNIT_CASE_PARAM(verdict_device_gone, mock_flags_gen_params),
	KUNIT_CASE_PARAM(device_gone, mock_flags_gen_params),
	KUNIT_CASE(handled_and_still_in_flight),
	KUNIT_CASE_PARAM(timeout_and_completion, mock_mode_gen_params),
	KUNIT_CASE_PARAM(queues_stop_one_another, mock_flags_gen_params),
	KUNIT_CASE_PARAM(queues_stop_one_another_at_once, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_timeout_suite = {
	.name = "drm_dep_timeout",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_timeout_cases,
};

kunit_test_suite(drm_dep_timeout_suite);
