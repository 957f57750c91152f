/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace info
{

/** A queue, as drm_dep's view in debugfs shows it, and what the driver says of it. */
struct QueueView {
	std::string device, name;
	std::uint64_t context = 0;
	std::string state, flags;
	std::uint64_t credits = 0, credit_limit = 0;
	std::uint64_t in_flight = 0, waiting = 0;
	/** Number of the first job that has not finished. */
	std::uint64_t first_unfinished = 0;
	std::uint64_t busy_ns = 0;
	std::string missing, blocked_by;
	/** The driver's own words of it: client, class, priority, profile, status, ... */
	std::map<std::string, std::string, std::less<>> driver;

	/** What the driver says of @p key, or "-". */
	std::string said(std::string_view key) const;

	/** How many jobs have finished. */
	std::uint64_t finished() const { return first_unfinished ? first_unfinished - 1 : 0; }
};

/** Reads drm_dep's view. Throws std::runtime_error on a text that is none. */
std::vector<QueueView> parse_queues(std::string_view text);

/** Adds what the driver's view says, a line of KEY=VALUE words for each queue, by their names. */
void add_driver_view(std::vector<QueueView> &queues, std::string_view text);

/** Lines "name: value". */
std::map<std::string, std::uint64_t> parse_counters(std::string_view text);

/** Everything that debugfs has. */
struct DebugFs {
	/** Why there is nothing; empty when there is. */
	std::string missing;
	std::vector<QueueView> queues;
	std::map<std::string, std::uint64_t> counters;
};

/** Reads what is there. @p root is "/sys/kernel/debug"; queues of other drivers are left out. */
DebugFs read_debugfs(const std::filesystem::path &root, const std::string &driver);

} // namespace info
