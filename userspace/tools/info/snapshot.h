/* SPDX-License-Identifier: MIT */
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <vgpu/device.h>

#include <common/device.h>

#include "clients.h"
#include "queues.h"

namespace info
{

/** Where the kernel tells; tests put folders of their own there. */
struct Sources {
	std::filesystem::path proc = "/proc";
	std::filesystem::path debugfs = "/sys/kernel/debug";
	std::string driver = "vgpu_fw";
};

/** What the device says of itself. */
struct DeviceView {
	tool::DriverVersion version;
	drm_vgpu_info limits{};
	std::vector<drm_vgpu_engine_info> engines;
};

/** Asks a device. */
DeviceView look_at_device(const vgpu::Device &device);

/** Who uses the device and how, at one moment. */
struct Snapshot {
	std::chrono::steady_clock::time_point at;
	std::vector<Client> clients;
	DebugFs debugfs;
};

Snapshot take_snapshot(const Sources &sources);

} // namespace info
