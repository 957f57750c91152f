/* SPDX-License-Identifier: MIT */
/*
 * Last references, put wherever they may be.
 */
#include "scenario.h"

using namespace sim;

SCENARIO(last_put_in_run_job, "run_job puts the last user reference of its queue")
{
	Queue *queue = world.queue("q");

	world.submit(queue, "a",
		     {.end = End::either, .run = [&world, queue](Job &) { world.put(queue); }});
}

SCENARIO(last_put_in_interrupt, "an interrupt does")
{
	Queue *queue = world.queue("q");

	world.submit(queue, "a", {.end = End::either});
	interrupt("putting interrupt", [&world, queue] { world.put(queue); });
	join();
}

SCENARIO(last_put_in_job_release, "the release of a job does")
{
	Queue *queue = world.queue("q");

	world.submit(queue, "a", {.end = End::either, .released = [&world, queue](Job &) {
					  world.put(queue);
				  }});
}

SCENARIO(last_put_in_timedout, "timedout_job does")
{
	Queue *queue = world.queue("q", {.timeout_ms = 10});

	queue->facts->options.timedout = [&world, queue](Job &job) {
		world.put(queue);
		world.complete(*job.facts);
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	world.submit(queue, "a", {.end = End::later});
}

SCENARIO(last_put_in_message, "process_message does")
{
	Queue *queue = world.queue("q");

	drm_dep_queue_get(queue);
	world.send(queue,
		   world.message("m", [&world, queue](MessageFacts &) { world.put(queue); }));
	if (coin())
		world.submit(queue, "a");
	world.put(queue);
}

SCENARIO(last_put_in_killed, "the op killed does")
{
	Queue *queue = world.queue("q");

	queue->facts->options.killed = [&world, queue] { world.put(queue); };
	drm_dep_queue_get(queue);
	world.submit(queue, "a");
	world.kill(queue);
	world.put(queue);
}

SCENARIO(last_put_in_signal, "a callback of a finished fence does")
{
	struct Putter {
		os_fence_cb cb;
		World *world;
		Queue *queue;
	};
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a", {.end = End::either});
	auto *putter = static_cast<Putter *>(allocate(sizeof(Putter), "putter"));

	putter->world = &world;
	putter->queue = queue;
	world.arm(job);
	SIM_CHECK(!os_fence_add_callback(drm_dep_job_finished_fence(job), &putter->cb,
					 [](os_fence *, os_fence_cb *cb) {
						 auto *self = reinterpret_cast<Putter *>(cb);

						 self->world->put(self->queue);
						 release(self);
					 }));
	world.push(job);
	world.put(job);
}

SCENARIO(last_put_of_many, "several tasks have references of queue and job")
{
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a");

	world.arm(job);
	for (const char *name : {"holder 1", "holder 2"}) {
		drm_dep_job_get(job);
		drm_dep_queue_get(queue);
		task(name, [&world, job, queue] {
			os_fence *fence = get(drm_dep_job_finished_fence(job));

			world.put(queue);
			drm_dep_job_put(job);
			wait_for(fence);
			os_fence_put(fence);
		});
	}
	world.push(job);
	world.put(job);
	world.put(queue);
}

SCENARIO(fence_outlives, "the finished fence outlives job, queue, device and module")
{
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a");
	os_fence *fence;

	world.arm(job);
	fence = get(drm_dep_job_finished_fence(job));
	world.push(job);
	world.put(job);
	world.put(queue);
	settle();
	SIM_CHECK(is_signalled(fence));
	os_fence_put(fence);
}

SCENARIO(fence_names, "the names of a fence are read while everything goes")
{
	Queue *queue = world.queue("q");
	Job *job = world.job(queue, "a", {.end = End::either});
	os_fence *fence;

	world.arm(job);
	fence = get(drm_dep_job_finished_fence(job));
	task("reader", [fence] {
		os_rcu_read_lock();
		point("reading");
		if (!is_signalled(fence)) {
			point("not signalled");
			SIM_CHECK(drm_dep_fence_timeline_name(fence)[0] == 'q');
			point("read one");
			SIM_CHECK(drm_dep_fence_driver_name(fence)[0] == 's');
		}
		os_rcu_read_unlock();
		os_fence_put(fence);
	});
	world.push(job);
	world.put(job);
	world.put(queue);
}

SCENARIO(queue_get_unless_zero, "a user reference is had or not had, as the last one goes")
{
	Queue *queue = world.queue("q");

	task("finder", [&world, queue] {
		os_rcu_read_lock();

		bool found = !queue->facts->fini_calls && drm_dep_queue_get_unless_zero(queue);

		os_rcu_read_unlock();
		if (found)
			world.put(queue);
	});
	point("found");
	/* Memory stays for whoever is in a section that began before the last put. */
	join();
	world.put(queue);
}

SCENARIO(fini_pending, "fini is over when somebody says so, perhaps before it returns")
{
	Queue *queue = world.queue("q");

	queue->facts->options.fini = [](Queue *dying) {
		if (coin())
			task("firmware", [dying] { drm_dep_queue_fini_done(dying); });
		else
			interrupt("firmware", [dying] { drm_dep_queue_fini_done(dying); });
		point("about to leave fini");
		return -EINPROGRESS;
	};
	world.submit(queue, "a");
	world.put(queue);
}

SCENARIO(fini_pending_flush, "a flush waits for a pending fini")
{
	Queue *queue = world.queue("q");
	QueueFacts *facts = queue->facts;

	facts->options.fini = [](Queue *dying) {
		interrupt("firmware", [dying] { drm_dep_queue_fini_done(dying); });
		return -EINPROGRESS;
	};
	world.submit(queue, "a");
	world.put(queue);
	world.flush();
	SIM_CHECK(facts->released);
}
