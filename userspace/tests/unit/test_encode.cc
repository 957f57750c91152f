/* SPDX-License-Identifier: MIT */
#include <algorithm>
#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode.h"
#include "generator.h"
#include "schedule.h"

namespace stress
{

namespace
{

using ::testing::ElementsAre;

constexpr std::uint64_t va_start = 0x10000;

class Encoding : public ::testing::Test
{
protected:
	const World world_ = generate([] {
		Shape shape = small_shape(1);
		shape.page_bytes = 4096;
		shape.buffer_bytes = 4096;
		return shape;
	}());
	const Layout layout_{world_, 0, 0, va_start};
};

TEST_F(Encoding, MapsWhatTheProcessMayReachAndNothingElse)
{
	for (std::uint32_t i = 0; i < world_.buffers.size(); i++) {
		const Buffer &buffer = world_.buffers[i];
		const bool whole = buffer.kind != BufferKind::guard &&
				   (buffer.shared() || buffer.process == 0);

		EXPECT_EQ(layout_.maps(i), whole) << i;
	}
}

TEST_F(Encoding, EveryBufferIsFollowedByAGuardPageAndAHole)
{
	std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges; /* start, end */

	for (std::uint32_t i = 0; i < world_.buffers.size(); i++)
		if (layout_.maps(i))
			ranges.emplace_back(layout_.va(i), layout_.va(i) + world_.buffers[i].bytes);
	ASSERT_EQ(layout_.guard_pages(), ranges.size());
	ASSERT_EQ(layout_.guard_pages(), guard_pages(world_, 0));
	std::sort(ranges.begin(), ranges.end());
	for (std::size_t i = 0; i < ranges.size(); i++) {
		EXPECT_EQ(layout_.guard_va(i), ranges[i].second);
		const std::uint64_t next =
			i + 1 < ranges.size() ? ranges[i + 1].first : layout_.end();
		EXPECT_GE(next, layout_.guard_va(i) + 2 * 4096);
		EXPECT_EQ(layout_.hole_va(i), layout_.guard_va(i) + 4096);
	}
	EXPECT_GE(ranges[0].first, va_start);
}

TEST_F(Encoding, TheGuardBufferHasAPageForEach)
{
	for (const Buffer &buffer : world_.buffers)
		if (buffer.kind == BufferKind::guard) {
			EXPECT_EQ(buffer.bytes, guard_pages(world_, buffer.process) * 4096u);
		}
}

TEST_F(Encoding, AddressSpacesDiffer)
{
	EXPECT_NE(layout_.va(1), Layout(world_, 0, 1, va_start).va(1));
	EXPECT_NE(layout_.va(1), Layout(world_, 1, 0, va_start).va(1));
}

TEST_F(Encoding, ACallHasItsCommandsAndAWordThatIsNoneBehind)
{
	vgpu::CommandWriter program;
	Job job = {};

	program.nop(); /* something is there already */
	job.commands.resize(3);
	job.commands[0].op = Op::delay;
	job.commands[0].value = 5;
	job.commands[1].op = Op::nop;
	job.commands[2].op = Op::fill;
	job.commands[2].dst_offset = 16;
	job.commands[2].length = 8;
	job.commands[2].value = 9;
	job.calls = {2, 1};
	const std::vector<Call> calls = encode(job, layout_, program);

	ASSERT_EQ(calls.size(), 2u);
	EXPECT_EQ(calls[0].first, 1u);
	EXPECT_EQ(calls[0].words, 3u);
	EXPECT_EQ(calls[1].first, 5u);
	EXPECT_EQ(calls[1].words, 4u);
	const auto words = program.words();
	EXPECT_EQ(words[4] >> 56, 0xffu);
	EXPECT_EQ(words[9] >> 56, 0xffu);
	EXPECT_EQ(words[6], layout_.va(0) + 16);
	EXPECT_EQ(program.size(), 10u);
}

TEST_F(Encoding, WhatRunsIntoAHoleBeginsInTheGuardPage)
{
	vgpu::CommandWriter program;
	Job job = {};

	job.commands.resize(1);
	job.commands[0].op = Op::runs_into_hole;
	job.commands[0].length = 64;
	job.commands[0].value = 3;
	job.calls = {1};
	encode(job, layout_, program);
	const std::uint64_t start = program.words()[1], length = program.words()[2];

	EXPECT_EQ(start + 64, layout_.hole_va(3));
	EXPECT_EQ(length, 72u);
}

} // namespace

} // namespace stress
