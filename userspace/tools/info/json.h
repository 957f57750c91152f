/* SPDX-License-Identifier: MIT */
#pragma once

#include <nlohmann/json.hpp>

#include "snapshot.h"
#include "usage.h"

namespace info
{

/* The same as the reports, for programs. Times are in ns, sizes in bytes, parts from 0 to 1. */
nlohmann::ordered_json to_json(const DeviceView &device);
nlohmann::ordered_json to_json(const Client &client);
nlohmann::ordered_json to_json(const DebugFs &debugfs);
nlohmann::ordered_json to_json(const Usage &usage);

} // namespace info
