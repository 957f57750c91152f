// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <drm/drm_managed.h>

#include "mock_device.h"
#include "mock_race.h"

/*
 * The end of a queue, under fire: its last user goes in the middle of something, in whatever
 * context, and with whatever is left to be done. That release of jobs, fini and release of the
 * queue come in this order, once, from a worker, and after all ops, the mock device checks.
 */

static void put_queue(void *arg)
{
	mock_queue_put(arg);
}

static void put_job(void *arg)
{
	mock_job_put(arg);
}

/* The last user goes in one of the queue's own ops, or in what somebody else does. */
enum put_place { PUT_IN_PREPARE, PUT_IN_KILLED, PUT_IN_TIMEOUT, PUT_IN_MESSAGE,
		 PUT_IN_FOREIGN_CALLBACK, N_PUT_PLACES };

static struct dma_fence *put_in_prepare(struct mock_job *job)
{
	mock_queue_put(job->queue);
	return NULL;
}

static int put_in_timeout(struct mock_job *job)
{
	mock_queue_put(job->queue);
	mock_job_fail(job, -ETIME);
	return DRM_DEP_TIMEOUT_HANDLED;
}

/* The message is freed as well, so nothing is left that the queue could look at. */
static void put_in_message(struct mock_message *message)
{
	mock_queue_put(message->queue);
	kfree(message);
}

struct put_callback {
	struct dma_fence_cb cb;
	struct mock_queue *queue;
};

static void put_in_callback(struct dma_fence *fence, struct dma_fence_cb *cb)
{
	mock_queue_put(container_of(cb, struct put_callback, cb)->queue);
}

static void signal_fence(void *fence)
{
	mock_fence_signal(fence, 0);
}

static void put_in_op(struct kunit *test, enum put_place place)
{
	struct mock_device *dev = test->priv;
	int released = atomic_read(&dev->queues_released), ran = atomic_read(&dev->ran);
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.prepare = place == PUT_IN_PREPARE,
	});
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);
	struct put_callback *callback = kunit_kzalloc(test, sizeof(*callback), GFP_KERNEL);
	struct mock_message *message;

	KUNIT_ASSERT_NOT_NULL(test, callback);
	callback->queue = queue;
	queue->on_killed = mock_queue_put;
	queue->on_timedout = put_in_timeout;
	if (place == PUT_IN_PREPARE)
		job->on_prepare = put_in_prepare;
	if (place == PUT_IN_FOREIGN_CALLBACK)
		KUNIT_ASSERT_EQ(test, dma_fence_add_callback(fence, &callback->cb,
							     put_in_callback), 0);
	mock_job_submit(job);
	mock_job_put(job);
	if (place != PUT_IN_KILLED)
		MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == ran + 1);
	switch (place) {
	case PUT_IN_KILLED:
		mock_queue_kill(queue);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->killed) == 1);
		break;
	case PUT_IN_TIMEOUT:
		mock_queue_trigger_timeout(queue);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->timedout) == 1);
		break;
	case PUT_IN_MESSAGE:
		message = kzalloc(sizeof(*message), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, message);
		mock_message_init(message, queue, 0);
		message->on_process = put_in_message;
		mock_message_send(message);
		break;
	case PUT_IN_FOREIGN_CALLBACK:
		mock_irq_call(test, signal_fence, fence);
		break;
	default:
		break;
	}
	mock_device_advance(dev, 1);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->queues_released) == released + 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs), 0);
}

static void put_in_every_op(struct kunit *test)
{
	enum put_place place;

	for (place = 0; place < N_PUT_PLACES; place++)
		put_in_op(test, place);
}

/*
 * From an interrupt, with a job in flight, one that waits, one that is only armed, a message
 * and a kill: all of it comes to its end first.
 */
