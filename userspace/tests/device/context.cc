/* SPDX-License-Identifier: MIT */
#include "context.h"

#include <cerrno>

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
	  code_buffer(device, code_bytes), data_buffer(device, data_bytes), queue(device, vm)
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

void expect_signalled(const vgpu::Syncobj &done)
{
	EXPECT_TRUE(done.wait(vgpu::Deadline::in(long_enough))) << "a job doesn't finish";
}

int status_of(const vgpu::Syncobj &done)
{
	expect_signalled(done);
	return vgpu::sync_file_status(done.export_sync_file().get());
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
