// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Mistakes of a driver: each gives an error or one warning, and nothing is broken by it.
 *
 * The core warns once per place and load, so the first case that makes a mistake expects
 * the warning, and later ones expect none. Hence this suite comes before the others, which
 * make some of the mistakes as well. What the warning says the host tests check: here it is
 * suppressed, which works for what the test's own thread does. An op that is to make a
 * mistake therefore runs in a push with bypass.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "mock_device.h"

/* What one place in the core has said already. */
struct mistake {
	struct kunit_suppressed_warning *suppressed;
	bool said;
};

static void mistake_begin(struct kunit *test, struct mistake *mistake)
{
	mistake->suppressed = kunit_start_suppress_warning(test);
}

static void mistake_end(struct kunit *test, struct mistake *mistake)
{
	KUNIT_EXPECT_EQ(test, kunit_suppressed_warning_count(mistake->suppressed),
			mistake->said ? 0 : 1);
	mistake->said = true;
	kunit_end_suppress_warning(test, mistake->suppressed);
}

/* That the queue is none the worse for it. */
static void expect_works(struct kunit *test, struct mock_queue *queue)
{
	struct mock_job *jobs[3];
	int i;

	for (i = 0; i < 3; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		jobs[i]->at_once = true;
		mock_job_submit(jobs[i]);
	}
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), 1);
}

/* A job that waits, so that the queue has it for as long as the test likes. */
static struct mock_job *create_waiting(struct kunit *test, struct mock_queue *queue,
				       struct dma_fence **dependency)
{
	struct mock_job *job = mock_job_create(test, queue, 1);

	*dependency = mock_fence_create(test);
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, *dependency), 0);
	job->at_once = true;
	return job;
}

/* Making and pushing jobs */

static void arm_twice(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence;
	u64 seqno;

	job->at_once = true;
	mock_job_arm(job);
	fence = mock_job_fence(job);
	seqno = fence->seqno;
	mistake_begin(test, &mistake);
	drm_dep_job_arm(&job->base);
	mistake_end(test, &mistake);
	/* It has kept its place, and has not taken another. */
	KUNIT_EXPECT_EQ(test, fence->seqno, seqno);
	mock_job_push(job);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	mistake_begin(test, &mistake);
	drm_dep_job_arm(&job->base);
	mistake_end(test, &mistake);
	dma_fence_put(fence);
	expect_works(test, queue);
}

/* Both are one mistake for the core. */
static void push_unarmed_or_twice(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct dma_fence *dependency;
	struct mock_job *job;

	job = create_waiting(test, queue, &dependency);
	mistake_begin(test, &mistake);
	drm_dep_job_push(&job->base);
	mistake_end(test, &mistake);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 0);

	mock_job_submit(job);
	/* While it waits, and when it is over. */
	mistake_begin(test, &mistake);
	drm_dep_job_push(&job->base);
	mistake_end(test, &mistake);
	mock_fence_signal(dependency, 0);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	mistake_begin(test, &mistake);
	drm_dep_job_push(&job->base);
	mistake_end(test, &mistake);
	KUNIT_EXPECT_EQ(test, job->runs, 1);
	expect_works(test, queue);
}

static void dependency_after_arm(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);

	job->at_once = true;
	mock_job_arm(job);
	mistake_begin(test, &mistake);
	KUNIT_EXPECT_EQ(test, drm_dep_job_add_dependency(&job->base, dma_fence_get(fence)),
			-EINVAL);
	mistake_end(test, &mistake);
	KUNIT_EXPECT_EQ(test, mock_fence_users(fence), 0);
	KUNIT_EXPECT_FALSE(test, drm_dep_job_has_dependency(&job->base, fence));
	mock_job_push(job);
	/* It does not wait for it. */
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	expect_works(test, queue);
}

static void fence_before_arm(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);

	mistake_begin(test, &mistake);
	drm_dep_job_finished_fence(&job->base);
	mistake_end(test, &mistake);
	job->at_once = true;
	mock_job_submit(job);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	expect_works(test, queue);
}

/* References */

static void put_job_too_often(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct dma_fence *dependency, *fence;
	struct mock_job *job;

	job = create_waiting(test, queue, &dependency);
	mock_job_arm(job);
	fence = mock_job_fence(job);
	mock_job_push(job);
	mock_job_put(job);
	mistake_begin(test, &mistake);
	drm_dep_job_put(&job->base);
	mistake_end(test, &mistake);
	/* The queue has not lost it. */
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), 0);
	mock_fence_signal(dependency, 0);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, fence), 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	dma_fence_put(fence);
	expect_works(test, queue);
}

static void put_queue_too_often(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct dma_fence *dependency;
	struct mock_job *job;

	job = create_waiting(test, queue, &dependency);
	mock_job_submit(job);
	mock_queue_put(queue);
	mistake_begin(test, &mistake);
	drm_dep_queue_put(&queue->base);
	mistake_end(test, &mistake);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), 0);
	mock_fence_signal(dependency, 0);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

