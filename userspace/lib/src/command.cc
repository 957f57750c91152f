/* SPDX-License-Identifier: MIT */
#include <vgpu/command.h>

#include <algorithm>
#include <cerrno>

#include <vgpu/error.h>

namespace vgpu
{

CommandWriter &CommandWriter::nop()
{
	return raw(DRM_VGPU_CMD_HEADER(DRM_VGPU_CMD_NOP, 0, 1));
}

CommandWriter &CommandWriter::fill(std::uint64_t dst, std::uint64_t length, std::uint64_t value)
{
	return raw(DRM_VGPU_CMD_HEADER(DRM_VGPU_CMD_FILL, 0, 4)).raw(dst).raw(length).raw(value);
}

CommandWriter &CommandWriter::copy(std::uint64_t dst, std::uint64_t src, std::uint64_t length)
{
	return raw(DRM_VGPU_CMD_HEADER(DRM_VGPU_CMD_COPY, 0, 4)).raw(dst).raw(src).raw(length);
}

CommandWriter &CommandWriter::mix(std::uint64_t dst, std::uint64_t src, std::uint64_t length,
				  std::uint64_t salt)
{
	return raw(DRM_VGPU_CMD_HEADER(DRM_VGPU_CMD_MIX, 0, 5))
		.raw(dst)
		.raw(src)
		.raw(length)
		.raw(salt);
}

CommandWriter &CommandWriter::store(std::uint64_t dst, std::uint64_t value)
{
	return raw(DRM_VGPU_CMD_HEADER(DRM_VGPU_CMD_STORE, 0, 3)).raw(dst).raw(value);
}

CommandWriter &CommandWriter::store_timestamp(std::uint64_t dst)
{
	return raw(DRM_VGPU_CMD_HEADER(DRM_VGPU_CMD_STORE, DRM_VGPU_CMD_STORE_TIMESTAMP, 3))
		.raw(dst)
		.raw(0);
}

CommandWriter &CommandWriter::delay(std::uint64_t nanoseconds)
{
	return raw(DRM_VGPU_CMD_HEADER(DRM_VGPU_CMD_DELAY, 0, 2)).raw(nanoseconds);
}

CommandWriter &CommandWriter::wait(std::uint64_t address, std::uint64_t value)
{
	return raw(DRM_VGPU_CMD_HEADER(DRM_VGPU_CMD_WAIT, 0, 3)).raw(address).raw(value);
}

CommandWriter &CommandWriter::hang(drm_vgpu_hang kind)
{
	return raw(DRM_VGPU_CMD_HEADER(DRM_VGPU_CMD_HANG, 0, 2)).raw(kind);
}

CommandWriter &CommandWriter::fault()
{
	return raw(DRM_VGPU_CMD_HEADER(DRM_VGPU_CMD_FAULT, 0, 1));
}

CommandWriter &CommandWriter::raw(std::uint64_t word)
{
	words_.push_back(word);
	return *this;
}

void CommandWriter::copy_to(std::span<std::uint64_t> target) const
{
	if (target.size() < words_.size())
		throw Error(ENOSPC, "CommandWriter::copy_to", "fit the program into its buffer");
	std::copy(words_.begin(), words_.end(), target.begin());
}

} // namespace vgpu
