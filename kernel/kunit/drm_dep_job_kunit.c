// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/module.h>

#include "mock_device.h"

/* One per argument that drm_dep_job_init() must not accept, of a queue with 4 credits. */
struct bad_job_args {
	const char *name;
	void (*spoil)(struct drm_dep_job_init_args *args, struct drm_dep_job_ops *ops);
};

static void spoil_no_queue(struct drm_dep_job_init_args *args, struct drm_dep_job_ops *ops)
{
	args->queue = NULL;
}

static void spoil_no_ops(struct drm_dep_job_init_args *args, struct drm_dep_job_ops *ops)
{
	args->ops = NULL;
}

static void spoil_no_release(struct drm_dep_job_init_args *args, struct drm_dep_job_ops *ops)
{
	ops->release = NULL;
}

static void spoil_no_credits(struct drm_dep_job_init_args *args, struct drm_dep_job_ops *ops)
{
	args->credits = 0;
}

static void spoil_credits(struct drm_dep_job_init_args *args, struct drm_dep_job_ops *ops)
{
	args->credits = 5;
}

static void spoil_credits_max(struct drm_dep_job_init_args *args, struct drm_dep_job_ops *ops)
{
	args->credits = U32_MAX;
}

static const struct bad_job_args bad_job_args[] = {
	{ "no_queue", spoil_no_queue },
	{ "no_ops", spoil_no_ops },
	{ "no_release", spoil_no_release },
	{ "no_credits", spoil_no_credits },
	{ "credits_above_limit", spoil_credits },
	{ "credits_max", spoil_credits_max },
};

KUNIT_ARRAY_PARAM_DESC(bad_job_args, bad_job_args, name);

static void init_rejects(struct kunit *test)
{
	const struct bad_job_args *bad = test->param_value;
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct drm_dep_job_init_args args;
	struct drm_dep_job_ops ops;
	struct mock_job *job;

	job = mock_job_alloc(queue, 1, &args);
	KUNIT_ASSERT_NOT_NULL(test, job);
	ops = *args.ops;
	args.ops = &ops;
	bad->spoil(&args, &ops);
	KUNIT_EXPECT_EQ(test, drm_dep_job_init(&job->base, &args), -EINVAL);
	mock_job_free(job);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), 0);
	/* The job kept nothing of the queue. */
	mock_queue_put(queue);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

static void init_allocation_fails(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct drm_dep_job_init_args args;
	unsigned int n, failures = 0;
	struct mock_job *job;
	bool failed;
	int ret;

	mock_fail_begin(test);
	for (n = 1, failed = true; failed && n < 1000; n++) {
		job = mock_job_alloc(queue, 1, &args);
		KUNIT_ASSERT_NOT_NULL(test, job);
		mock_fail_nth(n);
		ret = drm_dep_job_init(&job->base, &args);
		failed = mock_fail_end();
		if (ret) {
			KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
			KUNIT_EXPECT_TRUE(test, failed);
			mock_job_free(job);
			failures++;
			continue;
		}
		atomic_inc(&dev->jobs);
		atomic_inc(&queue->jobs);
		drm_dep_job_put(&job->base);
		MOCK_ASSERT_SOON(test, dev, !atomic_read(&dev->jobs));
	}
	KUNIT_EXPECT_FALSE(test, failed);
	kunit_info(test, "%u of %u allocations can fail the call\n", failures, n - 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), n - 1 - failures);
	mock_queue_put(queue);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

static void put_job(void *arg)
{
	mock_job_put(arg);
}

/* A put before arm undoes everything. */
static void put_before_arm(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);

	mock_job_put(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	job = mock_job_create(test, queue, 1);
	mock_irq_call(test, put_job, job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->jobs_released) == 2);

	/* It took no place in the order. */
	job = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

static void runs_and_finishes(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence;

	mock_job_arm(job);
	fence = mock_job_fence(job);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	mock_job_push(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(fence), 0);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, fence), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), 0);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 1);
	dma_fence_put(fence);
}

