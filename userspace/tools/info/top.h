/* SPDX-License-Identifier: MIT */
#pragma once

#include "options.h"

namespace info
{

/** Looks again and again until the user has seen enough. @return the exit code */
int run_top(const Options &options);

} // namespace info
