/* SPDX-License-Identifier: MIT */
#include "context.h"

#include <cerrno>
#include <thread>

#include <poll.h>

namespace
{

vgpu::UniqueFd open_or_throw()
{
	vgpu::UniqueFd fd = vgpu::open_device_file();

	if (!fd)
		throw vgpu::Error(ENODEV, "open", "find a vgpu_fw device");
	return fd;
}

} // namespace

Context::Context()
	: io(std::make_shared<vgpu::DrmIoctl>(open_or_throw())), device(io), vm(device),
	  code_buffer(device, code_bytes), data_buffer(device, data_bytes),
	  queue(device, vm, patient(device))
{
	vm.map(code_buffer, code_va, vgpu::Access::read_only);
	vm.map(data_buffer, data_va);
}

Call Context::place(const vgpu::CommandWriter &program)
{
	const Call call = {code_va + 8 * std::uint64_t{code_used_}, program.size()};

	program.copy_to(code_buffer.words().subspan(code_used_));
	code_used_ += program.size();
	return call;
}

void Context::submit(const vgpu::Queue &on, const vgpu::CommandWriter &program,
		     const vgpu::Syncobj &done)
{
	const Call call = place(program);
	vgpu::Exec exec;

	exec.job(on).call(call.va, call.words).signal(done);
	exec.submit(device);
}

int Context::run(const vgpu::Queue &on, const vgpu::CommandWriter &program)
{
	const vgpu::Syncobj done(device);

	submit(on, program, done);
	return status_of(done);
}

int Context::run(const vgpu::CommandWriter &program)
{
	const int status = run(queue, program);

	if (status < 0)
		queue = vgpu::Queue(device, vm, patient(device)); /* that one is banned */
	return status;
}

void Context::wait_for_change(std::size_t word, std::uint64_t value)
{
	const auto deadline = vgpu::Deadline::in(long_enough);

	/* The device tells nobody when it writes, so look. */
	while (peek(word) == value) {
		ASSERT_FALSE(deadline.passed()) << "word " << word << " stays at " << value;
		std::this_thread::sleep_for(100us);
	}
}

vgpu::QueueOptions patient(const vgpu::Device &device, vgpu::QueueOptions options)
{
	options.timeout_ms = device.info().max_timeout_ms;
	return options;
}

void expect_signalled(const vgpu::Syncobj &done)
{
	EXPECT_TRUE(done.wait(vgpu::Deadline::in(long_enough))) << "a job doesn't finish";
}

int status_of(const vgpu::Syncobj &done)
{
	expect_signalled(done);
	return vgpu::sync_file_status(done.export_sync_file().get());
}

int status_of(const vgpu::UniqueFd &fence)
{
	pollfd p = {fence.get(), POLLIN, 0};
	const int limit = static_cast<int>(
		std::chrono::duration_cast<std::chrono::milliseconds>(long_enough).count());

	EXPECT_EQ(poll(&p, 1, limit), 1) << "a fence never signals";
	return vgpu::sync_file_status(fence.get());
}

bool is_pending(const vgpu::Syncobj &done)
{
	return vgpu::sync_file_status(done.export_sync_file().get()) == 0;
}

bool has_no_fence(const vgpu::Syncobj &syncobj)
{
	try {
		syncobj.wait(vgpu::Deadline::now());
		return false;
	} catch (const vgpu::Error &error) {
		return error.code() == EINVAL;
	}
}

vgpu::CommandWriter link(std::uint64_t word_va, std::uint64_t number)
{
	vgpu::CommandWriter program;

	/* The source is the word itself: the result depends on nothing else. */
	program.mix(word_va, word_va, 8, number);
	return program;
}

std::uint64_t chain(std::uint64_t start, const std::vector<std::uint64_t> &numbers)
{
	for (const std::uint64_t number : numbers)
		start = drm_vgpu_mix(start, start, number, 0);
	return start;
}
