/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace stress
{

/** What only the administrator can do to the device, and see of it. Needs root. */
class Debugfs
{
public:
	/** Looks for the device, and notes where its counters are. Throws vgpu::Error. */
	Debugfs();

	/** Resets the device. Over when it returns. Throws vgpu::Error. */
	void reset();

	/** By how much a counter has grown since the beginning. Throws vgpu::Error. */
	std::uint64_t grown(const std::string &counter) const;

private:
	std::map<std::string, std::uint64_t> counters() const;

	std::filesystem::path folder_;
	std::map<std::string, std::uint64_t> first_;
};

} // namespace stress
