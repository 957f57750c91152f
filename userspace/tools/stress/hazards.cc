/* SPDX-License-Identifier: MIT */
#include "hazards.h"

#include <algorithm>
#include <functional>

namespace stress
{

std::vector<std::uint32_t> Hazards::predecessors(const std::vector<Access> &accesses) const
{
	std::vector<std::uint32_t> jobs;

	for (const Access &access : accesses) {
		const Slot &slot = slots_[access.slot];

		if (slot.writer != UINT32_MAX)
			jobs.push_back(slot.writer);
		if (access.write)
			for (const Reader &reader : slot.readers)
				jobs.push_back(reader.job);
	}
	std::sort(jobs.begin(), jobs.end(), std::greater<>());
	jobs.erase(std::unique(jobs.begin(), jobs.end()), jobs.end());
	return jobs;
}

void Hazards::note(const std::vector<Access> &accesses, std::uint32_t job, std::uint32_t queue)
{
	for (const Access &access : accesses) {
		Slot &slot = slots_[access.slot];

		if (access.write) {
			slot.writer = job;
			slot.readers.clear();
		}
	}
	/* Second, so that what a job reads and writes is noted as written only. */
	for (const Access &access : accesses) {
		Slot &slot = slots_[access.slot];

		if (access.write || slot.writer == job)
			continue;
		const auto same = std::find_if(slot.readers.begin(), slot.readers.end(),
					       [=](const Reader &r) { return r.queue == queue; });
		if (same != slot.readers.end())
			same->job = job;
		else
			slot.readers.push_back({job, queue});
	}
}

void Hazards::forget()
{
	for (Slot &slot : slots_)
		slot = {};
}

void Order::begin(std::uint32_t queue, std::uint32_t ordinal)
{
	const auto number = static_cast<std::uint32_t>(jobs_.size());
	const std::uint32_t before = last_[queue];

	jobs_.push_back({queue, ordinal, std::vector<std::uint32_t>(queues_, 0)});
	if (before != UINT32_MAX)
		merge(jobs_[before]);
	jobs_.back().finished[queue] = ordinal + 1;
	last_[queue] = number;
}

void Order::merge(const Entry &other)
{
	std::vector<std::uint32_t> &finished = jobs_.back().finished;

	for (std::size_t i = 0; i < queues_; i++)
		finished[i] = std::max(finished[i], other.finished[i]);
}

bool Order::covers(std::uint32_t job) const
{
	return jobs_.back().finished[jobs_[job].queue] > jobs_[job].ordinal;
}

void Order::wait_for(std::uint32_t job)
{
	merge(jobs_[job]);
}

} // namespace stress
