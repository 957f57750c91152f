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
		faults++;
	}
	EXPECT_EQ(faults, world_.planned_faults);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Schedules, ::testing::Range<std::uint64_t>(1, 9));

} // namespace

} // namespace stress
