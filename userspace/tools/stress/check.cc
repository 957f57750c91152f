/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include <drm/vgpu_fw_drm.h>
#include <fmt/format.h>

namespace stress
{

namespace
{

constexpr std::size_t word_bytes = sizeof(std::uint64_t);

void report(const World &world, std::uint32_t phase, std::uint32_t buffer, std::uint64_t word,
	    std::uint64_t got, std::uint64_t expected, std::uint64_t more, SharedState &shared)
{
	const Phase &reached = world.phases[phase];
	const auto writer = last_writer(world, reached.first_job + reached.job_count, buffer, word);

	shared.fail(fmt::format(
		"mismatch in {} at byte {:#x}: got {:#018x}, expected {:#018x}; {}; {} more "
		"words of it differ (checkpoint {})",
		name_of_buffer(world, buffer), word * word_bytes, got, expected,
		writer ? "last written by " + name_of_job(world, *writer)
		       : std::string("no job ever wrote there"),
		more, phase + 1));
}

} // namespace

Stops known_stops(const World &world, const SharedState &shared)
{
	Stops stops(std::min<std::size_t>(world.lives.size(), max_killed_life));

	for (std::size_t i = 0; i < stops.size(); i++) {
		const StopSlot &slot = shared.stops[i];

		if (slot.known.load(std::memory_order_acquire))
			stops[i] = {slot.completed, slot.stopped != 0, slot.call, slot.word};
	}
	return stops;
}

std::string name_of_buffer(const World &world, std::uint32_t number)
{
	const Buffer &buffer = world.buffers[number];
	const char *kind = "";

	switch (buffer.kind) {
	case BufferKind::handed:
		kind = "shared by all";
		break;
	case BufferKind::constant:
		kind = "only read";
		break;
	case BufferKind::private_:
		kind = "private";
		break;
	case BufferKind::accumulator:
		kind = "accumulators";
		break;
	case BufferKind::guard:
		kind = "guard, never a target";
		break;
	case BufferKind::progress:
		kind = "progress of the queues";
		break;
	}
	if (buffer.shared())
		return fmt::format("buffer {} ({})", number, kind);
	return fmt::format("buffer {} ({}, process {})", number, kind, buffer.process);
}

std::string name_of_job(const World &world, std::uint32_t number)
{
	const std::uint32_t queue = world.jobs[number].queue;
	const Queue &properties = world.queues[queue];

	return fmt::format("job {} (queue {} of process {}, {} engine{})", number, queue,
			   properties.process,
			   properties.engine_class == DRM_VGPU_ENGINE_COPY ? "copy" : "compute",
			   properties.direct_completion ? ", direct completion" : "");
}

void check_buffer(const World &world, std::uint32_t phase, std::uint32_t buffer,
		  std::span<const std::uint64_t> got, std::span<const std::uint64_t> expected,
		  SharedState &shared)
{
	const bool all_foreseeable = world.buffers[buffer].kind != BufferKind::progress;
	std::uint64_t first = 0, first_got = 0, bad = 0;

	shared.bytes_verified.fetch_add(got.size_bytes());
	if (all_foreseeable && got.size() == expected.size() &&
	    std::memcmp(got.data(), expected.data(), got.size_bytes()) == 0)
		return;
	for (std::uint64_t i = 0; i < expected.size(); i++) {
		const std::uint64_t word = i < got.size() ? got[i] : ~expected[i];

		if (word == expected[i] || !is_foreseeable(world, buffer, i))
			continue;
		if (bad++ == 0) {
			first = i;
			first_got = word;
		}
	}
	if (bad) {
		shared.mismatches.fetch_add(bad);
		report(world, phase, buffer, first, first_got, expected[first], bad - 1, shared);
	}
}

void check_zero(const World &world, std::uint32_t buffer, std::span<const std::uint64_t> got,
		SharedState &shared)
{
	const auto bad = std::find_if(got.begin(), got.end(), [](std::uint64_t w) { return w; });

	shared.bytes_verified.fetch_add(got.size_bytes());
	if (bad == got.end())
		return;
	shared.mismatches.fetch_add(1);
	shared.fail(fmt::format("{} is new but not zero: byte {:#x} has {:#018x}",
				name_of_buffer(world, buffer),
				static_cast<std::size_t>(bad - got.begin()) * word_bytes, *bad));
}

std::uint64_t Progress::last_finished(std::uint32_t queue) const
{
	/* The device writes it at any time; a word at once. */
	const std::uint64_t &word = words_[queue * progress_words + progress_job];

	return std::min<std::uint64_t>(__atomic_load_n(&word, __ATOMIC_RELAXED),
				       world_->jobs.size());
}

std::uint64_t Progress::finished() const
{
	std::uint64_t jobs = 0;

	for (std::uint32_t queue = 0; queue < world_->queues.size(); queue++)
		if (const std::uint64_t last = last_finished(queue))
			jobs += world_->jobs[last - 1].ordinal + 1;
	return jobs;
}

std::uint32_t Progress::next_job(std::uint32_t queue) const
{
	for (std::uint64_t job = last_finished(queue); job < world_->jobs.size(); job++)
		if (world_->jobs[job].queue == queue && world_->jobs[job].first_bad == UINT32_MAX)
			return static_cast<std::uint32_t>(job);
	return nobody;
}

} // namespace stress
