/* SPDX-License-Identifier: MIT */
/*
 * Jobs that run for too long.
 */
#include "scenario.h"

using namespace sim;

namespace
{

constexpr u32 limit_ms = 100;
constexpr u64 limit = limit_ms * ms;

} // namespace

SCENARIO(timeout_exact, "the clock of a job begins when the one before is completed")
{
	Queue *queue =
		world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
					  static const JobFacts *before;

					  if (job.facts->order == 0)
						  before = nullptr;
					  SIM_CHECK(os_now() == (before ? before->signalled_at
									: job.facts->ran_at) +
									limit);
					  before = job.facts;
					  world.complete(*job.facts, -ETIME);
					  return DRM_DEP_TIMEOUT_HANDLED;
				  }});

	for (const char *name : {"a", "b", "c"})
		world.submit(queue, name, {.end = End::later});
	world.put(queue);
	settle();
	SIM_CHECK(!notes(OS_NOTE_STILL_IN_FLIGHT));
}

SCENARIO(timeout_pause, "time in pause and while stopped does not count")
{
	auto *end = static_cast<u64 *>(allocate(sizeof(u64), "when"));
	Queue *queue =
		world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world, end](Job &job) {
					  *end = os_now();
					  world.complete(*job.facts, -ETIME);
					  return DRM_DEP_TIMEOUT_HANDLED;
				  }});
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;
	u64 off = 0;

	*end = 0;
	world.submit(job);
	settle();
	for (int i = 0; i < 4; i++) {
		const u64 time = pick(300) * ms;

		sleep_for(pick(24) * ms);
		if (coin()) {
			drm_dep_queue_pause_timeout(queue);
			if (coin())
				drm_dep_queue_pause_timeout(queue);
			sleep_for(time);
			drm_dep_queue_resume_timeout(queue);
		} else {
			world.stop(queue);
			sleep_for(time);
			world.start(queue);
		}
		off += time;
	}
	sleep_for(1000 * ms);
	SIM_CHECK(*end == facts->ran_at + off + limit);
	world.put(queue);
	settle();
	release(end);
}

SCENARIO(timeout_not_hung, "a job that is only slow gets its time again")
{
	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 JobFacts &facts = *job.facts;

						 SIM_CHECK(os_now() ==
							   facts.ran_at + facts.timeouts * limit);
						 if (facts.timeouts < 3)
							 return DRM_DEP_TIMEOUT_NOT_HUNG;
						 world.complete(facts, -ETIME);
						 return DRM_DEP_TIMEOUT_HANDLED;
					 }});

	world.submit(queue, "a", {.end = End::later});
	world.put(queue);
}

SCENARIO(timeout_handled, "handled, and yet still in flight: it is told, and the clock begins anew")
{
	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 if (job.facts->timeouts > 1)
							 world.complete(*job.facts, -ETIME);
						 return DRM_DEP_TIMEOUT_HANDLED;
					 }});

	world.submit(queue, "a", {.end = End::later});
	world.put(queue);
	sleep_for(500 * ms);
	SIM_CHECK(notes(OS_NOTE_STILL_IN_FLIGHT) == 1);
}

SCENARIO(timeout_gone, "the device is gone: the queue is killed")
{
	Queue *queue = world.queue(
		"q", {.credits = 1, .timeout_ms = limit_ms, .timedout = [&world](Job &job) {
			      world.complete(*job.facts, -EIO);
			      return DRM_DEP_TIMEOUT_DEVICE_GONE;
		      }});

	world.submit(queue, "a", {.end = End::later});
	task("pusher", [&world, queue] {
		world.submit(queue, "b");
		world.put(queue);
	});
	sleep_for(limit);
}

SCENARIO(timeout_gone_later, "the device is gone, and the job completes when it likes")
{
	let_time_run();

	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [](Job &) {
						 return DRM_DEP_TIMEOUT_DEVICE_GONE;
					 }});

	world.submit(queue, "a");
	world.submit(queue, "b");
	world.put(queue);
}

