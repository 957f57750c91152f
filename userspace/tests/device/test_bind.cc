/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <vector>

#include "context.h"

namespace
{

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t here = 0x40000000;

class Bind : public DeviceTest
{
protected:
	/* Reads a word the way a command does. @return the fence's status */
	int read(std::uint64_t va, std::uint64_t *value = nullptr)
	{
		vgpu::CommandWriter program;

		program.copy(gpu.data_address(0), va, 8);
		const int status = gpu.run(program);
		if (value)
			*value = gpu.data(0);
		return status;
	}

	int write(std::uint64_t va, std::uint64_t value)
	{
		vgpu::CommandWriter program;

		program.store(va, value);
		return gpu.run(program);
	}

	/* A buffer whose every page begins with base + its number. */
	vgpu::Buffer numbered(std::uint64_t pages, std::uint64_t base)
	{
		vgpu::Buffer buffer(gpu.device, pages * page);

		for (std::uint64_t i = 0; i < pages; i++)
			buffer.words()[i * page / 8] = base + i;
		return buffer;
	}

	void expect_page(std::uint64_t number, std::uint64_t value)
	{
		std::uint64_t got = 0;

		EXPECT_EQ(read(here + number * page, &got), 1) << "page " << number;
		EXPECT_EQ(got, value) << "page " << number;
	}

