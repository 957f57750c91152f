/* SPDX-License-Identifier: MIT */
#include "measurement.h"

namespace bench
{

namespace
{

double nanoseconds(Budget::Clock::duration time)
{
	return std::chrono::duration<double, std::nano>(time).count();
}

std::vector<Result> measure(Rig &rig, const Budget &budget, const vgpu::QueueOptions &options)
{
	vgpu::Queue queue(rig.device, rig.vm, options);
	const vgpu::Syncobj timeline(rig.device);
	std::vector<double> call, signal;

	for (std::uint64_t point = 1; budget.more(signal.size()); point++) {
		vgpu::Exec exec;

		rig.nop(exec, queue).signal(timeline, point);
		const auto begin = Budget::Clock::now();
		exec.submit(rig.device);
		const auto submitted = Budget::Clock::now();
		Rig::wait(timeline, point);
		const auto signalled = Budget::Clock::now();
		if (point == 1)
			continue; /* the queue is brought to the firmware for the first job */
		call.push_back(nanoseconds(submitted - begin));
		signal.push_back(nanoseconds(signalled - begin));
	}
	queue.destroy(vgpu::Destroy::when_idle);
	return {{"submit to signal", "ns", std::move(signal)},
		{"EXEC call", "ns", std::move(call)}};
}

} // namespace

std::vector<Measurement> latency_measurements()
{
	std::vector<Measurement> all;

	for (const auto &[engine, engine_class] : {std::pair("compute", DRM_VGPU_ENGINE_COMPUTE),
						   std::pair("copy", DRM_VGPU_ENGINE_COPY)})
		for (const auto &[completion, flags] :
		     {std::pair("fence", 0u),
		      std::pair("direct", DRM_VGPU_QUEUE_DIRECT_COMPLETION)}) {
			vgpu::QueueOptions options;

			options.engine_class = engine_class;
			options.flags = flags;
			all.push_back(
				{"latency",
				 "one job that does nothing on an idle queue, from before the "
				 "EXEC call until a wait for its sync object has returned",
				 {{"engine", engine}, {"completion", completion}},
				 [options](Rig &rig, const Budget &budget) {
					 return measure(rig, budget, options);
				 }});
		}
	return all;
}

} // namespace bench