SCENARIO(timeout_race, "the interrupt comes while the job times out")
{
	world.style = Style::done;
	let_time_run();

	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 /* Whoever is first; both say the same. */
						 if (coin())
							 world.give_up(job);
						 return coin() ? DRM_DEP_TIMEOUT_HANDLED
							       : DRM_DEP_TIMEOUT_NOT_HUNG;
					 }});

	world.submit(queue, "a", {.end = End::interrupt});
	world.submit(queue, "b", {.end = End::interrupt});
	world.put(queue);
}

SCENARIO(timeout_race_fence, "the hardware fence signals while the job times out")
{
	world.style = Style::fence;
	let_time_run();

	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 if (coin())
							 world.give_up(job);
						 return DRM_DEP_TIMEOUT_HANDLED;
					 }});

	world.submit(queue, "a");
	world.submit(queue, "b");
	world.put(queue);
}

SCENARIO(timeout_trigger, "a trigger calls once, now, also in pause; with nothing in flight never")
{
	const bool paused = coin();
	Queue *queue =
		world.queue("q", {.timeout_ms = coin() ? limit_ms : 0,
				  .timedout = [](Job &) { return DRM_DEP_TIMEOUT_NOT_HUNG; }});
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;

	drm_dep_queue_trigger_timeout(queue);
	if (coin())
		settle();
	world.submit(job);
	settle();
	SIM_CHECK(!facts->timeouts);
	if (paused)
		drm_dep_queue_pause_timeout(queue);
	sleep_for(10 * ms);
	interrupt("triggering interrupt", [queue] { drm_dep_queue_trigger_timeout(queue); });
	settle();
	SIM_CHECK(facts->timeouts == 1);
	sleep_for(10 * ms);
	SIM_CHECK(facts->timeouts == 1);
	world.complete(*facts);
	world.put(queue);
}

SCENARIO(timeout_trigger_race, "triggers while jobs complete and the last user goes")
{
	Queue *queue =
		world.queue("q", {.timedout = [](Job &) { return DRM_DEP_TIMEOUT_HANDLED; }});

	world.submit(queue, "a");
	world.submit(queue, "b");
	drm_dep_queue_trigger_timeout(queue);
	drm_dep_queue_trigger_timeout(queue);
	world.put(queue);
}

SCENARIO(timeout_trigger_over, "a job completes as it times out, some time after a trigger")
{
	Queue *queue =
		world.queue("q", {.timeout_ms = limit_ms, .timedout = [](Job &job) {
					  static bool triggered;

					  /* The first call is that of the trigger, at the start. */
					  if (!job.facts->order && job.facts->timeouts == 1)
						  triggered = os_now() < job.facts->ran_at + limit;
					  else
						  SIM_CHECK(!job.facts->order);
					  SIM_CHECK(triggered);
					  return DRM_DEP_TIMEOUT_NOT_HUNG;
				  }});
	Job *first = world.job(queue, "a", {.end = End::later});
	Job *second = world.job(queue, "b", {.end = End::later});
	JobFacts *a = first->facts;
	JobFacts *b = second->facts;

	world.submit(first);
	world.submit(second);
	settle();
	drm_dep_queue_trigger_timeout(queue);
	settle();
	SIM_CHECK(a->timeouts == 1);
	task("completer", [&world, a] {
		sleep_for(limit);
		world.complete(*a);
	});
	/* The time of the second job has only begun then. */
	sleep_for(limit + limit / 2);
	SIM_CHECK(!b->timeouts);
	world.complete(*b);
	world.put(queue);
}

SCENARIO(timeout_live, "the limit is changed while a job runs")
{
	auto *end = static_cast<u64 *>(allocate(sizeof(u64), "when"));
	Queue *queue = world.queue(
		"q", {.timeout_ms = coin() ? 70u : 0u, .timedout = [&world, end](Job &job) {
			      *end = os_now();
			      world.complete(*job.facts, -ETIME);
			      return DRM_DEP_TIMEOUT_HANDLED;
		      }});
	const u32 new_ms = 1 + pick(100);
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;

	*end = 0;
	world.submit(job);
	settle();
	sleep_for(50 * ms);
	drm_dep_queue_set_timeout(queue, new_ms);
	sleep_for(200 * ms);
	SIM_CHECK(*end == facts->ran_at + (new_ms < 50 ? 50 : new_ms) * ms);
	world.put(queue);
	settle();
	release(end);
}

