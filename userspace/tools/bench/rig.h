/* SPDX-License-Identifier: MIT */
#pragma once

#include <chrono>
#include <cstdint>

#include <vgpu/vgpu.h>

namespace bench
{

/** A client with a program that does nothing, which is what all jobs run. */
class Rig
{
public:
	static constexpr std::uint64_t code_va = 0x10000000;
	/** Here a measurement may map what it likes, and must remove it again. */
	static constexpr std::uint64_t free_va = 0x20000000;

	explicit Rig(vgpu::Device opened);

	/** Adds a job that does nothing. */
	vgpu::Job &nop(vgpu::Exec &exec, const vgpu::Queue &queue) const
	{
		return exec.job(queue).call(code_va, 1);
	}

	/** Waits for a point, which must come soon. Throws std::runtime_error when it doesn't. */
	static void wait(const vgpu::Syncobj &timeline, std::uint64_t point);

	vgpu::Device device;
	vgpu::Vm vm;

private:
	vgpu::Buffer code_;
};

} // namespace bench
