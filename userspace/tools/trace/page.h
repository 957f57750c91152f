/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>

#include "summary.h"
#include "timeline.h"
#include "window.h"

namespace trace
{

/** The picture of a run and its numbers as one HTML page that needs nothing else. */
std::string to_html(const Timeline &timeline, const Summary &summary, const Window &window);

} // namespace trace
