/* SPDX-License-Identifier: MIT */
/*
 * What a driver calls when its hardware, or the driver itself, goes.
 */
#include "world.h"

#include <algorithm>
#include <atomic>
#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Quiesce : public FlagWorld
{
};

DEP_WITH_ALL_FLAGS(Quiesce);

TEST_P(Quiesce, KillsAllQueuesOfTheDevice)
{
	os_device *own = host::make_device();
	QueueRef first = make_queue("first");
	QueueRef second = make_queue("second");
	QueueRef other = make_queue("other", {.device = own});
	JobRef a = make_job(first, "a");
	JobRef b = make_job(second, "b");
	JobRef c = make_job(other, "c", done_at_once);

	submit(a);
	settle();
	drm_dep_quiesce(device);
	EXPECT_TRUE(drm_dep_queue_is_killed(first.get()));
	EXPECT_TRUE(drm_dep_queue_is_killed(second.get()));
	EXPECT_FALSE(drm_dep_queue_is_killed(other.get()));
	submit(b);
	submit(c);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run c"));
	EXPECT_TRUE(record.has("killed first"));
	EXPECT_TRUE(record.has("signal b -125"));
	complete(a, -ENODEV);
	EXPECT_TRUE(record.has("signal a -19"));
	os_device_put(own);
}

TEST_P(Quiesce, WaitsForOps)
{
	QueueRef queue = make_queue("q");
	Event entered;
	Event go_on;
	std::atomic<bool> left{false};
	JobRef a = make_job(queue, "a", [&](Job &job) {
		entered.set();
		EXPECT_TRUE(go_on.wait());
		left = true;
		return done_at_once(job);
	});
	std::jthread submitter = submit_elsewhere(a);

	ASSERT_TRUE(entered.wait());

	std::jthread unbind([&] {
		drm_dep_quiesce(device);
		EXPECT_TRUE(left);
	});

	std::this_thread::sleep_for(grace);
	go_on.set();
}

TEST_P(Quiesce, WaitsForTheTimeoutHandlerAndThenThereIsNone)
{
	QueueRef queue = make_queue("q");
	Event entered;
	Event go_on;
	std::atomic<bool> left{false};
	JobRef a = make_job(queue, "a");

	queue->on_timeout = [&](Job &) {
		entered.set();
		EXPECT_TRUE(go_on.wait());
		left = true;
		return DRM_DEP_TIMEOUT_NOT_HUNG;
	};
	submit(a);
	settle();
	drm_dep_queue_trigger_timeout(queue.get());
	ASSERT_TRUE(entered.wait());
	{
		std::jthread unbind([&] {
			drm_dep_quiesce(device);
			EXPECT_TRUE(left);
		});

		std::this_thread::sleep_for(grace);
		go_on.set();
	}
	drm_dep_queue_trigger_timeout(queue.get());
	settle();
	EXPECT_EQ(record.starting_with("timedout ").size(), 1u);
	complete(a);
}

/* A fence of another driver may never come. */
TEST_P(Quiesce, DoesNotWaitForDependencies)
{
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a");

	depend(a, fence);
	submit(a);
	drm_dep_quiesce(device);
	settle();
	EXPECT_THAT(signals(), IsEmpty());
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
}

TEST_P(Quiesce, MessagesAreStillDelivered)
{
	QueueRef queue = make_queue("q");
	Message message("m");

	drm_dep_quiesce(device);
	EXPECT_TRUE(send(queue, message));
	settle();
	EXPECT_TRUE(record.has("message m"));
}

TEST_P(Quiesce, StoppedQueueStaysStopped)
{
	QueueRef queue = make_queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});
	JobRef a = make_job(queue, "a");

	submit(a);
	drm_dep_quiesce(device);
	settle();
	EXPECT_TRUE(drm_dep_queue_is_stopped(queue.get()));
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
	EXPECT_FALSE(record.has("killed q"));
	drm_dep_queue_start(queue.get());
	settle();
	EXPECT_TRUE(record.has("killed q"));
}

TEST_P(Quiesce, QueuesThatGoMeanwhile)
{
	for (int round = 0; round < 50; round++) {
		std::vector<QueueRef> queues;

		for (int i = 0; i < 4; i++)
			queues.push_back(make_queue("q"));
		{
			std::jthread putter([&] { queues.clear(); });

			drm_dep_quiesce(device);
		}
	}
}

TEST_P(Quiesce, TwiceAndWithoutQueues)
{
	drm_dep_quiesce(device);

	QueueRef queue = make_queue("q");

	drm_dep_quiesce(device);
	drm_dep_quiesce(device);
	settle();
	EXPECT_THAT(record.all(), ElementsAre("killed q"));
}

/* The order in which a driver does it. */
TEST_P(Quiesce, ThenFlush)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", driver_completes);

	submit(a);
	settle();
	drm_dep_quiesce(device);
	EXPECT_TRUE(done(a, -ENODEV));
	a.put();
	queue.put();
	drm_dep_flush(device);
	EXPECT_TRUE(record.has("killed q"));
	EXPECT_TRUE(record.has("release q"));
	EXPECT_EQ(host::device_refs(device), 1);
	EXPECT_EQ(host::module_refs(module), 0);
}

class Flush : public World
{
};

TEST_F(Flush, FromAnOpIsAMistake)
{
	EXPECT_DEATH(
		{
			QueueRef queue = make_queue("q");

			queue->on_fini = [&] { drm_dep_flush(device); };
			queue.put();
			settle();
		},
		"waits until nobody is inside");
}

} // namespace
