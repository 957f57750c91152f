/* SPDX-License-Identifier: MIT */
#include <vgpu/bind.h>

#include <vgpu/array.h>
#include <vgpu/error.h>

namespace vgpu
{

Bind &Bind::map(const Buffer &buffer, std::uint64_t va, Access access)
{
	return op(map_op(buffer, va, 0, buffer.bytes(), access));
}

Bind &Bind::unmap(std::uint64_t va, std::uint64_t bytes)
{
	return op(unmap_op(va, bytes));
}

Bind &Bind::op(const drm_vgpu_bind_op &op)
{
	ops_.push_back(op);
	return *this;
}

Bind &Bind::wait(const Syncobj &syncobj)
{
	syncs_.wait(syncobj);
	return *this;
}

Bind &Bind::wait(const Syncobj &syncobj, std::uint64_t point)
{
	syncs_.wait(syncobj, point);
	return *this;
}

Bind &Bind::signal(const Syncobj &syncobj)
{
	syncs_.signal(syncobj);
	return *this;
}

Bind &Bind::signal(const Syncobj &syncobj, std::uint64_t point)
{
	syncs_.signal(syncobj, point);
	return *this;
}

Bind &Bind::sync(std::uint32_t handle, std::uint32_t flags, std::uint64_t point)
{
	syncs_.add(handle, flags, point);
	return *this;
}

int Bind::try_submit(Ioctl &io, std::uint32_t vm, std::uint32_t queue) const
{
	drm_vgpu_vm_bind args = {};

	args.vm = vm;
	args.flags = DRM_VGPU_VM_BIND_ASYNC;
	args.queue = queue;
	args.ops = array_of<drm_vgpu_bind_op>(ops_);
	args.syncs = syncs_.array();
	return io.ioctl(DRM_IOCTL_VGPU_VM_BIND, &args);
}

void Bind::submit(const Vm &vm, const Queue &queue) const
{
	check(try_submit(vm.io(), vm.id(), queue.id()), "DRM_IOCTL_VGPU_VM_BIND",
	      "have a bind queue change what an address space maps");
}

} // namespace vgpu
