/* SPDX-License-Identifier: MIT */
#include "raw_trace.h"

#include <fmt/format.h>

#include <common/text.h>

namespace trace
{

namespace
{

constexpr std::string_view kernel_key = "# vgpu-trace kernel: ";
constexpr std::string_view command_key = "# vgpu-trace command: ";
constexpr std::string_view lost_key = "# vgpu-trace lost events: ";

bool take(std::string_view line, std::string_view key, std::string &value)
{
	if (!line.starts_with(key))
		return false;
	value = line.substr(key.size());
	return true;
}

/* "CPU:1 [LOST 23 EVENTS]" */
std::uint64_t lost_here(std::string_view line)
{
	const std::size_t at = line.find("[LOST ");

	if (!line.starts_with("CPU:") || at == std::string_view::npos)
		return 0;
	const auto words = tool::words(line.substr(at + 6));
	return words.empty() ? 0 : tool::number(words[0]).value_or(0);
}

} // namespace

std::string header(const RawTrace &trace)
{
	return fmt::format("{}{}\n{}{}\n{}{}\n", kernel_key, trace.kernel, command_key,
			   trace.command, lost_key, trace.lost);
}

RawTrace parse_raw(std::string_view text)
{
	RawTrace trace;
	std::string said_lost;

	for (const std::string_view line : tool::lines(text)) {
		if (take(line, kernel_key, trace.kernel) ||
		    take(line, command_key, trace.command) || take(line, lost_key, said_lost))
			continue;
		if (auto event = parse_event(line))
			trace.events.push_back(*std::move(event));
		else
			trace.lost += lost_here(line);
	}
	/* The recorder counts all of them, the lines only those in the middle. */
	if (!said_lost.empty())
		trace.lost = tool::number(said_lost).value_or(trace.lost);
	return trace;
}

} // namespace trace
