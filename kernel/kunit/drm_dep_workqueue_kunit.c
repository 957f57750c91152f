// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Where things run: workqueues, push, and the contexts of completion.
 */
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "mock_device.h"

/* Workqueues of drivers */

/* Runs jobs on a queue with this workqueue, in a worker if there is no bypass. */
static void run_jobs_on(struct kunit *test, struct drm_dep_workqueue *wq)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 2,
		.workqueue = wq,
		.timeout_workqueue = wq,
	});
	struct mock_job *jobs[10];
	int i;

	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		jobs[i]->duration_us = 10 * i + 1;
		mock_job_submit(jobs[i]);
	}
	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), 1);
		mock_job_put(jobs[i]);
	}
	jobs[0] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[0]));
	/* timedout_job is in a worker of it as well. */
	mock_queue_trigger_timeout(queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), -ETIME);
	mock_job_put(jobs[0]);
	mock_queue_put(queue);
	mock_device_flush(test, dev);
}

static void adopts(struct kunit *test, struct workqueue_struct *raw, u32 flags)
{
	struct mock_device *dev = test->priv;
	struct drm_dep_workqueue *wq;
	struct mock_queue *queue;

	KUNIT_ASSERT_NOT_NULL(test, raw);
	wq = drm_dep_adopt_workqueue(raw, flags);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, wq);
	queue = mock_queue_create_with(test, &(struct mock_queue_options) { .workqueue = wq });
	KUNIT_EXPECT_PTR_EQ(test, drm_dep_queue_workqueue(&queue->base), raw);
	KUNIT_EXPECT_PTR_NE(test, drm_dep_queue_timeout_workqueue(&queue->base), raw);
	mock_queue_put(queue);
	mock_device_flush(test, dev);
	run_jobs_on(test, wq);
	drm_dep_destroy_workqueue(wq);
	/* It is still the driver's. */
	wq = drm_dep_adopt_workqueue(raw, flags);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, wq);
	drm_dep_destroy_workqueue(wq);
	destroy_workqueue(raw);
}

static void adopts_workqueue(struct kunit *test)
{
	adopts(test, alloc_workqueue("drm_dep_adopted", WQ_UNBOUND | WQ_MEM_RECLAIM, 0), 0);
}

static void adopts_ordered_workqueue(struct kunit *test)
{
	adopts(test, alloc_ordered_workqueue("drm_dep_adopted", WQ_MEM_RECLAIM),
	       DRM_DEP_WQ_ORDERED);
}

static void refuses(struct kunit *test, struct workqueue_struct *raw)
{
	struct drm_dep_workqueue *wq = drm_dep_adopt_workqueue(raw, 0);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(wq), -EINVAL);
	if (!IS_ERR(wq))
		drm_dep_destroy_workqueue(wq);
}

/* Reclaim can't wait for them: neither the kernel's own, nor one without a rescuer. */
static void refuses_workqueues(struct kunit *test)
{
	struct workqueue_struct *raw = alloc_workqueue("drm_dep_refused", WQ_UNBOUND, 0);

	KUNIT_ASSERT_NOT_NULL(test, raw);
	refuses(test, raw);
	destroy_workqueue(raw);
	raw = alloc_ordered_workqueue("drm_dep_refused", 0);
	KUNIT_ASSERT_NOT_NULL(test, raw);
	refuses(test, raw);
	destroy_workqueue(raw);
	refuses(test, system_dfl_wq);
	refuses(test, system_highpri_wq);
}

