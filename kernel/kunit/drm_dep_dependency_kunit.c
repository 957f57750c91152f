// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <drm/drm_file.h>
#include <drm/drm_syncobj.h>

#include "mock_device.h"

/* Creates that many fences of as many contexts; memory of the test's. */
static struct dma_fence **create_fences(struct kunit *test, unsigned int n)
{
	struct dma_fence **fences = kunit_kcalloc(test, n, sizeof(*fences), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, fences);
	for (i = 0; i < n; i++)
		fences[i] = mock_fence_create(test);
	return fences;
}

/* As mock_job_depend(), but the mock device keeps nothing: for counting references. */
static int add_dependency(struct mock_job *job, struct dma_fence *fence)
{
	return drm_dep_job_add_dependency(&job->base, dma_fence_get(fence));
}

/* Brings them into an order that only the seed knows. */
static void shuffle(struct rnd_state *random, struct dma_fence **fences, unsigned int n)
{
	while (n > 1) {
		u32 other = mock_random(random, n--);

		swap(fences[other], fences[n]);
	}
}

/*
 * The job waits, and runs once, when the last one has signalled. What doesn't run too early
 * the mock device checks.
 */
static void expect_to_wait_for(struct kunit *test, struct mock_job *job, struct dma_fence **fences,
			       unsigned int n)
{
	struct mock_device *dev = test->priv;
	int before = atomic_read(&dev->ran);
	unsigned int i;

	mock_job_submit(job);
	for (i = 0; i < n; i++) {
		if (i == n - 1) {
			mock_settle();
			KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), before);
		}
		mock_fence_signal(fences[i], 0);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == before + 1);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), before + 1);
}

static void one(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);

	KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
	expect_to_wait_for(test, job, &fence, 1);
}

static void many_contexts(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 1000);
	struct rnd_state random;
	int i;

	mock_random_init(test, &random);
	/* It would take long to check each of them in run_job; the last one has to do. */
	dev->hold_dependencies = false;
	shuffle(&random, fences, 1000);
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, mock_job_depend(job, fences[i]), 0);
	shuffle(&random, fences, 1000);
	expect_to_wait_for(test, job, fences, 1000);
}

/* It is dropped at once, and so is its reference. */
static void signalled_before_add(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 10);
	int i;

	for (i = 0; i < 10; i++) {
		mock_fence_signal(fences[i], i % 2 ? -EIO : 0);
		KUNIT_EXPECT_EQ(test, add_dependency(job, fences[i]), 0);
		KUNIT_EXPECT_EQ(test, mock_fence_users(fences[i]), 0);
	}
	mock_job_submit(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

static void signalled_before_push(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 10);
	int i;

	for (i = 0; i < 10; i++) {
		KUNIT_ASSERT_EQ(test, mock_job_depend(job, fences[i]), 0);
		if (i < 5)
			mock_fence_signal(fences[i], 0);
	}
	mock_job_arm(job);
	for (i = 5; i < 10; i++)
		mock_fence_signal(fences[i], 0);
	mock_job_push(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

/* Some before, some never but when told to. */
static void partly_signalled(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 64);
	int i;

	for (i = 0; i < 64; i++)
		KUNIT_ASSERT_EQ(test, mock_job_depend(job, fences[i]), 0);
	for (i = 0; i < 32; i++)
		mock_fence_signal(fences[i], 0);
	expect_to_wait_for(test, job, fences + 32, 32);
}

/*
 * Of one context only the latest is kept, in whichever order they come; the others are
 * dropped at once.
 */
static void same_context_keeps_later(struct kunit *test)
{
	static const u64 seqnos[] = { 5, 3, 8, 8, 1, 20, 0x100000000, 19, 0x100000001, 0xffffffff };
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fences[ARRAY_SIZE(seqnos)], *latest = NULL;
	u64 context = dma_fence_context_alloc(1);
	int i;

	for (i = 0; i < ARRAY_SIZE(seqnos); i++) {
		unsigned int kept;

		fences[i] = mock_fence_create_on(test, context, seqnos[i]);
		KUNIT_ASSERT_EQ(test, add_dependency(job, fences[i]), 0);
		kept = mock_fence_users(fences[i]);
		if (!latest || seqnos[i] > latest->seqno) {
			KUNIT_EXPECT_EQ(test, kept, 1);
			if (latest)
				KUNIT_EXPECT_EQ(test, mock_fence_users(latest), 0);
			latest = fences[i];
		} else if (seqnos[i] < latest->seqno) {
			KUNIT_EXPECT_EQ(test, kept, 0);
		} else {
			/* Either of two that are the same will do. */
			KUNIT_EXPECT_EQ(test, kept + mock_fence_users(latest), 1);
			latest = kept ? fences[i] : latest;
		}
	}
	/* Not waited for any more. */
	for (i = 0; i < ARRAY_SIZE(seqnos); i++)
		if (fences[i] != latest && i % 2)
			mock_fence_signal(fences[i], 0);
	mock_job_submit(job);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	mock_fence_signal(latest, 0);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

/* The same fence many times. */
static void same_fence(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);
	int i;

	for (i = 0; i < 20; i++)
		KUNIT_ASSERT_EQ(test, add_dependency(job, fence), 0);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fence), 1);
	expect_to_wait_for(test, job, &fence, 1);
}

