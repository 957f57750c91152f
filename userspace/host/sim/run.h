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
	unsigned int steps;
	bool cut; /**< by the search: its end was not seen */
};

/** The trace of it can be printed until the next one. */
Result run_schedule(const Scenario &scenario, Search &search, std::uint64_t seed);

} // namespace sim
