/* SPDX-License-Identifier: MIT */
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "context.h"

namespace
{

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t large_va = 0x50000000;

using Words = std::vector<std::uint64_t>;

class Commands : public DeviceTest
{
protected:
	/* Fills the data with numbers of its own, and says what they are. */
	Words numbered()
	{
		const auto words = gpu.data_buffer.words();

		for (std::size_t i = 0; i < words.size(); i++)
			words[i] = 0x1000000 + 3 * i;
		return {words.begin(), words.end()};
	}

	void expect_data(const Words &expected)
	{
		const auto words = gpu.data_buffer.words();
		const auto bad = std::mismatch(words.begin(), words.end(), expected.begin());

		EXPECT_TRUE(bad.first == words.end())
			<< "word " << bad.first - words.begin() << " is " << std::hex << *bad.first
			<< ", expected " << *bad.second;
	}

	vgpu::CommandWriter program;
};

TEST_F(Commands, Nop)
{
	const Words expected = numbered();

	for (int i = 0; i < 100; i++)
		program.nop();
	EXPECT_EQ(gpu.run(program), 1);
	expect_data(expected);
}

/* first word and number of words of the destination */
struct Range {
	std::size_t first, count;
};

class CommandRange : public Commands, public ::testing::WithParamInterface<Range>
{
protected:
	const std::size_t first = GetParam().first, count = GetParam().count;
	static constexpr std::size_t source = 4000; /* word; not page aligned */
};

TEST_P(CommandRange, Fill)
{
	Words expected = numbered();

	program.fill(gpu.data_address(first), 8 * count, 0xdeadbeefcafef00d);
	std::fill_n(expected.begin() + first, count, 0xdeadbeefcafef00d);
	EXPECT_EQ(gpu.run(program), 1);
	expect_data(expected);
}

TEST_P(CommandRange, Copy)
{
	Words expected = numbered();

	program.copy(gpu.data_address(first), gpu.data_address(source), 8 * count);
	std::copy_n(expected.begin() + source, count, expected.begin() + first);
	EXPECT_EQ(gpu.run(program), 1);
	expect_data(expected);
}

TEST_P(CommandRange, Mix)
{
	Words expected = numbered();

	program.mix(gpu.data_address(first), gpu.data_address(source), 8 * count, 99);
	for (std::size_t i = 0; i < count; i++)
		expected[first + i] =
			drm_vgpu_mix(expected[first + i], expected[source + i], 99, i);
	EXPECT_EQ(gpu.run(program), 1);
	expect_data(expected);
}

INSTANTIATE_TEST_SUITE_P(Ranges, CommandRange,
			 ::testing::Values(Range{0, 1}, Range{511, 1}, Range{511, 2}, Range{0, 512},
					   Range{100, 512}, Range{512, 1024}, Range{3, 2000},
					   Range{1023, 514}),
			 [](const auto &param) {
				 return "From" + std::to_string(param.param.first) + "Count" +
					std::to_string(param.param.count);
			 });

/* By how many words the destination is above the source. */
class Overlap : public Commands, public ::testing::WithParamInterface<int>
{
protected:
	static constexpr std::size_t source = 600, count = 1500;
	const std::size_t target = source + GetParam();
};

TEST_P(Overlap, CopyIsWordByWordUpwards)
{
	Words expected = numbered();

	program.copy(gpu.data_address(target), gpu.data_address(source), 8 * count);
	for (std::size_t i = 0; i < count; i++)
		expected[target + i] = expected[source + i];
	EXPECT_EQ(gpu.run(program), 1);
	expect_data(expected);
}

TEST_P(Overlap, MixIsWordByWordUpwards)
{
	Words expected = numbered();

	program.mix(gpu.data_address(target), gpu.data_address(source), 8 * count, 5);
	for (std::size_t i = 0; i < count; i++)
		expected[target + i] =
			drm_vgpu_mix(expected[target + i], expected[source + i], 5, i);
	EXPECT_EQ(gpu.run(program), 1);
	expect_data(expected);
}

TEST_P(Overlap, AlsoWhenTheSamePagesHaveTwoAddresses)
{
	Words expected = numbered();

	gpu.vm.map(gpu.data_buffer, large_va);
	program.copy(large_va + 8 * target, gpu.data_address(source), 8 * count);
	for (std::size_t i = 0; i < count; i++)
		expected[target + i] = expected[source + i];
	EXPECT_EQ(gpu.run(program), 1);
	expect_data(expected);
}

INSTANTIATE_TEST_SUITE_P(Distances, Overlap,
			 ::testing::Values(-513, -512, -7, -1, 0, 1, 2, 7, 511, 512, 513, 1499),
			 [](const auto &param) {
				 return (param.param < 0 ? "Down" : "Up") +
					std::to_string(std::abs(param.param));
			 });

class LargestRange : public Commands
{
protected:
	LargestRange()
	{
		for (vgpu::Buffer *buffer : {&a, &b})
			for (std::size_t i = 0; i < buffer->words().size(); i++)
				buffer->words()[i] = i * (buffer == &a ? 3 : 7);
		gpu.vm.map(a, large_va);
		gpu.vm.map(b, large_va + 4 * bytes);
	}

