/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <vector>

#include <vgpu/buffer.h>
#include <vgpu/queue.h>
#include <vgpu/sync_list.h>
#include <vgpu/vm.h>

namespace vgpu
{

/**
 * A change of an address space that is being put together, to be done by a bind queue: after what
 * it waits for and after all earlier changes, all operations or none.
 *
 * @code
 * vgpu::Queue binder(device, vm, vgpu::QueueOptions::bind());
 * vgpu::Bind().map(data, 0x100000).wait(ready).signal(mapped).submit(vm, binder);
 * @endcode
 */
class Bind
{
public:
	/** Maps a whole buffer, replacing what is there. */
	Bind &map(const Buffer &buffer, std::uint64_t va, Access access = Access::read_write);

	/** Removes what is mapped in a range. */
	Bind &unmap(std::uint64_t va, std::uint64_t bytes);

	/** Adds any operation at all. */
	Bind &op(const drm_vgpu_bind_op &op);

	/** Waits for a binary sync object, or for a point of a timeline. */
	Bind &wait(const Syncobj &syncobj);
	Bind &wait(const Syncobj &syncobj, std::uint64_t point);

	/** Signals a binary sync object, or a point of a timeline. */
	Bind &signal(const Syncobj &syncobj);
	Bind &signal(const Syncobj &syncobj, std::uint64_t point);

	/** Adds one use of a sync object as the kernel's header has it. */
	Bind &sync(std::uint32_t handle, std::uint32_t flags, std::uint64_t point);

	/** Gives it to a bind queue. Throws Error; then nothing changes. */
	void submit(const Vm &vm, const Queue &queue) const;

	/** As submit(), but returns a negative errno. */
	int try_submit(Ioctl &io, std::uint32_t vm, std::uint32_t queue) const;

private:
	std::vector<drm_vgpu_bind_op> ops_;
	SyncList syncs_;
};

} // namespace vgpu
