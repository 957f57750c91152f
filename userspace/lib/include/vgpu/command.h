/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <drm/vgpu_fw_drm.h>

namespace vgpu
{

/** Writes a program: commands one after the other. Addresses and lengths are in bytes. */
class CommandWriter
{
public:
	CommandWriter &nop();
	CommandWriter &fill(std::uint64_t dst, std::uint64_t length, std::uint64_t value);
	CommandWriter &copy(std::uint64_t dst, std::uint64_t src, std::uint64_t length);
	CommandWriter &mix(std::uint64_t dst, std::uint64_t src, std::uint64_t length,
			   std::uint64_t salt);
	CommandWriter &store(std::uint64_t dst, std::uint64_t value);
	CommandWriter &store_timestamp(std::uint64_t dst);
	CommandWriter &delay(std::uint64_t nanoseconds);

	/** Goes on when the word at @p address is at least @p value, whoever writes it. */
	CommandWriter &wait(std::uint64_t address, std::uint64_t value);

	/** Never ends; @p kind says what it takes to be rid of it. */
	CommandWriter &hang(drm_vgpu_hang kind = DRM_VGPU_HANG_ENDLESS);

	/** Faults, as if its own address was not mapped. */
	CommandWriter &fault();

	/** Any word at all: for commands that are wrong on purpose. */
	CommandWriter &raw(std::uint64_t word);

	std::span<const std::uint64_t> words() const noexcept { return words_; }

	/** How many words the program has. */
	std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(words_.size()); }

	void clear() noexcept { words_.clear(); }

	/** Puts the program at the start of @p target. Throws Error when it is too short. */
	void copy_to(std::span<std::uint64_t> target) const;

private:
	std::vector<std::uint64_t> words_;
};

} // namespace vgpu