static void adopting_allocation_fails(struct kunit *test)
{
	struct workqueue_struct *raw;
	struct drm_dep_workqueue *wq;
	unsigned int n, failures = 0;
	bool failed = true;

	mock_fail_begin(test);
	raw = alloc_workqueue("drm_dep_adopted", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	KUNIT_ASSERT_NOT_NULL(test, raw);
	for (n = 1; failed && n < 20; n++) {
		mock_fail_nth(n);
		wq = drm_dep_adopt_workqueue(raw, 0);
		failed = mock_fail_end();
		if (IS_ERR(wq)) {
			KUNIT_EXPECT_EQ(test, PTR_ERR(wq), -ENOMEM);
			failures++;
		} else {
			drm_dep_destroy_workqueue(wq);
		}
	}
	KUNIT_EXPECT_FALSE(test, failed);
	KUNIT_EXPECT_GE(test, failures, 1);
	destroy_workqueue(raw);
}

static void making_allocation_fails(struct kunit *test)
{
	static const u32 kinds[] = { 0, DRM_DEP_WQ_ORDERED };
	struct drm_dep_workqueue *wq;
	unsigned int i, n, failures;
	bool failed;

	mock_fail_begin(test);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		failures = 0;
		failed = true;
		for (n = 1; failed && n < 1000; n++) {
			mock_fail_nth(n);
			wq = drm_dep_alloc_workqueue("drm_dep_made", kinds[i]);
			failed = mock_fail_end();
			/* What only makes it better, it can do without. */
			if (wq)
				drm_dep_destroy_workqueue(wq);
			else
				failures++;
			KUNIT_EXPECT_TRUE(test, wq || failed);
		}
		KUNIT_EXPECT_FALSE(test, failed);
		/* its own and at least one of the kernel's */
		KUNIT_EXPECT_GE(test, failures, 2);
	}
}

/* Ordered workqueues */

struct exclusion {
	atomic_t inside;
	struct task_struct *pusher;
};

static void run_excluded(struct mock_job *job)
{
	struct exclusion *exclusion = job->private;

	if (atomic_inc_return(&exclusion->inside) != 1)
		mock_violation(job->dev, "run_job of two queues at once");
	if (current == exclusion->pusher)
		mock_violation(job->dev, "a bypass, although the workqueue excludes others");
	cond_resched();
	atomic_dec(&exclusion->inside);
}

/* Queues on an ordered workqueue exclude each other, so none of them runs a job in push. */
static void has_no_bypass(struct kunit *test, struct drm_dep_workqueue *wq)
{
	struct exclusion exclusion = { .inside = ATOMIC_INIT(0), .pusher = current };
	struct mock_device *dev = test->priv;
	struct mock_queue *queues[3];
	int i, k;

	for (i = 0; i < ARRAY_SIZE(queues); i++)
		queues[i] = mock_queue_create_with(test, &(struct mock_queue_options) {
			.credits = 4,
			.workqueue = wq,
		});
	for (k = 0; k < 20; k++) {
		for (i = 0; i < ARRAY_SIZE(queues); i++) {
			struct mock_job *job = mock_job_create(test, queues[i], 1);

			job->duration_us = 1 + k;
			job->on_run = run_excluded;
			job->private = &exclusion;
			mock_job_submit(job);
			mock_job_put(job);
		}
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 60);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 60);
	for (i = 0; i < ARRAY_SIZE(queues); i++)
		mock_queue_put(queues[i]);
	mock_device_flush(test, dev);
}

static void ordered_has_no_bypass(struct kunit *test)
{
	has_no_bypass(test, mock_run_workqueue_create(test, true));
}

/* That it is ordered is the driver's word. */
static void adopted_ordered_has_no_bypass(struct kunit *test)
{
	struct workqueue_struct *raw = alloc_ordered_workqueue("drm_dep_adopted", WQ_MEM_RECLAIM);
	struct drm_dep_workqueue *wq;

	KUNIT_ASSERT_NOT_NULL(test, raw);
	wq = drm_dep_adopt_workqueue(raw, DRM_DEP_WQ_ORDERED);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, wq);
	has_no_bypass(test, wq);
	drm_dep_destroy_workqueue(wq);
	destroy_workqueue(raw);
}

/* A busy queue and one that has one job, on a workqueue that runs one work item at a time. */

#define N_BUSY 200

struct turn {
	struct mock_queue *busy, *modest;
	int ran_before;
};

static void start_modest(struct mock_job *job)
{
	struct turn *turn = job->private;

	/* From here on its work item waits behind this one. */
	mock_queue_start(turn->modest);
}

