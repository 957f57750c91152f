/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <algorithm>

#include <fmt/format.h>

#include <common/table.h>
#include <common/text.h>

namespace info
{

namespace
{

std::uint64_t total_memory(const Client &client)
{
	std::uint64_t sum = 0;

	for (const auto &[region, use] : client.use.memory)
		sum += use.total;
	return sum;
}

std::uint64_t resident_memory(const Client &client)
{
	std::uint64_t sum = 0;

	for (const auto &[region, use] : client.use.memory)
		sum += use.resident;
	return sum;
}

std::string percent(double part)
{
	return fmt::format("{:.1f}%", part * 100);
}

/* "compute 12.0%  copy 0.0%" */
std::string percents(const std::map<std::string, double> &busy)
{
	std::string text;

	for (const auto &[engine, part] : busy)
		text += fmt::format("{}{} {}", text.empty() ? "" : "  ", engine, percent(part));
	return text.empty() ? "-" : text;
}

std::string busy_times(const Client &client)
{
	std::string text;

	for (const auto &[engine, use] : client.use.engines)
		text += fmt::format("{}{} {}", text.empty() ? "" : "  ", engine,
				    tool::duration(static_cast<double>(use.busy_ns)));
	return text.empty() ? "-" : text;
}

std::string or_dash(const std::string &text)
{
	return text.empty() ? "-" : text;
}

std::string per_second(double rate)
{
	return tool::grouped(static_cast<std::uint64_t>(rate + 0.5));
}

} // namespace

std::string names_of(const std::vector<Holder> &holders)
{
	std::string text;

	for (const Holder &holder : holders)
		text += fmt::format("{}{}({})", text.empty() ? "" : ",", holder.command,
				    holder.pid);
	return or_dash(text);
}

std::string describe_device(const DeviceView &device, const tool::Kernel &kernel)
{
	const drm_vgpu_info &limits = device.limits;
	std::string engines;
	std::string text = fmt::format("{}: {}\n  version {}.{}, {}\n", device.version.name,
				       device.version.description, device.version.major,
				       device.version.minor, describe(kernel));

	for (const drm_vgpu_engine_info &engine : device.engines)
		engines += fmt::format("{}{} {}", engines.empty() ? "" : ", ", engine.count,
				       tool::engine_name(engine.engine_class));
	text += fmt::format("  engines: {}\n", or_dash(engines));
	text += fmt::format("  addresses: {:#x} to {:#x}, pages of {}\n", limits.va_start,
			    limits.va_end, tool::bytes(limits.page_size));
	text += fmt::format("  per file: {} address spaces, {} queues, {} of buffers\n",
			    limits.max_vms, limits.max_queues, tool::bytes(limits.max_bo_bytes));
	text += fmt::format("  per EXEC: {} jobs; per job: {} calls, {} sync objects, {} buffers\n",
			    limits.max_jobs, limits.max_calls, limits.max_syncs, limits.max_bos);
	text += fmt::format("  per VM_BIND: {} operations; ring: {} words; command: {}\n",
			    limits.max_bind_ops, limits.max_ring_words,
			    tool::bytes(limits.max_command_bytes));
	text += fmt::format("  slice {}, preemption within {}, timeout of a job up to {}\n",
			    tool::duration(static_cast<double>(limits.slice_ns)),
			    tool::duration(static_cast<double>(limits.preempt_timeout_ns)),
			    tool::duration(limits.max_timeout_ms * 1e6));
	text += fmt::format("  device time: {} ns\n", tool::grouped(limits.device_time_ns));
	return text;
}

std::string describe_clients(const std::vector<Client> &clients)
{
	tool::Table table({"CLIENT", "MEMORY", "RESIDENT", "PROCESSES", "ENGINE TIME"});

	if (clients.empty())
		return "no clients that this user may see\n";
	for (const Client &client : clients)
		table.row({std::to_string(client.use.client_id), tool::bytes(total_memory(client)),
			   tool::bytes(resident_memory(client)), names_of(client.holders),
			   busy_times(client)});
	return table.text();
}

std::string describe_queues(const DebugFs &debugfs)
{
	tool::Table table({"QUEUE", "CLIENT", "CLASS", "PRIORITY", "PROFILE", "FINISHED",
			   "IN FLIGHT", "WAITING", "CREDITS", "STATE"});
	std::string text;

	if (!debugfs.missing.empty())
		return "no queues: " + debugfs.missing + "\n";
	if (debugfs.queues.empty())
		text = "no queues\n";
	for (const QueueView &queue : debugfs.queues) {
		std::string state = queue.state;

		if (queue.said("status") != "-")
			state = queue.said("status") + (state.empty() ? "" : ", ") + state;
		if (!queue.blocked_by.empty())
			state += " blocked by " + queue.blocked_by;
		if (!queue.missing.empty())
			state += " missing " + queue.missing;
		table.row({queue.name, queue.said("client"), queue.said("class"),
			   queue.said("priority"), queue.said("profile"),
			   tool::grouped(queue.finished()), std::to_string(queue.in_flight),
			   std::to_string(queue.waiting),
			   fmt::format("{}/{}", queue.credits, queue.credit_limit),
			   std::string(tool::trimmed(state))});
	}
	if (!debugfs.queues.empty())
		text += table.text();
	if (!debugfs.counters.empty()) {
		text += "counters:";
		for (const auto &[name, value] : debugfs.counters)
			text += fmt::format(" {} {}", name, tool::grouped(value));
		text += "\n";
	}
	return text;
}

std::vector<std::string> describe_usage(const Usage &usage)
{
	tool::Table clients({"CLIENT", "JOBS/S", "MEMORY", "RESIDENT", "PROCESSES", "ENGINES"});
	tool::Table queues({"QUEUE", "CLIENT", "CLASS", "JOBS/S", "ENGINE", "BUSY", "IN FLIGHT",
			    "WAITING", "CREDITS", "STATE"});
	std::vector<std::string> lines;

	lines.push_back(fmt::format("engines: {}   jobs/s: {}   over {}", percents(usage.busy),
				    per_second(usage.jobs_per_second),
				    tool::duration(usage.seconds * 1e9)));
	lines.emplace_back();
	for (const ClientUsage &one : usage.clients)
		clients.row({std::to_string(one.client.use.client_id),
			     per_second(one.jobs_per_second), tool::bytes(total_memory(one.client)),
			     tool::bytes(resident_memory(one.client)), names_of(one.client.holders),
			     percents(one.busy)});
	if (usage.clients.empty())
		lines.emplace_back("no clients");
	else
		for (std::string &line : clients.lines())
			lines.push_back(std::move(line));
	lines.emplace_back();
	if (!usage.queues_missing.empty()) {
		lines.push_back("no queues: " + usage.queues_missing);
		return lines;
	}

	/* The busiest first; those that do nothing keep their order. */
	std::vector<const QueueUsage *> order;
	for (const QueueUsage &one : usage.queues)
		order.push_back(&one);
	std::stable_sort(order.begin(), order.end(), [](const auto *a, const auto *b) {
		return a->jobs_per_second > b->jobs_per_second;
	});
	for (const QueueUsage *one : order)
		queues.row({one->queue.name, one->queue.said("client"), one->queue.said("class"),
			    per_second(one->jobs_per_second),
			    one->engine ? percent(*one->engine) : "-", percent(one->busy),
			    std::to_string(one->queue.in_flight),
			    std::to_string(one->queue.waiting),
			    fmt::format("{}/{}", one->queue.credits, one->queue.credit_limit),
			    or_dash(one->queue.state)});
	if (order.empty())
		lines.emplace_back("no queues");
	else
		for (std::string &line : queues.lines())
			lines.push_back(std::move(line));
	return lines;
}

} // namespace info
