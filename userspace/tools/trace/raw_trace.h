/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event.h"

namespace trace
{

/** A recording: the kernel's text form of a trace, and above it what else there is to say. */
struct RawTrace {
	/** On what kernel, and what ran; empty when nobody has said. */
	std::string kernel, command;
	/** Events that were overwritten before they were read. */
	std::uint64_t lost = 0;
	std::vector<Event> events;
};

/** The lines that a recording begins with. */
std::string header(const RawTrace &trace);

/**
 * Reads a recording, or any text of the kernel's trace file.
 *
 * Lines that are no events are left out: comments, and what the kernel says of lost events.
 */
RawTrace parse_raw(std::string_view text);

} // namespace trace