/*
 * A queue runs its jobs in order, so it need not wait for itself: the second job runs while
 * the first is in flight.
 */
static void own_queue_is_dropped(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *first = mock_job_submit_one(test, queue);
	struct mock_job *second = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_job_fence(first);
	unsigned int references = kref_read(&fence->refcount);

	KUNIT_EXPECT_EQ(test, add_dependency(second, fence), 0);
	KUNIT_EXPECT_EQ(test, kref_read(&fence->refcount), references);
	mock_job_submit(second);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	KUNIT_EXPECT_EQ(test, dma_fence_get_status(fence), 0);
	mock_device_advance(dev, 2);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, second), 1);
	dma_fence_put(fence);
}

/* Containers are taken apart: what the job keeps are their members, and not the container. */

static void array_of_fences(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 100);
	struct dma_fence *array = mock_fence_array(test, fences, 100);
	int i;

	KUNIT_ASSERT_EQ(test, add_dependency(job, array), 0);
	KUNIT_EXPECT_EQ(test, kref_read(&array->refcount), 1);
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, mock_fence_users(fences[i]), 2);
	dma_fence_put(array);
	expect_to_wait_for(test, job, fences, 100);
}

/* Those members that have signalled are dropped, and of a context the later is kept. */
static void array_is_reduced(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct mock_job *earlier = mock_job_submit_one(test, queue);
	struct dma_fence **fences = create_fences(test, 8);
	struct mock_device *dev = test->priv;
	struct dma_fence *array;

	fences[5] = mock_fence_create_on(test, fences[4]->context, 2);
	fences[7] = drm_dep_job_finished_fence(&earlier->base);
	mock_fence_signal(fences[0], 0);
	mock_fence_signal(fences[2], -EIO);
	array = mock_fence_array(test, fences, 8);
	KUNIT_ASSERT_EQ(test, drm_dep_job_add_dependency(&job->base, array), 0);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[1]), 1);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[3]), 1);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[5]), 1);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[6]), 1);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[0]), 0);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[2]), 0);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[4]), 0);

	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, earlier), 1);
	mock_fence_signal(fences[1], 0);
	mock_fence_signal(fences[3], 0);
	expect_to_wait_for(test, job, fences + 5, 2);
}

static void chain_of_fences(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 100);
	struct dma_fence *chain = NULL;
	int i;

	for (i = 0; i < 100; i++)
		chain = mock_fence_chain(test, chain, fences[i], i + 1);
	KUNIT_ASSERT_EQ(test, add_dependency(job, chain), 0);
	KUNIT_EXPECT_EQ(test, kref_read(&chain->refcount), 1);
	dma_fence_put(chain);
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, mock_fence_users(fences[i]), 1);
	expect_to_wait_for(test, job, fences, 100);
}

