/* SPDX-License-Identifier: MIT */
#include <algorithm>
#include <vector>

#include "context.h"

namespace
{

class ExecTest : public DeviceTest
{
protected:
	Call place_link(std::uint64_t number)
	{
		return gpu.place(link(gpu.data_address(0), number));
	}

	const vgpu::Syncobj done{gpu.device};
	vgpu::Exec exec;
};

TEST_F(ExecTest, CallsOfAJobRunInTheirOrder)
{
	const std::uint32_t max = gpu.device.info().max_calls;
	std::vector<std::uint64_t> numbers;
	vgpu::Job &job = exec.job(gpu.queue);

	for (std::uint32_t i = 0; i < max; i++) {
		const Call call = place_link(i);

		job.call(call.va, call.words);
		numbers.push_back(i);
	}
	job.signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_F(ExecTest, ACallMayBeUsedSeveralTimes)
{
	const Call call = place_link(7);

	exec.job(gpu.queue).call(call.va, call.words).call(call.va, call.words);
	exec.job(gpu.queue).call(call.va, call.words).signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {7, 7, 7}));
}

TEST_F(ExecTest, JobsOfOneQueueRunInTheirOrder)
{
	const std::uint32_t count = std::min<std::uint32_t>(gpu.device.info().max_jobs, 256);
	std::vector<std::uint64_t> numbers;

	for (std::uint32_t i = 0; i < count; i++) {
		const Call call = place_link(i);

		exec.job(gpu.queue, i).call(call.va, call.words).signal(done);
		numbers.push_back(i);
	}
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_F(ExecTest, JobsOfSeveralQueuesInOneCall)
{
	std::vector<vgpu::Queue> queues;
	std::vector<vgpu::Syncobj> all_done;

	for (std::uint32_t i = 0; i < 8; i++) {
		queues.emplace_back(
			gpu.device, gpu.vm,
			vgpu::QueueOptions{i % 2 ? DRM_VGPU_ENGINE_COPY : DRM_VGPU_ENGINE_COMPUTE,
					   i % 4 < 2 ? 0 : DRM_VGPU_QUEUE_DIRECT_COMPLETION});
		all_done.emplace_back(gpu.device);
	}
	for (std::uint32_t round = 0; round < 4; round++)
		for (std::uint32_t i = 0; i < 8; i++) {
			const Call call = gpu.place(link(gpu.data_address(i), round));

			exec.job(queues[i]).call(call.va, call.words).signal(all_done[i]);
		}
	exec.submit(gpu.device);
	for (std::uint32_t i = 0; i < 8; i++) {
		EXPECT_EQ(status_of(all_done[i]), 1);
		EXPECT_EQ(gpu.data(i), chain(0, {0, 1, 2, 3})) << "queue " << i;
	}
}

TEST_F(ExecTest, AChainAcrossQueuesWithinOneCall)
{
	const vgpu::Queue other(gpu.device, gpu.vm, {DRM_VGPU_ENGINE_COPY});
	const vgpu::Syncobj timeline(gpu.device);
	std::vector<std::uint64_t> numbers;

	/* Each job waits for the one before, on the other queue. */
	for (std::uint64_t i = 0; i < 32; i++) {
		const Call call = place_link(i);
		vgpu::Job &job = exec.job(i % 2 ? other : gpu.queue).call(call.va, call.words);

		if (i > 0)
			job.wait(timeline, i);
		job.signal(timeline, i + 1);
		numbers.push_back(i);
	}
	exec.submit(gpu.device);
	EXPECT_TRUE(timeline.wait(32, vgpu::Deadline::in(long_enough)));
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_F(ExecTest, AJobMayHaveManySyncObjects)
{
	const std::uint32_t count = std::min<std::uint32_t>(gpu.device.info().max_syncs, 64);
	std::vector<vgpu::Syncobj> objects;
	vgpu::CommandWriter slow;

	for (std::uint32_t i = 0; i < count; i++)
		objects.emplace_back(gpu.device);
	slow.delay(5'000'000);
	const Call delay = gpu.place(slow);
	vgpu::Job &producer = exec.job(gpu.queue).call(delay.va, delay.words);
	for (const vgpu::Syncobj &object : objects)
		producer.signal(object);

	const vgpu::Queue other(gpu.device, gpu.vm);
	const Call call = place_link(1);
	vgpu::Job &consumer = exec.job(other).call(call.va, call.words);
	for (std::uint32_t i = 0; i + 1 < count; i++)
		consumer.wait(objects[i]);
	consumer.signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	for (const vgpu::Syncobj &object : objects)
		EXPECT_EQ(status_of(object), 1);
}

TEST_F(ExecTest, AJobWithoutSyncObjectsRuns)
{
	const Call call = place_link(3);

	exec.job(gpu.queue).call(call.va, call.words);
	exec.submit(gpu.device);
	/* The queue keeps its order, so a second job tells when the first has run. */
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {3}));
}

TEST_F(ExecTest, AnythingMayBeACookie)
{
	const Call call = place_link(1);

	for (const std::uint64_t cookie : {0ULL, 1ULL, ~0ULL})
		exec.job(gpu.queue, cookie).call(call.va, call.words).signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
}

TEST_F(ExecTest, ElementsMayBeLongerIfTheRestIsZero)
{
	struct LongCall {
		drm_vgpu_call call;
		std::uint64_t later;
	} call = {};
	struct LongSync {
		drm_vgpu_sync sync;
		std::uint64_t later;
	} sync = {};
	struct LongJob {
		drm_vgpu_job job;
		std::uint64_t later;
	} job = {};
	const Call place = place_link(9);
	drm_vgpu_exec args = {};

	call.call = {place.va, place.words, 0};
	sync.sync = {done.handle(), DRM_VGPU_SYNC_SIGNAL, 0};
	job.job.queue = gpu.queue.id();
	job.job.calls = {sizeof(call), 1, reinterpret_cast<__u64>(&call)};
	job.job.syncs = {sizeof(sync), 1, reinterpret_cast<__u64>(&sync)};
	args.jobs = {sizeof(job), 1, reinterpret_cast<__u64>(&job)};
	for (std::uint64_t *later : {&call.later, &sync.later, &job.later}) {
		*later = 1;
		EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_EXEC, &args), -E2BIG);
		*later = 0;
	}
	EXPECT_TRUE(has_no_fence(done));
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_EXEC, &args), 0);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {9}));
}

} // namespace
