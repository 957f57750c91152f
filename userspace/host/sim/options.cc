/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <map>

#include <CLI/CLI.hpp>

namespace sim
{

static const std::map<std::string, SearchOptions::Kind> kinds = {
	{"mixed", SearchOptions::Kind::mixed},
	{"random", SearchOptions::Kind::random},
	{"pct", SearchOptions::Kind::pct},
};

static const char *name_of(SearchOptions::Kind kind)
{
	for (const auto &[name, value] : kinds)
		if (value == kind)
			return name.c_str();
	return "";
}

Parsed parse(int argc, char **argv, Options &options)
{
	CLI::App app("Runs the core of drm_dep on one thread, with virtual time, in many orders of "
		     "what may happen at the same time.\n"
		     "Exit code: 0 all well, 1 something failed, 2 wrong usage.",
		     "drm-dep-sim");

	app.add_option("--scenario", options.scenario, "its name, or all")->capture_default_str();
	app.add_flag("--list", options.list, "name the scenarios");
	auto *seed = app.add_option("--seed", options.seed,
				    "where all choices of the first run come from; the next runs "
				    "have the next numbers. Alone, it means one run")
			     ->capture_default_str();
	auto *runs = app.add_option("--runs", options.runs, "how many of each scenario")
			     ->capture_default_str();
	auto *seconds = app.add_option("--seconds", options.seconds,
				       "how long with each scenario, instead of --runs");
	app.add_option("--search", options.search.kind,
		       "random: at each point somebody else may go on; pct: by priorities that "
		       "change at a few points; mixed: by seed")
		->transform(CLI::CheckedTransformer(kinds, CLI::ignore_case))
		->default_str(name_of(options.search.kind));
	app.add_option("--depth", options.search.depth,
		       "of pct: the number of events whose order matters; 0: 2 to 5, by seed")
		->capture_default_str()
		->check(CLI::Range(0, 100));
	app.add_flag("--trace", options.trace, "print all that happens");
	runs->check(CLI::PositiveNumber);
	seconds->check(CLI::PositiveNumber)->excludes(runs);

	try {
		app.parse(argc, argv);
	} catch (const CLI::ParseError &error) {
		return app.exit(error) == 0 ? Parsed::done : Parsed::usage_error;
	}
	options.program = argv[0];
	if (*seed && !*runs && !*seconds)
		options.runs = 1;
	return Parsed::go_on;
}

std::string replay_command(const Options &options, const char *scenario, std::uint64_t seed)
{
	std::string command =
		options.program + " --scenario " + scenario + " --seed " + std::to_string(seed);

	if (options.search.kind != SearchOptions::Kind::mixed)
		command += std::string(" --search ") + name_of(options.search.kind);
	if (options.search.depth)
		command += " --depth " + std::to_string(options.search.depth);
	return command + " --trace";
}

} // namespace sim
