/* SPDX-License-Identifier: MIT */
#include <vgpu/queue.h>

#include <utility>

namespace vgpu
{

Queue::Queue(const Device &device, const Vm &vm, const QueueOptions &options)
{
	drm_vgpu_queue_create args = {};

	args.vm = vm.id();
	args.engine_class = options.engine_class;
	args.flags = options.flags;
	args.ring_words = options.ring_words;
	args.credits = options.credits;
	device.call(DRM_IOCTL_VGPU_QUEUE_CREATE, &args, "DRM_IOCTL_VGPU_QUEUE_CREATE",
		    "make a queue");
	io_ = device.shared_io();
	id_ = args.id;
}

Queue::Queue(Queue &&other) noexcept : io_(std::move(other.io_)), id_(std::exchange(other.id_, 0))
{
}

Queue &Queue::operator=(Queue &&other) noexcept
{
	if (this != &other) {
		reset();
		io_ = std::move(other.io_);
		id_ = std::exchange(other.id_, 0);
	}
	return *this;
}

void Queue::reset() noexcept
{
	if (id_) {
		drm_vgpu_queue_destroy args = {};

		args.id = std::exchange(id_, 0);
		io_->ioctl(DRM_IOCTL_VGPU_QUEUE_DESTROY, &args);
	}
	io_.reset();
}

} // namespace vgpu
