// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/module.h>
#include <linux/slab.h>

#include "mock_device.h"

/* One per argument that drm_dep_queue_init() must not accept. */
struct bad_queue_args {
	const char *name;
	void (*spoil)(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops);
};

static void spoil_no_ops(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops)
{
	args->ops = NULL;
}

static void spoil_no_run_job(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops)
{
	ops->run_job = NULL;
}

static void spoil_no_release(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops)
{
	ops->release = NULL;
}

static void spoil_no_drm(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops)
{
	args->drm = NULL;
}

static void spoil_no_driver_name(struct drm_dep_queue_init_args *args,
				 struct drm_dep_queue_ops *ops)
{
	args->driver_name = NULL;
}

static void spoil_no_name(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops)
{
	args->name = NULL;
}

static void spoil_no_credits(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops)
{
	args->credit_limit = 0;
}

static void spoil_nest_level(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops)
{
	args->nest_level = DRM_DEP_MAX_NEST_LEVEL + 1;
}

static void spoil_nest_level_max(struct drm_dep_queue_init_args *args,
				 struct drm_dep_queue_ops *ops)
{
	args->nest_level = U32_MAX;
}

static void spoil_flags(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops)
{
	args->flags = 1;
}

static void spoil_flags_high(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops)
{
	args->flags = 1u << 31;
}

static const struct bad_queue_args bad_queue_args[] = {
	{ "no_ops", spoil_no_ops },
	{ "no_run_job", spoil_no_run_job },
	{ "no_release", spoil_no_release },
	{ "no_drm", spoil_no_drm },
	{ "no_driver_name", spoil_no_driver_name },
	{ "no_name", spoil_no_name },
	{ "no_credits", spoil_no_credits },
	{ "nest_level", spoil_nest_level },
	{ "nest_level_max", spoil_nest_level_max },
	{ "flags", spoil_flags },
	{ "flags_high", spoil_flags_high },
};

KUNIT_ARRAY_PARAM_DESC(bad_queue_args, bad_queue_args, name);

static void init_rejects(struct kunit *test)
{
	const struct bad_queue_args *bad = test->param_value;
	struct mock_device *dev = test->priv;
	unsigned int references = kref_read(&dev->drm.ref);
	struct drm_dep_queue_init_args args;
	struct drm_dep_queue_ops ops;
	struct mock_queue *queue;

	queue = mock_queue_alloc(dev, 1, &args);
	KUNIT_ASSERT_NOT_NULL(test, queue);
	ops = *args.ops;
	args.ops = &ops;
	bad->spoil(&args, &ops);
	KUNIT_EXPECT_EQ(test, drm_dep_queue_init(&queue->base, &args), -EINVAL);
	kfree(queue);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), references);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini) + atomic_read(&dev->queues_released), 0);
}

/* The smallest and the largest of what is allowed, and without what is optional. */
static void init_accepts_limits(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue;
	struct mock_job *job;

	mock_job_submit_one(test, mock_queue_create_nested(test, 1, 0));
	queue = mock_queue_create_nested(test, U32_MAX, DRM_DEP_MAX_NEST_LEVEL);
	job = mock_job_create(test, queue, U32_MAX);
	mock_job_submit(job);
	queue = mock_queue_new(dev, 1, 0, false);
	KUNIT_ASSERT_NOT_NULL(test, queue);
	mock_job_submit_one(test, queue);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->ran) == 3);
	mock_device_advance(dev, 3);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->finished) == 3);
}

static void init_allocation_fails(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	unsigned int references = kref_read(&dev->drm.ref);
	struct drm_dep_queue_init_args args;
	struct mock_queue *queue;
	unsigned int n, failures = 0;
	bool failed;
	int ret;

	mock_fail_begin(test);
	for (n = 1, failed = true; failed && n < 1000; n++) {
		queue = mock_queue_alloc(dev, 1, &args);
		KUNIT_ASSERT_NOT_NULL(test, queue);
		mock_fail_nth(n);
		ret = drm_dep_queue_init(&queue->base, &args);
		failed = mock_fail_end();
		if (ret) {
			KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
			KUNIT_EXPECT_TRUE(test, failed);
			KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), references);
			kfree(queue);
			failures++;
			continue;
		}
		atomic_inc(&dev->queues);
		drm_dep_queue_put(&queue->base);
		mock_device_flush(test, dev);
	}
	KUNIT_EXPECT_FALSE(test, failed);
	kunit_info(test, "%u of %u allocations can fail the call\n", failures, n - 2);
	/* No op was called for one that failed. */
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), n - 1 - failures);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), n - 1 - failures);
}

static void put_null(struct kunit *test)
{
	drm_dep_queue_put(NULL);
	drm_dep_job_put(NULL);
}

