/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <csignal>
#include <vector>

#include <sys/time.h>

#include "context.h"

namespace
{

/* Signals rain on this process for as long as one of these lives. */
class SignalStorm
{
public:
	SignalStorm()
	{
		struct sigaction action = {};
		itimerval often = {};

		action.sa_handler = [](int) {};
		sigaction(SIGALRM, &action, &old_);
		often.it_interval.tv_usec = often.it_value.tv_usec = 150;
		setitimer(ITIMER_REAL, &often, nullptr);
	}
	SignalStorm(const SignalStorm &) = delete;
	SignalStorm &operator=(const SignalStorm &) = delete;
	~SignalStorm()
	{
		const itimerval never = {};

		setitimer(ITIMER_REAL, &never, nullptr);
		sigaction(SIGALRM, &old_, nullptr);
	}

private:
	struct sigaction old_;
};

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

} // namespace
