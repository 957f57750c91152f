/* SPDX-License-Identifier: MIT */
#pragma once

#include <vgpu/unique_fd.h>

namespace vgpu
{

/**
 * The only way from this library to a device.
 *
 * Everything above is written against this interface, so a test puts its own implementation below
 * and needs no device.
 */
class Ioctl
{
public:
	virtual ~Ioctl() = default;

	/** Makes a call. @return 0 or more, or a negative errno. */
	virtual int ioctl(unsigned long request, void *arg) noexcept = 0;

	/** What mmap() of a buffer's offset goes to. */
	virtual int fd() const noexcept = 0;
};

/** An open device file. */
class DrmIoctl final : public Ioctl
{
public:
	explicit DrmIoctl(UniqueFd fd) noexcept : fd_(std::move(fd)) {}

	/** Makes a call, and makes it again for as long as signals interrupt it. */
	int ioctl(unsigned long request, void *arg) noexcept override;

	/** Makes a call once: for tests that want to see -EINTR. */
	int ioctl_once(unsigned long request, void *arg) noexcept;

	int fd() const noexcept override { return fd_.get(); }

private:
	UniqueFd fd_;
};

} // namespace vgpu
