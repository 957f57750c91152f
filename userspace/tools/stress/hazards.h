/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <vector>

#include "world.h"

namespace stress
{

/** Remembers who touched each slot, and says which jobs a new access must come after. */
class Hazards
{
public:
	explicit Hazards(std::size_t slots) : slots_(slots) {}

	/** One access of the job that is being made. */
	struct Access {
		std::uint32_t slot;
		bool write;
	};

	/** The jobs that must have finished before these accesses; later ones first, no doubles. */
	std::vector<std::uint32_t> predecessors(const std::vector<Access> &accesses) const;

	/** Notes that @p job, of @p queue, makes these accesses. */
	void note(const std::vector<Access> &accesses, std::uint32_t job, std::uint32_t queue);

	/** Everything so far has finished. */
	void forget();

private:
	struct Reader {
		std::uint32_t job;
		std::uint32_t queue;
	};
	struct Slot {
		std::uint32_t writer = UINT32_MAX;
		std::vector<Reader> readers; /* since the last write, the latest of each queue */
	};

	std::vector<Slot> slots_;
};

/** Knows which jobs are ordered before which, by queues and edges together. */
class Order
{
public:
	explicit Order(std::size_t queues) : queues_(queues), last_(queues, UINT32_MAX) {}

	/** Begins the next job of the list, the @p ordinal -th of @p queue. */
	void begin(std::uint32_t queue, std::uint32_t ordinal);

	/** Whether @p job is known to have finished before the job that was begun starts. */
	bool covers(std::uint32_t job) const;

	/** The job that was begun waits for @p job. */
	void wait_for(std::uint32_t job);

private:
	struct Entry {
		std::uint32_t queue;
		std::uint32_t ordinal;
		/* How many jobs of each queue have finished when this one has. */
		std::vector<std::uint32_t> finished;
	};

	void merge(const Entry &other);

	std::size_t queues_;
	std::vector<std::uint32_t> last_; /* job of each queue */
	std::vector<Entry> jobs_;
};

} // namespace stress
