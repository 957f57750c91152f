/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <vector>

#include <vgpu/device.h>
#include <vgpu/syncobj.h>

namespace vgpu
{

/** What a job or a bind waits for and signals. */
class SyncList
{
public:
	/** Waits for a binary sync object, or for a point of a timeline. */
	void wait(const Syncobj &syncobj);
	void wait(const Syncobj &syncobj, std::uint64_t point);

	/** Signals a binary sync object, or a point of a timeline. */
	void signal(const Syncobj &syncobj);
	void signal(const Syncobj &syncobj, std::uint64_t point);

	/** Adds one use of a sync object as the kernel's header has it. */
	void add(std::uint32_t handle, std::uint32_t flags, std::uint64_t point);

	/** The list for the kernel. It points into this object. */
	drm_vgpu_array array() const noexcept;

private:
	std::vector<drm_vgpu_sync> syncs_;
};

} // namespace vgpu
