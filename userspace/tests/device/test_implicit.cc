/* SPDX-License-Identifier: MIT */

/* Order by the buffers that jobs say they use, between queues, files and processes. */

#include <cerrno>
#include <functional>
#include <optional>
#include <vector>

#include <vgpu/dma_buf.h>

#include "context.h"
#include "gate.h"
#include "process.h"
#include "style.h"

namespace
{

constexpr std::uint64_t first_word = Context::data_va;

class Implicit : public StyleTest
{
protected:
	/* A job that says that it uses the data. */
	void submit(Context &client, const vgpu::Queue &queue, const vgpu::CommandWriter &program,
		    const vgpu::Buffer &buffer, vgpu::BufferUse use, const vgpu::Syncobj &done)
	{
		const Call call = client.place(program);
		vgpu::Exec exec;

		exec.job(queue).call(call.va, call.words).use(buffer, use).signal(done);
		exec.submit(client.device);
	}

	/* The same, but it has to wait for the gate. */
	void submit_held(Gate &gate, const vgpu::CommandWriter &program, vgpu::BufferUse use,
			 const vgpu::Syncobj &done)
	{
		const Call call = gpu.place(program);
		vgpu::Exec exec;

		exec.job(held_)
			.call(call.va, call.words)
			.wait(gate.done())
			.use(gpu.data_buffer, use)
			.signal(done);
		exec.submit(gpu.device);
	}

