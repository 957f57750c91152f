/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <vgpu/buffer.h>
#include <vgpu/device.h>

namespace vgpu
{

/** What commands may do with a mapping. */
enum class Access { read_write, read_only };

/** The operation that maps @p bytes of @p buffer from @p offset on at @p va. */
drm_vgpu_bind_op map_op(const Buffer &buffer, std::uint64_t va, std::uint64_t offset,
			std::uint64_t bytes, Access access = Access::read_write);

/** The operation that removes what is mapped in a range. */
drm_vgpu_bind_op unmap_op(std::uint64_t va, std::uint64_t bytes);

/** A GPU address space. Queues that were made with it go on using it when it is gone. */
class Vm
{
public:
	explicit Vm(const Device &device);
	Vm(Vm &&other) noexcept;
	Vm &operator=(Vm &&other) noexcept;
	Vm(const Vm &) = delete;
	Vm &operator=(const Vm &) = delete;
	~Vm() { reset(); }

	std::uint32_t id() const noexcept { return id_; }

	/** Maps a whole buffer, replacing what is there. */
	void map(const Buffer &buffer, std::uint64_t va, Access access = Access::read_write);

	/** Removes what is mapped in a range. */
	void unmap(std::uint64_t va, std::uint64_t bytes);

	/**
	 * Does several operations, all or none, after those of all bind queues. They are in effect
	 * when it returns. For those that a bind queue does later see Bind.
	 */
	void bind(std::span<const drm_vgpu_bind_op> ops);

	/** As bind(), but returns a negative errno. */
	int try_bind(std::span<const drm_vgpu_bind_op> ops) const;

	/** Removes the name. Throws Error; when the owner goes, a failure can't be told. */
	void destroy();

	Ioctl &io() const noexcept { return *io_; }

private:
	void reset() noexcept;

	std::shared_ptr<Ioctl> io_;
	std::uint32_t id_ = 0;
};

} // namespace vgpu
