/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>
#include <string_view>

namespace trace
{

/** Text as it may stand in XML and HTML. */
std::string escaped(std::string_view text);

} // namespace trace