static void note_turn(struct mock_job *job)
{
	struct turn *turn = job->private;

	turn->ran_before = atomic_read(&turn->busy->ran);
}

static void busy_queue_gives_way(struct kunit *test)
{
	struct mock_queue_options options = {
		.credits = N_BUSY,
		.flags = DRM_DEP_QUEUE_STOPPED,
		.workqueue = mock_run_workqueue_create(test, true),
	};
	struct mock_device *dev = test->priv;
	struct turn turn = { .ran_before = -1 };
	struct mock_job *job;
	int i;

	turn.busy = mock_queue_create_with(test, &options);
	turn.modest = mock_queue_create_with(test, &options);
	for (i = 0; i < N_BUSY; i++) {
		job = mock_job_create(test, turn.busy, 1);
		job->at_once = true;
		if (!i)
			job->on_run = start_modest;
		job->private = &turn;
		mock_job_submit(job);
		mock_job_put(job);
	}
	job = mock_job_create(test, turn.modest, 1);
	job->at_once = true;
	job->on_run = note_turn;
	job->private = &turn;
	mock_job_submit(job);
	mock_queue_start(turn.busy);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == N_BUSY);
	kunit_info(test, "its turn came after %d jobs\n", turn.ran_before);
	KUNIT_EXPECT_GE(test, turn.ran_before, 1);
	KUNIT_EXPECT_LT(test, turn.ran_before, N_BUSY / 2);
}

/* Pushing */

static DEFINE_SPINLOCK(held_around_push);

/* Under a lock of the driver's, with ops that never sleep. */
static void push_under_spinlock(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 3,
		.flags = DRM_DEP_QUEUE_RUN_ATOMIC,
		.prepare = true,
	});
	struct mock_job *jobs[30];
	int i;

	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		jobs[i]->at_once = i % 3 == 0;
		jobs[i]->duration_us = 1 + i;
		spin_lock(&held_around_push);
		mock_job_arm(jobs[i]);
		mock_job_push(jobs[i]);
		/* With bypass the first one was run by now. */
		if (!i && dev->mode.bypass)
			KUNIT_EXPECT_EQ(test, jobs[i]->runs, 1);
		spin_unlock(&held_around_push);
	}
	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), 1);
}

/* Also where the queue's workqueue takes over, and without bypass at all. */
static void push_stopped_under_spinlock(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 1,
		.flags = DRM_DEP_QUEUE_RUN_ATOMIC | DRM_DEP_QUEUE_STOPPED,
	});
	struct mock_job *job = mock_job_create(test, queue, 1);

	job->duration_us = 1;
	spin_lock(&held_around_push);
	mock_job_submit(job);
	mock_queue_start(queue);
	spin_unlock(&held_around_push);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

struct recursion {
	struct mock_job *next;
	u32 runs_in_push;
	struct task_struct *runner;
};

static void push_next(struct mock_job *job)
{
	struct recursion *recursion = job->private;

	if (!recursion->next)
		return;
	mock_job_push(recursion->next);
	recursion->runs_in_push = recursion->next->runs;
}

static void note_runner(struct mock_job *job)
{
	struct recursion *recursion = job->private;

	recursion->runner = current;
}

/* A push of the same queue in run_job does not run anything there: the worker does. */
static void push_from_run_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct recursion recursion = {};

	recursion.next = mock_job_create(test, queue, 1);
	recursion.next->on_run = note_runner;
	recursion.next->private = &recursion;
	job->on_run = push_next;
	job->private = &recursion;
	mock_job_arm(job);
	mock_job_arm(recursion.next);
	mock_job_push(job);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(recursion.next));
	KUNIT_EXPECT_EQ(test, recursion.runs_in_push, 0);
	KUNIT_EXPECT_PTR_NE(test, recursion.runner, current);
	mock_device_advance(dev, 2);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, recursion.next), 1);
}

