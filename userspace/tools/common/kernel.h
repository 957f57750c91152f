/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace tool
{

/** The kernel that numbers were measured on. */
struct Kernel {
	std::string release, version, machine;
	unsigned cpus = 0;
	/** It watches for mistakes (KASAN, kmemleak or lockdep): its times say little. */
	bool checks = false;
};

/** The kernel that runs. */
Kernel this_kernel();

/** One line for people. */
std::string describe(const Kernel &kernel);

nlohmann::ordered_json to_json(const Kernel &kernel);

} // namespace tool
