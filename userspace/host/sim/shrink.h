/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file A simpler schedule that fails alike.
 */

#include "choices.h"
#include "scenario.h"

#include <cstdint>

namespace sim
{

struct Shrunk {
	std::vector<Choice> choices;
	unsigned int tries;
};

/** @numbers: @choices have those that the scenario picks; otherwise @seed picks them. */
Shrunk shrink(const Scenario &scenario, std::vector<Choice> choices, const std::string &failure,
	      bool numbers, std::uint64_t seed, double seconds);

} // namespace sim
