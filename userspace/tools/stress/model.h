/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "world.h"

namespace stress
{

/** The contents of all buffers of a world. */
using Memory = std::vector<std::vector<std::uint64_t>>;

/** What a buffer contains when the round begins. */
std::vector<std::uint64_t> first_contents(const Buffer &buffer);

/** What all buffers contain when the round begins. */
Memory first_contents(const World &world);

/** How far a life of a queue got that was killed, as the device says. */
struct Stop {
	std::uint64_t completed = UINT64_MAX; /**< jobs; by default all */
	bool stopped = false;		      /**< the next one has stopped half way */
	std::uint32_t call = 0;
	std::uint32_t word = 0;
};

/** How far each killed life got, by its number; of others nothing is looked at. */
using Stops = std::vector<Stop>;

/** How many words a command has. */
std::uint32_t command_words(Op op);

/** How many commands of a job come before this place; none when no command begins there. */
std::optional<std::uint32_t> commands_before(const Job &job, std::uint32_t call,
					     std::uint32_t word);

/** How many commands of a job take effect. Without stops what is killed ends by itself. */
std::uint32_t effective_commands(const World &world, std::uint32_t job, const Stops &stops = {});

/** Does what the device does for a job: so many of its commands, in their order. */
void execute(const Job &job, std::uint32_t count, Memory &memory);

/** The same, up to the first bad one. */
void execute(const Job &job, Memory &memory);

/** Executes one phase after the other. */
void execute(const World &world, const Phase &phase, const Stops &stops, Memory &memory);

/** What all buffers contain at each checkpoint: the list executed one job after the other. */
std::vector<Memory> expected_contents(const World &world);

/** Whether the model knows this word; it can't know the device's time. */
bool is_foreseeable(const World &world, std::uint32_t buffer, std::uint64_t word);

/** The job of the list before @p end that wrote this word last, if there is one. */
std::optional<std::uint32_t> last_writer(const World &world, std::uint32_t end,
					 std::uint32_t buffer, std::uint64_t word);

} // namespace stress
