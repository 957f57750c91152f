/* SPDX-License-Identifier: MIT */
#include <common/text.h>

#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace tool
{

namespace
{

constexpr std::string_view blanks = " \t\r\n";

struct Unit {
	double factor;
	const char *name;
};

/* The largest unit of which there is one; three digits that say something. */
template <std::size_t count>
std::string in_units(double amount, const Unit (&units)[count])
{
	const Unit *unit = units;

	while (unit + 1 != std::end(units) && std::abs(amount) >= unit[1].factor)
		unit++;
	const double value = amount / unit->factor;
	const bool whole = unit == units || std::abs(value) >= 100;
	return fmt::format("{:.{}f} {}", value,
			   whole		   ? 0
			   : std::abs(value) >= 10 ? 1
						   : 2,
			   unit->name);
}

} // namespace

std::string grouped(std::uint64_t number)
{
	std::string digits = fmt::format("{}", number);

	for (std::size_t at = digits.size(); at > 3;)
		digits.insert(at -= 3, 1, ',');
	return digits;
}

std::string duration(double nanoseconds)
{
	static constexpr Unit units[] = {{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}};

	return in_units(nanoseconds, units);
}

std::string bytes(std::uint64_t count)
{
	static constexpr Unit units[] = {
		{1, "B"}, {1 << 10, "KiB"}, {1 << 20, "MiB"}, {1 << 30, "GiB"}};

	return in_units(static_cast<double>(count), units);
}

std::string_view trimmed(std::string_view text)
{
	const std::size_t first = text.find_first_not_of(blanks);

	if (first == std::string_view::npos)
		return {};
	return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> words(std::string_view text)
{
	std::vector<std::string_view> words;

	while (!(text = trimmed(text)).empty()) {
		const std::string_view word = text.substr(0, text.find_first_of(blanks));

		words.push_back(word);
		text.remove_prefix(word.size());
	}
	return words;
}

std::vector<std::string_view> lines(std::string_view text)
{
	std::vector<std::string_view> lines;

	while (!text.empty()) {
		const std::size_t end = text.find('\n');

		lines.push_back(text.substr(0, end));
		text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
	}
	return lines;
}

std::map<std::string, std::string, std::less<>> fields(std::string_view text)
{
	std::map<std::string, std::string, std::less<>> fields;

	for (const std::string_view word : words(text))
		if (const std::size_t at = word.find('='); at != std::string_view::npos && at > 0)
			fields.emplace(word.substr(0, at), word.substr(at + 1));
	return fields;
}

} // namespace tool
