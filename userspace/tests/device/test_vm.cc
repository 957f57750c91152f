/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <vector>

#include "context.h"

namespace
{

class VmTest : public DeviceTest
{
protected:
	int create(std::uint32_t flags, std::uint32_t &id)
	{
		drm_vgpu_vm_create args = {};

		args.flags = flags;
		const int result = gpu.ioctl(DRM_IOCTL_VGPU_VM_CREATE, &args);
		id = args.id;
		return result;
	}

	int destroy(std::uint32_t id, std::uint32_t pad)
	{
		drm_vgpu_vm_destroy args = {};

		args.id = id;
		args.pad = pad;
		return gpu.ioctl(DRM_IOCTL_VGPU_VM_DESTROY, &args);
	}
};

TEST_F(VmTest, NamesAreNeverZeroAndDiffer)
{
	std::uint32_t a, b;

	ASSERT_EQ(create(0, a), 0);
	ASSERT_EQ(create(0, b), 0);
	EXPECT_NE(a, 0u);
	EXPECT_NE(b, 0u);
	EXPECT_NE(a, b);
	EXPECT_EQ(destroy(a, 0), 0);
	EXPECT_EQ(destroy(b, 0), 0);
}

TEST_F(VmTest, AFileHasItsShareAndNoMore)
{
	std::vector<vgpu::Vm> vms;
	std::uint32_t id = 0;

	for (std::uint32_t i = 1; i < gpu.device.info().max_vms; i++)
		vms.emplace_back(gpu.device);
	EXPECT_EQ(create(0, id), -EDQUOT);
	EXPECT_EQ(id, 0u);
	EXPECT_NO_THROW(Context()) << "the share is per file";
	vms.pop_back();
	EXPECT_EQ(create(0, id), 0) << "what was destroyed comes back";
}

TEST_F(VmTest, AddressSpacesAreSeparate)
{
	vgpu::Vm second(gpu.device);
	vgpu::Queue queue(gpu.device, second);
	vgpu::Buffer data(gpu.device, 4096);
	vgpu::CommandWriter program;

	second.map(gpu.code_buffer, Context::code_va);
	second.map(data, Context::data_va);
	gpu.data(0) = 1;
	data.words()[0] = 2;
	program.store(Context::data_va, 3);
	EXPECT_EQ(gpu.run(queue, program), 1);
	EXPECT_EQ(gpu.data(0), 1u);
	EXPECT_EQ(data.words()[0], 3u);
}

TEST_F(VmTest, AQueueGoesOnUsingItsAddressSpaceWithoutTheName)
{
	vgpu::CommandWriter program;

	ASSERT_EQ(destroy(gpu.vm.id(), 0), 0);
	program.store(gpu.data_address(0), 3);
	EXPECT_EQ(gpu.run(program), 1);
	EXPECT_EQ(gpu.data(0), 3u);
}

TEST_F(VmTest, NegativeEachUnknownFlag)
{
	for (int bit = 0; bit < 32; bit++) {
		std::uint32_t id = 0;

		EXPECT_EQ(create(1u << bit, id), -EINVAL) << "bit " << bit;
		EXPECT_EQ(id, 0u);
	}
}

TEST_F(VmTest, NegativeDestroy)
{
	std::uint32_t id;

	ASSERT_EQ(create(0, id), 0);
	EXPECT_EQ(destroy(0, 0), -ENOENT);
	EXPECT_EQ(destroy(id + 1000, 0), -ENOENT);
	EXPECT_EQ(destroy(id, 1), -EINVAL);
	EXPECT_EQ(destroy(id, 0), 0) << "the mistakes before must have changed nothing";
	EXPECT_EQ(destroy(id, 0), -ENOENT);
}

TEST_F(VmTest, NegativeNameOfAnotherFile)
{
	Context other;
	std::vector<vgpu::Vm> more;

	for (int i = 0; i < 4; i++)
		more.emplace_back(other.device);
	EXPECT_EQ(destroy(more.back().id(), 0), -ENOENT);
}

} // namespace
