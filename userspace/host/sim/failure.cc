/* SPDX-License-Identifier: MIT */
#include "asan.h"
#include "failure.h"
#include "run.h"
#include "scheduler.h"
#include "shrink.h"
#include "trace.h"

#include <cstdio>
#include <cstdlib>

#include <csignal>
#include <unistd.h>

#ifdef SIM_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace sim
{

namespace
{

constexpr unsigned int lines_after_failure = 120;

struct Now {
	const Options *options;
	const Scenario *scenario;
	std::uint64_t seed;
	bool by_choices; /* the numbers that the scenario picks, too */
};

Now now;

std::string command_for(std::span<const Choice> choices)
{
	return command_for_choices(*now.options, now.scenario->name, choices,
				   now.by_choices ? nullptr : &now.seed);
}

void print_where()
{
	if (now.by_choices || now.options->choices)
		std::printf("   scenario %s; to see it again:\n   %s\n", now.scenario->name,
			    command_for(scheduler.choices()).c_str());
	else
		std::printf("   scenario %s, seed %llu; to see it again:\n   %s\n",
			    now.scenario->name, static_cast<unsigned long long>(now.seed),
			    command_for_seed(*now.options, now.scenario->name, now.seed).c_str());
	std::fflush(stdout);
}

#ifdef SIM_ASAN
void on_death()
{
	print_trace(lines_after_failure);
	print_where();
}
#else
/* Nothing here is allowed in a signal handler; but there is nothing to lose any more. */
void on_crash(int number)
{
	std::signal(number, SIG_DFL);
	print_trace(lines_after_failure);
	std::printf("FAILED  %s: the program crashes here (signal %d)\n", now.scenario->name,
		    number);
	print_where();
	_exit(1);
}
#endif

std::string in_words(const std::vector<Choice> &choices)
{
	const unsigned int preemptions = preemptions_of(choices);

	return std::to_string(preemptions) + (preemptions == 1 ? " preemption" : " preemptions") +
	       ", " + std::to_string(choices.size()) +
	       (choices.size() == 1 ? " choice" : " choices");
}

void tell_shrunk(const std::string &failure)
{
	const std::vector<Choice> before = scheduler.choices();
	const Shrunk shrunk = shrink(*now.scenario, before, failure, now.by_choices, now.seed,
				     now.options->shrink);

	/* Once more, for its trace. */
	const std::unique_ptr<Search> search = make_replay(shrunk.choices, now.by_choices);
	const Result result = run_schedule(*now.scenario, *search, now.seed);

	if (shrunk.choices != before || now.options->trace) {
		std::printf("\nThe simplest of %u schedules that fail alike (%s, before: %s):\n",
			    shrunk.tries, in_words(shrunk.choices).c_str(),
			    in_words(before).c_str());
		print_trace(0);
		std::printf("FAILED  %s: %s\n", now.scenario->name, result.failure.c_str());
	} else {
		std::printf("   %s, and no simpler schedule among %u fails alike\n",
			    in_words(before).c_str(), shrunk.tries);
	}
	std::printf("   %s\n", command_for(shrunk.choices).c_str());
}

} // namespace

void runs_now(const Options &options, const Scenario &scenario, std::uint64_t seed, bool by_choices)
{
	now = {&options, &scenario, seed, by_choices};
}

#ifdef SIM_ASAN
void catch_crashes()
{
	__sanitizer_set_death_callback(on_death);
}
#else
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

void tell_failure(const std::string &failure)
{
	const std::string said = failure; /* the next schedule has its own */

	if (!now.options->trace)
		print_trace(lines_after_failure);
	std::printf("FAILED  %s: %s\n", now.scenario->name, said.c_str());
	print_where();
	if (now.options->shrink > 0 && !now.options->choices)
		tell_shrunk(said);
	std::fflush(stdout);
}

} // namespace sim
