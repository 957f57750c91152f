/* SPDX-License-Identifier: MIT */

/*
 * Every allocation that a call makes fails once: the n-th for n = 1, 2, ... until the call gets
 * through. It must say so, and nothing may have happened. Kernels that can let copies from and to
 * the caller's memory fail count these as well.
 */

#include <cerrno>
#include <fstream>
#include <functional>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "context.h"

namespace
{

constexpr const char *debugfs = "/sys/kernel/debug/";

bool set_knob(const char *name, const char *value)
{
	std::ofstream file(std::string(debugfs) + name);

	file << value;
	return static_cast<bool>(file.flush());
}

class FaultInjection : public DeviceTest
{
protected:
	void SetUp() override
	{
		fail_nth_.reset(open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC));
		if (!fail_nth_)
			GTEST_SKIP() << "this kernel can't let allocations fail "
					"(CONFIG_FAULT_INJECTION, CONFIG_FAILSLAB)";
		/* Allocations that may sleep are the ones of interest; no stack dump for each. */
		if (!set_knob("failslab/ignore-gfp-wait", "N") ||
		    !set_knob("failslab/verbose", "0"))
			GTEST_SKIP() << "can't set up " << debugfs
				     << "failslab (is debugfs mounted, and are you root?)";
		set_knob("fail_usercopy/verbose", "0"); /* not every kernel has it */
	}

	void TearDown() override
	{
		if (fail_nth_)
			set_knob("failslab/ignore-gfp-wait", "Y");
	}

	/*
	 * Makes the call again and again. @check is called after each failure. @return how many
	 * different steps failed
	 */
	int fail_each(const std::function<int()> &call, const std::function<void()> &check)
	{
		for (int nth = 1; nth < 500; nth++) {
			arm(nth);
			const int result = call();
			/* 0 there: the n-th step has been reached, and failed. */
			const bool failed = disarm() == 0;

			if (!failed) {
				EXPECT_EQ(result, 0)
					<< "nothing was made to fail, but the call did";
				return nth - 1;
			}
			/* Copies from and to the caller's memory may be what fails, too. */
			EXPECT_TRUE(result == 0 || result == -ENOMEM || result == -EFAULT)
				<< "step " << nth << " failed, the call says " << result;
			if (result != 0)
				check();
			else
				undo_success_();
			if (HasFailure())
				return nth;
		}
		ADD_FAILURE() << "the call never gets through";
		return 0;
	}

	/* What to do when a call succeeded although an allocation failed; once, it may. */
	std::function<void()> undo_success_ = [] {};

private:
	void arm(int nth)
	{
		const std::string text = std::to_string(nth);

		ASSERT_EQ(pwrite(fail_nth_.get(), text.data(), text.size(), 0),
			  static_cast<ssize_t>(text.size()));
	}

	int disarm()
	{
		char text[16] = {};

		if (pread(fail_nth_.get(), text, sizeof(text) - 1, 0) <= 0)
			return -1;
		if (pwrite(fail_nth_.get(), "0", 1, 0) != 1)
			return -1;
		return std::stoi(text);
	}

	vgpu::UniqueFd fail_nth_;
};

TEST_F(FaultInjection, BufferCreate)
{
	drm_vgpu_bo_create args = {};
	const auto call = [&] {
		args = {};
		args.size = 8192;
		return gpu.ioctl(DRM_IOCTL_VGPU_BO_CREATE, &args);
	};
	const auto close = [&] {
		drm_gem_close gem = {};
		gem.handle = args.handle;
		EXPECT_EQ(gpu.ioctl(DRM_IOCTL_GEM_CLOSE, &gem), 0);
	};

	undo_success_ = close;
	EXPECT_GT(fail_each(call, [&] { EXPECT_EQ(args.handle, 0u); }), 0);
	close();
}

TEST_F(FaultInjection, VmCreate)
{
	drm_vgpu_vm_create args = {};
	const auto call = [&] {
		args = {};
		return gpu.ioctl(DRM_IOCTL_VGPU_VM_CREATE, &args);
	};
	const auto destroy = [&] {
		drm_vgpu_vm_destroy vm = {};
		vm.id = args.id;
		EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_DESTROY, &vm), 0);
	};

	undo_success_ = destroy;
	EXPECT_GT(fail_each(call, [&] { EXPECT_EQ(args.id, 0u); }), 0);
	destroy();
	/*
	 * What failed must not have used up the share. One may have been made whose name could not
	 * be copied to us; nobody can destroy that one.
	 */
	std::vector<vgpu::Vm> vms;
	for (std::uint32_t i = 2; i < gpu.device.info().max_vms; i++)
		EXPECT_NO_THROW(vms.emplace_back(gpu.device));
}

