// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/module.h>

#include "mock_device.h"

/*
 * That prepare_job comes at the head of the queue, after the dependencies, not while what it
 * returned before has not signalled, and that run_job comes only when it returned NULL, the
 * mock device checks.
 */

static struct mock_queue *create_queue(struct kunit *test, u32 credits)
{
	return mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = credits,
		.prepare = true,
	});
}

/* Once per job if there is nothing to wait for; with bypass, in push. */
static void once_per_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 20);
	struct mock_job *jobs[20];
	int i;

	for (i = 0; i < 20; i++) {
		jobs[i] = mock_job_submit_one(test, queue);
		if (dev->mode.bypass) {
			KUNIT_EXPECT_EQ(test, atomic_read(&queue->prepared), i + 1);
			KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), i + 1);
		}
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 20);
	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_EQ(test, jobs[i]->prepare_calls, 1);
		KUNIT_EXPECT_LT(test, mock_log_find(dev, MOCK_PREPARE, queue->id, i),
				mock_log_find(dev, MOCK_RUN, queue->id, i));
	}
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 20);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[19]), 1);
}

static void signal_fence(void *arg)
{
	mock_fence_signal(arg, 0);
}

/* One fence after the other, and again after each. */
static void wait_for_fences(struct kunit *test, bool in_irq)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fences[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(fences); i++) {
		fences[i] = mock_fence_create(test);
		KUNIT_ASSERT_EQ(test, mock_job_prepare_fence(job, fences[i]), 0);
	}
	mock_job_submit(job);
	for (i = 0; i < ARRAY_SIZE(fences); i++) {
		MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->prepared) == i + 1);
		mock_settle();
		KUNIT_EXPECT_EQ(test, atomic_read(&queue->prepared), i + 1);
		KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
		if (in_irq)
			mock_irq_call(test, signal_fence, fences[i]);
		else
			mock_fence_signal(fences[i], 0);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	KUNIT_EXPECT_EQ(test, job->prepare_calls, ARRAY_SIZE(fences) + 1);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

static void fences_one_by_one(struct kunit *test)
{
	wait_for_fences(test, false);
}

static void fences_signalled_from_irq(struct kunit *test)
{
	wait_for_fences(test, true);
}

/* Those that have signalled before are no reason to wait, and nor are those with an error. */
static void signalled_fences(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence;
	int i;

	for (i = 0; i < 10; i++) {
		fence = mock_fence_create(test);
		mock_fence_signal(fence, i % 2 ? -EIO : 0);
		KUNIT_ASSERT_EQ(test, mock_job_prepare_fence(job, fence), 0);
	}
	mock_job_submit(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	KUNIT_EXPECT_EQ(test, job->prepare_calls, 11);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* The core gives its reference back; the mock device checks that none is left at the end. */
static void container(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fences[2], *array;
	int i;

	for (i = 0; i < ARRAY_SIZE(fences); i++)
		fences[i] = mock_fence_create(test);
	array = mock_fence_array(test, fences, ARRAY_SIZE(fences));
	KUNIT_ASSERT_EQ(test, mock_job_prepare_fence(job, array), 0);
	dma_fence_put(array);
	mock_job_submit(job);
	for (i = 0; i < ARRAY_SIZE(fences); i++) {
		mock_settle();
		KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
		mock_fence_signal(fences[i], 0);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

/* Dependencies first; the jobs behind come later, each at its turn. */
static void after_dependencies(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 4);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *dependency = mock_fence_create(test);
	struct dma_fence *fence = mock_fence_create(test);
	int i;

	KUNIT_ASSERT_EQ(test, mock_job_depend(job, dependency), 0);
	KUNIT_ASSERT_EQ(test, mock_job_prepare_fence(job, fence), 0);
	mock_job_submit(job);
	for (i = 0; i < 3; i++)
		job = mock_job_submit_one(test, queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->prepared), 0);
	mock_fence_signal(dependency, 0);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->prepared) == 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->prepared), 1);
	mock_fence_signal(fence, 0);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->prepared), 5);
	for (i = 1; i < 4; i++)
		KUNIT_EXPECT_GT(test, mock_log_find(dev, MOCK_PREPARE, queue->id, i),
				mock_log_find(dev, MOCK_RUN, queue->id, i - 1));
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 4);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* An error finishes the job, in its place and without running it. */
static void error(struct kunit *test, unsigned int n_fences)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 3);
	struct mock_job *first = mock_job_submit_one(test, queue);
	struct mock_job *failing = mock_job_create(test, queue, 1);
	struct mock_job *last = mock_job_create(test, queue, 1);
	struct dma_fence *fences[2];
	int i;

	for (i = 0; i < n_fences; i++) {
		fences[i] = mock_fence_create(test);
		KUNIT_ASSERT_EQ(test, mock_job_prepare_fence(failing, fences[i]), 0);
	}
	failing->prepare_error = -ENOSPC;
	mock_job_submit(failing);
	mock_job_submit(last);
	for (i = 0; i < n_fences; i++) {
		MOCK_ASSERT_SOON(test, dev, READ_ONCE(failing->prepare_calls) == i + 1);
		mock_fence_signal(fences[i], 0);
	}
	/* The hardware still has the first, so the second has not finished; but the third runs. */
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	mock_settle();
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(failing));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(first));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, first), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, failing), -ENOSPC);
	KUNIT_EXPECT_EQ(test, failing->prepare_calls, n_fences + 1);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(last));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, last), 1);
	KUNIT_EXPECT_EQ(test, failing->runs, 0);
	/* It took no credits. */
	mock_job_submit(mock_job_create(test, queue, 3));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->ran) == 3);
}

