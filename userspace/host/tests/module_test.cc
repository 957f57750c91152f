/* SPDX-License-Identifier: MIT */
/*
 * What a queue holds of its device and its driver's module, and drm_dep_flush().
 */
#include "world.h"

#include <thread>

using namespace test;
using testing::ElementsAre;

namespace
{

class Module : public FlagWorld
{
};

DEP_WITH_ALL_FLAGS(Module);

TEST_P(Module, DeviceIsHeldUntilTheQueueIsReleased)
{
	QueueRef queue = make_queue("q");
	long refs_in_release = 0;

	EXPECT_EQ(host::device_refs(device), 2);
	queue->on_release = [&] { refs_in_release = host::device_refs(device); };
	queue.put();
	settle();
	EXPECT_EQ(refs_in_release, 2);
	EXPECT_EQ(host::device_refs(device), 1);
}

/* Or a driver could not be unloaded that has queues of its own. */
TEST_P(Module, IsNotHeldWhileTheQueueHasUsers)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");

	submit(job);
	settle();
	EXPECT_EQ(host::module_refs(module), 0);
	complete(job);
}

TEST_P(Module, IsHeldFromTheLastUserToTheEnd)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	long refs_in_release = 0;

	queue->on_release = [&] { refs_in_release = host::module_refs(module); };
	submit(job);
	settle();
	queue.put();
	EXPECT_EQ(host::module_refs(module), 1);
	EXPECT_FALSE(host::begin_unload(module));
	complete(job);
	job.put();
	settle();
	EXPECT_EQ(refs_in_release, 1);
	EXPECT_EQ(host::module_refs(module), 0);
}

/* The device's last reference may be the queue's; its release is code of the driver. */
TEST_P(Module, IsHeldUntilTheDeviceIsPut)
{
	long refs_in_release = 0;
	os_device *own = host::make_device([&] { refs_in_release = host::module_refs(module); });
	QueueRef queue = make_queue("q", {.device = own});

	os_device_put(own);
	queue.put();
	settle();
	EXPECT_EQ(refs_in_release, 1);
}

TEST_P(Module, ThatIsGoingFlushes)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	os_fence *hw = host::get(job->hw);

	submit(job);
	job.put();
	ASSERT_TRUE(host::begin_unload(module)) << "a live queue does not hold the module";
	queue.put();
	settle();

	std::jthread hardware([&] { host::signal(hw); });

	drm_dep_flush(device);
	EXPECT_TRUE(record.has("release q"));
	EXPECT_EQ(host::device_refs(device), 1);
	hardware.join();
	os_fence_put(hw);
}

TEST_P(Module, FlushWaitsForDyingQueues)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	Event flushed;

	submit(job);
	settle();
	queue.put();

	std::jthread flusher([&] {
		drm_dep_flush(device);
		EXPECT_TRUE(record.has("release q"));
		EXPECT_EQ(host::device_refs(device), 1);
		EXPECT_EQ(host::module_refs(module), 0);
		flushed.set();
	});

	EXPECT_FALSE(flushed.wait(grace));
	complete(job);
	EXPECT_FALSE(flushed.wait(grace)) << "the job has still a reference";
	job.put();
	EXPECT_TRUE(flushed.wait());
}

/* Code of the driver that is called for the queue, to the last. */
TEST_P(Module, FlushWaitsForReleaseFunctions)
{
	Event in_release_of_the_device;
	Event go_on;
	Event flushed;
	os_device *own = host::make_device([&] {
		in_release_of_the_device.set();
		EXPECT_TRUE(go_on.wait());
	});
	QueueRef queue = make_queue("q", {.device = own});

	queue->on_release = [&] { EXPECT_FALSE(flushed.wait(grace)); };
	queue.put();
	os_device_put(own);

	std::jthread flusher([&] {
		drm_dep_flush(own);
		flushed.set();
	});

	EXPECT_TRUE(in_release_of_the_device.wait());
	EXPECT_FALSE(flushed.wait(grace));
	go_on.set();
	EXPECT_TRUE(flushed.wait());
}

TEST_P(Module, FlushDoesNotWaitForQueuesWithUsers)
{
	QueueRef queue = make_queue("q");
	QueueRef other = make_queue("other");
	JobRef job = make_job(queue, "a");

	submit(job);
	settle();
	drm_dep_flush(device);
	other.put();
	drm_dep_flush(device);
	EXPECT_TRUE(record.has("release other"));
	complete(job);
}

TEST_P(Module, FlushDoesNotWaitForAnotherDevice)
{
	os_device *own = host::make_device();
	QueueRef queue = make_queue("q", {.device = own});
	JobRef job = make_job(queue, "a");

	submit(job);
	settle();
	queue.put();
	drm_dep_flush(device);
	EXPECT_FALSE(record.has("release q"));
	complete(job);
	job.put();
	drm_dep_flush(own);
	EXPECT_TRUE(record.has("release q"));
	os_device_put(own);
}

} // namespace
