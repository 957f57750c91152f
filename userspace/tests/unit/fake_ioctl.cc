/* SPDX-License-Identifier: MIT */
#include "fake_ioctl.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace
{

template <class T>
std::vector<T> read_array(const drm_vgpu_array &array)
{
	const T *first = reinterpret_cast<const T *>(array.ptr);

	return {first, first + array.count};
}

} // namespace

FakeIoctl::FakeIoctl() : memory_(memfd_create("fake", MFD_CLOEXEC)) {}

int FakeIoctl::calls(unsigned long request) const
{
	const auto found = counts_.find(request);

	return found == counts_.end() ? 0 : found->second;
}

int FakeIoctl::query(drm_vgpu_query_args &args)
{
	drm_vgpu_info info = {};
	const drm_vgpu_engine_info engines[] = {{DRM_VGPU_ENGINE_COMPUTE, 2},
						{DRM_VGPU_ENGINE_COPY, 1}};
	const bool wants_info = args.what == DRM_VGPU_QUERY_INFO;
	const void *answer = wants_info ? static_cast<const void *>(&info) : engines;
	const std::uint32_t size = wants_info ? sizeof(info) : sizeof(engines);

	info.va_start = 0x10000;
	info.va_end = 1ULL << 39;
	info.page_size = 4096;
	if (args.ptr)
		std::memcpy(reinterpret_cast<void *>(args.ptr), answer, std::min(args.size, size));
	args.size = size;
	return 0;
}

void FakeIoctl::remember_exec(const drm_vgpu_exec &args)
{
	last_jobs = read_array<drm_vgpu_job>(args.jobs);
	last_calls.clear();
	last_syncs.clear();
	for (const drm_vgpu_job &job : last_jobs) {
		last_calls.push_back(read_array<drm_vgpu_call>(job.calls));
		last_syncs.push_back(read_array<drm_vgpu_sync>(job.syncs));
	}
}

int FakeIoctl::ioctl(unsigned long request, void *arg) noexcept
{
	counts_[request]++;
	if (const auto failure = failures_.find(request); failure != failures_.end()) {
		const int error = failure->second;

		failures_.erase(failure);
		return error;
	}
	switch (request) {
	case DRM_IOCTL_VGPU_QUERY:
		return query(*static_cast<drm_vgpu_query_args *>(arg));
	case DRM_IOCTL_VGPU_BO_CREATE: {
		auto &args = *static_cast<drm_vgpu_bo_create *>(arg);

		memory_bytes_ += (args.size + 4095) / 4096 * 4096;
		if (ftruncate(memory_.get(), static_cast<off_t>(memory_bytes_)))
			return -errno;
		args.handle = next_name_++;
		alive_++;
		return 0;
	}
	case DRM_IOCTL_VGPU_BO_MMAP_OFFSET:
		static_cast<drm_vgpu_bo_mmap_offset *>(arg)->offset = 0;
		return 0;
	case DRM_IOCTL_VGPU_VM_CREATE:
		static_cast<drm_vgpu_vm_create *>(arg)->id = next_name_++;
		alive_++;
		return 0;
	case DRM_IOCTL_VGPU_QUEUE_CREATE:
		last_queue = *static_cast<drm_vgpu_queue_create *>(arg);
		static_cast<drm_vgpu_queue_create *>(arg)->id = next_name_++;
		alive_++;
		return 0;
	case DRM_IOCTL_SYNCOBJ_CREATE:
		static_cast<drm_syncobj_create *>(arg)->handle = next_name_++;
		alive_++;
		return 0;
	case DRM_IOCTL_GEM_CLOSE:
	case DRM_IOCTL_VGPU_VM_DESTROY:
	case DRM_IOCTL_VGPU_QUEUE_DESTROY:
	case DRM_IOCTL_SYNCOBJ_DESTROY:
		alive_--;
		return 0;
	case DRM_IOCTL_VGPU_VM_BIND:
		last_bind = *static_cast<drm_vgpu_vm_bind *>(arg);
		last_ops = read_array<drm_vgpu_bind_op>(last_bind.ops);
		return 0;
	case DRM_IOCTL_VGPU_EXEC:
		remember_exec(*static_cast<drm_vgpu_exec *>(arg));
		return 0;
	case DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT:
		last_wait = *static_cast<drm_syncobj_timeline_wait *>(arg);
		last_wait_points.assign(reinterpret_cast<std::uint64_t *>(last_wait.points),
					reinterpret_cast<std::uint64_t *>(last_wait.points) +
						last_wait.count_handles);
		return 0;
	default:
		return 0;
	}
}
