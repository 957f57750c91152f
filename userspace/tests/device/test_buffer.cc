/* SPDX-License-Identifier: MIT */
#include <algorithm>
#include <cerrno>
#include <vector>

#include <sys/mman.h>

#include "context.h"

namespace
{

class BufferTest : public DeviceTest
{
protected:
	int create(std::uint64_t size, std::uint32_t flags, std::uint32_t *handle = nullptr)
	{
		drm_vgpu_bo_create args = {};

		args.size = size;
		args.flags = flags;
		const int result = gpu.ioctl(DRM_IOCTL_VGPU_BO_CREATE, &args);
		if (handle)
			*handle = args.handle;
		return result;
	}

	int mmap_offset(std::uint32_t handle, std::uint32_t pad)
	{
		drm_vgpu_bo_mmap_offset args = {};

		args.handle = handle;
		args.pad = pad;
		return gpu.ioctl(DRM_IOCTL_VGPU_BO_MMAP_OFFSET, &args);
	}
};

class BufferSize : public BufferTest, public ::testing::WithParamInterface<std::uint64_t>
{
};

TEST_P(BufferSize, IsRoundedUpToPagesAndTheBufferIsZero)
{
	vgpu::Buffer buffer(gpu.device, GetParam());
	const auto words = buffer.words();

	EXPECT_EQ(words.size_bytes(), (GetParam() + 4095) / 4096 * 4096);
	EXPECT_TRUE(std::all_of(words.begin(), words.end(), [](auto w) { return w == 0; }));
	words.front() = 1;
	words.back() = 2;
	/* The device reaches the last byte of the last page. */
	gpu.vm.map(buffer, Context::hole_va);
	vgpu::CommandWriter program;
	program.copy(Context::data_va, Context::hole_va + words.size_bytes() - 8, 8);
	EXPECT_EQ(gpu.run(program), 1);
	EXPECT_EQ(gpu.data(0), words.back());
}

INSTANTIATE_TEST_SUITE_P(Sizes, BufferSize,
			 ::testing::Values(1, 8, 4095, 4096, 4097, 12288, 65536 + 8, 1 << 20));

TEST_F(BufferTest, WhatTheCpuWritesTheDeviceReads)
{
	vgpu::CommandWriter program;

	gpu.data(0) = 0x1122334455667788;
	program.copy(gpu.data_address(5), gpu.data_address(0), 8);
	EXPECT_EQ(gpu.run(program), 1);
	EXPECT_EQ(gpu.data(5), 0x1122334455667788u);
}

TEST_F(BufferTest, TwoMappingsShowTheSame)
{
	void *second = mmap(nullptr, Context::data_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			    gpu.io->fd(), static_cast<off_t>(gpu.data_buffer.mmap_offset()));

	ASSERT_NE(second, MAP_FAILED);
	gpu.data(3) = 77;
	EXPECT_EQ(static_cast<std::uint64_t *>(second)[3], 77u);
	munmap(second, Context::data_bytes);
}

TEST_F(BufferTest, NewBuffersAreZeroAgainAfterOldOnesWereFull)
{
	for (int i = 0; i < 3; i++) {
		vgpu::Buffer buffer(gpu.device, 64 << 10);
		const auto words = buffer.words();

		ASSERT_TRUE(std::all_of(words.begin(), words.end(), [](auto w) { return w == 0; }));
		std::fill(words.begin(), words.end(), ~0ULL);
	}
}

TEST_F(BufferTest, ExportedAndImportedIsTheSameMemory)
{
	Context other;
	vgpu::Buffer imported =
		vgpu::Buffer::import(other.device, gpu.data_buffer.export_fd().get());

	EXPECT_EQ(imported.bytes(), Context::data_bytes);
	gpu.data(1) = 5;
	EXPECT_EQ(imported.words()[1], 5u);

	vgpu::CommandWriter program;
	other.vm.map(imported, Context::hole_va);
	program.store(Context::hole_va + 16, 6);
	EXPECT_EQ(other.run(program), 1);
	EXPECT_EQ(gpu.data(2), 6u);
}

TEST_F(BufferTest, AnImportOutlivesTheFileThatExported)
{
	Context other;
	auto first = std::make_unique<Context>();
	vgpu::Buffer imported =
		vgpu::Buffer::import(other.device, first->data_buffer.export_fd().get());

	first->data(0) = 9;
	first.reset();
	EXPECT_EQ(imported.words()[0], 9u);
}

TEST_F(BufferTest, AMappingCantReachBeyondItsBuffer)
{
	vgpu::Buffer small(gpu.device, 4096);

	EXPECT_EQ(mmap(nullptr, 8192, PROT_READ, MAP_SHARED, gpu.io->fd(),
		       static_cast<off_t>(small.mmap_offset())),
		  MAP_FAILED);
}

TEST_F(BufferTest, AnotherFileCantMapIt)
{
	/* An offset that one file was given is no right of another. */
	Context stranger;
	vgpu::Buffer secret(gpu.device, 4096);
	EXPECT_EQ(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, stranger.io->fd(),
		       static_cast<off_t>(secret.mmap_offset())),
		  MAP_FAILED);
}

