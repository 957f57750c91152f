/* SPDX-License-Identifier: MIT */
/*
 * A dependency signals at the same time as anything else.
 */
#include "small.h"

using namespace sim;

namespace
{

/* A job that was pushed and waits. */
Job *waiting(World &world, Queue *queue, std::initializer_list<Foreign *> fences)
{
	Job *job = world.job(queue, "a", {.end = End::inside});

	for (Foreign *fence : fences)
		world.depend(job, *fence);
	world.submit(job);
	settle();
	return job;
}

} // namespace

SCENARIO_SMALL(small_signal_signal, 3, "both dependencies of a job signal")
{
	Queue *queue = world.queue("q");
	Foreign &f = world.foreign("f");
	Foreign &g = world.foreign("g");

	waiting(world, queue, {&f, &g});
	world.signal_by_interrupt(f);
	task("signaller", [&world, &g] { world.signal(g); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_signal_kill, 3, "the dependency signals while the queue is killed")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");

	waiting(world, queue, {&fence});
	world.signal_by_interrupt(fence);
	task("killer", [&world, queue] { world.kill(queue); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_signal_stop, 3, "the dependency signals while the queue is stopped")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");

	waiting(world, queue, {&fence});
	world.signal_by_interrupt(fence);
	task("stopper", [&world, queue] {
		world.stop(queue);
		world.start(queue);
	});
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_signal_start, 3, "the dependency signals while the queue is started")
{
	Queue *queue = world.queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});
	Foreign &fence = world.foreign("f");

	waiting(world, queue, {&fence});
	world.signal_by_interrupt(fence);
	task("starter", [&world, queue] { world.start(queue); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_signal_last_put, 3, "the signaller is all that keeps job and queue")
{
	world.vary(World::irq_safe);

	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");

	waiting(world, queue, {&fence});
	task("signaller", [&world, &fence] { world.signal(fence); });
	world.put(queue);
}

SCENARIO_SMALL(small_signal_kill_put, 3, "the same, and who puts the queue kills it before")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");

	waiting(world, queue, {&fence});
	user(world, queue, "killer", [&world, queue] { world.kill(queue); });
	world.signal_by_interrupt(fence);
	world.put(queue);
}

SCENARIO_SMALL(small_signal_killed_put, 3, "the same, and the queue was killed long before")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");

	waiting(world, queue, {&fence});
	world.kill(queue);
	settle();
	task("signaller", [&world, &fence] { world.signal(fence); });
	world.put(queue);
}

SCENARIO_SMALL(small_signal_worker, 2, "the dependency of a job that was not pushed signals")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *job = world.job(queue, "a");

	world.depend(job, fence);
	world.arm(job);
	world.put(job);
	world.signal_by_interrupt(fence);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_signal_view, 3, "the dependency signals while somebody looks what it is")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");

	waiting(world, queue, {&fence});
	world.signal_by_interrupt(fence);
	task("viewer", [queue] {
		drm_dep_view view;

		drm_dep_look(queue, &view);
		if (view.blocking)
			os_fence_put(view.blocking);
	});
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_signal_queues, 3, "the job of one queue waits for that of another")
{
	world.style = Style::done;

	Queue *q = world.queue("q");
	Queue *r = world.queue("r");
	Job *a = armed(world, q, "a", {.end = End::later});
	JobFacts &fa = *a->facts;
	Job *b = world.job(r, "b", {.end = End::inside});

	world.depend(b, fa);
	world.arm(b);
	push_and_put(world, a);
	settle();
	will_complete(world, fa);
	task("pusher of b", [&world, b] { push_and_put(world, b); });
	join();
	settle();
	world.put(q);
	world.put(r);
}

namespace
{

/* Each job waits once, for a fence that signals as soon as it likes. */
QueueOptions preparing(World &world)
{
	return {.prepare = [&world, asked = false](Job &) mutable -> os_fence * {
		if (std::exchange(asked, true))
			return nullptr;

		Foreign &fence = world.foreign("space");
		os_fence *ours = get(fence.fence);

		world.signal_by_interrupt(fence);
		return ours;
	}};
}

} // namespace

SCENARIO_SMALL(small_prepare_signal, 2, "what prepare_job returns signals at once")
{
	world.vary(World::bypass);

	Queue *queue = world.queue("q", preparing(world));
	Job *job = armed(world, queue, "a", {.end = End::inside});

	task("pusher", [&world, job] { push_and_put(world, job); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_prepare_kill, 3, "a kill while a job is prepared")
{
	Queue *queue = world.queue("q", preparing(world));
	Job *job = armed(world, queue, "a", {.end = End::inside});

	push_and_put(world, job);
	task("killer", [&world, queue] { world.kill(queue); });
	put_at_rest(world, queue);
}