static void users_are_counted(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_submit_one(test, queue);
	int i;

	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_PTR_EQ(test, drm_dep_queue_get(&queue->base), &queue->base);
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_PTR_EQ(test, drm_dep_queue_get_unless_zero(&queue->base),
				    &queue->base);
	for (i = 0; i < 200; i++)
		drm_dep_queue_put(&queue->base);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), 0);

	/* The job keeps the memory, but not the users. */
	mock_queue_put(queue);
	KUNIT_EXPECT_NULL(test, drm_dep_queue_get_unless_zero(&queue->base));
	KUNIT_EXPECT_NULL(test, drm_dep_queue_get_unless_zero(&queue->base));
	mock_device_advance(dev, 1);
	mock_job_wait(test, job);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

/* As many run as there are credits, no more and no fewer. */
static void credits_bound_jobs(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	int i;

	for (i = 0; i < 10; i++)
		mock_job_submit_one(test, queue);
	for (i = 4; i <= 10; i++) {
		MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == i);
		mock_settle();
		KUNIT_ASSERT_EQ(test, atomic_read(&queue->ran), i);
		KUNIT_ASSERT_EQ(test, mock_device_advance(dev, 1), 1);
	}
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 3);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->finished) == 10);
}

/* A job that needs many credits waits until they are there, and is not overtaken. */
static void credits_large_job_waits(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	int i;

	for (i = 0; i < 3; i++)
		mock_job_submit_one(test, queue);
	mock_job_submit(mock_job_create(test, queue, 4));
	for (i = 0; i < 3; i++)
		mock_job_submit_one(test, queue);

	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 3);
	for (i = 0; i < 3; i++) {
		mock_settle();
		KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 3);
		KUNIT_ASSERT_EQ(test, mock_device_advance(dev, 1), 1);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 4);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 4);
	KUNIT_ASSERT_EQ(test, mock_device_advance(dev, 1), 1);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 7);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 3);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->finished) == 7);
}

/* Jobs that take all credits run one at a time. */
static void credits_all(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1000);
	struct mock_job *job = NULL;
	int i;

	for (i = 0; i < 50; i++) {
		if (job)
			mock_job_put(job);
		job = mock_job_create(test, queue, 1000);
		job->duration_us = 100;
		mock_job_submit(job);
	}
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 50);
	KUNIT_EXPECT_EQ(test, atomic64_read(&queue->credits), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 50);
}

/* A job that could not be handed over gives its credits back. */
static void credits_of_failed_run(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *job;
	int i;

	for (i = 0; i < 20; i++) {
		job = mock_job_create(test, queue, 2);
		if (i < 19)
			job->run_error = -EIO;
		mock_job_submit(job);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 20);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, UINT_MAX), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* So does one that is cancelled, which never took any. */
static void credits_of_cancelled_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *job;
	int i;

	for (i = 0; i < 20; i++) {
		job = mock_job_create(test, queue, 2);
		mock_job_arm(job);
		mock_job_put(job);
	}
	for (i = 0; i < 4; i++) {
		job = mock_job_create(test, queue, 1);
		mock_job_submit(job);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 2);
	mock_device_advance(dev, 2);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 4);
	mock_device_advance(dev, 2);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* A limit that only 32 bits without a sign can hold. */
static void credits_do_not_overflow(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, U32_MAX);
	struct mock_job *job = mock_job_create(test, queue, 0x80000000);

	mock_job_submit(job);
	mock_job_submit(mock_job_create(test, queue, 0x7ffffffe));
	mock_job_submit(mock_job_create(test, queue, 2));
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 2);
	mock_device_advance(dev, 1);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 3);
}

/* Queues share nothing that one could hold back from another. */
static void queues_are_independent(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *blocked = mock_queue_create(test, 1);
	struct mock_queue *other = mock_queue_create(test, 1);
	struct dma_fence *fence = mock_fence_create(test);
	struct mock_job *job = mock_job_create(test, blocked, 1);
	int i;

	KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
	mock_job_submit(job);
	for (i = 0; i < 10; i++) {
		job = mock_job_submit_one(test, other);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&other->ran) == i + 1);
		mock_device_advance(dev, 1);
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&blocked->ran), 0);
}

static struct kunit_case drm_dep_queue_cases[] = {
	KUNIT_CASE_PARAM(init_rejects, bad_queue_args_gen_params),
	KUNIT_CASE_PARAM(init_accepts_limits, mock_completion_gen_params),
	KUNIT_CASE(init_allocation_fails),
	KUNIT_CASE(put_null),
	KUNIT_CASE_PARAM(users_are_counted, mock_completion_gen_params),
	KUNIT_CASE_PARAM(credits_bound_jobs, mock_completion_gen_params),
	KUNIT_CASE_PARAM(credits_large_job_waits, mock_completion_gen_params),
	KUNIT_CASE_PARAM(credits_all, mock_completion_gen_params),
	KUNIT_CASE_PARAM(credits_of_failed_run, mock_completion_gen_params),
	KUNIT_CASE_PARAM(credits_of_cancelled_job, mock_completion_gen_params),
	KUNIT_CASE_PARAM(credits_do_not_overflow, mock_completion_gen_params),
	KUNIT_CASE_PARAM(queues_are_independent, mock_completion_gen_params),
	{}
};

static struct kunit_suite drm_dep_queue_suite = {
	.name = "drm_dep_queue",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_queue_cases,
};

kunit_test_suite(drm_dep_queue_suite);
