/* SPDX-License-Identifier: MIT */
#include "snapshot.h"

namespace info
{

DeviceView look_at_device(const vgpu::Device &device)
{
	return {tool::driver_version(device.io().fd()), device.info(), device.engines()};
}

Snapshot take_snapshot(const Sources &sources)
{
	Snapshot snapshot;

	snapshot.at = std::chrono::steady_clock::now();
	snapshot.clients = find_clients(sources.proc, sources.driver);
	snapshot.debugfs = read_debugfs(sources.debugfs, sources.driver);
	return snapshot;
}

} // namespace info
