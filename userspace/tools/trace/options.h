/* SPDX-License-Identifier: MIT */
#pragma once

#include <optional>
#include <string>

#include "recorder.h"
#include "window.h"

namespace trace
{

/** What the command line asks for. */
struct Options {
	enum class Command { record, convert, events };

	Command command = Command::record;
	Recording recording;
	std::string input; /**< to convert */
	/** What the names of the files begin with. */
	std::string output;
	/** Files of their own; "-" is the standard output. */
	std::string perfetto_file, html_file, svg_file;
	std::string json_file;
	WindowOptions window;
};

/** Reads the command line. @return an exit code if there is nothing left to do. */
std::optional<int> parse(int argc, char **argv, Options &options);

} // namespace trace
