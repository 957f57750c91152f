/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

/** What only the administrator can do to the device: its files in debugfs and sysfs. */
namespace knobs
{

/** Why a test can't do these things; empty when it can. */
std::string problem();

/** Resets the device; over when it returns. @return 0 or a negative errno */
int reset_device();

/** A counter of the driver. Makes the test fail when there is none of that name. */
std::uint64_t counter(const std::string &name);

/** Writes a file of a knob, or of the device's fault injection itself. */
bool set(const std::string &path, const std::string &value);

/** Allows the kinds of HANG that need a device reset, until this goes. */
class ArmedHangs
{
public:
	ArmedHangs() { set("arm_hangs", "1"); }
	ArmedHangs(const ArmedHangs &) = delete;
	ArmedHangs &operator=(const ArmedHangs &) = delete;
	~ArmedHangs() { set("arm_hangs", "0"); }
};

/** A knob that is on until this goes. */
class Knob
{
public:
	/** @param rate of 65536 opportunities @param times at most, 0: no limit */
	Knob(const std::string &name, std::uint32_t rate, std::uint32_t times = 0,
	     std::uint64_t arg = 0);
	Knob(const Knob &) = delete;
	Knob &operator=(const Knob &) = delete;
	~Knob();

	/** How often it has struck. */
	std::uint64_t hits() const;

private:
	std::string name_;
};

/** Takes the driver from the device, or gives it back. @return whether it worked */
bool unbind();
bool bind();

/** Whether the driver has the device, and there is a node for it. */
bool is_bound();

} // namespace knobs
