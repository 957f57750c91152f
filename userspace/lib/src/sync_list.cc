/* SPDX-License-Identifier: MIT */
#include <vgpu/sync_list.h>

#include <vgpu/array.h>

namespace vgpu
{

void SyncList::add(std::uint32_t handle, std::uint32_t flags, std::uint64_t point)
{
	drm_vgpu_sync sync = {};

	sync.handle = handle;
	sync.flags = flags;
	sync.point = point;
	syncs_.push_back(sync);
}

void SyncList::wait(const Syncobj &syncobj)
{
	add(syncobj.handle(), DRM_VGPU_SYNC_WAIT, 0);
}

void SyncList::wait(const Syncobj &syncobj, std::uint64_t point)
{
	add(syncobj.handle(), DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_TIMELINE, point);
}

void SyncList::signal(const Syncobj &syncobj)
{
	add(syncobj.handle(), DRM_VGPU_SYNC_SIGNAL, 0);
}

void SyncList::signal(const Syncobj &syncobj, std::uint64_t point)
{
	add(syncobj.handle(), DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE, point);
}

drm_vgpu_array SyncList::array() const noexcept
{
	return array_of<drm_vgpu_sync>(syncs_);
}

} // namespace vgpu
