/* SPDX-License-Identifier: MIT */
#include <vgpu/buffer.h>

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vgpu/error.h>
#include <vgpu/vm.h>

namespace vgpu
{

Buffer::Buffer(std::shared_ptr<Ioctl> io, std::uint32_t handle, std::uint64_t bytes) noexcept
	: io_(std::move(io)), handle_(handle), bytes_(bytes)
{
}

Buffer::Buffer(const Device &device, std::uint64_t bytes)
{
	drm_vgpu_bo_create args = {};

	args.size = bytes;
	create(device, args);
}

Buffer::Buffer(const Device &device, std::uint64_t bytes, const Vm &vm)
{
	drm_vgpu_bo_create args = {};

	args.size = bytes;
	args.flags = DRM_VGPU_BO_VM_PRIVATE;
	args.vm = vm.id();
	create(device, args);
}

void Buffer::create(const Device &device, const drm_vgpu_bo_create &wanted)
{
	const std::uint64_t page = device.info().page_size;
	drm_vgpu_bo_create args = wanted;

	device.call(DRM_IOCTL_VGPU_BO_CREATE, &args, "DRM_IOCTL_VGPU_BO_CREATE", "make a buffer");
	io_ = device.shared_io();
	handle_ = args.handle;
	bytes_ = (args.size + page - 1) / page * page;
}

Buffer Buffer::import(const Device &device, int fd)
{
	const off_t bytes = lseek(fd, 0, SEEK_END);
	drm_prime_handle args = {};

	if (bytes < 0)
		throw Error(errno, "lseek", "find out the size of an imported buffer");
	args.fd = fd;
	device.call(DRM_IOCTL_PRIME_FD_TO_HANDLE, &args, "DRM_IOCTL_PRIME_FD_TO_HANDLE",
		    "import a buffer");
	return Buffer(device.shared_io(), args.handle, static_cast<std::uint64_t>(bytes));
}

Buffer::Buffer(Buffer &&other) noexcept
	: io_(std::move(other.io_)), handle_(std::exchange(other.handle_, 0)),
	  bytes_(std::exchange(other.bytes_, 0)), mapping_(std::exchange(other.mapping_, nullptr))
{
}

Buffer &Buffer::operator=(Buffer &&other) noexcept
{
	if (this != &other) {
		reset();
		io_ = std::move(other.io_);
		handle_ = std::exchange(other.handle_, 0);
		bytes_ = std::exchange(other.bytes_, 0);
		mapping_ = std::exchange(other.mapping_, nullptr);
	}
	return *this;
}

void Buffer::reset() noexcept
{
	if (mapping_)
		munmap(std::exchange(mapping_, nullptr), bytes_);
	if (handle_) {
		drm_gem_close args = {};

		args.handle = std::exchange(handle_, 0);
		io_->ioctl(DRM_IOCTL_GEM_CLOSE, &args);
	}
	io_.reset();
}

std::uint64_t Buffer::mmap_offset() const
{
	drm_vgpu_bo_mmap_offset args = {};

	args.handle = handle_;
	Device::check_call(*io_, DRM_IOCTL_VGPU_BO_MMAP_OFFSET, &args,
			   "DRM_IOCTL_VGPU_BO_MMAP_OFFSET", "find out where to map a buffer");
	return args.offset;
}

std::span<std::uint64_t> Buffer::words()
{
	if (!mapping_) {
		void *mapping = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, io_->fd(),
				     static_cast<off_t>(mmap_offset()));
		if (mapping == MAP_FAILED)
			throw Error(errno, "mmap", "map a buffer");
		mapping_ = mapping;
	}
	return {static_cast<std::uint64_t *>(mapping_), bytes_ / sizeof(std::uint64_t)};
}

UniqueFd Buffer::export_fd() const
{
	drm_prime_handle args = {};

	args.handle = handle_;
	args.flags = DRM_CLOEXEC | DRM_RDWR;
	Device::check_call(*io_, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args,
			   "DRM_IOCTL_PRIME_HANDLE_TO_FD", "export a buffer");
	return UniqueFd(args.fd);
}

} // namespace vgpu
