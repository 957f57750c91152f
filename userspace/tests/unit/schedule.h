/* SPDX-License-Identifier: MIT */
#pragma once

#include <vector>

#include "model.h"
#include "random.h"
#include "world.h"

namespace stress
{

/**
 * Which jobs must have finished before which, as a device sees it: the order within each life of a
 * queue, the edges (except those that a test leaves out), and the checkpoints.
 */
class Schedule
{
public:
	explicit Schedule(const World &world, std::size_t left_out = SIZE_MAX) : world_(world)
	{
		std::vector<std::uint32_t> last(world.lives.size(), nobody);

		before_.resize(world.jobs.size());
		for (std::uint32_t i = 0; i < world.jobs.size(); i++) {
			std::uint32_t &previous = last[world.jobs[i].life];

			if (previous != nobody)
				before_[i].push_back(previous);
			previous = i;
		}
		for (std::size_t i = 0; i < world.edges.size(); i++)
			if (i != left_out)
				before_[world.edges[i].to].push_back(world.edges[i].from);
	}

	/** Some order that honours everything. */
	std::vector<std::uint32_t> random(Random &random) const
	{
		std::vector<std::uint32_t> order;

		for (const Phase &phase : world_.phases)
			random_phase(phase, random, order);
		return order;
	}

	/** The order that has @p late only after all that needn't come after it; empty if none. */
	std::vector<std::uint32_t> postpone(std::uint32_t late) const
	{
		std::vector<std::uint32_t> order;
		std::vector<bool> after(world_.jobs.size(), false);

		after[late] = true;
		for (const Phase &phase : world_.phases) {
			const std::uint32_t end = phase.first_job + phase.job_count;

			for (std::uint32_t i = phase.first_job; i < end; i++) {
				for (const std::uint32_t j : before_[i])
					after[i] = after[i] || after[j];
				if (!after[i] || late >= end || late < phase.first_job)
					order.push_back(i);
			}
			for (std::uint32_t i = phase.first_job; i < end; i++)
				if (after[i] && late < end && late >= phase.first_job)
					order.push_back(i);
		}
		return order;
	}

private:
	void random_phase(const Phase &phase, Random &random,
			  std::vector<std::uint32_t> &order) const
	{
		const std::uint32_t end = phase.first_job + phase.job_count;
		std::vector<std::vector<std::uint32_t>> next(world_.jobs.size());
		std::vector<std::uint32_t> missing(world_.jobs.size(), 0), ready;

		for (std::uint32_t i = phase.first_job; i < end; i++)
			for (const std::uint32_t j : before_[i])
				if (j >= phase.first_job) {
					next[j].push_back(i);
					missing[i]++;
				}
		for (std::uint32_t i = phase.first_job; i < end; i++)
			if (!missing[i])
				ready.push_back(i);
		while (!ready.empty()) {
			const std::size_t choice = random.below(ready.size());
			const std::uint32_t job = ready[choice];

			ready[choice] = ready.back();
			ready.pop_back();
			order.push_back(job);
			for (const std::uint32_t i : next[job])
				if (--missing[i] == 0)
					ready.push_back(i);
		}
	}

	const World &world_;
	std::vector<std::vector<std::uint32_t>> before_;
};

/** The fake device: executes the jobs in the order that it is told. */
inline Memory execute_in_order(const World &world, const std::vector<std::uint32_t> &order)
{
	Memory memory = first_contents(world);

	for (const std::uint32_t job : order)
		execute(world.jobs[job], memory);
	return memory;
}

/** A world that is small enough to be executed many times. */
inline Shape small_shape(std::uint64_t seed)
{
	Shape shape;

	shape.seed = seed;
	shape.processes = 3;
	shape.threads = 2;
	shape.queues = 4;
	shape.jobs = 240;
	shape.checkpoints = 2;
	shape.page_bytes = 512; /* less to execute; nothing here is mapped */
	shape.buffer_bytes = 512;
	shape.slots_per_buffer = 4;
	return shape;
}

} // namespace stress
