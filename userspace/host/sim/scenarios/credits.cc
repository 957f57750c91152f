/* SPDX-License-Identifier: MIT */
/*
 * What may be in flight at the same time.
 */
#include "scenario.h"

using namespace sim;

SCENARIO(credits_exclude, "jobs that exclude each other, from two tasks")
{
	Queue *queue = world.queue("q", {.credits = 3});

	for (const char *name : {"a", "b"})
		task(text("pusher %s", name), [&world, queue, name] {
			for (int i = 0; i < 2; i++)
				world.submit(queue, text("%s%d", name, i),
					     {.credits = 1 + pick(3), .end = End::either});
		});
	join();
	world.put(queue);
}

SCENARIO(credits_change, "the limit is changed while jobs wait and run")
{
	Queue *queue = world.queue("q", {.credits = 4});

	std::vector<Job *> jobs;

	for (int i = 0; i < 4; i++)
		jobs.push_back(world.job(queue, text("job %d", i), {.credits = 1 + pick(4)}));
	task("pusher", [&world, jobs] {
		for (Job *job : jobs)
			world.submit(job);
	});
	task("changer", [&world, queue] {
		for (int i = 0; i < 3; i++)
			world.set_credit_limit(queue, 4 + pick(3));
		world.set_credit_limit(queue, 1 + pick(3));
	});
	join();
	world.put(queue);
}

SCENARIO(credits_raise, "only raising the limit lets the next job run")
{
	Queue *queue = world.queue("q", {.credits = 2});
	Job *a = world.job(queue, "a", {.credits = 2, .end = End::later});
	Job *b = world.job(queue, "b", {.credits = 2, .end = End::later});
	JobFacts *fa = a->facts;
	JobFacts *fb = b->facts;

	world.submit(a);
	task("pusher", [&world, b] { world.submit(b); });
	world.set_credit_limit(queue, 4);
	settle();
	SIM_CHECK(fa->runs && fb->runs);
	world.complete(*fb);
	world.complete(*fa);
	world.put(queue);
}

SCENARIO(credits_cancelled, "cancelled and refused jobs take none and give none back")
{
	Queue *queue = world.queue("q", {.credits = 2});
	Job *unpushed = world.job(queue, "unpushed", {.credits = 2});

	world.submit(queue, "a", {.credits = 2});
	world.arm(unpushed);
	task("pusher", [&world, queue] {
		world.submit(queue, "b", {.credits = 2, .end = End::refused, .error = -EIO});
		world.submit(queue, "c", {.credits = 1});
		world.submit(queue, "d", {.credits = 2});
	});
	world.put(unpushed);
	join();
	world.put(queue);
}
