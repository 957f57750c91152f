/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <vector>

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "context.h"
#include "gate.h"
#include "process.h"
#include "style.h"

namespace
{

class QueueControl : public StyleTest
{
};

TEST_P(QueueControl, ASuspendedQueueExecutesNothingAndGoesOnWhereItWas)
{
	vgpu::Queue queue = make_patient(), other = make_patient();
	const vgpu::Syncobj done(gpu.device);
	const std::uint64_t count = 300;

	gpu.submit(queue, counting(gpu.data_address(0), count, 200'000), done);
	gpu.wait_for_change(0, 0);
	queue.suspend();
	const std::uint64_t at = gpu.peek(0);
	EXPECT_EQ(queue.state().status, DRM_VGPU_QUEUE_SUSPENDED);
	EXPECT_LT(at, count);
	/* So long that it would have gone on, on an engine that is free. */
	EXPECT_EQ(gpu.run(other, vgpu::CommandWriter().delay(20'000'000)), 1);
	EXPECT_EQ(gpu.peek(0), at);
	EXPECT_TRUE(is_pending(done));
	queue.resume();
	EXPECT_EQ(queue.state().status, DRM_VGPU_QUEUE_ACTIVE);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.peek(0), count);
}

TEST_P(QueueControl, ASuspendedQueueTakesJobsAndKeepsTheirOrder)
{
	vgpu::Queue queue = make();
	const vgpu::Syncobj done(gpu.device);
	std::vector<std::uint64_t> numbers;

	for (std::uint64_t round = 0; round < 5; round++) {
		queue.suspend();
		for (std::uint64_t i = 0; i < 20; i++) {
			gpu.submit(queue, link(gpu.data_address(0), 100 * round + i), done);
			numbers.push_back(100 * round + i);
		}
		EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
		EXPECT_TRUE(is_pending(done));
		queue.resume();
		if (round % 2) {
			EXPECT_EQ(status_of(done), 1);
		}
	}
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_P(QueueControl, SuspendAndResumeInTheMiddleOfAStreamChangeNothing)
{
	vgpu::Queue queue = make();
	const vgpu::Syncobj done(gpu.device);
	std::vector<std::uint64_t> numbers;

	for (std::uint64_t i = 0; i < 120; i++) {
		vgpu::CommandWriter program;

		program.delay(50'000).mix(gpu.data_address(0), gpu.data_address(0), 8, i);
		gpu.submit(queue, program, done);
		numbers.push_back(i);
		if (i % 6 == 0)
			queue.suspend();
		if (i % 6 == 2)
			queue.resume();
	}
	queue.resume();
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
	EXPECT_EQ(queue.state().completed, 120u);
}

TEST_P(QueueControl, TheClockOfASuspendedJobStandsStill)
{
	vgpu::QueueOptions options = GetParam().options();
	options.timeout_ms = 100;
	vgpu::Queue queue(gpu.device, gpu.vm, options);
	const vgpu::Syncobj done(gpu.device);

	gpu.submit(queue, counting(gpu.data_address(0), 30, 1'000'000), done);
	gpu.wait_for_change(0, 0);
	queue.suspend();
	/* Three times its timeout. */
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().delay(300'000'000)), 1);
	EXPECT_TRUE(is_pending(done)) << "a suspended job has timed out";
	queue.resume();
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.peek(0), 30u);
}

TEST_P(QueueControl, DoingItAgainChangesNothing)
{
	vgpu::Queue queue = make();

	queue.resume();
	queue.suspend();
	queue.suspend();
	EXPECT_EQ(queue.state().status, DRM_VGPU_QUEUE_SUSPENDED);
	queue.resume();
	queue.resume();
	EXPECT_EQ(queue.state().status, DRM_VGPU_QUEUE_ACTIVE);
	EXPECT_EQ(gpu.run(queue, vgpu::CommandWriter().nop()), 1);
}

TEST_P(QueueControl, ASuspendedQueueThatIsKilledLetsItsFencesGo)
{
	vgpu::Queue queue = make_patient();
	const vgpu::Syncobj running(gpu.device), waiting(gpu.device);

	gpu.submit(queue, counting(gpu.data_address(0), 1000, 1'000'000), running);
	gpu.wait_for_change(0, 0);
	queue.suspend();
	gpu.submit(queue, vgpu::CommandWriter().nop(), waiting);
	queue.kill();
	EXPECT_EQ(status_of(running), -ECANCELED);
	EXPECT_EQ(status_of(waiting), -ECANCELED);
	const drm_vgpu_queue_state state = queue.state();
	EXPECT_EQ(state.status, DRM_VGPU_QUEUE_KILLED);
	EXPECT_EQ(state.stopped, 1u);
	EXPECT_EQ(gpu.peek(0), counted_at(state.stop_word));
}

TEST_P(QueueControl, AKilledQueueTakesNothingMore)
{
	vgpu::Queue queue = make();
	const Call call = gpu.place(vgpu::CommandWriter().nop());
	vgpu::Exec exec;

	queue.kill();
	exec.job(queue).call(call.va, call.words);
	EXPECT_EQ(exec.try_submit(*gpu.io), -ECANCELED);
	for (const drm_vgpu_queue_op op :
	     {DRM_VGPU_QUEUE_OP_SUSPEND, DRM_VGPU_QUEUE_OP_RESUME, DRM_VGPU_QUEUE_OP_PRIORITY})
		EXPECT_EQ(queue.try_control(op), -ECANCELED) << op;
	EXPECT_EQ(queue.try_control(DRM_VGPU_QUEUE_OP_KILL), 0);
}

TEST_P(QueueControl, PriorityInTheMiddleOfAStreamChangesNothing)
{
	vgpu::Queue queue = make();
	const vgpu::Syncobj done(gpu.device);
	std::vector<std::uint64_t> numbers;

	for (std::uint64_t i = 0; i < 60; i++) {
		gpu.submit(queue, link(gpu.data_address(0), i), done);
		numbers.push_back(i);
		queue.set_priority(i % 2 ? DRM_VGPU_PRIORITY_LOW : DRM_VGPU_PRIORITY_NORMAL);
	}
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

INSTANTIATE_TEST_SUITE_P(Styles, QueueControl, ::testing::ValuesIn(all_styles()), name_of<Style>);

class QueueControlNegative : public DeviceTest
{
protected:
	static int control(Context &client, std::uint32_t id, std::uint32_t op, std::uint64_t value)
	{
		drm_vgpu_queue_control args = {};

		args.id = id;
		args.op = op;
		args.value = value;
		return client.ioctl(DRM_IOCTL_VGPU_QUEUE_CONTROL, &args);
	}

	int control(std::uint32_t id, std::uint32_t op, std::uint64_t value)
	{
		return control(gpu, id, op, value);
	}

	static int create(Context &client, std::uint32_t priority)
	{
		drm_vgpu_queue_create args = {};

		args.vm = client.vm.id();
		args.priority = priority;
		return client.ioctl(DRM_IOCTL_VGPU_QUEUE_CREATE, &args);
	}

	/* From now on this process has no right to push ahead. */
	static bool drop_nice()
	{
		__user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
		__user_cap_data_struct data[2] = {};

		if (syscall(SYS_capget, &header, data))
			return false;
		data[0].effective &= ~(1u << CAP_SYS_NICE);
		data[0].permitted &= ~(1u << CAP_SYS_NICE);
		return syscall(SYS_capset, &header, data) == 0;
	}
};

TEST_F(QueueControlNegative, EveryMistake)
{
	const std::uint32_t id = gpu.queue.id();

	EXPECT_EQ(control(0, DRM_VGPU_QUEUE_OP_SUSPEND, 0), -ENOENT);
	EXPECT_EQ(control(id + 1000, DRM_VGPU_QUEUE_OP_KILL, 0), -ENOENT);
	EXPECT_EQ(control(id, 4, 0), -EINVAL);
	EXPECT_EQ(control(id, ~0u, 0), -EINVAL);
	for (const std::uint64_t value : {1ULL, 1ULL << 32, ~0ULL}) {
		EXPECT_EQ(control(id, DRM_VGPU_QUEUE_OP_SUSPEND, value), -EINVAL);
		EXPECT_EQ(control(id, DRM_VGPU_QUEUE_OP_RESUME, value), -EINVAL);
		EXPECT_EQ(control(id, DRM_VGPU_QUEUE_OP_KILL, value), -EINVAL);
	}
	EXPECT_EQ(control(id, DRM_VGPU_QUEUE_OP_PRIORITY, 3), -EINVAL);
	EXPECT_EQ(control(id, DRM_VGPU_QUEUE_OP_PRIORITY, 1ULL << 32), -EINVAL);
	EXPECT_EQ(control(id, DRM_VGPU_QUEUE_OP_PRIORITY, ~0ULL), -EINVAL);
	EXPECT_EQ(gpu.queue.state().status, DRM_VGPU_QUEUE_ACTIVE);
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_CONTROL, nullptr), -EFAULT);
}