static void put_with_everything_pending(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *running = mock_job_submit_one(test, queue);
	struct mock_job *waiting = mock_job_create(test, queue, 1);
	struct mock_job *armed = mock_job_create(test, queue, 1);
	struct mock_message *message = mock_message_create(test, queue, 0);
	struct dma_fence *fence = mock_fence_create(test), *finished;

	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(running));
	KUNIT_ASSERT_EQ(test, mock_job_depend(waiting, fence), 0);
	mock_job_submit(waiting);
	mock_job_arm(armed);
	finished = mock_job_fence(armed);
	mock_job_put(running);
	mock_job_put(waiting);
	mock_queue_kill(queue);
	KUNIT_EXPECT_TRUE(test, mock_message_send(message));
	mock_irq_call(test, put_queue, queue);
	mock_irq_call(test, put_job, armed);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->killed) == 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->messages) == 1);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), 0);
	mock_irq_call(test, signal_fence, fence);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, finished), -ECANCELED);
	dma_fence_put(finished);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 1);
}

/* A job that hangs when nobody has the queue any more still times out. */
static void timeout_after_last_put(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.timeout_ms = 20,
	});
	struct mock_job *jobs[2];
	int i;

	for (i = 0; i < 2; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	mock_queue_put(queue);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), -ETIME);
		mock_job_put(jobs[i]);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->timedout), 2);
}

/* The last reference of a job goes, in whatever state it is and wherever. */

enum job_stage { STAGE_INITIALISED, STAGE_DEPENDENT, STAGE_ARMED, STAGE_ARMED_DEPENDENT,
		 STAGE_WAITING, STAGE_IN_FLIGHT, STAGE_FINISHED, N_STAGES };
enum put_context { PUT_IN_TASK, PUT_IN_IRQ, PUT_UNDER_LOCK, N_CONTEXTS };

static void put_in_context(struct kunit *test, struct mock_job *job, enum put_context context)
{
	unsigned long flags;

	switch (context) {
	case PUT_IN_IRQ:
		mock_irq_call(test, put_job, job);
		break;
	case PUT_UNDER_LOCK:
		local_irq_save(flags);
		mock_job_put(job);
		local_irq_restore(flags);
		break;
	default:
		mock_job_put(job);
		break;
	}
}

/* Returns its finished fence, if it is to have one. */
static struct dma_fence *put_at_stage(struct kunit *test, enum job_stage stage,
				      enum put_context context, struct dma_fence *dependency)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *finished = NULL;

	if (stage == STAGE_DEPENDENT || stage == STAGE_ARMED_DEPENDENT || stage == STAGE_WAITING)
		KUNIT_ASSERT_EQ(test, mock_job_depend(job, dependency), 0);
	job->at_once = stage == STAGE_WAITING;
	if (stage >= STAGE_ARMED) {
		mock_job_arm(job);
		finished = mock_job_fence(job);
	}
	if (stage >= STAGE_WAITING)
		mock_job_push(job);
	if (stage >= STAGE_IN_FLIGHT)
		MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	if (stage == STAGE_FINISHED) {
		KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	}
	put_in_context(test, job, context);
	/* From here on the job alone keeps the queue. */
	mock_queue_put(queue);
	return finished;
}

static void put_of_job_anywhere(struct kunit *test)
{
	struct dma_fence *finished[N_STAGES][N_CONTEXTS];
	struct dma_fence *dependency = mock_fence_create(test);
	struct mock_device *dev = test->priv;
	enum put_context context;
	enum job_stage stage;

	for (stage = 0; stage < N_STAGES; stage++)
		for (context = 0; context < N_CONTEXTS; context++)
			finished[stage][context] = put_at_stage(test, stage, context, dependency);
	mock_settle();
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(finished[STAGE_ARMED_DEPENDENT][0]));
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(finished[STAGE_WAITING][0]));
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(finished[STAGE_IN_FLIGHT][0]));
	mock_irq_call(test, signal_fence, dependency);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), N_CONTEXTS);
	for (stage = STAGE_ARMED; stage < N_STAGES; stage++) {
		for (context = 0; context < N_CONTEXTS; context++) {
			KUNIT_EXPECT_EQ(test, mock_fence_wait(test, finished[stage][context]),
					stage >= STAGE_WAITING ? 1 : -ECANCELED);
			dma_fence_put(finished[stage][context]);
		}
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == N_STAGES * N_CONTEXTS);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), N_STAGES * N_CONTEXTS);
}

