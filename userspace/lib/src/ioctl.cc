/* SPDX-License-Identifier: MIT */
#include <vgpu/ioctl.h>

#include <cerrno>

#include <sys/ioctl.h>
#include <xf86drm.h>

namespace vgpu
{

int DrmIoctl::ioctl(unsigned long request, void *arg) noexcept
{
	const int result = drmIoctl(fd_.get(), request, arg);

	return result < 0 ? -errno : result;
}

int DrmIoctl::ioctl_once(unsigned long request, void *arg) noexcept
{
	const int result = ::ioctl(fd_.get(), request, arg);

	return result < 0 ? -errno : result;
}

} // namespace vgpu
