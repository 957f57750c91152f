/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file The only source of chance: a seed. The same numbers on every machine.
 */

#include <cstdint>

namespace sim
{

/** splitmix64 (Steele, Lea, Flood 2014). */
class Random
{
public:
	/** Streams of one seed are independent of each other. */
	explicit Random(std::uint64_t seed = 0, std::uint64_t stream = 0)
		: state_(seed * 0x9e3779b97f4a7c15u ^ stream * 0xd1b54a32d192ed03u)
	{
	}

	std::uint64_t next()
	{
		std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		return z ^ (z >> 31);
	}

	/** From 0 to @n - 1. */
	unsigned int below(unsigned int n)
	{
		return static_cast<unsigned int>(((next() >> 32) * n) >> 32);
	}

	/** True @of times in a thousand. */
	bool chance(unsigned int of) { return below(1000) < of; }

private:
	std::uint64_t state_;
};

} // namespace sim
