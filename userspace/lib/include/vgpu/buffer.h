/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <vgpu/device.h>

namespace vgpu
{

class Vm;

/** A buffer: whole pages of memory, zeroed when made, that the CPU and the device both reach. */
class Buffer
{
public:
	/** Makes a buffer of at least @p bytes. */
	Buffer(const Device &device, std::uint64_t bytes);

	/** Makes one for @p vm only: it shares that one's fences, and can't be exported. */
	Buffer(const Device &device, std::uint64_t bytes, const Vm &vm);

	/**
	 * Takes part in a buffer that another file exported.
	 *
	 * Importing into the file that exported it gives the same handle again, which would then
	 * be closed twice: don't.
	 */
	static Buffer import(const Device &device, int fd);

	Buffer(Buffer &&other) noexcept;
	Buffer &operator=(Buffer &&other) noexcept;
	Buffer(const Buffer &) = delete;
	Buffer &operator=(const Buffer &) = delete;
	~Buffer() { reset(); }

	std::uint32_t handle() const noexcept { return handle_; }

	/** The size, rounded up to whole pages. */
	std::uint64_t bytes() const noexcept { return bytes_; }

	/** The contents as the CPU sees them. Mapped at the first use, then always the same. */
	std::span<std::uint64_t> words();

	/** A dma-buf of this buffer, for another process or file. */
	UniqueFd export_fd() const;

	/** The offset to give to mmap(). */
	std::uint64_t mmap_offset() const;

private:
	Buffer(std::shared_ptr<Ioctl> io, std::uint32_t handle, std::uint64_t bytes) noexcept;
	void create(const Device &device, const drm_vgpu_bo_create &wanted);
	void reset() noexcept;

	std::shared_ptr<Ioctl> io_;
	std::uint32_t handle_ = 0;
	std::uint64_t bytes_ = 0;
	void *mapping_ = nullptr;
};

} // namespace vgpu
