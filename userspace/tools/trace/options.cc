/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include <common/command_line.h>
#include <common/exit_code.h>

namespace trace
{

namespace
{

constexpr const char *about =
	"Records what the queues do with their jobs, and makes pictures of it: one for "
	"ui.perfetto.dev, and a page for any browser.\n";

constexpr const char *exit_codes =
	"\nrecord ends with what the COMMAND ended with, if that went wrong.";

void add_pictures(CLI::App &command, Options &options)
{
	command.add_option("-o,--output", options.output, "what the names of the files begin with");
	command.add_option("--perfetto", options.perfetto_file,
			   "file for ui.perfetto.dev (default: OUTPUT.perfetto.json)");
	command.add_option("--html", options.html_file, "page to look at (default: OUTPUT.html)");
	command.add_option("--svg", options.svg_file, "the picture of that page alone");
	tool::add_json(command, options.json_file, "the numbers");
	command.add_option("--from", options.window.from_ms,
			   "begin the picture so many ms after the beginning of the trace");
	command.add_option("--until", options.window.until_ms, "end it there");
	command.add_option("--most-jobs", options.window.most_jobs,
			   "end the picture after so many jobs; the rest is in the overview only")
		->check(CLI::PositiveNumber)
		->capture_default_str();
}

} // namespace

std::optional<int> parse(int argc, char **argv, Options &options)
{
	/* What comes behind "--" is another program's, whatever it looks like. */
	char **const end = argv + argc;
	char **const mark = std::find_if(
		argv, end, [](const char *word) { return word == std::string_view("--"); });
	if (mark != end)
		options.recording.command.assign(mark + 1, end);

	CLI::App app(std::string(about) + tool::exit_codes_help + exit_codes, "vgpu-trace");
	app.require_subcommand(1);

	CLI::App *record = app.add_subcommand(
		"record",
		"record while a program runs: vgpu-trace record [OPTIONS] -- COMMAND ARGS...");
	add_pictures(*record, options);
	auto *seconds = record->add_option("--seconds", options.recording.seconds,
					   "without a COMMAND: record for so long, whoever works")
				->check(CLI::PositiveNumber);
	record->add_option("--buffer", options.recording.buffer_kib, "KiB of events for each CPU")
		->check(CLI::Range(64u, 1u << 20))
		->capture_default_str();
	record->callback([&] { options.command = Options::Command::record; });

	CLI::App *convert = app.add_subcommand(
		"convert",
		"make the pictures from a recording, or from a text of the kernel's trace file");
	convert->add_option("FILE", options.input, "the recording; \"-\" is the standard input")
		->required();
	add_pictures(*convert, options);
	convert->callback([&] { options.command = Options::Command::convert; });

	app.add_subcommand("events", "say which events this kernel has")->callback([&] {
		options.command = Options::Command::events;
	});

	if (const auto code = tool::parse(app, static_cast<int>(mark - argv), argv))
		return code;
	const auto wrong = [](const char *problem) {
		fmt::print(stderr, "vgpu-trace: {} (see --help)\n", problem);
		return std::optional<int>(tool::exit_usage);
	};
	if (options.command != Options::Command::record)
		return mark == end ? std::optional<int>() : wrong("only record takes a COMMAND");
	if (mark != end && options.recording.command.empty())
		return wrong("there is no COMMAND after --");
	if (*seconds && mark != end)
		return wrong("--seconds is for recording without a COMMAND");
	if (!*seconds && mark == end)
		return wrong("say what to record: -- COMMAND, or --seconds N");
	return {};
}

} // namespace trace
