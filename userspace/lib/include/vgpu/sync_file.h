/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>
#include <vector>

#include <vgpu/unique_fd.h>

namespace vgpu
{

/** What the kernel says of one fence. */
struct FenceInfo {
	/** Who made it, and which of its queues; once it has signalled, that nobody knows. */
	std::string driver;
	std::string timeline;
	/** As sync_file_status(). */
	int status;
};

/** The fences in a sync file: one, or several if sync files were merged. */
std::vector<FenceInfo> sync_file_fences(int fd);

/** The name of a sync file: that of its fence with context and number, or that of the merge. */
std::string sync_file_name(int fd);

/** A sync file that signals when both have. */
UniqueFd merge_sync_files(const char *name, int a, int b);

} // namespace vgpu
