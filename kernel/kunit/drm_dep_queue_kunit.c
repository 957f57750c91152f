// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/module.h>
#include <linux/slab.h>

#include "mock_device.h"

/* Of DRM_DEP_QUEUE_*, which are the lowest bits. */
#define N_FLAG_SETS (DRM_DEP_QUEUE_KEEP_OWN_DEPS << 1)

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

static void spoil_timeout(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops)
{
	args->timeout_ms = 1;
	ops->timedout_job = NULL;
}

static void spoil_flags(struct drm_dep_queue_init_args *args, struct drm_dep_queue_ops *ops)
{
	args->flags = N_FLAG_SETS;
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
	{ "timeout_without_op", spoil_timeout },
	{ "flags", spoil_flags },
	{ "flags_high", spoil_flags_high },
};

KUNIT_ARRAY_PARAM_DESC(bad_queue_args, bad_queue_args, name);

static const struct mock_queue_options plain;

static void init_rejects(struct kunit *test)
{
	const struct bad_queue_args *bad = test->param_value;
	struct mock_device *dev = test->priv;
	unsigned int references = kref_read(&dev->drm.ref);
	struct drm_dep_queue_init_args args;
	struct drm_dep_queue_ops ops;
	struct mock_queue *queue;

	queue = mock_queue_alloc(dev, &plain, &args);
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
	const struct mock_queue_options largest = {
		.credits = U32_MAX,
		.timeout_ms = U32_MAX,
		.nest_level = DRM_DEP_MAX_NEST_LEVEL,
		.prepare = true,
	}, without_ops = {
		.no_timedout = true,
		.no_message = true,
		.no_killed = true,
		.no_deadline = true,
		.no_fini = true,
	};

	mock_job_submit_one(test, mock_queue_create_with(test, &plain));
	mock_job_submit(mock_job_create(test, mock_queue_create_with(test, &largest), U32_MAX));
	mock_job_submit_one(test, mock_queue_create_with(test, &without_ops));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->ran) == 3);
	mock_device_advance(dev, 3);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->finished) == 3);
}

/* Each flag with each other. */
static void init_accepts_flags(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	u32 flags;

	for (flags = 0; flags < N_FLAG_SETS; flags++) {
		struct mock_queue *queue =
			mock_queue_create_with(test, &(struct mock_queue_options) {
				.flags = flags,
			});
		struct mock_job *job = mock_job_create(test, queue, 1);

		job->at_once = true;
		mock_job_submit(job);
		if (flags & DRM_DEP_QUEUE_STOPPED) {
			KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_stopped(&queue->base));
			KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
			mock_queue_start(queue);
		}
		KUNIT_EXPECT_FALSE(test, drm_dep_queue_is_stopped(&queue->base));
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
		mock_job_put(job);
		mock_queue_put(queue);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == N_FLAG_SETS);
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
		queue = mock_queue_alloc(dev, &plain, &args);
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
	KUNIT_CASE_PARAM(init_accepts_limits, mock_mode_gen_params),
	KUNIT_CASE(init_accepts_flags),
	KUNIT_CASE(init_allocation_fails),
	KUNIT_CASE(put_null),
	KUNIT_CASE_PARAM(users_are_counted, mock_mode_gen_params),
	KUNIT_CASE_PARAM(queues_are_independent, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_queue_suite = {
	.name = "drm_dep_queue",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_queue_cases,
};

kunit_test_suite(drm_dep_queue_suite);
