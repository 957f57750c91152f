/* SPDX-License-Identifier: MIT */
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "options.h"
#include "round.h"
#include "world.h"

namespace stress
{

/** What came of all rounds together. */
struct Totals {
	std::uint32_t rounds = 0;
	std::uint64_t jobs = 0;
	std::uint64_t edges = 0;	 /**< dependencies between queues, by sync objects */
	std::uint64_t process_edges = 0; /**< of these, between processes */
	std::uint64_t exec_edges = 0;	 /**< of these, within one EXEC call */
	std::uint64_t binary_edges = 0;
	std::uint64_t timeline_edges = 0;
	std::uint64_t queue_hazards = 0; /**< covered by the order of a queue */
	std::uint64_t bytes_verified = 0;
	std::uint64_t mismatches = 0;
	std::uint64_t statuses_checked = 0;
	std::uint64_t faults_planned = 0;
	std::uint64_t faults_seen = 0;
	std::uint64_t kills_planned = 0;
	std::uint64_t kills_seen = 0;
	std::uint64_t stopped_inside = 0;
	std::uint64_t victims = 0;
	std::uint64_t resets = 0;
	std::uint64_t replays = 0;
	std::chrono::nanoseconds running{};
	std::chrono::nanoseconds elapsed{};
	std::vector<std::string> failures;
	std::uint64_t failures_not_shown = 0;
	std::uint64_t failed_seed = 0;
	bool interrupted = false;

	void add(const World &world, const RoundResult &result);
	bool passed() const { return failures.empty() && failures_not_shown == 0 && !interrupted; }
};

/** Everything that a person sees. On a terminal the progress is one line that changes. */
class Reporter
{
public:
	explicit Reporter(const Options &options);

	void begin();
	void progress(std::uint32_t round, std::uint64_t finished, std::uint64_t jobs);
	void end_round(std::uint32_t round, const World &world, const RoundResult &result);
	void verdict(const Totals &totals);

private:
	void clear_line();
	void write_json(const Totals &totals) const;

	const Options &options_;
	bool terminal_;
	bool line_open_ = false;
	std::chrono::steady_clock::time_point last_;
};

} // namespace stress
