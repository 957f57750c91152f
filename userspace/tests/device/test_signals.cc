/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <csignal>
#include <chrono>
#include <optional>
#include <vector>

#include "context.h"
#include "gate.h"
#include "storm.h"

namespace
{

class Signals : public DeviceTest
{
protected:
	/* Repeats a call by hand. @return how often it was interrupted */
	int insist(unsigned long request, void *arg)
	{
		int interrupted = 0;
		int result;

		while ((result = gpu.ioctl_once(request, arg)) == -EINTR || result == -EAGAIN)
			interrupted++;
		EXPECT_EQ(result, 0);
		return interrupted;
	}
};

TEST_F(Signals, ExecHappensOnceOrNotAtAll)
{
	const vgpu::Queue other(gpu.device, gpu.vm);
	const vgpu::Syncobj timeline(gpu.device);
	std::vector<std::uint64_t> numbers;
	std::uint64_t point = 0;
	int interrupted = 0;

	{
		const SignalStorm storm;
		for (std::uint64_t i = 0; i < 80; i++) {
			const Call a = gpu.place(link(gpu.data_address(0), 2 * i));
			const Call b = gpu.place(link(gpu.data_address(0), 2 * i + 1));
			drm_vgpu_call calls[2] = {{a.va, a.words, 0}, {b.va, b.words, 0}};
			drm_vgpu_sync syncs[2][2] = {
				{{timeline.handle(), DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE,
				  point + 1},
				 {timeline.handle(), DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_TIMELINE,
				  point}},
				{{timeline.handle(), DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE,
				  point + 2},
				 {timeline.handle(), DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_TIMELINE,
				  point + 1}}};
			drm_vgpu_job jobs[2] = {};
			drm_vgpu_exec args = {};

			for (int j = 0; j < 2; j++) {
				jobs[j].queue = j ? other.id() : gpu.queue.id();
				jobs[j].calls = {sizeof(calls[0]), 1,
						 reinterpret_cast<__u64>(&calls[j])};
				/* The very first job has nothing to wait for. */
				jobs[j].syncs = {sizeof(syncs[0][0]), point || j ? 2u : 1u,
						 reinterpret_cast<__u64>(syncs[j])};
			}
			args.jobs = {sizeof(jobs[0]), 2, reinterpret_cast<__u64>(jobs)};
			interrupted += insist(DRM_IOCTL_VGPU_EXEC, &args);
			point += 2;
			numbers.push_back(2 * i);
			numbers.push_back(2 * i + 1);
		}
	}
	EXPECT_TRUE(timeline.wait(point, vgpu::Deadline::in(long_enough)));
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
	RecordProperty("interrupted", interrupted);
}

TEST_F(Signals, BindHappensWhollyOrNotAtAll)
{
	constexpr std::uint64_t here = 0x40000000, page = 4096;
	vgpu::Buffer buffers[2] = {{gpu.device, page}, {gpu.device, page}};
	int interrupted = 0;

	buffers[0].words()[0] = 100;
	buffers[1].words()[0] = 200;
	for (int i = 0; i < 40; i++) {
		drm_vgpu_bind_op ops[] = {vgpu::map_op(buffers[i % 2], here, 0, page),
					  vgpu::unmap_op(here + page, page),
					  vgpu::map_op(buffers[i % 2], here + 2 * page, 0, page)};
		drm_vgpu_vm_bind args = {};
		int result;

		args.vm = gpu.vm.id();
		args.ops = {sizeof(ops[0]), 3, reinterpret_cast<__u64>(ops)};
		{
			const SignalStorm storm;
			result = gpu.ioctl_once(DRM_IOCTL_VGPU_VM_BIND, &args);
		}
		if (i == 0 && result == -EINTR)
			result = gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &args);
		ASSERT_TRUE(result == 0 || result == -EINTR) << result;
		interrupted += result == -EINTR;

		vgpu::CommandWriter program;
		program.copy(gpu.data_address(0), here, 8);
		program.copy(gpu.data_address(1), here + 2 * page, 8);
		ASSERT_EQ(gpu.run(program), 1);
		/* Both as new, or both as they were. */
		ASSERT_EQ(gpu.data(0), gpu.data(1)) << "half of the call took effect";
		if (result == 0) {
			ASSERT_EQ(gpu.data(0), i % 2 ? 200u : 100u);
		}
	}
	RecordProperty("interrupted", interrupted);
}

