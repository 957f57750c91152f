/* SPDX-License-Identifier: MIT */
#include <algorithm>
#include <cerrno>
#include <optional>

#include <fcntl.h>

#include "context.h"
#include "gate.h"

namespace
{

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t here = 0x50000000;

class VmPrivate : public DeviceTest
{
protected:
	int create(std::uint32_t flags, std::uint32_t vm)
	{
		drm_vgpu_bo_create args = {};

		args.size = page;
		args.flags = flags;
		args.vm = vm;
		const int result = gpu.ioctl(DRM_IOCTL_VGPU_BO_CREATE, &args);
		EXPECT_EQ(args.handle != 0, result == 0);
		return result;
	}
};

TEST_F(VmPrivate, WorksLikeAnyOtherInItsAddressSpace)
{
	vgpu::Buffer buffer(gpu.device, 2 * page, gpu.vm);
	const auto words = buffer.words();

	EXPECT_TRUE(std::all_of(words.begin(), words.end(), [](auto w) { return w == 0; }));
	gpu.vm.map(buffer, here);
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().fill(here, 2 * page, 6)), 1);
	EXPECT_TRUE(std::all_of(words.begin(), words.end(), [](auto w) { return w == 6; }));
}

TEST_F(VmPrivate, CantBeExported)
{
	const vgpu::Buffer buffer(gpu.device, page, gpu.vm);
	drm_prime_handle args = {};

	args.handle = buffer.handle();
	args.flags = O_RDWR | O_CLOEXEC;
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_PRIME_HANDLE_TO_FD, &args), -EINVAL);
}

TEST_F(VmPrivate, CantBeMappedElsewhere)
{
	const vgpu::Buffer buffer(gpu.device, page, gpu.vm);
	vgpu::Vm other(gpu.device);
	const vgpu::Queue binder(gpu.device, other, vgpu::QueueOptions::bind());
	const drm_vgpu_bind_op op = vgpu::map_op(buffer, here, 0, page);

	EXPECT_EQ(other.try_bind({&op, 1}), -EINVAL);
	EXPECT_EQ(vgpu::Bind().op(op).try_submit(*gpu.io, other.id(), binder.id()), -EINVAL);
	EXPECT_EQ(gpu.vm.try_bind({&op, 1}), 0);
}

TEST_F(VmPrivate, OutlivesTheNameOfItsAddressSpace)
{
	vgpu::Buffer buffer(gpu.device, page, gpu.vm);

	gpu.vm.map(buffer, here);
	gpu.vm.destroy();
	EXPECT_EQ(gpu.run(gpu.queue, vgpu::CommandWriter().store(here, 8)), 1);
	EXPECT_EQ(buffer.words()[0], 8u);
}

TEST_F(VmPrivate, OutlivesItsAddressSpace)
{
	std::optional<vgpu::Vm> vm(std::in_place, gpu.device);
	vgpu::Buffer buffer(gpu.device, page, *vm);

	vm->map(buffer, here);
	vm.reset();
	buffer.words()[3] = 4;
	EXPECT_EQ(buffer.words()[3], 4u);
}

/* All of an address space share their fences: a job that uses one waits for users of the others. */
TEST_F(VmPrivate, BuffersOfAnAddressSpaceAreOrderedTogether)
{
	const vgpu::Buffer a(gpu.device, page, gpu.vm), b(gpu.device, page, gpu.vm);
	const vgpu::Queue other(gpu.device, gpu.vm);
	const vgpu::Syncobj first(gpu.device), second(gpu.device);
	const Call one = gpu.place(link(gpu.data_address(0), 1));
	const Call two = gpu.place(link(gpu.data_address(0), 2));
	vgpu::Exec exec, later;
	std::optional<Gate> gate(std::in_place, gpu, gpu.queue);

	exec.job(gpu.queue).call(one.va, one.words).use(a, vgpu::BufferUse::write).signal(first);
	exec.submit(gpu.device);
	later.job(other).call(two.va, two.words).use(b, vgpu::BufferUse::write).signal(second);
	later.submit(gpu.device);
	gate->open();
	EXPECT_EQ(status_of(second), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2}));
}

TEST_F(VmPrivate, NegativeFields)
{
	EXPECT_EQ(create(DRM_VGPU_BO_VM_PRIVATE, gpu.vm.id()), 0);
	EXPECT_EQ(create(DRM_VGPU_BO_VM_PRIVATE, 0), -ENOENT);
	EXPECT_EQ(create(DRM_VGPU_BO_VM_PRIVATE, gpu.vm.id() + 1000), -ENOENT);
	EXPECT_EQ(create(0, gpu.vm.id()), -EINVAL);
	for (int bit = 1; bit < 32; bit++)
		EXPECT_EQ(create(DRM_VGPU_BO_VM_PRIVATE | 1u << bit, gpu.vm.id()), -EINVAL) << bit;

	drm_vgpu_bo_create args = {};
	args.size = page;
	args.pad = 1;
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_BO_CREATE, &args), -EINVAL);
}

} // namespace
