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

void execute(const Job &job, Memory &memory)
{
	const std::size_t count = std::min<std::size_t>(job.commands.size(), job.first_bad);

	for (std::size_t i = 0; i < count; i++)
		execute(job.commands[i], memory);
}

std::vector<Memory> expected_contents(const World &world)
{
	std::vector<Memory> checkpoints;
	Memory memory = first_contents(world);

	for (const Phase &phase : world.phases) {
		for (std::uint32_t i = 0; i < phase.job_count; i++)
			execute(world.jobs[phase.first_job + i], memory);
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