TEST_F(Signals, EveryOtherCallSurvivesThem)
{
	const SignalStorm storm;

	for (int i = 0; i < 30; i++) {
		drm_vgpu_vm_create vm = {};
		drm_vgpu_queue_create queue = {};
		drm_vgpu_bo_create buffer = {};
		drm_vgpu_bo_mmap_offset offset = {};
		drm_vgpu_queue_destroy queue_destroy = {};
		drm_vgpu_vm_destroy vm_destroy = {};
		drm_gem_close close = {};

		insist(DRM_IOCTL_VGPU_VM_CREATE, &vm);
		queue.vm = vm.id;
		insist(DRM_IOCTL_VGPU_QUEUE_CREATE, &queue);
		buffer.size = 4096;
		insist(DRM_IOCTL_VGPU_BO_CREATE, &buffer);
		offset.handle = buffer.handle;
		insist(DRM_IOCTL_VGPU_BO_MMAP_OFFSET, &offset);
		queue_destroy.id = queue.id;
		insist(DRM_IOCTL_VGPU_QUEUE_DESTROY, &queue_destroy);
		vm_destroy.id = vm.id;
		insist(DRM_IOCTL_VGPU_VM_DESTROY, &vm_destroy);
		close.handle = buffer.handle;
		insist(DRM_IOCTL_GEM_CLOSE, &close);
	}
}

/* Done in any case, whoever is interrupted: doing it again only waits. */
TEST_F(Signals, QueueControlHappensEachTime)
{
	const vgpu::Queue queue(gpu.device, gpu.vm, patient(gpu.device));
	const vgpu::Syncobj done(gpu.device);
	std::vector<std::uint64_t> numbers;
	int interrupted = 0;

	for (std::uint64_t i = 0; i < 60; i++) {
		drm_vgpu_queue_control args = {};

		gpu.submit(queue, link(gpu.data_address(0), i), done);
		numbers.push_back(i);
		args.id = queue.id();
		args.op = i % 3 == 0   ? DRM_VGPU_QUEUE_OP_SUSPEND
			  : i % 3 == 1 ? DRM_VGPU_QUEUE_OP_PRIORITY
				       : DRM_VGPU_QUEUE_OP_RESUME;
		args.value = i % 3 == 1 ? DRM_VGPU_PRIORITY_LOW : 0;
		{
			const SignalStorm storm;
			interrupted += insist(DRM_IOCTL_VGPU_QUEUE_CONTROL, &args);
		}
		ASSERT_EQ(queue.state().status,
			  i % 3 == 2 ? DRM_VGPU_QUEUE_ACTIVE : DRM_VGPU_QUEUE_SUSPENDED);
	}
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
	RecordProperty("interrupted", interrupted);
}

TEST_F(Signals, AKillThatIsInterruptedKills)
{
	for (int i = 0; i < 10; i++) {
		const vgpu::Queue queue(gpu.device, gpu.vm, patient(gpu.device));
		const vgpu::Syncobj done(gpu.device);
		drm_vgpu_queue_control args = {};

		gpu.submit(queue, vgpu::CommandWriter().delay(10'000'000'000), done);
		args.id = queue.id();
		args.op = DRM_VGPU_QUEUE_OP_KILL;
		{
			const SignalStorm storm;
			const int result = gpu.ioctl_once(DRM_IOCTL_VGPU_QUEUE_CONTROL, &args);

			EXPECT_TRUE(result == 0 || result == -EINTR) << result;
		}
		EXPECT_EQ(status_of(done), -ECANCELED) << "the signal has undone it";
		EXPECT_EQ(queue.state().status, DRM_VGPU_QUEUE_KILLED);
	}
}

TEST_F(Signals, DestroyAndDrainHappenOnce)
{
	for (int i = 0; i < 20; i++) {
		drm_vgpu_queue_create create = {};
		drm_vgpu_queue_destroy args = {};

		create.vm = gpu.vm.id();
		ASSERT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_CREATE, &create), 0);
		const Call call = gpu.place(vgpu::CommandWriter().delay(1'000'000));
		drm_vgpu_call code = {call.va, call.words, 0};
		drm_vgpu_job job = {};
		drm_vgpu_exec exec = {};
		job.queue = create.id;
		job.calls = {sizeof(code), 1, reinterpret_cast<__u64>(&code)};
		exec.jobs = {sizeof(job), 1, reinterpret_cast<__u64>(&job)};
		ASSERT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_EXEC, &exec), 0);
		args.id = create.id;
		args.flags = i % 2 ? DRM_VGPU_QUEUE_DESTROY_DRAIN : 0;
		{
			const SignalStorm storm;
			insist(DRM_IOCTL_VGPU_QUEUE_DESTROY, &args);
		}
		EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_DESTROY, &args), -ENOENT);
	}
}

