/* SPDX-License-Identifier: MIT */
/*
 * Waiting until a queue is idle.
 */
#include "scenario.h"

using namespace sim;

SCENARIO(idle_plain, "all that was pushed is over")
{
	Queue *queue = world.queue("q", {.credits = 2});

	world.wait_idle(queue);
	for (const char *name : {"a", "b", "c"})
		world.submit(queue, name, {.end = End::either});
	SIM_CHECK(world.wait_idle(queue));
	world.put(queue);
}

SCENARIO(idle_pushers, "two tasks push and wait")
{
	Queue *queue = world.queue("q");

	for (const char *name : {"a", "b"})
		task(text("pusher %s", name), [&world, queue, name] {
			world.submit(queue, text("%s1", name));
			SIM_CHECK(world.wait_idle(queue));
			world.submit(queue, text("%s2", name), {.end = End::either});
		});
	join();
	world.put(queue);
}

SCENARIO(idle_cancelled, "jobs that are cancelled end, too")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *job = world.job(queue, "a");

	world.depend(job, fence);
	world.submit(job);
	task("killer", [&world, queue] { world.kill(queue); });
	world.signal_by_interrupt(fence);
	SIM_CHECK(world.wait_idle(queue));
	join();
	world.put(queue);
}

SCENARIO(idle_timeout, "it takes longer than the caller waits")
{
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;
	const u64 start = os_now();
	int error;

	world.submit(job);
	world.wait_idle(queue, 30, &error);
	SIM_CHECK(error == -ETIME);
	SIM_CHECK(os_now() == start + 30 * ms);
	settle();
	world.complete(*facts);
	world.put(queue);
}

SCENARIO(idle_timeout_race, "it ends at the moment when the caller gives up")
{
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;

	world.submit(job);
	settle();
	task("completer", [&world, facts] {
		sleep_for(30 * ms);
		world.complete(*facts);
	});
	world.wait_idle(queue, 30);
	join();
	world.put(queue);
}

SCENARIO(idle_signal, "a fatal signal ends the waiting")
{
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;

	world.submit(job);
	task("waiter", [&world, queue] {
		int error;

		world.wait_idle(queue, 0, &error);
		SIM_CHECK(error == -OS_ERESTARTSYS);
	});
	send_fatal_signal("waiter");
	join();
	settle();
	world.complete(*facts);
	world.put(queue);
}
