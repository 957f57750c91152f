/* SPDX-License-Identifier: MIT */
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "world.h"

namespace stress
{

inline constexpr std::uint32_t max_threads = 256;
inline constexpr std::uint32_t max_failures = 16;

/** A failure, in plain words, on its way from a client to the process that reports. */
struct FailureSlot {
	std::atomic<std::uint32_t> ready;
	char text[508];
};

/** How far a life of a queue got that was killed; see Stop. */
struct StopSlot {
	std::uint64_t completed;
	std::uint32_t stopped;
	std::uint32_t call;
	std::uint32_t word;
	std::atomic<std::uint32_t> known;
};

/**
 * What the processes of a round tell each other, in memory that they share.
 *
 * Counters only go up; who waits for one sleeps on it as a futex.
 */
struct SharedState {
	/** How many batches each thread has submitted. */
	std::atomic<std::uint32_t> submitted[max_threads];
	/** How many times clients have arrived at a meeting point. */
	std::atomic<std::uint32_t> arrived;
	/** How many meeting points have been opened. */
	std::atomic<std::uint32_t> opened;
	/** Set when something failed: everybody stops. */
	std::atomic<std::uint32_t> stop;
	std::atomic<std::uint32_t> failure_count;
	std::atomic<std::uint64_t> bytes_verified;
	std::atomic<std::uint64_t> mismatches;
	std::atomic<std::uint64_t> statuses_checked;
	std::atomic<std::uint64_t> faults_seen;
	std::atomic<std::uint64_t> kills_seen;	   /**< killed queues whose end was right */
	std::atomic<std::uint64_t> stopped_inside; /**< of these, in the middle of a job */
	std::atomic<std::uint64_t> resets; /**< of the device, as far as queues lived through */
	StopSlot stops[max_killed_life];   /**< by life */
	FailureSlot failures[max_failures];

	/** Notes a failure and makes everybody stop. Texts that don't fit any more are counted. */
	void fail(std::string_view text) noexcept;
};

/** A SharedState that this process and the ones it forks have in common. */
class SharedMapping
{
public:
	SharedMapping();
	SharedMapping(const SharedMapping &) = delete;
	SharedMapping &operator=(const SharedMapping &) = delete;
	~SharedMapping();

	SharedState &operator*() const noexcept { return *state_; }
	SharedState *operator->() const noexcept { return state_; }

private:
	SharedState *state_;
};

/** Sleeps until @p word isn't @p value any more, a signal comes or @p at_most is over. */
void sleep_while(const std::atomic<std::uint32_t> &word, std::uint32_t value,
		 std::chrono::milliseconds at_most) noexcept;

/** Adds one and wakes all that sleep. */
void advance(std::atomic<std::uint32_t> &word) noexcept;

/** Says when nothing at all has happened for too long. */
class Patience
{
public:
	explicit Patience(std::chrono::milliseconds limit)
		: limit_(limit), since_(std::chrono::steady_clock::now())
	{
	}

	/** @param activity any number that changes when something happens. */
	bool exhausted(std::uint64_t activity)
	{
		const auto now = std::chrono::steady_clock::now();

		if (activity != last_) {
			last_ = activity;
			since_ = now;
		}
		return now - since_ > limit_;
	}

private:
	std::chrono::milliseconds limit_;
	std::chrono::steady_clock::time_point since_;
	std::uint64_t last_ = 0;
};

} // namespace stress
