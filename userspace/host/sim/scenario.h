/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file Scenarios by name:
 *
 *	SCENARIO(push_push, "two tasks push to one queue")
 *	{
 *		Queue *queue = world.queue("q");
 *		...
 *	}
 *
 * The body is the first task. It runs once per schedule, with a world of its own.
 *
 * Small ones are for the exhaustive search: few actors, few steps, and nothing left to chance but
 * what they vary themselves (World::vary(), pick(), coin()), of which all is tried.
 */

#include "scenarios/world.h"

#include <string_view>

namespace sim
{

struct Scenario {
	enum class Kind : unsigned char {
		any,
		small,	 /**< so few schedules that all can be tried */
		planted, /**< wrong on purpose: the search has to find it */
	};

	const char *name;
	const char *description;
	void (*body)(World &world);
	Kind kind;
	unsigned int preemptions; /**< of the exhaustive search; planted: as many as it takes */
	const char *failure;	  /**< planted: how what is found begins, without who finds it */
	Scenario *next;

	Scenario(const char *name_, const char *description_, void (*body_)(World &world),
		 Kind kind_ = Kind::any, unsigned int preemptions_ = 2,
		 const char *failure_ = nullptr);

	/** In alphabetical order. */
	static Scenario *first();
	static const Scenario *find(std::string_view name);
};

#define SCENARIO_MAKE(name, ...)                                                                   \
	static void scenario_##name([[maybe_unused]] sim::World &world);                           \
	static sim::Scenario register_##name(#name, __VA_ARGS__);                                  \
	static void scenario_##name([[maybe_unused]] sim::World &world)

#define SCENARIO(name, description) SCENARIO_MAKE(name, description, scenario_##name)

/* @actors: how many sides can be in the middle of something at the same time, workers included. */
#define SCENARIO_SMALL(name, actors, description)                                                  \
	SCENARIO_MAKE(name, description, scenario_##name, sim::Scenario::Kind::small,              \
		      (actors) <= 2 ? 3 : 2)

#define SCENARIO_PLANTED(name, preemptions, failure, description)                                  \
	SCENARIO_MAKE(name, description, scenario_##name, sim::Scenario::Kind::planted,            \
		      preemptions, failure)

} // namespace sim
