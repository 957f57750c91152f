/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "exhaustive.h"

#include <map>

#include <CLI/CLI.hpp>

namespace sim
{

static const std::map<std::string, SearchOptions::Kind> kinds = {
	{"mixed", SearchOptions::Kind::mixed},
	{"random", SearchOptions::Kind::random},
	{"pct", SearchOptions::Kind::pct},
	{"exhaustive", SearchOptions::Kind::exhaustive},
};

static const char *name_of(SearchOptions::Kind kind)
{
	for (const auto &[name, value] : kinds)
		if (value == kind)
			return name.c_str();
	return "";
}

/* For CLI11: the empty string is "all is well". */
static std::string read_choices(const std::string &text, Options &options)
{
	std::vector<Choice> choices;

	if (!from_text(text, choices))
		return "that is no list of choices: " + text;
	options.choices = std::move(choices);
	return "";
}

Parsed parse(int argc, char **argv, Options &options)
{
	CLI::App app("Runs the core of drm_dep on one thread, with virtual time, in many orders of "
		     "what may happen at the same time.\n"
		     "Exit code: 0 all well, 1 something failed, 2 wrong usage, 3 nothing failed "
		     "but an exhaustive search was stopped before its end.",
		     "drm-dep-sim");
	unsigned int preemptions = 0;
	std::string choices;
	bool no_prune = false;

	app.add_option("--scenario", options.scenario, "its name, or all, or small")
		->capture_default_str();
	app.add_flag("--list", options.list, "name the scenarios");
	auto *seed = app.add_option("--seed", options.seed,
				    "where all choices of the first run come from; the next runs "
				    "have the next numbers. Alone, it means one run")
			     ->capture_default_str();
	auto *runs = app.add_option("--runs", options.runs,
				    "how many schedules of each scenario; exhaustive: at most")
			     ->capture_default_str();
	auto *seconds = app.add_option("--seconds", options.seconds,
				       "how long with each scenario, of CPU time, instead of "
				       "--runs");
	app.add_option("--search", options.search.kind,
		       "random: at each point somebody else may go on; pct: by priorities that "
		       "change at a few points; mixed: by seed; exhaustive: all schedules with at "
		       "most --preemptions")
		->transform(CLI::CheckedTransformer(kinds, CLI::ignore_case))
		->default_str(name_of(options.search.kind));
	app.add_option("--depth", options.search.depth,
		       "of pct: the number of events whose order matters; 0: 2 to 5, by seed")
		->capture_default_str()
		->check(CLI::Range(0, 100));
	auto *bound = app.add_option("--preemptions", preemptions,
				     "of exhaustive: how often another one goes on though who runs "
				     "could have (default: what the scenario is made for)")
			      ->check(CLI::Range(0u, SeenStates::max_left));
	app.add_option("--deeper", options.deeper,
		       "of exhaustive: so many preemptions more than the scenario is made for")
		->check(CLI::Range(0u, SeenStates::max_left))
		->excludes(bound);
	app.add_flag("--no-prune", no_prune,
		     "of exhaustive: also follow what begins in a state that was seen before");
	auto *list = app.add_option("--choices", choices,
				    "one schedule, as it is printed after a failure; with --seed, "
				    "that picks the numbers of the scenario");
	app.add_option("--shrink", options.shrink,
		       "how many seconds are spent on a simpler schedule that fails "
		       "alike; 0: none")
		->capture_default_str()
		->check(CLI::NonNegativeNumber);
	app.add_flag("--trace", options.trace, "print all that happens");
	app.add_flag("--self-test", options.self_test,
		     "let the searches find mistakes that were planted for them");
	runs->check(CLI::PositiveNumber);
	seconds->check(CLI::PositiveNumber)->excludes(runs);

	try {
		app.parse(argc, argv);
		if (*list)
			if (const std::string error = read_choices(choices, options);
			    !error.empty())
				throw CLI::ValidationError("--choices", error);
	} catch (const CLI::ParseError &error) {
		return app.exit(error) == 0 ? Parsed::done : Parsed::usage_error;
	}
	options.program = argv[0];
	options.has_seed = !seed->empty();
	options.prune = !no_prune;
	if (*bound)
		options.preemptions = preemptions;
	if (!*runs && (*seconds || options.search.kind == SearchOptions::Kind::exhaustive))
		options.runs = 0;
	else if (*seed && !*runs && !*seconds)
		options.runs = 1;
	return Parsed::go_on;
}

std::string command_for_seed(const Options &options, const char *scenario, std::uint64_t seed)
{
	std::string command =
		options.program + " --scenario " + scenario + " --seed " + std::to_string(seed);

	if (options.search.kind != SearchOptions::Kind::mixed)
		command += std::string(" --search ") + name_of(options.search.kind);
	if (options.search.depth)
		command += " --depth " + std::to_string(options.search.depth);
	return command + " --trace";
}

std::string command_for_choices(const Options &options, const char *scenario,
				std::span<const Choice> choices, const std::uint64_t *seed)
{
	std::string command = options.program + " --scenario " + scenario;

	if (seed)
		command += " --seed " + std::to_string(*seed);
	return command + " --choices " + to_text(choices) + " --trace";
}

} // namespace sim
