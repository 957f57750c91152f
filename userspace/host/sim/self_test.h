/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file Tests of the sim itself.
 */

#include "options.h"

namespace sim
{

/** Prints what is wrong; true if nothing is. With a scenario, only what concerns that. */
bool self_test(const Options &options);

} // namespace sim
