// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Which fences a job waits for: those of its own queue if the hardware wants that, those of
 * a buffer; and what a driver can ask about them.
 */
#include <linux/dma-resv.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <drm/drm_gem.h>

#include "mock_device.h"

/* As mock_job_depend(), but the mock device keeps nothing: for counting references. */
static int add_dependency(struct mock_job *job, struct dma_fence *fence)
{
	return drm_dep_job_add_dependency(&job->base, dma_fence_get(fence));
}

/* Fences of the own queue */

static struct mock_queue *create_keeping(struct kunit *test, u32 credits)
{
	return mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = credits,
		.flags = DRM_DEP_QUEUE_KEEP_OWN_DEPS,
	});
}

/* The hardware runs several jobs of a queue at once, but not those that depend on others. */
static void own_is_waited_for(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_keeping(test, 4);
	struct mock_job *jobs[4];
	int i;

	for (i = 0; i < 4; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		if (i == 2)
			KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[2],
							      drm_dep_job_finished_fence(&jobs[0]->base)),
					0);
		mock_job_submit(jobs[i]);
	}
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[1]));
	mock_settle();
	/* The one behind it is not run either: jobs run in their order. */
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 2);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[1]));
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 2);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[0]));
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 4);
	mock_device_advance(dev, 2);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[3]), 1);
}

/* Each on the one before, armed all at once. */
static void own_chain(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_keeping(test, 8);
	struct dma_fence *last = NULL;
	struct mock_job *jobs[30];
	int i;

	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		jobs[i]->at_once = i % 4 == 0;
		jobs[i]->duration_us = 1 + i;
		if (last)
			KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[i], last), 0);
		mock_job_arm(jobs[i]);
		last = drm_dep_job_finished_fence(&jobs[i]->base);
	}
	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		mock_job_push(jobs[i]);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[ARRAY_SIZE(jobs) - 1]), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), ARRAY_SIZE(jobs));
}

static void own_after_kill(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = create_keeping(test, 4);
	struct mock_job *job = mock_job_submit_one(test, queue);
	struct mock_job *next = mock_job_create(test, queue, 1);
	struct mock_job *last = mock_job_create(test, queue, 1);

	KUNIT_ASSERT_EQ(test, mock_job_depend(next, drm_dep_job_finished_fence(&job->base)), 0);
	mock_job_submit(next);
	KUNIT_ASSERT_EQ(test, mock_job_depend(last, drm_dep_job_finished_fence(&next->base)), 0);
	mock_job_submit(last);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_queue_kill(queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	KUNIT_EXPECT_TRUE(test, mock_job_fail(job, -EIO));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -EIO);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, last), -ECANCELED);
}

/* With the flag and without, inside of an array: only of others is anything kept. */
static void own_in_array(struct kunit *test)
{
	struct mock_queue *keeping = create_keeping(test, 1);
	struct mock_queue *plain = mock_queue_create(test, 1);
	struct mock_job *armed[2] = {
		mock_job_create(test, keeping, 1), mock_job_create(test, plain, 1),
	};
	struct dma_fence *fences[2], *array;
	struct mock_job *job;
	int i, k;

	for (i = 0; i < 2; i++) {
		mock_job_arm(armed[i]);
		fences[i] = drm_dep_job_finished_fence(&armed[i]->base);
	}
	array = mock_fence_array(test, fences, 2);
	for (i = 0; i < 2; i++) {
		job = mock_job_create(test, armed[i]->queue, 1);
		KUNIT_ASSERT_EQ(test, add_dependency(job, array), 0);
		for (k = 0; k < 2; k++)
			KUNIT_EXPECT_EQ(test, drm_dep_job_has_dependency(&job->base, fences[k]),
					!i || !k);
		mock_job_put(job);
	}
	dma_fence_put(array);
}

/* Questions */

