/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <drm/vgpu_fw_drm.h>

#include <vgpu/ioctl.h>

namespace vgpu
{

/**
 * An open vgpu_fw device.
 *
 * Handles belong to one open file: two Devices share nothing but what is exported from one and
 * imported into the other. Objects that were made with a Device keep its file open, so the order
 * in which they go away doesn't matter.
 *
 * @code
 * vgpu::Device device = vgpu::Device::open();
 * vgpu::Vm vm(device);
 * vgpu::Queue queue(device, vm);
 * vgpu::Buffer data(device, 4096), commands(device, 4096);
 * vgpu::Syncobj done(device);
 *
 * vm.map(data, 0x100000);
 * vm.map(commands, 0x200000, vgpu::Access::read_only);
 * vgpu::CommandWriter program;
 * program.fill(0x100000, 4096, 42);
 * program.copy_to(commands.words());
 *
 * vgpu::Exec exec;
 * exec.job(queue).call(0x200000, program.size()).signal(done);
 * exec.submit(device);
 * done.wait(vgpu::Deadline::in(std::chrono::seconds(1)));
 * @endcode
 */
class Device
{
public:
	/** Opens the first vgpu_fw device. Throws Error with ENODEV when there is none. */
	static Device open();

	/** Whether there is a vgpu_fw device that can be opened. */
	static bool present();

	/** Uses @p io, which may be a test's own. Asks the device for its limits. */
	explicit Device(std::shared_ptr<Ioctl> io);

	/** The device's limits, as they were when it was opened. */
	const drm_vgpu_info &info() const noexcept { return info_; }

	/** The device's limits and its clock, as they are now. */
	drm_vgpu_info query_info() const;

	/** The device's clock in nanoseconds, which a STORE of the time writes. */
	std::uint64_t device_time() const { return query_info().device_time_ns; }

	/** The classes of engines. */
	std::vector<drm_vgpu_engine_info> engines() const;

	/** Makes a call; throws Error. @p attempt completes "could not ...". */
	void call(unsigned long request, void *arg, const char *name, const char *attempt) const
	{
		check_call(*io_, request, arg, name, attempt);
	}

	Ioctl &io() const noexcept { return *io_; }
	const std::shared_ptr<Ioctl> &shared_io() const noexcept { return io_; }

	static void check_call(Ioctl &io, unsigned long request, void *arg, const char *name,
			       const char *attempt);

private:
	std::shared_ptr<Ioctl> io_;
	drm_vgpu_info info_{};
};

/** Opens a new file of the first vgpu_fw device; empty when there is none. */
UniqueFd open_device_file();

} // namespace vgpu
