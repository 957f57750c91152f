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
	virtual void fiber_made(Fiber &) {}
};

struct SearchOptions {
	enum class Kind { mixed, random, pct } kind = Kind::mixed;
	unsigned int depth = 0; /**< of PCT; 0: by seed */
};

/** Everything about it follows from @seed. */
std::unique_ptr<Search> make_search(const SearchOptions &options, std::uint64_t seed);

} // namespace sim