	/* Not aligned to pages, so one page more is touched; words around it must stay. */
	const std::uint64_t bytes = gpu.device.info().max_command_bytes;
	const std::size_t count = bytes / 8, first = 5;
	vgpu::Buffer a{gpu.device, bytes + page};
	vgpu::Buffer b{gpu.device, bytes + page};
};

TEST_F(LargestRange, Fill)
{
	program.fill(large_va + 8 * first, bytes, 1);
	EXPECT_EQ(gpu.run(program), 1);
	for (std::size_t i = 0; i < a.words().size(); i++)
		ASSERT_EQ(a.words()[i], i >= first && i < first + count ? 1 : i * 3) << i;
}

TEST_F(LargestRange, Copy)
{
	program.copy(large_va + 8 * first, large_va + 4 * bytes, bytes);
	EXPECT_EQ(gpu.run(program), 1);
	for (std::size_t i = 0; i < a.words().size(); i++)
		ASSERT_EQ(a.words()[i], i >= first && i < first + count ? (i - first) * 7 : i * 3)
			<< i;
}

TEST_F(LargestRange, Mix)
{
	program.mix(large_va + 8 * first, large_va + 4 * bytes, bytes, 12);
	EXPECT_EQ(gpu.run(program), 1);
	for (std::size_t i = 0; i < a.words().size(); i++)
		ASSERT_EQ(a.words()[i],
			  i >= first && i < first + count
				  ? drm_vgpu_mix(i * 3, (i - first) * 7, 12, i - first)
				  : i * 3)
			<< i;
}

TEST_F(LargestRange, OneWordMoreIsRefused)
{
	program.fill(large_va, bytes + 8, 1);
	EXPECT_EQ(gpu.run(program), -EINVAL);
	EXPECT_EQ(a.words()[0], 0u);
	EXPECT_EQ(a.words()[1], 3u);
}

TEST_F(Commands, TheOrderOfMixesMatters)
{
	Words a = numbered(), b = a;

	program.mix(gpu.data_address(0), gpu.data_address(10), 8, 1);
	program.mix(gpu.data_address(0), gpu.data_address(20), 8, 2);
	a[0] = drm_vgpu_mix(drm_vgpu_mix(a[0], a[10], 1, 0), a[20], 2, 0);
	b[0] = drm_vgpu_mix(drm_vgpu_mix(b[0], b[20], 2, 0), b[10], 1, 0);
	ASSERT_NE(a[0], b[0]);
	EXPECT_EQ(gpu.run(program), 1);
	expect_data(a);
}

TEST_F(Commands, Store)
{
	Words expected = numbered();

	program.store(gpu.data_address(511), 1).store(gpu.data_address(512), 2);
	program.store(gpu.data_address(511), 3);
	expected[511] = 3;
	expected[512] = 2;
	EXPECT_EQ(gpu.run(program), 1);
	expect_data(expected);
}

TEST_F(Commands, TimeGoesOn)
{
	for (std::size_t i = 0; i < 50; i++)
		program.store_timestamp(gpu.data_address(i));
	EXPECT_EQ(gpu.run(program), 1);
	EXPECT_GT(gpu.data(0), 0u);
	for (std::size_t i = 1; i < 50; i++)
		EXPECT_GE(gpu.data(i), gpu.data(i - 1));
	const std::uint64_t last = gpu.data(49);
	program.clear();
	program.store_timestamp(gpu.data_address(0));
	EXPECT_EQ(gpu.run(program), 1);
	EXPECT_GE(gpu.data(0), last) << "the next job's time";
}

TEST_F(Commands, DelayTakesItsTime)
{
	const auto start = std::chrono::steady_clock::now();

	program.store_timestamp(gpu.data_address(0)).delay(20'000'000);
	program.store_timestamp(gpu.data_address(1));
	EXPECT_EQ(gpu.run(program), 1);
	EXPECT_GE(gpu.data(1) - gpu.data(0), 20'000'000u);
	EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
}

TEST_F(Commands, DelayZero)
{
	program.delay(0).store(gpu.data_address(0), 1);
	EXPECT_EQ(gpu.run(program), 1);
	EXPECT_EQ(gpu.data(0), 1u);
}

TEST_F(Commands, AProgramCanBeLong)
{
	std::vector<std::uint64_t> numbers;

	for (std::uint64_t i = 0; i < 5000; i++) {
		program.mix(gpu.data_address(0), gpu.data_address(0), 8, i);
		numbers.push_back(i);
	}
	EXPECT_EQ(gpu.run(program), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_F(Commands, AProgramMayBeginAndCrossPagesAnywhere)
{
	vgpu::Buffer code(gpu.device, 2 * page);
	const vgpu::Syncobj done(gpu.device);
	vgpu::Exec exec;

	gpu.vm.map(code, large_va, vgpu::Access::read_only);
	for (std::size_t before = 1; before <= 5; before++) {
		program.clear();
		program.mix(gpu.data_address(before), gpu.data_address(100), 8, before);
		program.copy_to(code.words().subspan(512 - before));
		exec.clear();
		exec.job(gpu.queue).call(large_va + page - 8 * before, program.size()).signal(done);
		exec.submit(gpu.device);
		EXPECT_EQ(status_of(done), 1);
		EXPECT_EQ(gpu.data(before), drm_vgpu_mix(0, 0, before, 0));
	}
}

} // namespace
