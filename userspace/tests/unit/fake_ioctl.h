/* SPDX-License-Identifier: MIT */
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <drm/vgpu_fw_drm.h>

#include <vgpu/ioctl.h>

/**
 * A device that isn't there: remembers what it was asked for, hands out handles, and fails when a
 * test wants it to. Buffers live in a memory file, so that they can be mapped.
 */
class FakeIoctl : public vgpu::Ioctl
{
public:
	FakeIoctl();

	int ioctl(unsigned long request, void *arg) noexcept override;
	int fd() const noexcept override { return memory_.get(); }

	/** The next such call fails with @p error, a negative errno. */
	void fail_next(unsigned long request, int error) { failures_[request] = error; }

	/** How many calls of this kind there were. */
	int calls(unsigned long request) const;

	/** Names of objects that exist now: handles, address spaces, queues, sync objects. */
	int alive() const { return alive_; }

	/* What the last calls said. */
	drm_vgpu_vm_bind last_bind{};
	std::vector<drm_vgpu_bind_op> last_ops;
	drm_vgpu_queue_create last_queue{};
	std::vector<drm_vgpu_job> last_jobs;
	std::vector<std::vector<drm_vgpu_call>> last_calls;
	std::vector<std::vector<drm_vgpu_sync>> last_syncs;
	drm_syncobj_timeline_wait last_wait{};
	std::vector<std::uint64_t> last_wait_points;

private:
	int query(drm_vgpu_query_args &args);
	void remember_exec(const drm_vgpu_exec &args);

	vgpu::UniqueFd memory_;
	std::map<unsigned long, int> failures_;
	std::map<unsigned long, int> counts_;
	std::uint64_t memory_bytes_ = 0;
	std::uint32_t next_name_ = 1;
	int alive_ = 0;
};
