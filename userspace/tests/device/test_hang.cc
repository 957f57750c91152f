/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <deque>
#include <vector>

#include "context.h"
#include "gate.h"
#include "style.h"

namespace
{

class Hang : public StyleTest
{
protected:
	vgpu::Queue make_hasty(std::uint32_t timeout_ms)
	{
		vgpu::QueueOptions options = GetParam().options();

		options.timeout_ms = timeout_ms;
		return {gpu.device, gpu.vm, options};
	}

	/* The program must time out, and nobody else may notice. */
	void expect_ban(const vgpu::CommandWriter &bad, std::uint32_t bad_word, int error = -ETIME)
	{
		const std::uint32_t timeout_ms = 50;
		const vgpu::Queue queue = make_hasty(timeout_ms), other = make();
		const vgpu::Syncobj hung(gpu.device), next(gpu.device), innocent(gpu.device);
		const Call call = gpu.place(bad);
		const Call later = gpu.place(vgpu::CommandWriter().store(gpu.data_address(1), 1));
		std::vector<std::uint64_t> numbers;
		vgpu::Exec exec;

		exec.job(queue, 41).call(call.va, call.words).signal(hung);
		exec.job(queue, 42).call(later.va, later.words).signal(next);
		exec.submit(gpu.device);
		for (std::uint64_t i = 0; i < 40; i++) {
			gpu.submit(other, link(gpu.data_address(2), i), innocent);
			numbers.push_back(i);
		}
		EXPECT_EQ(status_of(hung), error);
		EXPECT_EQ(status_of(next), -ECANCELED);
		EXPECT_EQ(status_of(innocent), 1);
		EXPECT_EQ(gpu.data(2), chain(0, numbers));
		EXPECT_EQ(gpu.data(1), 0u);

		const drm_vgpu_queue_state state = queue.state();
		EXPECT_EQ(state.status, DRM_VGPU_QUEUE_BANNED);
		EXPECT_EQ(state.error, error);
		EXPECT_EQ(state.completed, 0u);
		EXPECT_EQ(state.stopped, 1u);
		EXPECT_EQ(state.stop_cookie, 41u);
		EXPECT_EQ(state.stop_call, 0u);
		EXPECT_EQ(state.stop_word, bad_word);
		EXPECT_EQ(other.state().status, DRM_VGPU_QUEUE_ACTIVE);
		EXPECT_EQ(gpu.run(make(), vgpu::CommandWriter().nop()), 1);
	}
};

TEST_P(Hang, OneThatNeverEndsIsBannedAfterItsTimeout)
{
	vgpu::CommandWriter program;

	program.store(gpu.data_address(0), 7).hang(DRM_VGPU_HANG_ENDLESS);
	program.store(gpu.data_address(0), 8);
	expect_ban(program, 3);
	EXPECT_EQ(gpu.data(0), 7u);
}

TEST_P(Hang, OneThatIgnoresPreemptionIsBanned)
{
	vgpu::CommandWriter program;

	program.store(gpu.data_address(0), 7).hang(DRM_VGPU_HANG_NO_PREEMPT);
	program.store(gpu.data_address(0), 8);
	expect_ban(program, 3);
	EXPECT_EQ(gpu.data(0), 7u);
}

TEST_P(Hang, ADelayThatIsLongerThanTheTimeoutIsBanned)
{
	vgpu::CommandWriter program;

	program.nop().delay(5'000'000'000).store(gpu.data_address(0), 8);
	expect_ban(program, 1);
	EXPECT_EQ(gpu.data(0), 0u);
}

TEST_P(Hang, AWaitThatNeverEndsIsBanned)
{
	vgpu::CommandWriter program;

	program.nop().wait(gpu.data_address(3), 1).store(gpu.data_address(0), 8);
	expect_ban(program, 1);
	EXPECT_EQ(gpu.data(0), 0u);
}

TEST_P(Hang, TheTimeoutIsDeviceTimeOfOneJob)
{
	const vgpu::Queue queue = make_hasty(50);
	const vgpu::Syncobj done(gpu.device);

	/* Ten jobs of 20 ms: each has its own clock. */
	for (int i = 0; i < 10; i++)
		gpu.submit(queue, vgpu::CommandWriter().delay(20'000'000), done);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_GE(queue.state().runtime_ns, 200'000'000u);
	EXPECT_EQ(gpu.run(queue, vgpu::CommandWriter().hang(DRM_VGPU_HANG_ENDLESS)), -ETIME);
	EXPECT_GE(queue.state().runtime_ns, 250'000'000u) << "it was banned too early";
}

/* What it needs it doesn't get for ten times its timeout: that is not its fault. */
TEST_P(Hang, AnInnocentThatIsStarvedIsNotBanned)
{
	vgpu::QueueOptions options = GetParam().options();
	options.timeout_ms = 10;
	options.priority = DRM_VGPU_PRIORITY_LOW;
	const vgpu::Queue starved(gpu.device, gpu.vm, options);
	std::deque<vgpu::Queue> hogs;
	const vgpu::Syncobj done(gpu.device);
	std::deque<vgpu::Syncobj> hogs_done;
	std::uint32_t engines = 0;

	for (const drm_vgpu_engine_info &info : gpu.device.engines())
		if (info.engine_class == GetParam().engine_class)
			engines = info.count;
	ASSERT_GT(engines, 0u);
	/* Two for each engine, so that none is ever free. */
	for (std::uint32_t i = 0; i < 2 * engines; i++) {
		hogs.emplace_back(gpu.device, gpu.vm,
				  patient(gpu.device, {GetParam().engine_class}));
		hogs_done.emplace_back(gpu.device);
		vgpu::CommandWriter program;
		for (int step = 0; step < 100; step++)
			program.delay(1'000'000);
		gpu.submit(hogs.back(), program, hogs_done.back());
	}
	gpu.submit(starved, counting(gpu.data_address(0), 4, 1'000'000), done);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.peek(0), 4u);
	EXPECT_EQ(starved.state().status, DRM_VGPU_QUEUE_ACTIVE);
	for (const vgpu::Syncobj &hog : hogs_done)
		EXPECT_EQ(status_of(hog), 1);
}

TEST_P(Hang, AnInnocentThatWaitsForAFenceIsNotBanned)
{
	const vgpu::Queue queue = make_hasty(10);
	const vgpu::Syncobj done(gpu.device);
	Gate gate(gpu, gpu.queue);
	const Call call = gpu.place(vgpu::CommandWriter().store(gpu.data_address(0), 1));
	vgpu::Exec exec;

	exec.job(queue).call(call.va, call.words).wait(gate.done()).signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(gpu.run(make(), vgpu::CommandWriter().delay(100'000'000)), 1);
	EXPECT_TRUE(is_pending(done));
	gate.open();
	EXPECT_EQ(status_of(done), 1);
}

INSTANTIATE_TEST_SUITE_P(Styles, Hang, ::testing::ValuesIn(all_styles()), name_of<Style>);

class WaitCommand : public StyleTest
{
};

TEST_P(WaitCommand, GoesOnWhenTheCpuWrites)
{
	const vgpu::Queue queue = make_patient();
	const vgpu::Syncobj done(gpu.device);
	vgpu::CommandWriter program;

	program.store(gpu.data_address(1), 1).wait(gpu.data_address(0), 100);
	program.store(gpu.data_address(1), 2);
	gpu.submit(queue, program, done);
	gpu.wait_for_change(1, 0);
	gpu.poke(0, 99);
	EXPECT_EQ(gpu.run(make(), vgpu::CommandWriter().delay(5'000'000)), 1);
	EXPECT_EQ(gpu.peek(1), 1u) << "99 is not at least 100";
	EXPECT_TRUE(is_pending(done));
	gpu.poke(0, 100);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.peek(1), 2u);
}

