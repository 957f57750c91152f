/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file What went wrong in a schedule.
 */

#include <string>

namespace sim
{

/** Empty if nothing has. */
const std::string &failure();
/** From outside of the fibers. */
void set_failure(std::string sentence);
/** Who can't go on, and what each waits for; empty if all have ended. */
std::string who_is_left();

} // namespace sim
