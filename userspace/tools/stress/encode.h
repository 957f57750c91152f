/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <vector>

#include <vgpu/command.h>

#include "layout.h"
#include "world.h"

namespace stress
{

/** Where a command buffer of a job is, counted in words from the start of all programs. */
struct Call {
	std::uint32_t first;
	std::uint32_t words;
};

/**
 * Appends the program of a job to @p program, in the device's own words.
 *
 * Behind each call comes a word that is no command: a device that reads on too far faults.
 */
std::vector<Call> encode(const Job &job, const Layout &layout, vgpu::CommandWriter &program);

} // namespace stress
