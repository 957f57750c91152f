/* SPDX-License-Identifier: MIT */
#include <common/device.h>

#include <cerrno>
#include <memory>

#include <xf86drm.h>

#include <vgpu/error.h>

namespace tool
{

vgpu::Device open_device()
{
	if (!vgpu::Device::present())
		throw vgpu::Error(ENODEV, "open",
				  "find a vgpu_fw device (is the module loaded, and may you open "
				  "/dev/dri/renderD*?)");
	return vgpu::Device::open();
}

DriverVersion driver_version(int fd)
{
	const std::unique_ptr<drmVersion, void (*)(drmVersionPtr)> version(drmGetVersion(fd),
									   drmFreeVersion);

	if (!version)
		throw vgpu::Error(errno, "DRM_IOCTL_VERSION", "ask for the driver's version");
	return {{version->name, static_cast<std::size_t>(version->name_len)},
		{version->desc, static_cast<std::size_t>(version->desc_len)},
		version->version_major,
		version->version_minor};
}

std::string engine_name(std::uint32_t engine_class)
{
	switch (engine_class) {
	case DRM_VGPU_ENGINE_COMPUTE:
		return "compute";
	case DRM_VGPU_ENGINE_COPY:
		return "copy";
	case DRM_VGPU_ENGINE_BIND:
		return "bind";
	default:
		return std::to_string(engine_class);
	}
}

} // namespace tool