	void expect_hole(std::uint64_t number)
	{
		EXPECT_EQ(read(here + number * page), -EFAULT) << "page " << number;
	}
};

TEST_F(Bind, MapAndUnmap)
{
	const vgpu::Buffer buffer = numbered(4, 100);

	expect_hole(0);
	gpu.vm.map(buffer, here);
	for (std::uint64_t i = 0; i < 4; i++)
		expect_page(i, 100 + i);
	expect_hole(4);
	gpu.vm.unmap(here, 4 * page);
	for (std::uint64_t i = 0; i < 4; i++)
		expect_hole(i);
}

TEST_F(Bind, APartOfABuffer)
{
	const vgpu::Buffer buffer = numbered(4, 100);
	const drm_vgpu_bind_op op = vgpu::map_op(buffer, here, page, 2 * page);

	gpu.vm.bind({&op, 1});
	expect_page(0, 101);
	expect_page(1, 102);
	expect_hole(2);
}

TEST_F(Bind, UnmapFromTheMiddleSplits)
{
	gpu.vm.map(numbered(5, 100), here);
	gpu.vm.unmap(here + 2 * page, page);
	expect_page(0, 100);
	expect_page(1, 101);
	expect_hole(2);
	expect_page(3, 103);
	expect_page(4, 104);
}

TEST_F(Bind, UnmapAtTheEnds)
{
	gpu.vm.map(numbered(4, 100), here);
	gpu.vm.unmap(here, page);
	gpu.vm.unmap(here + 3 * page, page);
	expect_hole(0);
	expect_page(1, 101);
	expect_page(2, 102);
	expect_hole(3);
}

TEST_F(Bind, UnmapOfHolesAndOfNothingIsFine)
{
	gpu.vm.unmap(here, 1024 * page);
	gpu.vm.map(numbered(1, 100), here + 2 * page);
	gpu.vm.map(numbered(1, 200), here + 5 * page);
	gpu.vm.unmap(here, 8 * page);
	for (std::uint64_t i = 0; i < 8; i++)
		expect_hole(i);
}

TEST_F(Bind, AMapReplacesWhatIsThere)
{
	gpu.vm.map(numbered(4, 100), here);
	gpu.vm.map(numbered(2, 200), here + page);
	expect_page(0, 100);
	expect_page(1, 200);
	expect_page(2, 201);
	expect_page(3, 103);
}

TEST_F(Bind, AMapReplacesSeveralAtOnce)
{
	gpu.vm.map(numbered(2, 100), here);
	gpu.vm.map(numbered(2, 200), here + 3 * page);
	gpu.vm.map(numbered(4, 300), here + page);
	expect_page(0, 100);
	for (std::uint64_t i = 1; i < 5; i++)
		expect_page(i, 299 + i);
}

TEST_F(Bind, OperationsOfACallTakeEffectInTheirOrder)
{
	const vgpu::Buffer a = numbered(2, 100), b = numbered(2, 200);
	const drm_vgpu_bind_op ops[] = {
		vgpu::map_op(a, here, 0, 2 * page), vgpu::map_op(b, here, 0, 2 * page),
		vgpu::unmap_op(here + page, page), vgpu::map_op(a, here + 2 * page, 0, page)};

	gpu.vm.bind(ops);
	expect_page(0, 200);
	expect_hole(1);
	expect_page(2, 100);
}

TEST_F(Bind, ReadOnlyCanBeReadAndNotWritten)
{
	const vgpu::Buffer buffer = numbered(1, 100);

	gpu.vm.map(buffer, here, vgpu::Access::read_only);
	expect_page(0, 100);
	EXPECT_EQ(write(here, 5), -EFAULT);
	expect_page(0, 100);
	/* The other way round in the same place. */
	gpu.vm.map(buffer, here);
	EXPECT_EQ(write(here, 5), 1);
	expect_page(0, 5);
	gpu.vm.map(buffer, here, vgpu::Access::read_only);
	EXPECT_EQ(write(here, 6), -EFAULT);
	expect_page(0, 5);
}

TEST_F(Bind, OneBufferAtTwoAddresses)
{
	vgpu::Buffer buffer = numbered(1, 100);

	gpu.vm.map(buffer, here);
	gpu.vm.map(buffer, here + page);
	EXPECT_EQ(write(here, 7), 1);
	expect_page(1, 7);
	gpu.vm.unmap(here, page);
	expect_hole(0);
	expect_page(1, 7);
}

TEST_F(Bind, OneBufferInTwoAddressSpaces)
{
	vgpu::Buffer buffer = numbered(1, 100);
	vgpu::Vm second(gpu.device);
	const vgpu::Queue queue(gpu.device, second);
	vgpu::CommandWriter program;

	gpu.vm.map(buffer, here);
	second.map(buffer, here + 16 * page);
	second.map(gpu.code_buffer, Context::code_va);
	program.store(here + 16 * page, 8);
	EXPECT_EQ(gpu.run(queue, program), 1);
	expect_page(0, 8);
}

TEST_F(Bind, TheLowestAndTheHighestAddress)
{
	const drm_vgpu_info &info = gpu.device.info();
	const vgpu::Buffer buffer = numbered(1, 100);
	std::uint64_t value = 0;

	gpu.vm.map(buffer, info.va_start);
	EXPECT_EQ(read(info.va_start, &value), 1);
	EXPECT_EQ(value, 100u);
	gpu.vm.map(buffer, info.va_end - page);
	EXPECT_EQ(read(info.va_end - page, &value), 1);
	EXPECT_EQ(value, 100u);
	/* A range that leaves the address space faults, and so does one that wraps. */
	vgpu::CommandWriter program;
	program.fill(info.va_end - page, 2 * page, 1);
	EXPECT_EQ(gpu.run(program), -EFAULT);
	program.clear();
	program.fill(~0ULL - page + 1, 2 * page, 1);
	EXPECT_LT(gpu.run(program), 0);
	EXPECT_EQ(read(info.va_end - page, &value), 1);
	EXPECT_EQ(value, 100u);
}

TEST_F(Bind, AcrossTheBorderOfPageTables)
{
	/* 2 MiB and 1 GiB are borders between tables. */
	for (const std::uint64_t border : {2ULL << 20, 1ULL << 30, 5ULL << 30}) {
		vgpu::Buffer buffer = numbered(4, border);
		const std::uint64_t va = border - 2 * page;
		vgpu::CommandWriter program;

		gpu.vm.map(buffer, va);
		program.fill(va, 4 * page, 9);
		EXPECT_EQ(gpu.run(program), 1);
		for (const std::uint64_t word : buffer.words())
			ASSERT_EQ(word, 9u);
		gpu.vm.unmap(va + page, 2 * page);
		std::uint64_t value = 0;
		EXPECT_EQ(read(va, &value), 1);
		EXPECT_EQ(read(va + page), -EFAULT);
		EXPECT_EQ(read(va + 2 * page), -EFAULT);
		EXPECT_EQ(read(va + 3 * page, &value), 1);
	}
}

TEST_F(Bind, WhatIsMappedStaysWhenTheHandleIsGone)
{
	{
		const vgpu::Buffer buffer = numbered(2, 100);
		gpu.vm.map(buffer, here);
	}
	expect_page(0, 100);
	EXPECT_EQ(write(here + page, 5), 1);
	expect_page(1, 5);
	gpu.vm.unmap(here, 2 * page);
	expect_hole(0);
}

TEST_F(Bind, ManyOperationsInOneCall)
{
	const std::uint32_t max = gpu.device.info().max_bind_ops;
	const vgpu::Buffer buffer = numbered(1, 100);
	std::vector<drm_vgpu_bind_op> ops;

	for (std::uint32_t i = 0; i < max; i++)
		ops.push_back(vgpu::map_op(buffer, here + 2 * i * page, 0, page));
	gpu.vm.bind(ops);
	expect_page(0, 100);
	expect_hole(1);
	expect_page(2 * (max - 1), 100);
}

TEST_F(Bind, AnUnmapIsSeenByTheNextJobAtOnce)
{
	const vgpu::Buffer buffer = numbered(1, 100);

	/* The same addresses again and again, so that a translation that was kept would show. */
	for (int i = 0; i < 30; i++) {
		gpu.vm.map(buffer, here);
		expect_page(0, 100);
		gpu.vm.unmap(here, page);
		expect_hole(0);
	}
}

TEST_F(Bind, ReplacingWhileJobsRunGivesTheOldOrTheNew)
{
	vgpu::Buffer a = numbered(1, 1), b = numbered(1, 2);
	const vgpu::Syncobj done(gpu.device);
	vgpu::CommandWriter program;

	gpu.vm.map(a, here);
	for (std::uint64_t i = 0; i < 500; i++)
		program.copy(gpu.data_address(i), here, 8);
	gpu.submit(gpu.queue, program, done);
	for (int i = 0; i < 20; i++)
		gpu.vm.map(i % 2 ? a : b, here);
	EXPECT_EQ(status_of(done), 1);
	for (std::uint64_t i = 0; i < 500; i++)
		ASSERT_TRUE(gpu.data(i) == 1 || gpu.data(i) == 2) << gpu.data(i);
}

} // namespace
