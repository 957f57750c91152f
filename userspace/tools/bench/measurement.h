/* SPDX-License-Identifier: MIT */
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <common/interrupt.h>

#include "rig.h"

namespace bench
{

/** Measurements of one thing. */
struct Result {
	std::string name;
	/** "ns" or something per second. */
	std::string unit;
	std::vector<double> samples;
};

/** How long a measurement may take. */
class Budget
{
public:
	using Clock = std::chrono::steady_clock;

	explicit Budget(double seconds)
		: seconds_(seconds),
		  end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
					      std::chrono::duration<double>(seconds)))
	{
	}

	/** Whether there is time for more. There is for a few, however short the time is. */
	bool more(std::size_t samples) const
	{
		return !tool::interrupted() && (samples < least || Clock::now() < end_);
	}

	/** A part of the time, for something that is done many times over. */
	std::chrono::duration<double> slice() const
	{
		return std::chrono::duration<double>(seconds_ / slices);
	}

private:
	static constexpr std::size_t least = 3;
	static constexpr double slices = 10;

	double seconds_;
	Clock::time_point end_;
};

/** One thing to measure, with its parameters. */
struct Measurement {
	std::string group;
	/** What is done and what is counted, for a person. */
	std::string what;
	std::vector<std::pair<std::string, std::string>> parameters;
	/** Does it. The device is as it was before when this returns. */
	std::function<std::vector<Result>(Rig &, const Budget &)> run;

	/** "throughput queues=4 jobs=16" */
	std::string title() const;
};

/** How long it takes until a job that nothing holds up has signalled. */
std::vector<Measurement> latency_measurements();

/** How many jobs there can be in a second. */
std::vector<Measurement> throughput_measurements();

/** How long it takes to change what an address space maps. */
std::vector<Measurement> bind_measurements();

/** How long it takes from one job to the next that waits for it. */
std::vector<Measurement> chain_measurements();

/** All of them. */
std::vector<Measurement> all_measurements();

/** Those that fit one of @p wanted, each the start of a title; all if none is wanted. */
std::vector<Measurement> select(std::vector<Measurement> from,
				const std::vector<std::string> &wanted);

} // namespace bench
