/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file All schedules of one scenario with at most so many preemptions, one after the other: depth
 * first, each by running again from the start.
 */

#include "search.h"

#include <cstdint>

namespace sim
{

/** The states that were seen, and how many preemptions were left there. */
class SeenStates
{
public:
	/** True if it was seen, with no fewer left. */
	bool seen(std::uint64_t state, unsigned int left);
	void clear();
	static constexpr unsigned int max_left = 14;

private:
	std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(1 << 12);
	std::size_t used_ = 0;

	void grow();
};

class Exhaustive final : public Search
{
public:
	/** @numbers: those that the scenario picks are tried, too; otherwise the seed picks them.
	 */
	Exhaustive(unsigned int preemptions, bool prune, bool numbers);

	/** Before each schedule; false: all have been tried. */
	bool next();
	bool wants_history() const override { return prune_; }
	std::size_t choose(std::span<const Option> options) override;
	int choose_number(unsigned int nth, unsigned int below) override;

private:
	struct Node {
		std::uint32_t fingerprint; /* of the options: the same each time */
		std::uint16_t tried;	   /* the one that is being tried */
		std::uint16_t count;	   /* of those to be tried */
		bool stays;		   /* the first one is no preemption, all others are */
		bool last_is_time;
	};
	std::vector<Node> path_;
	std::size_t depth_ = 0;
	SeenStates seen_;
	unsigned int bound_;
	unsigned int left_; /* preemptions, of this schedule */
	bool prune_;
	bool numbers_;
	bool begun_ = false;

	std::size_t follow(std::uint32_t fingerprint);
};

} // namespace sim
