/* SPDX-License-Identifier: MIT */
#include <vgpu/exec.h>

#include <vgpu/array.h>
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

Job &Job::wait(const Syncobj &syncobj)
{
	syncs_.wait(syncobj);
	return *this;
}

Job &Job::wait(const Syncobj &syncobj, std::uint64_t point)
{
	syncs_.wait(syncobj, point);
	return *this;
}

Job &Job::signal(const Syncobj &syncobj)
{
	syncs_.signal(syncobj);
	return *this;
}

Job &Job::signal(const Syncobj &syncobj, std::uint64_t point)
{
	syncs_.signal(syncobj, point);
	return *this;
}

Job &Job::sync(std::uint32_t handle, std::uint32_t flags, std::uint64_t point)
{
	syncs_.add(handle, flags, point);
	return *this;
}

Job &Job::use(const Buffer &buffer, BufferUse use)
{
	return bo(buffer.handle(), use == BufferUse::write ? DRM_VGPU_BO_USE_WRITE : 0);
}

Job &Job::bo(std::uint32_t handle, std::uint32_t flags)
{
	drm_vgpu_bo_use use = {};

	use.handle = handle;
	use.flags = flags;
	bos_.push_back(use);
	return *this;
}

drm_vgpu_job Job::description() const noexcept
{
	drm_vgpu_job job = {};

	job.queue = queue_;
	job.cookie = cookie_;
	job.calls = array_of<drm_vgpu_call>(calls_);
	job.syncs = syncs_.array();
	job.bos = array_of<drm_vgpu_bo_use>(bos_);
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
	args.jobs = array_of<drm_vgpu_job>(descriptions);
	return io.ioctl(DRM_IOCTL_VGPU_EXEC, &args);
}

void Exec::submit(const Device &device) const
{
	check(try_submit(device.io()), "DRM_IOCTL_VGPU_EXEC", "submit jobs");
}

} // namespace vgpu
