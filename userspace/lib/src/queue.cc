/* SPDX-License-Identifier: MIT */
#include <vgpu/queue.h>

#include <utility>

#include <vgpu/error.h>

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
	args.priority = options.priority;
	args.profile = options.profile;
	args.timeout_ms = options.timeout_ms;
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

drm_vgpu_queue_state Queue::state() const
{
	drm_vgpu_queue_state args = {};

	args.id = id_;
	Device::check_call(*io_, DRM_IOCTL_VGPU_QUEUE_STATE, &args, "DRM_IOCTL_VGPU_QUEUE_STATE",
			   "ask what has become of a queue");
	return args;
}

int Queue::try_control(drm_vgpu_queue_op op, std::uint64_t value) const
{
	drm_vgpu_queue_control args = {};

	args.id = id_;
	args.op = op;
	args.value = value;
	return io_->ioctl(DRM_IOCTL_VGPU_QUEUE_CONTROL, &args);
}

void Queue::control(drm_vgpu_queue_op op, std::uint64_t value)
{
	check(try_control(op, value), "DRM_IOCTL_VGPU_QUEUE_CONTROL",
	      "suspend, resume, kill or reprioritise a queue");
}

void Queue::destroy(Destroy how)
{
	drm_vgpu_queue_destroy args = {};

	args.id = id_;
	args.flags = how == Destroy::when_idle ? DRM_VGPU_QUEUE_DESTROY_DRAIN : 0;
	Device::check_call(*io_, DRM_IOCTL_VGPU_QUEUE_DESTROY, &args,
			   "DRM_IOCTL_VGPU_QUEUE_DESTROY", "destroy a queue");
	id_ = 0;
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
