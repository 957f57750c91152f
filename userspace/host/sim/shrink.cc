/* SPDX-License-Identifier: MIT */
/*
 * Leaves out choices, in blocks that get smaller (Zeller's delta debugging), for as long as the
 * same still goes wrong. Then looks for a schedule with fewer preemptions from the bottom, which
 * leaving out does not find where each single one is needed.
 */
#include "shrink.h"
#include "explore.h"
#include "scheduler.h"
#include "stopwatch.h"

#include <algorithm>
#include <cctype>
#include <tuple>

namespace sim
{

namespace
{

/* What stays of a failure when others are in it: job 3 may become job 2. */
std::string kind_of_failure(const std::string &failure)
{
	std::string kind = failure.substr(0, failure.find('\n'));

	std::erase_if(kind, [](unsigned char c) { return std::isdigit(c); });
	/* A livelock names all who took part. */
	return kind.substr(0, kind.find(';'));
}

class Shrinker
{
public:
	Shrinker(const Scenario &scenario, std::vector<Choice> choices, const std::string &failure,
		 bool numbers, std::uint64_t seed, double seconds)
		: scenario_(scenario), best_(std::move(choices)), kind_(kind_of_failure(failure)),
		  numbers_(numbers), seed_(seed), seconds_(seconds)
	{
	}

	Shrunk run()
	{
		leave_out();
		search_below();
		return {std::move(best_), tries_};
	}

private:
	const Scenario &scenario_;
	std::vector<Choice> best_;
	std::string kind_;
	bool numbers_;
	std::uint64_t seed_;
	double seconds_;
	unsigned int tries_ = 0;
	Stopwatch watch_;

	bool is_over() const { return watch_.seconds() >= seconds_; }

	static auto size_of(const std::vector<Choice> &choices)
	{
		return std::make_tuple(preemptions_of(choices), choices.size());
	}

	/* Takes @choices, or what of them has played a part, if they fail alike and are simpler. */
	bool accept(std::vector<Choice> choices)
	{
		const std::unique_ptr<Search> search = make_replay(std::move(choices), numbers_);
		const Result result = run_schedule(scenario_, *search, seed_);

		tries_++;
		if (kind_of_failure(result.failure) != kind_ ||
		    size_of(scheduler.choices()) >= size_of(best_))
			return false;
		best_ = scheduler.choices();
		return true;
	}

	bool accept_without(std::size_t first, std::size_t count)
	{
		std::vector<Choice> choices = best_;
		const auto begin = choices.begin() + static_cast<std::ptrdiff_t>(first);

		choices.erase(begin, begin + static_cast<std::ptrdiff_t>(
						     std::min(count, choices.size() - first)));
		return accept(std::move(choices));
	}

	void leave_out()
	{
		bool better;

		do {
			better = false;
			for (std::size_t block = std::max<std::size_t>(best_.size() / 2, 1); block;
			     block /= 2)
				for (std::size_t i = 0; i < best_.size() && !is_over();)
					if (accept_without(i, block))
						better = true;
					else
						i += block;
		} while (better && !is_over());
	}

	void search_below()
	{
		const unsigned int preemptions = preemptions_of(best_);
		const double left = seconds_ - watch_.seconds();

		if (!preemptions || left <= 0)
			return;

		/* All the data of any scenario is not known to be touch()ed: no pruning. */
		const bool small = scenario_.kind == Scenario::Kind::small;
		const Explored found = explore(
			scenario_, {.preemptions = std::min(preemptions - 1, SeenStates::max_left),
				    .prune = small && numbers_,
				    .numbers = numbers_,
				    .seed = seed_,
				    .seconds = left});

		tries_ += static_cast<unsigned int>(found.schedules);
		if (found.failure.empty() || kind_of_failure(found.failure) != kind_)
			return;
		best_ = found.choices;
		leave_out();
	}
};

} // namespace

Shrunk shrink(const Scenario &scenario, std::vector<Choice> choices, const std::string &failure,
	      bool numbers, std::uint64_t seed, double seconds)
{
	return Shrinker(scenario, std::move(choices), failure, numbers, seed, seconds).run();
}

} // namespace sim
