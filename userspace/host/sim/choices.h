/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file A schedule as people and command lines can have it: only what was decided other than by
 * default, which is that who runs goes on, or else the oldest who can.
 *
 *	1.7:3    fiber 1, the 7th time it is asked who goes on: fiber 3 does
 *	1.9:4i   the same, as an interrupt on the CPU of fiber 1
 *	1.9:t    it becomes later
 *	n2:1     the second number that the scenario picks is 1
 *
 * Fibers are numbered as they are made. As each choice says whose it is, most of them keep their
 * meaning when others are left out.
 */

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sim
{

class Search;
struct Option;

struct Choice {
	enum class Kind : unsigned char { run, interrupt, time, number };

	Kind kind;
	bool preempts; /**< who ran could have gone on */
	unsigned int fiber;
	unsigned int nth;
	unsigned int target; /**< a fiber, or the number */

	bool operator==(const Choice &) const = default;
};

Choice::Kind kind_of(const Option &option);
unsigned int preemptions_of(std::span<const Choice> choices);

std::string to_text(std::span<const Choice> choices);
/** False: that is no schedule. */
bool from_text(std::string_view text, std::vector<Choice> &choices);

/** Decides as @choices say, as far as that is possible; numbers too, unless the seed is to. */
std::unique_ptr<Search> make_replay(std::vector<Choice> choices, bool with_numbers);

} // namespace sim
