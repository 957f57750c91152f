// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>

#include "mock_device.h"
#include "mock_race.h"

/*
 * Two threads or more that do at once what may be done at once. What udelay() waits for is
 * nothing: it makes the threads meet at ever other places. All waits are for events.
 */

/* What they race for, of the race's jobs. */
enum { JOB, BEFORE, BEHIND };

static struct mock_race *create_race(struct kunit *test, u32 credits)
{
	struct mock_race *race = mock_race_create(test);

	if (credits)
		race->queue = mock_queue_create(test, credits);
	return race;
}

/* A dependency signals while the job is pushed. */

static bool prepare_dependent(struct mock_race *race, struct rnd_state *random)
{
	int i;

	race->jobs[JOB] = mock_job_new(race->queue, 1);
	race->fence = mock_fence_alloc(dma_fence_context_alloc(1), 1);
	if (!race->jobs[JOB] || !race->fence)
		return false;
	race->jobs[JOB]->at_once = true;
	for (i = 0; i < 3; i++)
		if (mock_job_depend(race->jobs[JOB], race->fence))
			return false;
	mock_job_arm(race->jobs[JOB]);
	return true;
}

static void push_job(struct mock_race *race, struct rnd_state *random)
{
	mock_job_push(race->jobs[JOB]);
	mock_job_put(race->jobs[JOB]);
}

static void signal_fence(struct mock_race *race, struct rnd_state *random)
{
	dma_fence_signal(race->fence);
	dma_fence_put(race->fence);
}

static void dependency_and_push(struct kunit *test)
{
	struct mock_race *race = create_race(test, 4);
	struct mock_device *dev = race->dev;

	race->prepare = prepare_dependent;
	race->first = push_job;
	race->second = signal_fence;
	mock_race_run(test, race);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), race->rounds);
}

/*
 * The last reference of an armed job goes while the jobs around it are pushed and while its
 * dependency signals.
 */

static bool prepare_armed(struct mock_race *race, struct rnd_state *random)
{
	race->jobs[BEFORE] = mock_job_new(race->queue, 1);
	race->jobs[JOB] = mock_job_new(race->queue, 1);
	race->jobs[BEHIND] = mock_job_new(race->queue, 1);
	race->fence = mock_fence_alloc(dma_fence_context_alloc(1), 1);
	if (!race->jobs[BEFORE] || !race->jobs[JOB] || !race->jobs[BEHIND] || !race->fence)
		return false;
	race->jobs[BEFORE]->at_once = true;
	race->jobs[BEHIND]->at_once = true;
	if (mock_job_depend(race->jobs[JOB], race->fence))
		return false;
	mock_job_arm(race->jobs[BEFORE]);
	mock_job_arm(race->jobs[JOB]);
	mock_job_arm(race->jobs[BEHIND]);
	return true;
}

static void put_armed(struct mock_race *race, struct rnd_state *random)
{
	mock_job_push(race->jobs[BEFORE]);
	udelay(mock_random(random, 4));
	mock_job_put(race->jobs[JOB]);
	mock_job_put(race->jobs[BEFORE]);
}

static void push_behind_armed(struct mock_race *race, struct rnd_state *random)
{
	bool early = mock_random(random, 2);

	if (early)
		dma_fence_signal(race->fence);
	mock_job_push(race->jobs[BEHIND]);
	mock_job_put(race->jobs[BEHIND]);
	if (!early)
		dma_fence_signal(race->fence);
	dma_fence_put(race->fence);
}

static void armed_put_and_push(struct kunit *test)
{
	struct mock_race *race = create_race(test, 4);
	struct mock_device *dev = race->dev;

	race->prepare = prepare_armed;
	race->first = put_armed;
	race->second = push_behind_armed;
	mock_race_run(test, race);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 3 * race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 2 * race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 3 * race->rounds);
}

/* A job that the hardware has. */
static bool prepare_in_flight(struct mock_race *race, struct rnd_state *random)
{
	race->jobs[JOB] = mock_job_new(race->queue, 1);
	if (!race->jobs[JOB])
		return false;
	mock_job_submit(race->jobs[JOB]);
	return mock_soon(race->dev, mock_job_has_returned(race->jobs[JOB]));
}

/* Two completers: exactly one is it. */

static bool prepare_taken(struct mock_race *race, struct rnd_state *random)
{
	return prepare_in_flight(race, random) && mock_job_take(race->jobs[JOB]);
}