/* Nobody but the queue has it. */
static void runs_without_caller(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	int i;

	for (i = 0; i < 20; i++)
		mock_job_put(mock_job_submit_one(test, queue));
	for (i = 0; i < 20; i++) {
		MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) > i);
		KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 1), 1);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 20);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 20);
}

static void caller_keeps_reference(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	int i;

	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_PTR_EQ(test, drm_dep_job_get(&job->base), &job->base);
	job->at_once = true;
	mock_job_submit(job);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	for (i = 0; i < 10; i++)
		drm_dep_job_put(&job->base);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), 0);
	KUNIT_EXPECT_PTR_EQ(test, job->queue, queue);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
}

/* The last reference goes in interrupt context; release is called there, or where it may sleep. */
static void put_from_irq(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	int i;

	for (i = 0; i < 10; i++) {
		struct mock_job *job = mock_job_create(test, queue, 1);

		job->at_once = true;
		mock_job_submit(job);
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
		mock_irq_call(test, put_job, job);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->jobs_released) == i + 1);
	}
}

static void run_error_finishes(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct mock_job *next = mock_job_create(test, queue, 1);

	job->run_error = -ENODEV;
	next->at_once = true;
	mock_job_submit(job);
	mock_job_submit(next);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ENODEV);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, next), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 2);
}

/* A job that was not handed over finishes after those before it. */
static void run_error_keeps_place(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 3);
	struct mock_job *first = mock_job_create(test, queue, 1);
	struct mock_job *failing = mock_job_create(test, queue, 1);
	struct mock_job *last = mock_job_create(test, queue, 1);

	failing->run_error = -EIO;
	mock_job_submit(first);
	mock_job_submit(failing);
	mock_job_submit(last);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 3);
	mock_settle();
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(first));
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(failing));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(first));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, failing), -EIO);
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(last));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(last));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, last), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, first), 1);
}

/* The last put of a job that was armed finishes it; it never runs. */
static void armed_put_cancels(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct mock_job *next;
	struct dma_fence *fence;

	mock_job_arm(job);
	fence = mock_job_fence(job);
	mock_settle();
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(fence), 0);
	mock_job_put(job);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, fence), -ECANCELED);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	dma_fence_put(fence);

	next = mock_job_create(test, queue, 1);
	next->at_once = true;
	mock_job_submit(next);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, next), 1);
}

/* In its place: not before those that were armed earlier. */
static void armed_put_keeps_place(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *first = mock_job_submit_one(test, queue);
	struct mock_job *cancelled = mock_job_create(test, queue, 1);
	struct mock_job *last;
	struct dma_fence *fence;

	mock_job_arm(cancelled);
	fence = mock_job_fence(cancelled);
	last = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_job_put(cancelled);
	/* It takes no credits, so the one behind it runs. */
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	mock_settle();
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(fence), 0);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(last));
	mock_settle();
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(last));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(first));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, last), 1);
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(fence), -ECANCELED);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, first), 1);
	dma_fence_put(fence);
}

/* And not before its dependencies, which others expect to be met when its fence signals. */
static void armed_put_waits_for_dependency(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *dependencies[5], *fence;
	struct mock_job *next;
	int i;

	for (i = 0; i < ARRAY_SIZE(dependencies); i++) {
		dependencies[i] = mock_fence_create(test);
		KUNIT_ASSERT_EQ(test, mock_job_depend(job, dependencies[i]), 0);
	}
	mock_job_arm(job);
	fence = mock_job_fence(job);
	mock_job_put(job);
	next = mock_job_submit_one(test, queue);
	for (i = 0; i < ARRAY_SIZE(dependencies); i++) {
		mock_settle();
		KUNIT_EXPECT_EQ(test, dma_fence_get_status(fence), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
		mock_fence_signal(dependencies[i], 0);
	}
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, fence), -ECANCELED);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, next), 1);
	dma_fence_put(fence);
}

