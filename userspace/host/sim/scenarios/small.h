/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file For scenarios of which all schedules are tried: what is not to be tried at every possible
 * moment happens before there is anybody else, or when all others have come to rest.
 */

#include "scenario.h"

namespace sim
{

/** A job that is armed, of which the caller has the reference. */
inline Job *armed(World &world, Queue *queue, const char *name, JobOptions options = {})
{
	Job *job = world.job(queue, name, std::move(options));

	world.arm(job);
	return job;
}

/** One that is in flight, until it is completed by World::complete(). */
inline JobFacts &in_flight(World &world, Queue *queue, const char *name, JobOptions options = {})
{
	options.end = End::later;

	Job *job = world.job(queue, name, std::move(options));
	JobFacts &facts = *job->facts;

	world.submit(job);
	settle();
	return facts;
}

inline void push_and_put(World &world, Job *job)
{
	world.push(job);
	world.put(job);
}

/** The hardware is done with it, at any moment from now on. */
inline void will_complete(World &world, JobFacts &job, int error = 0)
{
	interrupt(text("interrupt of %s", job.name),
		  [&world, &job, error] { world.complete(job, error); });
}

/**
 * The end of the run that is in flight, to be called once; by then the driver may have run the job
 * again, which ends inside run_job.
 */
inline std::function<void()> end_of_lost_run(World &world, JobFacts &job)
{
	os_fence *hw = std::exchange(job.hw, nullptr);

	job.later_reference = false; /* it is ours */
	job.options.end = End::inside;
	return [&world, &job, number = job.number, hw] { world.end_run(job, number, hw, 0); };
}

/** A task of one action that has a user reference of the queue for that long. */
inline void user(World &world, Queue *queue, const char *name, std::function<void()> action)
{
	drm_dep_queue_get(queue);
	task(name, [&world, queue, action = std::move(action)] {
		action();
		world.put(queue);
	});
}

/** Puts the queue when nothing happens any more. */
inline void put_at_rest(World &world, Queue *queue)
{
	join();
	settle();
	world.put(queue);
}

} // namespace sim
