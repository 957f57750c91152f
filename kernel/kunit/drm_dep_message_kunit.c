// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "mock_device.h"

/*
 * That messages don't come during another op nor while the queue is stopped, that no job
 * overtakes one that was sent before its push, and that as many are processed as were sent,
 * the mock device checks.
 */

static void processed_once(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_message *message = mock_message_create(test, queue, 7);
	int i;

	for (i = 1; i <= 10; i++) {
		KUNIT_EXPECT_TRUE(test, mock_message_send(message));
		MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->messages) == i);
	}
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&message->processed), 10);
	KUNIT_EXPECT_EQ(test, mock_log_count(dev, MOCK_MESSAGE, queue->id, 7), 10);
}

#define N_MESSAGES 10

/* First come, first served, but for those that are sent to the front. */
static void order(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_message *messages[N_MESSAGES];
	static const u32 expected[N_MESSAGES] = { 9, 6, 3, 0, 1, 2, 4, 5, 7, 8 };
	int i;

	mock_queue_stop(queue);
	for (i = 0; i < N_MESSAGES; i++) {
		messages[i] = mock_message_create(test, queue, i);
		if (i && i % 3 == 0)
			KUNIT_EXPECT_TRUE(test, mock_message_send_first(messages[i]));
		else
			KUNIT_EXPECT_TRUE(test, mock_message_send(messages[i]));
	}
	/* They are pending, and stay where they are. */
	for (i = 0; i < N_MESSAGES; i++) {
		KUNIT_EXPECT_FALSE(test, mock_message_send(messages[i]));
		KUNIT_EXPECT_FALSE(test, mock_message_send_first(messages[i]));
	}
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->messages), 0);
	mock_queue_start(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->messages) == N_MESSAGES);
	for (i = 1; i < N_MESSAGES; i++)
		KUNIT_EXPECT_GT(test, mock_log_find(dev, MOCK_MESSAGE, queue->id, expected[i]),
				mock_log_find(dev, MOCK_MESSAGE, queue->id, expected[i - 1]));
}

/* Before every job that is pushed later, by whatever way that would run. */
static void before_later_jobs(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 8);
	int i;

	for (i = 0; i < 20; i++) {
		struct mock_message *message = mock_message_create(test, queue, i);
		struct mock_job *job = mock_job_create(test, queue, 1);

		job->at_once = true;
		if (i % 2)
			KUNIT_EXPECT_TRUE(test, mock_message_send(message));
		else
			KUNIT_EXPECT_TRUE(test, mock_message_send_first(message));
		mock_job_submit(job);
		if (i % 5 == 0)
			KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
		mock_job_put(job);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 20);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->messages), 20);
	for (i = 0; i < 20; i++)
		KUNIT_EXPECT_LT(test, mock_log_find(dev, MOCK_MESSAGE, queue->id, i),
				mock_log_find(dev, MOCK_RUN, queue->id, i));
}

/* Whatever holds the jobs back. */

static void expect_processed(struct kunit *test, struct mock_queue *queue)
{
	int before = atomic_read(&queue->messages);

	KUNIT_EXPECT_TRUE(test, mock_message_send(mock_message_create(test, queue, 0)));
	MOCK_ASSERT_SOON(test, queue->dev, atomic_read(&queue->messages) == before + 1);
}

static void jobs_wait_for_credits(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);

	mock_job_submit_one(test, queue);
	mock_job_submit_one(test, queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	expect_processed(test, queue);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 1);
	mock_device_advance(dev, 1);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
}

static void jobs_wait_for_dependency(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);

	KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
	mock_job_submit(job);
	expect_processed(test, queue);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	mock_fence_signal(fence, 0);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

static void jobs_wait_for_prepare(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.prepare = true,
	});
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);

	KUNIT_ASSERT_EQ(test, mock_job_prepare_fence(job, fence), 0);
	mock_job_submit(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->prepared) == 1);
	expect_processed(test, queue);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->prepared), 1);
	mock_fence_signal(fence, 0);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

