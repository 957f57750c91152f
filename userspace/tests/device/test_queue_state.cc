/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <vector>

#include "context.h"
#include "gate.h"
#include "read_only.h"
#include "style.h"

namespace
{

class QueueState : public StyleTest
{
};

TEST_P(QueueState, OfANewQueueIsAllZero)
{
	const vgpu::Queue queue = make();
	const drm_vgpu_queue_state state = queue.state();

	EXPECT_EQ(state.status, DRM_VGPU_QUEUE_ACTIVE);
	EXPECT_EQ(state.error, 0);
	EXPECT_EQ(state.submitted, 0u);
	EXPECT_EQ(state.completed, 0u);
	EXPECT_EQ(state.runtime_ns, 0u);
	EXPECT_EQ(state.stopped, 0u);
	EXPECT_EQ(state.stop_cookie, 0u);
	EXPECT_EQ(state.resets, 0u);
	EXPECT_EQ(state.pad, 0u);
}

TEST_P(QueueState, CountsJobsAndDeviceTime)
{
	const vgpu::Queue queue = make();
	std::uint64_t runtime = 0;

	for (std::uint64_t i = 1; i <= 10; i++) {
		EXPECT_EQ(gpu.run(queue, vgpu::CommandWriter().delay(100'000)), 1);
		const drm_vgpu_queue_state state = queue.state();
		EXPECT_EQ(state.submitted, i);
		EXPECT_EQ(state.completed, i);
		EXPECT_GE(state.runtime_ns, runtime + 100'000);
		EXPECT_EQ(state.status, DRM_VGPU_QUEUE_ACTIVE);
		EXPECT_EQ(state.stopped, 0u);
		runtime = state.runtime_ns;
	}
}

TEST_P(QueueState, CountsWhatIsSubmittedAndNotYetDone)
{
	const vgpu::Queue queue = make();
	const vgpu::Syncobj done(gpu.device);
	Gate gate(gpu, gpu.queue);
	const Call call = gpu.place(vgpu::CommandWriter().nop());
	vgpu::Exec exec;

	for (int i = 0; i < 5; i++)
		exec.job(queue).call(call.va, call.words).wait(gate.done()).signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(queue.state().submitted, 5u);
	EXPECT_EQ(queue.state().completed, 0u);
	gate.open();
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(queue.state().completed, 5u);
}

/* The second command of the second call of the second job is the bad one. */
TEST_P(QueueState, AFaultBansAndTellsWhere)
{
	const vgpu::Queue queue = make();
	const vgpu::Syncobj done[3] = {vgpu::Syncobj(gpu.device), vgpu::Syncobj(gpu.device),
				       vgpu::Syncobj(gpu.device)};
	const auto store = [&](std::size_t word) {
		return vgpu::CommandWriter().store(gpu.data_address(word), 1);
	};
	const Call first = gpu.place(store(0)), second = gpu.place(store(1));
	const Call bad = gpu.place(store(2).fault().store(gpu.data_address(3), 1));
	const Call last = gpu.place(store(4));
	vgpu::Exec exec;

	exec.job(queue, 100).call(first.va, first.words).signal(done[0]);
	exec.job(queue, ~0ULL)
		.call(second.va, second.words)
		.call(bad.va, bad.words)
		.signal(done[1]);
	exec.job(queue, 102).call(last.va, last.words).signal(done[2]);
	exec.submit(gpu.device);

	EXPECT_EQ(status_of(done[0]), 1);
	EXPECT_EQ(status_of(done[1]), -EFAULT);
	EXPECT_EQ(status_of(done[2]), -ECANCELED);
	for (std::size_t word = 0; word < 5; word++)
		EXPECT_EQ(gpu.data(word), word < 3 ? 1u : 0u) << "word " << word;

	const drm_vgpu_queue_state state = queue.state();
	EXPECT_EQ(state.status, DRM_VGPU_QUEUE_BANNED);
	EXPECT_EQ(state.error, -EFAULT);
	EXPECT_EQ(state.submitted, 3u);
	EXPECT_EQ(state.completed, 1u);
	EXPECT_EQ(state.stopped, 1u);
	EXPECT_EQ(state.stop_cookie, ~0ULL);
	EXPECT_EQ(state.stop_call, 1u);
	EXPECT_EQ(state.stop_word, 3u);
}

TEST_P(QueueState, ABannedQueueTakesNothingMore)
{
	const vgpu::Queue queue = make(), other = make();
	const Call call = gpu.place(vgpu::CommandWriter().store(gpu.data_address(0), 1));
	vgpu::Syncobj done(gpu.device);
	vgpu::Exec exec, both;

	EXPECT_EQ(gpu.run(queue, vgpu::CommandWriter().fault()), -EFAULT);
	exec.job(queue).call(call.va, call.words).signal(done);
	EXPECT_EQ(exec.try_submit(*gpu.io), -ECANCELED);
	EXPECT_TRUE(has_no_fence(done));
	/* All or none: the job of the good queue isn't submitted either. */
	both.job(other).call(call.va, call.words).signal(done);
	both.job(queue).call(call.va, call.words);
	EXPECT_EQ(both.try_submit(*gpu.io), -ECANCELED);
	EXPECT_TRUE(has_no_fence(done));
	EXPECT_EQ(gpu.run(other, vgpu::CommandWriter().nop()), 1);
	EXPECT_EQ(gpu.data(0), 0u);
	EXPECT_EQ(queue.state().submitted, 1u);
	for (const drm_vgpu_queue_op op :
	     {DRM_VGPU_QUEUE_OP_SUSPEND, DRM_VGPU_QUEUE_OP_RESUME, DRM_VGPU_QUEUE_OP_PRIORITY})
		EXPECT_EQ(queue.try_control(op), -ECANCELED) << op;
	EXPECT_EQ(queue.try_control(DRM_VGPU_QUEUE_OP_KILL), 0);
	EXPECT_EQ(queue.state().status, DRM_VGPU_QUEUE_BANNED)
		<< "it was banned before it was killed";
}

/* Between two commands it stops, and where it says it did. */
TEST_P(QueueState, AKillTellsWhereToTheCommand)
{
	for (int round = 0; round < 5; round++) {
		vgpu::Queue queue = make_patient();
		const vgpu::Syncobj half(gpu.device), none(gpu.device);
		const std::uint64_t count = 400;

		gpu.poke(0, 0);
		EXPECT_EQ(gpu.run(queue, vgpu::CommandWriter().nop()), 1);
		const Call call = gpu.place(counting(gpu.data_address(0), count, 200'000));
		const Call next = gpu.place(vgpu::CommandWriter().store(gpu.data_address(1), 1));
		vgpu::Exec exec;
		exec.job(queue, 5).call(call.va, call.words).signal(half);
		exec.job(queue, 6).call(next.va, next.words).signal(none);
		exec.submit(gpu.device);
		for (int i = 0; i <= round; i++)
			gpu.wait_for_change(0, gpu.peek(0));
		queue.kill();
		EXPECT_EQ(status_of(half), -ECANCELED);
		EXPECT_EQ(status_of(none), -ECANCELED);

		const drm_vgpu_queue_state state = queue.state();
		EXPECT_EQ(state.status, DRM_VGPU_QUEUE_KILLED);
		EXPECT_EQ(state.error, 0);
		EXPECT_EQ(state.submitted, 3u);
		EXPECT_EQ(state.completed, 1u);
		ASSERT_EQ(state.stopped, 1u);
		EXPECT_EQ(state.stop_cookie, 5u);
		EXPECT_EQ(state.stop_call, 0u);
		EXPECT_TRUE(state.stop_word % counting_step_words == 0 ||
			    state.stop_word % counting_step_words == counting_store_words)
			<< "no command begins at word " << state.stop_word;
		EXPECT_EQ(gpu.peek(0), counted_at(state.stop_word));
		EXPECT_GT(gpu.peek(0), 0u);
		EXPECT_LT(gpu.peek(0), count);
		EXPECT_EQ(gpu.data(1), 0u);
		queue.kill(); /* again: nothing is left to do */
		EXPECT_EQ(queue.state().stop_word, state.stop_word);
	}
}

TEST_P(QueueState, AKilledQueueThatWasIdleHasStoppedNowhere)
{
	vgpu::Queue queue = make();

	EXPECT_EQ(gpu.run(queue, vgpu::CommandWriter().nop()), 1);
	queue.kill();
	const drm_vgpu_queue_state state = queue.state();
	EXPECT_EQ(state.status, DRM_VGPU_QUEUE_KILLED);
	EXPECT_EQ(state.error, 0);
	EXPECT_EQ(state.submitted, 1u);
	EXPECT_EQ(state.completed, 1u);
	EXPECT_EQ(state.stopped, 0u);
}

INSTANTIATE_TEST_SUITE_P(Styles, QueueState, ::testing::ValuesIn(all_styles()), name_of<Style>);

class QueueStateNegative : public DeviceTest
{
protected:
	int ask(std::uint32_t id, std::uint32_t pad = 0)
	{
		drm_vgpu_queue_state args = {};

		args.id = id;
		args.pad = pad;
		return gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_STATE, &args);
	}
};

TEST_F(QueueStateNegative, NamesAndPadding)
{
	EXPECT_EQ(ask(gpu.queue.id()), 0);
	EXPECT_EQ(ask(0), -ENOENT);
	EXPECT_EQ(ask(gpu.queue.id() + 1000), -ENOENT);
	EXPECT_EQ(ask(gpu.queue.id(), 1), -EINVAL);
	EXPECT_EQ(ask(gpu.queue.id(), 1u << 31), -EINVAL);
}

TEST_F(QueueStateNegative, AQueueOfAnotherFileAndOneThatIsGone)
{
	Context other;
	std::vector<vgpu::Queue> more;
	vgpu::Queue gone(gpu.device, gpu.vm);
	const std::uint32_t id = gone.id();

	for (int i = 0; i < 8; i++)
		more.emplace_back(other.device, other.vm);
	EXPECT_EQ(ask(more.back().id()), -ENOENT);
	gone.destroy();
	EXPECT_EQ(ask(id), -ENOENT);
}

TEST_F(QueueStateNegative, AnAnswerThatCantBeWritten)
{
	drm_vgpu_queue_state args = {};

	args.id = gpu.queue.id();
	const ReadOnlyCopy copy(args);
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_STATE, copy.get()), -EFAULT);
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_STATE, nullptr), -EFAULT);
}

TEST_F(QueueStateNegative, ABindQueueHasAState)
{
	const vgpu::Queue queue(gpu.device, gpu.vm, vgpu::QueueOptions::bind());

	EXPECT_EQ(ask(queue.id()), 0);
	EXPECT_EQ(queue.state().status, DRM_VGPU_QUEUE_ACTIVE);
}

} // namespace
