/* SPDX-License-Identifier: MIT */
#include "measurement.h"

#include <deque>

namespace bench
{

namespace
{

constexpr std::uint64_t links = 64;

std::vector<Result> measure(Rig &rig, const Budget &budget, std::uint32_t queues)
{
	const vgpu::Syncobj timeline(rig.device);
	std::deque<vgpu::Queue> lanes;
	std::vector<double> times;
	std::uint64_t point = 0;

	for (std::uint32_t i = 0; i < queues; i++)
		lanes.emplace_back(rig.device, rig.vm);
	while (budget.more(times.size())) {
		vgpu::Exec exec;

		for (std::uint64_t i = 0; i < links; i++) {
			vgpu::Job &job = rig.nop(exec, lanes[i % queues]);

			if (i)
				job.wait(timeline, point);
			job.signal(timeline, ++point);
		}
		const auto begin = Budget::Clock::now();
		exec.submit(rig.device);
		Rig::wait(timeline, point);
		const std::chrono::duration<double, std::nano> taken = Budget::Clock::now() - begin;
		times.push_back(taken.count() / links);
	}
	return {{"link", "ns", std::move(times)}};
}

} // namespace

std::vector<Measurement> chain_measurements()
{
	std::vector<Measurement> all;

	for (const std::uint32_t queues : {1, 2, 4})
		all.push_back(
			{"chain",
			 "64 jobs that do nothing in one EXEC call, dealt out to so many queues, "
			 "each waits for the one before by a timeline; the time is that of one job",
			 {{"queues", std::to_string(queues)}},
			 [queues](Rig &rig, const Budget &budget) {
				 return measure(rig, budget, queues);
			 }});
	return all;
}

} // namespace bench
