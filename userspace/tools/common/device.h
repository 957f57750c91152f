/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>

#include <vgpu/device.h>

namespace tool
{

/** Opens the first device. Throws vgpu::Error with ENODEV and says what could be the matter. */
vgpu::Device open_device();

/** Who drives a device, in which version. */
struct DriverVersion {
	std::string name, description;
	int major = 0, minor = 0;
};

/** Asks the file's driver. Throws vgpu::Error. */
DriverVersion driver_version(int fd);

/** "compute", "copy", "bind" or the number. */
std::string engine_name(std::uint32_t engine_class);

} // namespace tool