	const vgpu::Queue held_ = make(), free_ = make();
	const vgpu::Syncobj first_{gpu.device}, second_{gpu.device};
};

TEST_P(Implicit, AReaderWaitsForAWriter)
{
	Gate gate(gpu, gpu.queue);

	submit_held(gate, link(first_word, 1), vgpu::BufferUse::write, first_);
	submit(gpu, free_, vgpu::CommandWriter().copy(gpu.data_address(1), first_word, 8),
	       gpu.data_buffer, vgpu::BufferUse::read, second_);
	gate.open();
	EXPECT_EQ(status_of(second_), 1);
	EXPECT_EQ(gpu.data(1), chain(0, {1}));
}

TEST_P(Implicit, AWriterWaitsForAReaderAndForAWriter)
{
	for (const vgpu::BufferUse use : {vgpu::BufferUse::read, vgpu::BufferUse::write}) {
		Gate gate(gpu, gpu.queue);

		gpu.data(0) = 1;
		submit_held(gate, vgpu::CommandWriter().copy(gpu.data_address(1), first_word, 8),
			    use, first_);
		submit(gpu, free_, vgpu::CommandWriter().store(first_word, 2), gpu.data_buffer,
		       vgpu::BufferUse::write, second_);
		gate.open();
		EXPECT_EQ(status_of(second_), 1);
		EXPECT_EQ(vgpu::sync_file_status(first_.export_sync_file().get()), 1);
		EXPECT_EQ(gpu.data(1), 1u);
		EXPECT_EQ(gpu.data(0), 2u);
	}
}

TEST_P(Implicit, ReadersDoNotWaitForEachOther)
{
	Gate gate(gpu, gpu.queue);

	submit_held(gate, vgpu::CommandWriter().nop(), vgpu::BufferUse::read, first_);
	submit(gpu, free_, vgpu::CommandWriter().nop(), gpu.data_buffer, vgpu::BufferUse::read,
	       second_);
	EXPECT_EQ(status_of(second_), 1);
	EXPECT_TRUE(is_pending(first_));
	gate.open();
}

TEST_P(Implicit, WhoSaysNothingWaitsForNobody)
{
	Gate gate(gpu, gpu.queue);

	submit_held(gate, vgpu::CommandWriter().nop(), vgpu::BufferUse::write, first_);
	EXPECT_EQ(gpu.run(free_, vgpu::CommandWriter().nop()), 1);
	EXPECT_TRUE(is_pending(first_));
	gate.open();
}

/* A chain over two files, which only the buffer orders. */
TEST_P(Implicit, OrdersTwoFiles)
{
	Context other;
	vgpu::Buffer shared = vgpu::Buffer::import(other.device, gpu.data_buffer.export_fd().get());
	const vgpu::Queue theirs(other.device, other.vm, GetParam().options());
	const vgpu::Syncobj their_done(other.device);
	std::vector<std::uint64_t> numbers;

	other.vm.map(shared, Context::hole_va);
	for (std::uint64_t i = 0; i < 40; i++) {
		vgpu::CommandWriter program;
		const std::uint64_t va = i % 2 ? Context::hole_va : first_word;

		if (i % 8 < 2)
			program.delay(2'000'000);
		program.mix(va, va, 8, i);
		if (i % 2)
			submit(other, theirs, program, shared, vgpu::BufferUse::write, their_done);
		else
			submit(gpu, free_, program, gpu.data_buffer, vgpu::BufferUse::write,
			       first_);
		numbers.push_back(i);
	}
	EXPECT_EQ(status_of(first_), 1);
	EXPECT_EQ(status_of(their_done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_P(Implicit, OrdersTwoProcesses)
{
	const vgpu::UniqueFd fd = gpu.data_buffer.export_fd();
	std::optional<Gate> gate(std::in_place, gpu, gpu.queue);

	Child child([&](Child &self) {
		Context mine;
		vgpu::Buffer shared = vgpu::Buffer::import(mine.device, fd.get());
		const vgpu::Queue queue(mine.device, mine.vm, GetParam().options());
		const vgpu::Syncobj done(mine.device);

		mine.vm.map(shared, Context::hole_va);
		self.ready();
		self.wait_for_parent();
		submit(mine, queue, link(Context::hole_va, 2), shared, vgpu::BufferUse::write,
		       done);
		self.ready();
		return status_of(done) == 1 ? 0 : 1;
	});
	ASSERT_TRUE(child.wait_until_ready());
	submit_held(*gate, link(first_word, 1), vgpu::BufferUse::write, first_);
	child.go_on();
	ASSERT_TRUE(child.wait_until_ready());
	submit(gpu, free_, link(first_word, 3), gpu.data_buffer, vgpu::BufferUse::write, second_);
	gate->open();
	EXPECT_EQ(status_of(second_), 1);
	EXPECT_EQ(child.result(), 0);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2, 3}));
}

TEST_P(Implicit, TheBufferKnowsItsFences)
{
	const vgpu::UniqueFd buffer = gpu.data_buffer.export_fd();
	vgpu::UniqueFd to_read, to_write;
	{
		Gate gate(gpu, gpu.queue);

		submit_held(gate, vgpu::CommandWriter().nop(), vgpu::BufferUse::read, first_);
		to_read = vgpu::dma_buf_export_sync_file(buffer.get(), vgpu::BufferUse::read);
		to_write = vgpu::dma_buf_export_sync_file(buffer.get(), vgpu::BufferUse::write);
		EXPECT_EQ(vgpu::sync_file_status(to_read.get()), 1) << "a reader needn't wait";
		EXPECT_EQ(vgpu::sync_file_status(to_write.get()), 0) << "a writer must";
		gate.open();
	}
	EXPECT_EQ(status_of(to_write), 1);
}

TEST_P(Implicit, AFenceThatIsPutIntoTheBufferIsWaitedFor)
{
	const vgpu::UniqueFd buffer = gpu.data_buffer.export_fd();
	Gate gate(gpu, gpu.queue);

	vgpu::dma_buf_import_sync_file(buffer.get(), vgpu::BufferUse::write,
				       gate.done().export_sync_file().get());
	submit(gpu, free_, vgpu::CommandWriter().nop(), gpu.data_buffer, vgpu::BufferUse::read,
	       second_);
	EXPECT_EQ(gpu.run(held_, vgpu::CommandWriter().nop()), 1);
	EXPECT_TRUE(is_pending(second_));
	gate.open();
	EXPECT_EQ(status_of(second_), 1);
}

/* A job of the call that comes later waits for the one before, too. */
TEST_P(Implicit, WithinOneCall)
{
	const Call a =
		gpu.place(vgpu::CommandWriter().delay(5'000'000).mix(first_word, first_word, 8, 1));
	const Call b = gpu.place(link(first_word, 2));
	vgpu::Exec exec;

	exec.job(held_).call(a.va, a.words).use(gpu.data_buffer, vgpu::BufferUse::write);
	exec.job(free_)
		.call(b.va, b.words)
		.use(gpu.data_buffer, vgpu::BufferUse::write)
		.signal(second_);
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(second_), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2}));
}

