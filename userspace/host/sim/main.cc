/* SPDX-License-Identifier: MIT */
/*
 * drm-dep-sim: looks for an order of events in which the core does something wrong.
 */
#include "options.h"
#include "report.h"
#include "run.h"
#include "trace.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <csignal>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SIM_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_ASAN
#endif
#endif
#ifdef SIM_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace sim
{

namespace
{

constexpr unsigned int lines_after_failure = 120;

/* What a crash is told apart by. */
struct Now {
	const Options *options;
	const char *scenario;
	std::uint64_t seed;
};

Now now;

void print_where()
{
	std::printf("   scenario %s, seed %llu; to see it again:\n   %s\n", now.scenario,
		    static_cast<unsigned long long>(now.seed),
		    replay_command(*now.options, now.scenario, now.seed).c_str());
	std::fflush(stdout);
}

#ifdef SIM_ASAN
void on_death()
{
	print_trace(lines_after_failure);
	print_where();
}

void catch_crashes()
{
	__sanitizer_set_death_callback(on_death);
}
#else
/* Nothing here is allowed in a signal handler; but there is nothing to lose any more. */
void on_crash(int number)
{
	std::signal(number, SIG_DFL);
	print_trace(lines_after_failure);
	std::printf("FAILED  %s: the program crashes here (signal %d)\n", now.scenario, number);
	print_where();
	_exit(1);
}

void catch_crashes()
{
	static char stack[256 << 10];
	stack_t alternative = {};
	struct sigaction action = {};

	alternative.ss_sp = stack;
	alternative.ss_size = sizeof(stack);
	sigaltstack(&alternative, nullptr);
	action.sa_handler = on_crash;
	action.sa_flags = SA_ONSTACK;
	for (int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
		sigaction(number, &action, nullptr);
}
#endif

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start)
{
	return std::chrono::duration<double>(Clock::now() - start).count();
}

/* A line that is overwritten, for people who wait. */
void show_progress(const Scenario &scenario, std::uint64_t runs, Clock::time_point start)
{
	std::fprintf(stderr, "\r%-28s %10llu schedules %7.1f s ", scenario.name,
		     static_cast<unsigned long long>(runs), seconds_since(start));
}

bool failed(const Options &options, const Scenario &scenario, const Result &result)
{
	if (options.trace)
		print_trace(0);
	if (result.failure.empty())
		return false;
	if (!options.trace)
		print_trace(lines_after_failure);
	std::printf("FAILED  %s: %s\n", scenario.name, result.failure.c_str());
	print_where();
	return true;
}

/* A failure that can't be seen again helps nobody: some seeds are run twice. */
bool replays(const Options &options, const Scenario &scenario, const Result &result)
{
	if (run_schedule(scenario, options.search, now.seed).hash == result.hash)
		return true;
	std::printf("FAILED  %s: the same seed does not do the same twice\n", scenario.name);
	print_where();
	return false;
}

bool run(const Options &options, const Scenario &scenario)
{
	constexpr std::uint64_t runs_twice = 8;
	constexpr std::uint64_t between_looks = 256;
	const bool progress = isatty(STDERR_FILENO);
	const Clock::time_point start = Clock::now();
	std::uint64_t steps = 0;
	std::uint64_t runs = 0;
	bool well = true;

	for (;; runs++) {
		const bool look = runs % between_looks == 0;

		if (options.seconds > 0 ? look && seconds_since(start) >= options.seconds
					: runs == options.runs)
			break;
		if (look && progress && runs)
			show_progress(scenario, runs, start);

		now = {&options, scenario.name, options.seed + runs};

		const Result result = run_schedule(scenario, options.search, now.seed);

		steps += result.steps;
		well = !failed(options, scenario, result) &&
		       (runs >= runs_twice || options.trace || replays(options, scenario, result));
		if (!well)
			break;
	}

	if (progress)
		std::fprintf(stderr, "\r%78s\r", "");
	if (well)
		std::printf("%-28s %10llu schedules, %.0f points each, %.2f s\n", scenario.name,
			    static_cast<unsigned long long>(runs),
			    runs ? static_cast<double>(steps) / static_cast<double>(runs) : 0.0,
			    seconds_since(start));
	std::fflush(stdout);
	return well;
}

int run_all(const Options &options)
{
	unsigned int count = 0;
	unsigned int bad = 0;

	for (const Scenario *scenario = Scenario::first(); scenario; scenario = scenario->next) {
		count++;
		if (!run(options, *scenario))
			bad++;
	}
	if (bad)
		std::printf("%u of %u scenarios failed\n", bad, count);
	else
		std::printf("all %u scenarios are well\n", count);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

int run_main(const Options &options)
{
	if (options.list) {
		for (const Scenario *scenario = Scenario::first(); scenario;
		     scenario = scenario->next)
			std::printf("%-28s %s\n", scenario->name, scenario->description);
		return EXIT_SUCCESS;
	}
	catch_crashes();
	if (options.scenario == "all")
		return run_all(options);

	const Scenario *scenario = Scenario::find(options.scenario);

	if (!scenario) {
		std::fprintf(stderr, "drm-dep-sim: there is no scenario %s (see --list)\n",
			     options.scenario.c_str());
		return 2;
	}
	return run(options, *scenario) ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace

} // namespace sim

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

	/* Fibers of failed schedules keep what they had; that is no leak worth a report. */
	std::fflush(nullptr);
	_exit(status);
}