static void error_at_once(struct kunit *test)
{
	error(test, 0);
}

static void error_after_fences(struct kunit *test)
{
	error(test, 2);
}

/* Slots of a ring: a job waits for the one whose slot it takes, of its own queue. */
static struct dma_fence *wait_for_slot(struct mock_job *job)
{
	struct mock_job *before = job->private;
	struct dma_fence *fence;

	if (!before)
		return NULL;
	fence = mock_job_fence(before);
	if (!dma_fence_is_signaled(fence))
		return fence;
	dma_fence_put(fence);
	return NULL;
}

#define N_SLOTS 3
#define N_RING 30

static void space_in_ring(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, N_RING);
	struct mock_job *jobs[N_RING];
	int i;

	for (i = 0; i < N_RING; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		jobs[i]->private = i < N_SLOTS ? NULL : jobs[i - N_SLOTS];
		jobs[i]->on_prepare = wait_for_slot;
		mock_job_submit(jobs[i]);
	}
	for (i = N_SLOTS; i <= N_RING; i++) {
		MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == i);
		if (i == N_SLOTS || i == N_RING / 2) {
			mock_settle();
			KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), i);
		}
		KUNIT_ASSERT_EQ(test, mock_device_advance(dev, 1), 1);
	}
	mock_device_advance(dev, UINT_MAX);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[N_RING - 1]), 1);
}

/* A job of a killed queue is not asked any more. */
static void not_after_kill(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 2);
	struct mock_job *jobs[2];
	struct dma_fence *fence = mock_fence_create(test);
	int i;

	for (i = 0; i < 2; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		KUNIT_ASSERT_EQ(test, mock_job_prepare_fence(jobs[i], fence), 0);
		mock_job_submit(jobs[i]);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->prepared) == 1);
	mock_queue_kill(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	mock_fence_signal(fence, 0);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->prepared), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	for (i = 0; i < 2; i++)
		mock_job_put(jobs[i]);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 2);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fence), 0);
}

/* Nor that of a stopped one, before it is started; a fence that signals meanwhile counts. */
static void not_while_stopped(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_queue(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);

	KUNIT_ASSERT_EQ(test, mock_job_prepare_fence(job, fence), 0);
	mock_job_submit(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->prepared) == 1);
	mock_queue_stop(queue);
	mock_fence_signal(fence, 0);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->prepared), 1);
	mock_queue_start(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	KUNIT_EXPECT_EQ(test, job->prepare_calls, 2);
}

struct error_seen {
	int in_prepare, in_run;
};

