/* SPDX-License-Identifier: MIT */
/*
 * drm-dep-sim: looks for an order of events in which the core does something wrong.
 */
#include "explore.h"
#include "failure.h"
#include "options.h"
#include "run.h"
#include "scheduler.h"
#include "self_test.h"
#include "stopwatch.h"
#include "trace.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace sim
{

namespace
{

enum class Verdict { well, failed, not_complete };

/* A line that is overwritten, for people who wait. */
class Progress
{
public:
	Progress(const Scenario &scenario, const Stopwatch &watch)
		: scenario_(scenario), watch_(watch), on_(isatty(STDERR_FILENO))
	{
	}
	~Progress()
	{
		if (on_)
			std::fprintf(stderr, "\r%78s\r", "");
	}
	Progress(const Progress &) = delete;
	Progress &operator=(const Progress &) = delete;

	void show(std::uint64_t schedules) const
	{
		if (on_)
			std::fprintf(stderr, "\r%-28s %10llu schedules %7.1f s ", scenario_.name,
				     static_cast<unsigned long long>(schedules), watch_.seconds());
	}

private:
	const Scenario &scenario_;
	const Stopwatch &watch_;
	bool on_;
};

bool failed(const Options &options, const Result &result)
{
	if (options.trace)
		print_trace(0);
	if (result.failure.empty())
		return false;
	tell_failure(result.failure);
	return true;
}

/* A failure that can't be seen again helps nobody: some seeds are run twice. */
bool replays(const Options &options, const Scenario &scenario, std::uint64_t seed)
{
	const std::uint64_t hash = trace_hash();

	(void)run_schedule(scenario, *make_search(options.search, seed), seed);
	if (trace_hash() == hash)
		return true;
	tell_failure("the same seed does not do the same twice");
	return false;
}

Verdict run_seeds(const Options &options, const Scenario &scenario)
{
	constexpr std::uint64_t runs_twice = 8;
	constexpr std::uint64_t between_looks = 256;
	const Stopwatch watch;
	const Progress progress(scenario, watch);
	std::uint64_t steps = 0;
	std::uint64_t runs = 0;

	for (;; runs++) {
		const bool look = runs % between_looks == 0;
		const std::uint64_t seed = options.seed + runs;

		if (options.seconds > 0 ? look && watch.seconds() >= options.seconds
					: runs == options.runs)
			break;
		if (look && runs)
			progress.show(runs);

		runs_now(options, scenario, seed, false);

		const Result result =
			run_schedule(scenario, *make_search(options.search, seed), seed);

		steps += result.steps;
		if (failed(options, result) ||
		    (runs < runs_twice && !options.trace && !replays(options, scenario, seed)))
			return Verdict::failed;
	}

	std::printf("%-28s %10llu schedules, %.0f points each, %.2f s\n", scenario.name,
		    static_cast<unsigned long long>(runs),
		    runs ? static_cast<double>(steps) / static_cast<double>(runs) : 0.0,
		    watch.seconds());
	return Verdict::well;
}

Verdict run_all_schedules(const Options &options, const Scenario &scenario)
{
	const Stopwatch watch;
	const Progress progress(scenario, watch);
	const unsigned int bound = options.preemptions.value_or(
		std::min(scenario.preemptions + options.deeper, SeenStates::max_left));

	runs_now(options, scenario, options.seed, true);

	const Explored explored =
		explore(scenario, {.preemptions = bound,
				   /* Of others it is not known that they touch() all they share. */
				   .prune = options.prune && scenario.kind != Scenario::Kind::any,
				   .runs = options.runs,
				   .seconds = options.seconds,
				   .outcomes = true,
				   .progress = [&](std::uint64_t n) { progress.show(n); }});

	if (!explored.failure.empty()) {
		tell_failure(explored.failure);
		return Verdict::failed;
	}
	std::printf("%-28s %10llu schedules, %.0f points each, %llu cut, %zu outcomes, %.2f s: "
		    "%scomplete with %u preemptions\n",
		    scenario.name, static_cast<unsigned long long>(explored.schedules),
		    static_cast<double>(explored.steps) / static_cast<double>(explored.schedules),
		    static_cast<unsigned long long>(explored.cut), explored.outcomes.size(),
		    watch.seconds(), explored.complete ? "" : "NOT ", explored.preemptions);
	return explored.complete ? Verdict::well : Verdict::not_complete;
}

Verdict run_choices(const Options &options, const Scenario &scenario)
{
	runs_now(options, scenario, options.seed, !options.has_seed);

	const Result result = run_schedule(
		scenario, *make_replay(*options.choices, !options.has_seed), options.seed);

	if (failed(options, result))
		return Verdict::failed;
	std::printf("%-28s this schedule is well\n", scenario.name);
	return Verdict::well;
}

Verdict run(const Options &options, const Scenario &scenario)
{
	Verdict verdict;

	if (options.choices)
		verdict = run_choices(options, scenario);
	else if (options.search.kind == SearchOptions::Kind::exhaustive)
		verdict = run_all_schedules(options, scenario);
	else
		verdict = run_seeds(options, scenario);
	std::fflush(stdout);
	return verdict;
}

int exit_code(unsigned int bad, unsigned int stopped)
{
	return bad ? EXIT_FAILURE : stopped ? 3 : EXIT_SUCCESS;
}

int run_many(const Options &options, bool small_ones)
{
	unsigned int count = 0;
	unsigned int bad = 0;
	unsigned int stopped = 0;

	for (const Scenario *scenario = Scenario::first(); scenario; scenario = scenario->next) {
		if (scenario->kind == Scenario::Kind::planted ||
		    (small_ones && scenario->kind != Scenario::Kind::small))
			continue;

		const Verdict verdict = run(options, *scenario);

		count++;
		bad += verdict == Verdict::failed;
		stopped += verdict == Verdict::not_complete;
	}
	if (bad)
		std::printf("%u of %u scenarios failed\n", bad, count);
	if (stopped)
		std::printf("%u of %u scenarios are not complete\n", stopped, count);
	if (!bad && !stopped)
		std::printf("all %u scenarios are well\n", count);
	return exit_code(bad, stopped);
}

void list_scenarios()
{
	static const char *const kinds[] = {"", "small", "planted"};

	for (const Scenario *scenario = Scenario::first(); scenario; scenario = scenario->next)
		std::printf("%-28s %-8s %s\n", scenario->name,
			    kinds[static_cast<unsigned int>(scenario->kind)],
			    scenario->description);
}

int run_main(const Options &options)
{
	if (options.list) {
		list_scenarios();
		return EXIT_SUCCESS;
	}
	catch_crashes();
	if (options.self_test)
		return self_test(options) ? EXIT_SUCCESS : EXIT_FAILURE;
	if (options.scenario == "all" || options.scenario == "small")
		return run_many(options, options.scenario == "small");

	const Scenario *scenario = Scenario::find(options.scenario);

	if (!scenario) {
		std::fprintf(stderr, "drm-dep-sim: there is no scenario %s (see --list)\n",
			     options.scenario.c_str());
		return 2;
	}

	const Verdict verdict = run(options, *scenario);

	return exit_code(verdict == Verdict::failed, verdict == Verdict::not_complete);
}

} // namespace

} // namespace sim

#ifdef SIM_COVERAGE
/* Saves what was counted, which otherwise exit() does. */
extern "C" void __gcov_dump(void);
#endif

int main(int argc, char **argv)
{
	sim::Options options;

	switch (sim::parse(argc, argv, options)) {
	case sim::Parsed::done:
		return EXIT_SUCCESS;
	case sim::Parsed::usage_error:
		return 2;
	default:
		break;
	}

	const int status = sim::run_main(options);

#ifdef SIM_COVERAGE
	__gcov_dump();
#endif
	/* Fibers of failed schedules keep what they had; that is no leak worth a report. */
	std::fflush(nullptr);
	_exit(status);
}
