/* SPDX-License-Identifier: MIT */
/*
 * Waiting for fences.
 */
#include "scenario.h"

using namespace sim;

SCENARIO(deps_one, "a dependency signals while its job is pushed")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *a = world.job(queue, "a", {.end = End::either});

	world.depend(a, fence);
	world.signal_by_interrupt(fence);
	task("pusher", [&world, a] { world.submit(a); });
	world.put(queue);
}

SCENARIO(deps_two, "two dependencies, signalled at the same time")
{
	Queue *queue = world.queue("q");
	Foreign &f = world.foreign("f");
	Foreign &g = world.foreign("g");
	Job *a = world.job(queue, "a");

	world.depend(a, f);
	world.depend(a, g);
	world.signal_by_interrupt(f);
	world.signal_by_interrupt(g);
	world.submit(a);
	world.submit(queue, "b", {.end = End::either});
	world.put(queue);
}

SCENARIO(deps_last_put, "the signaller of a dependency is all that keeps job and queue")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *a = world.job(queue, "a", {.end = End::inside});

	world.depend(a, fence);
	world.submit(a);
	task("signaller", [&world, &fence] { world.signal(fence); });
	world.kill(queue);
	world.put(queue);
}

SCENARIO(deps_containers, "an array in a chain in an array")
{
	Queue *queue = world.queue("q");
	Foreign &f = world.foreign("f");
	Foreign &g = world.foreign("g");
	Foreign &h = world.foreign("h");
	Job *a = world.job(queue, "a");

	for (Foreign *fence : {&f, &g, &h})
		a->facts->dependencies.push_back({fence->name, &fence->bit});

	os_fence *array = fence_array("array", get(f.fence), get(g.fence));
	os_fence *chain = fence_chain("chain", array, get(h.fence));
	os_fence *all = fence_array("outer array", chain, get(f.fence));

	SIM_CHECK(!drm_dep_job_add_dependency(a, all));
	SIM_CHECK(drm_dep_job_has_dependency(a, g.fence));
	for (Foreign *fence : {&f, &g, &h})
		world.signal_by_interrupt(*fence);
	world.submit(a);
	world.put(queue);
}

SCENARIO(deps_same_context, "of several fences of a context only the latest counts")
{
	Queue *queue = world.queue("q");
	const u64 context = os_fence_context_alloc();
	Foreign &early = world.foreign("early", context, 1);
	Foreign &late = world.foreign("late", context, 2);
	Job *a = world.job(queue, "a");

	if (coin()) {
		world.depend(a, late);
		world.depend(a, early);
	} else {
		world.depend(a, early);
		world.depend(a, late);
	}
	SIM_CHECK(drm_dep_job_has_dependency(a, late.fence));
	SIM_CHECK(!drm_dep_job_has_dependency(a, early.fence));
	interrupt("interrupt", [&world, &early, &late] {
		world.signal(early);
		world.signal(late);
	});
	world.submit(a);
	world.put(queue);
}

SCENARIO(deps_queues, "jobs of two queues wait for each other in turns")
{
	Queue *q = world.queue("q");
	Queue *r = world.queue("r");
	Job *a = world.job(q, "a");
	Job *b = world.job(r, "b", {.end = End::either});
	Job *c = world.job(q, "c", {.end = End::either});

	world.arm(a);
	world.depend(b, *a->facts);
	world.arm(b);
	world.depend(c, *b->facts);
	world.arm(c);
	task("pusher b", [&world, b, r] {
		world.push(b);
		world.put(b);
		world.put(r);
	});
	world.push(c);
	world.push(a);
	world.put(c);
	world.put(a);
	world.put(q);
}

SCENARIO(deps_own, "a dependency on a job of the same queue, kept or not")
{
	Queue *queue = world.queue("q", {.flags = coin() ? DRM_DEP_QUEUE_KEEP_OWN_DEPS : 0u});
	Job *a = world.job(queue, "a");
	Job *b = world.job(queue, "b");

	world.arm(a);
	world.depend(b, *a->facts);
	world.arm(b);
	world.push(a);
	world.push(b);
	world.put(a);
	world.put(b);
	world.put(queue);
}

SCENARIO(deps_unpushed, "a dependency on a job that is never pushed, of another queue")
{
	Queue *q = world.queue("q");
	Queue *r = world.queue("r");
	Job *a = world.job(q, "a");
	Job *b = world.job(r, "b");

	world.arm(a);
	world.depend(b, *a->facts);
	task("pusher b", [&world, b, r] {
		world.submit(b);
		world.put(r);
	});
	world.put(a);
	world.put(q);
}

SCENARIO(deps_error, "the driver can ask how a dependency ended")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *a = world.job(queue, "a", {.run = [](Job &job) {
				   SIM_CHECK(drm_dep_job_dependency_error(&job) == -EIO);
			   }});

	world.depend(a, fence);
	interrupt("interrupt", [&world, &fence] { world.signal(fence, -EIO); });
	world.submit(a);
	world.put(queue);
}

SCENARIO(deps_many, "more dependencies than fit into one piece of memory")
{
	Queue *queue = world.queue("q");
	Job *a = world.job(queue, "a");

	for (int i = 0; i < 25; i++) {
		Foreign &fence = world.foreign(text("fence %d", i));

		world.depend(a, fence);
		world.signal_by_interrupt(fence);
	}
	world.submit(a);
	world.put(queue);
}

/* Returns two fences, one after the other; the second may have signalled before. */
static QueueOptions preparing(World &world)
{
	return {.prepare = [&world, count = 0](Job &job) mutable -> os_fence * {
		Foreign *fence;

		if (count++ % 3 == 2)
			return nullptr;
		fence = &world.foreign(text("space for %s", job.facts->name));

		os_fence *ours = get(fence->fence);

		if (coin())
			world.signal(*fence);
		else
			world.signal_by_interrupt(*fence);
		return ours;
	}};
}

SCENARIO(prepare_space, "prepare_job is called until there is nothing to wait for")
{
	Queue *queue = world.queue("q", preparing(world));

	world.submit(queue, "a");
	world.submit(queue, "b", {.end = End::either});
	world.put(queue);
}

SCENARIO(prepare_kill, "a kill while a job waits for what prepare_job returned")
{
	Queue *queue = world.queue("q", preparing(world));

	drm_dep_queue_get(queue);
	task("killer", [&world, queue] {
		world.kill(queue);
		world.put(queue);
	});
	world.submit(queue, "a");
	world.submit(queue, "b");
	world.put(queue);
}

SCENARIO(prepare_error, "prepare_job fails: the job ends in its place without being run")
{
	Queue *queue = world.queue("q", {.prepare = [](Job &job) -> os_fence * {
					   if (job.facts->name[0] != 'b')
						   return nullptr;
					   return reinterpret_cast<os_fence *>(
						   static_cast<std::intptr_t>(-ENOSPC));
				   }});

	world.submit(queue, "a");
	world.submit(queue, "b");
	world.submit(queue, "c");
	settle();
	world.put(queue);
}
