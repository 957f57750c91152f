/* SPDX-License-Identifier: MIT */
#include "perfetto.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace trace
{

namespace
{

using Json = nlohmann::ordered_json;

/* Tracks are numbered; the numbers have no other meaning. */
constexpr int queues_pid = 1, waits_pid = 2, notes_pid = 3;

std::uint64_t device_track(const Queue &queue)
{
	return queue.context * 2;
}

std::uint64_t blocked_track(const Queue &queue)
{
	return queue.context * 2 + 1;
}

class Writer
{
public:
	explicit Writer(const Timeline &timeline) : timeline_(timeline)
	{
		name("process_name", queues_pid, 0, "queues");
		for (const Queue &queue : timeline.queues)
			add(queue);
		add_waits();
		add_notes();
	}

	std::string text()
	{
		Json json = {{"displayTimeUnit", "ns"},
			     {"otherData",
			      {{"kernel", timeline_.kernel},
			       {"command", timeline_.command},
			       {"lost_events", timeline_.lost}}}};

		json["traceEvents"] = std::move(events_);
		return json.dump() + "\n";
	}

private:
	/* Microseconds since the beginning. */
	double at(std::uint64_t time) const
	{
		return static_cast<double>(time - timeline_.begin) / 1000;
	}

	void name(const char *what, int pid, std::uint64_t tid, const std::string &value)
	{
		events_.push_back({{"ph", "M"},
				   {"name", what},
				   {"pid", pid},
				   {"tid", tid},
				   {"args", {{"name", value}}}});
	}

	void slice(const std::string &title, int pid, std::uint64_t tid, std::uint64_t from,
		   std::uint64_t until, Json args)
	{
		events_.push_back({{"ph", "X"},
				   {"name", title},
				   {"pid", pid},
				   {"tid", tid},
				   {"ts", at(from)},
				   {"dur", at(until) - at(from)},
				   {"args", std::move(args)}});
	}

	void add(const Queue &queue)
	{
		const std::string title =
			queue.name.empty() ? std::to_string(queue.context) : queue.name;

		name("thread_name", queues_pid, device_track(queue), title + " on the device");
		name("thread_name", queues_pid, blocked_track(queue), title + " blocked by");
		for (const Job &job : queue.jobs)
			add(queue, job);
		count(queue, title);
	}

	void add(const Queue &queue, const Job &job)
	{
		if (job.ran()) {
			Json args = {{"fence", to_string(job.fence)}, {"client", job.client}};

			if (job.queued)
				args["queued_us_before"] = at(*job.first) - at(*job.queued);
			args["dependencies"] = Json::array();
			for (const FenceId &fence : job.dependencies)
				args["dependencies"].push_back(timeline_.name_of(fence));
			slice(timeline_.name_of(job.fence), queues_pid, device_track(queue),
			      *job.first, *job.done, std::move(args));
		}
		for (const Blocked &blocked : job.blocked)
			slice(timeline_.name_of(blocked.by), queues_pid, blocked_track(queue),
			      blocked.from, blocked.until, {{"job", timeline_.name_of(job.fence)}});
		for (const FenceId &fence : job.dependencies)
			arrow(queue, job, fence);
	}

	/* From the end of a job to the beginning of one that waited for it. */
	void arrow(const Queue &queue, const Job &job, const FenceId &fence)
	{
		const Queue *from = timeline_.find(fence.context);
		const Job *producer = timeline_.find(fence);

		if (!from || !producer || !producer->ran() || !job.ran())
			return;
		const Json common = {
			{"cat", "dependency"}, {"name", "dependency"}, {"id", arrows_++}};
		Json begin = common, end = common;
		begin.update({{"ph", "s"},
			      {"pid", queues_pid},
			      {"tid", device_track(*from)},
			      {"ts", at(*producer->first)}});
		end.update({{"ph", "f"},
			    {"bp", "e"},
			    {"pid", queues_pid},
			    {"tid", device_track(queue)},
			    {"ts", at(*job.first)}});
		events_.push_back(std::move(begin));
		events_.push_back(std::move(end));
	}

	/* How many jobs there are at each time. */
	void count(const Queue &queue, const std::string &title)
	{
		struct Change {
			std::uint64_t time;
			int waiting, in_flight;
		};
		std::vector<Change> changes;
		int waiting = 0, in_flight = 0;

		for (const Job &job : queue.jobs) {
			const auto leaves = job.run ? job.run : job.done;

			if (job.queued && leaves && *leaves >= *job.queued) {
				changes.push_back({*job.queued, 1, 0});
				changes.push_back({*leaves, -1, 0});
			}
			if (job.run && job.done) {
				changes.push_back({*job.run, 0, 1});
				changes.push_back({*job.done, 0, -1});
			}
		}
		std::stable_sort(changes.begin(), changes.end(),
				 [](const Change &a, const Change &b) { return a.time < b.time; });
		for (std::size_t i = 0; i < changes.size(); i++) {
			waiting += changes[i].waiting;
			in_flight += changes[i].in_flight;
			if (i + 1 < changes.size() && changes[i + 1].time == changes[i].time)
				continue;
			events_.push_back(
				{{"ph", "C"},
				 {"name", title + " jobs"},
				 {"pid", queues_pid},
				 {"ts", at(changes[i].time)},
				 {"args", {{"waiting", waiting}, {"in flight", in_flight}}}});
		}
	}

	void add_waits()
	{
		if (timeline_.waits.empty())
			return;
		name("process_name", waits_pid, 0, "programs that wait for a fence");
		for (const Wait &wait : timeline_.waits) {
			name("thread_name", waits_pid, static_cast<std::uint64_t>(wait.pid),
			     wait.task);
			slice(timeline_.name_of(wait.fence), waits_pid,
			      static_cast<std::uint64_t>(wait.pid), wait.from, wait.until,
			      Json::object());
		}
	}

	void add_notes()
	{
		if (timeline_.notes.empty())
			return;
		name("process_name", notes_pid, 0, "what the driver says");
		for (const Event &event : timeline_.notes)
			events_.push_back({{"ph", "i"},
					   {"s", "p"},
					   {"name", event.name},
					   {"pid", notes_pid},
					   {"tid", 0},
					   {"ts", at(event.time_ns)},
					   {"args", {{"text", event.text}}}});
	}

	const Timeline &timeline_;
	Json events_ = Json::array();
	std::uint64_t arrows_ = 1;
};

} // namespace

std::string to_perfetto(const Timeline &timeline)
{
	return Writer(timeline).text();
}

} // namespace trace
