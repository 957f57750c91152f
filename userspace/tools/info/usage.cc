/* SPDX-License-Identifier: MIT */
#include "usage.h"

#include <algorithm>

#include <common/text.h>

namespace info
{

namespace
{

/* A counter that went back belongs to something new with an old name. */
double increase(std::uint64_t before, std::uint64_t after)
{
	return static_cast<double>(after >= before ? after - before : after);
}

const Client *find(const std::vector<Client> &clients, std::uint64_t id)
{
	for (const Client &client : clients)
		if (client.use.client_id == id)
			return &client;
	return nullptr;
}

const QueueView *find(const std::vector<QueueView> &queues, std::uint64_t context)
{
	for (const QueueView &queue : queues)
		if (queue.context == context)
			return &queue;
	return nullptr;
}

ClientUsage usage_of(const Client &after, const Client *before, double seconds)
{
	ClientUsage usage{after, {}, 0};

	for (const auto &[engine, use] : after.use.engines) {
		std::uint64_t earlier = 0;

		if (before)
			if (const auto at = before->use.engines.find(engine);
			    at != before->use.engines.end())
				earlier = at->second.busy_ns;
		usage.busy[engine] = increase(earlier, use.busy_ns) / 1e9 / seconds /
				     static_cast<double>(use.capacity);
	}
	return usage;
}

double part_of(double nanoseconds, double seconds)
{
	return std::min(nanoseconds / 1e9 / seconds, 1.);
}

QueueUsage usage_of(const QueueView &after, const QueueView *before, double seconds)
{
	QueueUsage usage{after,
			 increase(before ? before->finished() : 0, after.finished()) / seconds,
			 part_of(increase(before ? before->busy_ns : 0, after.busy_ns), seconds),
			 {}};
	const auto earlier = before ? tool::number(before->said("runtime_ns")) : std::nullopt;

	if (const auto runtime = tool::number(after.said("runtime_ns")))
		usage.engine = part_of(increase(earlier.value_or(0), *runtime), seconds);
	return usage;
}

} // namespace

Usage usage_between(const Snapshot &before, const Snapshot &after)
{
	Usage usage;

	usage.seconds = std::chrono::duration<double>(after.at - before.at).count();
	usage.queues_missing = after.debugfs.missing;
	if (usage.seconds <= 0)
		return usage;
	for (const Client &client : after.clients) {
		usage.clients.push_back(usage_of(client, find(before.clients, client.use.client_id),
						 usage.seconds));
		for (const auto &[engine, part] : usage.clients.back().busy)
			usage.busy[engine] += part;
	}
	for (const QueueView &queue : after.debugfs.queues) {
		const QueueUsage &added = usage.queues.emplace_back(
			usage_of(queue, find(before.debugfs.queues, queue.context), usage.seconds));
		const auto owner = tool::number(queue.said("client"));

		usage.jobs_per_second += added.jobs_per_second;
		for (ClientUsage &client : usage.clients)
			if (owner == client.client.use.client_id)
				client.jobs_per_second += added.jobs_per_second;
	}
	return usage;
}

} // namespace info
