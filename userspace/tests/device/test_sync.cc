/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <vector>

#include <poll.h>

#include "context.h"
#include "process.h"

namespace
{

constexpr std::uint64_t first_word = Context::data_va;

class Sync : public DeviceTest
{
protected:
	/* A link that takes a moment, so that who doesn't wait for it comes too early. */
	static vgpu::CommandWriter slow_link(std::uint64_t number)
	{
		vgpu::CommandWriter program;

		program.delay(10'000'000).mix(first_word, first_word, 8, number);
		return program;
	}

	vgpu::Job &add(vgpu::Exec &exec, const vgpu::Queue &queue,
		       const vgpu::CommandWriter &program)
	{
		const Call call = gpu.place(program);

		return exec.job(queue).call(call.va, call.words);
	}

	const vgpu::Queue other{gpu.device, gpu.vm, {DRM_VGPU_ENGINE_COPY}};
	vgpu::Syncobj first{gpu.device}, second{gpu.device}, done{gpu.device};
};

struct Completion {
	const char *name;
	std::uint32_t producer, consumer;
};

class SyncOrder : public Sync, public ::testing::WithParamInterface<Completion>
{
protected:
	const vgpu::Queue from{gpu.device, gpu.vm, {DRM_VGPU_ENGINE_COMPUTE, GetParam().producer}};
	const vgpu::Queue to{gpu.device, gpu.vm, {DRM_VGPU_ENGINE_COPY, GetParam().consumer}};
};

TEST_P(SyncOrder, ABinaryObjectOrdersTwoQueues)
{
	vgpu::Exec a, b;

	add(a, from, slow_link(1)).signal(first);
	a.submit(gpu.device);
	add(b, to, link(first_word, 2)).wait(first).signal(done);
	b.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2}));
}

TEST_P(SyncOrder, ATimelineOrdersTwoQueues)
{
	vgpu::Exec a, b;

	add(a, from, slow_link(1)).signal(first, 1ULL << 40);
	a.submit(gpu.device);
	add(b, to, link(first_word, 2)).wait(first, 1ULL << 40).signal(done);
	b.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2}));
	EXPECT_EQ(first.last_signalled_point(), 1ULL << 40);
}

TEST_P(SyncOrder, WithinOneCall)
{
	vgpu::Exec exec;

	add(exec, from, slow_link(1)).signal(first);
	add(exec, to, link(first_word, 2)).wait(first).signal(second, 7);
	add(exec, from, link(first_word, 3)).wait(second, 7).signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2, 3}));
}

INSTANTIATE_TEST_SUITE_P(
	Completions, SyncOrder,
	::testing::Values(Completion{"BothByFence", 0, 0},
			  Completion{"FromDirect", DRM_VGPU_QUEUE_DIRECT_COMPLETION, 0},
			  Completion{"ToDirect", 0, DRM_VGPU_QUEUE_DIRECT_COMPLETION},
			  Completion{"BothDirect", DRM_VGPU_QUEUE_DIRECT_COMPLETION,
				     DRM_VGPU_QUEUE_DIRECT_COMPLETION}),
	name_of<Completion>);

TEST_F(Sync, PointsPassTheBorderOf32Bits)
{
	std::vector<std::uint64_t> numbers;

	for (std::uint64_t i = 0; i < 8; i++) {
		const std::uint64_t point = 0xfffffffcULL + i;
		vgpu::Exec exec;
		vgpu::Job &job = add(exec, i % 2 ? other : gpu.queue,
				     i % 2 ? link(first_word, i) : slow_link(i));

		if (i > 0)
			job.wait(first, point - 1);
		job.signal(first, point);
		exec.submit(gpu.device);
		numbers.push_back(i);
	}
	EXPECT_TRUE(first.wait(0x100000003ULL, vgpu::Deadline::in(long_enough)));
	EXPECT_EQ(first.last_signalled_point(), 0x100000003ULL);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_F(Sync, APointThatNobodySignalsStandsForTheNextOne)
{
	vgpu::Exec a, b;

	add(a, gpu.queue, slow_link(1)).signal(first, 100);
	a.submit(gpu.device);
	add(b, other, link(first_word, 2)).wait(first, 50).signal(done);
	b.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2}));
}