TEST_P(WaitCommand, ComparesUnsigned)
{
	const vgpu::Queue queue = make();

	gpu.data(0) = 1ULL << 63;
	EXPECT_EQ(gpu.run(queue, vgpu::CommandWriter().wait(gpu.data_address(0), 1)), 1);
	gpu.data(0) = ~0ULL;
	EXPECT_EQ(gpu.run(queue, vgpu::CommandWriter().wait(gpu.data_address(0), ~0ULL)), 1);
	EXPECT_EQ(gpu.run(queue, vgpu::CommandWriter().wait(gpu.data_address(1), 0)), 1);
}

/* A chain that only the device orders, one link on this queue, one on that. */
TEST_P(WaitCommand, OrdersQueuesByWhatTheyStore)
{
	const vgpu::Queue a = make_patient(), b = make_patient();
	const vgpu::Syncobj a_done(gpu.device), b_done(gpu.device);
	vgpu::CommandWriter even, odd;
	std::vector<std::uint64_t> numbers;

	for (std::uint64_t i = 0; i < 40; i++) {
		vgpu::CommandWriter &program = i % 2 ? odd : even;

		program.wait(gpu.data_address(1), i);
		program.mix(gpu.data_address(0), gpu.data_address(0), 8, i);
		program.store(gpu.data_address(1), i + 1);
		numbers.push_back(i);
	}
	gpu.submit(b, odd, b_done);
	gpu.submit(a, even, a_done);
	EXPECT_EQ(status_of(a_done), 1);
	EXPECT_EQ(status_of(b_done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

/* More that wait than there are engines, and yet who stores gets one. */
TEST_P(WaitCommand, LeavesTheEngineToOthers)
{
	std::deque<vgpu::Queue> queues;
	std::deque<vgpu::Syncobj> done;

	for (std::uint64_t i = 0; i < 8; i++) {
		vgpu::CommandWriter program;

		queues.push_back(make_patient());
		done.emplace_back(gpu.device);
		program.wait(gpu.data_address(0), i + 1).store(gpu.data_address(1 + i), i + 1);
		gpu.submit(queues.back(), program, done.back());
	}
	const vgpu::Queue storer = make();
	EXPECT_EQ(gpu.run(storer, vgpu::CommandWriter().delay(1'000'000)), 1);
	EXPECT_TRUE(is_pending(done.front()));
	EXPECT_EQ(gpu.run(storer, vgpu::CommandWriter().store(gpu.data_address(0), 8)), 1);
	for (std::uint64_t i = 0; i < 8; i++) {
		EXPECT_EQ(status_of(done[i]), 1);
		EXPECT_EQ(gpu.data(1 + i), i + 1);
	}
}

INSTANTIATE_TEST_SUITE_P(Styles, WaitCommand, ::testing::ValuesIn(all_styles()), name_of<Style>);

} // namespace
