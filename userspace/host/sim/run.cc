/* SPDX-License-Identifier: MIT */
/*
 * One schedule: everything is new at its start, and nothing may be left at its end.
 */
#include "run.h"
#include "objects.h"
#include "report.h"

#include <cstring>

namespace sim
{

static Random scenario_random;

/* Another stream than that of the schedule: trying another order leaves the workload alone. */
u32 pick(u32 below)
{
	return scenario_random.below(below);
}

static void reset(std::uint64_t seed)
{
	scenario_random = Random(seed, 4);
	scheduler.reset();
	reset_trace();
	reset_memory();
	reset_works();
	reset_timers();
	reset_rcu();
	reset_lock_order();
	reset_wait_graph();
	reset_fences();
	reset_reports();
	drm_dep_core_init();
}

static void check_end(World &world)
{
	const std::string left = who_is_left();

	if (!left.empty()) {
		set_failure("nobody can go on:" + left);
		return;
	}
	try {
		world.finish();
	} catch (const std::string &) {
		return; /* recorded */
	}
	if (const std::string memory = memory_left(); !memory.empty())
		set_failure(memory);
}

Result run_schedule(const Scenario &scenario, const SearchOptions &search, std::uint64_t seed)
{
	reset(seed);

	World world;

	if (scheduler.run(make_search(search, seed), [&] { scenario.body(world); }))
		check_end(world);
	return {failure(), trace_hash(), scheduler.steps()};
}

/* All scenarios, in alphabetical order; made by constructors, in whatever order these run. */
static Scenario *scenarios;

Scenario::Scenario(const char *name_, const char *description_, void (*body_)(World &world))
	: name(name_), description(description_), body(body_)
{
	Scenario **place = &scenarios;

	while (*place && std::strcmp((*place)->name, name) < 0)
		place = &(*place)->next;
	next = *place;
	*place = this;
}

Scenario *Scenario::first()
{
	return scenarios;
}

const Scenario *Scenario::find(std::string_view name)
{
	for (const Scenario *scenario = scenarios; scenario; scenario = scenario->next)
		if (scenario->name == name)
			return scenario;
	return nullptr;
}

} // namespace sim
