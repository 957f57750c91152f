/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file Which schedules are tried: all that is decided about who runs next is decided by one
 * function, Search::choose().
 */

#include "random.h"

#include <memory>
#include <span>
#include <vector>

namespace sim
{

struct Fiber;

/** One way to go on. */
struct Option {
	enum class Kind : unsigned char {
		go_on,	   /**< who ran last goes on */
		run,	   /**< another one, on its own CPU */
		interrupt, /**< the same, on the CPU of who ran last, which waits until it is over
			    */
		time,	   /**< it becomes later: the next timer expires */
	};

	Kind kind;
	Fiber *fiber;
};

class Search
{
public:
	virtual ~Search() = default;
	/**
	 * @options are at least two and in a fixed order: who ran last comes first if it can go on,
	 * then the others by age, then interrupts, then time. Returns an index.
	 */
	virtual std::size_t choose(std::span<const Option> options) = 0;
	/** What choose() returns to end the schedule here. */
	static constexpr std::size_t cut = ~std::size_t{0};
	/** The @nth number that a scenario picks, from 0 to @below - 1; -1: the seed is to pick it.
	 */
	virtual int choose_number([[maybe_unused]] unsigned int nth,
				  [[maybe_unused]] unsigned int below)
	{
		return -1;
	}
	/** Whether it asks for state_of_schedule(). */
	virtual bool wants_history() const { return false; }
	virtual void fiber_made(Fiber &) {}
};

struct SearchOptions {
	enum class Kind { mixed, random, pct, exhaustive } kind = Kind::mixed;
	unsigned int depth = 0; /**< of PCT; 0: by seed */
};

/** One that tries a single schedule; everything about it follows from @seed. */
std::unique_ptr<Search> make_search(const SearchOptions &options, std::uint64_t seed);

} // namespace sim
