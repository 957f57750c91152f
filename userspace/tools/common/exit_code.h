/* SPDX-License-Identifier: MIT */
#pragma once

namespace tool
{

/** What the tools end with. */
enum ExitCode {
	exit_ok = 0,
	exit_failed = 1,
	exit_usage = 2,
	exit_no_device = 77, /**< what ctest and the like take for "skipped" */
	exit_interrupted = 130
};

/** Says so in every tool's help. */
inline constexpr const char *exit_codes_help =
	"Exit code: 0 all well, 1 it failed, 2 wrong usage, 77 no device, 130 interrupted.";

} // namespace tool
