// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The end of a device: quiescing and flushing it.
 *
 * That no op that touches the hardware begins after quiesce, the mock device checks.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>

#include "mock_device.h"

/* An op that stays in progress until the test says so. */
struct gate {
	struct completion entered;
	bool open;
};

static void gate_pass(struct mock_device *dev, struct gate *gate)
{
	complete(&gate->entered);
	if (!mock_soon(dev, READ_ONCE(gate->open)))
		mock_violation(dev, "a test does not open its gate");
}

static void gate_open(struct mock_device *dev, struct gate *gate)
{
	WRITE_ONCE(gate->open, true);
	wake_up_all(&dev->changed);
}

static void gate_wait(struct kunit *test, struct gate *gate)
{
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&gate->entered, MOCK_PATIENCE), 0);
}

static void quiesce_device(struct mock_thread *thread)
{
	struct mock_device *dev = thread->arg;

	drm_dep_quiesce(&dev->drm);
	WRITE_ONCE(dev->quiesced, true);
}

static void flush_device(struct mock_thread *thread)
{
	struct mock_device *dev = thread->arg;

	drm_dep_flush(&dev->drm);
}

static void run_through_gate(struct mock_job *job)
{
	gate_pass(job->dev, job->private);
}

static void submit_job(struct mock_thread *thread)
{
	mock_job_submit(thread->arg);
}

/* It waits for a run_job that is in progress; and no other one follows. */
static void waits_for_run_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_thread quiesce = { .function = quiesce_device, .arg = dev };
	struct mock_thread submit = { .function = submit_job };
	struct gate gate = {};
	struct mock_job *job = mock_job_create(test, queue, 1), *next;

	init_completion(&gate.entered);
	job->on_run = run_through_gate;
	job->private = &gate;
	submit.arg = job;
	mock_threads_start(test, &submit, 1);
	gate_wait(test, &gate);
	mock_threads_start(test, &quiesce, 1);
	mock_threads_asleep(test, &quiesce, 1);
	mock_settle();
	KUNIT_EXPECT_FALSE(test, completion_done(&quiesce.done));
	next = mock_job_create(test, queue, 1);
	gate_open(dev, &gate);
	mock_threads_join(test, &quiesce, 1);
	KUNIT_EXPECT_TRUE(test, mock_job_has_returned(job));
	mock_threads_join(test, &submit, 1);
	mock_job_submit(next);
	/* What is in flight is the driver's to complete. */
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	KUNIT_EXPECT_TRUE(test, mock_job_fail(job, -ENODEV));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ENODEV);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, next), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 1);
}

static struct dma_fence *prepare_through_gate(struct mock_job *job)
{
	gate_pass(job->dev, job->private);
	return NULL;
}

static void waits_for_prepare_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.prepare = true,
	});
	struct mock_thread quiesce = { .function = quiesce_device, .arg = dev };
	struct mock_thread submit = { .function = submit_job };
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct gate gate = {};

	init_completion(&gate.entered);
	job->on_prepare = prepare_through_gate;
	job->private = &gate;
	submit.arg = job;
	mock_threads_start(test, &submit, 1);
	gate_wait(test, &gate);
	mock_threads_start(test, &quiesce, 1);
	mock_threads_asleep(test, &quiesce, 1);
	mock_settle();
	KUNIT_EXPECT_FALSE(test, completion_done(&quiesce.done));
	gate_open(dev, &gate);
	mock_threads_join(test, &quiesce, 1);
	mock_threads_join(test, &submit, 1);
	/* The kill came before its run_job. */
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 0);
}

static int time_out_through_gate(struct mock_job *job)
{
	gate_pass(job->dev, job->queue->private);
	return DRM_DEP_TIMEOUT_NOT_HUNG;
}

/* And no other one follows, although the job is in flight for longer than the limit. */
static void waits_for_timedout_job(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.timeout_ms = 10,
	});
	struct mock_thread quiesce = { .function = quiesce_device, .arg = dev };
	struct gate gate = {};
	struct mock_job *job;

	init_completion(&gate.entered);
	queue->on_timedout = time_out_through_gate;
	queue->private = &gate;
	job = mock_job_submit_one(test, queue);
	gate_wait(test, &gate);
	mock_threads_start(test, &quiesce, 1);
	mock_threads_asleep(test, &quiesce, 1);
	mock_settle();
	KUNIT_EXPECT_FALSE(test, completion_done(&quiesce.done));
	gate_open(dev, &gate);
	mock_threads_join(test, &quiesce, 1);
	mock_queue_trigger_timeout(queue);
	mock_settle();
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->timedout), 1);
	KUNIT_EXPECT_TRUE(test, mock_job_fail(job, -ENODEV));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ENODEV);
}

