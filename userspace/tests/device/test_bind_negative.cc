/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <functional>
#include <vector>

#include "context.h"
#include "read_only.h"

namespace
{

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t here = 0x40000000;

/* Three operations that are all right; a test makes one mistake in the last. */
struct ValidBind {
	drm_vgpu_vm_bind args = {};
	std::vector<drm_vgpu_bind_op> ops;
	std::uint64_t va_start = 0, va_end = 0;
	std::uint32_t max_ops = 0;

	drm_vgpu_bind_op &map() { return ops[1]; }
	drm_vgpu_bind_op &unmap() { return ops[2]; }
};

struct BindMistake {
	const char *name;
	int error;
	std::function<void(ValidBind &)> make;
};

class BindNegative : public DeviceTest, public ::testing::WithParamInterface<BindMistake>
{
protected:
	BindNegative()
	{
		old_.words()[0] = 11;
		new_.words()[0] = 22;
		gpu.vm.map(old_, here);
		bind_.va_start = gpu.device.info().va_start;
		bind_.va_end = gpu.device.info().va_end;
		bind_.max_ops = gpu.device.info().max_bind_ops;
		bind_.args.vm = gpu.vm.id();
		bind_.ops = {vgpu::map_op(new_, here, 0, page),
			     vgpu::map_op(new_, here + 4 * page, page, page),
			     vgpu::unmap_op(here + 2 * page, page)};
	}

	void point_to_ops()
	{
		bind_.args.ops.stride = sizeof(drm_vgpu_bind_op);
		bind_.args.ops.count = static_cast<__u32>(bind_.ops.size());
		bind_.args.ops.ptr = reinterpret_cast<__u64>(bind_.ops.data());
	}

	int status_of_read(std::uint64_t va)
	{
		vgpu::CommandWriter program;

		program.copy(gpu.data_address(0), va, 8);
		return gpu.run(program);
	}

	vgpu::Buffer old_{gpu.device, page};
	vgpu::Buffer new_{gpu.device, 2 * page};
	ValidBind bind_;
};

TEST_P(BindNegative, IsRefusedAndNothingIsBound)
{
	point_to_ops();
	GetParam().make(bind_);
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &bind_.args), GetParam().error);

	EXPECT_EQ(status_of_read(here), 1);
	EXPECT_EQ(gpu.data(0), 11u) << "an earlier operation of the call took effect";
	EXPECT_EQ(status_of_read(here + 4 * page), -EFAULT);
}

TEST_F(BindNegative, TheSameWithoutAMistakeWorks)
{
	point_to_ops();
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &bind_.args), 0);
	EXPECT_EQ(status_of_read(here), 1);
	EXPECT_EQ(gpu.data(0), 22u);
	EXPECT_EQ(status_of_read(here + 4 * page), 1);
}

/* The kernel may want to write the arguments back; if it can't, that is too late to refuse. */
TEST_F(BindNegative, ArgumentsThatCanOnlyBeRead)
{
	point_to_ops();
	const ReadOnlyCopy args(bind_.args);
	const int result = gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, args.get());

	EXPECT_TRUE(result == 0 || result == -EFAULT) << result;
	EXPECT_EQ(status_of_read(here), 1);
	EXPECT_EQ(gpu.data(0), result == 0 ? 22u : 11u);
	EXPECT_EQ(status_of_read(here + 4 * page), result == 0 ? 1 : -EFAULT);
}

TEST_F(BindNegative, EachUnknownFlag)
{
	for (int bit = 0; bit < 32; bit++) {
		point_to_ops();
		bind_.args.flags = 1u << bit;
		/* ASYNC is known, but it needs a queue. */
		EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &bind_.args),
			  bind_.args.flags == DRM_VGPU_VM_BIND_ASYNC ? -ENOENT : -EINVAL)
			<< bit;
		bind_.args.flags = 0;
		bind_.map().flags = 1u << bit;
		if (bind_.map().flags != DRM_VGPU_BIND_READONLY) {
			EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &bind_.args), -EINVAL) << bit;
		}
		bind_.map().flags = 0;
		bind_.unmap().flags = 1u << bit;
		EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &bind_.args), -EINVAL) << bit;
		bind_.unmap().flags = 0;
	}
	EXPECT_EQ(status_of_read(here), 1);
	EXPECT_EQ(gpu.data(0), 11u);
}

/* What a newer client may send: longer elements. */
struct LongOp {
	drm_vgpu_bind_op op;
	std::uint64_t later;
};

TEST_F(BindNegative, ElementsMayBeLongerIfTheRestIsZero)
{
	std::vector<LongOp> ops;

	for (const drm_vgpu_bind_op &op : bind_.ops)
		ops.push_back({op, 0});
	bind_.args.ops.stride = sizeof(LongOp);
	bind_.args.ops.count = static_cast<__u32>(ops.size());
	bind_.args.ops.ptr = reinterpret_cast<__u64>(ops.data());
	ops.back().later = 1;
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &bind_.args), -E2BIG);
	EXPECT_EQ(status_of_read(here), 1);
	EXPECT_EQ(gpu.data(0), 11u);
	ops.back().later = 0;
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &bind_.args), 0);
	EXPECT_EQ(status_of_read(here), 1);
	EXPECT_EQ(gpu.data(0), 22u);
}

