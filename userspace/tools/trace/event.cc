/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <common/text.h>

namespace trace
{

namespace
{

/* "1234.567890" */
std::optional<std::uint64_t> parse_time(std::string_view text)
{
	const std::size_t point = text.find('.');

	if (point == std::string_view::npos)
		return {};
	const auto seconds = tool::number(text.substr(0, point));
	std::string fraction(text.substr(point + 1));
	if (!seconds || fraction.empty() || fraction.size() > 9)
		return {};
	fraction.resize(9, '0');
	const auto nanoseconds = tool::number(fraction);
	if (!nanoseconds)
		return {};
	return *seconds * 1'000'000'000 + *nanoseconds;
}

/* Where " [000] " is: a task may have blanks and brackets in its name, but no number in them. */
std::size_t find_cpu(std::string_view line)
{
	for (std::size_t at = line.find(" ["); at != std::string_view::npos;
	     at = line.find(" [", at + 1)) {
		const std::size_t end = line.find(']', at);

		if (end != std::string_view::npos &&
		    tool::number(line.substr(at + 2, end - at - 2)))
			return at;
	}
	return std::string_view::npos;
}

/* "task-12", and behind it perhaps "(   12)", the id of its process. */
bool parse_task(std::string_view text, Event &event)
{
	text = tool::trimmed(text);
	if (text.ends_with(')'))
		text = tool::trimmed(text.substr(0, text.rfind('(')));
	const std::size_t dash = text.rfind('-');
	if (dash == std::string_view::npos)
		return false;
	const auto pid = tool::number<int>(text.substr(dash + 1));
	event.task = text.substr(0, dash);
	event.pid = pid.value_or(0);
	return pid.has_value();
}

/* Takes what is before @mark off @text. */
std::optional<std::string_view> take_until(std::string_view &text, std::string_view mark)
{
	const std::size_t at = text.find(mark);

	if (at == std::string_view::npos)
		return {};
	const std::string_view taken = text.substr(0, at);
	text.remove_prefix(at + mark.size());
	return taken;
}

} // namespace

std::optional<Event> parse_event(std::string_view line)
{
	Event event;

	if (line.starts_with('#'))
		return {};
	const std::size_t cpu = find_cpu(line);
	if (cpu == std::string_view::npos || !parse_task(line.substr(0, cpu), event))
		return {};
	line.remove_prefix(cpu + 2);
	event.cpu = tool::number<unsigned>(take_until(line, "]").value()).value();

	/* The flags, which may be left out, and the time. */
	const auto before_name = take_until(line, ": ");
	if (!before_name)
		return {};
	const auto words = tool::words(*before_name);
	const auto time =
		words.empty() || words.size() > 2 ? std::nullopt : parse_time(words.back());
	if (!time)
		return {};
	event.time_ns = *time;

	line = tool::trimmed(line);
	const std::size_t colon = line.find(':');
	if (colon == std::string_view::npos || colon == 0)
		return {};
	event.name = line.substr(0, colon);
	event.text = tool::trimmed(line.substr(colon + 1));
	return event;
}

std::optional<FenceId> parse_fence(std::string_view text)
{
	const std::size_t colon = text.find(':');

	if (colon == std::string_view::npos)
		return {};
	const auto context = tool::number(text.substr(0, colon));
	const auto seqno = tool::number(text.substr(colon + 1));
	if (!context || !seqno)
		return {};
	return FenceId{*context, *seqno};
}

std::string to_string(const FenceId &fence)
{
	return std::to_string(fence.context) + ":" + std::to_string(fence.seqno);
}

} // namespace trace
