/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <memory>

#include <vgpu/device.h>
#include <vgpu/vm.h>

namespace vgpu
{

/** How a queue is to be made; zero means the device's default. */
struct QueueOptions {
	drm_vgpu_engine_class engine_class = DRM_VGPU_ENGINE_COMPUTE;
	std::uint32_t flags = 0;
	std::uint32_t ring_words = 0;
	std::uint32_t credits = 0;
	drm_vgpu_priority priority = DRM_VGPU_PRIORITY_NORMAL;
	drm_vgpu_profile profile = DRM_VGPU_PROFILE_DEFAULT;
	std::uint32_t timeout_ms = 0;

	/** For a queue that takes no jobs but changes of its address space; see Bind. */
	static QueueOptions bind(drm_vgpu_profile profile = DRM_VGPU_PROFILE_DEFAULT)
	{
		QueueOptions options;

		options.engine_class = DRM_VGPU_ENGINE_BIND;
		options.profile = profile;
		return options;
	}
};

/** What becomes of the jobs of a queue that is destroyed. */
enum class Destroy {
	/** They are cancelled. */
	at_once,
	/** They run, and the call waits for that. */
	when_idle
};

/**
 * A queue: its jobs run in the order in which they were submitted.
 *
 * When its owner goes, jobs that have not ended are cancelled; destroy() can wait for them.
 */
class Queue
{
public:
	Queue(const Device &device, const Vm &vm, const QueueOptions &options = {});
	Queue(Queue &&other) noexcept;
	Queue &operator=(Queue &&other) noexcept;
	Queue(const Queue &) = delete;
	Queue &operator=(const Queue &) = delete;
	~Queue() { reset(); }

	std::uint32_t id() const noexcept { return id_; }

	/** What has become of it, and how far it got. */
	drm_vgpu_queue_state state() const;

	/** Takes it off its engine until resume(). It executes nothing when this returns. */
	void suspend() { control(DRM_VGPU_QUEUE_OP_SUSPEND); }
	void resume() { control(DRM_VGPU_QUEUE_OP_RESUME); }
	void set_priority(drm_vgpu_priority priority)
	{
		control(DRM_VGPU_QUEUE_OP_PRIORITY, priority);
	}

	/** Cancels its jobs and takes no more. The name stays, so that state() can be asked. */
	void kill() { control(DRM_VGPU_QUEUE_OP_KILL); }

	/** Any operation at all. */
	void control(drm_vgpu_queue_op op, std::uint64_t value = 0);

	/** As control(), but returns a negative errno. */
	int try_control(drm_vgpu_queue_op op, std::uint64_t value = 0) const;

	/** Removes the name. Throws Error; then the queue is still there. */
	void destroy(Destroy how = Destroy::at_once);

private:
	void reset() noexcept;

	std::shared_ptr<Ioctl> io_;
	std::uint32_t id_ = 0;
};

} // namespace vgpu
