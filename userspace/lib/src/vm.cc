/* SPDX-License-Identifier: MIT */
#include <vgpu/vm.h>

#include <utility>

#include <vgpu/array.h>
#include <vgpu/error.h>

namespace vgpu
{

drm_vgpu_bind_op map_op(const Buffer &buffer, std::uint64_t va, std::uint64_t offset,
			std::uint64_t bytes, Access access)
{
	drm_vgpu_bind_op op = {};

	op.kind = DRM_VGPU_BIND_MAP;
	op.flags = access == Access::read_only ? DRM_VGPU_BIND_READONLY : 0;
	op.handle = buffer.handle();
	op.bo_offset = offset;
	op.va = va;
	op.size = bytes;
	return op;
}

drm_vgpu_bind_op unmap_op(std::uint64_t va, std::uint64_t bytes)
{
	drm_vgpu_bind_op op = {};

	op.kind = DRM_VGPU_BIND_UNMAP;
	op.va = va;
	op.size = bytes;
	return op;
}

Vm::Vm(const Device &device)
{
	drm_vgpu_vm_create args = {};

	device.call(DRM_IOCTL_VGPU_VM_CREATE, &args, "DRM_IOCTL_VGPU_VM_CREATE",
		    "make an address space");
	io_ = device.shared_io();
	id_ = args.id;
}

Vm::Vm(Vm &&other) noexcept : io_(std::move(other.io_)), id_(std::exchange(other.id_, 0)) {}

Vm &Vm::operator=(Vm &&other) noexcept
{
	if (this != &other) {
		reset();
		io_ = std::move(other.io_);
		id_ = std::exchange(other.id_, 0);
	}
	return *this;
}

void Vm::reset() noexcept
{
	if (id_) {
		drm_vgpu_vm_destroy args = {};

		args.id = std::exchange(id_, 0);
		io_->ioctl(DRM_IOCTL_VGPU_VM_DESTROY, &args);
	}
	io_.reset();
}

void Vm::map(const Buffer &buffer, std::uint64_t va, Access access)
{
	const drm_vgpu_bind_op op = map_op(buffer, va, 0, buffer.bytes(), access);

	bind({&op, 1});
}

void Vm::unmap(std::uint64_t va, std::uint64_t bytes)
{
	const drm_vgpu_bind_op op = unmap_op(va, bytes);

	bind({&op, 1});
}

int Vm::try_bind(std::span<const drm_vgpu_bind_op> ops) const
{
	drm_vgpu_vm_bind args = {};

	args.vm = id_;
	args.ops = array_of(ops);
	return io_->ioctl(DRM_IOCTL_VGPU_VM_BIND, &args);
}

void Vm::bind(std::span<const drm_vgpu_bind_op> ops)
{
	check(try_bind(ops), "DRM_IOCTL_VGPU_VM_BIND", "change what an address space maps");
}

void Vm::destroy()
{
	drm_vgpu_vm_destroy args = {};

	args.id = id_;
	Device::check_call(*io_, DRM_IOCTL_VGPU_VM_DESTROY, &args, "DRM_IOCTL_VGPU_VM_DESTROY",
			   "destroy an address space");
	id_ = 0;
}

} // namespace vgpu
