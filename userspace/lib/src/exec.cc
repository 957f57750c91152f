/* SPDX-License-Identifier: MIT */
#include <vgpu/exec.h>

#include <vgpu/error.h>

namespace vgpu
{

Job &Job::call(std::uint64_t va, std::uint32_t words)
{
	drm_vgpu_call call = {};

	call.va = va;
	call.words = words;
	calls_.push_back(call);
	return *this;
}

Job &Job::sync(std::uint32_t handle, std::uint32_t flags, std::uint64_t point)
{
	drm_vgpu_sync sync = {};

	sync.handle = handle;
	sync.flags = flags;
	sync.point = point;
	syncs_.push_back(sync);
	return *this;
}

Job &Job::wait(const Syncobj &syncobj)
{
	return sync(syncobj.handle(), DRM_VGPU_SYNC_WAIT, 0);
}

Job &Job::wait(const Syncobj &syncobj, std::uint64_t point)
{
	return sync(syncobj.handle(), DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_TIMELINE, point);
}

Job &Job::signal(const Syncobj &syncobj)
{
	return sync(syncobj.handle(), DRM_VGPU_SYNC_SIGNAL, 0);
}

Job &Job::signal(const Syncobj &syncobj, std::uint64_t point)
{
	return sync(syncobj.handle(), DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE, point);
}

drm_vgpu_job Job::description() const noexcept
{
	drm_vgpu_job job = {};

	job.queue = queue_;
	job.cookie = cookie_;
	job.calls.stride = sizeof(drm_vgpu_call);
	job.calls.count = static_cast<__u32>(calls_.size());
	job.calls.ptr = calls_.empty() ? 0 : reinterpret_cast<__u64>(calls_.data());
	job.syncs.stride = sizeof(drm_vgpu_sync);
	job.syncs.count = static_cast<__u32>(syncs_.size());
	job.syncs.ptr = syncs_.empty() ? 0 : reinterpret_cast<__u64>(syncs_.data());
	return job;
}

Job &Exec::job(const Queue &queue, std::uint64_t cookie)
{
	return jobs_.emplace_back(queue, cookie);
}

int Exec::try_submit(Ioctl &io) const
{
	std::vector<drm_vgpu_job> descriptions;
	drm_vgpu_exec args = {};

	descriptions.reserve(jobs_.size());
	for (const Job &job : jobs_)
		descriptions.push_back(job.description());
	args.jobs.stride = sizeof(drm_vgpu_job);
	args.jobs.count = static_cast<__u32>(descriptions.size());
	args.jobs.ptr = descriptions.empty() ? 0 : reinterpret_cast<__u64>(descriptions.data());
	return io.ioctl(DRM_IOCTL_VGPU_EXEC, &args);
}

void Exec::submit(const Device &device) const
{
	check(try_submit(device.io()), "DRM_IOCTL_VGPU_EXEC", "submit jobs");
}

} // namespace vgpu