/* Points may come in any order; a wait for one waits for all that was put there up to it. */
TEST_F(Sync, PointsThatAreSignalledOutOfOrder)
{
	const std::uint64_t base = 1ULL << 60;
	std::vector<vgpu::Queue> queues;
	vgpu::Exec exec, last;

	/* Each on its own queue, the slowest first. */
	for (std::uint64_t i = 0; i < 6; i++) {
		vgpu::CommandWriter program;

		queues.emplace_back(gpu.device, gpu.vm);
		program.delay((6 - i) * 2'000'000).store(gpu.data_address(i), 1);
		add(exec, queues.back(), program).signal(first, base + i);
	}
	exec.submit(gpu.device);
	EXPECT_TRUE(first.wait(base + 5, vgpu::Deadline::in(long_enough)));
	for (std::uint64_t i = 0; i < 6; i++)
		EXPECT_EQ(gpu.data(i), 1u) << "the point came before one that is lower";
	EXPECT_EQ(first.last_signalled_point(), base + 5);
	/* A lower one, and the same again: allowed, as in the kernel's own calls. */
	add(last, gpu.queue, slow_link(1)).signal(first, base + 2).signal(second, 5);
	add(last, gpu.queue, slow_link(2)).signal(first, base + 5).signal(done);
	last.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_TRUE(first.wait(base + 5, vgpu::Deadline::in(long_enough)));
}

TEST_F(Sync, TheHighestPointThereIs)
{
	vgpu::Exec a, b;

	add(a, gpu.queue, slow_link(1)).signal(first, ~0ULL);
	a.submit(gpu.device);
	add(b, other, link(first_word, 2)).wait(first, ~0ULL).signal(done);
	b.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2}));
	EXPECT_EQ(first.last_signalled_point(), ~0ULL);
}

TEST_F(Sync, OneElementMayWaitAndSignal)
{
	vgpu::Exec a, b, c;

	add(a, gpu.queue, slow_link(1)).signal(first);
	a.submit(gpu.device);
	add(b, other, slow_link(2))
		.sync(first.handle(), DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_SIGNAL, 0);
	b.submit(gpu.device);
	add(c, gpu.queue, link(first_word, 3)).wait(first).signal(done);
	c.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2, 3}));
}

TEST_F(Sync, TwoElementsMayWaitForAndSignalOneObject)
{
	vgpu::Exec a, b, c;

	add(a, gpu.queue, slow_link(1)).signal(first);
	a.submit(gpu.device);
	/* Also when the signal is the first of the two: the wait is for the old fence. */
	add(b, other, slow_link(2)).signal(first).wait(first);
	b.submit(gpu.device);
	add(c, gpu.queue, link(first_word, 3)).wait(first).signal(done);
	c.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2, 3}));
}

TEST_F(Sync, WithinOneCallAWaitSeesTheLatestEarlierSignal)
{
	vgpu::Exec exec;

	add(exec, gpu.queue, slow_link(1)).signal(first);
	add(exec, other, slow_link(2)).wait(first).signal(first);
	add(exec, gpu.queue, link(first_word, 3)).wait(first).signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2, 3}));
}

TEST_F(Sync, AnObjectThatHasSignalledHoldsNobodyUp)
{
	vgpu::Exec exec;

	first.signal();
	second.signal(9);
	add(exec, gpu.queue, link(first_word, 1)).wait(first).wait(second, 4).signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1}));
}

TEST_F(Sync, AJobWaitsForAll)
{
	vgpu::Exec a, b, c;
	const vgpu::Queue third(gpu.device, gpu.vm);

	add(a, gpu.queue, slow_link(1)).signal(first);
	add(a, other, slow_link(2)).wait(first).signal(second, 3);
	a.submit(gpu.device);
	add(b, third, link(first_word, 3)).wait(second, 3).wait(first).signal(done);
	b.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2, 3}));
}

TEST_F(Sync, ABinaryObjectHoldsTheLatestFence)
{
	vgpu::Exec a, b;

	add(a, gpu.queue, vgpu::CommandWriter().nop()).signal(first);
	a.submit(gpu.device);
	expect_signalled(first);
	add(b, gpu.queue, slow_link(1)).signal(first);
	b.submit(gpu.device);
	EXPECT_EQ(vgpu::sync_file_status(first.export_sync_file().get()), 0);
	expect_signalled(first);
}

