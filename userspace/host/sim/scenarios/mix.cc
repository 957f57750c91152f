/* SPDX-License-Identifier: MIT */
/*
 * Everything at the same time, by chance.
 */
#include "scenario.h"

using namespace sim;

namespace
{

void reset(World &world, Queue *queue)
{
	QueueFacts &facts = *queue->facts;

	/* Resets exclude each other: the driver's mutex. */
	wait_until("another reset", [&facts] { return !facts.resetting; });
	facts.resetting = true;
	world.stop(queue);
	if (coin()) {
		world.resubmit_all(queue);
	} else {
		drm_dep_job_iter iter;

		drm_dep_job_iter_begin(&iter, queue);
		while (drm_dep_job *job = drm_dep_job_iter_next(&iter))
			if (coin())
				world.resubmit(static_cast<Job *>(job));
		drm_dep_job_iter_end(&iter);
	}
	world.start(queue);
	facts.resetting = false;
}

void submit_one(World &world, Queue *queue, JobFacts *&last)
{
	static constexpr End ends[] = {End::interrupt, End::inside, End::either, End::refused};
	const End end = ends[pick(4)];
	Job *job = world.job(
		queue, text("job %u of %s", queue->facts->jobs_made++, queue->facts->name),
		{.credits = 1 + pick(2), .end = end, .error = end == End::refused ? -EIO : 0});

	if (!pick(3)) {
		Foreign &fence = world.foreign(text("fence for %s", job->facts->name));

		world.depend(job, fence);
		world.signal_by_interrupt(fence);
	}
	if (last && !pick(3))
		world.depend(job, *last);
	world.arm(job);

	/* The last one that was armed stays for others to depend on. */
	if (last)
		drm_dep_job_put(last->memory);
	last = job->facts;
	drm_dep_job_get(job);
	last->kept = true;

	if (!pick(8)) {
		drm_dep_job_put(job);
		world.put(std::exchange(last, nullptr)->memory); /* and was not pushed */
		return;
	}
	world.push(job);
	if (!pick(4))
		os_fence_set_deadline(drm_dep_job_finished_fence(job), 100);
	world.put(job);
}

void act(World &world, Queue *queue, JobFacts *&last)
{
	switch (pick(14)) {
	case 0:
		world.send(queue, world.message(text("message %u", queue->facts->jobs_made++)),
			   coin());
		break;
	case 1:
		world.stop(queue);
		point("stopped");
		world.start(queue);
		break;
	case 2:
		reset(world, queue);
		break;
	case 3:
		world.set_credit_limit(queue, 2 + pick(3));
		break;
	case 4:
		drm_dep_queue_trigger_timeout(queue);
		break;
	case 5:
		drm_dep_queue_pause_timeout(queue);
		point("paused");
		drm_dep_queue_resume_timeout(queue);
		break;
	case 6:
		drm_dep_queue_set_timeout(queue, pick(2) * 10);
		break;
	case 7:
		if (!pick(3))
			world.kill(queue);
		break;
	case 8:
		world.wait_idle(queue, pick(2) * 5);
		break;
	default:
		submit_one(world, queue, last);
		break;
	}
}

int timed_out(World &world, Queue *queue, Job &job)
{
	switch (pick(6)) {
	case 0:
	case 1:
		/* Who stops a queue has a reference. */
		if (!drm_dep_queue_get_unless_zero(queue))
			return DRM_DEP_TIMEOUT_NOT_HUNG;
		if (coin()) {
			reset(world, queue);
		} else {
			world.stop(queue);
			world.start(queue);
		}
		world.put(queue);
		return DRM_DEP_TIMEOUT_HANDLED;
	case 2:
		world.give_up(job);
		return DRM_DEP_TIMEOUT_HANDLED;
	case 3:
		return pick(3) ? DRM_DEP_TIMEOUT_NOT_HUNG : DRM_DEP_TIMEOUT_DEVICE_GONE;
	default:
		return DRM_DEP_TIMEOUT_NOT_HUNG;
	}
}

/* @queues that @tasks use, each of which does @actions. */
void mix(World &world, u32 queues, u32 tasks, u32 actions)
{
	std::vector<Queue *> all;

	if (coin())
		let_time_run();
	for (u32 i = 0; i < queues; i++) {
		Queue *queue = world.queue(text("q%u", i),
					   {.credits = 2 + pick(3), .timeout_ms = pick(2) * 10});

		queue->facts->options.timedout = [&world, queue](Job &job) {
			return timed_out(world, queue, job);
		};
		all.push_back(queue);
	}
	for (u32 i = 0; i < tasks; i++) {
		for (Queue *queue : all)
			drm_dep_queue_get(queue);
		task(text("task %u", i), [&world, all, actions] {
			JobFacts *last = nullptr;

			for (u32 action = 0; action < actions; action++)
				act(world, all[pick(static_cast<u32>(all.size()))], last);
			if (last)
				drm_dep_job_put(last->memory);
			for (Queue *queue : all)
				world.put(queue);
		});
	}
	for (Queue *queue : all)
		world.put(queue);
}

} // namespace

SCENARIO(mix_one, "one queue, two tasks, anything")
{
	mix(world, 1, 2, 4);
}

SCENARIO(mix_two, "two queues, two tasks, anything")
{
	mix(world, 2, 2, 5);
}

SCENARIO(mix_large, "two queues, three tasks, a lot of anything")
{
	mix(world, 2, 3, 15);
}
