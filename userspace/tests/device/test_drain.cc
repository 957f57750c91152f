/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <chrono>
#include <csignal>
#include <vector>

#include <sys/time.h>

#include "context.h"
#include "gate.h"
#include "storm.h"
#include "style.h"

namespace
{

class Drain : public StyleTest
{
protected:
	int destroy_once(const vgpu::Queue &queue, std::uint32_t flags)
	{
		drm_vgpu_queue_destroy args = {};

		args.id = queue.id();
		args.flags = flags;
		return gpu.ioctl_once(DRM_IOCTL_VGPU_QUEUE_DESTROY, &args);
	}
};

TEST_P(Drain, ReturnsWhenAllJobsHaveRun)
{
	vgpu::Queue queue = make();
	const vgpu::Syncobj done(gpu.device);
	std::vector<std::uint64_t> numbers;

	for (std::uint64_t i = 0; i < 50; i++) {
		vgpu::CommandWriter program;

		program.delay(200'000).mix(gpu.data_address(0), gpu.data_address(0), 8, i);
		gpu.submit(queue, program, done);
		numbers.push_back(i);
	}
	const vgpu::UniqueFd fence = done.export_sync_file();
	queue.destroy(vgpu::Destroy::when_idle);
	EXPECT_EQ(vgpu::sync_file_status(fence.get()), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_P(Drain, OfAnIdleQueueReturnsAtOnce)
{
	vgpu::Queue fresh = make(), used = make();

	EXPECT_EQ(gpu.run(used, vgpu::CommandWriter().nop()), 1);
	fresh.destroy(vgpu::Destroy::when_idle);
	used.destroy(vgpu::Destroy::when_idle);
}

TEST_P(Drain, OfABannedQueueReturnsAtOnce)
{
	vgpu::Queue queue = make();

	EXPECT_EQ(gpu.run(queue, vgpu::CommandWriter().fault()), -EFAULT);
	queue.destroy(vgpu::Destroy::when_idle);
}

TEST_P(Drain, ASignalEndsItAndNothingHasHappened)
{
	vgpu::Queue queue = make();
	const vgpu::Syncobj done(gpu.device);
	Gate gate(gpu, gpu.queue);
	const Call call = gpu.place(link(gpu.data_address(0), 1));
	vgpu::Exec exec;

	exec.job(queue).call(call.va, call.words).wait(gate.done()).signal(done);
	exec.submit(gpu.device);
	{
		const SignalStorm storm;
		EXPECT_EQ(destroy_once(queue, DRM_VGPU_QUEUE_DESTROY_DRAIN), -EINTR);
	}
	EXPECT_EQ(queue.state().status, DRM_VGPU_QUEUE_ACTIVE);
	EXPECT_TRUE(is_pending(done));
	/* It goes on taking jobs. */
	gpu.submit(queue, link(gpu.data_address(0), 2), done);
	gate.open();
	queue.destroy(vgpu::Destroy::when_idle);
	EXPECT_EQ(vgpu::sync_file_status(done.export_sync_file().get()), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2}));
}

TEST_P(Drain, WithoutItTheQueueIsKilledInTheMiddle)
{
	if (always_drains(GetParam()))
		GTEST_SKIP() << "of this profile destroying always waits";
	vgpu::UniqueFd fence;
	{
		vgpu::Queue queue = make_patient();
		const vgpu::Syncobj done(gpu.device);

		gpu.submit(queue, counting(gpu.data_address(0), 5000, 1'000'000), done);
		fence = done.export_sync_file();
		gpu.wait_for_change(0, 0);
		const auto start = std::chrono::steady_clock::now();
		queue.destroy();
		/* Five seconds of device time are left. */
		EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
	}
	EXPECT_EQ(status_of(fence), -ECANCELED);
	EXPECT_LT(gpu.peek(0), 5000u);
}

INSTANTIATE_TEST_SUITE_P(Styles, Drain, ::testing::ValuesIn(all_styles()), name_of<Style>);

} // namespace
