/* SPDX-License-Identifier: MIT */
#include <vgpu/error.h>

#include <system_error>
#include <utility>

namespace vgpu
{

namespace
{

std::string sentence(int code, const std::string &call, const std::string &attempt)
{
	return "could not " + attempt + ": " + std::generic_category().message(code) + " (" + call +
	       ")";
}

} // namespace

Error::Error(int code, std::string call, const std::string &attempt)
	: std::runtime_error(sentence(code, call, attempt)), code_(code), call_(std::move(call))
{
}

void check(int result, const char *call, const char *attempt)
{
	if (result < 0)
		throw Error(-result, call, attempt);
}

} // namespace vgpu
