/* SPDX-License-Identifier: MIT */
#include "explore.h"
#include "scheduler.h"
#include "stopwatch.h"
#include "trace.h"

namespace sim
{

namespace
{

class Exploration
{
public:
	Exploration(const Scenario &scenario, const ExploreOptions &options)
		: scenario_(scenario), options_(options)
	{
	}

	Explored run()
	{
		for (unsigned int bound = 0; bound <= options_.preemptions; bound++)
			if (!run_with(bound))
				break;
		return std::move(result_);
	}

private:
	const Scenario &scenario_;
	const ExploreOptions &options_;
	Explored result_;
	Stopwatch watch_;

	/* False: no need to go on with a greater bound. */
	bool run_with(unsigned int bound)
	{
		Exhaustive search(bound, options_.prune, options_.numbers);

		result_.preemptions = bound;
		result_.complete = false;
		result_.outcomes.clear();
		while (search.next()) {
			if (is_over())
				return false;
			if (!run_once(search))
				return false;
		}
		result_.complete = true;
		return true;
	}

	bool is_over()
	{
		constexpr std::uint64_t between_looks = 256;

		if (options_.runs && result_.schedules >= options_.runs)
			return true;
		if (result_.schedules % between_looks)
			return false;
		if (options_.progress && result_.schedules)
			options_.progress(result_.schedules);
		return options_.seconds > 0 && watch_.seconds() >= options_.seconds;
	}

	bool run_once(Exhaustive &search)
	{
		Result result = run_schedule(scenario_, search, options_.seed);

		result_.schedules++;
		result_.steps += result.steps;
		if (result.cut)
			result_.cut++;
		else if (options_.outcomes)
			result_.outcomes.insert(outcome_hash());
		if (result.failure.empty())
			return true;
		result_.failure = std::move(result.failure);
		result_.choices = scheduler.choices();
		result_.complete = true;
		return false;
	}
};

} // namespace

Explored explore(const Scenario &scenario, const ExploreOptions &options)
{
	return Exploration(scenario, options).run();
}

} // namespace sim