TEST_F(Signals, AsyncBindHappensOnceOrNotAtAll)
{
	constexpr std::uint64_t here = 0x50000000, page = 4096;
	const vgpu::Queue binder(gpu.device, gpu.vm, vgpu::QueueOptions::bind());
	const vgpu::Syncobj timeline(gpu.device);
	vgpu::Buffer buffers[2] = {{gpu.device, page}, {gpu.device, page}};
	int interrupted = 0;

	buffers[0].words()[0] = 100;
	buffers[1].words()[0] = 200;
	for (std::uint64_t i = 1; i <= 60; i++) {
		const drm_vgpu_bind_op op = vgpu::map_op(buffers[i % 2], here, 0, page);
		const drm_vgpu_sync sync = {timeline.handle(),
					    DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE, i};
		drm_vgpu_vm_bind args = {};

		args.vm = gpu.vm.id();
		args.flags = DRM_VGPU_VM_BIND_ASYNC;
		args.queue = binder.id();
		args.ops = {sizeof(op), 1, reinterpret_cast<__u64>(&op)};
		args.syncs = {sizeof(sync), 1, reinterpret_cast<__u64>(&sync)};
		const SignalStorm storm;
		interrupted += insist(DRM_IOCTL_VGPU_VM_BIND, &args);
	}
	EXPECT_TRUE(timeline.wait(60, vgpu::Deadline::in(long_enough)));
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().copy(gpu.data_address(0), here, 8)), 1);
	EXPECT_EQ(gpu.data(0), 100u);
	EXPECT_EQ(binder.state().submitted, 60u) << "one was done twice, or lost";
	RecordProperty("interrupted", interrupted);
}

/* With a list of buffers that others hold, too: locks that can be interrupted. */
TEST_F(Signals, ExecWithBuffersHappensOnceOrNotAtAll)
{
	const vgpu::Queue other(gpu.device, gpu.vm);
	const vgpu::Syncobj done(gpu.device);
	std::vector<vgpu::Buffer> buffers;
	std::vector<std::uint64_t> numbers;

	for (int i = 0; i < 32; i++)
		buffers.emplace_back(gpu.device, 4096);
	for (std::uint64_t i = 0; i < 60; i++) {
		const Call code = gpu.place(link(gpu.data_address(0), i));
		drm_vgpu_call call = {code.va, code.words, 0};
		drm_vgpu_sync sync = {done.handle(), DRM_VGPU_SYNC_SIGNAL, 0};
		std::vector<drm_vgpu_bo_use> uses;
		drm_vgpu_job job = {};
		drm_vgpu_exec args = {};

		for (const vgpu::Buffer &buffer : buffers)
			uses.push_back({buffer.handle(), DRM_VGPU_BO_USE_WRITE});
		job.queue = i % 2 ? other.id() : gpu.queue.id();
		job.calls = {sizeof(call), 1, reinterpret_cast<__u64>(&call)};
		job.syncs = {sizeof(sync), 1, reinterpret_cast<__u64>(&sync)};
		job.bos = {sizeof(uses[0]), 32, reinterpret_cast<__u64>(uses.data())};
		args.jobs = {sizeof(job), 1, reinterpret_cast<__u64>(&job)};
		const SignalStorm storm;
		insist(DRM_IOCTL_VGPU_EXEC, &args);
		numbers.push_back(i);
	}
	EXPECT_EQ(status_of(done), 1);
	/* Two queues, and nothing but the buffers orders them. */
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

} // namespace
