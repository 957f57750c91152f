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
};

/** A queue: its jobs run in the order in which they were submitted, also when it is gone. */
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

private:
	void reset() noexcept;

	std::shared_ptr<Ioctl> io_;
	std::uint32_t id_ = 0;
};

} // namespace vgpu
