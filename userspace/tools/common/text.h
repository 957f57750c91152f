/* SPDX-License-Identifier: MIT */
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tool
{

/** 1234567 as "1,234,567". */
std::string grouped(std::uint64_t number);

/** Nanoseconds in the unit that fits: "12.3 us". */
std::string duration(double nanoseconds);

/** Bytes in the unit that fits: "1.5 MiB". */
std::string bytes(std::uint64_t count);

/** Without blanks at both ends. */
std::string_view trimmed(std::string_view text);

/** The pieces between blanks. */
std::vector<std::string_view> words(std::string_view text);

/** The lines, without their ends. */
std::vector<std::string_view> lines(std::string_view text);

/** The words of the form KEY=VALUE. A value ends at a blank. */
std::map<std::string, std::string, std::less<>> fields(std::string_view text);

/** The number that @p text is, all of it. */
template <class Number = std::uint64_t>
std::optional<Number> number(std::string_view text)
{
	Number value{};
	const auto result = std::from_chars(text.data(), text.data() + text.size(), value);

	if (result.ec != std::errc() || result.ptr != text.data() + text.size())
		return {};
	return value;
}

} // namespace tool
