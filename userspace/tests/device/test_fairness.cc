/* SPDX-License-Identifier: MIT */

/*
 * Who runs when. Times are the device's: what one queue has counted while another got its turn, so
 * that a busy machine changes nothing.
 */

#include <algorithm>
#include <cerrno>
#include <vector>

#include <unistd.h>

#include "context.h"
#include "gate.h"
#include "style.h"

namespace
{

class Fairness : public DeviceTest
{
protected:
	/* Of this class there must be one engine, or two queues just run side by side. */
	void SetUp() override
	{
		for (const drm_vgpu_engine_info &info : gpu.device.engines())
			if (info.engine_class == DRM_VGPU_ENGINE_COPY && info.count != 1)
				GTEST_SKIP() << "there are " << info.count
					     << " copy engines, and these tests need one";
	}

	vgpu::Queue make(drm_vgpu_priority priority = DRM_VGPU_PRIORITY_NORMAL)
	{
		vgpu::QueueOptions options = patient(gpu.device, {DRM_VGPU_ENGINE_COPY});

		options.priority = priority;
		return {gpu.device, gpu.vm, options};
	}

	static constexpr std::uint64_t step_ns = 100'000;
};

/* A slice, and what the one before may take to leave: then it is the other's turn. */
TEST_F(Fairness, ANewcomerWaitsForASliceAndNoLonger)
{
	const drm_vgpu_info &info = gpu.device.info();
	const vgpu::Queue hog = make(), newcomer = make();
	const vgpu::Syncobj hog_done(gpu.device);
	std::uint64_t shortest = UINT64_MAX, longest = 0;

	gpu.submit(hog, counting(gpu.data_address(0), 1500, step_ns), hog_done);
	gpu.wait_for_change(0, 0);
	for (int i = 0; i < 10; i++) {
		const std::uint64_t before = gpu.peek(0);
		vgpu::CommandWriter look;

		look.copy(gpu.data_address(1), gpu.data_address(0), 8);
		ASSERT_EQ(gpu.run(newcomer, look), 1);
		const std::uint64_t waited = (gpu.peek(1) - before) * step_ns;
		shortest = std::min(shortest, waited);
		longest = std::max(longest, waited);
	}
	/* That it takes the machine a while to submit counts, too, but not each time. */
	EXPECT_LE(shortest, info.slice_ns + info.preempt_timeout_ns);
	EXPECT_LT(longest, 120'000'000u) << "it had to wait for nearly all of the other's job";
	EXPECT_TRUE(is_pending(hog_done))
		<< "the job was too short for this test to mean something";
	EXPECT_EQ(status_of(hog_done), 1);
}

TEST_F(Fairness, TwoThatAreEqualShare)
{
	vgpu::Queue a = make(), b = make();
	const vgpu::Syncobj a_done(gpu.device), b_done(gpu.device);
	vgpu::CommandWriter first = counting(gpu.data_address(0), 200, step_ns);

	first.copy(gpu.data_address(2), gpu.data_address(1), 8);
	a.suspend();
	b.suspend();
	gpu.submit(a, first, a_done);
	gpu.submit(b, counting(gpu.data_address(1), 200, step_ns), b_done);
	b.resume();
	a.resume();
	EXPECT_EQ(status_of(a_done), 1);
	EXPECT_EQ(status_of(b_done), 1);
	/* When one had finished, the other was beyond a half for sure. */
	EXPECT_GT(gpu.data(2), 100u);
}

TEST_F(Fairness, PrioritiesDecideWhoIsNext)
{
	if (geteuid() != 0)
		GTEST_SKIP() << "a high priority needs CAP_SYS_NICE";
	const vgpu::Queue blocker = make(DRM_VGPU_PRIORITY_HIGH), low = make(DRM_VGPU_PRIORITY_LOW);
	const vgpu::Queue normal = make(), high = make(DRM_VGPU_PRIORITY_HIGH);
	const vgpu::Syncobj low_done(gpu.device), normal_done(gpu.device), high_done(gpu.device);
	Gate gate(gpu, blocker);

	gpu.submit(low, link(gpu.data_address(0), 3), low_done);
	gpu.submit(normal, link(gpu.data_address(0), 2), normal_done);
	gpu.submit(high, link(gpu.data_address(0), 1), high_done);
	/* It shares with the blocker, the others have to wait. */
	EXPECT_EQ(status_of(high_done), 1);
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().delay(20'000'000)), 1);
	EXPECT_TRUE(is_pending(low_done));
	EXPECT_TRUE(is_pending(normal_done));
	gate.open();
	EXPECT_EQ(status_of(low_done), 1);
	EXPECT_EQ(status_of(normal_done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2, 3}));
}

TEST_F(Fairness, AHigherPriorityPreemptsAtTheNextCommand)
{
	if (geteuid() != 0)
		GTEST_SKIP() << "a high priority needs CAP_SYS_NICE";
	const vgpu::Queue hog = make(), urgent = make(DRM_VGPU_PRIORITY_HIGH);
	const vgpu::Syncobj done(gpu.device);
	std::uint64_t shortest = UINT64_MAX;

	gpu.submit(hog, counting(gpu.data_address(0), 1000, step_ns), done);
	gpu.wait_for_change(0, 0);
	for (int i = 0; i < 20; i++) {
		const std::uint64_t before = gpu.peek(0);

		ASSERT_EQ(gpu.run(urgent, vgpu::CommandWriter().copy(gpu.data_address(1),
								     gpu.data_address(0), 8)),
			  1);
		shortest = std::min(shortest, gpu.peek(1) - before);
	}
	EXPECT_TRUE(is_pending(done));
	EXPECT_LE(shortest * step_ns, gpu.device.info().slice_ns) << "it waited for a slice to end";
	EXPECT_EQ(status_of(done), 1);
}

TEST_F(Fairness, APriorityThatIsChangedCountsFromThenOn)
{
	vgpu::Queue hog = make(), late = make(DRM_VGPU_PRIORITY_LOW);
	const vgpu::Syncobj done(gpu.device);
	Gate gate(gpu, hog);

	gpu.submit(late, vgpu::CommandWriter().store(gpu.data_address(0), 1), done);
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().delay(20'000'000)), 1);
	EXPECT_TRUE(is_pending(done)) << "it ran though its priority was lower";
	late.set_priority(DRM_VGPU_PRIORITY_NORMAL);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_TRUE(is_pending(gate.done()));
}

/* One that doesn't leave its engine is off it after slice and preemption timeout. */
TEST_F(Fairness, OneThatDoesNotLeaveIsThrownOut)
{
	const drm_vgpu_info &info = gpu.device.info();
	const vgpu::Queue stubborn = make(), other = make();
	const vgpu::Syncobj hung(gpu.device), done(gpu.device);

	gpu.submit(
		stubborn,
		vgpu::CommandWriter().store(gpu.data_address(1), 1).hang(DRM_VGPU_HANG_NO_PREEMPT),
		hung);
	/* or the other one may be there first, and nobody would want the engine */
	gpu.wait_for_change(1, 0);
	gpu.submit(other, vgpu::CommandWriter().store(gpu.data_address(0), 1), done);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(status_of(hung), -ETIME);
	/* Far earlier than its own timeout, which is the longest that there is. */
	EXPECT_LE(stubborn.state().runtime_ns, 10 * (info.slice_ns + info.preempt_timeout_ns));
	EXPECT_EQ(stubborn.state().status, DRM_VGPU_QUEUE_BANNED);
	EXPECT_EQ(other.state().status, DRM_VGPU_QUEUE_ACTIVE);
}

} // namespace
