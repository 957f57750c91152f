/* SPDX-License-Identifier: MIT */
/*
 * Random schedules. Two kinds, as each finds quickly what the other needs long for.
 *
 * - random: who runs goes on, but with probability p; p is one of four, by seed.
 * - PCT (Burckhardt and others, ASPLOS 2010): everybody has a random priority and the highest
 *   runs; at depth - 1 random steps the one that runs becomes the lowest of all.
 */
#include "search.h"
#include "scheduler.h"

#include <algorithm>
#include <array>

namespace sim
{

namespace
{

class RandomSearch : public Search
{
public:
	explicit RandomSearch(std::uint64_t seed) : random_(seed, 1)
	{
		static constexpr std::array<unsigned int, 4> thousandths = {500, 200, 80, 30};

		leave_ = thousandths[Random(seed, 2).below(thousandths.size())];
	}

	std::size_t choose(std::span<const Option> options) override
	{
		const auto count = static_cast<unsigned int>(options.size());

		if (options[0].kind != Option::Kind::go_on)
			return random_.below(count);
		if (!random_.chance(leave_))
			return 0;
		return 1 + random_.below(count - 1);
	}

private:
	Random random_;
	unsigned int leave_;
};

class PctSearch final : public RandomSearch
{
public:
	PctSearch(std::uint64_t seed, unsigned int depth) : RandomSearch(seed), random_(seed, 3)
	{
		/* Not the length of earlier runs: the seed alone has to be enough to replay. */
		static constexpr std::array<unsigned int, 5> lengths = {50, 100, 200, 400, 800};

		if (!depth)
			depth = 2 + random_.below(4);
		length_ = lengths[random_.below(lengths.size())];
		for (unsigned int i = 1; i < depth; i++)
			changes_.push_back(random_.below(length_));
		lowest_ = static_cast<int>(depth);
	}

	void fiber_made(Fiber &fiber) override
	{
		fiber.priority = 1000 + static_cast<int>(random_.below(1 << 20));
	}

	std::size_t choose(std::span<const Option> options) override
	{
		const unsigned int step = step_++;
		std::size_t best = 0;

		/* Where somebody waits for another by trying again, priorities never end. */
		if (step > 4 * length_)
			return RandomSearch::choose(options);

		if (options[0].kind == Option::Kind::go_on &&
		    std::ranges::find(changes_, step) != changes_.end())
			options[0].fiber->priority = --lowest_;
		if (options.back().kind == Option::Kind::time && random_.chance(15))
			return options.size() - 1;

		for (std::size_t i = 1; i < options.size(); i++) {
			if (options[i].kind == Option::Kind::time)
				break;
			if (options[i].fiber->priority > options[best].fiber->priority)
				best = i;
		}
		/* The same fiber may be offered twice: on its own CPU, and on that of another. */
		for (std::size_t i = best + 1; i < options.size(); i++)
			if (options[i].fiber == options[best].fiber && random_.chance(500))
				return i;
		return best;
	}

private:
	Random random_;
	unsigned int length_;
	unsigned int step_ = 0;
	int lowest_;
	std::vector<unsigned int> changes_;
};

} // namespace

std::unique_ptr<Search> make_search(const SearchOptions &options, std::uint64_t seed)
{
	bool pct = options.kind == SearchOptions::Kind::pct;

	if (options.kind == SearchOptions::Kind::mixed)
		pct = seed & 1;
	if (pct)
		return std::make_unique<PctSearch>(seed, options.depth);
	return std::make_unique<RandomSearch>(seed);
}

} // namespace sim
