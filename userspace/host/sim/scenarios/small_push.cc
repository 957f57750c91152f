/* SPDX-License-Identifier: MIT */
/*
 * Push at the same time as anything else.
 */
#include "small.h"

using namespace sim;

SCENARIO_SMALL(small_push_push, 3, "two tasks push")
{
	world.vary(World::bypass);

	Queue *queue = world.queue("q");

	for (const char *name : {"a", "b"}) {
		Job *job = armed(world, queue, name, {.end = End::inside});

		task(text("pusher of %s", name), [&world, job] { push_and_put(world, job); });
	}
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_push_exclude, 4, "two tasks push jobs that exclude each other")
{
	world.flags = DRM_DEP_QUEUE_BYPASS;
	world.style = Style::done;

	Queue *queue = world.queue("q", {.credits = 1});

	for (const char *name : {"a", "b"}) {
		Job *job = armed(world, queue, name, {.end = End::interrupt});

		task(text("pusher of %s", name), [&world, job] { push_and_put(world, job); });
	}
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_worker, 3, "push runs a job itself while the worker runs another one")
{
	world.flags = DRM_DEP_QUEUE_BYPASS;

	Queue *queue = world.queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});
	Job *job;

	world.submit(queue, "a", {.end = End::inside});
	job = armed(world, queue, "b", {.end = End::inside});
	task("starter", [&world, queue] { world.start(queue); });
	task("pusher", [&world, job] { push_and_put(world, job); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_kill, 3, "push and kill")
{
	world.vary(World::bypass | World::styles);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.end = End::inside});

	task("pusher", [&world, job] { push_and_put(world, job); });
	task("killer", [&world, queue] { world.kill(queue); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_stop, 3, "push and stop")
{
	world.vary(World::bypass);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.end = End::inside});

	task("pusher", [&world, job] { push_and_put(world, job); });
	task("stopper", [&world, queue] {
		world.stop(queue);
		world.start(queue);
	});
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_last_put, 3, "push and the put of the last user")
{
	world.vary(World::bypass | World::irq_safe);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.end = End::inside});

	task("pusher", [&world, job] { push_and_put(world, job); });
	task("putter", [&world, queue] { world.put(queue); });
}

SCENARIO_SMALL(small_push_early, 3, "a job is pushed before the one that was armed before it")
{
	world.vary(World::bypass);

	Queue *queue = world.queue("q");
	Job *a = armed(world, queue, "a", {.end = End::inside});
	Job *b = armed(world, queue, "b", {.end = End::inside});

	task("pusher of b", [&world, b] { push_and_put(world, b); });
	task("pusher of a", [&world, a] { push_and_put(world, a); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_unpushed, 3, "push, and the job before it is put and never pushed")
{
	world.vary(World::bypass);

	Queue *queue = world.queue("q");
	Job *a = armed(world, queue, "a");
	Job *b = armed(world, queue, "b", {.end = End::inside});

	task("putter of a", [&world, a] { world.put(a); });
	task("pusher of b", [&world, b] { push_and_put(world, b); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_complete, 3, "push while the job that has all credits completes")
{
	world.vary(World::bypass | World::styles);

	Queue *queue = world.queue("q", {.credits = 1});
	JobFacts &a = in_flight(world, queue, "a");
	Job *b = armed(world, queue, "b", {.end = End::inside});

	will_complete(world, a);
	task("pusher", [&world, b] { push_and_put(world, b); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_credits, 3, "push while the limit is raised so far that it runs")
{
	world.vary(World::bypass);

	Queue *queue = world.queue("q", {.credits = 2});
	JobFacts &a = in_flight(world, queue, "a", {.credits = 2});
	Job *b = armed(world, queue, "b", {.credits = 2, .end = End::inside});
	JobFacts *facts = b->facts;

	task("changer", [&world, queue] { world.set_credit_limit(queue, 4); });
	task("pusher", [&world, b] { push_and_put(world, b); });
	join();
	settle();
	SIM_CHECK(facts->runs);
	world.complete(a);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_message, 3, "push while a message is sent")
{
	world.vary(World::bypass);

	Queue *queue = world.queue("q");
	MessageFacts &message = world.message("m");
	Job *job = armed(world, queue, "a", {.end = End::inside});

	task("sender", [&world, queue, &message] { world.send(queue, message); });
	task("pusher", [&world, job] { push_and_put(world, job); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_signal, 3, "push while the only dependency signals")
{
	world.vary(World::bypass);

	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *job = world.job(queue, "a", {.end = End::inside});

	world.depend(job, fence);
	world.arm(job);
	world.signal_by_interrupt(fence);
	task("pusher", [&world, job] { push_and_put(world, job); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_deadline, 3, "push while a deadline is set, which has to arrive")
{
	world.vary(World::bypass | World::styles);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;
	os_fence *fence = get(drm_dep_job_finished_fence(job));

	task("hurried", [fence] {
		os_fence_set_deadline(fence, 42);
		os_fence_put(fence);
	});
	task("pusher", [&world, job] { push_and_put(world, job); });
	join();
	settle();
	SIM_CHECK((facts->hw ? deadline_of(facts->hw) : facts->deadline) == 42);
	world.complete(*facts);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_quiesce, 3, "push while the device goes")
{
	world.vary(World::bypass);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.end = End::inside});

	task("pusher", [&world, job] { push_and_put(world, job); });
	task("remover", [&world] { world.quiesce(); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_push_idle, 3, "push while somebody waits for the job before")
{
	world.vary(World::irq_safe);

	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");
	Job *b = armed(world, queue, "b", {.end = End::inside});

	task("waiter", [&world, queue] { SIM_CHECK(world.wait_idle(queue)); });
	task("pusher", [&world, b] { push_and_put(world, b); });
	settle();
	will_complete(world, a);
	put_at_rest(world, queue);
}