static void jobs_wait_for_earlier_ones(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_job *first = mock_job_create(test, queue, 1);

	mock_job_arm(first);
	mock_job_submit_one(test, queue);
	expect_processed(test, queue);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
	mock_job_push(first);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
}

static void kill_queue(struct mock_message *message)
{
	mock_queue_kill(message->queue);
}

/* A kill does not keep them from being processed, but a stop does, killed or not. */
static void after_kill(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_message *message = mock_message_create(test, queue, 1);
	struct mock_job *job;

	message->on_process = kill_queue;
	KUNIT_EXPECT_TRUE(test, mock_message_send(message));
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	expect_processed(test, queue);
	job = mock_job_submit_one(test, queue);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ECANCELED);

	mock_queue_stop(queue);
	message = mock_message_create(test, queue, 2);
	KUNIT_EXPECT_TRUE(test, mock_message_send(message));
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&message->processed), 0);
	mock_queue_start(queue);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&message->processed) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
}

static void wait_for_completion_of(struct mock_message *message)
{
	wait_for_completion(message->private);
}

/* A pending message keeps the queue, and is processed before fini. */
static void after_last_put(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_message *first = mock_message_create(test, queue, 0);
	struct completion go;
	int i;

	init_completion(&go);
	first->on_process = wait_for_completion_of;
	first->private = &go;
	KUNIT_EXPECT_TRUE(test, mock_message_send(first));
	for (i = 1; i < 5; i++)
		KUNIT_EXPECT_TRUE(test,
				  mock_message_send(mock_message_create(test, queue, i)));
	mock_queue_put(queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), 0);
	complete(&go);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->messages), 5);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_LT(test, mock_log_find(dev, MOCK_MESSAGE, 0, i),
				mock_log_find(dev, MOCK_QUEUE_FINI, 0, 0));
}

static void put_queue(struct mock_message *message)
{
	mock_queue_put(message->queue);
}

/* The last user goes in a message. */
static void last_put_in_message(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_message *message = mock_message_create(test, queue, 0);

	message->on_process = put_queue;
	KUNIT_EXPECT_TRUE(test, mock_message_send(message));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

static void free_message(struct mock_message *message)
{
	kfree(message);
}

/* Once it is processed it is not the queue's any more. */
static void freed_in_message(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	int i;

	for (i = 0; i < 20; i++) {
		struct mock_message *message = kzalloc(sizeof(*message), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, message);
		mock_message_init(message, queue, i);
		message->on_process = free_message;
		KUNIT_EXPECT_TRUE(test, mock_message_send(message));
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->messages) == 20);
}

static void send_again(struct mock_message *message)
{
	if (atomic_read(&message->processed) < 20 && !mock_message_send(message))
		mock_violation(message->queue->dev, "a message is pending while it is processed");
}

static void sent_again_in_message(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 2);
	struct mock_message *message = mock_message_create(test, queue, 0);
	struct mock_job *job = mock_job_create(test, queue, 1);

	message->on_process = send_again;
	KUNIT_EXPECT_TRUE(test, mock_message_send(message));
	/* A queue that gets ever more messages still gets to its jobs. */
	job->at_once = true;
	mock_job_submit(job);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->messages) == 20);
}

static void send_message(void *arg)
{
	mock_message_send(arg);
}

static void send_own_message(struct mock_job *job)
{
	mock_message_send(job->private);
}

