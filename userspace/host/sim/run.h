/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file One schedule of one scenario.
 */

#include "scenario.h"
#include "search.h"

#include <cstdint>
#include <string>

namespace sim
{

struct Result {
	std::string failure; /**< empty: all well */
	std::uint64_t hash;  /**< of all that happened */
	unsigned int steps;
};

/** The trace of it can be printed until the next one. */
Result run_schedule(const Scenario &scenario, const SearchOptions &search, std::uint64_t seed);

} // namespace sim