TEST_F(BindNegative, AddressSpaceOfAnotherFile)
{
	Context other;
	std::vector<vgpu::Vm> more;

	for (int i = 0; i < 4; i++)
		more.emplace_back(other.device);
	point_to_ops();
	bind_.args.vm = more.back().id();
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &bind_.args), -ENOENT);
}

INSTANTIATE_TEST_SUITE_P(
	Mistakes, BindNegative,
	::testing::Values(
		BindMistake{"NoAddressSpace", -ENOENT, [](auto &b) { b.args.vm = 0; }},
		BindMistake{"UnknownAddressSpace", -ENOENT, [](auto &b) { b.args.vm += 1000; }},
		BindMistake{"NoOperations", -EINVAL, [](auto &b) { b.args.ops = {}; }},
		BindMistake{"PointerWithoutCount", -EINVAL, [](auto &b) { b.args.ops.count = 0; }},
		BindMistake{"TooManyOperations", -E2BIG,
			    [](auto &b) { b.args.ops.count = b.max_ops + 1; }},
		BindMistake{"MostOperations", -E2BIG, [](auto &b) { b.args.ops.count = ~0u; }},
		BindMistake{"StrideZero", -EINVAL, [](auto &b) { b.args.ops.stride = 0; }},
		BindMistake{"StrideTooShort", -EINVAL, [](auto &b) { b.args.ops.stride -= 8; }},
		BindMistake{"StrideUnaligned", -EINVAL, [](auto &b) { b.args.ops.stride += 4; }},
		BindMistake{"NoPointer", -EFAULT, [](auto &b) { b.args.ops.ptr = 0; }},
		BindMistake{"PointerToNowhere", -EFAULT,
			    [](auto &b) { b.args.ops.ptr = 0x7ffffffff000; }},
		BindMistake{"PointerIntoTheKernel", -EFAULT,
			    [](auto &b) { b.args.ops.ptr = 0xffffffff80000000; }},
		BindMistake{"UnknownKind", -EINVAL, [](auto &b) { b.map().kind = 2; }},
		BindMistake{"HighestKind", -EINVAL, [](auto &b) { b.map().kind = ~0u; }},
		BindMistake{"MapPad", -EINVAL, [](auto &b) { b.map().pad = 1; }},
		BindMistake{"UnmapPad", -EINVAL, [](auto &b) { b.unmap().pad = 1u << 31; }},
		BindMistake{"NoHandle", -ENOENT, [](auto &b) { b.map().handle = 0; }},
		BindMistake{"UnknownHandle", -ENOENT, [](auto &b) { b.map().handle += 1000; }},
		BindMistake{"SizeZero", -EINVAL, [](auto &b) { b.map().size = 0; }},
		BindMistake{"SizeUnaligned", -EINVAL, [](auto &b) { b.map().size = page - 8; }},
		BindMistake{"AddressUnaligned", -EINVAL, [](auto &b) { b.map().va += 8; }},
		BindMistake{"OffsetUnaligned", -EINVAL, [](auto &b) { b.map().bo_offset = 8; }},
		BindMistake{"BeyondTheBuffer", -EINVAL, [](auto &b) { b.map().size = 2 * page; }},
		BindMistake{"OffsetBeyondTheBuffer", -EINVAL,
			    [](auto &b) { b.map().bo_offset = 2 * page; }},
		BindMistake{"OffsetOverflows", -EINVAL,
			    [](auto &b) { b.map().bo_offset = ~0ULL - page + 1; }},
		BindMistake{"BelowTheAddressSpace", -EINVAL,
			    [](auto &b) { b.map().va = b.va_start - page; }},
		BindMistake{"AddressZero", -EINVAL, [](auto &b) { b.map().va = 0; }},
		BindMistake{"AboveTheAddressSpace", -EINVAL, [](auto &b) { b.map().va = b.va_end; }},
		BindMistake{"AcrossTheEndOfTheAddressSpace", -EINVAL,
			    [](auto &b) {
				    b.map().bo_offset = 0;
				    b.map().size = 2 * page;
				    b.map().va = b.va_end - page;
			    }},
		BindMistake{"AddressOverflows", -EINVAL,
			    [](auto &b) { b.map().va = ~0ULL - page + 1; }},
		BindMistake{"UnmapSizeZero", -EINVAL, [](auto &b) { b.unmap().size = 0; }},
		BindMistake{"UnmapSizeUnaligned", -EINVAL, [](auto &b) { b.unmap().size = 8; }},
		BindMistake{"UnmapAddressUnaligned", -EINVAL, [](auto &b) { b.unmap().va += 8; }},
		BindMistake{"UnmapBelowTheAddressSpace", -EINVAL,
			    [](auto &b) { b.unmap().va = b.va_start - page; }},
		BindMistake{"UnmapAcrossTheEnd", -EINVAL,
			    [](auto &b) { b.unmap().size = b.va_end; }},
		BindMistake{"UnmapOverflows", -EINVAL,
			    [](auto &b) { b.unmap().size = ~0ULL - page + 1; }},
		BindMistake{"UnmapWithHandle", -EINVAL,
			    [](auto &b) { b.unmap().handle = b.map().handle; }},
		BindMistake{"UnmapWithOffset", -EINVAL,
			    [](auto &b) { b.unmap().bo_offset = page; }}),
	name_of<BindMistake>);

} // namespace
