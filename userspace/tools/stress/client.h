/* SPDX-License-Identifier: MIT */
#pragma once

#include <chrono>
#include <map>
#include <vector>

#include <vgpu/vgpu.h>

#include "model.h"
#include "shared_state.h"
#include "world.h"

namespace stress
{

/** What the process that reports has made and exported before it forked the clients. */
struct Exports {
	std::map<std::uint32_t, vgpu::UniqueFd> buffers;      /* by number in the world */
	std::map<std::uint32_t, vgpu::UniqueFd> sync_objects; /* by number in the world */
};

/** Everything that a client needs to know. */
struct ClientContext {
	const World &world;
	const std::vector<Memory> &expected;
	const Exports &exports;
	SharedState &shared;
	std::chrono::milliseconds patience; /**< nothing happens for so long: stuck */
	bool drop_waits = false;	    /**< a defect on purpose: jobs wait for nothing */
};

/**
 * The life of one client process: opens the device, does its part of the list, checks its own
 * buffers at each checkpoint.
 *
 * @return the exit code: 0, or 1 when it has noted a failure
 */
int run_client(const ClientContext &context, std::uint32_t process);

} // namespace stress