/* To push to another one there is fine; with bypass, its job runs inside. */
static void push_to_other_from_run_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_queue *other = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct recursion recursion = {};

	recursion.next = mock_job_create(test, other, 1);
	recursion.next->on_run = note_runner;
	recursion.next->private = &recursion;
	job->on_run = push_next;
	job->private = &recursion;
	mock_job_arm(job);
	mock_job_arm(recursion.next);
	mock_job_push(job);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(recursion.next));
	if (dev->mode.bypass)
		KUNIT_EXPECT_PTR_EQ(test, recursion.runner, current);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_device_advance(dev, 2);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, recursion.next), 1);
}

/* Completing */

struct contexts {
	atomic_t hardirq, softirq, other;
};

static void note_context(struct mock_job *job)
{
	struct contexts *contexts = job->private;

	if (in_hardirq())
		atomic_inc(&contexts->hardirq);
	else if (in_serving_softirq())
		atomic_inc(&contexts->softirq);
	else
		atomic_inc(&contexts->other);
}

static void complete_job(void *arg)
{
	if (!mock_job_complete(arg))
		mock_violation(((struct mock_job *)arg)->dev, "the job is not in flight");
}

#define N_DONE 100

/* All but the first are done, so completing that makes all of them signal. */
static void complete_many(struct kunit *test, bool in_irq, struct contexts *contexts)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, N_DONE);
	struct mock_job *first = NULL, *job = NULL;
	int i;

	memset(contexts, 0, sizeof(*contexts));
	for (i = 0; i < N_DONE; i++) {
		job = mock_job_create(test, queue, 1);
		job->at_once = i;
		job->on_finished = note_context;
		job->private = contexts;
		mock_job_submit(job);
		if (!i)
			first = job;
		else if (i < N_DONE - 1)
			mock_job_put(job);
	}
	/* Not only that it has returned: who records it as done may signal as many again. */
	MOCK_ASSERT_SOON(test, dev, drm_dep_job_is_finished(&job->base));
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	if (in_irq)
		mock_irq_call(test, complete_job, first);
	else
		complete_job(first);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), N_DONE);
	kunit_info(test, "signalled in hardirq %d, in softirq %d, else %d\n",
		   atomic_read(&contexts->hardirq), atomic_read(&contexts->softirq),
		   atomic_read(&contexts->other));
}

/* One context signals so many and not more. */
static void overflow_goes_to_softirq(struct kunit *test)
{
	struct contexts contexts;

	complete_many(test, true, &contexts);
	KUNIT_EXPECT_GE(test, atomic_read(&contexts.hardirq), 1);
	KUNIT_EXPECT_LE(test, atomic_read(&contexts.hardirq), N_DONE / 2);
	KUNIT_EXPECT_GE(test, atomic_read(&contexts.softirq), N_DONE / 4);

	complete_many(test, false, &contexts);
	KUNIT_EXPECT_GE(test, atomic_read(&contexts.other), 1);
	KUNIT_EXPECT_LE(test, atomic_read(&contexts.other), N_DONE / 2);
	KUNIT_EXPECT_GE(test, atomic_read(&contexts.softirq), N_DONE / 4);
}

struct nesting {
	struct mock_job *inner;
	int at_once;
	ktime_t left; /* the callback */
};

static void complete_inner(struct mock_job *job)
{
	struct nesting *nesting = job->private;
	struct dma_fence *fence = drm_dep_job_finished_fence(&nesting->inner->base);

	complete_job(nesting->inner);
	nesting->at_once = dma_fence_test_signaled_flag(fence);
	nesting->left = ktime_get();
}

/*
 * Completes a job of one queue in a callback of a fence of another one. Whether the fence of
 * the former has signalled when that returns. @key: of the lock of its hardware fence.
 */
