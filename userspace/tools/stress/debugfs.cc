/* SPDX-License-Identifier: MIT */
#include "debugfs.h"

#include <cerrno>
#include <fstream>

#include <vgpu/error.h>

namespace stress
{

namespace
{

namespace fs = std::filesystem;

/* The device has a folder by its number or its name, and maybe both. */
fs::path find_folder()
{
	std::error_code error;

	for (const fs::directory_entry &entry :
	     fs::directory_iterator("/sys/kernel/debug/dri", error)) {
		std::ifstream file(entry.path() / "name");
		std::string driver;

		if (file >> driver && driver == "vgpu_fw" && fs::exists(entry.path() / "reset"))
			return entry.path();
	}
	throw vgpu::Error(ENOENT, "/sys/kernel/debug/dri",
			  "find the device in debugfs (is it mounted, and are you root?)");
}

} // namespace

Debugfs::Debugfs() : folder_(find_folder()), first_(counters()) {}

void Debugfs::reset()
{
	std::ofstream file(folder_ / "reset");

	file << "1";
	if (!file.flush())
		throw vgpu::Error(errno, (folder_ / "reset").string(), "reset the device");
}

std::map<std::string, std::uint64_t> Debugfs::counters() const
{
	std::ifstream file(folder_ / "counters");
	std::map<std::string, std::uint64_t> counters;
	std::string name;
	std::uint64_t value;

	while (file >> name >> value) {
		if (name.ends_with(':'))
			name.pop_back();
		counters[name] = value;
	}
	return counters;
}

std::uint64_t Debugfs::grown(const std::string &counter) const
{
	const auto now = counters();
	const auto before = first_.find(counter), after = now.find(counter);

	if (before == first_.end() || after == now.end())
		throw vgpu::Error(ENOENT, (folder_ / "counters").string(),
				  "find the counter " + counter);
	return after->second - before->second;
}

} // namespace stress