/* A teardown that waits for the firmware holds up nobody, and goes on when it is told to. */

static int fini_pending(struct mock_queue *queue)
{
	return -EINPROGRESS;
}

static void tell_fini_done(void *arg)
{
	mock_queue_fini_done(arg);
}

#define N_PENDING 4

static void fini_is_pending(struct kunit *test)
{
	struct mock_queue *queues[N_PENDING], *other;
	struct mock_device *dev = test->priv;
	unsigned int references = kref_read(&dev->drm.ref);
	int i;

	for (i = 0; i < N_PENDING; i++) {
		queues[i] = mock_queue_create(test, 1);
		queues[i]->on_fini = fini_pending;
		mock_queue_put(queues[i]);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->fini) == N_PENDING);
	other = mock_queue_create(test, 1);
	mock_job_put(mock_job_create(test, other, 1));
	mock_queue_put(other);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), 1);
	for (i = 0; i < N_PENDING; i++) {
		KUNIT_EXPECT_EQ(test, mock_log_count(dev, MOCK_QUEUE_FINI, queues[i]->id, 0), 1);
		if (i % 2)
			mock_irq_call(test, tell_fini_done, queues[i]);
		else
			mock_queue_fini_done(queues[i]);
		MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == i + 2);
	}
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), references);
}

/* The firmware was faster than the return of the op; or it even answered in an interrupt. */

static int fini_done_before(struct mock_queue *queue)
{
	mock_queue_fini_done(queue);
	return -EINPROGRESS;
}

struct answer {
	struct hrtimer timer;
	struct mock_queue *queue;
};

static enum hrtimer_restart fini_answer(struct hrtimer *timer)
{
	mock_queue_fini_done(container_of(timer, struct answer, timer)->queue);
	return HRTIMER_NORESTART;
}

static int fini_asks(struct mock_queue *queue)
{
	struct answer *answer = queue->private;
	u64 delay_us = 10 * (queue->id % 8);

	hrtimer_start(&answer->timer, us_to_ktime(delay_us), HRTIMER_MODE_REL);
	udelay(50);
	return -EINPROGRESS;
}

#define N_ANSWERS 16

static void fini_is_done_first(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct answer *answers = kunit_kcalloc(test, N_ANSWERS, sizeof(*answers), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, answers);
	for (i = 0; i < N_ANSWERS; i++) {
		struct mock_queue *queue = mock_queue_create(test, 1);

		answers[i].queue = queue;
		hrtimer_setup(&answers[i].timer, fini_answer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
		queue->private = &answers[i];
		queue->on_fini = i % 4 ? fini_asks : fini_done_before;
		mock_queue_put(queue);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == N_ANSWERS);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), N_ANSWERS);
	for (i = 0; i < N_ANSWERS; i++)
		hrtimer_cancel(&answers[i].timer);
}

/*
 * The parent of the device goes while queues without users still have jobs, timers run, some
 * of the queues were killed, and jobs of one wait for jobs of another.
 */

struct unplugged {
	struct completion gone;
	struct dma_fence *fences[12];
};

static void tell_gone(struct drm_device *drm, void *gone)
{
	complete(gone);
}

static void unplug_with_jobs(struct kunit *test)
{
	struct unplugged *unplugged = kunit_kzalloc(test, sizeof(*unplugged), GFP_KERNEL);
	struct mock_device *dev = test->priv;
	struct mock_queue *queues[3];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, unplugged);
	init_completion(&unplugged->gone);
	KUNIT_ASSERT_EQ(test, drmm_add_action(&dev->drm, tell_gone, &unplugged->gone), 0);
	for (i = 0; i < 3; i++)
		queues[i] = mock_queue_create_with(test, &(struct mock_queue_options) {
			.credits = 1,
			.timeout_ms = 1000000,
		});
	for (i = 0; i < 12; i++) {
		struct mock_job *job = mock_job_create(test, queues[i % 3], 1);

		job->duration_us = 500;
		if (i)
			KUNIT_ASSERT_EQ(test, mock_job_depend(job, unplugged->fences[i - 1]), 0);
		mock_job_arm(job);
		unplugged->fences[i] = mock_job_fence(job);
		if (i != 7)
			mock_job_push(job);
		mock_job_put(job);
	}
	mock_queue_kill(queues[2]);
	for (i = 0; i < 3; i++)
		mock_queue_put(queues[i]);
	mock_device_unplug(test, dev);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&unplugged->gone, MOCK_PATIENCE), 0);
	for (i = 0; i < 12; i++) {
		int status = dma_fence_get_status(unplugged->fences[i]);

		/* Of the queue that was killed some may have run before. */
		if (i == 7)
			KUNIT_EXPECT_EQ(test, status, -ECANCELED);
		else if (i % 3 == 2)
			KUNIT_EXPECT_TRUE(test, status == -ECANCELED || status == 1);
		else
			KUNIT_EXPECT_EQ(test, status, 1);
		dma_fence_put(unplugged->fences[i]);
	}
}