/* Stopping */

static void start_without_stop(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_queue *queue = mock_queue_create(test, 1);

	mistake_begin(test, &mistake);
	drm_dep_queue_start(&queue->base);
	mistake_end(test, &mistake);
	expect_works(test, queue);
	/* The count is right: one stop is enough. */
	mock_queue_stop(queue);
	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_stopped(&queue->base));
	mock_queue_start(queue);
	mistake_begin(test, &mistake);
	drm_dep_queue_start(&queue->base);
	mistake_end(test, &mistake);
	KUNIT_EXPECT_FALSE(test, drm_dep_queue_is_stopped(&queue->base));
	expect_works(test, queue);
}

static void stop_own_queue(struct mock_job *job)
{
	drm_dep_queue_stop(&job->queue->base);
}

/* Runs a job whose run_job makes a mistake, in its push. */
static struct mock_queue *run_mistaken(struct kunit *test, struct mistake *mistake,
				       void (*on_run)(struct mock_job *job))
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue;
	struct mock_job *job;

	dev->mode.bypass = true;
	queue = mock_queue_create(test, 1);
	job = mock_job_create(test, queue, 1);
	job->on_run = on_run;
	mistake_begin(test, mistake);
	mock_job_submit(job);
	mistake_end(test, mistake);
	KUNIT_ASSERT_EQ(test, job->runs, 1);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	return queue;
}

static void stop_from_run_job(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_queue *queue = run_mistaken(test, &mistake, stop_own_queue);

	KUNIT_EXPECT_FALSE(test, drm_dep_queue_is_stopped(&queue->base));
	expect_works(test, queue);
}

static void last_put_while_stopped(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);

	job->at_once = true;
	mock_queue_stop(queue);
	mock_job_submit(job);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 0);
	mistake_begin(test, &mistake);
	mock_queue_put(queue);
	mistake_end(test, &mistake);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

/* Iterating */

static void iterate_while_running(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *job = mock_job_submit_one(test, queue);
	struct drm_dep_job_iter iter;

	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mistake_begin(test, &mistake);
	drm_dep_job_iter_begin(&iter, &queue->base);
	mistake_end(test, &mistake);
	KUNIT_EXPECT_NULL(test, drm_dep_job_iter_next(&iter));
	drm_dep_job_iter_end(&iter);
	mistake_begin(test, &mistake);
	KUNIT_EXPECT_EQ(test, drm_dep_queue_resubmit(&queue->base), 0);
	mistake_end(test, &mistake);
	KUNIT_EXPECT_EQ(test, job->runs, 1);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	expect_works(test, queue);
}

static void resubmit_without_iterator(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *job = mock_job_submit_one(test, queue);

	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mistake_begin(test, &mistake);
	KUNIT_EXPECT_FALSE(test, drm_dep_job_resubmit(&job->base));
	mistake_end(test, &mistake);
	mock_queue_stop(queue);
	mistake_begin(test, &mistake);
	KUNIT_EXPECT_FALSE(test, drm_dep_job_resubmit(&job->base));
	mistake_end(test, &mistake);
	mock_queue_start(queue);
	KUNIT_EXPECT_EQ(test, job->runs, 1);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	expect_works(test, queue);
}

/* Waiting */

static void wait_for_own_queue(struct mock_job *job)
{
	int ret = drm_dep_queue_wait_idle(&job->queue->base, 1000);

	if (ret != -EDEADLK)
		mock_violation(job->dev, "wait_idle in run_job: %d", ret);
}

static int wait_in_timeout(struct mock_job *job)
{
	wait_for_own_queue(job);
	mock_job_fail(job, -ETIME);
	return DRM_DEP_TIMEOUT_HANDLED;
}

static void wait_idle_from_op(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_queue *queue = run_mistaken(test, &mistake, wait_for_own_queue);
	struct mock_device *dev = test->priv;
	struct mock_job *job;

	expect_works(test, queue);
	/* The same from timedout_job, which is in a worker: the warning has come before. */
	queue->on_timedout = wait_in_timeout;
	job = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_queue_trigger_timeout(queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ETIME);
	KUNIT_EXPECT_EQ(test, drm_dep_queue_wait_idle(&queue->base, 0), 0);
	queue->on_timedout = NULL;
	expect_works(test, queue);
}

static void quiesce_own_device(struct mock_job *job)
{
	drm_dep_quiesce(&job->dev->drm);
}

/* It kills the queue all the same, and does not wait for itself. */
static void quiesce_from_op(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_queue *queue = run_mistaken(test, &mistake, quiesce_own_device);
	struct mock_job *job;

	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_killed(&queue->base));
	job = mock_job_submit_one(test, queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ECANCELED);
	expect_works(test, mock_queue_create(test, 1));
}

