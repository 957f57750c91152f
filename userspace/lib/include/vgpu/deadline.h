/* SPDX-License-Identifier: MIT */
#pragma once

#include <chrono>
#include <cstdint>

namespace vgpu
{

/**
 * A moment on CLOCK_MONOTONIC, in the form in which the sync object calls want it.
 *
 * Every wait of this library takes one: nothing waits for ever.
 */
class Deadline
{
public:
	/** The moment @p duration from now. */
	static Deadline in(std::chrono::nanoseconds duration)
	{
		return Deadline(std::chrono::steady_clock::now() + duration);
	}

	/** A moment that has passed: look, don't wait. */
	static Deadline now() { return in(std::chrono::nanoseconds(0)); }

	std::int64_t nanoseconds() const noexcept
	{
		return std::chrono::duration_cast<std::chrono::nanoseconds>(at_.time_since_epoch())
			.count();
	}

	std::chrono::nanoseconds remaining() const
	{
		return std::chrono::duration_cast<std::chrono::nanoseconds>(
			at_ - std::chrono::steady_clock::now());
	}

	bool passed() const { return remaining().count() <= 0; }

private:
	/* On Linux the steady clock is CLOCK_MONOTONIC. */
	explicit Deadline(std::chrono::steady_clock::time_point at) : at_(at) {}

	std::chrono::steady_clock::time_point at_;
};

} // namespace vgpu
