/* SPDX-License-Identifier: MIT */
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model.h"
#include "world.h"

namespace stress
{

/** What came of one round. */
struct RoundResult {
	std::uint64_t jobs = 0; /**< that finished and were checked */
	std::uint64_t bytes_verified = 0;
	std::uint64_t mismatches = 0;
	std::uint64_t statuses_checked = 0; /**< fences whose status was looked at */
	std::uint64_t faults_seen = 0;	    /**< planned faults that were reported as planned */
	std::uint64_t kills_seen = 0;	    /**< killed queues that say how far they got */
	std::uint64_t stopped_inside = 0;   /**< of these, in the middle of a job */
	std::uint64_t victims = 0;	    /**< clients that were killed, and checked */
	std::uint64_t resets = 0;	    /**< of the device, that were asked for */
	std::uint64_t replays = 0; /**< jobs that the device was given once more after them */
	std::chrono::nanoseconds running{}; /**< from the first EXEC call to the last fence */
	std::vector<std::string> failures;
	std::uint64_t failures_not_shown = 0;
	bool interrupted = false;

	bool passed() const { return failures.empty() && failures_not_shown == 0 && !interrupted; }
};

/** How a round is to be run. */
struct RoundOptions {
	std::chrono::milliseconds patience{30000}; /**< nothing happens for so long: stuck */
	bool drop_waits = false;		   /**< a defect on purpose */
	std::uint32_t victims = 0;		   /**< clients that are killed meanwhile */
	std::chrono::milliseconds reset_every{0};  /**< the device is reset so often; 0: never */
	/** Called a few times a second with the number of jobs that have finished. */
	std::function<void(std::uint64_t)> progress;
	/** True once the person at the terminal wants to stop. */
	std::function<bool()> interrupted;
};

/** Runs a world on the device, in processes of its own, and compares. */
RoundResult run_round(const World &world, const std::vector<Memory> &expected,
		      const RoundOptions &options);

} // namespace stress