static void chain_of_arrays(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 100);
	struct dma_fence *chain = NULL, *array;
	struct rnd_state random;
	int i;

	mock_random_init(test, &random);
	for (i = 0; i < 10; i++) {
		array = mock_fence_array(test, fences + 10 * i, 10);
		chain = mock_fence_chain(test, chain, array, i + 1);
		dma_fence_put(array);
	}
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, chain), 0);
	dma_fence_put(chain);
	shuffle(&random, fences, 100);
	expect_to_wait_for(test, job, fences, 100);
}

/*
 * A container that somebody else waits for, too, so that its own callbacks are on the same
 * fences.
 */
static void container_with_waiter(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 20);
	struct dma_fence *array = mock_fence_array(test, fences, 10);
	struct dma_fence *chain = mock_fence_chain(test, NULL, array, 1);
	int i;

	for (i = 10; i < 20; i++)
		chain = mock_fence_chain(test, chain, fences[i], i);
	dma_fence_enable_signaling(array);
	dma_fence_enable_signaling(chain);
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, chain), 0);
	expect_to_wait_for(test, job, fences, 20);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, array), 1);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, chain), 1);
	dma_fence_put(array);
	dma_fence_put(chain);
}

static void signalled_container(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 20);
	struct dma_fence *chain;
	int i;

	chain = mock_fence_array(test, fences, 10);
	KUNIT_ASSERT_EQ(test, dma_fence_get_status(chain), 0);
	for (i = 0; i < 20; i++)
		mock_fence_signal(fences[i], 0);
	KUNIT_EXPECT_EQ(test, drm_dep_job_add_dependency(&job->base, chain), 0);
	chain = NULL;
	for (i = 10; i < 20; i++)
		chain = mock_fence_chain(test, chain, fences[i], i);
	KUNIT_EXPECT_EQ(test, drm_dep_job_add_dependency(&job->base, chain), 0);
	mock_job_submit(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

static void null_and_error(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);

	KUNIT_EXPECT_EQ(test, drm_dep_job_add_dependency(&job->base, NULL), 0);
	KUNIT_EXPECT_EQ(test, drm_dep_job_add_dependency(&job->base, ERR_PTR(-ENOENT)), -ENOENT);
	KUNIT_EXPECT_EQ(test, drm_dep_job_add_dependency(&job->base, ERR_PTR(-4095)), -4095);
	KUNIT_EXPECT_EQ(test, drm_dep_job_add_dependency(&job->base, dma_fence_get_stub()), 0);
	mock_job_submit(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

/* A mistake of a driver's, about which there may be a warning, too. */
static void expect_too_late(struct kunit *test, struct mock_job *job, struct dma_fence *fence)
{
	int ret = 0;

	kunit_warning_suppress(test)
		ret = add_dependency(job, fence);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
}

/* Too late; the reference is consumed all the same. */
static void add_after_arm(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 4);
	struct dma_fence *array = mock_fence_array(test, fences, 4);

	mock_job_arm(job);
	expect_too_late(test, job, fences[0]);
	expect_too_late(test, job, array);
	KUNIT_EXPECT_EQ(test, kref_read(&array->refcount), 1);
	dma_fence_put(array);
	mock_job_push(job);
	expect_too_late(test, job, fences[0]);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	expect_too_late(test, job, fences[0]);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[0]), 0);
}

/*
 * Each allocation fails once, at the first dependencies and at every later one; what was
 * added before stays.
 */
static void add_allocation_fails(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 100);
	unsigned int i, n, failures = 0;
	bool failed;
	int ret;

	mock_fail_begin(test);
	for (i = 0; i < 100; i++) {
		for (n = 1, failed = true; failed && n < 100; n++) {
			unsigned int users = mock_fence_users(fences[i]);

			mock_fail_nth(n);
			ret = add_dependency(job, fences[i]);
			failed = mock_fail_end();
			if (ret) {
				KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
				KUNIT_EXPECT_TRUE(test, failed);
				KUNIT_EXPECT_EQ(test, mock_fence_users(fences[i]), users);
				failures++;
			} else {
				KUNIT_EXPECT_EQ(test, mock_fence_users(fences[i]), 1);
			}
		}
		KUNIT_ASSERT_FALSE(test, failed);
	}
	kunit_info(test, "%u times no memory\n", failures);
	KUNIT_EXPECT_GT(test, failures, 0);
	expect_to_wait_for(test, job, fences, 100);
}

