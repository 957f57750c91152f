/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <algorithm>
#include <cerrno>

namespace model
{

void Model::arm(std::size_t job)
{
	jobs[job].armed = true;
	queues[jobs[job].queue].order.push_back(job);
}

void Model::put(std::size_t job)
{
	jobs[job].held = false;
	if (jobs[job].armed && !jobs[job].pushed)
		jobs[job].cancelled = true;
}

void Model::complete(std::size_t index, int error)
{
	Job &job = jobs[index];

	if (!job.ran || job.done)
		return;
	job.done = true;
	job.error = error;
	queues[job.queue].in_flight -= job.credits;
}

void Model::hardware_signals(std::size_t job, int error)
{
	jobs[job].fence_pending = false;
	complete(job, error);
}

bool Model::met(const Job &job) const
{
	return std::ranges::all_of(job.dependencies, [&](const Dependency &dependency) {
		if (dependency.foreign)
			return static_cast<bool>(foreign[dependency.index]);
		/* A job of the same queue is behind it anyway. */
		return (jobs[dependency.index].queue == job.queue && !queues[job.queue].keep_own) ||
		       jobs[dependency.index].signalled;
	});
}

bool Model::run_next(Queue &queue)
{
	const auto next = std::ranges::find_if(
		queue.order, [&](std::size_t job) { return !jobs[job].ran && !jobs[job].done; });

	if (next == queue.order.end())
		return false;

	Job &job = jobs[*next];

	if (!(job.pushed || job.cancelled) || !met(job))
		return false;
	if (job.cancelled || queue.killed) {
		job.done = true;
		job.error = -ECANCELED;
		return true;
	}
	if (queue.stops)
		return false;
	/* One that is larger than the limit has become runs alone. */
	if (queue.in_flight + job.credits > queue.limit && queue.in_flight)
		return false;

	job.ran = true;
	queue.in_flight += job.credits;
	queue.runs.push_back(*next);
	job.fence_pending =
		job.finish == Finish::hardware || job.finish == Finish::driver_and_fence;
	if (job.finish != Finish::hardware && job.finish != Finish::driver)
		complete(*next, job.run_error);
	return true;
}

bool Model::tell(Queue &queue)
{
	if (queue.stops || (queue.processed == queue.sent && queue.told == queue.killed))
		return false;
	queue.processed = queue.sent;
	queue.told = queue.killed;
	return true;
}

bool Model::signal_next(Queue &queue)
{
	const auto next = std::ranges::find_if(
		queue.order, [&](std::size_t job) { return !jobs[job].signalled; });

	if (next == queue.order.end() || !jobs[*next].done)
		return false;
	jobs[*next].signalled = true;
	queue.signals.push_back(*next);
	return true;
}

bool Model::release(std::size_t index)
{
	Job &job = jobs[index];

	if (job.released || job.held || job.fence_pending || (job.armed && !job.signalled))
		return false;
	job.released = true;
	return true;
}

bool Model::release(std::size_t index, Queue &queue)
{
	if (queue.released || queue.used || std::ranges::any_of(jobs, [&](const Job &job) {
		    return job.queue == index && !job.released;
	    }))
		return false;
	queue.released = true;
	return true;
}

void Model::settle()
{
	bool more = true;

	while (more) {
		more = false;
		for (Queue &queue : queues)
			more |= tell(queue) || run_next(queue) || signal_next(queue);
		for (std::size_t job = 0; job < jobs.size(); job++)
			more |= release(job);
		for (std::size_t queue = 0; queue < queues.size(); queue++)
			more |= release(queue, queues[queue]);
	}
}

} // namespace model
