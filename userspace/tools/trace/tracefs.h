/* SPDX-License-Identifier: MIT */
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace trace
{

/** Where tracefs is. Throws std::runtime_error that says how to get it. */
std::filesystem::path find_tracefs();

/** An event that may be recorded. */
struct EventName {
	std::string group, name;
	bool present = false;
};

/** The events that there is a use for, and whether this kernel has them. */
std::vector<EventName> known_events(const std::filesystem::path &tracefs);

/** A trace of our own, so that others who trace are left alone. It goes with its owner. */
class TraceInstance
{
public:
	/** Throws vgpu::Error. */
	TraceInstance(const std::filesystem::path &tracefs, unsigned buffer_kib);
	TraceInstance(const TraceInstance &) = delete;
	TraceInstance &operator=(const TraceInstance &) = delete;
	~TraceInstance();

	void enable(const EventName &event);
	void start();
	void stop();

	/** What was recorded, as text. */
	std::string text() const;

	/** How many events were overwritten or dropped. */
	std::uint64_t lost() const;

private:
	void set(const std::filesystem::path &file, const std::string &value);

	std::filesystem::path folder_;
};

} // namespace trace
