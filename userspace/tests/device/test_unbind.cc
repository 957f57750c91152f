/* SPDX-License-Identifier: MIT */

/* The device goes away under its clients, or can't be brought back to life, and comes again. */

#include <cerrno>
#include <csignal>
#include <deque>
#include <memory>
#include <vector>

#include "context.h"
#include "gate.h"
#include "knobs.h"
#include "process.h"
#include "style.h"

namespace
{

class Gone : public ::testing::Test
{
protected:
	void SetUp() override
	{
		if (!knobs::problem().empty())
			GTEST_SKIP() << knobs::problem();
		gpu = std::make_unique<Context>();
	}

	/* Whatever came of the test, the next one finds a device that works. */
	void TearDown() override
	{
		gpu.reset();
		if (!knobs::is_bound()) {
			EXPECT_TRUE(knobs::bind()) << "the device doesn't come back";
		}
		expect_a_new_client_works();
	}

	static void expect_a_new_client_works()
	{
		Context fresh;

		for (const std::uint64_t word : fresh.data_buffer.words())
			ASSERT_EQ(word, 0u) << "a new buffer is not zero";
		EXPECT_EQ(fresh.run(vgpu::CommandWriter().store(fresh.data_address(0), 3)), 1);
		EXPECT_EQ(fresh.data(0), 3u);
	}

	/* Every kind of job: runs, waits behind it, waits for another queue. */
	void start()
	{
		for (const Style &style : all_styles()) {
			queues.emplace_back(gpu->device, gpu->vm,
					    patient(gpu->device, style.options()));
			const std::size_t word = queues.size() - 1;
			vgpu::Syncobj first(gpu->device), second(gpu->device), third(gpu->device);

			gpu->submit(queues.back(),
				    counting(gpu->data_address(word), 400, 10'000'000), first);
			gpu->submit(queues.back(), vgpu::CommandWriter().nop(), second);
			const Call call = gpu->place(vgpu::CommandWriter().nop());
			vgpu::Exec exec;
			exec.job(gpu->queue).call(call.va, call.words).wait(first).signal(third);
			exec.submit(gpu->device);
			for (const vgpu::Syncobj *done : {&first, &second, &third})
				fences.push_back(done->export_sync_file());
		}
		gpu->wait_for_change(0, 0);
	}

	/* Its queue is killed, and so it is cancelled, if it doesn't hear of the device first. */
	static bool is_end(int status, int error)
	{
		return status == error || status == 1 || status == -ECANCELED;
	}

	void expect_all_end_with(int error)
	{
		for (const vgpu::UniqueFd &fence : fences) {
			const int status = status_of(fence);

			EXPECT_TRUE(is_end(status, error)) << status;
		}
		EXPECT_NE(status_of(fences.front()), 1) << "it can't have come to its end";
	}

	void expect_calls_fail_with(int error)
	{
		drm_vgpu_bo_create buffer = {};
		drm_vgpu_vm_create vm = {};
		drm_vgpu_queue_create queue = {};
		const Call call = {Context::code_va, 1};
		vgpu::Exec exec;

		exec.job(gpu->queue).call(call.va, call.words);
		EXPECT_EQ(exec.try_submit(*gpu->io), error);
		buffer.size = 4096;
		queue.vm = gpu->vm.id();
		EXPECT_EQ(gpu->ioctl(DRM_IOCTL_VGPU_BO_CREATE, &buffer), error);
		EXPECT_EQ(gpu->ioctl(DRM_IOCTL_VGPU_VM_CREATE, &vm), error);
		EXPECT_EQ(gpu->ioctl(DRM_IOCTL_VGPU_QUEUE_CREATE, &queue), error);
		const drm_vgpu_bind_op op =
			vgpu::map_op(gpu->data_buffer, Context::hole_va, 0, 4096);
		EXPECT_EQ(gpu->vm.try_bind({&op, 1}), error);
	}

