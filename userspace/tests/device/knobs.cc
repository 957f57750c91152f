/* SPDX-License-Identifier: MIT */
#include "knobs.h"

#include <cerrno>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "context.h"

namespace knobs
{

namespace
{

namespace fs = std::filesystem;

const fs::path fault = "/sys/kernel/debug/vgpu_fault";
const fs::path driver = "/sys/bus/platform/drivers/vgpu_fw";

/* The name of the platform device, which it keeps without a driver. */
std::string device_name()
{
	std::error_code error;

	for (const fs::directory_entry &entry :
	     fs::directory_iterator("/sys/bus/platform/devices", error))
		if (entry.path().filename().string().starts_with("vgpu_fw"))
			return entry.path().filename();
	return {};
}

fs::path drm_folder()
{
	std::error_code error;

	for (const fs::directory_entry &entry :
	     fs::directory_iterator("/sys/kernel/debug/dri", error)) {
		std::ifstream file(entry.path() / "name");
		std::string name;

		if (file >> name && name == "vgpu_fw" && fs::exists(entry.path() / "counters"))
			return entry.path();
	}
	return {};
}

int write_file(const fs::path &path, const std::string &text)
{
	const vgpu::UniqueFd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));

	if (!fd)
		return -errno;
	return write(fd.get(), text.data(), text.size()) < 0 ? -errno : 0;
}

} // namespace

std::string problem()
{
	if (geteuid() != 0)
		return "only root may do this";
	if (access("/sys/kernel/debug/dri", R_OK))
		return "there is no /sys/kernel/debug/dri (is debugfs mounted?)";
	return {};
}

int reset_device()
{
	return write_file(drm_folder() / "reset", "1");
}

std::uint64_t counter(const std::string &name)
{
	std::ifstream file(drm_folder() / "counters");
	std::string word;
	std::uint64_t value;

	while (file >> word >> value)
		if (word == name || word == name + ":")
			return value;
	ADD_FAILURE() << "the driver has no counter " << name << " in " << drm_folder();
	return 0;
}

bool set(const std::string &path, const std::string &value)
{
	const int result = write_file(fault / path, value);

	EXPECT_EQ(result, 0) << "can't set " << (fault / path);
	return result == 0;
}

Knob::Knob(const std::string &name, std::uint32_t rate, std::uint32_t times, std::uint64_t arg)
	: name_(name)
{
	set(name_ + "/arg", std::to_string(arg));
	set(name_ + "/times", std::to_string(times));
	set(name_ + "/rate", std::to_string(rate));
}

Knob::~Knob()
{
	set(name_ + "/rate", "0");
	set(name_ + "/times", "0");
}

std::uint64_t Knob::hits() const
{
	std::ifstream file(fault / name_ / "hits");
	std::uint64_t value = 0;

	EXPECT_TRUE(file >> value) << "can't read how often " << name_ << " has struck";
	return value;
}

bool unbind()
{
	return write_file(driver / "unbind", device_name()) == 0;
}

bool bind()
{
	if (write_file(driver / "bind", device_name()))
		return false;
	/* The node appears when devtmpfs has made it. */
	for (const auto deadline = vgpu::Deadline::in(long_enough); !deadline.passed();) {
		if (is_bound())
			return true;
		std::this_thread::sleep_for(1ms);
	}
	return false;
}

bool is_bound()
{
	return vgpu::Device::present();
}

} // namespace knobs