static void complete_as_first(struct mock_race *race, struct rnd_state *random)
{
	if (drm_dep_job_done(&race->jobs[JOB]->base, race->jobs[JOB]->run_number, 0))
		atomic_inc(&race->count);
}

static bool put_completed(struct mock_race *race)
{
	mock_job_put(race->jobs[JOB]);
	return true;
}

static void two_completers(struct kunit *test)
{
	struct mock_race *race = create_race(test, 4);
	struct mock_device *dev = race->dev;

	race->prepare = prepare_taken;
	race->first = complete_as_first;
	race->second = complete_as_first;
	race->finish = put_completed;
	mock_race_run(test, race);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->count), race->rounds);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == race->rounds);
}

/* Completion and the caller's put, both of which may be the last reference. */

static void put_in_flight(struct mock_race *race, struct rnd_state *random)
{
	mock_job_put(race->jobs[JOB]);
}

static void complete_in_flight(struct mock_race *race, struct rnd_state *random)
{
	if (mock_device_advance(race->dev, 1) != 1)
		mock_violation(race->dev, "no job is in flight");
}

static void completion_and_put(struct kunit *test)
{
	struct mock_race *race = create_race(test, 4);
	struct mock_device *dev = race->dev;

	race->prepare = prepare_in_flight;
	race->first = put_in_flight;
	race->second = complete_in_flight;
	mock_race_run(test, race);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == race->rounds);
}

/* The last job finishes while the last user goes. */

static bool prepare_queue(struct mock_race *race, struct rnd_state *random)
{
	const struct mock_queue_options options = { .no_fini = mock_random(random, 2) };

	race->queue = mock_queue_new(race->dev, &options);
	if (!race->queue || !prepare_in_flight(race, random))
		return false;
	mock_job_put(race->jobs[JOB]);
	return true;
}

static void put_last_user(struct mock_race *race, struct rnd_state *random)
{
	mock_queue_put(race->queue);
}

static void completion_and_queue_put(struct kunit *test)
{
	struct mock_race *race = create_race(test, 0);
	struct mock_device *dev = race->dev;

	race->prepare = prepare_queue;
	race->first = put_last_user;
	race->second = complete_in_flight;
	mock_race_run(test, race);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), race->rounds);
}

/* The last user goes while somebody looks for the queue: it comes too late, or becomes a user. */

static bool prepare_idle_queue(struct mock_race *race, struct rnd_state *random)
{
	const struct mock_queue_options options = {};

	race->queue = mock_queue_new(race->dev, &options);
	/* Keeps the memory while somebody looks. */
	race->jobs[JOB] = race->queue ? mock_job_new(race->queue, 1) : NULL;
	return race->jobs[JOB];
}

static void look_for_queue(struct mock_race *race, struct rnd_state *random)
{
	struct drm_dep_queue *queue = drm_dep_queue_get_unless_zero(&race->queue->base);

	if (queue) {
		struct mock_job *job = mock_job_new(to_mock_queue(queue), 1);

		if (job) {
			job->at_once = true;
			mock_job_submit(job);
			mock_job_put(job);
		}
		drm_dep_queue_put(queue);
		atomic_inc(&race->count);
	}
	mock_job_put(race->jobs[JOB]);
}

static void last_put_and_get(struct kunit *test)
{
	struct mock_race *race = create_race(test, 0);
	struct mock_device *dev = race->dev;

	race->prepare = prepare_idle_queue;
	race->first = put_last_user;
	race->second = look_for_queue;
	mock_race_run(test, race);
	mock_device_flush(test, dev);
	kunit_info(test, "%d were in time\n", atomic_read(&race->count));
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), race->rounds);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released),
			race->rounds + atomic_read(&race->count));
}

/* One thread submits and puts, the other completes whatever is in flight. */

#define N_JOBS 120

static void submit_and_put(struct mock_thread *thread)
{
	struct mock_queue *queue = thread->arg;
	int i;

	for (i = 0; i < N_JOBS; i++) {
		struct mock_job *job = mock_job_new(queue, 1);

		if (!job)
			break;
		mock_job_submit(job);
		mock_job_put(job);
	}
}

static void complete_all_jobs(struct mock_thread *thread)
{
	struct mock_queue *queue = thread->arg;
	struct mock_device *dev = queue->dev;
	int completed = 0;

	while (completed < N_JOBS) {
		if (!mock_soon(dev, atomic_read(&dev->ran) > completed)) {
			mock_violation(dev, "only %d jobs came", completed);
			break;
		}
		completed += mock_device_advance(dev, 1 + mock_random(&thread->random, 3));
	}
}