TEST_F(BufferTest, MemoryIsBoundedPerFileAndComesBack)
{
	const std::uint64_t limit = gpu.device.info().max_bo_bytes;
	const std::uint64_t step = limit / 8 / 4096 * 4096;
	std::vector<vgpu::Buffer> buffers;
	int error = 0;

	/* Nothing touches them: no page is allocated. */
	while (buffers.size() < 10 && !error) {
		try {
			buffers.emplace_back(gpu.device, step);
		} catch (const vgpu::Error &failure) {
			error = failure.code();
		}
	}
	EXPECT_EQ(error, EDQUOT);
	EXPECT_GE(buffers.size(), 6u);
	/* The share is per file. The device as a whole has a limit of its own, with its own errno.
	 */
	try {
		Context other;
		vgpu::Buffer(other.device, step);
	} catch (const vgpu::Error &failure) {
		EXPECT_EQ(failure.code(), ENOMEM);
	}
	buffers.clear();
	EXPECT_NO_THROW(vgpu::Buffer(gpu.device, step));
}

TEST_F(BufferTest, NegativeSizes)
{
	EXPECT_EQ(create(0, 0), -EINVAL);
	EXPECT_EQ(create(gpu.device.info().max_bo_bytes + 1, 0), -EDQUOT);
	for (const std::uint64_t size : {~0ULL, ~0ULL - 4095, 1ULL << 63, 1ULL << 52}) {
		const int result = create(size, 0);

		EXPECT_TRUE(result == -EINVAL || result == -EDQUOT) << size << ": " << result;
	}
}

TEST_F(BufferTest, NegativeEachUnknownFlag)
{
	for (int bit = 0; bit < 32; bit++) {
		std::uint32_t handle = 0;

		/* Known, but it needs an address space. */
		const int error = 1u << bit == DRM_VGPU_BO_VM_PRIVATE ? -ENOENT : -EINVAL;

		EXPECT_EQ(create(4096, 1u << bit, &handle), error) << "bit " << bit;
		EXPECT_EQ(handle, 0u);
	}
}

TEST_F(BufferTest, NegativeMmapOffset)
{
	const std::uint32_t good = gpu.data_buffer.handle();

	EXPECT_EQ(mmap_offset(good, 0), 0);
	EXPECT_EQ(mmap_offset(0, 0), -ENOENT);
	EXPECT_EQ(mmap_offset(good + 1000, 0), -ENOENT);
	EXPECT_EQ(mmap_offset(good, 1), -EINVAL);
	EXPECT_EQ(mmap_offset(good, 1u << 31), -EINVAL);
}

TEST_F(BufferTest, NegativeHandleOfAnotherFile)
{
	Context other;
	std::vector<vgpu::Buffer> more;

	/* A handle that only the other file has. */
	for (int i = 0; i < 8; i++)
		more.emplace_back(other.device, 4096);
	EXPECT_EQ(mmap_offset(more.back().handle(), 0), -ENOENT);
}

} // namespace