static void has_dependency(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	u64 context = dma_fence_context_alloc(1);
	struct dma_fence *early = mock_fence_create_on(test, context, 1);
	struct dma_fence *late = mock_fence_create_on(test, context, 2);
	struct dma_fence *members[2] = { mock_fence_create(test), mock_fence_create(test) };
	struct dma_fence *signalled = mock_fence_create(test), *array;

	KUNIT_EXPECT_FALSE(test, drm_dep_job_has_dependency(&job->base, early));
	KUNIT_ASSERT_EQ(test, add_dependency(job, early), 0);
	KUNIT_EXPECT_TRUE(test, drm_dep_job_has_dependency(&job->base, early));
	/* Of the same context, but not this one. */
	KUNIT_EXPECT_FALSE(test, drm_dep_job_has_dependency(&job->base, late));
	KUNIT_ASSERT_EQ(test, add_dependency(job, late), 0);
	KUNIT_EXPECT_TRUE(test, drm_dep_job_has_dependency(&job->base, late));
	KUNIT_EXPECT_FALSE(test, drm_dep_job_has_dependency(&job->base, early));

	mock_fence_signal(signalled, 0);
	KUNIT_ASSERT_EQ(test, add_dependency(job, signalled), 0);
	KUNIT_EXPECT_FALSE(test, drm_dep_job_has_dependency(&job->base, signalled));

	array = mock_fence_array(test, members, 2);
	KUNIT_ASSERT_EQ(test, add_dependency(job, array), 0);
	KUNIT_EXPECT_TRUE(test, drm_dep_job_has_dependency(&job->base, members[0]));
	KUNIT_EXPECT_TRUE(test, drm_dep_job_has_dependency(&job->base, members[1]));
	KUNIT_EXPECT_FALSE(test, drm_dep_job_has_dependency(&job->base, array));
	dma_fence_put(array);
	/* To ask takes no reference. */
	KUNIT_EXPECT_EQ(test, mock_fence_users(late), 1);
}

static void note_dependency_error(struct mock_job *job)
{
	*(int *)job->private = drm_dep_job_dependency_error(&job->base);
}

struct bad_dependency {
	const char *name;
	/* Of the first three dependencies; how many have signalled before they are added. */
	int errors[3];
	unsigned int early;
	/* In one array. */
	bool in_array;
	int error;
};

static const struct bad_dependency bad_dependencies[] = {
	{ "none", { 0, 0, 0 }, 0, false, 0 },
	{ "none, early", { 0, 0, 0 }, 3, false, 0 },
	{ "late", { 0, -EIO, 0 }, 0, false, -EIO },
	{ "early", { -EIO, 0, 0 }, 1, false, -EIO },
	{ "only early ones", { 0, 0, -EIO }, 3, false, -EIO },
	{ "late, in an array", { 0, -EIO, 0 }, 0, true, -EIO },
	{ "early, in an array", { -EIO, 0, 0 }, 1, true, -EIO },
};

KUNIT_ARRAY_PARAM_DESC(bad_dependency, bad_dependencies, name);

/* The job runs all the same, and may know. */
static void dependency_error(struct kunit *test)
{
	const struct bad_dependency *bad = test->param_value;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fences[3], *array;
	int seen = 1, i;

	for (i = 0; i < 3; i++) {
		fences[i] = mock_fence_create(test);
		if (i < bad->early)
			mock_fence_signal(fences[i], bad->errors[i]);
		if (!bad->in_array)
			KUNIT_ASSERT_EQ(test, mock_job_depend(job, fences[i]), 0);
	}
	if (bad->in_array) {
		array = mock_fence_array(test, fences, 3);
		KUNIT_ASSERT_EQ(test, mock_job_depend(job, array), 0);
		dma_fence_put(array);
	}
	job->on_run = note_dependency_error;
	job->private = &seen;
	job->at_once = true;
	mock_job_submit(job);
	for (; i-- > (int)bad->early;)
		mock_fence_signal(fences[i], bad->errors[i]);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, seen, bad->error);
}

/* Fences of a buffer */

/* A buffer with a fence of each usage, in the order of the usages. */
struct buffer {
	struct drm_gem_object obj;
	struct dma_fence *fences[DMA_RESV_USAGE_BOOKKEEP + 1];
};

static void buffer_free(void *arg)
{
	struct buffer *buffer = arg;

	dma_resv_fini(&buffer->obj._resv);
	kfree(buffer);
}

