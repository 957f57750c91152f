/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>

#include "timeline.h"
#include "window.h"

namespace trace
{

/**
 * Draws a part of a run as an SVG image.
 *
 * Above the whole run, how busy each queue kept the device, with a frame around the part. Below the
 * part: for each queue a row with its jobs, above them how long they waited and what blocked them,
 * and lines from each job to those that depend on it; then how many queues had a job on the device.
 */
std::string to_svg(const Timeline &timeline, const Window &window);

} // namespace trace
