/* SPDX-License-Identifier: MIT */
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "snapshot.h"

namespace info
{

/** What a client did between two moments. */
struct ClientUsage {
	Client client;
	/** Parts of all engines of a class, 0 to 1. */
	std::map<std::string, double> busy;
	/** Of all its queues that debugfs tells of; the driver has to say whose they are. */
	double jobs_per_second = 0;
};

/** What a queue did between two moments. */
struct QueueUsage {
	QueueView queue;
	double jobs_per_second = 0;
	/** Part of the time in which a job of it was in flight, 0 to 1. */
	double busy = 0;
	/** Part of the time in which it had an engine, as the driver says, if it does. */
	std::optional<double> engine;
};

/** What happened between two snapshots. What was not there at the first counts from its beginning.
 */
struct Usage {
	double seconds = 0;
	std::vector<ClientUsage> clients;
	std::vector<QueueUsage> queues;
	/** All clients together: parts of all engines of a class. */
	std::map<std::string, double> busy;
	double jobs_per_second = 0;
	/** Why there is nothing of queues. */
	std::string queues_missing;
};

Usage usage_between(const Snapshot &before, const Snapshot &after);

} // namespace info