static struct buffer *buffer_create(struct kunit *test)
{
	struct buffer *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	/* As much of one as dependencies need. */
	dma_resv_init(&buffer->obj._resv);
	buffer->obj.resv = &buffer->obj._resv;
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, buffer_free, buffer), 0);
	for (i = 0; i < ARRAY_SIZE(buffer->fences); i++)
		buffer->fences[i] = mock_fence_create(test);
	dma_resv_lock(buffer->obj.resv, NULL);
	KUNIT_EXPECT_EQ(test, dma_resv_reserve_fences(buffer->obj.resv, i), 0);
	for (i = 0; i < ARRAY_SIZE(buffer->fences); i++)
		dma_resv_add_fence(buffer->obj.resv, buffer->fences[i], i);
	dma_resv_unlock(buffer->obj.resv);
	return buffer;
}

/* The job waits for those up to this usage, and runs although the others never come. */
static void expect_waits_up_to(struct kunit *test, struct mock_job *job, struct buffer *buffer,
			       enum dma_resv_usage usage)
{
	struct mock_device *dev = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(buffer->fences); i++)
		KUNIT_EXPECT_EQ(test, drm_dep_job_has_dependency(&job->base, buffer->fences[i]),
				i <= usage);
	mock_job_submit(job);
	for (i = 0; i <= usage; i++) {
		if (i == usage)
			mock_settle();
		KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 0);
		mock_fence_signal(buffer->fences[i], 0);
	}
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	/* The reservation keeps its own references. */
	for (i = 0; i < ARRAY_SIZE(buffer->fences); i++) {
		KUNIT_EXPECT_EQ(test, mock_fence_users(buffer->fences[i]), 1);
		mock_fence_signal(buffer->fences[i], 0);
	}
	/* Before the device looks whether its fences are still in use. */
	kunit_release_action(test, buffer_free, buffer);
}

static const enum dma_resv_usage usages[] = {
	DMA_RESV_USAGE_KERNEL, DMA_RESV_USAGE_WRITE, DMA_RESV_USAGE_READ, DMA_RESV_USAGE_BOOKKEEP,
};