/* It does not wait for jobs, neither those in flight nor those of which a fence never comes. */
static void does_not_wait_for_jobs(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_queue *other = mock_queue_create(test, 1);
	struct dma_fence *foreign = mock_fence_create(test);
	struct mock_job *jobs[3];
	int i;

	for (i = 0; i < 3; i++) {
		jobs[i] = mock_job_create(test, i == 2 ? other : queue, 1);
		if (i)
			KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[i], foreign), 0);
		mock_job_submit(jobs[i]);
	}
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[0]));
	mock_device_quiesce(test, dev);
	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_killed(&queue->base));
	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_killed(&other->base));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->killed) == 2);
	mock_settle();
	/* They are not cancelled before their dependency either. */
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 0);
	KUNIT_EXPECT_TRUE(test, mock_job_fail(jobs[0], -ENODEV));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), -ENODEV);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 1);
	mock_fence_signal(foreign, 0);
	for (i = 1; i < 3; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 1);
}

/* What does not touch the hardware is called as ever. */
static void messages_are_delivered(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_message *before = mock_message_create(test, queue, 1);
	struct mock_message *after = mock_message_create(test, queue, 2);

	KUNIT_EXPECT_TRUE(test, mock_message_send(before));
	mock_device_quiesce(test, dev);
	KUNIT_EXPECT_TRUE(test, mock_message_send(after));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->messages) == 2);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	mock_queue_put(queue);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), 1);
}

static void stopped_queue_stays_stopped(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);

	mock_queue_stop(queue);
	mock_job_submit(job);
	mock_device_quiesce(test, dev);
	/* Cancelling goes on while it is stopped, telling so does not. */
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ECANCELED);
	mock_settle();
	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_stopped(&queue->base));
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->killed), 0);
	mock_queue_start(queue);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
}

/* Also those that have no users any more, and it may be done twice. */
static void reaches_queues_without_users(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *jobs[2];
	int i;

	for (i = 0; i < 2; i++)
		jobs[i] = mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[0]));
	mock_queue_put(queue);
	mock_device_quiesce(test, dev);
	mock_device_quiesce(test, dev);
	KUNIT_EXPECT_TRUE(test, mock_job_fail(jobs[0], -ENODEV));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->killed), 1);
}

/* While others push, complete, and let go of queues. */
static void submit_many(struct mock_thread *thread)
{
	struct mock_device *dev = thread->arg;
	int i, k;

	for (i = 0; i < 10; i++) {
		struct mock_queue *queue = mock_queue_new(dev,
							  &(struct mock_queue_options) {
								.credits = 2,
							  });

		/* One that was made after it is not killed; here it may have been before. */
		if (!queue)
			return;
		for (k = 0; k < 8; k++) {
			struct mock_job *job = mock_job_new(queue, 1);

			if (!job)
				return;
			job->at_once = k % 2;
			job->duration_us = 5;
			mock_job_submit(job);
			mock_job_put(job);
		}
		mock_queue_put(queue);
	}
}

static void quiesce_and_flush(struct mock_thread *thread)
{
	struct mock_device *dev = thread->arg;
	int i;

	/* Without telling the mock device, as queues go on being made. */
	for (i = 0; i < 10; i++) {
		drm_dep_quiesce(&dev->drm);
		drm_dep_flush(&dev->drm);
	}
}

static void races_with_everything(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_thread threads[4] = {
		{ .function = submit_many, .arg = dev },
		{ .function = submit_many, .arg = dev },
		{ .function = quiesce_and_flush, .arg = dev },
		{ .function = quiesce_and_flush, .arg = dev },
	};

	mock_threads_run(test, threads, ARRAY_SIZE(threads));
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), 20);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), 160);
}

/* Two devices have nothing to do with one another. */
static void is_per_device(struct kunit *test)
{
	struct mock_device *dev = test->priv, *other;
	struct mock_queue *queue = mock_queue_create(test, 4), *other_queue;
	struct mock_job *job = mock_job_create(test, queue, 1), *other_job;
	struct mock_thread submit = { .function = submit_job, .arg = job };
	struct gate gate = {};

	init_completion(&gate.entered);
	job->on_run = run_through_gate;
	job->private = &gate;
	mock_threads_start(test, &submit, 1);
	gate_wait(test, &gate);

	/* An op of the one is in progress while the other is quiesced and flushed. */
	KUNIT_ASSERT_EQ(test, mock_device_init(test), 0);
	other = test->priv;
	other_queue = mock_queue_create(test, 1);
	other_job = mock_job_submit_one(test, other_queue);
	MOCK_ASSERT_SOON(test, other, mock_job_has_returned(other_job));
	mock_device_quiesce(test, other);
	KUNIT_EXPECT_TRUE(test, mock_job_fail(other_job, -ENODEV));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, other_job), -ENODEV);
	mock_job_put(other_job);
	mock_queue_put(other_queue);
	mock_device_flush(test, other);
	KUNIT_EXPECT_EQ(test, atomic_read(&other->queues_released), 1);
	mock_device_exit(test);

	test->priv = dev;
	KUNIT_EXPECT_FALSE(test, drm_dep_queue_is_killed(&queue->base));
	gate_open(dev, &gate);
	mock_threads_join(test, &submit, 1);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* Flushing */

