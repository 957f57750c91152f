/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>
#include <vector>

#include "raw_trace.h"

namespace trace
{

/** What is to be recorded. */
struct Recording {
	/** A program and its arguments; empty to record what others do. */
	std::vector<std::string> command;
	/** How long, without a command; 0: until interrupted. */
	double seconds = 0;
	unsigned buffer_kib = 8192; /**< for each CPU */
};

/** What came of it. */
struct Recorded {
	/** As a file: what there is to say, then the kernel's text. */
	std::string text;
	/** What the command ended with, as a shell has it. */
	int status = 0;
};

/** Records. Throws when it can't begin; whatever happens then, there is a recording. */
Recorded record(const Recording &recording);

} // namespace trace
