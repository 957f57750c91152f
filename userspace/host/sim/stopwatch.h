/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file Real time, which no schedule depends on: that of the CPU, so that as much is tried on a
 * busy machine as on an idle one.
 */

#include <ctime>

namespace sim
{

class Stopwatch
{
public:
	double seconds() const { return now() - start_; }

private:
	static double now()
	{
		timespec time;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
		return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
	}

	double start_ = now();
};

} // namespace sim
