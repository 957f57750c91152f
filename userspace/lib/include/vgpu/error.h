/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdexcept>
#include <string>

namespace vgpu
{

/**
 * A call that failed.
 *
 * Every function of this library that can fail throws this and nothing else of its own. what() is
 * a sentence for a person: what was tried, and why the kernel refused.
 */
class Error : public std::runtime_error
{
public:
	/**
	 * @param code errno as a positive number
	 * @param call the call that failed, as the kernel's headers name it
	 * @param attempt what was tried, in words that complete "could not ..."
	 */
	Error(int code, std::string call, const std::string &attempt);

	/** errno, positive. */
	int code() const noexcept { return code_; }

	/** The call that failed. */
	const std::string &call() const noexcept { return call_; }

private:
	int code_;
	std::string call_;
};

/** Throws Error if @p result is negative; it is then a negative errno. */
void check(int result, const char *call, const char *attempt);

} // namespace vgpu
