/* SPDX-License-Identifier: MIT */
#include "measurement.h"

namespace bench
{

namespace
{

constexpr std::uint64_t page = 4096;

double nanoseconds(Budget::Clock::duration time)
{
	return std::chrono::duration<double, std::nano>(time).count();
}

/* One call that maps so many pages, each by an operation of its own, and one that removes them. */
std::vector<Result> measure_sync(Rig &rig, const Budget &budget, std::uint32_t ops)
{
	const vgpu::Buffer buffer(rig.device, page * ops);
	std::vector<drm_vgpu_bind_op> map, unmap;
	std::vector<double> map_times, unmap_times;

	for (std::uint32_t i = 0; i < ops; i++) {
		map.push_back(vgpu::map_op(buffer, Rig::free_va + page * i, page * i, page));
		unmap.push_back(vgpu::unmap_op(Rig::free_va + page * i, page));
	}
	while (budget.more(map_times.size())) {
		const auto begin = Budget::Clock::now();
		rig.vm.bind(map);
		const auto mapped = Budget::Clock::now();
		rig.vm.bind(unmap);
		const auto unmapped = Budget::Clock::now();

		map_times.push_back(nanoseconds(mapped - begin) / ops);
		unmap_times.push_back(nanoseconds(unmapped - mapped) / ops);
	}
	return {{"map a page", "ns", std::move(map_times)},
		{"unmap a page", "ns", std::move(unmap_times)}};
}

/* Many calls one after the other on a bind queue; the last signals. */
std::vector<Result> measure_async(Rig &rig, const Budget &budget)
{
	constexpr std::uint64_t calls = 64;
	const vgpu::Buffer buffer(rig.device, page);
	const vgpu::Syncobj timeline(rig.device);
	vgpu::Queue binder(rig.device, rig.vm, vgpu::QueueOptions::bind());
	std::vector<double> rates;
	std::uint64_t point = 0;

	while (budget.more(rates.size())) {
		const auto begin = Budget::Clock::now();

		for (std::uint64_t i = 0; i < calls / 2; i++) {
			vgpu::Bind().map(buffer, Rig::free_va).submit(rig.vm, binder);
			vgpu::Bind()
				.unmap(Rig::free_va, page)
				.signal(timeline, ++point)
				.submit(rig.vm, binder);
		}
		Rig::wait(timeline, point);
		const std::chrono::duration<double> taken = Budget::Clock::now() - begin;
		rates.push_back(static_cast<double>(calls) / taken.count());
	}
	binder.destroy(vgpu::Destroy::when_idle);
	return {{"calls", "1/s", std::move(rates)}};
}

} // namespace

std::vector<Measurement> bind_measurements()
{
	std::vector<Measurement> all;

	for (const std::uint32_t ops : {1, 64})
		all.push_back(
			{"bind",
			 "VM_BIND calls that map and unmap pages at once, so many operations a "
			 "call; the time is that of one operation",
			 {{"way", "sync"}, {"operations", std::to_string(ops)}},
			 [ops](Rig &rig, const Budget &budget) {
				 return measure_sync(rig, budget, ops);
			 }});
	all.push_back({"bind",
		       "VM_BIND calls on a bind queue, 64 one after the other that map and unmap a "
		       "page, until the last has signalled",
		       {{"way", "async"}, {"operations", "1"}},
		       measure_async});
	return all;
}

} // namespace bench