static void completion_and_submission(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 3);
	struct mock_thread threads[2] = {
		{ .function = submit_and_put, .arg = queue, .bound = true },
		{ .function = complete_all_jobs, .arg = queue, .bound = true },
	};

	mock_threads_run(test, threads, 2);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == N_JOBS);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), N_JOBS);
}

/* Both complete jobs of one queue. */

static void complete_half(struct mock_thread *thread)
{
	struct mock_queue *queue = thread->arg;
	int i;

	for (i = 0; i < N_JOBS / 2; i++) {
		if (mock_device_advance(queue->dev, 1) != 1)
			mock_violation(queue->dev, "no job is in flight");
		udelay(mock_random(&thread->random, 3));
	}
}

static void completion_on_two_cpus(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, N_JOBS);
	struct mock_thread threads[2] = {
		{ .function = complete_half, .arg = queue, .bound = true },
		{ .function = complete_half, .arg = queue, .bound = true },
	};
	int i;

	for (i = 0; i < N_JOBS; i++)
		mock_job_put(mock_job_submit_one(test, queue));
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == N_JOBS);
	mock_threads_run(test, threads, 2);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == N_JOBS);
}

/* Everything at once, for some time. */

#define STRESS_TIME (HZ / 4)
#define N_CLIENTS 4
#define WINDOW 32

struct stress {
	struct mock_device *dev;
	struct mock_queue *queues[N_CLIENTS];
	/* Of what follows. */
	spinlock_t lock;
	/* Of each queue, the fence of the job that was pushed last. */
	struct dma_fence *latest[N_CLIENTS];
	unsigned long end;
	atomic_t submitted;
	int max_jobs;
};

static struct dma_fence *latest_fence(struct stress *stress, unsigned int client)
{
	struct dma_fence *fence;

	spin_lock(&stress->lock);
	fence = dma_fence_get(stress->latest[client]);
	spin_unlock(&stress->lock);
	return fence;
}

static void stress_client(struct mock_thread *thread)
{
	struct dma_fence *window[WINDOW] = {}, *fence, *old;
	struct stress *stress = thread->arg;
	struct rnd_state *random = &thread->random;
	struct mock_job *job;
	int i, d;

	for (i = 0; i < stress->max_jobs && time_before(jiffies, stress->end); i++) {
		job = mock_job_new(stress->queues[thread->index], 1 + mock_random(random, 4));
		if (!job)
			break;
		switch (mock_random(random, 4)) {
		case 0:
			job->at_once = true;
			break;
		case 1:
			job->run_error = -EIO;
			break;
		default:
			job->duration_us = 1 + mock_random(random, 200);
			break;
		}
		for (d = 0; d < 3; d++) {
			fence = latest_fence(stress, mock_random(random, N_CLIENTS));
			/* Its error is none of ours, but for that of a lack of memory. */
			if (fence && mock_job_depend(job, fence))
				mock_violation(stress->dev, "could not add a dependency");
			dma_fence_put(fence);
		}
		mock_job_arm(job);
		fence = mock_job_fence(job);
		/* In eight, one is put before it is pushed. */
		if (mock_random(random, 8))
			mock_job_push(job);
		mock_job_put(job);

		spin_lock(&stress->lock);
		old = stress->latest[thread->index];
		stress->latest[thread->index] = dma_fence_get(fence);
		spin_unlock(&stress->lock);
		dma_fence_put(old);

		/* Bounds the memory: no more than a window of jobs exist. */
		old = window[i % WINDOW];
		window[i % WINDOW] = fence;
		if (old && dma_fence_wait_timeout(old, false, MOCK_PATIENCE) <= 0) {
			mock_violation(stress->dev, "fence %llu:%llu does not signal",
				       old->context, old->seqno);
			dma_fence_put(old);
			break;
		}
		dma_fence_put(old);
		atomic_inc(&stress->submitted);
	}
	for (i = 0; i < WINDOW; i++)
		dma_fence_put(window[i]);
}

