/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file Random numbers of tests: one seed per process, printed before anything is drawn from it,
 * and taken from DRM_DEP_SEED if that is set.
 */

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace test
{

inline std::uint64_t seed()
{
	static const std::uint64_t chosen = [] {
		const char *given = std::getenv("DRM_DEP_SEED");
		std::uint64_t value =
			given ? std::strtoull(given, nullptr, 0) : std::random_device()();

		std::cout << "seed " << value << " (DRM_DEP_SEED=" << value << " replays it)"
			  << std::endl;
		return value;
	}();

	return chosen;
}

/** A number from the environment, for longer or shorter runs. */
inline unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *given = std::getenv(name);

	return given ? std::strtoul(given, nullptr, 0) : otherwise;
}

class Random
{
public:
	explicit Random(std::uint64_t seed_) : engine_(seed_) {}

	/** From 0 to @n - 1. */
	std::size_t below(std::size_t n) { return engine_() % n; }
	bool one_in(std::size_t n) { return !below(n); }
	std::uint64_t next() { return engine_(); }

private:
	std::mt19937_64 engine_;
};

} // namespace test
