/* SPDX-License-Identifier: MIT */
/*
 * Iterating over jobs and running them again, at the same time as anything else.
 */
#include "small.h"

using namespace sim;

namespace
{

void look_at_all(World &world, Queue *queue)
{
	drm_dep_job_iter iter;

	world.stop(queue);
	drm_dep_job_iter_begin(&iter, queue);
	while (drm_dep_job *job = drm_dep_job_iter_next(&iter)) {
		JobFacts &facts = *static_cast<Job *>(job)->facts;

		SIM_CHECK(facts.runs);
		point("looking");
		SIM_CHECK(!facts.released);
	}
	drm_dep_job_iter_end(&iter);
	world.start(queue);
}

void run_all_again(World &world, Queue *queue)
{
	world.stop(queue);
	world.resubmit_all(queue);
	world.start(queue);
}

} // namespace

SCENARIO_SMALL(small_iterate_complete, 2, "jobs complete while somebody looks at them")
{
	world.vary(World::styles);

	Queue *queue = world.queue("q");

	will_complete(world, in_flight(world, queue, "a"));
	look_at_all(world, queue);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_iterate_two_jobs, 3, "two jobs complete while somebody looks at them")
{
	world.style = Style::done;

	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");
	JobFacts &b = in_flight(world, queue, "b");

	will_complete(world, a);
	will_complete(world, b);
	look_at_all(world, queue);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_iterate_iterate, 3, "two tasks look at a job, and it completes")
{
	world.style = Style::done;

	Queue *queue = world.queue("q");

	will_complete(world, in_flight(world, queue, "a"));
	task("other", [&world, queue] { look_at_all(world, queue); });
	look_at_all(world, queue);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_iterate_last_put, 3, "a job completes while the last user looks at it")
{
	world.vary(World::irq_safe);

	Queue *queue = world.queue("q");

	will_complete(world, in_flight(world, queue, "a"));
	look_at_all(world, queue);
	world.put(queue);
}

SCENARIO_SMALL(small_resubmit_complete, 2, "a job completes while it is run again")
{
	world.vary(World::styles);

	Queue *queue = world.queue("q");

	interrupt("interrupt of a", end_of_lost_run(world, in_flight(world, queue, "a")));
	run_all_again(world, queue);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_resubmit_last_put, 3, "the last user runs a job again, which completes")
{
	world.vary(World::irq_safe | World::styles);

	Queue *queue = world.queue("q");

	interrupt("interrupt of a", end_of_lost_run(world, in_flight(world, queue, "a")));
	run_all_again(world, queue);
	world.put(queue);
}

SCENARIO_SMALL(small_resubmit_kill, 2, "a kill while a job is run again")
{
	world.vary(World::styles);

	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");

	a.options.end = End::inside;
	task("killer", [&world, queue] { world.kill(queue); });
	run_all_again(world, queue);
	join();
	settle();
	if (!a.signals)
		world.complete(a, -EIO);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_resubmit_push, 3, "a push while a job is run again")
{
	world.vary(World::bypass);
	world.style = Style::done;

	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");
	Job *b = armed(world, queue, "b", {.end = End::inside});

	a.options.end = End::inside;
	task("pusher", [&world, b] { push_and_put(world, b); });
	run_all_again(world, queue);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_resubmit_deadline, 2, "a deadline is set while a job is run again")
{
	world.vary(World::styles);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.end = End::later});
	JobFacts &facts = *job->facts;
	os_fence *fence = get(drm_dep_job_finished_fence(job));

	push_and_put(world, job);
	settle();
	task("hurried", [fence] {
		os_fence_set_deadline(fence, 7);
		os_fence_put(fence);
	});
	run_all_again(world, queue);
	join();
	settle();
	SIM_CHECK((facts.hw ? deadline_of(facts.hw) : facts.deadline) == 7);
	world.complete(facts);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_resubmit_message, 3, "a message is sent while a job is run again")
{
	world.style = Style::done;

	Queue *queue = world.queue("q");
	MessageFacts &message = world.message("m");
	JobFacts &a = in_flight(world, queue, "a");

	a.options.end = End::inside;
	task("sender", [&world, queue, &message] { world.send(queue, message); });
	run_all_again(world, queue);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_resubmit_idle, 3, "somebody waits for a job that is run again")
{
	world.style = Style::done;

	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");

	a.options.end = End::inside;
	task("waiter", [&world, queue] { SIM_CHECK(world.wait_idle(queue)); });
	run_all_again(world, queue);
	put_at_rest(world, queue);
}
