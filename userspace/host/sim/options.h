/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file The command line.
 */

#include "choices.h"
#include "search.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sim
{

struct Options {
	std::string program; /**< as it was called */
	std::string scenario = "all";
	SearchOptions search;
	std::optional<unsigned int> preemptions; /**< else as many as the scenario says */
	unsigned int deeper = 0;		 /**< so many more than the scenario says */
	bool prune = true;
	std::uint64_t seed = 1;
	bool has_seed = false;
	std::optional<std::vector<Choice>> choices;
	std::uint64_t runs = 1000; /* 0: no limit */
	double seconds = 0;	   /* of each scenario; 0: no limit */
	double shrink = 10;	   /* seconds */
	bool list = false;
	bool trace = false;
	bool self_test = false;
};

enum class Parsed { go_on, done, usage_error };

Parsed parse(int argc, char **argv, Options &options);

/** The command that does a schedule once more, which is that of a seed. */
std::string command_for_seed(const Options &options, const char *scenario, std::uint64_t seed);
/** The same by its choices; @seed, if any, picks the numbers of the scenario. */
std::string command_for_choices(const Options &options, const char *scenario,
				std::span<const Choice> choices, const std::uint64_t *seed);

} // namespace sim
