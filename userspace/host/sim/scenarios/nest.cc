/* SPDX-License-Identifier: MIT */
/*
 * Callbacks of finished fences that complete jobs of other queues; and deadlines.
 */
#include "scenario.h"

using namespace sim;

namespace
{

/* Completes a job when a fence signals. */
struct Chain {
	os_fence_cb cb; /* first */
	World *world;
	JobFacts *job;
};

void complete_on(World &world, os_fence *fence, JobFacts *job)
{
	auto *chain = static_cast<Chain *>(allocate(sizeof(Chain), "completer"));

	chain->world = &world;
	chain->job = job;
	if (os_fence_add_callback(fence, &chain->cb, [](os_fence *, os_fence_cb *cb) {
		    auto *self = reinterpret_cast<Chain *>(cb);

		    self->world->complete(*self->job);
		    release(self);
	    }))
		fail("a fence has signalled before its job was pushed");
}

void two_levels(World &world, u32 first, u32 second)
{
	world.style = Style::done;

	Queue *q = world.queue("q", {.nest_level = first});
	Queue *r = world.queue("r", {.nest_level = second});
	Job *b = world.job(r, "b", {.end = End::later});
	JobFacts *fb = b->facts;
	Job *a = world.job(q, "a", {.end = End::either});

	world.submit(b);
	wait_until("the run", [fb] { return fb->later_reference; });
	world.arm(a);
	complete_on(world, drm_dep_job_finished_fence(a), fb);
	task("pusher", [&world, r] {
		world.submit(r, "c", {.end = End::either});
		world.put(r);
	});
	world.push(a);
	world.put(a);
	world.put(q);
}

} // namespace

SCENARIO(nest_deeper, "a callback completes a job of a queue of a greater level")
{
	two_levels(world, 0, 1 + pick(6));
}

SCENARIO(nest_equal, "a callback completes a job of a queue of the same or a lower level")
{
	two_levels(world, pick(3) + 1, pick(2));
}

SCENARIO(nest_same_queue, "a callback completes the next job of the same queue")
{
	world.style = Style::done;

	Queue *queue = world.queue("q");
	Job *a = world.job(queue, "a", {.end = End::either});
	Job *b = world.job(queue, "b", {.end = End::later});
	JobFacts *fb = b->facts;

	world.arm(a);
	world.arm(b);
	a->facts->options.end = End::later;
	complete_on(world, drm_dep_job_finished_fence(a), fb);
	JobFacts *fa = a->facts;

	for (Job *job : {a, b}) {
		world.push(job);
		world.put(job);
	}
	wait_until("the runs", [fa, fb] { return fa->later_reference && fb->later_reference; });
	interrupt("interrupt", [&world, fa] { world.complete(*fa); });
	world.put(queue);
}

SCENARIO(nest_three, "three levels, and an interrupt on top of the drain")
{
	world.style = Style::done;

	Queue *queues[3];
	JobFacts *facts[3];

	for (u32 i = 0; i < 3; i++)
		queues[i] = world.queue(text("q%u", i), {.nest_level = 2 * i});
	for (u32 i = 3; i--;) {
		Job *job = world.job(queues[i], text("a%u", i), {.end = End::later});

		facts[i] = job->facts;
		world.arm(job);
		if (i < 2)
			complete_on(world, drm_dep_job_finished_fence(job), facts[i + 1]);
		world.push(job);
		world.put(job);
		world.submit(queues[i], text("b%u", i));
	}
	wait_until("the runs", [f0 = facts[0], f1 = facts[1], f2 = facts[2]] {
		return f0->later_reference && f1->later_reference && f2->later_reference;
	});
	world.complete(*facts[0]);
	for (Queue *queue : queues)
		world.put(queue);
}

SCENARIO(deadline_run, "a deadline is set while the job is handed over and completes")
{
	Queue *queue = world.queue("q", {.no_deadline = !pick(4)});
	Job *job = world.job(queue, "a", {.end = End::either});
	os_fence *fence;

	world.arm(job);
	fence = get(drm_dep_job_finished_fence(job));
	for (int i = 0; i < 2; i++) {
		os_fence_get(fence);
		task(text("hurried %d", i), [fence, i] {
			os_fence_set_deadline(fence, 10 + i);
			os_fence_put(fence);
		});
	}
	os_fence_put(fence);
	world.push(job);
	world.put(job);
	world.put(queue);
}

SCENARIO(deadline_arrives, "a deadline reaches the hardware whenever it is set")
{
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;
	os_fence *fence;

	world.arm(job);
	fence = get(drm_dep_job_finished_fence(job));
	task("hurried", [fence] {
		os_fence_set_deadline(fence, 42);
		os_fence_put(fence);
	});
	world.push(job);
	world.put(job);
	join();
	settle();
	SIM_CHECK((facts->hw ? deadline_of(facts->hw) : facts->deadline) == 42);
	world.complete(*facts);
	world.put(queue);
}