static void add_container_allocation_fails(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct dma_fence **fences = create_fences(test, 100);
	struct dma_fence *array = mock_fence_array(test, fences, 100);
	unsigned int i, n, failures = 0;
	struct mock_job *job;
	bool failed;
	int ret;

	mock_fail_begin(test);
	for (n = 1, failed = true; failed && n < 1000; n++) {
		job = mock_job_create(test, queue, 1);
		mock_fail_nth(n);
		ret = add_dependency(job, array);
		failed = mock_fail_end();
		KUNIT_EXPECT_EQ(test, kref_read(&array->refcount), 1);
		if (!failed)
			break;
		/* Some allocations the kernel can do without. */
		if (ret) {
			KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
			failures++;
		}
		/* Some may have been added; the driver gives up. */
		mock_job_put(job);
		MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->jobs_released) == n);
		for (i = 0; i < 100; i++)
			KUNIT_ASSERT_EQ(test, mock_fence_users(fences[i]), 1);
	}
	KUNIT_ASSERT_FALSE(test, failed);
	KUNIT_EXPECT_EQ(test, ret, 0);
	kunit_info(test, "%u times no memory\n", failures);
	KUNIT_EXPECT_GT(test, failures, 0);
	dma_fence_put(array);
	expect_to_wait_for(test, job, fences, 100);
}

/*
 * A job that is put before it is armed gives back what it holds, and has left no callback
 * anywhere.
 */
static void put_before_arm(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 100);
	int i;

	for (i = 0; i < 100; i++)
		KUNIT_ASSERT_EQ(test, add_dependency(job, fences[i]), 0);
	mock_job_put(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_EQ(test, mock_fence_users(fences[i]), 0);
		mock_fence_signal(fences[i], 0);
	}
}

/* An error on a dependency does not stop the job, nor does it become the job's. */
static void error_does_not_stop(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_queue *other = mock_queue_create(test, 1);
	struct mock_job *failing = mock_job_create(test, other, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);

	failing->run_error = -EIO;
	mock_job_arm(failing);
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, drm_dep_job_finished_fence(&failing->base)), 0);
	mock_job_submit(job);
	mock_job_push(failing);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, failing), -EIO);
	mock_fence_signal(fence, -ETIMEDOUT);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

static void signal_fence(void *arg)
{
	mock_fence_signal(arg, 0);
}

static void signalled_from_irq(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 5);
	int i;

	for (i = 0; i < 5; i++)
		KUNIT_ASSERT_EQ(test, mock_job_depend(job, fences[i]), 0);
	mock_job_submit(job);
	for (i = 0; i < 5; i++)
		mock_irq_call(test, signal_fence, fences[i]);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

/* One fence that very many jobs wait for. */
static void fan_out(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct dma_fence *fence = mock_fence_create(test);
	int i, q;

	for (q = 0; q < 8; q++) {
		struct mock_queue *queue = mock_queue_create(test, 8);

		for (i = 0; i < 20; i++) {
			struct mock_job *job = mock_job_create(test, queue, 1);

			job->at_once = true;
			KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
			mock_job_submit(job);
			mock_job_put(job);
		}
	}
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 0);
	mock_fence_signal(fence, 0);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 160);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 160);
}

#define N_QUEUES 8
#define N_RUNGS 20

/* Each job depends on the one before it, on another queue. */
static void chain_over_queues(struct kunit *test)
{
	struct mock_queue *queues[N_QUEUES];
	struct mock_device *dev = test->priv;
	struct dma_fence *last = NULL;
	int i;

	for (i = 0; i < N_QUEUES; i++)
		queues[i] = mock_queue_create(test, 4);
	for (i = 0; i < N_QUEUES * N_RUNGS; i++) {
		struct mock_job *job = mock_job_create(test, queues[i % N_QUEUES], 1);

		job->at_once = i % 3 == 0;
		job->duration_us = 20;
		if (last)
			KUNIT_ASSERT_EQ(test, mock_job_depend(job, last), 0);
		dma_fence_put(last);
		mock_job_arm(job);
		last = mock_job_fence(job);
		mock_job_push(job);
		mock_job_put(job);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == N_QUEUES * N_RUNGS);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, last), 1);
	dma_fence_put(last);
}

