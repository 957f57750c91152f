/* SPDX-License-Identifier: MIT */
/*
 * Unbind and unload.
 */
#include "scenario.h"

using namespace sim;

SCENARIO(quiesce_push, "a device goes while jobs are pushed, run and completed")
{
	Queue *queue = world.queue("q", {.credits = 2});

	task("pusher", [&world, queue] {
		world.submit(queue, "a", {.end = End::either});
		world.submit(queue, "b", {.end = End::either});
	});
	world.quiesce();
	join();
	world.put(queue);
}

SCENARIO(quiesce_dependency, "it does not wait for a job whose dependency never comes")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *job = world.job(queue, "a");
	JobFacts *facts = job->facts;

	world.depend(job, fence);
	world.submit(job);
	world.quiesce();
	SIM_CHECK(!facts->signals);
	world.signal(fence);
	world.put(queue);
}

SCENARIO(quiesce_timeout, "a device goes while a job times out")
{
	let_time_run();

	Queue *queue = world.queue("q", {.timeout_ms = 10});
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;

	world.submit(job);
	wait_until("the run", [facts] { return facts->runs; });
	world.quiesce();
	settle();
	SIM_CHECK(!facts->signals);
	world.complete(*facts, -ENODEV);
	world.put(queue);
}

SCENARIO(quiesce_queues, "one of the queues is on its way out, another one is stopped")
{
	Queue *q = world.queue("q");
	Queue *r = world.queue("r");
	Queue *s = world.queue("s", {.flags = DRM_DEP_QUEUE_STOPPED});

	world.submit(q, "a");
	world.submit(r, "b");
	world.submit(s, "c");
	task("putter", [&world, q] { world.put(q); });
	world.quiesce();
	world.put(r);
	world.start(s);
	world.put(s);
}

SCENARIO(quiesce_two, "two tasks do it")
{
	Queue *queue = world.queue("q");

	world.submit(queue, "a");
	task("other", [&world] { world.quiesce(); });
	world.quiesce();
	join();
	world.put(queue);
}

SCENARIO(flush_one, "a flush waits for a queue that was put, with a job in flight")
{
	Queue *queue = world.queue("q");
	QueueFacts *facts = queue->facts;
	const u64 began = os_now();

	world.submit(queue, "a");
	world.put(queue);
	world.flush();
	SIM_CHECK(facts->released);
	SIM_CHECK(refs_of(world.device) == 1);
	SIM_CHECK(!refs_of(world.module));
	/* It was woken up when it was over, and did not look again some time later. */
	SIM_CHECK(os_now() == began);
}

SCENARIO(flush_users, "it does not wait for a queue that has users")
{
	Queue *q = world.queue("q");
	Queue *r = world.queue("r");
	QueueFacts *facts = q->facts;

	world.submit(r, "b", {.end = End::inside});
	world.submit(q, "a");
	world.put(q);
	world.flush();
	SIM_CHECK(facts->released);
	SIM_CHECK(!r->facts->released);
	world.put(r);
}

SCENARIO(flush_slow, "it says what it waits for")
{
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;

	world.submit(job);
	settle();
	world.put(queue);
	task("completer", [&world, facts] {
		sleep_for(60'000 * ms);
		world.complete(*facts);
	});
	world.flush();
	SIM_CHECK(notes(OS_NOTE_FLUSH) >= 1);
}

SCENARIO(unload, "a driver with a queue of its own is unloaded")
{
	Queue *queue = world.queue("q");

	world.submit(queue, "a");
	SIM_CHECK(world.wait_idle(queue));
	settle();
	/* With users it does not keep the module. */
	SIM_CHECK(begin_unload(world.module));
	if (coin())
		world.submit(queue, "b");
	world.put(queue);
	world.flush();
	SIM_CHECK(queue != nullptr);
}

SCENARIO(module_pinned, "a queue without users keeps the module until it is gone")
{
	Queue *queue = world.queue("q");
	QueueFacts *facts = queue->facts;
	os_module *module = world.module;

	world.submit(queue, "a");
	world.put(queue);
	task("rmmod", [facts, module] {
		if (begin_unload(module))
			SIM_CHECK(facts->released);
	});
}

SCENARIO(view_all, "somebody looks at all queues while they come and go")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");

	task("viewer", [] {
		for (drm_dep_queue *seen = drm_dep_next_queue(nullptr); seen;
		     seen = drm_dep_next_queue(seen)) {
			drm_dep_view view;

			drm_dep_look(seen, &view);
			point("looking");
			if (view.blocking)
				os_fence_put(view.blocking);
		}
	});
	task("maker", [&world] {
		Queue *other = world.queue("r");

		world.submit(other, "b");
		world.put(other);
	});

	Job *job = world.job(queue, "a", {.end = End::either});

	world.depend(job, fence);
	world.submit(job);
	world.signal_by_interrupt(fence);
	world.put(queue);
}
