/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event.h"
#include "raw_trace.h"

namespace trace
{

/** A time in which a job was the next one of its queue, and could not run for a fence. */
struct Blocked {
	FenceId by;
	std::uint64_t from = 0, until = 0;
};

/** The life of a job. Times are in ns on the trace's clock; what the trace doesn't have is empty.
 */
struct Job {
	FenceId fence;
	std::uint64_t client = 0;
	std::optional<std::uint64_t> queued, run, done;
	/**
	 * When it came to be the oldest one of its queue on the device. Before that the device may
	 * have looked at it already, but it can't have completed it.
	 */
	std::optional<std::uint64_t> first;
	std::vector<FenceId> dependencies;
	std::vector<Blocked> blocked;

	/** Whether the trace has when it ran and when it was done. */
	bool ran() const { return first && done; }
};

/** A queue and its jobs in their order. */
struct Queue {
	std::string device, name;
	std::uint64_t context = 0;
	std::vector<Job> jobs;

	/** The job with this number. */
	const Job *find(std::uint64_t seqno) const;
	/** The client of its jobs; 0 if nobody says. */
	std::uint64_t client() const { return jobs.empty() ? 0 : jobs.front().client; }
	/** The time in which at least one job was on the device. */
	std::uint64_t busy() const;
	/** How much of it is within these times. */
	std::uint64_t busy(std::uint64_t from, std::uint64_t until) const;
};

/** A program that waited for a fence in the kernel. */
struct Wait {
	std::string task;
	int pid = 0;
	FenceId fence;
	std::uint64_t from = 0, until = 0;
};

/** Who made the fences of a context that is no queue's. */
struct Owner {
	std::string driver, timeline;
};

/** A whole run. */
struct Timeline {
	std::string kernel, command;
	std::uint64_t lost = 0;
	std::uint64_t begin = 0, end = 0;
	std::vector<Queue> queues; /**< in the order in which they were first seen */
	std::vector<Wait> waits;
	std::map<std::uint64_t, Owner> owners;
	std::map<FenceId, std::uint64_t> signalled; /**< when, as dma_fence says */
	std::vector<Event> notes;		    /**< events of the driver */

	const Queue *find(std::uint64_t context) const;
	const Job *find(const FenceId &fence) const;
	std::size_t job_count() const;
	/** "ctx7 #12" for a job, else who made the fence. */
	std::string name_of(const FenceId &fence) const;
};

/** Makes sense of the events. Throws std::runtime_error when there are none of drm_dep's. */
Timeline make_timeline(const RawTrace &trace);

} // namespace trace
