/* SPDX-License-Identifier: MIT */
#include "queues.h"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include <common/file.h>
#include <common/text.h>

namespace info
{

namespace
{

namespace fs = std::filesystem;

[[noreturn]] void not_a_line(std::string_view line)
{
	throw std::runtime_error(fmt::format("not a line of drm_dep's view of queues: {}", line));
}

std::uint64_t number_or_complain(std::string_view word, std::string_view line)
{
	if (const auto number = tool::number(word))
		return *number;
	not_a_line(line);
}

/* "N" or "N from=M". */
std::uint64_t parse_count(std::string_view value, std::uint64_t &from, std::string_view line)
{
	const auto words = tool::words(value);
	const auto fields = tool::fields(value);

	if (words.empty())
		not_a_line(line);
	if (const auto at = fields.find("from"); at != fields.end())
		from = number_or_complain(at->second, line);
	return number_or_complain(words[0], line);
}

void parse_line(QueueView &queue, std::string_view key, std::string_view value,
		std::string_view line)
{
	const auto words = tool::words(value);

	if (key == "state") {
		queue.state = value;
	} else if (key == "flags") {
		queue.flags = value;
	} else if (key == "credits") {
		if (words.size() != 3 || words[1] != "of")
			not_a_line(line);
		queue.credits = number_or_complain(words[0], line);
		queue.credit_limit = number_or_complain(words[2], line);
	} else if (key == "in flight") {
		queue.in_flight = parse_count(value, queue.first_unfinished, line);
	} else if (key == "waiting") {
		std::uint64_t ignored = 0;

		queue.waiting = parse_count(value, ignored, line);
	} else if (key == "next") {
		const std::uint64_t next = number_or_complain(value, line);

		/* Nothing is in flight: all before the next one have finished. */
		if (!queue.first_unfinished)
			queue.first_unfinished = next;
	} else if (key == "busy") {
		if (words.size() != 2 || words[1] != "ns")
			not_a_line(line);
		queue.busy_ns = number_or_complain(words[0], line);
	} else if (key == "missing") {
		queue.missing = value;
	} else if (key == "blocked by") {
		queue.blocked_by = value;
	}
}

/* The folders of devices; each is there under more than one name. */
std::vector<fs::path> device_folders(const fs::path &root, const std::string &driver)
{
	std::vector<fs::path> folders;
	std::error_code error;

	for (fs::directory_iterator at(root / "dri", error), end; !error && at != end;
	     at.increment(error)) {
		const auto name = tool::try_read_file(at->path() / "name");

		if (!at->is_symlink(error) && name && name->starts_with(driver + " "))
			folders.push_back(at->path());
	}
	return folders;
}

} // namespace

std::string QueueView::said(std::string_view key) const
{
	const auto at = driver.find(key);

	return at == driver.end() ? "-" : at->second;
}

std::vector<QueueView> parse_queues(std::string_view text)
{
	std::vector<QueueView> queues;

	for (const std::string_view line : tool::lines(text)) {
		const std::size_t colon = line.find(':');

		if (line.starts_with("dev=")) {
			const auto fields = tool::fields(line);
			QueueView queue;

			if (!fields.contains("queue") || !fields.contains("context"))
				not_a_line(line);
			queue.device = fields.at("dev");
			queue.name = fields.at("queue");
			queue.context = number_or_complain(fields.at("context"), line);
			queues.push_back(std::move(queue));
		} else if (!queues.empty() && line.starts_with("  ") &&
			   colon != std::string_view::npos) {
			parse_line(queues.back(), tool::trimmed(line.substr(0, colon)),
				   tool::trimmed(line.substr(colon + 1)), line);
		} else {
			not_a_line(line);
		}
	}
	return queues;
}

void add_driver_view(std::vector<QueueView> &queues, std::string_view text)
{
	for (const std::string_view line : tool::lines(text)) {
		const auto fields = tool::fields(line);
		const auto name = fields.find("name");

		if (name == fields.end())
			continue;
		for (QueueView &queue : queues)
			if (queue.name == name->second)
				queue.driver = fields;
	}
}

std::map<std::string, std::uint64_t> parse_counters(std::string_view text)
{
	std::map<std::string, std::uint64_t> counters;

	for (const std::string_view line : tool::lines(text)) {
		const std::size_t colon = line.find(':');

		if (colon == std::string_view::npos)
			continue;
		if (const auto value = tool::number(tool::trimmed(line.substr(colon + 1))))
			counters[std::string(tool::trimmed(line.substr(0, colon)))] = *value;
	}
	return counters;
}

DebugFs read_debugfs(const fs::path &root, const std::string &driver)
{
	const fs::path view = root / "drm_dep/queues";
	DebugFs found;

	const auto text = tool::try_read_file(view);
	if (!text) {
		found.missing =
			fmt::format("can't read {}: {} (is debugfs mounted, and are you root?)",
				    view.string(), std::generic_category().message(errno));
		return found;
	}
	for (QueueView &queue : parse_queues(*text))
		if (queue.device.starts_with(driver))
			found.queues.push_back(std::move(queue));
	for (const fs::path &folder : device_folders(root, driver)) {
		if (const auto queues = tool::try_read_file(folder / "queues"))
			add_driver_view(found.queues, *queues);
		if (const auto counters = tool::try_read_file(folder / "counters"))
			found.counters.merge(parse_counters(*counters));
	}
	return found;
}

} // namespace info
