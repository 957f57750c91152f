/* SPDX-License-Identifier: MIT */
/*
 * Killed queues.
 */
#include "world.h"

#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Kill : public FlagWorld
{
public:
	Kill() : queue(make_queue("q", {.credits = 2})) {}

	void kill() { drm_dep_queue_kill(queue.get()); }

	QueueRef queue;
};

DEP_WITH_ALL_FLAGS(Kill);

TEST_P(Kill, WhatHasNotRunIsCancelledInOrder)
{
	JobRef a = make_job(queue, "a", hardware_fence, 2);
	JobRef b = make_job(queue, "b");
	JobRef c = make_job(queue, "c");

	submit(a);
	submit(b);
	submit(c);
	settle();
	EXPECT_FALSE(drm_dep_queue_is_killed(queue.get()));
	kill();
	EXPECT_TRUE(drm_dep_queue_is_killed(queue.get()));
	settle();
	EXPECT_TRUE(record.has("killed q"));
	EXPECT_THAT(signals(), IsEmpty()) << "a is the driver's to complete";
	complete(a, -EIO);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	EXPECT_THAT(signals(), ElementsAre("signal a -5", "signal b -125", "signal c -125"));
}

TEST_P(Kill, IsToldOnce)
{
	kill();
	kill();
	settle();
	kill();
	settle();
	EXPECT_THAT(record.all(), ElementsAre("killed q"));
}

TEST_P(Kill, OpIsOptional)
{
	JobRef a = make_job(queue, "a");

	queue->own_ops.killed = nullptr;
	kill();
	submit(a);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
}

TEST_P(Kill, NotBeforeTheDependencies)
{
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	depend(a, fence);
	submit(a);
	submit(b);
	settle();
	kill();
	settle();
	EXPECT_TRUE(record.has("killed q"));
	EXPECT_THAT(signals(), IsEmpty());
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	EXPECT_THAT(signals(), ElementsAre("signal a -125", "signal b -125"));
}

TEST_P(Kill, GapIsWaitedFor)
{
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	arm(a);
	arm(b);
	push(b);
	kill();
	settle();
	EXPECT_THAT(signals(), IsEmpty());
	push(a);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a -125", "signal b -125"));
}

TEST_P(Kill, JobsMayBeMadeAfterwards)
{
	kill();
	for (int i = 0; i < 5; i++) {
		JobRef job = make_job(queue, std::to_string(i));

		submit(job);
	}
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	EXPECT_EQ(signals().size(), 5u);
	EXPECT_EQ(drm_dep_queue_last_error(queue.get()), -ECANCELED);
}

TEST_P(Kill, InAnInterruptAndInACallback)
{
	struct Killer {
		os_fence_cb cb;
		drm_dep_queue *queue;
	};
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");
	Killer killer = {{}, queue.get()};

	arm(a);
	ASSERT_EQ(os_fence_add_callback(drm_dep_job_finished_fence(a.get()), &killer.cb,
					[](os_fence *, os_fence_cb *cb) {
						drm_dep_queue_kill(
							reinterpret_cast<Killer *>(cb)->queue);
					}),
		  0);
	push(a);
	settle();
	{
		host::Interrupt interrupt;

		complete(a);
	}
	submit(b);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b -125"));
}

TEST_P(Kill, InRunJob)
{
	JobRef a = make_job(queue, "a", [&](Job &job) {
		kill();
		return hardware_fence(job);
	});
	JobRef b = make_job(queue, "b");

	submit(a);
	submit(b);
	settle();
	EXPECT_TRUE(record.has("killed q"));
	EXPECT_GT(record.place("killed q"), record.place("run a"));
	complete(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b -125"));
}

TEST_P(Kill, OpComesAfterTheOneInProgress)
{
	Event entered;
	Event go_on;
	JobRef a = make_job(queue, "a", [&](Job &job) {
		entered.set();
		EXPECT_TRUE(go_on.wait());
		return done_at_once(job);
	});
	std::jthread submitter = submit_elsewhere(a);

	ASSERT_TRUE(entered.wait());
	kill();
	EXPECT_FALSE(record.wait_for("killed q", grace));
	go_on.set();
	EXPECT_TRUE(record.wait_for("killed q"));
}

TEST_P(Kill, OpMaySleepAndComplete)
{
	JobRef a = make_job(queue, "a", driver_completes);

	queue->on_killed = [&] {
		os_might_sleep();
		EXPECT_TRUE(done(a, -ECANCELED));
	};
	submit(a);
	settle();
	kill();
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
}

/* Cancelling is killing, then putting. */
TEST_P(Kill, IsOwedAtTheEnd)
{
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a");

	depend(a, fence);
	submit(a);
	kill();
	queue.put();
	a.put();
	settle();
	EXPECT_TRUE(record.has("killed q"));
	EXPECT_FALSE(record.has("fini q"));
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(record.all(),
		    ElementsAre("killed q", "signal a -125", "release a", "fini q", "release q"));
}

TEST_P(Kill, AndPutAtOnce)
{
	for (int i = 0; i < 50; i++) {
		QueueRef own = make_queue("own");

		drm_dep_queue_kill(own.get());
		own.put();
	}
	settle();
	EXPECT_EQ(record.starting_with("killed own").size(), 50u);
	EXPECT_EQ(record.starting_with("release own").size(), 50u);
}

TEST_P(Kill, ByAJobOfAQueueWithoutUsers)
{
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a");
	drm_dep_queue *memory = queue.get();

	depend(a, fence);
	submit(a);
	queue.put();
	drm_dep_queue_kill(memory);
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	EXPECT_TRUE(record.has("killed q"));
	a.put();
	settle();
	EXPECT_TRUE(record.has("release q"));
}

TEST_P(Kill, AgainstPushes)
{
	for (int round = 0; round < 50; round++) {
		QueueRef own = make_queue("own");
		std::vector<JobRef> jobs;

		for (int i = 0; i < 10; i++) {
			jobs.push_back(make_job(own, std::to_string(round * 10 + i), done_at_once));
			arm(jobs.back());
		}
		{
			std::jthread killer([&] { drm_dep_queue_kill(own.get()); });

			for (JobRef &job : jobs)
				push(job);
		}
		settle();
		EXPECT_EQ(record.starting_with("killed own").size(),
			  static_cast<std::size_t>(round + 1));
		EXPECT_EQ(signals().size(), static_cast<std::size_t>(10 * (round + 1)));
	}
}

} // namespace
