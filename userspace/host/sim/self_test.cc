/* SPDX-License-Identifier: MIT */
/*
 * The searches have to find what is planted for them (scenarios/planted.cc): the exhaustive one
 * with just as many preemptions as it takes, the random ones in some seeds. What they find must be
 * seen again from its text, and shrink to as few preemptions. And the exhaustive search may not
 * lose anything by leaving out what it has seen before.
 */
#include "self_test.h"
#include "explore.h"
#include "failure.h"
#include "scheduler.h"
#include "shrink.h"
#include "stopwatch.h"

#include <cstdio>

namespace sim
{

namespace
{

class SelfTest
{
public:
	explicit SelfTest(const Options &options) : options_(options) {}

	void run(const Scenario &scenario)
	{
		const Stopwatch watch;
		const unsigned int before = bad_;

		scenario_ = &scenario;
		runs_now(options_, scenario, options_.seed, true);
		if (scenario.kind == Scenario::Kind::planted) {
			for (bool prune : {true, false})
				exhaustive_finds(prune);
			chance_finds();
		} else {
			pruning_loses_nothing();
		}
		std::printf("%-28s %s, %.2f s\n", scenario.name, bad_ == before ? "ok" : "FAILED",
			    watch.seconds());
		std::fflush(stdout);
	}

	bool all_well() const { return !bad_; }

private:
	const Options &options_;
	const Scenario *scenario_ = nullptr;
	unsigned int bad_ = 0;

	void expect(bool condition, const char *what, const std::string &seen = "")
	{
		if (condition)
			return;
		bad_++;
		std::printf("FAILED  %s: %s %s\n", scenario_->name, what, seen.c_str());
	}

	bool is_planted(const std::string &failure) const
	{
		return failure.find(scenario_->failure) != std::string::npos;
	}

	void exhaustive_finds(bool prune)
	{
		const unsigned int needed = scenario_->preemptions;
		const Explored found = explore(*scenario_, {.preemptions = needed, .prune = prune});

		expect(is_planted(found.failure),
		       "the exhaustive search does not find it, but:", found.failure);
		expect(found.preemptions == needed, "it takes another number of preemptions:",
		       std::to_string(found.preemptions));
		expect(preemptions_of(found.choices) == needed,
		       "the schedule has another number of preemptions:", to_text(found.choices));
		comes_again(found.choices, found.failure);
	}

	void comes_again(const std::vector<Choice> &choices, const std::string &failure)
	{
		std::vector<Choice> read;

		expect(from_text(to_text(choices), read),
		       "choices can't be read:", to_text(choices));

		const Result result = run_schedule(*scenario_, *make_replay(read, true), 1);

		expect(result.failure == failure, "its text leads elsewhere:", result.failure);
		expect(scheduler.choices() == choices,
		       "its text has become another:", to_text(scheduler.choices()));
	}

	void chance_finds()
	{
		constexpr std::uint64_t tries = 20'000;
		std::uint64_t seed = 1;
		Result result = {};

		for (; seed <= tries && result.failure.empty(); seed++)
			result = run_schedule(*scenario_, *make_search({}, seed), seed);
		expect(is_planted(result.failure),
		       "random schedules do not find it, but:", result.failure);
		if (result.failure.empty())
			return;

		const Shrunk shrunk = shrink(*scenario_, scheduler.choices(), result.failure, false,
					     seed - 1, 20);

		expect(preemptions_of(shrunk.choices) == scenario_->preemptions,
		       "it shrinks to another number of preemptions:", to_text(shrunk.choices));
	}

	/* Where following everything takes too long, that is not done. */
	void pruning_loses_nothing()
	{
		constexpr std::uint64_t most = 30'000;

		for (unsigned int bound = 1; bound <= scenario_->preemptions; bound++) {
			const Explored all = explore(*scenario_, {.preemptions = bound,
								  .prune = false,
								  .runs = most,
								  .outcomes = true});
			if (!all.complete)
				break;

			const Explored pruned =
				explore(*scenario_, {.preemptions = bound, .outcomes = true});

			expect(all.failure == pruned.failure,
			       "it depends on pruning whether it fails:",
			       all.failure + pruned.failure);
			expect(all.outcomes == pruned.outcomes,
			       "pruning loses outcomes:", counts(all, pruned));
		}
	}

	static std::string counts(const Explored &all, const Explored &pruned)
	{
		return std::to_string(pruned.outcomes.size()) + " of " +
		       std::to_string(all.outcomes.size()) + " with " +
		       std::to_string(all.preemptions) + " preemptions";
	}
};

} // namespace

bool self_test(const Options &options)
{
	SelfTest test(options);

	for (const Scenario *scenario = Scenario::first(); scenario; scenario = scenario->next)
		if (scenario->kind != Scenario::Kind::any &&
		    (options.scenario == "all" || options.scenario == scenario->name))
			test.run(*scenario);
	return test.all_well();
}

} // namespace sim
