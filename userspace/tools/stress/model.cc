/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <algorithm>

#include "random.h"

namespace stress
{

namespace
{

constexpr std::uint64_t word_bytes = sizeof(std::uint64_t);

bool writes(const Command &command, std::uint32_t buffer, std::uint64_t word)
{
	std::uint64_t length = command.length;

	switch (command.op) {
	case Op::fill:
	case Op::copy:
	case Op::mix:
		break;
	case Op::store:
	case Op::timestamp:
		length = word_bytes;
		break;
	default:
		return false;
	}
	const std::uint64_t first = command.dst_offset / word_bytes;
	return command.dst == buffer && word >= first && word < first + length / word_bytes;
}

void execute(const Command &command, Memory &memory)
{
	const std::uint64_t count = command.length / word_bytes;
	std::uint64_t *dst = nullptr;
	const std::uint64_t *src = nullptr;

	switch (command.op) {
	case Op::fill:
	case Op::store:
	case Op::copy:
	case Op::mix:
		dst = memory[command.dst].data() + command.dst_offset / word_bytes;
		src = memory[command.src].data() + command.src_offset / word_bytes;
		break;
	default:
		return; /* no effect, or none that can be foreseen */
	}

	if (command.op == Op::fill)
		std::fill(dst, dst + count, command.value);
	else if (command.op == Op::store)
		*dst = command.value;
	else if (command.op == Op::copy)
		for (std::uint64_t i = 0; i < count; i++) /* ascending, also when they overlap */
			dst[i] = src[i];
	else
		for (std::uint64_t i = 0; i < count; i++)
			dst[i] = drm_vgpu_mix(dst[i], src[i], command.value, i);
}

} // namespace

std::vector<std::uint64_t> first_contents(const Buffer &buffer)
{
	std::vector<std::uint64_t> words(buffer.bytes / word_bytes, 0);
	Random random(buffer.seed);

	if (buffer.kind != BufferKind::progress)
		for (std::uint64_t &word : words)
			word = random.next();
	return words;
}

Memory first_contents(const World &world)
{
	Memory memory;

	memory.reserve(world.buffers.size());
	for (const Buffer &buffer : world.buffers)
		memory.push_back(first_contents(buffer));
	return memory;
}

std::uint32_t command_words(Op op)
{
	switch (op) {
	case Op::nop:
	case Op::unknown_operation:
		return 1;
	case Op::delay:
		return 2;
	case Op::store:
	case Op::timestamp:
		return 3;
	case Op::mix:
		return 5;
	default:
		return 4;
	}
}

std::optional<std::uint32_t> commands_before(const Job &job, std::uint32_t call, std::uint32_t word)
{
	std::uint32_t before = 0;

	/* The end of the last call is a place, too: nothing was left to do but to say so. */
	if (call == job.calls.size() && word == 0)
		return static_cast<std::uint32_t>(job.commands.size());
	if (call >= job.calls.size())
		return std::nullopt;
	for (std::uint32_t i = 0; i < call; i++)
		before += job.calls[i];
	for (std::uint32_t i = 0, at = 0; i <= job.calls[call]; i++) {
		if (at == word)
			return before + i;
		if (i < job.calls[call])
			at += command_words(job.commands[before + i].op);
	}
	return std::nullopt;
}

std::uint32_t effective_commands(const World &world, std::uint32_t number, const Stops &stops)
{
	const Job &job = world.jobs[number];
	const auto all = static_cast<std::uint32_t>(
		std::min<std::size_t>(job.commands.size(), job.first_bad));

	if (world.lives[job.life].death != Death::kill || job.life >= stops.size())
		return all;
	const Stop &stop = stops[job.life];
	if (job.ordinal_in_life < stop.completed)
		return all;
	if (job.ordinal_in_life > stop.completed || !stop.stopped)
		return 0;
	return std::min(all, commands_before(job, stop.call, stop.word).value_or(0));
}

void execute(const Job &job, std::uint32_t count, Memory &memory)
{
	for (std::uint32_t i = 0; i < count; i++)
		execute(job.commands[i], memory);
}

void execute(const Job &job, Memory &memory)
{
	execute(job,
		static_cast<std::uint32_t>(
			std::min<std::size_t>(job.commands.size(), job.first_bad)),
		memory);
}

void execute(const World &world, const Phase &phase, const Stops &stops, Memory &memory)
{
	for (std::uint32_t i = phase.first_job; i < phase.first_job + phase.job_count; i++)
		execute(world.jobs[i], effective_commands(world, i, stops), memory);
}

std::vector<Memory> expected_contents(const World &world)
{
	std::vector<Memory> checkpoints;
	Memory memory = first_contents(world);

	for (const Phase &phase : world.phases) {
		execute(world, phase, {}, memory);
		checkpoints.push_back(memory);
	}
	return checkpoints;
}

bool is_foreseeable(const World &world, std::uint32_t buffer, std::uint64_t word)
{
	return buffer != world.progress_buffer || word % progress_words != progress_time;
}

std::optional<std::uint32_t> last_writer(const World &world, std::uint32_t end,
					 std::uint32_t buffer, std::uint64_t word)
{
	while (end-- > 0) {
		const Job &job = world.jobs[end];
		const std::size_t count = std::min<std::size_t>(job.commands.size(), job.first_bad);

		for (std::size_t i = 0; i < count; i++)
			if (writes(job.commands[i], buffer, word))
				return end;
	}
	return std::nullopt;
}

} // namespace stress