static int pending_fini(struct mock_queue *queue)
{
	return -EINPROGRESS;
}

static void flush_waits_for_pending_fini(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_thread flush = { .function = flush_device, .arg = dev };

	queue->on_fini = pending_fini;
	mock_queue_put(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->fini) == 1);
	mock_threads_start(test, &flush, 1);
	/* One that is put later, and has no such trouble, is not stuck behind it. */
	mock_queue_put(mock_queue_create(test, 1));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
	KUNIT_EXPECT_FALSE(test, completion_done(&flush.done));
	mock_queue_fini_done(queue);
	mock_threads_join(test, &flush, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), 2);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->drm.ref), 1);
}

/* Who uses a queue may go on doing so for ever. */
static void flush_ignores_users(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *used = mock_queue_create(test, 1);
	struct mock_queue *put = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_submit_one(test, used);

	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_queue_put(put);
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), 1);
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(job));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

/* Nor for queues that are put while it waits. */
static void flush_ignores_later_puts(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *before = mock_queue_create(test, 1);
	struct mock_queue *after = mock_queue_create(test, 1);
	struct mock_thread flush = { .function = flush_device, .arg = dev };
	struct mock_job *first, *second;

	first = mock_job_submit_one(test, before);
	second = mock_job_submit_one(test, after);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(first) && mock_job_has_returned(second));
	mock_queue_put(before);
	mock_threads_start(test, &flush, 1);
	mock_threads_asleep(test, &flush, 1);
	mock_settle();
	mock_queue_put(after);
	KUNIT_EXPECT_FALSE(test, completion_done(&flush.done));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(first));
	mock_job_put(first);
	mock_threads_join(test, &flush, 1);
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(second));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(second));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, second), 1);
}

struct device_end {
	bool queue_released;
	bool in_order;
	struct completion gone;
};

static void note_end_of_device(struct drm_device *drm, void *arg)
{
	struct device_end *end = arg;

	end->in_order = end->queue_released;
	complete(&end->gone);
}

static void note_end_of_queue(struct mock_queue *queue)
{
	struct device_end *end = queue->private;

	end->queue_released = true;
}

/*
 * A queue keeps its device until after release: with jobs in flight, and with one that waits
 * for a fence, the device's parent goes away.
 */
static void device_stays_for_jobs(struct kunit *test)
{
	struct device_end *end = kunit_kzalloc(test, sizeof(*end), GFP_KERNEL);
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct dma_fence *foreign = mock_fence_alloc(dma_fence_context_alloc(1), 1);
	struct dma_fence *fences[3];
	struct mock_job *jobs[3];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, end);
	KUNIT_ASSERT_NOT_NULL(test, foreign);
	init_completion(&end->gone);
	KUNIT_ASSERT_EQ(test, drmm_add_action(&dev->drm, note_end_of_device, end), 0);
	queue->on_release = note_end_of_queue;
	queue->private = end;
	for (i = 0; i < 3; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		if (i == 2)
			KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[i], foreign), 0);
		jobs[i]->duration_us = i ? 1 : 0;
		mock_job_arm(jobs[i]);
		fences[i] = mock_job_fence(jobs[i]);
		mock_job_push(jobs[i]);
	}
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[0]));
	for (i = 1; i < 3; i++)
		mock_job_put(jobs[i]);
	mock_queue_put(queue);
	drm_dev_get(&dev->drm);
	mock_device_unplug(test, dev);

	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[0]));
	mock_job_put(jobs[0]);
	drm_dev_put(&dev->drm);
	KUNIT_EXPECT_GT(test, dma_fence_wait_timeout(fences[1], false, MOCK_PATIENCE), 0);
	mock_settle();
	KUNIT_EXPECT_FALSE(test, completion_done(&end->gone));
	mock_fence_signal(foreign, 0);
	KUNIT_EXPECT_GT(test, dma_fence_wait_timeout(fences[2], false, MOCK_PATIENCE), 0);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&end->gone, MOCK_PATIENCE), 0);
	KUNIT_EXPECT_TRUE(test, end->in_order);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, dma_fence_get_status(fences[i]), 1);
		dma_fence_put(fences[i]);
	}
	dma_fence_put(foreign);
}

static struct kunit_case drm_dep_quiesce_cases[] = {
	KUNIT_CASE_PARAM(waits_for_run_job, mock_mode_gen_params),
	KUNIT_CASE_PARAM(waits_for_prepare_job, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(waits_for_timedout_job, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(does_not_wait_for_jobs, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(messages_are_delivered, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(stopped_queue_stays_stopped, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(reaches_queues_without_users, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(races_with_everything, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(is_per_device, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(flush_waits_for_pending_fini, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(flush_ignores_users, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(flush_ignores_later_puts, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(device_stays_for_jobs, mock_pairs_gen_params),
	{}
};

static struct kunit_suite drm_dep_quiesce_suite = {
	.name = "drm_dep_quiesce",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_quiesce_cases,
};

kunit_test_suite(drm_dep_quiesce_suite);
