/* SPDX-License-Identifier: MIT */
#include "top.h"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <common/exit_code.h>
#include <common/file.h>
#include <common/interrupt.h>

#include "json.h"
#include "report.h"
#include "screen.h"

namespace info
{

namespace
{

using Clock = std::chrono::steady_clock;

std::string local_time()
{
	return fmt::format("{:%H:%M:%S}", fmt::localtime(std::time(nullptr)));
}

bool more(const Options &options, unsigned done)
{
	return !tool::interrupted() && (options.count == 0 || done < options.count);
}

/* Ends early when a signal comes. */
void sleep_until(Clock::time_point end)
{
	while (!tool::interrupted()) {
		const auto left = end - Clock::now();
		if (left <= Clock::duration::zero())
			return;

		const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
		timespec time = {seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
		if (clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr) == 0)
			return;
	}
}

Clock::duration interval_of(const Options &options)
{
	return std::chrono::duration_cast<Clock::duration>(
		std::chrono::duration<double>(options.interval));
}

/* One JSON document a line, so that a reader needs no end to begin. */
std::string report(const Options &options, const Usage &usage)
{
	if (!options.json_file.empty())
		return to_json(usage).dump() + "\n";

	std::string text = "--- " + local_time() + "\n";
	for (const std::string &line : describe_usage(usage))
		text += line + "\n";
	return text + "\n";
}

int run_plain(const Options &options)
{
	Snapshot before = take_snapshot(options.sources);
	std::string all;

	for (unsigned done = 0; more(options, done); done++) {
		sleep_until(before.at + interval_of(options));
		if (tool::interrupted())
			break;
		Snapshot after = take_snapshot(options.sources);
		const std::string text = report(options, usage_between(before, after));

		if (options.json_file.empty() || options.json_file == "-")
			tool::write_file("-", text);
		else
			tool::write_file(options.json_file, all += text);
		before = std::move(after);
	}
	return tool::interrupted() ? tool::exit_interrupted : tool::exit_ok;
}

/* Shows the same page until it is time for the next look. @return false to end */
bool wait_and_show(Screen &screen, const std::vector<std::string> &head,
		   const std::vector<std::string> &lines, Clock::time_point end)
{
	screen.show(head, lines);
	while (!tool::interrupted()) {
		const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());

		/* Also if there is no time left: a look may take longer than the interval. */
		switch (screen.wait(std::max(left, std::chrono::milliseconds(0)))) {
		case Screen::Key::quit:
			return false;
		case Screen::Key::redraw:
			screen.show(head, lines);
			break;
		case Screen::Key::none:
			break;
		}
		if (Clock::now() >= end)
			return !tool::interrupted();
	}
	return false;
}

int run_on_terminal(const Options &options)
{
	Screen screen;
	Snapshot before = take_snapshot(options.sources);
	std::vector<std::string> lines = {"looking ..."};

	for (unsigned done = 0; more(options, done); done++) {
		const std::vector<std::string> head = {
			fmt::format("vgpu-info top  {}  every {} s  q: quit, arrows: scroll",
				    local_time(), options.interval)};

		if (!wait_and_show(screen, head, lines, before.at + interval_of(options)))
			break;
		Snapshot after = take_snapshot(options.sources);
		lines = describe_usage(usage_between(before, after));
		before = std::move(after);
	}
	/* The user's way to end it is Ctrl-C as well as q: neither is a failure. */
	return tool::exit_ok;
}

} // namespace

int run_top(const Options &options)
{
	const bool page = options.json_file.empty() && !options.plain && options.count == 0 &&
			  isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);

	tool::catch_interrupts();
	return page ? run_on_terminal(options) : run_plain(options);
}

} // namespace info
