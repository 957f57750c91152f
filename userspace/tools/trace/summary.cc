/* SPDX-License-Identifier: MIT */
#include "summary.h"

#include <fmt/format.h>

#include <common/table.h>
#include <common/text.h>

namespace trace
{

namespace
{

QueueSummary summarise(const Queue &queue)
{
	QueueSummary summary;
	std::vector<double> waiting, on_device;

	summary.name = queue.name.empty() ? std::to_string(queue.context) : queue.name;
	summary.client = queue.client();
	summary.jobs = queue.jobs.size();
	summary.busy = queue.busy();
	for (const Job &job : queue.jobs) {
		summary.done += job.done.has_value();
		summary.dependencies += job.dependencies.size();
		for (const Blocked &blocked : job.blocked)
			summary.blocked += blocked.until - blocked.from;
		if (job.queued && job.run && *job.run >= *job.queued)
			waiting.push_back(static_cast<double>(*job.run - *job.queued));
		if (job.run && job.done && *job.done >= *job.run)
			on_device.push_back(static_cast<double>(*job.done - *job.run));
	}
	summary.waiting = tool::summarise(std::move(waiting));
	summary.on_device = tool::summarise(std::move(on_device));
	return summary;
}

nlohmann::ordered_json to_json(const tool::Summary &summary)
{
	return {{"count", summary.count},
		{"min", summary.min},
		{"median", summary.median},
		{"p99", summary.p99},
		{"max", summary.max}};
}

double part(std::uint64_t of, std::uint64_t all)
{
	return all ? static_cast<double>(of) / static_cast<double>(all) : 0;
}

std::string short_time(double nanoseconds)
{
	return tool::duration(nanoseconds);
}

} // namespace

Summary summarise(const Timeline &timeline)
{
	Summary summary;

	summary.kernel = timeline.kernel;
	summary.command = timeline.command;
	summary.lost = timeline.lost;
	summary.duration = timeline.end - timeline.begin;
	for (const Queue &queue : timeline.queues) {
		summary.queues.push_back(summarise(queue));
		summary.jobs += summary.queues.back().jobs;
		summary.done += summary.queues.back().done;
	}
	return summary;
}

std::vector<std::vector<std::string>> queue_table(const Summary &summary)
{
	std::vector<std::vector<std::string>> rows = {
		{"QUEUE", "CLIENT", "JOBS", "JOBS/S", "ON DEVICE", "BLOCKED", "WAITING: MEDIAN",
		 "P99", "RUN TO DONE: MEDIAN", "P99", "DEPENDENCIES"}};

	for (const QueueSummary &queue : summary.queues)
		rows.push_back({queue.name, std::to_string(queue.client), tool::grouped(queue.jobs),
				tool::grouped(static_cast<std::uint64_t>(
					1e9 * part(queue.done, summary.duration) + 0.5)),
				fmt::format("{:.1f}%", 100 * part(queue.busy, summary.duration)),
				fmt::format("{:.1f}%", 100 * part(queue.blocked, summary.duration)),
				short_time(queue.waiting.median), short_time(queue.waiting.p99),
				short_time(queue.on_device.median), short_time(queue.on_device.p99),
				tool::grouped(queue.dependencies)});
	return rows;
}

std::string describe(const Summary &summary)
{
	std::string text = fmt::format("{} jobs of {} queues in {}; {} were done\n",
				       tool::grouped(summary.jobs), summary.queues.size(),
				       tool::duration(static_cast<double>(summary.duration)),
				       tool::grouped(summary.done));
	const auto rows = queue_table(summary);
	tool::Table table(rows[0]);

	if (!summary.command.empty())
		text += "command: " + summary.command + "\n";
	if (!summary.kernel.empty())
		text += "kernel: " + summary.kernel + "\n";
	if (summary.lost)
		text += fmt::format(
			"{} events were lost: jobs are missing or incomplete; take a larger "
			"--buffer or a shorter time\n",
			tool::grouped(summary.lost));
	for (std::size_t i = 1; i < rows.size(); i++)
		table.row(rows[i]);
	return text + table.text();
}

nlohmann::ordered_json to_json(const Summary &summary)
{
	nlohmann::ordered_json json = {{"kernel", summary.kernel},
				       {"command", summary.command},
				       {"duration_ns", summary.duration},
				       {"lost_events", summary.lost},
				       {"jobs", summary.jobs},
				       {"done", summary.done}};

	json["queues"] = nlohmann::ordered_json::array();
	for (const QueueSummary &queue : summary.queues)
		json["queues"].push_back({{"name", queue.name},
					  {"client", queue.client},
					  {"jobs", queue.jobs},
					  {"done", queue.done},
					  {"dependencies", queue.dependencies},
					  {"on_device_ns", queue.busy},
					  {"blocked_ns", queue.blocked},
					  {"waiting_ns", to_json(queue.waiting)},
					  {"run_to_done_ns", to_json(queue.on_device)}});
	return json;
}

} // namespace trace