static int nested(struct kunit *test, u32 outer_level, u32 inner_level, struct lock_class_key *key)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *outer_queue = mock_queue_create_with(test,
								&(struct mock_queue_options) {
									.nest_level = outer_level,
								});
	struct mock_queue *inner_queue = mock_queue_create_with(test,
								&(struct mock_queue_options) {
									.nest_level = inner_level,
								});
	struct mock_job *outer = mock_job_create(test, outer_queue, 1);
	struct nesting nesting = { .at_once = -1 };
	struct dma_fence *fence;

	nesting.inner = mock_job_create(test, inner_queue, 1);
	if (nesting.inner->hw_fence)
		mock_fence_set_class(nesting.inner->hw_fence, key);
	outer->on_finished = complete_inner;
	outer->private = &nesting;
	mock_job_submit(outer);
	mock_job_submit(nesting.inner);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(outer) &&
				    mock_job_has_returned(nesting.inner));
	/* A fence that signals earlier signals the finished fence in the worker. */
	mock_queue_settle(outer_queue);
	mock_queue_settle(inner_queue);
	complete_job(outer);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, outer), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, nesting.inner), 1);
	/* Whenever the fence has signalled, it says when the job was done. */
	fence = drm_dep_job_finished_fence(&nesting.inner->base);
	KUNIT_EXPECT_LE(test, ktime_to_ns(dma_fence_timestamp(fence)), ktime_to_ns(nesting.left));
	return nesting.at_once;
}

static void greater_level_signals_at_once(struct kunit *test)
{
	static struct lock_class_key keys[DRM_DEP_MAX_NEST_LEVEL];
	u32 level;

	for (level = 0; level < DRM_DEP_MAX_NEST_LEVEL; level++)
		KUNIT_EXPECT_EQ(test, nested(test, level, level + 1, &keys[level]), 1);
	KUNIT_EXPECT_EQ(test, nested(test, 0, DRM_DEP_MAX_NEST_LEVEL, &keys[level - 1]), 1);
}

static void other_levels_signal_later(struct kunit *test)
{
	static const u32 most = DRM_DEP_MAX_NEST_LEVEL;
	static struct lock_class_key key;

	KUNIT_EXPECT_EQ(test, nested(test, 0, 0, &key), 0);
	KUNIT_EXPECT_EQ(test, nested(test, 3, 3, &key), 0);
	KUNIT_EXPECT_EQ(test, nested(test, 3, 1, &key), 0);
	KUNIT_EXPECT_EQ(test, nested(test, most, most, &key), 0);
}

/* Very many queues at the same time, which share one workqueue, and their end. */

#define N_QUEUES 2000

static void very_many_queues(struct kunit *test)
{
	struct mock_queue **queues = kunit_kcalloc(test, N_QUEUES, sizeof(*queues), GFP_KERNEL);
	struct mock_device *dev = test->priv;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, queues);
	for (i = 0; i < N_QUEUES; i++)
		queues[i] = mock_queue_create(test, 1);
	for (i = 0; i < N_QUEUES; i += 4) {
		struct mock_job *job = mock_job_create(test, queues[i], 1);

		job->duration_us = 1 + i % 100;
		mock_job_submit(job);
		mock_job_put(job);
	}
	for (i = 0; i < N_QUEUES; i++)
		mock_queue_put(queues[i]);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), N_QUEUES);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), N_QUEUES / 4);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), 1);
}

static struct kunit_case drm_dep_workqueue_cases[] = {
	KUNIT_CASE_PARAM(adopts_workqueue, mock_pairs_gen_params),
	KUNIT_CASE(adopts_ordered_workqueue),
	KUNIT_CASE(refuses_workqueues),
	KUNIT_CASE(adopting_allocation_fails),
	KUNIT_CASE(making_allocation_fails),
	KUNIT_CASE_PARAM(ordered_has_no_bypass, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(adopted_ordered_has_no_bypass, mock_pairs_gen_params),
	KUNIT_CASE(busy_queue_gives_way),
	KUNIT_CASE_PARAM(push_under_spinlock, mock_mode_gen_params),
	KUNIT_CASE_PARAM(push_stopped_under_spinlock, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(push_from_run_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(push_to_other_from_run_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(overflow_goes_to_softirq, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(greater_level_signals_at_once, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(other_levels_signal_later, mock_pairs_gen_params),
	KUNIT_CASE(very_many_queues),
	{}
};

static struct kunit_suite drm_dep_workqueue_suite = {
	.name = "drm_dep_workqueue",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_workqueue_cases,
};

kunit_test_suite(drm_dep_workqueue_suite);
