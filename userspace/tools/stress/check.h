/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "model.h"
#include "shared_state.h"
#include "world.h"

namespace stress
{

/** How far the killed queues got, as far as it is known by now. */
Stops known_stops(const World &world, const SharedState &shared);

/** "buffer 3 (private to process 1)" */
std::string name_of_buffer(const World &world, std::uint32_t buffer);

/** "job 17 (queue 2 of process 1, copy engine)" */
std::string name_of_job(const World &world, std::uint32_t job);

/**
 * Compares every byte of a buffer with the model, and notes what differs.
 *
 * @param phase the checkpoint that has been reached
 */
void check_buffer(const World &world, std::uint32_t phase, std::uint32_t buffer,
		  std::span<const std::uint64_t> got, std::span<const std::uint64_t> expected,
		  SharedState &shared);

/** Checks that a buffer is all zeroes, as a new one must be. */
void check_zero(const World &world, std::uint32_t buffer, std::span<const std::uint64_t> got,
		SharedState &shared);

/**
 * Reads the buffer of progress: the last words of jobs to arrive there are proof of how far each
 * queue is.
 */
class Progress
{
public:
	Progress(const World &world, std::span<const std::uint64_t> words)
		: world_(&world), words_(words)
	{
	}

	/** How many jobs have finished in all, planned faults not counted exactly. */
	std::uint64_t finished() const;

	/** The job of a queue that is next to finish; nobody when there is none. */
	std::uint32_t next_job(std::uint32_t queue) const;

private:
	std::uint64_t last_finished(std::uint32_t queue) const; /* plus one; 0: none */

	const World *world_;
	std::span<const std::uint64_t> words_;
};

} // namespace stress
