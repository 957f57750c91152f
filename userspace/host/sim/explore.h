/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file The exhaustive search of a scenario, with more and more preemptions: so what it finds needs
 * as few as possible.
 */

#include "choices.h"
#include "exhaustive.h"
#include "run.h"

#include <functional>
#include <set>

namespace sim
{

struct ExploreOptions {
	unsigned int preemptions;
	bool prune = true;
	bool numbers = true;	/**< those that the scenario picks are tried too */
	std::uint64_t seed = 1; /**< otherwise it picks them */
	std::uint64_t runs = 0; /**< at most; 0: no limit */
	double seconds = 0;	/**< likewise */
	bool outcomes = false;	/**< collect them */
	/** Now and then; may be empty. */
	std::function<void(std::uint64_t schedules)> progress = {};
};

struct Explored {
	std::uint64_t schedules = 0;
	std::uint64_t cut = 0; /**< of them, at a state that was seen before */
	std::uint64_t steps = 0;
	unsigned int preemptions = 0; /**< of the last bound that was begun */
	bool complete = false; /**< all schedules with at most that many, or up to a failure */
	std::string failure;
	std::vector<Choice> choices;	  /**< that lead to it */
	std::set<std::uint64_t> outcomes; /**< what happened, in which order, of those not cut */
};

Explored explore(const Scenario &scenario, const ExploreOptions &options);

} // namespace sim
