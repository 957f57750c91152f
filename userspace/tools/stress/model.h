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

/** Does what the device does for a job: its commands in order, up to the first bad one. */
void execute(const Job &job, Memory &memory);

/** What all buffers contain at each checkpoint: the list executed one job after the other. */
std::vector<Memory> expected_contents(const World &world);

/** Whether the model knows this word; it can't know the device's time. */
bool is_foreseeable(const World &world, std::uint32_t buffer, std::uint64_t word);

/** The job of the list before @p end that wrote this word last, if there is one. */
std::optional<std::uint32_t> last_writer(const World &world, std::uint32_t end,
					 std::uint32_t buffer, std::uint64_t word);

} // namespace stress
