/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <vgpu/buffer.h>
#include <vgpu/device.h>
#include <vgpu/dma_buf.h>
#include <vgpu/queue.h>
#include <vgpu/sync_list.h>
#include <vgpu/syncobj.h>

namespace vgpu
{

/** One job that is being put together; part of an Exec. */
class Job
{
public:
	explicit Job(const Queue &queue, std::uint64_t cookie = 0) noexcept
		: queue_(queue.id()), cookie_(cookie)
	{
	}

	/** Adds a command buffer: @p words words from @p va on. */
	Job &call(std::uint64_t va, std::uint32_t words);

	/** Waits for a binary sync object, or for a point of a timeline. */
	Job &wait(const Syncobj &syncobj);
	Job &wait(const Syncobj &syncobj, std::uint64_t point);

	/** Signals a binary sync object, or a point of a timeline. */
	Job &signal(const Syncobj &syncobj);
	Job &signal(const Syncobj &syncobj, std::uint64_t point);

	/** Adds one use of a sync object as the kernel's header has it. */
	Job &sync(std::uint32_t handle, std::uint32_t flags, std::uint64_t point);

	/**
	 * Says that the job reads or writes a buffer, for implicit order: to read it waits for
	 * those that write, to write for everybody, and later users wait for the job.
	 */
	Job &use(const Buffer &buffer, BufferUse use);

	/** Adds one use of a buffer as the kernel's header has it. */
	Job &bo(std::uint32_t handle, std::uint32_t flags);

	/** The job for the kernel. It points into this object. */
	drm_vgpu_job description() const noexcept;

private:
	std::uint32_t queue_;
	std::uint64_t cookie_;
	std::vector<drm_vgpu_call> calls_;
	SyncList syncs_;
	std::vector<drm_vgpu_bo_use> bos_;
};

/** Jobs that are submitted together: all of them or none. */
class Exec
{
public:
	/** Adds a job. The reference stays good until clear(). */
	Job &job(const Queue &queue, std::uint64_t cookie = 0);

	/** Submits what was added. Throws Error; then nothing was submitted. */
	void submit(const Device &device) const;

	/** As submit(), but returns a negative errno. */
	int try_submit(Ioctl &io) const;

	std::size_t size() const noexcept { return jobs_.size(); }
	void clear() noexcept { jobs_.clear(); }

private:
	std::deque<Job> jobs_; /* a deque: references to its elements last */
};

} // namespace vgpu
