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
 */

#include "scenarios/world.h"

#include <string_view>

namespace sim
{

struct Scenario {
	const char *name;
	const char *description;
	void (*body)(World &world);
	Scenario *next;

	Scenario(const char *name_, const char *description_, void (*body_)(World &world));

	/** In alphabetical order. */
	static Scenario *first();
	static const Scenario *find(std::string_view name);
};

#define SCENARIO(name, description)                                                                \
	static void scenario_##name([[maybe_unused]] sim::World &world);                           \
	static sim::Scenario register_##name(#name, description, scenario_##name);                 \
	static void scenario_##name([[maybe_unused]] sim::World &world)

} // namespace sim
