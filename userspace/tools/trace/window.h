/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <optional>

#include "timeline.h"

namespace trace
{

/** The part of a run that a picture shows in detail, in ns on the trace's clock. */
struct Window {
	std::uint64_t from = 0, until = 0;

	bool touches(std::uint64_t begin, std::uint64_t end) const
	{
		return begin <= until && end >= from;
	}
	std::uint64_t length() const { return until - from; }
};

/** How a user says which part. */
struct WindowOptions {
	/** Milliseconds since the beginning of the trace. */
	std::optional<double> from_ms, until_ms;
	/** No more jobs than a picture can show. */
	std::size_t most_jobs = 1500;
};

/**
 * Chooses the part: what the user says, and of that the first that has not too many jobs.
 *
 * Throws tool::UsageError when there is no job in it.
 */
Window choose_window(const Timeline &timeline, const WindowOptions &options);

} // namespace trace
