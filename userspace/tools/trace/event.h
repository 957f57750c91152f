/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trace
{

/** One event, as a line of the kernel's text form of a trace has it. */
struct Event {
	std::string task;
	int pid = 0;
	unsigned cpu = 0;
	std::uint64_t time_ns = 0;
	std::string name;
	/** What the event prints of itself. */
	std::string text;
};

/** Reads a line such as "task-12  [000] ..... 34.567890: name: text". Nothing if it is none. */
std::optional<Event> parse_event(std::string_view line);

/** A fence, by its numbers. */
struct FenceId {
	std::uint64_t context = 0, seqno = 0;

	auto operator<=>(const FenceId &) const = default;
};

/** Reads "12:34". */
std::optional<FenceId> parse_fence(std::string_view text);

/** Writes "12:34". */
std::string to_string(const FenceId &fence);

} // namespace trace
