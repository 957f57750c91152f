/* SPDX-License-Identifier: MIT */
/*
 * Completion at the same time as anything else.
 */
#include "small.h"

using namespace sim;

SCENARIO_SMALL(small_complete_complete, 2, "two jobs of a queue complete, in either order")
{
	world.vary(World::styles | World::irq_safe);

	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");
	JobFacts &b = in_flight(world, queue, "b");

	will_complete(world, a);
	will_complete(world, b, -EIO);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_complete_complete_put, 3, "the same, and nothing else keeps the queue")
{
	world.vary(World::irq_safe);

	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");
	JobFacts &b = in_flight(world, queue, "b");

	world.put(queue);
	will_complete(world, a);
	will_complete(world, b);
}

SCENARIO_SMALL(small_complete_fence_and_done, 3,
	       "the driver completes a job as its hardware fence signals, and the last user goes")
{
	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");
	Job *job = a.memory;

	drm_dep_job_get(job);
	a.expected = 0;
	task("driver", [&a, job] {
		drm_dep_job_done(job, a.number, 0);
		drm_dep_job_put(job);
	});
	will_complete(world, a);
	world.put(queue);
}

SCENARIO_SMALL(small_complete_three, 3, "three jobs complete, in any order")
{
	world.style = Style::done;

	Queue *queue = world.queue("q");

	for (const char *name : {"a", "b", "c"})
		will_complete(world, in_flight(world, queue, name));
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_complete_twice, 2, "the interrupt and the driver complete the same job")
{
	world.style = Style::done;

	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");
	Job *job = a.memory;
	u32 done = 0;

	drm_dep_job_get(job);
	for (const char *name : {"one", "other"}) {
		drm_dep_job_get(job);
		task(name, [&a, &done, job] {
			a.expected = 0;
			a.resubmits = 1; /* the sim's own completion may be refused */
			done += drm_dep_job_done(job, a.number, 0);
			touch();
			drm_dep_job_put(job);
		});
	}
	join();
	SIM_CHECK(done == 1);
	SIM_CHECK(!drm_dep_job_done(job, a.number, -EIO));
	world.complete(a);
	drm_dep_job_put(job);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_complete_run, 2, "a job completes while run_job is about to return")
{
	world.vary(World::bypass | World::styles);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.end = End::interrupt});

	task("pusher", [&world, job] { push_and_put(world, job); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_complete_job_put, 2, "a job completes while its last reference is put")
{
	world.vary(World::styles | World::irq_safe);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.end = End::later});
	JobFacts &facts = *job->facts;

	world.push(job);
	settle();
	will_complete(world, facts);
	task("putter", [&world, job] { world.put(job); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_complete_queue_put, 2, "the last job completes while the last user goes")
{
	world.vary(World::styles | World::irq_safe);

	Queue *queue = world.queue("q");

	will_complete(world, in_flight(world, queue, "a"));
	world.put(queue);
}

SCENARIO_SMALL(small_complete_kill, 3, "a job completes while its queue is killed")
{
	world.vary(World::styles);

	Queue *queue = world.queue("q", {.credits = 1});
	JobFacts &a = in_flight(world, queue, "a");

	world.submit(queue, "b", {.end = End::inside});
	settle();
	will_complete(world, a);
	task("killer", [&world, queue] { world.kill(queue); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_complete_stop, 3, "a job completes, the next could run, and there is a stop")
{
	world.vary(World::styles);

	Queue *queue = world.queue("q", {.credits = 1});
	JobFacts &a = in_flight(world, queue, "a");

	world.submit(queue, "b", {.end = End::inside});
	settle();
	will_complete(world, a);
	task("stopper", [&world, queue] {
		world.stop(queue);
		world.start(queue);
	});
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_complete_credits, 3, "a job completes while the limit is lowered")
{
	Queue *queue = world.queue("q", {.credits = 2});
	JobFacts &a = in_flight(world, queue, "a");

	world.submit(queue, "b", {.credits = 2, .end = End::inside});
	settle();
	will_complete(world, a);
	task("changer", [&world, queue] { world.set_credit_limit(queue, 1); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_complete_deadline, 2, "a job completes while a deadline is set")
{
	world.vary(World::styles | World::irq_safe);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.end = End::later});
	JobFacts &facts = *job->facts;
	os_fence *fence = get(drm_dep_job_finished_fence(job));

	push_and_put(world, job);
	settle();
	will_complete(world, facts);
	task("hurried", [fence] {
		os_fence_set_deadline(fence, 42);
		os_fence_put(fence);
	});
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_complete_names, 2, "the names of a fence are read as everything goes")
{
	world.vary(World::irq_safe);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.end = End::later});
	JobFacts &facts = *job->facts;
	os_fence *fence = get(drm_dep_job_finished_fence(job));

	push_and_put(world, job);
	settle();
	will_complete(world, facts);
	task("reader", [fence] {
		os_rcu_read_lock();
		if (!is_signalled(fence)) {
			point("not signalled");
			SIM_CHECK(drm_dep_fence_timeline_name(fence)[0] == 'q');
		}
		os_rcu_read_unlock();
		os_fence_put(fence);
	});
	world.put(queue);
}

SCENARIO_SMALL(small_complete_getters, 2, "a job completes while somebody asks the queue")
{
	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");

	will_complete(world, a, -EIO);
	task("reader", [queue] {
		const int error = drm_dep_queue_last_error(queue);

		SIM_CHECK(error == 0 || error == -EIO);
		SIM_CHECK(!drm_dep_queue_busy_time(queue));
	});
	join();
	settle();
	SIM_CHECK(drm_dep_queue_last_error(queue) == -EIO);
	put_at_rest(world, queue);
}

namespace
{

struct Completer {
	os_fence_cb cb; /* first */
	World *world;
	JobFacts *job;
};

/* A callback of the first queue's fence completes a job of the second one. */
void complete_in_callback(World &world, u32 first, u32 second)
{
	world.style = Style::done;

	Queue *q = world.queue("q", {.nest_level = first});
	Queue *r = world.queue("r", {.nest_level = second});
	JobFacts &b = in_flight(world, r, "b");
	JobFacts &c = in_flight(world, r, "c");
	Job *a = armed(world, q, "a", {.end = End::later});
	JobFacts &fa = *a->facts;
	auto *completer = static_cast<Completer *>(allocate(sizeof(Completer), "completer"));

	completer->world = &world;
	completer->job = &b;
	SIM_CHECK(!os_fence_add_callback(drm_dep_job_finished_fence(a), &completer->cb,
					 [](os_fence *, os_fence_cb *cb) {
						 auto *self = reinterpret_cast<Completer *>(cb);

						 self->world->complete(*self->job);
						 release(self);
					 }));
	push_and_put(world, a);
	settle();
	will_complete(world, fa);
	will_complete(world, c);
	join();
	settle();
	world.put(q);
	world.put(r);
}

} // namespace

SCENARIO_SMALL(small_nest_deeper, 3, "a callback completes a job of a queue of a greater level")
{
	complete_in_callback(world, 0, 1);
}

SCENARIO_SMALL(small_nest_equal, 3, "a callback completes a job of a queue of the same level")
{
	complete_in_callback(world, 1, 1);
}