/* Each job of a row depends on all of the row before it. */
static void climb_ladder(struct kunit *test)
{
	struct dma_fence *row[N_QUEUES] = {}, *next[N_QUEUES];
	struct mock_queue *queues[N_QUEUES];
	struct mock_device *dev = test->priv;
	struct rnd_state random;
	int i, q, d;

	mock_random_init(test, &random);
	for (q = 0; q < N_QUEUES; q++)
		queues[q] = mock_queue_create(test, 4);
	for (i = 0; i < N_RUNGS; i++) {
		for (q = 0; q < N_QUEUES; q++) {
			struct mock_job *job = mock_job_create(test, queues[q], 1);

			job->at_once = mock_random(&random, 2);
			job->duration_us = 1 + mock_random(&random, 50);
			for (d = 0; d < N_QUEUES; d++)
				if (row[d])
					KUNIT_ASSERT_EQ(test, mock_job_depend(job, row[d]), 0);
			mock_job_arm(job);
			next[q] = mock_job_fence(job);
			mock_job_push(job);
			mock_job_put(job);
		}
		for (q = 0; q < N_QUEUES; q++) {
			dma_fence_put(row[q]);
			row[q] = next[q];
		}
	}
	for (q = 0; q < N_QUEUES; q++) {
		mock_queue_put(queues[q]);
		KUNIT_EXPECT_EQ(test, mock_fence_wait(test, row[q]), 1);
		dma_fence_put(row[q]);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == N_QUEUES * N_RUNGS);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), N_QUEUES * N_RUNGS);
}

static void ladder(struct kunit *test)
{
	climb_ladder(test);
}

/* Nobody but the core keeps the fences, so this one can't check them, but KASAN can. */
static void ladder_of_own_references(struct kunit *test)
{
	struct mock_device *dev = test->priv;

	dev->hold_dependencies = false;
	climb_ladder(test);
}

/* The fence of a queue that nobody but its job keeps. */
static void of_queue_without_users(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *gone = mock_queue_create(test, 1);
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *producer = mock_job_create(test, gone, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);

	dev->hold_dependencies = false;
	mock_job_arm(producer);
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, drm_dep_job_finished_fence(&producer->base)), 0);
	mock_job_submit(job);
	mock_job_push(producer);
	mock_job_put(producer);
	mock_queue_put(gone);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == 1);
	mock_device_advance(dev, 1);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* As much of a file as sync objects need. */
static struct drm_file *create_file(struct kunit *test)
{
	struct drm_file *file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, file);
	xa_init_flags(&file->syncobj_xa, XA_FLAGS_ALLOC1);
	return file;
}

static void destroy_file(struct drm_file *file)
{
	struct drm_syncobj *syncobj;
	unsigned long handle;

	xa_for_each(&file->syncobj_xa, handle, syncobj)
		drm_syncobj_put(syncobj);
	xa_destroy(&file->syncobj_xa);
}

static int add_syncobj(struct mock_job *job, struct drm_file *file, u32 handle, u64 point)
{
	return drm_dep_job_add_syncobj_dependency(&job->base, file, handle, point);
}