SCENARIO(timeout_reset,
	 "the handler stops its queue, ends the guilty job and runs the others again")
{
	let_time_run();

	Queue *queue = world.queue("q", {.timeout_ms = limit_ms});

	queue->facts->options.timedout = [&world, queue](Job &guilty) {
		drm_dep_job_iter iter;

		world.stop(queue);
		drm_dep_job_iter_begin(&iter, queue);
		while (drm_dep_job *job = drm_dep_job_iter_next(&iter)) {
			Job *found = static_cast<Job *>(job);

			if (found != &guilty)
				world.resubmit(found);
		}
		drm_dep_job_iter_end(&iter);
		world.complete_if_run(*guilty.facts, -ETIME);
		world.start(queue);
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	world.submit(queue, "a", {.end = End::later});
	world.submit(queue, "b", {.end = coin() ? End::later : End::interrupt});
	world.submit(queue, "c", {.end = End::either});
	join();
	wait_until("all jobs", [queue] { return !queue->facts->jobs; });
	world.put(queue);
}

SCENARIO(timeout_stop_others, "handlers of two queues stop both, on an ordered workqueue")
{
	let_time_run();

	os_wq *wq = make_workqueue("timeouts", true);
	Queue *queues[2];

	for (Queue *&queue : queues)
		queue = world.queue(&queue == queues ? "q" : "r",
				    {.timeout_ms = limit_ms, .timeout_workqueue = wq});

	Queue *q = queues[0];
	Queue *r = queues[1];

	for (Queue *queue : queues)
		queue->facts->options.timedout = [&world, q, r](Job &job) {
			world.stop(q);
			world.stop(r);
			world.complete_if_run(*job.facts, -ETIME);
			world.start(r);
			world.start(q);
			return DRM_DEP_TIMEOUT_HANDLED;
		};
	world.submit(q, "a", {.end = End::later});
	world.submit(r, "b", {.end = End::later});
	wait_until("all jobs", [q, r] { return !q->facts->jobs && !r->facts->jobs; });
	world.put(q);
	world.put(r);
}

SCENARIO(timeout_last_put, "only the handler will complete the last job of a queue without users")
{
	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 world.complete(*job.facts, -ETIME);
						 return static_cast<int>(pick(3));
					 }});

	world.submit(queue, "a", {.end = End::later});
	if (coin())
		sleep_for(limit);
	world.put(queue);
}

SCENARIO(timeout_stop_last_put, "the last user goes while the handler has the queue stopped")
{
	let_time_run();

	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 Queue *own = job.facts->queue->memory;

						 world.stop(own);
						 point("stopped");
						 if (coin())
							 world.resubmit_all(own);
						 world.complete_if_run(*job.facts, -ETIME);
						 world.start(own);
						 return DRM_DEP_TIMEOUT_HANDLED;
					 }});

	world.submit(queue, "a", {.end = End::later});
	world.submit(queue, "b");
	if (coin())
		sleep_for(limit);
	world.put(queue);
}

SCENARIO(timeout_reset_last_put, "a reset stops a queue whose last user went during the handler")
{
	let_time_run();

	Queue *queue =
		world.queue("q", {.credits = 1, .timeout_ms = limit_ms, .timedout = [](Job &) {
					  point("in the handler");
					  point("still in the handler");
					  return DRM_DEP_TIMEOUT_NOT_HUNG;
				  }});
	Job *job = world.job(queue, "a", {.end = End::later});
	JobFacts *facts = job->facts;
	bool gone = false;

	world.submit(job);
	settle();
	drm_dep_job_get(job);
	world.submit(queue, "b");
	task("resetter", [&world, &gone, queue, facts, job] {
		sleep_for(limit);
		if (gone) {
			world.stop(queue);
			point("stopped");
			point("still stopped");
			world.start(queue);
		}
		world.complete(*facts);
		drm_dep_job_put(job);
	});
	sleep_for(limit);
	world.put(queue);
	gone = true;
	join();
}
