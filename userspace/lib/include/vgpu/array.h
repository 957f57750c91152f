/* SPDX-License-Identifier: MIT */
#pragma once

#include <span>

#include <drm/vgpu_fw_drm.h>

namespace vgpu
{

/** Elements as the calls take them. It points to them. */
template <class T>
drm_vgpu_array array_of(std::span<const T> elements) noexcept
{
	drm_vgpu_array array = {};

	array.stride = sizeof(T);
	array.count = static_cast<__u32>(elements.size());
	array.ptr = elements.empty() ? 0 : reinterpret_cast<__u64>(elements.data());
	return array;
}

} // namespace vgpu