static void sync_objects(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence **fences = create_fences(test, 4);
	struct dma_fence *chain = NULL;
	struct drm_syncobj *binary, *timeline, *empty;
	u32 binary_handle, timeline_handle, empty_handle;
	struct drm_file *file = create_file(test);
	int i;

	KUNIT_ASSERT_EQ(test, drm_syncobj_create(&binary, 0, fences[0]), 0);
	KUNIT_ASSERT_EQ(test, drm_syncobj_create(&timeline, 0, NULL), 0);
	KUNIT_ASSERT_EQ(test, drm_syncobj_create(&empty, 0, NULL), 0);
	/* Points above 32 bits. */
	for (i = 1; i < 4; i++) {
		chain = mock_fence_chain(test, chain, fences[i], 0x100000000 + i * 10);
		drm_syncobj_replace_fence(timeline, chain);
	}
	dma_fence_put(chain);
	KUNIT_ASSERT_EQ(test, drm_syncobj_get_handle(file, binary, &binary_handle), 0);
	KUNIT_ASSERT_EQ(test, drm_syncobj_get_handle(file, timeline, &timeline_handle), 0);
	KUNIT_ASSERT_EQ(test, drm_syncobj_get_handle(file, empty, &empty_handle), 0);
	drm_syncobj_put(binary);
	drm_syncobj_put(timeline);
	drm_syncobj_put(empty);

	KUNIT_EXPECT_EQ(test, add_syncobj(job, file, 99, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, add_syncobj(job, file, 0, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, add_syncobj(job, file, empty_handle, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, add_syncobj(job, file, timeline_handle, 0x100000000 + 31), -EINVAL);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_LE(test, mock_fence_users(fences[i]), 1);

	KUNIT_EXPECT_EQ(test, add_syncobj(job, file, binary_handle, 0), 0);
	/* The second point, which implies the first, and not the third. */
	KUNIT_EXPECT_EQ(test, add_syncobj(job, file, timeline_handle, 0x100000000 + 15), 0);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[0]), 2);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[1]), 2);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[2]), 2);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fences[3]), 1);
	destroy_file(file);

	mock_job_arm(job);
	mock_job_push(job);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	for (i = 2; i >= 0; i--)
		mock_fence_signal(fences[i], 0);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

static void sync_object_after_arm(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);
	struct drm_file *file = create_file(test);
	struct drm_syncobj *syncobj;
	int ret = 0;
	u32 handle;

	KUNIT_ASSERT_EQ(test, drm_syncobj_create(&syncobj, 0, fence), 0);
	KUNIT_ASSERT_EQ(test, drm_syncobj_get_handle(file, syncobj, &handle), 0);
	drm_syncobj_put(syncobj);
	mock_job_arm(job);
	kunit_warning_suppress(test)
		ret = add_syncobj(job, file, handle, 0);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fence), 1);
	mock_job_push(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	destroy_file(file);
}

static struct kunit_case drm_dep_dependency_cases[] = {
	KUNIT_CASE_PARAM(one, mock_mode_gen_params),
	KUNIT_CASE(many_contexts),
	KUNIT_CASE_PARAM(signalled_before_add, mock_flags_gen_params),
	KUNIT_CASE_PARAM(signalled_before_push, mock_mode_gen_params),
	KUNIT_CASE_PARAM(partly_signalled, mock_mode_gen_params),
	KUNIT_CASE(same_context_keeps_later),
	KUNIT_CASE(same_fence),
	KUNIT_CASE_PARAM(own_queue_is_dropped, mock_mode_gen_params),
	KUNIT_CASE(array_of_fences),
	KUNIT_CASE(array_is_reduced),
	KUNIT_CASE(chain_of_fences),
	KUNIT_CASE(chain_of_arrays),
	KUNIT_CASE(container_with_waiter),
	KUNIT_CASE(signalled_container),
	KUNIT_CASE(null_and_error),
	KUNIT_CASE(add_after_arm),
	KUNIT_CASE(add_allocation_fails),
	KUNIT_CASE(add_container_allocation_fails),
	KUNIT_CASE(put_before_arm),
	KUNIT_CASE_PARAM(error_does_not_stop, mock_mode_gen_params),
	KUNIT_CASE_PARAM(signalled_from_irq, mock_mode_gen_params),
	KUNIT_CASE_PARAM(fan_out, mock_mode_gen_params),
	KUNIT_CASE_PARAM(chain_over_queues, mock_mode_gen_params),
	KUNIT_CASE_PARAM(ladder, mock_mode_gen_params),
	KUNIT_CASE_PARAM(ladder_of_own_references, mock_mode_gen_params),
	KUNIT_CASE_PARAM(of_queue_without_users, mock_mode_gen_params),
	KUNIT_CASE(sync_objects),
	KUNIT_CASE(sync_object_after_arm),
	{}
};

static struct kunit_suite drm_dep_dependency_suite = {
	.name = "drm_dep_dependency",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_dependency_cases,
};

kunit_test_suite(drm_dep_dependency_suite);
