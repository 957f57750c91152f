/* SPDX-License-Identifier: MIT */
#pragma once

#include "context.h"

/**
 * A job that runs until it is told to end, so that what waits for it waits for sure. One at a time
 * per client. After 20 seconds it ends by itself. Its queue must allow jobs that take as long: see
 * patient().
 */
class Gate
{
public:
	static constexpr std::uint64_t va = 0x40000000;

	Gate(Context &gpu, const vgpu::Queue &queue);
	Gate(const Gate &) = delete;
	Gate &operator=(const Gate &) = delete;
	/** Tells it to end, and waits until it has. */
	~Gate();

	/** Signals when the job has ended. */
	const vgpu::Syncobj &done() const { return done_; }

	/** Tells it to end. */
	void open() noexcept;

private:
	vgpu::Buffer code_;
	vgpu::Syncobj done_;
};