TEST_F(Sync, AFenceOfAnotherFileOrdersThroughASyncFile)
{
	Context stranger;
	vgpu::Buffer shared =
		vgpu::Buffer::import(stranger.device, gpu.data_buffer.export_fd().get());
	vgpu::Syncobj imported(stranger.device), result(stranger.device);
	vgpu::Exec a, b;

	stranger.vm.map(shared, Context::hole_va);
	add(a, gpu.queue, slow_link(1)).signal(first);
	a.submit(gpu.device);
	imported.import_sync_file(first.export_sync_file().get());
	const Call call = stranger.place(link(Context::hole_va, 2));
	b.job(stranger.queue).call(call.va, call.words).wait(imported).signal(result);
	b.submit(stranger.device);
	EXPECT_EQ(status_of(result), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2}));
}

TEST_F(Sync, ASyncObjectIsSharedBetweenFiles)
{
	Context stranger;
	vgpu::Buffer shared =
		vgpu::Buffer::import(stranger.device, gpu.data_buffer.export_fd().get());
	vgpu::Syncobj same = vgpu::Syncobj::import(stranger.device, first.export_fd().get());
	vgpu::Exec a, b, c;

	stranger.vm.map(shared, Context::hole_va);
	add(a, gpu.queue, slow_link(1)).signal(first, 1);
	a.submit(gpu.device);
	const Call call = stranger.place(link(Context::hole_va, 2));
	b.job(stranger.queue).call(call.va, call.words).wait(same, 1).signal(same, 2);
	b.submit(stranger.device);
	add(c, gpu.queue, link(first_word, 3)).wait(first, 2).signal(done);
	c.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2, 3}));
}

/* The child waits for the parent's job, the parent's next job for the child's. */
TEST_F(Sync, OrderAcrossProcesses)
{
	const vgpu::UniqueFd buffer_fd = gpu.data_buffer.export_fd();
	const vgpu::UniqueFd timeline_fd = first.export_fd();
	vgpu::Exec a, c;

	Child child([&](Child &self) {
		Context mine;
		vgpu::Buffer data = vgpu::Buffer::import(mine.device, buffer_fd.get());
		vgpu::Syncobj timeline = vgpu::Syncobj::import(mine.device, timeline_fd.get());
		vgpu::Exec exec;

		mine.vm.map(data, Context::hole_va);
		if (!timeline.wait(1, vgpu::Deadline::in(long_enough), vgpu::Until::submitted))
			return 1;
		const Call call = mine.place(link(Context::hole_va, 2));
		exec.job(mine.queue)
			.call(call.va, call.words)
			.wait(timeline, 1)
			.signal(timeline, 2);
		exec.submit(mine.device);
		self.ready();
		self.wait_for_parent();
		return 0;
	});
	add(a, gpu.queue, slow_link(1)).signal(first, 1);
	a.submit(gpu.device);
	ASSERT_TRUE(child.wait_until_ready());
	add(c, other, link(first_word, 3)).wait(first, 2).signal(done);
	c.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2, 3}));
	child.go_on();
	EXPECT_EQ(child.result(), 0);
}

TEST_F(Sync, AWaitThatIsTooShortTimesOut)
{
	vgpu::CommandWriter slow;

	slow.delay(200'000'000);
	gpu.submit(gpu.queue, slow, done);
	EXPECT_FALSE(done.wait(vgpu::Deadline::now()));
	EXPECT_FALSE(done.wait(vgpu::Deadline::in(5ms)));
	expect_signalled(done);
}

TEST_F(Sync, ASyncFileCanBePolled)
{
	gpu.submit(gpu.queue, slow_link(1), done);
	const vgpu::UniqueFd fence = done.export_sync_file();
	pollfd p = {fence.get(), POLLIN, 0};

	EXPECT_EQ(poll(&p, 1, 20000), 1);
	EXPECT_EQ(vgpu::sync_file_status(fence.get()), 1);
}

TEST_F(Sync, OneProducerManyConsumers)
{
	std::vector<vgpu::Queue> queues;
	std::vector<vgpu::Syncobj> all_done;
	vgpu::Exec a, b;

	add(a, gpu.queue, slow_link(1)).signal(first);
	a.submit(gpu.device);
	for (std::uint64_t i = 0; i < 16; i++) {
		vgpu::CommandWriter program;

		queues.emplace_back(gpu.device, gpu.vm);
		all_done.emplace_back(gpu.device);
		program.copy(gpu.data_address(1 + i), first_word, 8);
		add(b, queues.back(), program).wait(first).signal(all_done.back());
	}
	b.submit(gpu.device);
	for (std::uint64_t i = 0; i < 16; i++) {
		EXPECT_EQ(status_of(all_done[i]), 1);
		EXPECT_EQ(gpu.data(1 + i), chain(0, {1}));
	}
}

} // namespace