TEST_F(FaultInjection, QueueCreate)
{
	drm_vgpu_queue_create args = {};
	const auto call = [&] {
		args = {};
		args.vm = gpu.vm.id();
		return gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_CREATE, &args);
	};
	const auto destroy = [&] {
		drm_vgpu_queue_destroy queue = {};
		queue.id = args.id;
		EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_DESTROY, &queue), 0);
	};

	undo_success_ = destroy;
	EXPECT_GT(fail_each(call, [&] { EXPECT_EQ(args.id, 0u); }), 0);
	destroy();
}

TEST_F(FaultInjection, Bind)
{
	constexpr std::uint64_t here = 0x40000000, page = 4096;
	vgpu::Buffer old(gpu.device, 3 * page), fresh(gpu.device, page);

	old.words()[0] = old.words()[512] = 100;
	fresh.words()[0] = 200;
	gpu.vm.map(old, here);
	/* The first splits what is there, the second needs page tables of its own. */
	drm_vgpu_bind_op ops[] = {vgpu::map_op(fresh, here + page, 0, page),
				  vgpu::map_op(fresh, here + (8ULL << 30), 0, page)};
	drm_vgpu_vm_bind args = {};
	args.vm = gpu.vm.id();
	args.ops = {sizeof(ops[0]), 2, reinterpret_cast<__u64>(ops)};

	/* Some allocations have something to fall back on. */
	undo_success_ = [&] {
		gpu.vm.map(old, here);
		gpu.vm.unmap(here + (8ULL << 30), page);
	};

	vgpu::CommandWriter first, second;
	first.copy(gpu.data_address(0), here + page, 8);
	second.copy(gpu.data_address(0), here + (8ULL << 30), 8);
	EXPECT_GT(fail_each([&] { return gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &args); },
			    [&] {
				    EXPECT_EQ(gpu.run(first), 1);
				    EXPECT_EQ(gpu.data(0), 100u);
				    EXPECT_EQ(gpu.run(second), -EFAULT);
			    }),
		  0);
	EXPECT_EQ(gpu.run(first), 1);
	EXPECT_EQ(gpu.data(0), 200u);
	EXPECT_EQ(gpu.run(second), 1);
}

TEST_F(FaultInjection, Exec)
{
	const vgpu::Queue other(gpu.device, gpu.vm);
	vgpu::Syncobj before(gpu.device), binary(gpu.device), timeline(gpu.device);
	const Call a = gpu.place(link(gpu.data_address(0), 1));
	const Call b = gpu.place(link(gpu.data_address(0), 2));
	std::vector<std::uint64_t> numbers;
	vgpu::Exec exec;

	before.signal();
	exec.job(gpu.queue).call(a.va, a.words).wait(before).signal(binary).signal(timeline, 5);
	exec.job(other).call(b.va, b.words).wait(binary).wait(timeline, 5).signal(binary);
	const auto finish = [&] {
		numbers.push_back(1);
		numbers.push_back(2);
		EXPECT_EQ(status_of(binary), 1);
		binary.reset();
		timeline.reset();
	};

	undo_success_ = finish;
	EXPECT_GT(fail_each([&] { return exec.try_submit(*gpu.io); },
			    [&] {
				    EXPECT_TRUE(has_no_fence(binary));
				    EXPECT_TRUE(has_no_fence(timeline));
			    }),
		  0);
	finish();
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers)) << "a call that failed has submitted something";
}

TEST_F(FaultInjection, Open)
{
	/* The context's own file stays: only the new one is under test. */
	vgpu::UniqueFd fd;
	const std::string path = "/proc/self/fd/" + std::to_string(gpu.io->fd());

	undo_success_ = [&] { fd.reset(); };
	EXPECT_GT(fail_each(
			  [&] {
				  fd.reset(open(path.c_str(), O_RDWR | O_CLOEXEC));
				  return fd ? 0 : -errno;
			  },
			  [] {}),
		  0);
}

TEST_F(FaultInjection, ExportAndImport)
{
	Context other;
	drm_prime_handle args = {};

	undo_success_ = [&] { close(args.fd); };
	EXPECT_GT(fail_each(
			  [&] {
				  args = {};
				  args.handle = gpu.data_buffer.handle();
				  args.flags = O_RDWR | O_CLOEXEC;
				  return gpu.ioctl(DRM_IOCTL_PRIME_HANDLE_TO_FD, &args);
			  },
			  [] {}),
		  0);
	const vgpu::UniqueFd exported(args.fd);
	std::uint32_t handle = 0;
	const auto drop = [&] {
		drm_gem_close gem = {};
		gem.handle = handle;
		EXPECT_EQ(other.ioctl(DRM_IOCTL_GEM_CLOSE, &gem), 0);
	};

	undo_success_ = drop;
	EXPECT_GT(fail_each(
			  [&] {
				  drm_prime_handle import = {};
				  import.fd = exported.get();
				  const int result =
					  other.ioctl(DRM_IOCTL_PRIME_FD_TO_HANDLE, &import);
				  handle = import.handle;
				  return result;
			  },
			  [] {}),
		  0);
	drop();
}

} // namespace