/* Two users; what the first one does when it goes is nothing. */
static void two_users(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job;

	KUNIT_EXPECT_PTR_EQ(test, drm_dep_queue_get(&queue->base), &queue->base);
	mock_irq_call(test, put_queue, queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), 0);
	KUNIT_ASSERT_PTR_EQ(test, drm_dep_queue_get_unless_zero(&queue->base), &queue->base);
	drm_dep_queue_put(&queue->base);
	job = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	drm_dep_queue_put(&queue->base);
	/* The job keeps the memory. */
	KUNIT_EXPECT_NULL(test, drm_dep_queue_get_unless_zero(&queue->base));
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

/* Names of a fence are read while it signals, and while everything else of it goes. */

static bool prepare_named(struct mock_race *race, struct rnd_state *random)
{
	race->queue = mock_queue_new(race->dev, &(struct mock_queue_options) {});
	race->jobs[0] = race->queue ? mock_job_new(race->queue, 1) : NULL;
	if (!race->jobs[0])
		return false;
	mock_job_arm(race->jobs[0]);
	race->fence = mock_job_fence(race->jobs[0]);
	mock_job_push(race->jobs[0]);
	return mock_soon(race->dev, mock_job_has_returned(race->jobs[0]));
}

static void read_names(struct mock_race *race, struct rnd_state *random)
{
	int i;

	for (i = 0; i < 20; i++) {
		const char __rcu *driver;
		const char __rcu *timeline;

		rcu_read_lock();
		driver = dma_fence_driver_name(race->fence);
		timeline = dma_fence_timeline_name(race->fence);
		/* Long enough for others to free what should not be freed. */
		udelay(mock_random(random, 5));
		if (!strlen(rcu_dereference(driver)) || !strlen(rcu_dereference(timeline)))
			mock_violation(race->dev, "a fence has no name");
		rcu_read_unlock();
	}
	dma_fence_put(race->fence);
}

static void give_all_back(struct mock_race *race, struct rnd_state *random)
{
	mock_queue_put(race->queue);
	mock_job_put(race->jobs[0]);
	udelay(mock_random(random, 20));
	mock_device_advance(race->dev, 1);
}

/* The queues may still be on their way; that takes a grace period. */
static bool finish_released(struct mock_race *race)
{
	return mock_soon(race->dev, !atomic_read(&race->dev->jobs));
}

static void names_and_teardown(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);

	race->prepare = prepare_named;
	race->first = read_names;
	race->second = give_all_back;
	race->finish = finish_released;
	mock_race_run(test, race);
	mock_device_flush(test, race->dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->dev->queues_released), race->rounds);
}

/*
 * A handler that stops and iterates, as a user or without one: meanwhile the last other user
 * goes, and the job completes.
 */

static int stop_and_iterate(struct mock_job *job)
{
	struct drm_dep_queue *user = drm_dep_queue_get_unless_zero(&job->queue->base);
	struct drm_dep_job *other;

	mock_queue_stop(job->queue);
	drm_dep_queue_for_each_in_flight(other, &job->queue->base)
		udelay(1);
	mock_queue_start(job->queue);
	/* It may be the last one now. */
	drm_dep_queue_put(user);
	return DRM_DEP_TIMEOUT_NOT_HUNG;
}