static void usage_name(const enum dma_resv_usage *usage, char *name)
{
	static const char * const names[] = { "kernel", "write", "read", "bookkeep" };

	strscpy(name, names[*usage], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(usage, usages, usage_name);

static void reservation(struct kunit *test)
{
	const enum dma_resv_usage *usage = test->param_value;
	struct buffer *buffer = buffer_create(test);
	struct mock_job *job = mock_job_create(test, mock_queue_create(test, 1), 1);

	dma_resv_lock(buffer->obj.resv, NULL);
	KUNIT_EXPECT_EQ(test, drm_dep_job_add_resv_dependencies(&job->base, buffer->obj.resv,
								*usage), 0);
	dma_resv_unlock(buffer->obj.resv);
	expect_waits_up_to(test, job, buffer, *usage);
}

/* Who writes waits for readers, who reads for writers only. */
static void implicit(struct kunit *test, bool write)
{
	struct buffer *buffer = buffer_create(test);
	struct mock_job *job = mock_job_create(test, mock_queue_create(test, 1), 1);

	dma_resv_lock(buffer->obj.resv, NULL);
	KUNIT_EXPECT_EQ(test, drm_dep_job_add_implicit_dependencies(&job->base, &buffer->obj,
								    write), 0);
	dma_resv_unlock(buffer->obj.resv);
	expect_waits_up_to(test, job, buffer,
			   write ? DMA_RESV_USAGE_READ : DMA_RESV_USAGE_WRITE);
}

static void implicit_write(struct kunit *test)
{
	implicit(test, true);
}

static void implicit_read(struct kunit *test)
{
	implicit(test, false);
}

static void empty_reservation(struct kunit *test)
{
	struct mock_job *job = mock_job_create(test, mock_queue_create(test, 1), 1);
	struct dma_resv resv;

	dma_resv_init(&resv);
	dma_resv_lock(&resv, NULL);
	KUNIT_EXPECT_EQ(test, drm_dep_job_add_resv_dependencies(&job->base, &resv,
								DMA_RESV_USAGE_BOOKKEEP), 0);
	dma_resv_unlock(&resv);
	dma_resv_fini(&resv);
	job->at_once = true;
	mock_job_submit(job);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/*
 * Queues that hand a buffer on by its reservation: each job waits for the one before, and
 * leaves its own finished fence there.
 */
static void handed_on(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queues[3];
	struct dma_resv resv;
	struct mock_job *job;
	int i;

	dma_resv_init(&resv);
	for (i = 0; i < ARRAY_SIZE(queues); i++)
		queues[i] = mock_queue_create(test, 2);
	for (i = 0; i < 30; i++) {
		job = mock_job_create(test, queues[i % 3], 1);
		job->at_once = i % 5 == 0;
		job->duration_us = 1 + i % 7;
		dma_resv_lock(&resv, NULL);
		KUNIT_EXPECT_EQ(test, dma_resv_reserve_fences(&resv, 1), 0);
		KUNIT_EXPECT_EQ(test, drm_dep_job_add_resv_dependencies(&job->base, &resv,
									DMA_RESV_USAGE_WRITE), 0);
		mock_job_arm(job);
		dma_resv_add_fence(&resv, drm_dep_job_finished_fence(&job->base),
				   DMA_RESV_USAGE_WRITE);
		mock_job_push(job);
		dma_resv_unlock(&resv);
		mock_job_put(job);
	}
	KUNIT_EXPECT_GT(test, dma_resv_wait_timeout(&resv, DMA_RESV_USAGE_WRITE, false,
						    MOCK_PATIENCE), 0);
	dma_resv_fini(&resv);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 30);
	for (i = 1; i < 30; i++)
		KUNIT_EXPECT_GT(test, mock_log_find(dev, MOCK_RUN, queues[i % 3]->id, i / 3),
				mock_log_find(dev, MOCK_RUN, queues[(i - 1) % 3]->id, (i - 1) / 3));
}

/* Those that were added before the memory ran out stay, as the driver puts the job. */
static void reservation_allocation_fails(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct buffer *buffer = buffer_create(test);
	unsigned int n, failures = 0;
	bool failed = true;
	struct mock_job *job;
	int ret = 0, i;

	mock_fail_begin(test);
	for (n = 1; failed && n < 50; n++) {
		job = mock_job_create(test, queue, 1);
		dma_resv_lock(buffer->obj.resv, NULL);
		mock_fail_nth(n);
		ret = drm_dep_job_add_resv_dependencies(&job->base, buffer->obj.resv,
							DMA_RESV_USAGE_BOOKKEEP);
		failed = mock_fail_end();
		dma_resv_unlock(buffer->obj.resv);
		if (ret) {
			KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
			failures++;
		}
		mock_job_put(job);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->jobs_released) == n);
		for (i = 0; i < ARRAY_SIZE(buffer->fences); i++)
			KUNIT_EXPECT_EQ(test, mock_fence_users(buffer->fences[i]), 1);
	}
	KUNIT_EXPECT_FALSE(test, failed);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GE(test, failures, 1);
	for (i = 0; i < ARRAY_SIZE(buffer->fences); i++)
		mock_fence_signal(buffer->fences[i], 0);
	kunit_release_action(test, buffer_free, buffer);
}

static struct kunit_case drm_dep_kept_cases[] = {
	KUNIT_CASE_PARAM(own_is_waited_for, mock_mode_gen_params),
	KUNIT_CASE_PARAM(own_chain, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(own_after_kill, mock_pairs_gen_params),
	KUNIT_CASE(own_in_array),
	KUNIT_CASE(has_dependency),
	KUNIT_CASE_PARAM(dependency_error, bad_dependency_gen_params),
	KUNIT_CASE_PARAM(reservation, usage_gen_params),
	KUNIT_CASE_PARAM(implicit_write, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(implicit_read, mock_pairs_gen_params),
	KUNIT_CASE(empty_reservation),
	KUNIT_CASE_PARAM(handed_on, mock_mode_gen_params),
	KUNIT_CASE(reservation_allocation_fails),
	{}
};

static struct kunit_suite drm_dep_kept_suite = {
	.name = "drm_dep_kept",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_kept_cases,
};

kunit_test_suite(drm_dep_kept_suite);