TEST_F(QueueControlNegative, QueuesOfEnginesOnly)
{
	const vgpu::Queue bind(gpu.device, gpu.vm, vgpu::QueueOptions::bind());

	for (std::uint32_t op = 0; op <= DRM_VGPU_QUEUE_OP_KILL; op++)
		EXPECT_EQ(control(bind.id(), op, 0), -EINVAL) << op;
}

TEST_F(QueueControlNegative, AQueueOfAnotherFile)
{
	Context other;
	std::vector<vgpu::Queue> more;

	for (int i = 0; i < 8; i++)
		more.emplace_back(other.device, other.vm);
	EXPECT_EQ(control(more.back().id(), DRM_VGPU_QUEUE_OP_KILL, 0), -ENOENT);
	EXPECT_EQ(more.back().state().status, DRM_VGPU_QUEUE_ACTIVE);
}

TEST_F(QueueControlNegative, HighPriorityIsARight)
{
	if (geteuid() != 0)
		GTEST_SKIP() << "only root can show that it may ask for a high priority";
	EXPECT_EQ(control(gpu.queue.id(), DRM_VGPU_QUEUE_OP_PRIORITY, DRM_VGPU_PRIORITY_HIGH), 0);
	EXPECT_EQ(create(gpu, DRM_VGPU_PRIORITY_HIGH), 0);

	Child child([](Child &) {
		Context mine;
		const std::uint32_t id = mine.queue.id();

		if (!drop_nice())
			return 10;
		if (create(mine, DRM_VGPU_PRIORITY_HIGH) != -EACCES)
			return 11;
		if (control(mine, id, DRM_VGPU_QUEUE_OP_PRIORITY, DRM_VGPU_PRIORITY_HIGH) !=
		    -EACCES)
			return 12;
		if (create(mine, DRM_VGPU_PRIORITY_NORMAL) || create(mine, DRM_VGPU_PRIORITY_LOW))
			return 13;
		if (control(mine, id, DRM_VGPU_QUEUE_OP_PRIORITY, DRM_VGPU_PRIORITY_LOW) ||
		    control(mine, id, DRM_VGPU_QUEUE_OP_PRIORITY, DRM_VGPU_PRIORITY_NORMAL))
			return 14;
		/* A value that means nothing stays a mistake of its own. */
		return control(mine, id, DRM_VGPU_QUEUE_OP_PRIORITY, 3) == -EINVAL ? 0 : 15;
	});
	EXPECT_EQ(child.result(), 0);
}

} // namespace