static void clients_with_dependencies(struct kunit *test)
{
	struct mock_thread threads[N_CLIENTS] = {};
	struct mock_device *dev = test->priv;
	struct stress *stress = kunit_kzalloc(test, sizeof(*stress), GFP_KERNEL);
	int i, submitted;

	KUNIT_ASSERT_NOT_NULL(test, stress);
	dev->hold_dependencies = false;
	stress->dev = dev;
	stress->max_jobs = 4000;
	stress->end = jiffies + STRESS_TIME;
	spin_lock_init(&stress->lock);
	for (i = 0; i < N_CLIENTS; i++) {
		stress->queues[i] = mock_queue_create(test, 8);
		threads[i].function = stress_client;
		threads[i].arg = stress;
	}
	mock_threads_run(test, threads, N_CLIENTS);
	for (i = 0; i < N_CLIENTS; i++) {
		dma_fence_put(stress->latest[i]);
		mock_queue_put(stress->queues[i]);
	}
	mock_device_flush(test, dev);
	submitted = atomic_read(&stress->submitted);
	kunit_info(test, "%d jobs\n", submitted);
	KUNIT_EXPECT_GE(test, atomic_read(&dev->jobs_released), submitted);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), atomic_read(&dev->jobs_released));
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), N_CLIENTS);
}

/* Queues that live as long as a few jobs. */
static void short_lived_queues(struct mock_thread *thread)
{
	struct stress *stress = thread->arg;
	struct rnd_state *random = &thread->random;
	int i, k;

	for (i = 0; i < stress->max_jobs && time_before(jiffies, stress->end); i++) {
		const struct mock_queue_options options = {
			.credits = 2,
			.nest_level = mock_random(random, DRM_DEP_MAX_NEST_LEVEL + 1),
			.no_fini = mock_random(random, 2),
		};
		struct mock_queue *queue = mock_queue_new(stress->dev, &options);
		u32 put_at = mock_random(random, 5);

		if (!queue)
			break;
		for (k = 0; k < 5; k++) {
			struct mock_job *job = k <= put_at ? mock_job_new(queue, 1) : NULL;

			if (job) {
				job->at_once = mock_random(random, 3) == 0;
				job->duration_us = 1 + mock_random(random, 100);
				if (mock_random(random, 8)) {
					mock_job_arm(job);
					if (mock_random(random, 4))
						mock_job_push(job);
				}
				mock_job_put(job);
			}
			if (k == put_at)
				mock_queue_put(queue);
		}
		atomic_inc(&stress->submitted);
		if (mock_random(random, 32) == 0)
			drm_dep_flush(&stress->dev->drm);
	}
}

static void queues_come_and_go(struct kunit *test)
{
	struct mock_thread threads[N_CLIENTS] = {};
	struct mock_device *dev = test->priv;
	struct stress *stress = kunit_kzalloc(test, sizeof(*stress), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, stress);
	stress->dev = dev;
	stress->max_jobs = 1000;
	stress->end = jiffies + STRESS_TIME;
	for (i = 0; i < N_CLIENTS; i++) {
		threads[i].function = short_lived_queues;
		threads[i].arg = stress;
	}
	mock_threads_run(test, threads, N_CLIENTS);
	mock_device_flush(test, dev);
	kunit_info(test, "%d queues, %d jobs\n", atomic_read(&stress->submitted),
		   atomic_read(&dev->jobs_released));
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released),
			atomic_read(&stress->submitted));
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs), 0);
}

static struct kunit_case drm_dep_race_cases[] = {
	KUNIT_CASE_PARAM(completion_and_submission, mock_mode_gen_params),
	KUNIT_CASE_PARAM(dependency_and_push, mock_mode_gen_params),
	KUNIT_CASE_PARAM(armed_put_and_push, mock_mode_gen_params),
	KUNIT_CASE_PARAM(two_completers, mock_flags_gen_params),
	KUNIT_CASE_PARAM(completion_and_put, mock_mode_gen_params),
	KUNIT_CASE_PARAM(completion_and_queue_put, mock_mode_gen_params),
	KUNIT_CASE_PARAM(last_put_and_get, mock_mode_gen_params),
	KUNIT_CASE_PARAM(completion_on_two_cpus, mock_mode_gen_params),
	KUNIT_CASE_PARAM_ATTR(clients_with_dependencies, mock_mode_gen_params,
			      {.speed = KUNIT_SPEED_SLOW}),
	KUNIT_CASE_PARAM_ATTR(queues_come_and_go, mock_mode_gen_params,
			      {.speed = KUNIT_SPEED_SLOW}),
	{}
};

static struct kunit_suite drm_dep_race_suite = {
	.name = "drm_dep_race",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_race_cases,
};

kunit_test_suite(drm_dep_race_suite);
