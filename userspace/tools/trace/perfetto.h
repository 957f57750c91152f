/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>

#include "timeline.h"

namespace trace
{

/**
 * The run in the trace event format, which ui.perfetto.dev and chrome://tracing open.
 *
 * Each queue has a track with its jobs on the device, one with what blocks its next job, and a
 * graph of how many jobs wait and how many are in flight. Arrows lead from a job to those that
 * depend on it.
 */
std::string to_perfetto(const Timeline &timeline);

} // namespace trace