static struct dma_fence *look_at_error(struct mock_job *job)
{
	struct error_seen *seen = job->private;

	seen->in_prepare = drm_dep_job_dependency_error(&job->base);
	return NULL;
}

static void look_at_error_in_run(struct mock_job *job)
{
	struct error_seen *seen = job->private;

	seen->in_run = drm_dep_job_dependency_error(&job->base);
}

/* Which dependencies failed, the driver can ask here and in run_job. */
static void sees_dependency_error(struct kunit *test)
{
	struct mock_queue *queue = create_queue(test, 1);
	int round;

	/* Signalled before it is added, before push, and after it. */
	for (round = 0; round < 4; round++) {
		struct mock_job *job = mock_job_create(test, queue, 1);
		struct dma_fence *fence = mock_fence_create(test);
		struct error_seen *seen = kunit_kzalloc(test, sizeof(*seen), GFP_KERNEL);
		int i, expected = round == 3 ? 0 : -EHOSTDOWN;

		KUNIT_ASSERT_NOT_NULL(test, seen);
		job->private = seen;
		job->on_prepare = look_at_error;
		job->on_run = look_at_error_in_run;
		job->at_once = true;
		for (i = 0; i < 5; i++)
			KUNIT_ASSERT_EQ(test, mock_job_depend(job, mock_fence_create(test)), 0);
		if (round == 0)
			mock_fence_signal(fence, expected);
		KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
		if (round == 1)
			mock_fence_signal(fence, expected);
		mock_job_submit(job);
		if (round > 1)
			mock_fence_signal(fence, expected);
		mock_fences_signal(test->priv);
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
		KUNIT_EXPECT_EQ(test, seen->in_prepare, expected);
		KUNIT_EXPECT_EQ(test, seen->in_run, expected);
	}
}

#define N_PAIRS 60

static struct dma_fence *wait_for_partner(struct mock_job *job)
{
	struct mock_job *partner = job->private;

	/* Signalled or not, or in the middle of it; once. */
	return job->prepare_calls == 1 ? mock_job_fence(partner) : NULL;
}

/* Fences of another queue, which signals them in interrupts while they are returned. */
static void fences_of_other_queue(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *other = mock_queue_create(test, 1);
	struct mock_queue *queue = create_queue(test, 2);
	struct mock_job *job = NULL;
	struct rnd_state random;
	int i;

	mock_random_init(test, &random);
	for (i = 0; i < N_PAIRS; i++) {
		struct mock_job *partner = mock_job_create(test, other, 1);

		job = mock_job_create(test, queue, 1);
		partner->duration_us = 1 + mock_random(&random, 30);
		job->duration_us = 1 + mock_random(&random, 30);
		job->private = partner;
		job->on_prepare = wait_for_partner;
		mock_job_submit(partner);
		mock_job_submit(job);
	}
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->prepared), 2 * N_PAIRS);
}

static struct kunit_case drm_dep_prepare_cases[] = {
	KUNIT_CASE_PARAM(once_per_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(fences_one_by_one, mock_mode_gen_params),
	KUNIT_CASE_PARAM(fences_signalled_from_irq, mock_mode_gen_params),
	KUNIT_CASE_PARAM(signalled_fences, mock_mode_gen_params),
	KUNIT_CASE_PARAM(container, mock_flags_gen_params),
	KUNIT_CASE_PARAM(after_dependencies, mock_mode_gen_params),
	KUNIT_CASE_PARAM(error_at_once, mock_mode_gen_params),
	KUNIT_CASE_PARAM(error_after_fences, mock_mode_gen_params),
	KUNIT_CASE_PARAM(space_in_ring, mock_mode_gen_params),
	KUNIT_CASE_PARAM(not_after_kill, mock_mode_gen_params),
	KUNIT_CASE_PARAM(not_while_stopped, mock_mode_gen_params),
	KUNIT_CASE_PARAM(sees_dependency_error, mock_mode_gen_params),
	KUNIT_CASE_PARAM(fences_of_other_queue, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_prepare_suite = {
	.name = "drm_dep_prepare",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_prepare_cases,
};

kunit_test_suite(drm_dep_prepare_suite);
