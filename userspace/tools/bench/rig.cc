/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <stdexcept>

namespace bench
{

namespace
{

/* Far longer than anything here, also on a kernel that watches for mistakes. */
constexpr std::chrono::seconds patience{30};

} // namespace

Rig::Rig(vgpu::Device opened) : device(std::move(opened)), vm(device), code_(device, 4096)
{
	vgpu::CommandWriter().nop().copy_to(code_.words());
	vm.map(code_, code_va, vgpu::Access::read_only);
}

void Rig::wait(const vgpu::Syncobj &timeline, std::uint64_t point)
{
	if (!timeline.wait(point, vgpu::Deadline::in(patience)))
		throw std::runtime_error("a job that does nothing has not finished in " +
					 std::to_string(patience.count()) + " seconds");
}

} // namespace bench
