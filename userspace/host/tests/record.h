/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file What happened, and waiting for it. All waits end: in time, or with false.
 */

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace test
{

/** No test waits longer for anything. */
inline constexpr std::chrono::seconds patience{20};

/** Long enough for what must not happen to happen, if it could. */
inline constexpr std::chrono::milliseconds grace{30};

/** Something that happens once. */
class Event
{
public:
	void set();
	[[nodiscard]] bool wait(std::chrono::milliseconds limit = patience);

private:
	std::mutex mutex_;
	std::condition_variable changed_;
	bool set_ = false;
};

/** Lines in the order in which they were added, by any thread. */
class Record
{
public:
	void add(std::string line);
	std::vector<std::string> all() const;
	std::vector<std::string> starting_with(std::string_view start) const;
	bool has(std::string_view line) const;
	/** Where @line is; -1 if nowhere. */
	long place(std::string_view line) const;
	[[nodiscard]] bool wait_for(std::string_view line,
				    std::chrono::milliseconds limit = patience) const;

private:
	long find(std::string_view line) const;

	mutable std::mutex mutex_;
	mutable std::condition_variable added_;
	std::vector<std::string> lines_;
};

} // namespace test