/* Numbers and ops */

static void credits_of_a_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 10);
	static const u32 wrong[] = { 0, 11, U32_MAX };
	struct drm_dep_job_init_args args;
	struct mock_job *job;
	int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		job = mock_job_alloc(queue, wrong[i], &args);
		KUNIT_ASSERT_NOT_NULL(test, job);
		KUNIT_EXPECT_EQ(test, drm_dep_job_init(&job->base, &args), -EINVAL);
		mock_job_free(job);
	}
	expect_works(test, queue);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), 0);
}

static void limit_of_a_queue(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_queue *queue = mock_queue_create(test, 1);

	mistake_begin(test, &mistake);
	drm_dep_queue_set_credit_limit(&queue->base, 0);
	mistake_end(test, &mistake);
	expect_works(test, queue);
}

static int try_queue(struct kunit *test, const struct mock_queue_options *options, u32 limit)
{
	struct drm_dep_queue_init_args args;
	struct mock_queue *queue = mock_queue_alloc(test->priv, options, &args);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, queue);
	args.credit_limit = limit;
	ret = drm_dep_queue_init(&queue->base, &args);
	kfree(queue);
	return ret;
}

static void arguments_of_a_queue(struct kunit *test)
{
	static const struct mock_queue_options plain, high = { .flags = BIT(31) },
		unknown = { .flags = DRM_DEP_QUEUE_KEEP_OWN_DEPS << 1 },
		nested = { .nest_level = DRM_DEP_MAX_NEST_LEVEL + 1 },
		deep = { .nest_level = 256 },
		timed = { .timeout_ms = 1, .no_timedout = true };
	struct mock_device *dev = test->priv;

	KUNIT_EXPECT_EQ(test, try_queue(test, &plain, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_queue(test, &high, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_queue(test, &unknown, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_queue(test, &nested, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_queue(test, &deep, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_queue(test, &timed, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), 1);
	expect_works(test, mock_queue_create(test, 1));
}

static void timeout_without_op(struct kunit *test)
{
	static struct mistake set, trigger;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 1,
		.no_timedout = true,
	});
	struct mock_device *dev = test->priv;
	struct mock_job *job;

	mistake_begin(test, &set);
	drm_dep_queue_set_timeout(&queue->base, 10);
	mistake_end(test, &set);
	job = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mistake_begin(test, &trigger);
	drm_dep_queue_trigger_timeout(&queue->base);
	mistake_end(test, &trigger);
	mock_settle();
	mock_settle();
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	expect_works(test, queue);
}

static void message_without_op(struct kunit *test)
{
	static struct mistake mistake;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 1,
		.no_message = true,
	});
	struct mock_message *message = mock_message_create(test, queue, 1);

	mistake_begin(test, &mistake);
	KUNIT_EXPECT_FALSE(test, mock_message_send(message));
	mistake_end(test, &mistake);
	mistake_begin(test, &mistake);
	KUNIT_EXPECT_FALSE(test, mock_message_send_first(message));
	mistake_end(test, &mistake);
	expect_works(test, queue);
}

/* It is found out by what the workqueue does, as the kernel tells its flags to nobody. */
static void workqueue_without_rescuer(struct kunit *test)
{
	struct workqueue_struct *wq = alloc_workqueue("drm_dep_misuse", WQ_UNBOUND, 0);

	KUNIT_ASSERT_NOT_NULL(test, wq);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(drm_dep_adopt_workqueue(wq, 0)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(drm_dep_adopt_workqueue(wq, DRM_DEP_WQ_ORDERED)),
			-EINVAL);
	destroy_workqueue(wq);
}

static struct kunit_case drm_dep_misuse_cases[] = {
	KUNIT_CASE_PARAM(arm_twice, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(push_unarmed_or_twice, mock_mode_gen_params),
	KUNIT_CASE(dependency_after_arm),
	KUNIT_CASE(fence_before_arm),
	KUNIT_CASE_PARAM(put_job_too_often, mock_flags_gen_params),
	KUNIT_CASE_PARAM(put_queue_too_often, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(start_without_stop, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(stop_from_run_job, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(last_put_while_stopped, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(iterate_while_running, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(resubmit_without_iterator, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(wait_idle_from_op, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(quiesce_from_op, mock_pairs_gen_params),
	KUNIT_CASE(credits_of_a_job),
	KUNIT_CASE(limit_of_a_queue),
	KUNIT_CASE(arguments_of_a_queue),
	KUNIT_CASE(timeout_without_op),
	KUNIT_CASE(message_without_op),
	KUNIT_CASE(workqueue_without_rescuer),
	{}
};

static struct kunit_suite drm_dep_misuse_suite = {
	.name = "drm_dep_misuse",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_misuse_cases,
};

kunit_test_suite(drm_dep_misuse_suite);
