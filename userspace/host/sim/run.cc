/* SPDX-License-Identifier: MIT */
/*
 * One schedule: everything is new at its start, and nothing may be left at its end.
 */
#include "run.h"
#include "history.h"
#include "objects.h"
#include "report.h"

#include <cstring>

namespace sim
{

static Random scenario_random;

/* Another stream than that of the schedule: trying another order leaves the workload alone. */
u32 pick(u32 below)
{
	const int number = scheduler.choose_number(below);

	return number < 0 ? scenario_random.below(below) : static_cast<u32>(number);
}

void progress()
{
	scheduler.progress();
}

static void reset(const Scenario &scenario, Search &search, std::uint64_t seed)
{
	scenario_random = Random(seed, 4);
	scheduler.reset(search);
	reset_history(search.wants_history());
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
	/* What memory reclaim waits for must get along with a single worker each. */
	if (scenario.kind == Scenario::Kind::any && !pick(4))
		one_worker_for_each_workqueue();
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

Result run_schedule(const Scenario &scenario, Search &search, std::uint64_t seed)
{
	reset(scenario, search, seed);

	World world(scenario.kind == Scenario::Kind::any);
	const Scheduler::End end = scheduler.run([&] { scenario.body(world); });

	if (end == Scheduler::End::over)
		check_end(world);
	return {failure(), scheduler.steps(), end == Scheduler::End::cut};
}

/* All scenarios, in alphabetical order; made by constructors, in whatever order these run. */
static Scenario *scenarios;

Scenario::Scenario(const char *name_, const char *description_, void (*body_)(World &world),
		   Kind kind_, unsigned int preemptions_, const char *failure_)
	: name(name_), description(description_), body(body_), kind(kind_),
	  preemptions(preemptions_), failure(failure_)
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
