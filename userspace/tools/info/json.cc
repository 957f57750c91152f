/* SPDX-License-Identifier: MIT */
#include "json.h"

namespace info
{

using Json = nlohmann::ordered_json;

namespace
{

Json to_json(const QueueView &queue)
{
	Json json = {{"device", queue.device},
		     {"name", queue.name},
		     {"context", queue.context},
		     {"state", queue.state},
		     {"flags", queue.flags},
		     {"credits", queue.credits},
		     {"credit_limit", queue.credit_limit},
		     {"in_flight", queue.in_flight},
		     {"waiting", queue.waiting},
		     {"finished", queue.finished()},
		     {"busy_ns", queue.busy_ns}};

	if (!queue.blocked_by.empty())
		json["blocked_by"] = queue.blocked_by;
	if (!queue.missing.empty())
		json["missing"] = queue.missing;
	if (!queue.driver.empty())
		json["driver"] = queue.driver;
	return json;
}

} // namespace

Json to_json(const DeviceView &device)
{
	const drm_vgpu_info &limits = device.limits;
	Json json = {{"driver", device.version.name},
		     {"description", device.version.description},
		     {"version", {device.version.major, device.version.minor}}};

	json["engines"] = Json::object();
	for (const drm_vgpu_engine_info &engine : device.engines)
		json["engines"][tool::engine_name(engine.engine_class)] = engine.count;
	json["limits"] = {{"va_start", limits.va_start},
			  {"va_end", limits.va_end},
			  {"page_size", limits.page_size},
			  {"max_command_bytes", limits.max_command_bytes},
			  {"max_vms", limits.max_vms},
			  {"max_queues", limits.max_queues},
			  {"max_jobs", limits.max_jobs},
			  {"max_calls", limits.max_calls},
			  {"max_syncs", limits.max_syncs},
			  {"max_bos", limits.max_bos},
			  {"max_bind_ops", limits.max_bind_ops},
			  {"max_ring_words", limits.max_ring_words},
			  {"max_bo_bytes", limits.max_bo_bytes},
			  {"max_timeout_ms", limits.max_timeout_ms},
			  {"slice_ns", limits.slice_ns},
			  {"preempt_timeout_ns", limits.preempt_timeout_ns}};
	json["device_time_ns"] = limits.device_time_ns;
	return json;
}

Json to_json(const Client &client)
{
	Json json = {{"id", client.use.client_id}};

	if (!client.use.client_name.empty())
		json["name"] = client.use.client_name;
	json["processes"] = Json::array();
	for (const Holder &holder : client.holders)
		json["processes"].push_back({{"pid", holder.pid}, {"command", holder.command}});
	json["engines"] = Json::object();
	for (const auto &[engine, use] : client.use.engines)
		json["engines"][engine] = {{"busy_ns", use.busy_ns}, {"capacity", use.capacity}};
	json["memory"] = Json::object();
	for (const auto &[region, use] : client.use.memory)
		json["memory"][region] = {{"total", use.total},
					  {"shared", use.shared},
					  {"resident", use.resident},
					  {"purgeable", use.purgeable},
					  {"active", use.active}};
	for (const auto &[key, value] : client.use.other)
		json["other"][key] = value;
	return json;
}

Json to_json(const DebugFs &debugfs)
{
	Json json;

	if (!debugfs.missing.empty()) {
		json["missing"] = debugfs.missing;
		return json;
	}
	json["queues"] = Json::array();
	for (const QueueView &queue : debugfs.queues)
		json["queues"].push_back(to_json(queue));
	json["counters"] = debugfs.counters;
	return json;
}

Json to_json(const Usage &usage)
{
	Json json = {{"seconds", usage.seconds},
		     {"busy", usage.busy},
		     {"jobs_per_second", usage.jobs_per_second}};

	json["clients"] = Json::array();
	for (const ClientUsage &one : usage.clients) {
		Json client = to_json(one.client);

		client["busy"] = one.busy;
		client["jobs_per_second"] = one.jobs_per_second;
		json["clients"].push_back(std::move(client));
	}
	if (!usage.queues_missing.empty()) {
		json["queues_missing"] = usage.queues_missing;
		return json;
	}
	json["queues"] = Json::array();
	for (const QueueUsage &one : usage.queues) {
		Json queue = to_json(one.queue);

		queue["busy"] = one.busy;
		if (one.engine)
			queue["engine"] = *one.engine;
		queue["jobs_per_second"] = one.jobs_per_second;
		json["queues"].push_back(std::move(queue));
	}
	return json;
}

} // namespace info
