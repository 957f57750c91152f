/* SPDX-License-Identifier: MIT */
#pragma once

#include <optional>
#include <string>

#include "snapshot.h"

namespace info
{

/** What the command line asks for. */
struct Options {
	enum class Command { all, device, clients, queues, top };

	Command command = Command::all;
	Sources sources;
	std::string json_file; /**< empty: text */
	double interval = 1;   /**< seconds */
	unsigned count = 0;    /**< how many times; 0: until interrupted */
	bool plain = false;    /**< no page that changes, also on a terminal */
};

/** Reads the command line. @return an exit code if there is nothing left to do. */
std::optional<int> parse(int argc, char **argv, Options &options);

} // namespace info
