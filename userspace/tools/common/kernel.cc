/* SPDX-License-Identifier: MIT */
#include <common/kernel.h>

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace tool
{

Kernel this_kernel()
{
	struct utsname name = {};
	Kernel kernel;

	uname(&name);
	kernel.release = name.release;
	kernel.version = name.version;
	kernel.machine = name.machine;
	kernel.cpus = static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN));
	for (const char *sign : {"/proc/lockdep", "/sys/kernel/debug/kmemleak"})
		kernel.checks |= access(sign, F_OK) == 0;
	return kernel;
}

std::string describe(const Kernel &kernel)
{
	return fmt::format("Linux {} on {}, {} CPU{}{}", kernel.release, kernel.machine,
			   kernel.cpus, kernel.cpus == 1 ? "" : "s",
			   kernel.checks ? "; it watches for mistakes, so times are far longer"
					 : "");
}

nlohmann::ordered_json to_json(const Kernel &kernel)
{
	return {{"release", kernel.release},
		{"version", kernel.version},
		{"machine", kernel.machine},
		{"cpus", kernel.cpus},
		{"watches_for_mistakes", kernel.checks}};
}

} // namespace tool
