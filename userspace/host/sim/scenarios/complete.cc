/* SPDX-License-Identifier: MIT */
/*
 * From "the hardware is done" to a signalled fence.
 */
#include "scenario.h"

using namespace sim;

SCENARIO(complete_bypass, "interrupts complete jobs while a task pushes more of them")
{
	world.flags |= DRM_DEP_QUEUE_BYPASS;

	Queue *queue = world.queue("q", {.credits = 1 + pick(3)});

	for (const char *name : {"a", "b", "c"})
		world.submit(queue, name, {.end = End::either});
	world.put(queue);
}

SCENARIO(complete_out_of_order, "jobs are completed by two tasks, the later one perhaps first")
{
	Queue *queue = world.queue("q");
	Job *a = world.job(queue, "a", {.end = End::later});
	Job *b = world.job(queue, "b", {.end = End::later});
	JobFacts *facts[] = {a->facts, b->facts};

	world.submit(a);
	world.submit(b);
	for (JobFacts *job : facts)
		task(text("completer of %s", job->name), [&world, job] {
			wait_until("the run", [job] { return job->hw || job->later_reference; });
			world.complete(*job, -static_cast<int>(pick(3)));
		});
	world.put(queue);
}

SCENARIO(complete_twice, "a job that has a hardware fence is also completed by the driver")
{
	world.style = Style::fence;

	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a", {.end = End::either});
	JobFacts *facts = job->facts;

	drm_dep_job_get(job);
	task("completer", [facts, job] {
		wait_until("the run", [facts] { return facts->runs; });
		facts->expected = 0;
		drm_dep_job_done(job, facts->number, 0);
		SIM_CHECK(!drm_dep_job_done(job, facts->number, -EIO));
		drm_dep_job_put(job);
	});
	world.submit(job);
	world.submit(queue, "b");
	world.put(queue);
}

SCENARIO(complete_wrong_run, "completions with the number of no run do nothing")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *job = world.job(queue, "a");

	world.depend(job, fence);
	world.arm(job);
	drm_dep_job_get(job);
	interrupt("stray interrupt", [job] {
		SIM_CHECK(!drm_dep_job_done(job, 0, -EIO));
		SIM_CHECK(!drm_dep_job_done(job, 7, -EIO));
		drm_dep_job_put(job);
	});
	world.signal_by_interrupt(fence);
	world.push(job);
	world.put(job);
	world.put(queue);
}

SCENARIO(complete_before_return, "a job completes, signals and is put before run_job has returned")
{
	Queue *queue = world.queue("q", {.credits = 1});

	for (const char *name : {"a", "b", "c"})
		world.submit(queue, name, {.end = End::inside, .run = [](Job &job) {
						   SIM_CHECK(!drm_dep_job_is_finished(&job));
					   }});
	world.put(queue);
}

SCENARIO(complete_getters, "what a queue says of itself while it works")
{
	Queue *queue = world.queue("q");

	world.submit(queue, "a", {.error = -EIO});
	drm_dep_queue_get(queue);
	task("reader", [&world, queue] {
		const u64 before = drm_dep_queue_busy_time(queue);
		const int error = drm_dep_queue_last_error(queue);

		SIM_CHECK(error == 0 || error == -EIO);
		SIM_CHECK(drm_dep_queue_busy_time(queue) >= before);
		SIM_CHECK(!drm_dep_queue_is_killed(queue));
		SIM_CHECK(!drm_dep_queue_is_stopped(queue));
		world.put(queue);
	});
	settle();
	SIM_CHECK(drm_dep_queue_last_error(queue) == -EIO);
	world.put(queue);
}

SCENARIO(complete_busy_time, "busy time is the time with a job in flight")
{
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;
	u64 busy = 0;

	world.submit(job);
	settle();
	for (int i = 0; i < 4; i++) {
		const u64 time = (1 + pick(50)) * ms;
		const u32 how = pick(3);

		if (how == 1)
			world.stop(queue);
		else if (how == 2)
			drm_dep_queue_pause_timeout(queue);
		sleep_for(time);
		if (how == 1)
			world.start(queue);
		else if (how == 2)
			drm_dep_queue_resume_timeout(queue);
		else
			busy += time;
		SIM_CHECK(drm_dep_queue_busy_time(queue) == busy);
	}
	world.complete(*facts);
	settle();
	sleep_for(10 * ms);
	SIM_CHECK(drm_dep_queue_busy_time(queue) == busy);
	world.put(queue);
}
