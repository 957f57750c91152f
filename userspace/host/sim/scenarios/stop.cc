/* SPDX-License-Identifier: MIT */
/*
 * Stopping, and what may be done with a stopped queue.
 */
#include "scenario.h"

using namespace sim;

SCENARIO(stop_push, "a stop while jobs are pushed, run and completed")
{
	Queue *queue = world.queue("q");

	task("pusher", [&world, queue] {
		world.submit(queue, "a", {.end = End::either});
		world.submit(queue, "b", {.end = End::either});
	});
	world.stop(queue);
	SIM_CHECK(drm_dep_queue_is_stopped(queue));
	point("stopped");
	world.start(queue);
	join();
	world.put(queue);
}

SCENARIO(stop_run, "a stop while a job is handed over that does not complete before the start")
{
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;

	task("pusher", [&world, job] { world.submit(job); });
	world.stop(queue);
	world.start(queue);
	join();
	settle();
	world.complete(*facts);
	world.put(queue);
}

SCENARIO(stop_nested, "two tasks stop and start, a third one pushes")
{
	Queue *queue = world.queue("q");

	for (const char *name : {"stopper 1", "stopper 2"})
		task(name, [&world, queue] {
			world.stop(queue);
			point("stopped");
			world.start(queue);
		});
	task("pusher", [&world, queue] {
		world.submit(queue, "a");
		world.submit(queue, "b", {.end = End::either});
	});
	join();
	SIM_CHECK(!drm_dep_queue_is_stopped(queue));
	world.put(queue);
}

SCENARIO(stop_created, "a queue that is created stopped runs nothing until it is started")
{
	Queue *queue = world.queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});
	Job *job = world.job(queue, "a");
	JobFacts *facts = job->facts;

	world.submit(job);
	settle();
	SIM_CHECK(!facts->runs);
	world.start(queue);
	world.put(queue);
}

SCENARIO(stop_completion, "completion goes on while stopped; nothing new runs")
{
	Queue *queue = world.queue("q", {.credits = 1});
	Job *a = world.job(queue, "a", {.end = End::later});
	Job *b = world.job(queue, "b");
	JobFacts *fa = a->facts;
	JobFacts *fb = b->facts;

	world.submit(a);
	settle();
	world.submit(b);
	world.stop(queue);
	interrupt("completing interrupt", [&world, fa] { world.complete(*fa); });
	settle();
	SIM_CHECK(fa->released && !fb->runs);
	interrupt("starting interrupt", [&world, queue] { world.start(queue); });
	settle();
	SIM_CHECK(fb->runs);
	world.put(queue);
}

static void iterate(World &world, Queue *queue, bool nested)
{
	drm_dep_job_iter iter;
	int last = -1;

	drm_dep_job_iter_begin(&iter, queue);
	while (drm_dep_job *job = drm_dep_job_iter_next(&iter)) {
		JobFacts &facts = *static_cast<Job *>(job)->facts;

		note("found", facts.name);
		SIM_CHECK(facts.runs && facts.order > last);
		last = facts.order;
		point("looking");
		SIM_CHECK(!facts.released);
		if (nested)
			iterate(world, queue, false);
		SIM_CHECK(!facts.released);
	}
	drm_dep_job_iter_end(&iter);
}

SCENARIO(stop_iterate, "jobs complete while somebody iterates, nested too")
{
	Queue *queue = world.queue("q");

	world.submit(queue, "a");
	world.submit(queue, "b", {.end = End::either});
	world.submit(queue, "c");
	world.stop(queue);
	iterate(world, queue, true);
	world.start(queue);
	world.put(queue);
}

SCENARIO(stop_iterate_two, "two tasks iterate over one queue")
{
	Queue *queue = world.queue("q");

	world.submit(queue, "a");
	world.submit(queue, "b");
	for (const char *name : {"iterator 1", "iterator 2"}) {
		drm_dep_queue_get(queue);
		task(name, [&world, queue] {
			world.stop(queue);
			iterate(world, queue, false);
			world.start(queue);
			world.put(queue);
		});
	}
	world.put(queue);
}

SCENARIO(resubmit_all, "all jobs in flight are run again while they complete")
{
	Queue *queue = world.queue("q", {.credits = 3});
	const End end = coin() ? End::interrupt : End::either;

	world.submit(queue, "a", {.end = end});
	world.submit(queue, "b", {.end = end});
	task("pusher", [&world, queue] { world.submit(queue, "c", {.end = End::either}); });
	world.stop(queue);
	world.resubmit_all(queue);
	world.start(queue);
	join();
	world.put(queue);
}

