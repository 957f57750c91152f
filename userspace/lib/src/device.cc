/* SPDX-License-Identifier: MIT */
#include <vgpu/device.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include <fcntl.h>
#include <xf86drm.h>

#include <vgpu/error.h>

namespace vgpu
{

namespace
{

constexpr std::string_view driver_name = "vgpu_fw";
constexpr int max_devices = 64;

bool is_vgpu(int fd)
{
	const std::unique_ptr<drmVersion, void (*)(drmVersionPtr)> version(drmGetVersion(fd),
									   drmFreeVersion);

	return version && version->name == driver_name;
}

/* Looks at every DRM device: which minor number the driver got depends on what else is there. */
UniqueFd open_first_match()
{
	drmDevicePtr devices[max_devices];
	const int count = drmGetDevices2(0, devices, max_devices);
	UniqueFd found;

	for (int i = 0; i < count && i < max_devices && !found; i++) {
		if (!(devices[i]->available_nodes & (1 << DRM_NODE_RENDER)))
			continue;
		UniqueFd fd(::open(devices[i]->nodes[DRM_NODE_RENDER], O_RDWR | O_CLOEXEC));
		if (fd && is_vgpu(fd.get()))
			found = std::move(fd);
	}
	if (count > 0)
		drmFreeDevices(devices, count);
	return found;
}

} // namespace

UniqueFd open_device_file()
{
	return open_first_match();
}

Device Device::open()
{
	UniqueFd fd = open_device_file();

	if (!fd)
		throw Error(ENODEV, "open", "find a vgpu_fw device");
	return Device(std::make_shared<DrmIoctl>(std::move(fd)));
}

bool Device::present()
{
	return static_cast<bool>(open_device_file());
}

Device::Device(std::shared_ptr<Ioctl> io) : io_(std::move(io)), info_(query_info()) {}

drm_vgpu_info Device::query_info() const
{
	drm_vgpu_query_args args = {};
	drm_vgpu_info info = {};

	args.what = DRM_VGPU_QUERY_INFO;
	args.size = sizeof(info);
	args.ptr = reinterpret_cast<__u64>(&info);
	call(DRM_IOCTL_VGPU_QUERY, &args, "DRM_IOCTL_VGPU_QUERY", "ask the device for its limits");
	return info;
}

std::vector<drm_vgpu_engine_info> Device::engines() const
{
	std::vector<drm_vgpu_engine_info> engines;
	drm_vgpu_query_args args = {};

	args.what = DRM_VGPU_QUERY_ENGINES;
	call(DRM_IOCTL_VGPU_QUERY, &args, "DRM_IOCTL_VGPU_QUERY", "ask for the number of engines");
	engines.resize(args.size / sizeof(engines[0]));
	args.size = static_cast<__u32>(engines.size() * sizeof(engines[0]));
	args.ptr = reinterpret_cast<__u64>(engines.data());
	call(DRM_IOCTL_VGPU_QUERY, &args, "DRM_IOCTL_VGPU_QUERY", "ask for the engines");
	return engines;
}

void Device::check_call(Ioctl &io, unsigned long request, void *arg, const char *name,
			const char *attempt)
{
	check(io.ioctl(request, arg), name, attempt);
}

} // namespace vgpu
