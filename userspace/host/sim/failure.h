/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file What people are told of a failure: what happened, how to see it again, and a simpler way to
 * the same.
 */

#include "options.h"
#include "scenario.h"

namespace sim
{

/** The schedule that runs, for crashes too. */
void runs_now(const Options &options, const Scenario &scenario, std::uint64_t seed,
	      bool by_choices);
/** A crash says where it was. */
void catch_crashes();

/** Of the schedule that has just been run. */
void tell_failure(const std::string &failure);

} // namespace sim
