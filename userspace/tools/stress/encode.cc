/* SPDX-License-Identifier: MIT */
#include "encode.h"

namespace stress
{

namespace
{

constexpr std::uint64_t word_bytes = sizeof(std::uint64_t);
constexpr std::uint64_t no_command = DRM_VGPU_CMD_HEADER(0xff, 0, 1);

void encode(const Command &command, const Layout &layout, vgpu::CommandWriter &program)
{
	const std::uint64_t dst = layout.va(command.dst) + command.dst_offset;
	const std::uint64_t src = layout.va(command.src) + command.src_offset;
	const std::uint64_t hole = layout.hole_va(command.value);

	switch (command.op) {
	case Op::nop:
		program.nop();
		break;
	case Op::fill:
	case Op::write_read_only:
		program.fill(dst, command.length, command.value);
		break;
	case Op::copy:
		program.copy(dst, src, command.length);
		break;
	case Op::mix:
		program.mix(dst, src, command.length, command.value);
		break;
	case Op::store:
		program.store(dst, command.value);
		break;
	case Op::timestamp:
		program.store_timestamp(dst);
		break;
	case Op::delay:
		program.delay(command.value);
		break;
	case Op::write_unmapped:
		program.fill(hole, command.length, command.value);
		break;
	case Op::read_unmapped:
		program.copy(dst, hole, command.length);
		break;
	case Op::runs_into_hole:
		/* Begins in a guard page, which must stay as it is: no command half happens. */
		program.fill(hole - command.length, command.length + word_bytes, command.value);
		break;
	case Op::unknown_operation:
		program.raw(no_command);
		break;
	case Op::unaligned:
		program.fill(dst + word_bytes / 2, command.length, command.value);
		break;
	}
}

} // namespace

std::vector<Call> encode(const Job &job, const Layout &layout, vgpu::CommandWriter &program)
{
	std::vector<Call> calls;
	std::size_t next = 0;

	for (const std::uint32_t count : job.calls) {
		const std::uint32_t first = program.size();

		for (const std::size_t end = next + count; next < end; next++)
			encode(job.commands[next], layout, program);
		calls.push_back({first, program.size() - first});
		program.raw(no_command);
	}
	return calls;
}

} // namespace stress