static bool prepare_used(struct mock_race *race, struct rnd_state *random)
{
	int i;

	race->queue = mock_queue_new(race->dev, &(struct mock_queue_options) { .credits = 2 });
	if (!race->queue)
		return false;
	race->queue->on_timedout = stop_and_iterate;
	for (i = 0; i < 2; i++) {
		race->jobs[i] = mock_job_new(race->queue, 1);
		if (!race->jobs[i])
			return false;
		mock_job_submit(race->jobs[i]);
	}
	return mock_soon(race->dev, mock_job_has_returned(race->jobs[1]));
}

static void trigger_and_put(struct mock_race *race, struct rnd_state *random)
{
	mock_queue_trigger_timeout(race->queue);
	udelay(mock_random(random, 60));
	mock_queue_put(race->queue);
}

static void complete_and_put(struct mock_race *race, struct rnd_state *random)
{
	int i;

	for (i = 0; i < 2; i++) {
		mock_job_put(race->jobs[i]);
		udelay(mock_random(random, 60));
		mock_device_advance(race->dev, 1);
	}
}

static void stop_in_timeout_and_put(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);
	struct mock_device *dev = test->priv;

	race->prepare = prepare_used;
	race->first = trigger_and_put;
	race->second = complete_and_put;
	race->finish = finish_released;
	mock_race_run(test, race);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), 2 * race->rounds);
	kunit_info(test, "%d timeouts\n", atomic_read(&dev->timedout));
}

/* The last references of an armed job, of its queue, and of what it depends on go at once. */

static bool prepare_armed(struct mock_race *race, struct rnd_state *random)
{
	race->queue = mock_queue_new(race->dev, &(struct mock_queue_options) {});
	race->jobs[0] = race->queue ? mock_job_new(race->queue, 1) : NULL;
	race->fence = mock_fence_alloc(dma_fence_context_alloc(1), 1);
	if (!race->jobs[0] || !race->fence)
		return false;
	race->flag = mock_random(random, 2);
	if (mock_random(random, 2) && mock_job_depend(race->jobs[0], race->fence))
		return false;
	mock_job_arm(race->jobs[0]);
	return true;
}

static void put_job_and_signal(struct mock_race *race, struct rnd_state *random)
{
	mock_job_put(race->jobs[0]);
	udelay(mock_random(random, 10));
	dma_fence_signal(race->fence);
	dma_fence_put(race->fence);
}

static void kill_and_put_queue(struct mock_race *race, struct rnd_state *random)
{
	if (race->flag)
		mock_queue_kill(race->queue);
	mock_queue_put(race->queue);
}

static void armed_job_and_queue_put(struct kunit *test)
{
	struct mock_race *race = mock_race_create(test);
	struct mock_device *dev = test->priv;

	race->prepare = prepare_armed;
	race->first = put_job_and_signal;
	race->second = kill_and_put_queue;
	race->finish = finish_released;
	mock_race_run(test, race);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 0);
}

static struct kunit_case drm_dep_teardown_cases[] = {
	KUNIT_CASE_PARAM(put_in_every_op, mock_mode_gen_params),
	KUNIT_CASE_PARAM(put_with_everything_pending, mock_mode_gen_params),
	KUNIT_CASE_PARAM(timeout_after_last_put, mock_flags_gen_params),
	KUNIT_CASE_PARAM(put_of_job_anywhere, mock_mode_gen_params),
	KUNIT_CASE(fini_is_pending),
	KUNIT_CASE(fini_is_done_first),
	KUNIT_CASE_PARAM(unplug_with_jobs, mock_mode_gen_params),
	KUNIT_CASE_PARAM(two_users, mock_flags_gen_params),
	KUNIT_CASE_PARAM(names_and_teardown, mock_mode_gen_params),
	KUNIT_CASE_PARAM(stop_in_timeout_and_put, mock_mode_gen_params),
	KUNIT_CASE_PARAM(armed_job_and_queue_put, mock_flags_gen_params),
	{}
};

static struct kunit_suite drm_dep_teardown_suite = {
	.name = "drm_dep_teardown",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_teardown_cases,
};

kunit_test_suite(drm_dep_teardown_suite);
