/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace info
{

/** What a client has used of one class of engine. */
struct EngineUse {
	std::uint64_t busy_ns = 0;
	/** How many engines the class has: busy_ns grows at most so many times as fast as time. */
	std::uint64_t capacity = 1;

	bool operator==(const EngineUse &) const = default;
};

/** What a client has of one kind of memory, in bytes. */
struct MemoryUse {
	std::uint64_t total = 0, shared = 0, resident = 0, purgeable = 0, active = 0;

	bool operator==(const MemoryUse &) const = default;
};

/** What /proc/PID/fdinfo/FD says of a file of a DRM device. */
struct FdInfo {
	std::string driver;
	std::uint64_t client_id = 0;
	std::string client_name;
	std::map<std::string, EngineUse> engines;
	std::map<std::string, MemoryUse> memory;
	/** Other lines of the driver, as they are. */
	std::map<std::string, std::string> other;
};

/**
 * Reads the text of one such file. The keys are those of the kernel's drm-usage-stats document.
 *
 * @return nothing if it is no file of a DRM device, or one that says nothing of its client
 */
std::optional<FdInfo> parse_fdinfo(std::string_view text);

} // namespace info
