/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>
#include <vector>

#include <common/kernel.h>

#include "snapshot.h"
#include "usage.h"

namespace info
{

/** For people: the device and its limits. */
std::string describe_device(const DeviceView &device, const tool::Kernel &kernel);

/** For people: who has the device open, and what they have used since. */
std::string describe_clients(const std::vector<Client> &clients);

/** For people: all queues, and the counters of the device. */
std::string describe_queues(const DebugFs &debugfs);

/** For people: what happened in the last while, line by line. */
std::vector<std::string> describe_usage(const Usage &usage);

/** "vgpu-stress(42)", for each process that holds the file. */
std::string names_of(const std::vector<Holder> &holders);

} // namespace info
