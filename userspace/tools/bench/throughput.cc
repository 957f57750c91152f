/* SPDX-License-Identifier: MIT */
#include "measurement.h"

#include <memory>

namespace bench
{

namespace
{

/* How many EXEC calls of a queue may be unfinished: enough that no engine waits for us. */
constexpr std::uint64_t depth = 4;

/* A queue and how far it is. */
struct Lane {
	Lane(const Rig &rig, std::uint32_t jobs) : queue(rig.device, rig.vm), timeline(rig.device)
	{
		for (std::uint32_t i = 0; i + 1 < jobs; i++)
			rig.nop(head, queue);
	}

	/* The last job signals; it says for all that were before it. */
	void submit(const Rig &rig)
	{
		vgpu::Exec exec = head;

		rig.nop(exec, queue).signal(timeline, ++submitted);
		exec.submit(rig.device);
	}

	vgpu::Queue queue;
	vgpu::Syncobj timeline;
	vgpu::Exec head;
	std::uint64_t submitted = 0;
};

/* @return jobs per second */
double run_slice(const Rig &rig, std::vector<std::unique_ptr<Lane>> &lanes, std::uint32_t jobs,
		 std::chrono::duration<double> time)
{
	const auto begin = Budget::Clock::now();
	std::uint64_t calls = 0;

	while (Budget::Clock::now() - begin < time && !tool::interrupted())
		for (auto &lane : lanes) {
			if (lane->submitted >= depth)
				Rig::wait(lane->timeline, lane->submitted + 1 - depth);
			lane->submit(rig);
			calls++;
		}
	for (auto &lane : lanes)
		if (lane->submitted)
			Rig::wait(lane->timeline, lane->submitted);
	const std::chrono::duration<double> taken = Budget::Clock::now() - begin;
	return static_cast<double>(calls * jobs) / taken.count();
}

std::vector<Result> measure(Rig &rig, const Budget &budget, std::uint32_t queues,
			    std::uint32_t jobs)
{
	std::vector<std::unique_ptr<Lane>> lanes;
	std::vector<double> rates;

	for (std::uint32_t i = 0; i < queues; i++)
		lanes.push_back(std::make_unique<Lane>(rig, jobs));
	while (budget.more(rates.size()))
		rates.push_back(run_slice(rig, lanes, jobs, budget.slice()));
	return {{"jobs", "1/s", std::move(rates)}};
}

} // namespace

std::vector<Measurement> throughput_measurements()
{
	std::vector<Measurement> all;

	for (const std::uint32_t queues : {1, 2, 4, 8})
		for (const std::uint32_t jobs : {1, 16, 128})
			all.push_back({"throughput",
				       "jobs that do nothing, so many queues, so many jobs in each "
				       "EXEC call, up to 4 calls of a queue not yet finished",
				       {{"queues", std::to_string(queues)},
					{"jobs", std::to_string(jobs)}},
				       [queues, jobs](Rig &rig, const Budget &budget) {
					       return measure(rig, budget, queues, jobs);
				       }});
	return all;
}

} // namespace bench
