/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include <common/text.h>

namespace trace
{

const Job *Queue::find(std::uint64_t seqno) const
{
	const auto at = std::lower_bound(
		jobs.begin(), jobs.end(), seqno,
		[](const Job &job, std::uint64_t number) { return job.fence.seqno < number; });

	return at != jobs.end() && at->fence.seqno == seqno ? &*at : nullptr;
}

std::uint64_t Queue::busy() const
{
	return busy(0, UINT64_MAX);
}

std::uint64_t Queue::busy(std::uint64_t from, std::uint64_t until) const
{
	std::uint64_t sum = 0;

	/* They follow each other: none begins before the one before it is done. */
	for (const Job &job : jobs)
		if (job.ran() && *job.done > from && *job.first < until)
			sum += std::min(*job.done, until) - std::max(*job.first, from);
	return sum;
}

const Queue *Timeline::find(std::uint64_t context) const
{
	for (const Queue &queue : queues)
		if (queue.context == context)
			return &queue;
	return nullptr;
}

const Job *Timeline::find(const FenceId &fence) const
{
	const Queue *queue = find(fence.context);

	return queue ? queue->find(fence.seqno) : nullptr;
}

std::size_t Timeline::job_count() const
{
	std::size_t count = 0;

	for (const Queue &queue : queues)
		count += queue.jobs.size();
	return count;
}

std::string Timeline::name_of(const FenceId &fence) const
{
	if (const Queue *queue = find(fence.context); queue && !queue->name.empty())
		return fmt::format("{} #{}", queue->name, fence.seqno);
	if (const auto owner = owners.find(fence.context); owner != owners.end())
		return fmt::format("{}/{} #{}", owner->second.driver, owner->second.timeline,
				   fence.seqno);
	return to_string(fence);
}

namespace
{

using Fields = std::map<std::string, std::string, std::less<>>;

std::string_view text_of(const Fields &fields, std::string_view key)
{
	const auto at = fields.find(key);

	return at == fields.end() ? std::string_view() : std::string_view(at->second);
}

/* Takes the events one by one. */
class Builder
{
public:
	explicit Builder(const RawTrace &raw)
	{
		timeline_.kernel = raw.kernel;
		timeline_.command = raw.command;
		timeline_.lost = raw.lost;
		for (const Event &event : raw.events)
			add(event);
	}

	Timeline finish()
	{
		if (jobs_.empty())
			throw std::runtime_error("there is no event of drm_dep in the trace");
		for (auto &[fence, job] : jobs_)
			queue_of(fence.context).jobs.push_back(std::move(job));
		for (Queue &queue : timeline_.queues)
			follow(queue);
		for (Queue &queue : timeline_.queues)
			for (Job &job : queue.jobs)
				end_blocked(job);
		end_waits();
		return std::move(timeline_);
	}

private:
	void add(const Event &event)
	{
		const Fields fields = tool::fields(event.text);

		timeline_.begin =
			timeline_.begin ? std::min(timeline_.begin, event.time_ns) : event.time_ns;
		timeline_.end = std::max(timeline_.end, event.time_ns);
		if (event.name.starts_with("drm_dep_job_"))
			add_job_event(event, fields);
		else if (event.name.starts_with("dma_fence_"))
			add_fence_event(event, fields);
		else if (event.name.starts_with("vgpu"))
			timeline_.notes.push_back(event);
	}

	void add_job_event(const Event &event, const Fields &fields)
	{
		const auto fence = parse_fence(text_of(fields, "fence"));

		if (!fence)
			return;
		Job &job = jobs_[*fence];
		job.fence = *fence;
		if (fields.contains("queue")) {
			Queue &queue = queue_of(fence->context);

			queue.device = text_of(fields, "dev");
			queue.name = text_of(fields, "queue");
			job.client = tool::number(text_of(fields, "client")).value_or(job.client);
		}
		const auto dependency = parse_fence(text_of(fields, "dependency"));

		/* A job that runs again after a reset has begun when it ran first. */
		if (event.name == "drm_dep_job_queue")
			job.queued = job.queued.value_or(event.time_ns);
		else if (event.name == "drm_dep_job_run")
			job.run = job.run.value_or(event.time_ns);
		else if (event.name == "drm_dep_job_done")
			job.done = job.done.value_or(event.time_ns);
		else if (event.name == "drm_dep_job_add_dep" && dependency)
			job.dependencies.push_back(*dependency);
		else if (event.name == "drm_dep_job_unschedulable" && dependency)
			job.blocked.push_back({*dependency, event.time_ns, 0});
	}

	void add_fence_event(const Event &event, const Fields &fields)
	{
		const FenceId fence = {tool::number(text_of(fields, "context")).value_or(0),
				       tool::number(text_of(fields, "seqno")).value_or(0)};

		timeline_.owners.try_emplace(fence.context,
					     Owner{std::string(text_of(fields, "driver")),
						   std::string(text_of(fields, "timeline"))});
		if (event.name == "dma_fence_signaled") {
			timeline_.signalled.try_emplace(fence, event.time_ns);
		} else if (event.name == "dma_fence_wait_start") {
			open_waits_[{event.pid, fence}] = timeline_.waits.size();
			timeline_.waits.push_back({event.task, event.pid, fence, event.time_ns, 0});
		} else if (event.name == "dma_fence_wait_end") {
			const auto open = open_waits_.find({event.pid, fence});

			if (open == open_waits_.end())
				return;
			timeline_.waits[open->second].until = event.time_ns;
			open_waits_.erase(open);
		}
	}

	Queue &queue_of(std::uint64_t context)
	{
		for (Queue &queue : timeline_.queues)
			if (queue.context == context)
				return queue;
		Queue queue;
		queue.context = context;
		timeline_.queues.push_back(std::move(queue));
		return timeline_.queues.back();
	}

	/* The jobs are in order, as the map had them. */
	void follow(Queue &queue)
	{
		std::uint64_t before = 0;

		for (Job &job : queue.jobs) {
			if (job.run)
				job.first = std::max(*job.run, before);
			if (job.done) {
				/* One that was cancelled is done without having run. */
				before = std::max(before, *job.done);
				if (job.first)
					job.first = std::min(*job.first, *job.done);
			}
		}
	}

	std::optional<std::uint64_t> signal_time(const FenceId &fence) const
	{
		if (const Job *job = timeline_.find(fence); job && job->done)
			return job->done;
		if (const auto at = timeline_.signalled.find(fence);
		    at != timeline_.signalled.end())
			return at->second;
		return {};
	}

	/* It ends with the fence, with the next one that blocks, or with the job. */
	void end_blocked(Job &job)
	{
		for (std::size_t i = 0; i < job.blocked.size(); i++) {
			Blocked &blocked = job.blocked[i];

			blocked.until = job.run.value_or(job.done.value_or(timeline_.end));
			if (i + 1 < job.blocked.size())
				blocked.until = std::min(blocked.until, job.blocked[i + 1].from);
			if (const auto signal = signal_time(blocked.by))
				blocked.until = std::min(blocked.until, *signal);
			blocked.until = std::max(blocked.until, blocked.from);
		}
	}

	void end_waits()
	{
		for (Wait &wait : timeline_.waits)
			if (!wait.until)
				wait.until = timeline_.end;
	}

	Timeline timeline_;
	std::map<FenceId, Job> jobs_;
	std::map<std::pair<int, FenceId>, std::size_t> open_waits_;
};

} // namespace

Timeline make_timeline(const RawTrace &trace)
{
	return Builder(trace).finish();
}

} // namespace trace
