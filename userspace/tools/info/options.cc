/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <common/command_line.h>
#include <common/exit_code.h>

namespace info
{

std::optional<int> parse(int argc, char **argv, Options &options)
{
	CLI::App app(
		std::string("Tells what the virtual GPU is and what it does. Without a command: "
			    "the device, its clients and its queues.\n") +
			tool::exit_codes_help,
		"vgpu-info");
	const auto command = [&](const char *name, const char *what, Options::Command which) {
		CLI::App *added = app.add_subcommand(name, what)->fallthrough();

		added->callback([&options, which] { options.command = which; });
		return added;
	};

	command("device", "driver, version, engines and limits", Options::Command::device);
	command("clients", "who has the device open, from fdinfo (of others only root sees it)",
		Options::Command::clients);
	command("queues", "every queue and what blocks it, from debugfs (needs root)",
		Options::Command::queues);
	CLI::App *top = command("top",
				"what goes on, again and again: on a terminal a page that changes "
				"(q or Ctrl-C ends it, "
				"arrow keys scroll), else a report for each interval",
				Options::Command::top);
	top->add_option("-i,--interval", options.interval, "seconds between two looks")
		->check(CLI::Range(0.05, 3600.))
		->capture_default_str();
	auto *count = top->add_option("-n,--count", options.count, "end after so many reports")
			      ->check(CLI::PositiveNumber);
	top->add_flag("--plain", options.plain, "reports one after the other, also on a terminal");
	top->add_flag_callback(
		   "--once", [&] { options.count = 1; }, "one report, over one interval")
		->excludes(count);
	tool::add_json(app, options.json_file, "the same");
	app.require_subcommand(0, 1);
	for (const auto &[name, path, what] :
	     {std::tuple("--proc", &options.sources.proc, "where /proc is"),
	      std::tuple("--debugfs", &options.sources.debugfs, "where debugfs is mounted")})
		app.add_option(name, *path, what)
			->check(CLI::ExistingDirectory)
			->group("Where to look");
	return tool::parse(app, argc, argv);
}

} // namespace info
