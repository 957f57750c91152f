/* SPDX-License-Identifier: MIT */
/*
 * Broken rules of the interface: said once, and survived where that is possible.
 */
#include "world.h"

using namespace test;
using testing::ElementsAre;

namespace
{

class Misuse : public World
{
};

TEST_F(Misuse, DependencyOfAnArmedJob)
{
	host::ExpectBroken broken("a dependency is added to a job that is armed");
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", done_at_once);

	arm(job);
	EXPECT_EQ(drm_dep_job_add_dependency(job.get(), host::foreign_fence()), -EINVAL);
	EXPECT_TRUE(broken.said());
	push(job);
}

TEST_F(Misuse, ArmTwice)
{
	host::ExpectBroken broken("a job is armed twice");
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", done_at_once);
	JobRef b = make_job(queue, "b", done_at_once);

	arm(a);
	drm_dep_job_arm(a.get());
	EXPECT_TRUE(broken.said());
	submit(b);
	push(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
}

TEST_F(Misuse, PushUnarmed)
{
	host::ExpectBroken broken("a job is pushed that is not armed, or twice");
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", done_at_once);

	push(job);
	EXPECT_TRUE(broken.said());
	submit(job);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

TEST_F(Misuse, PushTwice)
{
	host::ExpectBroken broken("a job is pushed that is not armed, or twice");
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef job = make_job(queue, "a", done_at_once);

	depend(job, fence);
	submit(job);
	push(job);
	EXPECT_TRUE(broken.said());
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

TEST_F(Misuse, JobIsPutTooOftenWhileItsQueueHasIt)
{
	host::ExpectBroken broken(
		"a job is put more often than it was got, while its queue has it");
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef job = make_job(queue, "a", done_at_once);
	drm_dep_job *memory = job.get();

	depend(job, fence);
	submit(job);
	settle();
	job.put();
	drm_dep_job_put(memory);
	EXPECT_TRUE(broken.said());
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
	EXPECT_TRUE(record.has("release a"));
}

TEST_F(Misuse, QueueIsPutTooOften)
{
	host::ExpectBroken broken("a queue is put more often than it was got");
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", done_at_once);
	Queue *memory = queue.get();

	queue.put();
	drm_dep_queue_put(memory); /* the job keeps the memory */
	EXPECT_TRUE(broken.said());
	job.put();
	settle();
	EXPECT_TRUE(record.has("release q"));
}

TEST_F(Misuse, IterateOverAQueueThatRuns)
{
	host::ExpectBroken broken("the jobs of a queue are iterated over that is not stopped");
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	drm_dep_job_iter iter;

	submit(job);
	settle();
	drm_dep_job_iter_begin(&iter, queue.get());
	EXPECT_EQ(drm_dep_job_iter_next(&iter), nullptr);
	drm_dep_job_iter_end(&iter);
	EXPECT_TRUE(broken.said());
	EXPECT_EQ(drm_dep_queue_resubmit(queue.get()), 0u);
	complete(job);
	job.put();
	settle();
	EXPECT_TRUE(record.has("release a"));
}

TEST_F(Misuse, ResubmitWithoutAnIterator)
{
	host::ExpectBroken broken(
		"a job is resubmitted without an iterator over its stopped queue");
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");

	submit(job);
	settle();
	EXPECT_FALSE(drm_dep_job_resubmit(job.get()));
	EXPECT_TRUE(broken.said());
	EXPECT_THAT(runs(), ElementsAre("run a"));
	complete(job);
}

TEST_F(Misuse, StopInRunJob)
{
	host::ExpectBroken broken("a queue is stopped from an op of its run side");
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", [&](Job &job) {
		drm_dep_queue_stop(queue.get());
		return done_at_once(job);
	});
	JobRef b = make_job(queue, "b", done_at_once);

	submit(a);
	submit(b);
	settle();
	EXPECT_TRUE(broken.said());
	EXPECT_FALSE(drm_dep_queue_is_stopped(queue.get()));
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
}

/* That of another queue may deadlock, which a lock checker tells. */
TEST_F(Misuse, StopOfAnotherQueueInRunJob)
{
	EXPECT_DEATH(
		{
			QueueRef queue = make_queue("q");
			QueueRef other = make_queue("other");
			JobRef a = make_job(queue, "a", [&](Job &job) {
				drm_dep_queue_stop(other.get());
				return done_at_once(job);
			});

			submit(a);
			settle();
		},
		"waits until nobody is inside");
}

TEST_F(Misuse, StartOfAQueueThatRuns)
{
	host::ExpectBroken broken("a queue is started that is not stopped");
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", done_at_once);

	drm_dep_queue_start(queue.get());
	EXPECT_TRUE(broken.said());
	submit(job);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	drm_dep_queue_stop(queue.get());
	EXPECT_TRUE(drm_dep_queue_is_stopped(queue.get()));
	drm_dep_queue_start(queue.get());
}

TEST_F(Misuse, WaitIdleInOpsOfTheQueue)
{
	host::ExpectBroken broken("an op waits until its own queue is idle");
	QueueRef queue = make_queue("q");
	Message message("m", [&](Message &) {
		EXPECT_EQ(drm_dep_queue_wait_idle(queue.get(), 0), -EDEADLK);
	});
	JobRef job = make_job(queue, "a", [&](Job &self) {
		EXPECT_EQ(drm_dep_queue_wait_idle(queue.get(), 0), -EDEADLK);
		return driver_completes(self);
	});

	queue->on_timeout = [&](Job &self) {
		EXPECT_EQ(drm_dep_queue_wait_idle(queue.get(), 0), -EDEADLK);
		EXPECT_TRUE(drm_dep_job_done(&self, self.number, -EIO));
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	send(queue, message);
	submit(job);
	settle();
	drm_dep_queue_trigger_timeout(queue.get());
	settle();
	EXPECT_TRUE(broken.said());
	EXPECT_THAT(signals(), ElementsAre("signal a -5"));
}

TEST_F(Misuse, QuiesceInAnOp)
{
	host::ExpectBroken broken("a device is quiesced from an op of one of its queues");
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", [&](Job &self) {
		drm_dep_quiesce(device);
		return done_at_once(self);
	});

	submit(job);
	settle();
	EXPECT_TRUE(broken.said());
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
}

/* Where release is called nobody processes it any more. */
TEST_F(Misuse, MessageToAQueueThatIsReleased)
{
	host::ExpectBroken broken("a message is sent to a queue of which nothing is left");
	QueueRef queue = make_queue("q");
	Message message("m");
	bool sent = true;

	queue->on_release = [&message, &sent, raw = queue.get()] {
		sent = drm_dep_queue_send_message(raw, &message);
	};
	queue.put();
	settle();
	EXPECT_TRUE(broken.said());
	EXPECT_FALSE(sent);
	EXPECT_TRUE(record.has("release q"));
}

TEST_F(Misuse, MessageToAQueueThatKnowsNone)
{
	host::ExpectBroken broken("a message is sent to a queue that has no process_message");
	QueueRef queue = make_queue("q");
	Message message("m");

	queue->own_ops.process_message = nullptr;
	EXPECT_FALSE(send(queue, message));
	EXPECT_TRUE(broken.said());
}

TEST_F(Misuse, TimeoutOfAQueueThatHandlesNone)
{
	QueueRef queue = make_queue("q");

	queue->own_ops.timedout_job = nullptr;
	{
		host::ExpectBroken broken("a timeout is set for a queue that has no timedout_job");

		drm_dep_queue_set_timeout(queue.get(), 1);
		EXPECT_TRUE(broken.said());
	}
	{
		host::ExpectBroken broken(
			"a timeout is triggered of a queue that has no timedout_job");

		drm_dep_queue_trigger_timeout(queue.get());
		EXPECT_TRUE(broken.said());
	}
}

TEST_F(Misuse, NoCredits)
{
	host::ExpectBroken broken("the credit limit of a queue is set to 0");
	QueueRef queue = make_queue("q", {.credits = 1});
	JobRef job = make_job(queue, "a", done_at_once);

	drm_dep_queue_set_credit_limit(queue.get(), 0);
	EXPECT_TRUE(broken.said());
	submit(job);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

TEST_F(Misuse, FinishedFenceBeforeArm)
{
	host::ExpectBroken broken("the finished fence of a job is used before the job is armed");
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", done_at_once);

	(void)drm_dep_job_finished_fence(job.get());
	EXPECT_TRUE(broken.said());
}

TEST_F(Misuse, QueueArguments)
{
	const drm_dep_queue_ops ops = {
		.owner = nullptr,
		.prepare_job = nullptr,
		.run_job = [](drm_dep_job *) -> os_fence * { return nullptr; },
		.timedout_job = [](drm_dep_job *) { return DRM_DEP_TIMEOUT_HANDLED; },
		.process_message = nullptr,
		.killed = nullptr,
		.set_deadline = nullptr,
		.fini = nullptr,
		.release = [](drm_dep_queue *) {},
	};
	const drm_dep_queue_init_args good = {
		.ops = &ops,
		.drm = device,
		.driver_name = "driver",
		.name = "queue",
		.workqueue = nullptr,
		.timeout_workqueue = nullptr,
		.credit_limit = 1,
		.timeout_ms = 1000,
		.nest_level = 0,
		.flags = 0,
	};
	drm_dep_queue_ops incomplete;
	drm_dep_queue_init_args args;
	drm_dep_queue queue;

	const auto refused = [&] {
		bool einval = drm_dep_queue_init(&queue, &args) == -EINVAL;

		args = good;
		return einval;
	};

	args = good;
	args.ops = nullptr;
	EXPECT_TRUE(refused());
	args.drm = nullptr;
	EXPECT_TRUE(refused());
	args.driver_name = nullptr;
	EXPECT_TRUE(refused());
	args.name = nullptr;
	EXPECT_TRUE(refused());
	args.credit_limit = 0;
	EXPECT_TRUE(refused());
	args.flags = 1u << 5;
	EXPECT_TRUE(refused());
	args.nest_level = DRM_DEP_MAX_NEST_LEVEL + 1;
	EXPECT_TRUE(refused());
	incomplete = ops;
	incomplete.run_job = nullptr;
	args.ops = &incomplete;
	EXPECT_TRUE(refused());
	incomplete = ops;
	incomplete.timedout_job = nullptr;
	args.ops = &incomplete;
	EXPECT_TRUE(refused());
	incomplete = ops;
	incomplete.release = nullptr;
	args.ops = &incomplete;
	EXPECT_TRUE(refused());

	/* And nothing but these was the reason. */
	EXPECT_EQ(drm_dep_queue_init(&queue, &args), 0);
	drm_dep_queue_put(&queue);
	settle();
}

TEST_F(Misuse, JobArguments)
{
	const drm_dep_job_ops ops = {.release = [](drm_dep_job *) {}};
	const drm_dep_job_ops incomplete = {.release = nullptr};
	QueueRef queue = make_queue("q", {.credits = 2});
	drm_dep_job job;
	drm_dep_job_init_args args = {.queue = nullptr, .ops = &ops, .credits = 1, .client_id = 0};

	EXPECT_EQ(drm_dep_job_init(&job, &args), -EINVAL);
	args = {.queue = queue.get(), .ops = nullptr, .credits = 1, .client_id = 0};
	EXPECT_EQ(drm_dep_job_init(&job, &args), -EINVAL);
	args.ops = &incomplete;
	EXPECT_EQ(drm_dep_job_init(&job, &args), -EINVAL);
	args = {.queue = queue.get(), .ops = &ops, .credits = 0, .client_id = 0};
	EXPECT_EQ(drm_dep_job_init(&job, &args), -EINVAL);
	args.credits = 3;
	EXPECT_EQ(drm_dep_job_init(&job, &args), -EINVAL);
	args.credits = 2;
	EXPECT_EQ(drm_dep_job_init(&job, &args), 0);
	drm_dep_job_put(&job);
	settle();
}

} // namespace