/* A driver that arms all its jobs, and then fails at any point, in process or interrupt context. */
static void several_armed(struct kunit *test, bool in_irq)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 100);
	unsigned int failing, i, round = 0;

	/* Bit i: the job number i is put before it is pushed. */
	for (failing = 0; failing < 16; failing++) {
		struct mock_job *jobs[4];
		struct dma_fence *fences[4];

		for (i = 0; i < 4; i++) {
			jobs[i] = mock_job_create(test, queue, 1);
			jobs[i]->at_once = true;
			mock_job_arm(jobs[i]);
			fences[i] = mock_job_fence(jobs[i]);
		}
		for (i = 0; i < 4; i++) {
			if (!(failing & BIT(i)))
				mock_job_push(jobs[i]);
			if (in_irq)
				mock_irq_call(test, put_job, jobs[i]);
			else
				mock_job_put(jobs[i]);
		}
		for (i = 0; i < 4; i++) {
			KUNIT_EXPECT_EQ(test, mock_fence_wait(test, fences[i]),
					failing & BIT(i) ? -ECANCELED : 1);
			dma_fence_put(fences[i]);
		}
		round += 4 - hweight32(failing);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == round);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 64);
}

static void armed_put_of_several(struct kunit *test)
{
	several_armed(test, false);
}

static void armed_put_of_several_from_irq(struct kunit *test)
{
	several_armed(test, true);
}

/* A job that was armed, not pushed, and put last of all references in interrupt context. */
static void armed_put_from_irq(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *dependency = mock_fence_create(test);
	struct dma_fence *fence;

	KUNIT_ASSERT_EQ(test, mock_job_depend(job, dependency), 0);
	mock_job_arm(job);
	fence = mock_job_fence(job);
	mock_irq_call(test, put_job, job);
	mock_settle();
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(fence), 0);
	mock_fence_signal(dependency, 0);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, fence), -ECANCELED);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	dma_fence_put(fence);
}

/* A chain of jobs over two queues, armed, the first of which is put: the others run after it. */
static void armed_put_with_dependents(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queues[2] = { mock_queue_create(test, 1), mock_queue_create(test, 1) };
	struct dma_fence *first, *last = NULL;
	struct mock_job *jobs[6];
	int i;

	for (i = 0; i < 6; i++) {
		jobs[i] = mock_job_create(test, queues[i % 2], 1);
		jobs[i]->at_once = true;
		if (last)
			KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[i], last), 0);
		mock_job_arm(jobs[i]);
		last = drm_dep_job_finished_fence(&jobs[i]->base);
	}
	first = mock_job_fence(jobs[0]);
	for (i = 5; i > 0; i--)
		mock_job_push(jobs[i]);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 0);
	mock_job_put(jobs[0]);
	for (i = 1; i < 6; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), 1);
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(first), -ECANCELED);
	dma_fence_put(first);
}

static struct kunit_case drm_dep_job_cases[] = {
	KUNIT_CASE_PARAM(init_rejects, bad_job_args_gen_params),
	KUNIT_CASE(init_allocation_fails),
	KUNIT_CASE_PARAM(put_before_arm, mock_mode_gen_params),
	KUNIT_CASE_PARAM(runs_and_finishes, mock_mode_gen_params),
	KUNIT_CASE_PARAM(runs_without_caller, mock_mode_gen_params),
	KUNIT_CASE_PARAM(caller_keeps_reference, mock_mode_gen_params),
	KUNIT_CASE_PARAM(put_from_irq, mock_mode_gen_params),
	KUNIT_CASE_PARAM(run_error_finishes, mock_mode_gen_params),
	KUNIT_CASE_PARAM(run_error_keeps_place, mock_mode_gen_params),
	KUNIT_CASE_PARAM(armed_put_cancels, mock_mode_gen_params),
	KUNIT_CASE_PARAM(armed_put_keeps_place, mock_mode_gen_params),
	KUNIT_CASE_PARAM(armed_put_waits_for_dependency, mock_mode_gen_params),
	KUNIT_CASE_PARAM(armed_put_of_several, mock_mode_gen_params),
	KUNIT_CASE_PARAM(armed_put_of_several_from_irq, mock_mode_gen_params),
	KUNIT_CASE_PARAM(armed_put_from_irq, mock_mode_gen_params),
	KUNIT_CASE_PARAM(armed_put_with_dependents, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_job_suite = {
	.name = "drm_dep_job",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_job_cases,
};

kunit_test_suite(drm_dep_job_suite);