/* Sent in interrupts, under a spinlock, in run_job, in fence callbacks, and in release. */
static void sent_from_anywhere(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_message *messages[5];
	struct mock_job *job;
	spinlock_t lock;
	int i;

	spin_lock_init(&lock);
	for (i = 0; i < ARRAY_SIZE(messages); i++)
		messages[i] = mock_message_create(test, queue, i);
	mock_irq_call(test, send_message, messages[0]);
	spin_lock(&lock);
	mock_message_send(messages[1]);
	spin_unlock(&lock);
	for (i = 2; i < ARRAY_SIZE(messages); i++) {
		job = mock_job_create(test, queue, 1);
		job->private = messages[i];
		job->duration_us = 50;
		if (i == 2)
			job->on_run = send_own_message;
		else if (i == 3)
			job->on_finished = send_own_message;
		else
			job->on_release = send_own_message;
		mock_job_submit(job);
		mock_job_put(job);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->messages) == ARRAY_SIZE(messages));
	for (i = 0; i < ARRAY_SIZE(messages); i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&messages[i]->processed), 1);
}

/* Threads that send what the others send too, and push jobs in between. */

#define N_SHARED 8
#define N_ROUNDS 30

struct senders {
	struct mock_queue *queue;
	struct mock_message *messages[N_SHARED];
	struct mutex arm_lock;
	atomic_t sent;
};

static void send_and_push(struct mock_thread *thread)
{
	struct senders *senders = thread->arg;
	struct rnd_state *random = &thread->random;
	int i;

	for (i = 0; i < N_ROUNDS; i++) {
		struct mock_message *message = senders->messages[mock_random(random, N_SHARED)];
		struct mock_job *job;

		if (mock_random(random, 2) ? mock_message_send(message) :
					     mock_message_send_first(message))
			atomic_inc(&senders->sent);
		udelay(mock_random(random, 10));
		if (mock_random(random, 2))
			continue;
		job = mock_job_new(senders->queue, 1);
		if (!job)
			return;
		job->at_once = mock_random(random, 2);
		job->duration_us = 20;
		mutex_lock(&senders->arm_lock);
		mock_job_arm(job);
		mock_job_push(job);
		mutex_unlock(&senders->arm_lock);
		mock_job_put(job);
	}
}

static void sent_from_threads(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_thread threads[4] = {};
	struct senders *senders = kunit_kzalloc(test, sizeof(*senders), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, senders);
	mutex_init(&senders->arm_lock);
	senders->queue = mock_queue_create(test, 4);
	for (i = 0; i < N_SHARED; i++)
		senders->messages[i] = mock_message_create(test, senders->queue, i);
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i].function = send_and_push;
		threads[i].arg = senders;
	}
	mock_threads_run(test, threads, ARRAY_SIZE(threads));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&senders->queue->messages) ==
				    atomic_read(&senders->sent));
	MOCK_EXPECT_SOON(test, dev, !atomic_read(&dev->jobs));
}

static struct kunit_case drm_dep_message_cases[] = {
	KUNIT_CASE_PARAM(processed_once, mock_flags_gen_params),
	KUNIT_CASE_PARAM(order, mock_flags_gen_params),
	KUNIT_CASE_PARAM(before_later_jobs, mock_mode_gen_params),
	KUNIT_CASE_PARAM(jobs_wait_for_credits, mock_mode_gen_params),
	KUNIT_CASE_PARAM(jobs_wait_for_dependency, mock_mode_gen_params),
	KUNIT_CASE_PARAM(jobs_wait_for_prepare, mock_mode_gen_params),
	KUNIT_CASE_PARAM(jobs_wait_for_earlier_ones, mock_mode_gen_params),
	KUNIT_CASE_PARAM(after_kill, mock_mode_gen_params),
	KUNIT_CASE_PARAM(after_last_put, mock_flags_gen_params),
	KUNIT_CASE_PARAM(last_put_in_message, mock_flags_gen_params),
	KUNIT_CASE_PARAM(freed_in_message, mock_flags_gen_params),
	KUNIT_CASE_PARAM(sent_again_in_message, mock_mode_gen_params),
	KUNIT_CASE_PARAM(sent_from_anywhere, mock_mode_gen_params),
	KUNIT_CASE_PARAM(sent_from_threads, mock_mode_gen_params),
	{}
};

static struct kunit_suite drm_dep_message_suite = {
	.name = "drm_dep_message",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_message_cases,
};

kunit_test_suite(drm_dep_message_suite);
