/* SPDX-License-Identifier: MIT */
#include <vgpu/syncobj.h>

#include <cerrno>
#include <utility>

#include <linux/sync_file.h>
#include <sys/ioctl.h>

#include <vgpu/error.h>

namespace vgpu
{

Syncobj::Syncobj(std::shared_ptr<Ioctl> io, std::uint32_t handle) noexcept
	: io_(std::move(io)), handle_(handle)
{
}

Syncobj::Syncobj(const Device &device, bool signalled)
{
	drm_syncobj_create args = {};

	args.flags = signalled ? DRM_SYNCOBJ_CREATE_SIGNALED : 0;
	device.call(DRM_IOCTL_SYNCOBJ_CREATE, &args, "DRM_IOCTL_SYNCOBJ_CREATE",
		    "make a sync object");
	io_ = device.shared_io();
	handle_ = args.handle;
}

Syncobj Syncobj::import(const Device &device, int fd)
{
	drm_syncobj_handle args = {};

	args.fd = fd;
	device.call(DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &args, "DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE",
		    "import a sync object");
	return Syncobj(device.shared_io(), args.handle);
}

Syncobj::Syncobj(Syncobj &&other) noexcept
	: io_(std::move(other.io_)), handle_(std::exchange(other.handle_, 0))
{
}

Syncobj &Syncobj::operator=(Syncobj &&other) noexcept
{
	if (this != &other) {
		destroy();
		io_ = std::move(other.io_);
		handle_ = std::exchange(other.handle_, 0);
	}
	return *this;
}

void Syncobj::destroy() noexcept
{
	if (handle_) {
		drm_syncobj_destroy args = {};

		args.handle = std::exchange(handle_, 0);
		io_->ioctl(DRM_IOCTL_SYNCOBJ_DESTROY, &args);
	}
	io_.reset();
}

bool Syncobj::wait(Deadline deadline, Until until) const
{
	return wait(0, deadline, until);
}

bool Syncobj::wait(std::uint64_t point, Deadline deadline, Until until) const
{
	drm_syncobj_timeline_wait args = {};

	/* Point 0 of the timeline call is the fence of a binary object. */
	args.handles = reinterpret_cast<__u64>(&handle_);
	args.points = reinterpret_cast<__u64>(&point);
	args.timeout_nsec = deadline.nanoseconds();
	args.count_handles = 1;
	if (until != Until::signalled)
		args.flags |= DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT;
	if (until == Until::submitted)
		args.flags |= DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE;

	const int result = io_->ioctl(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args);
	if (result == -ETIME)
		return false;
	check(result, "DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT", "wait for a sync object");
	return true;
}

void Syncobj::signal()
{
	drm_syncobj_array args = {};

	args.handles = reinterpret_cast<__u64>(&handle_);
	args.count_handles = 1;
	Device::check_call(*io_, DRM_IOCTL_SYNCOBJ_SIGNAL, &args, "DRM_IOCTL_SYNCOBJ_SIGNAL",
			   "signal a sync object");
}

void Syncobj::signal(std::uint64_t point)
{
	drm_syncobj_timeline_array args = {};

	args.handles = reinterpret_cast<__u64>(&handle_);
	args.points = reinterpret_cast<__u64>(&point);
	args.count_handles = 1;
	Device::check_call(*io_, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &args,
			   "DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL", "signal a point of a timeline");
}

void Syncobj::reset()
{
	drm_syncobj_array args = {};

	args.handles = reinterpret_cast<__u64>(&handle_);
	args.count_handles = 1;
	Device::check_call(*io_, DRM_IOCTL_SYNCOBJ_RESET, &args, "DRM_IOCTL_SYNCOBJ_RESET",
			   "reset a sync object");
}

std::uint64_t Syncobj::last_signalled_point() const
{
	drm_syncobj_timeline_array args = {};
	std::uint64_t point = 0;

	args.handles = reinterpret_cast<__u64>(&handle_);
	args.points = reinterpret_cast<__u64>(&point);
	args.count_handles = 1;
	Device::check_call(*io_, DRM_IOCTL_SYNCOBJ_QUERY, &args, "DRM_IOCTL_SYNCOBJ_QUERY",
			   "ask a timeline how far it is");
	return point;
}

void Syncobj::transfer(std::uint64_t point, const Syncobj &source, std::uint64_t source_point)
{
	drm_syncobj_transfer args = {};

	args.src_handle = source.handle_;
	args.dst_handle = handle_;
	args.src_point = source_point;
	args.dst_point = point;
	Device::check_call(*io_, DRM_IOCTL_SYNCOBJ_TRANSFER, &args, "DRM_IOCTL_SYNCOBJ_TRANSFER",
			   "copy a fence from one sync object to another");
}

UniqueFd Syncobj::export_fd() const
{
	drm_syncobj_handle args = {};

	args.handle = handle_;
	args.fd = -1;
	Device::check_call(*io_, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args,
			   "DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD", "export a sync object");
	return UniqueFd(args.fd);
}

UniqueFd Syncobj::export_sync_file() const
{
	drm_syncobj_handle args = {};

	args.handle = handle_;
	args.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE;
	args.fd = -1;
	Device::check_call(*io_, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args,
			   "DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD", "export a fence");
	return UniqueFd(args.fd);
}

void Syncobj::import_sync_file(int fd)
{
	drm_syncobj_handle args = {};

	args.handle = handle_;
	args.flags = DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE;
	args.fd = fd;
	Device::check_call(*io_, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &args,
			   "DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE", "import a fence");
}

int sync_file_status(int fd)
{
	struct sync_file_info info = {};

	/* No fences asked for: the status of all together. */
	if (ioctl(fd, SYNC_IOC_FILE_INFO, &info) < 0)
		throw Error(errno, "SYNC_IOC_FILE_INFO", "ask a fence for its status");
	return info.status;
}

} // namespace vgpu
