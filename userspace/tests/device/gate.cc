/* SPDX-License-Identifier: MIT */
#include "gate.h"

namespace
{

/* The device looks at each delay when it comes to it, so this is how long it goes on after open. */
constexpr std::uint64_t step_ns = 10'000'000;
constexpr std::size_t steps = 2000;
constexpr std::size_t words_per_step = 2;

} // namespace

Gate::Gate(Context &gpu, const vgpu::Queue &queue)
	: code_(gpu.device, 8 * words_per_step * steps), done_(gpu.device)
{
	vgpu::CommandWriter program;
	vgpu::Exec exec;

	for (std::size_t step = 0; step < steps; step++)
		program.delay(step_ns);
	program.copy_to(code_.words());
	gpu.vm.map(code_, va, vgpu::Access::read_only);
	exec.job(queue).call(va, program.size()).signal(done_);
	exec.submit(gpu.device);
}

Gate::~Gate()
{
	open();
	expect_signalled(done_);
}

void Gate::open() noexcept
{
	volatile std::uint64_t *words = code_.words().data();

	for (std::size_t step = 0; step < steps; step++)
		words[words_per_step * step + 1] = 0;
}
