/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file The command line.
 */

#include "search.h"

#include <cstdint>
#include <string>

namespace sim
{

struct Options {
	std::string program; /**< as it was called */
	std::string scenario = "all";
	SearchOptions search;
	std::uint64_t seed = 1;
	std::uint64_t runs = 1000;
	double seconds = 0; /* of each scenario; 0: as many as runs */
	bool list = false;
	bool trace = false;
};

enum class Parsed { go_on, done, usage_error };

Parsed parse(int argc, char **argv, Options &options);
/** The command that does this once more. */
std::string replay_command(const Options &options, const char *scenario, std::uint64_t seed);

} // namespace sim
