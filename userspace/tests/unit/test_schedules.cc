/* SPDX-License-Identifier: MIT */

/*
 * The claim that vgpu-stress rests on: the edges are enough, and each is necessary. A fake device
 * that honours them comes to the model's bytes, and one that doesn't is found out.
 * (Contents are compared in EXPECT_TRUE: nobody wants to see them printed.)
 */

#include <gtest/gtest.h>

#include "generator.h"
#include "schedule.h"

namespace stress
{

namespace
{

class Schedules : public ::testing::TestWithParam<std::uint64_t>
{
protected:
	const World world_ = generate(small_shape(GetParam()));
	const Memory expected_ = expected_contents(world_).back();

	/* In the middle of some job of the life. */
	Stop random_stop(Random &random, std::uint32_t number) const
	{
		const Life &life = world_.lives[number];
		Stop stop;

		stop.completed = random.below(life.job_count);
		stop.stopped = random.one_in(2);
		for (const Job &job : world_.jobs) {
			if (job.life != number || job.ordinal_in_life != stop.completed)
				continue;
			std::uint32_t first = 0;

			stop.call = static_cast<std::uint32_t>(random.below(job.calls.size()));
			for (std::uint32_t i = 0; i < stop.call; i++)
				first += job.calls[i];
			for (std::uint64_t i = random.below(job.calls[stop.call]); i > 0; i--)
				stop.word += command_words(job.commands[first++].op);
		}
		return stop;
	}
};

TEST_P(Schedules, AnyOrderThatHonoursTheEdgesGivesTheModelsBytes)
{
	const Schedule schedule(world_);
	Random random(GetParam());

	for (int i = 0; i < 20; i++) {
		const auto order = schedule.random(random);

		ASSERT_EQ(order.size(), world_.jobs.size());
		ASSERT_TRUE(execute_in_order(world_, order) == expected_) << "order " << i;
	}
}

TEST_P(Schedules, EveryNeededEdgeThatIsDroppedIsFoundOut)
{
	std::size_t tried = 0;

	for (std::size_t i = 0; i < world_.edges.size(); i++) {
		if (!world_.edges[i].needed)
			continue;
		const auto order = Schedule(world_, i).postpone(world_.edges[i].from);

		ASSERT_EQ(order.size(), world_.jobs.size());
		ASSERT_FALSE(execute_in_order(world_, order) == expected_)
			<< "edge from job " << world_.edges[i].from << " to job "
			<< world_.edges[i].to << " can be dropped unnoticed";
		tried++;
	}
	ASSERT_GT(tried, 50u);
}

TEST_P(Schedules, ADeviceThatIgnoresAllEdgesIsFoundOut)
{
	World no_edges = world_;
	Random random(GetParam());

	no_edges.edges.clear();
	EXPECT_FALSE(execute_in_order(world_, Schedule(no_edges).random(random)) == expected_);
}

TEST_P(Schedules, AJobThatIsLostOrDoneTwiceIsFoundOut)
{
	std::vector<std::uint32_t> order;

	for (std::uint32_t i = 0; i < world_.jobs.size(); i++)
		order.push_back(i);
	for (std::uint32_t i = 0; i < world_.jobs.size(); i += 7) {
		/* A job that faults at once has no effect to lose. */
		if (world_.jobs[i].first_bad == 0)
			continue;
		std::vector<std::uint32_t> lost = order, twice = order;

		lost.erase(lost.begin() + i);
		twice.insert(twice.begin() + i, i);
		ASSERT_FALSE(execute_in_order(world_, lost) == expected_) << "job " << i;
		ASSERT_FALSE(execute_in_order(world_, twice) == expected_) << "job " << i;
	}
}

TEST_P(Schedules, AMixWithAWrongStepIsFoundOut)
{
	/* One salt off in one command, anywhere. */
	Random random(GetParam());

	for (int i = 0; i < 20; i++) {
		World wrong = world_;
		Job &job = wrong.jobs[random.below(wrong.jobs.size())];
		bool changed = false;

		for (std::size_t c = 0;
		     c < std::min<std::size_t>(job.commands.size(), job.first_bad); c++)
			if (job.commands[c].op == Op::mix && !changed) {
				job.commands[c].value++;
				changed = true;
			}
		if (changed) {
			ASSERT_FALSE(expected_contents(wrong).back() == expected_);
		}
	}
}

TEST_P(Schedules, WhatFollowsAFaultIsFoundOutIfItHappens)
{
	std::size_t faults = 0;

	for (std::uint32_t i = 0; i < world_.jobs.size(); i++) {
		if (world_.jobs[i].first_bad == UINT32_MAX)
			continue;
		World goes_on = world_;

		goes_on.jobs[i].first_bad = UINT32_MAX;
		ASSERT_FALSE(expected_contents(goes_on).back() == expected_) << "job " << i;
		faults += world_.lives[world_.jobs[i].life].bad_job == i;
	}
	EXPECT_EQ(faults, world_.planned_faults);
}

/* Any life, stopped anywhere: both sides replay the same part, whatever the order. */
TEST_P(Schedules, AKilledQueueLeavesAPartThatCanBeReplayed)
{
	Random random(GetParam());
	int different = 0;

	for (int i = 0; i < 10; i++) {
		Stops stops(world_.lives.size());

		for (std::uint32_t life = 0; life < stops.size(); life++)
			stops[life] = random_stop(random, life);
		Memory listed = first_contents(world_), ordered = listed;
		for (const Phase &phase : world_.phases)
			execute(world_, phase, stops, listed);
		for (const std::uint32_t job : Schedule(world_).random(random))
			execute(world_.jobs[job], effective_commands(world_, job, stops), ordered);
		ASSERT_TRUE(listed == ordered);
		different += !(listed == expected_);
	}
	EXPECT_GT(world_.planned_kills, 0u);
	EXPECT_GT(different, 5) << "so much was left out, and nothing shows it";
}

INSTANTIATE_TEST_SUITE_P(Seeds, Schedules, ::testing::Range<std::uint64_t>(1, 9));

} // namespace

} // namespace stress
