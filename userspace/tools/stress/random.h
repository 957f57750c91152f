/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>

#include <drm/vgpu_fw_drm.h>

namespace stress
{

/**
 * The one source of randomness: the same seed gives the same numbers on every machine.
 *
 * (The distributions of <random> may differ from one standard library to the next.)
 */
class Random
{
public:
	explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

	std::uint64_t next() noexcept
	{
		state_ += 0x9e3779b97f4a7c15ULL;
		return drm_vgpu_mix(state_, 0, 0, 0);
	}

	/** A number from 0 to @p limit - 1. */
	std::uint64_t below(std::uint64_t limit) noexcept
	{
		return static_cast<std::uint64_t>(
			(static_cast<unsigned __int128>(next()) * limit) >> 64);
	}

	/** A number from @p low to @p high, both included. */
	std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept
	{
		return low + below(high - low + 1);
	}

	/** True once in @p n times. */
	bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }

private:
	std::uint64_t state_;
};

/** The seed of round @p round: round 0 is replayed by the seed itself. */
inline std::uint64_t round_seed(std::uint64_t seed, std::uint32_t round) noexcept
{
	return round == 0 ? seed : drm_vgpu_mix(seed, round, 0, 0);
}

} // namespace stress