SCENARIO(resubmit_lost, "the first runs never complete; the second ones do")
{
	Queue *queue = world.queue("q");
	JobFacts *facts[2];

	for (int i = 0; i < 2; i++) {
		Job *job = world.job(queue, text("job %d", i),
				     {.end = End::later, .same_fence = coin()});

		facts[i] = job->facts;
		world.submit(job);
	}
	settle();
	for (JobFacts *job : facts)
		job->options.end = coin() ? End::interrupt : End::inside;
	world.stop(queue);
	SIM_CHECK(world.resubmit_all(queue) == 2);
	world.start(queue);
	settle();
	for (JobFacts *job : facts)
		SIM_CHECK(job->signals == 1 && job->runs == 2);
	world.put(queue);
}

SCENARIO(resubmit_kill, "a kill while jobs are run again and complete")
{
	Queue *queue = world.queue("q");
	JobFacts *facts[2];

	for (int i = 0; i < 2; i++) {
		Job *job = world.job(queue, text("job %d", i), {.end = End::later});

		facts[i] = job->facts;
		world.submit(job);
	}
	settle();
	drm_dep_queue_get(queue);
	task("killer", [&world, queue] {
		world.kill(queue);
		world.put(queue);
	});
	for (JobFacts *job : facts)
		job->options.end = End::interrupt;
	world.stop(queue);
	world.resubmit_all(queue);
	world.start(queue);
	join();
	settle();
	/* Those that were skipped and that the driver completes are still its own. */
	for (JobFacts *job : facts)
		if (!job->signals)
			world.complete(*job, -EIO);
	world.put(queue);
}

SCENARIO(resubmit_deadline, "a deadline is set while a job is run again")
{
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a", {.end = End::interrupt});
	os_fence *fence;

	world.arm(job);
	fence = get(drm_dep_job_finished_fence(job));
	world.push(job);
	world.put(job);
	task("hurried", [fence] {
		os_fence_set_deadline(fence, 7);
		os_fence_put(fence);
	});
	world.stop(queue);
	world.resubmit_all(queue);
	world.start(queue);
	world.put(queue);
}

SCENARIO(resubmit_deadline_lost, "a deadline is set while the fence of a lost run goes")
{
	world.style = Style::fence;

	Queue *queue = world.queue("q", {.no_deadline = true});
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;
	os_fence *fence;

	world.arm(job);
	fence = get(drm_dep_job_finished_fence(job));
	world.push(job);
	world.put(job);
	settle();
	task("hurried", [fence] {
		os_fence_set_deadline(fence, 7);
		os_fence_put(fence);
	});
	world.stop(queue);
	/* The next run has none: nobody but the core has a reference of it any more. */
	os_fence_put(facts->hw);
	facts->hw = nullptr;
	facts->style = Style::done;
	world.resubmit_all(queue);
	world.start(queue);
	world.complete(*facts);
	world.put(queue);
}

/* As the reset of a device does, which has to stop all its queues. */
static void stop_for_reset(World &world, Queue *queue)
{
	bool user = drm_dep_queue_get_unless_zero(queue);

	world.stop(queue);
	point("stopped");
	point("still stopped");
	world.start(queue);
	if (user)
		world.put(queue);
}

SCENARIO(stop_last_put, "the reset of a device stops a queue while its last user goes")
{
	Queue *queue = world.queue("q", {.credits = 1});
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;

	world.submit(job);
	world.submit(queue, "b");
	settle();
	/* In flight to the end, so that fini does not come. */
	task("resetter", [&world, queue, facts] {
		stop_for_reset(world, queue);
		world.complete(*facts);
	});
	world.put(queue);
}

SCENARIO(stop_kill_dead, "a reset fails, and kills a queue that only fini keeps")
{
	bool over = false;
	Queue *queue = world.queue("q", {.fini = [&over](Queue *) {
					   wait_until("the reset", [&over] { return over; });
					   return 0;
				   }});

	world.put(queue);
	settle();
	world.stop(queue);
	drm_dep_queue_kill(queue); /* of which nobody is told any more: fini is next */
	world.start(queue);
	over = true;
	settle();
}
