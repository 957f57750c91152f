/* SPDX-License-Identifier: MIT */
/*
 * The end of running: kills, and jobs that never come to push.
 */
#include "scenario.h"

using namespace sim;

SCENARIO(kill_dependency, "a kill while a job waits for a dependency")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *a = world.job(queue, "a");

	world.depend(a, fence);
	world.submit(a);
	world.submit(queue, "b");
	task("killer", [&world, queue] {
		world.kill(queue);
		world.put(queue);
	});
	task("signaller", [&world, &fence] { world.signal(fence); });
}

SCENARIO(kill_run, "a kill while jobs are pushed, run and completed")
{
	Queue *queue = world.queue("q", {.credits = 1 + pick(2)});

	drm_dep_queue_get(queue);
	task("pusher", [&world, queue] {
		world.submit(queue, "a", {.end = End::either});
		world.submit(queue, "b", {.end = End::either});
		world.put(queue);
	});
	world.kill(queue);
	world.put(queue);
}

SCENARIO(kill_in_flight, "jobs in flight when the queue is killed are the driver's")
{
	Queue *queue = world.queue("q", {.credits = 1});
	Job *a = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = a->facts;

	world.submit(a);
	settle();
	world.submit(queue, "b", {.end = End::later});
	world.kill(queue);
	settle();
	SIM_CHECK(!facts->signals);
	world.complete(*facts, -EIO);
	world.put(queue);
}

SCENARIO(kill_twice, "two kills, one from an interrupt, and the last put")
{
	Queue *queue = world.queue("q");

	drm_dep_queue_get(queue);
	world.submit(queue, "a");
	interrupt("killing interrupt", [&world, queue] {
		world.kill(queue);
		world.put(queue);
	});
	world.kill(queue);
	world.put(queue);
}

SCENARIO(kill_first, "jobs are pushed to a queue that was killed")
{
	Queue *queue = world.queue("q");

	world.kill(queue);
	SIM_CHECK(drm_dep_queue_is_killed(queue));
	world.submit(queue, "a");
	task("pusher", [&world, queue] {
		world.submit(queue, "b");
		world.put(queue);
	});
}

SCENARIO(kill_stopped, "a kill of a stopped queue: it cancels at once, and is told at the start")
{
	Queue *queue = world.queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});
	Job *a = world.job(queue, "a");
	JobFacts *facts = a->facts;

	world.submit(a);
	task("killer", [&world, queue] { world.kill(queue); });
	join();
	settle();
	SIM_CHECK(facts->signals == 1);
	SIM_CHECK(!queue->facts->killed_calls);
	world.start(queue);
	settle();
	SIM_CHECK(queue->facts->killed_calls == 1);
	world.put(queue);
}

SCENARIO(kill_from_ops, "the driver kills its queue from its own ops")
{
	Queue *queue = world.queue("q");

	for (const char *name : {"a", "b", "c"})
		world.submit(queue, name, {.run = [&world, queue](Job &) {
				     if (coin())
					     world.kill(queue);
			     }});
	join();
	settle();
	world.put(queue);
}

SCENARIO(revive_one, "an armed job is put and not pushed")
{
	Queue *queue = world.queue("q");
	Job *a = world.job(queue, "a");

	world.arm(a);
	task("putter", [&world, queue] { world.put(queue); });
	world.put(a);
}

SCENARIO(revive_irq, "the last reference of an armed job is put by an interrupt")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *a = world.job(queue, "a");

	world.depend(a, fence);
	world.arm(a);
	interrupt("putting interrupt", [&world, a] { world.put(a); });
	world.signal_by_interrupt(fence);
	world.submit(queue, "b");
	world.put(queue);
}

SCENARIO(revive_kill, "armed jobs are put unpushed, others pushed, and the queue is killed")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *a = world.job(queue, "a");
	Job *b = world.job(queue, "b");

	world.depend(a, fence);
	world.arm(a);
	world.arm(b);
	task("putter", [&world, a] { world.put(a); });
	task("killer", [&world, queue] {
		world.kill(queue);
		world.put(queue);
	});
	world.signal_by_interrupt(fence);
	world.push(b);
	world.put(b);
}

SCENARIO(revive_middle, "the second of three armed jobs is not pushed")
{
	Queue *queue = world.queue("q");
	Job *a = world.job(queue, "a");
	Job *b = world.job(queue, "b");
	Job *c = world.job(queue, "c");

	for (Job *job : {a, b, c})
		world.arm(job);
	task("pusher c", [&world, c] {
		world.push(c);
		world.put(c);
	});
	task("putter b", [&world, b] { world.put(b); });
	world.push(a);
	world.put(a);
	world.put(queue);
}
