/* SPDX-License-Identifier: MIT */
#include "style.h"

#include <cerrno>
#include <cstdio>

namespace
{

constexpr const char *names[] = {"Default", "Xe",  "Panthor", "Amdxdna",
				 "Nouveau", "Pvr", "AmdgpuVm"};

/*
 * The last two may be missing; of the others a refusal is a failure. Without a device there is
 * nobody to ask: the names of tests can be listed all the same.
 */
bool driver_has(drm_vgpu_profile profile)
{
	if (profile != DRM_VGPU_PROFILE_PVR && profile != DRM_VGPU_PROFILE_AMDGPU_VM)
		return true;
	vgpu::UniqueFd fd = vgpu::open_device_file();

	if (!fd)
		return true;
	const vgpu::Device device(std::make_shared<vgpu::DrmIoctl>(std::move(fd)));
	const vgpu::Vm vm(device);
	drm_vgpu_queue_create args = {};

	args.vm = vm.id();
	args.profile = profile;
	return device.io().ioctl(DRM_IOCTL_VGPU_QUEUE_CREATE, &args) != -EINVAL;
}

std::vector<Style> find_styles()
{
	std::vector<Style> styles;

	for (std::uint32_t number = 0; number <= DRM_VGPU_PROFILE_AMDGPU_VM; number++) {
		const auto profile = static_cast<drm_vgpu_profile>(number);

		if (!driver_has(profile)) {
			std::fprintf(stderr,
				     "vgpu-device-tests: the driver has no profile %s; tests of "
				     "it are left out\n",
				     names[number]);
			continue;
		}
		for (const std::uint32_t flags : {0u, DRM_VGPU_QUEUE_DIRECT_COMPLETION}) {
			const bool copy = (number + (flags != 0)) % 2;

			styles.push_back({names[number] + std::string(flags ? "Other" : "Own"),
					  profile, flags,
					  copy ? DRM_VGPU_ENGINE_COPY : DRM_VGPU_ENGINE_COMPUTE});
		}
	}
	return styles;
}

} // namespace

std::vector<Style> all_styles()
{
	static const std::vector<Style> styles = find_styles();

	return styles;
}
