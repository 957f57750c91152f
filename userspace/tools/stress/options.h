/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <string>

#include "world.h"

namespace stress
{

/** What the command line asks for. */
struct Options {
	Shape shape;
	std::uint32_t rounds = 1;
	double seconds = 0; /**< when not 0: rounds until then, rather than a number of them */
	std::uint32_t timeout_seconds = 30;
	std::string json_file;
	bool verbose = false;
	bool drop_waits = false;
	std::uint32_t victims = 0;
	std::uint32_t reset_every_ms = 0; /**< 0: never */
};

enum class Parsed { go_on, done, usage_error };

/** Reads the command line. Help and errors are printed here. */
Parsed parse(int argc, char **argv, Options &options);

/** The command line that makes these rounds again. */
std::string replay_command(const Options &options, std::uint64_t seed, std::uint32_t rounds);

} // namespace stress
