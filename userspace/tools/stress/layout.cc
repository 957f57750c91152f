/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include "random.h"

namespace stress
{

namespace
{

bool is_mapped_whole(const Buffer &buffer, std::uint32_t process)
{
	return buffer.kind != BufferKind::guard && (buffer.shared() || buffer.process == process);
}

} // namespace

std::uint32_t guard_pages(const World &world, std::uint32_t process)
{
	std::uint32_t pages = 0;

	for (const Buffer &buffer : world.buffers)
		pages += is_mapped_whole(buffer, process);
	return pages;
}

Layout::Layout(const World &world, std::uint32_t process, std::uint32_t vm, std::uint64_t va_start)
	: page_(world.shape.page_bytes), buffer_va_(world.buffers.size(), 0)
{
	Random random(world.shape.seed ^ drm_vgpu_mix(process, vm, 0, 0));
	std::uint64_t va = va_start;

	for (std::size_t i = 0; i < world.buffers.size(); i++) {
		const Buffer &buffer = world.buffers[i];

		if (!is_mapped_whole(buffer, process))
			continue;
		va += random.below(64) * page_;
		buffer_va_[i] = va;
		va += buffer.bytes;
		guard_va_.push_back(va);
		va += 2 * page_; /* the guard page and the smallest hole */
	}
	end_ = va;
}

} // namespace stress
