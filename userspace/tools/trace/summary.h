/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <common/statistics.h>

#include "timeline.h"

namespace trace
{

/** A queue in numbers. Times are in ns. */
struct QueueSummary {
	std::string name;
	std::uint64_t client = 0;
	std::size_t jobs = 0, done = 0, dependencies = 0;
	std::uint64_t busy = 0, blocked = 0;
	/** From when a job was queued until it ran, and from then until it was done. */
	tool::Summary waiting, on_device;
};

/** A run in numbers. */
struct Summary {
	std::string kernel, command;
	std::uint64_t lost = 0, duration = 0;
	std::size_t jobs = 0, done = 0;
	std::vector<QueueSummary> queues;
};

Summary summarise(const Timeline &timeline);

/** For people. */
std::string describe(const Summary &summary);

/** The rows of a table of the queues; the first is its head. */
std::vector<std::vector<std::string>> queue_table(const Summary &summary);

nlohmann::ordered_json to_json(const Summary &summary);

} // namespace trace