INSTANTIATE_TEST_SUITE_P(Styles, Implicit, ::testing::ValuesIn(all_styles()), name_of<Style>);

struct UseMistake {
	const char *name;
	int error;
	std::function<void(drm_vgpu_job &, std::vector<drm_vgpu_bo_use> &, std::uint32_t max)> make;
};

class UseNegative : public DeviceTest, public ::testing::WithParamInterface<UseMistake>
{
protected:
	UseNegative()
	{
		const Call code = gpu.place(vgpu::CommandWriter().store(gpu.data_address(0), 1));

		call_ = {code.va, code.words, 0};
		sync_ = {done_.handle(), DRM_VGPU_SYNC_SIGNAL, 0};
		job_.queue = gpu.queue.id();
		job_.calls = {sizeof(call_), 1, reinterpret_cast<__u64>(&call_)};
		job_.syncs = {sizeof(sync_), 1, reinterpret_cast<__u64>(&sync_)};
		uses_ = {{gpu.data_buffer.handle(), DRM_VGPU_BO_USE_WRITE},
			 {gpu.code_buffer.handle(), 0}};
		uses_.reserve(2000);
		job_.bos = {sizeof(uses_[0]), 2, reinterpret_cast<__u64>(uses_.data())};
		args_.jobs = {sizeof(job_), 1, reinterpret_cast<__u64>(&job_)};
	}

	int call() { return gpu.ioctl(DRM_IOCTL_VGPU_EXEC, &args_); }

	const vgpu::Syncobj done_{gpu.device};
	drm_vgpu_call call_ = {};
	drm_vgpu_sync sync_ = {};
	drm_vgpu_job job_ = {};
	drm_vgpu_exec args_ = {};
	std::vector<drm_vgpu_bo_use> uses_;
};

TEST_P(UseNegative, IsRefusedAndNothingIsSubmitted)
{
	GetParam().make(job_, uses_, gpu.device.info().max_bos);
	EXPECT_EQ(call(), GetParam().error);
	EXPECT_TRUE(has_no_fence(done_));
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
	EXPECT_EQ(gpu.data(0), 0u);
}

TEST_F(UseNegative, TheSameWithoutAMistakeWorks)
{
	EXPECT_EQ(call(), 0);
	EXPECT_EQ(status_of(done_), 1);
	EXPECT_EQ(gpu.data(0), 1u);
}

TEST_F(UseNegative, EachUnknownFlag)
{
	for (int bit = 0; bit < 32; bit++)
		if (1u << bit != DRM_VGPU_BO_USE_WRITE) {
			uses_[0].flags = 1u << bit;
			EXPECT_EQ(call(), -EINVAL) << bit;
		}
	EXPECT_TRUE(has_no_fence(done_));
}

INSTANTIATE_TEST_SUITE_P(
	Mistakes, UseNegative,
	::testing::Values(
		UseMistake{"NoHandle", -ENOENT, [](auto &, auto &u, auto) { u[1].handle = 0; }},
		UseMistake{"UnknownHandle", -ENOENT,
			   [](auto &, auto &u, auto) { u[1].handle += 1000; }},
		UseMistake{"TheSameBufferTwice", -EINVAL,
			   [](auto &, auto &u, auto) { u[1].handle = u[0].handle; }},
		UseMistake{"PointerWithoutCount", -EINVAL,
			   [](auto &j, auto &, auto) { j.bos.count = 0; }},
		UseMistake{"StrideZero", -EINVAL, [](auto &j, auto &, auto) { j.bos.stride = 0; }},
		UseMistake{"StrideUnaligned", -EINVAL,
			   [](auto &j, auto &, auto) { j.bos.stride += 4; }},
		UseMistake{"NoPointer", -EFAULT, [](auto &j, auto &, auto) { j.bos.ptr = 0; }},
		UseMistake{"PointerToNowhere", -EFAULT,
			   [](auto &j, auto &, auto) { j.bos.ptr = 0x7ffffffff000; }},
		UseMistake{"TooMany", -E2BIG,
			   [](auto &j, auto &, auto max) { j.bos.count = max + 1; }},
		UseMistake{"Most", -E2BIG, [](auto &j, auto &, auto) { j.bos.count = ~0u; }}),
	name_of<UseMistake>);

} // namespace
