/* SPDX-License-Identifier: MIT */
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generator.h"
#include "model.h"
#include "schedule.h"
#include "victims.h"

namespace stress
{

namespace
{

using ::testing::ElementsAre;

Job job_of(std::vector<Command> commands)
{
	Job job = {};

	job.commands = std::move(commands);
	return job;
}

Command command(Op op, std::uint64_t dst, std::uint64_t src, std::uint64_t length,
		std::uint64_t value)
{
	Command result = {};

	result.op = op;
	result.dst_offset = dst;
	result.src_offset = src;
	result.length = length;
	result.value = value;
	return result;
}

TEST(Model, Fill)
{
	Memory memory = {{1, 2, 3, 4}};

	execute(job_of({command(Op::fill, 8, 0, 16, 9)}), memory);
	EXPECT_THAT(memory[0], ElementsAre(1, 9, 9, 4));
}

TEST(Model, CopyUpwardsRepeatsWhereRangesOverlap)
{
	Memory memory = {{1, 2, 3, 4}};

	execute(job_of({command(Op::copy, 8, 0, 24, 0)}), memory);
	EXPECT_THAT(memory[0], ElementsAre(1, 1, 1, 1));
}

TEST(Model, CopyDownwardsMovesWhereRangesOverlap)
{
	Memory memory = {{1, 2, 3, 4}};

	execute(job_of({command(Op::copy, 0, 8, 24, 0)}), memory);
	EXPECT_THAT(memory[0], ElementsAre(2, 3, 4, 4));
}

TEST(Model, MixFollowsTheHeader)
{
	Memory memory = {{1, 2, 3, 4}};

	execute(job_of({command(Op::mix, 0, 16, 16, 77)}), memory);
	EXPECT_THAT(memory[0],
		    ElementsAre(drm_vgpu_mix(1, 3, 77, 0), drm_vgpu_mix(2, 4, 77, 1), 3, 4));
}

/* Known values, so that a mistake in the header that both sides share shows. */
TEST(Model, MixHasKnownValues)
{
	EXPECT_EQ(drm_vgpu_mix(0, 0, 0, 0), 0u);
	EXPECT_EQ(drm_vgpu_mix(0x9e3779b97f4a7c15, 0, 0, 0), 0xe220a8397b1dcdafu);
	EXPECT_EQ(drm_vgpu_mix(0x3c6ef372fe94f82a, 0, 0, 0), 0x6e789e6aa1b965f4u);
	EXPECT_EQ(drm_vgpu_mix(0, 0x9e3779b97f4a7c00, 0x10, 5), 0xe220a8397b1dcdafu);
}

TEST(Model, StoreWritesOneWord)
{
	Memory memory = {{1, 2, 3}};

	execute(job_of({command(Op::store, 8, 0, 8, 5)}), memory);
	EXPECT_THAT(memory[0], ElementsAre(1, 5, 3));
}

TEST(Model, DelayNopAndTimestampChangeNothingThatCanBeForeseen)
{
	Memory memory = {{1, 2}};

	execute(job_of({command(Op::nop, 0, 0, 0, 0), command(Op::delay, 0, 0, 0, 100),
			command(Op::timestamp, 0, 0, 8, 0)}),
		memory);
	EXPECT_THAT(memory[0], ElementsAre(1, 2));
}

TEST(Model, NothingHappensFromTheFirstBadCommandOn)
{
	Memory memory = {{1, 2}};
	Job job = job_of({command(Op::store, 0, 0, 8, 5), command(Op::write_unmapped, 0, 0, 8, 6),
			  command(Op::store, 8, 0, 8, 7)});

	job.first_bad = 1;
	execute(job, memory);
	EXPECT_THAT(memory[0], ElementsAre(5, 2));
}

TEST(Model, APlaceInAJobIsFoundByItsWords)
{
	/* Two calls: store (3 words), nop (1); mix (5), delay (2). */
	Job job = job_of({command(Op::store, 0, 0, 8, 5), command(Op::nop, 0, 0, 0, 0),
			  command(Op::mix, 0, 0, 8, 1), command(Op::delay, 0, 0, 0, 9)});

	job.calls = {2, 2};
	EXPECT_EQ(commands_before(job, 0, 0), 0u);
	EXPECT_EQ(commands_before(job, 0, 3), 1u);
	EXPECT_EQ(commands_before(job, 0, 4), 2u);
	EXPECT_EQ(commands_before(job, 1, 0), 2u);
	EXPECT_EQ(commands_before(job, 1, 5), 3u);
	EXPECT_EQ(commands_before(job, 1, 7), 4u);
	EXPECT_EQ(commands_before(job, 2, 0), 4u);
	EXPECT_EQ(commands_before(job, 0, 1), std::nullopt);
	EXPECT_EQ(commands_before(job, 1, 4), std::nullopt);
	EXPECT_EQ(commands_before(job, 0, 5), std::nullopt);
	EXPECT_EQ(commands_before(job, 3, 0), std::nullopt);
}

TEST(Model, AKilledQueueDoesAPartOfItsJobs)
{
	World world;

	world.lives.push_back({});
	world.lives[0].death = Death::kill;
	for (std::uint32_t i = 0; i < 4; i++) {
		world.jobs.push_back(job_of(
			{command(Op::nop, 0, 0, 0, 0), command(Op::store, 8 * i, 0, 8, i + 1)}));
		world.jobs.back().calls = {2};
		world.jobs.back().life = 0;
		world.jobs.back().ordinal_in_life = i;
	}
	EXPECT_EQ(effective_commands(world, 3), 2u);
	EXPECT_EQ(effective_commands(world, 0, {{1, true, 0, 1}}), 2u);
	EXPECT_EQ(effective_commands(world, 1, {{1, true, 0, 1}}), 1u);
	EXPECT_EQ(effective_commands(world, 2, {{1, true, 0, 1}}), 0u);
	EXPECT_EQ(effective_commands(world, 1, {{1, false, 0, 0}}), 0u);
	world.lives[0].death = Death::fault;
	world.jobs[1].first_bad = 1;
	EXPECT_EQ(effective_commands(world, 1, {{0, false, 0, 0}}), 1u);
}

TEST(Model, TheLastWriterIsFound)
{
	World world;

	world.jobs.push_back(job_of({command(Op::fill, 0, 0, 32, 1)}));
	world.jobs.push_back(job_of({command(Op::store, 8, 0, 8, 2)}));
	world.jobs.push_back(job_of({command(Op::store, 16, 0, 8, 3)}));
	world.jobs.back().first_bad = 0;
	EXPECT_EQ(last_writer(world, 3, 0, 0), 0u);
	EXPECT_EQ(last_writer(world, 3, 0, 1), 1u);
	EXPECT_EQ(last_writer(world, 1, 0, 1), 0u);
	EXPECT_EQ(last_writer(world, 3, 0, 2), 0u);
	EXPECT_EQ(last_writer(world, 3, 0, 4), std::nullopt);
	EXPECT_EQ(last_writer(world, 3, 1, 0), std::nullopt);
}

TEST(Model, OnlyTheTimeIsNotForeseen)
{
	const World world = generate(small_shape(1));

	EXPECT_TRUE(is_foreseeable(world, 0, progress_time));
	EXPECT_TRUE(is_foreseeable(world, world.progress_buffer, progress_job));
	EXPECT_FALSE(is_foreseeable(world, world.progress_buffer, progress_time));
	EXPECT_FALSE(is_foreseeable(world, world.progress_buffer, progress_words + progress_time));
}

TEST(Model, HasOneSetOfContentsForEachCheckpoint)
{
	const World world = generate(small_shape(1));
	const std::vector<Memory> checkpoints = expected_contents(world);

	ASSERT_EQ(checkpoints.size(), world.phases.size());
	EXPECT_NE(checkpoints[0], checkpoints[1]);
}

TEST(Model, BuffersBeginDifferentAndProgressAtZero)
{
	const World world = generate(small_shape(1));
	const Memory memory = first_contents(world);

	EXPECT_NE(memory[0], memory[1]);
	for (const std::uint64_t word : memory[world.progress_buffer])
		EXPECT_EQ(word, 0u);
}

TEST(Links, ArePartsOfAChainAndNothingElse)
{
	for (const std::uint64_t links : {0ULL, 1ULL, 2ULL, 100ULL}) {
		const std::vector<std::uint64_t> first = block_after(links);
		std::vector<std::uint64_t> second = first;

		EXPECT_EQ(links_in(first, second, 100), links);
		second[block_words - 1]++;
		EXPECT_EQ(links_in(first, second, 100), std::nullopt);
	}
	/* Between the two commands of a job, and nowhere else. */
	EXPECT_EQ(links_in(block_after(5), block_after(4), 9), 5u);
	EXPECT_EQ(links_in(block_after(5), block_after(6), 9), std::nullopt);
	EXPECT_EQ(links_in(block_after(5), block_after(3), 9), std::nullopt);
	EXPECT_EQ(links_in(block_after(5), block_after(5), 4), std::nullopt)
		<< "more than were submitted";
}

} // namespace

} // namespace stress