	std::unique_ptr<Context> gpu;
	std::deque<vgpu::Queue> queues;
	std::vector<vgpu::UniqueFd> fences;
};

TEST_F(Gone, UnbindWithJobsInFlight)
{
	start();
	const std::uint64_t before = gpu->peek(0);
	ASSERT_TRUE(knobs::unbind());
	expect_all_end_with(-ENODEV);
	/* What was written stays readable, and nobody writes any more. */
	const std::uint64_t after = gpu->peek(0);
	EXPECT_GE(after, before);
	EXPECT_LT(after, 400u);
	expect_calls_fail_with(-ENODEV);
	ASSERT_TRUE(knobs::bind());
	expect_a_new_client_works();
	EXPECT_EQ(gpu->peek(0), after);
	expect_calls_fail_with(-ENODEV);
}

TEST_F(Gone, UnbindAgainAndAgain)
{
	for (int i = 0; i < 5; i++) {
		start();
		ASSERT_TRUE(knobs::unbind());
		expect_all_end_with(-ENODEV);
		if (i % 2) {
			queues.clear();
			gpu.reset();
		}
		ASSERT_TRUE(knobs::bind());
		queues.clear();
		fences.clear();
		gpu = std::make_unique<Context>();
	}
}

TEST_F(Gone, UnbindWithAJobThatWaitsForAForeignFence)
{
	queues.emplace_back(gpu->device, gpu->vm);
	vgpu::Syncobj never(gpu->device), done(gpu->device);
	vgpu::Queue stuck(gpu->device, gpu->vm, patient(gpu->device));
	const Call call = gpu->place(vgpu::CommandWriter().nop());
	vgpu::Exec exec;

	stuck.suspend();
	gpu->submit(stuck, vgpu::CommandWriter().nop(), never);
	exec.job(queues.back()).call(call.va, call.words).wait(never).signal(done);
	exec.submit(gpu->device);
	fences.push_back(done.export_sync_file());
	ASSERT_TRUE(knobs::unbind());
	/* The one that it waits for ends with the device, and it does after it. */
	const int status = status_of(fences.back());
	EXPECT_TRUE(status == -ENODEV || status == -ECANCELED) << status;
}

TEST_F(Gone, UnbindWhileClientsSubmit)
{
	const auto submit_until_it_is_gone = [](Child &self) {
		Context mine;
		const Call call = mine.place(vgpu::CommandWriter().delay(50'000));
		const vgpu::Syncobj done(mine.device);
		vgpu::Exec exec;
		int result = 0;

		exec.job(mine.queue).call(call.va, call.words).signal(done);
		exec.submit(mine.device);
		vgpu::UniqueFd fence = done.export_sync_file();
		self.ready();
		/* When it is gone no call works any more, but the files of fences do. */
		try {
			/* It may well be faster than the device. */
			while (result == 0 || result == -EDQUOT) {
				result = exec.try_submit(*mine.io);
				if (result == 0)
					fence = done.export_sync_file();
			}
		} catch (const vgpu::Error &error) {
			result = -error.code();
		}
		return result == -ENODEV && is_end(status_of(fence), -ENODEV) ? 0 : 1;
	};
	Child first(submit_until_it_is_gone), second(submit_until_it_is_gone);

	ASSERT_TRUE(first.wait_until_ready());
	ASSERT_TRUE(second.wait_until_ready());
	EXPECT_EQ(gpu->run(vgpu::CommandWriter().delay(20'000'000)), 1);
	ASSERT_TRUE(knobs::unbind());
	EXPECT_EQ(first.result(), 0);
	EXPECT_EQ(second.result(), 0);
}

TEST_F(Gone, ADeviceThatCantBeResetIsGivenUp)
{
	start();
	{
		const knobs::Knob refuse("halt_refuse", 65536);

		knobs::reset_device();
		EXPECT_GE(refuse.hits(), 3u);
	}
	expect_all_end_with(-EIO);
	const std::uint64_t after = gpu->peek(0);
	expect_calls_fail_with(-EIO);
	/* What doesn't need the device works. */
	EXPECT_NO_THROW(gpu->device.query_info());
	vgpu::Syncobj object(gpu->device);
	object.signal();
	expect_signalled(object);
	EXPECT_NO_THROW(queues.front().state());
	EXPECT_NO_THROW(queues.front().destroy());
	EXPECT_EQ(gpu->peek(0), after) << "an engine went on writing";
	ASSERT_TRUE(knobs::unbind());
	ASSERT_TRUE(knobs::bind());
	expect_a_new_client_works();
}

TEST_F(Gone, ADeviceThatCantBeBootedIsGivenUp)
{
	start();
	{
		const knobs::Knob refuse("boot_refuse", 65536);

		knobs::reset_device();
		EXPECT_GE(refuse.hits(), 3u);
	}
	expect_all_end_with(-EIO);
	expect_calls_fail_with(-EIO);
	ASSERT_TRUE(knobs::unbind());
	ASSERT_TRUE(knobs::bind());
}

} // namespace
