/* SPDX-License-Identifier: MIT */

/* Everything a client has may go in any order while jobs run. */

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include <sys/syscall.h>
#include <unistd.h>

#include "context.h"
#include "gate.h"
#include "process.h"
#include "style.h"

namespace
{

/* What a client has, each thing of which can go by itself. */
struct Belongings {
	explicit Belongings(const Style &style)
		: device(vgpu::Device::open()), vm(std::in_place, device),
		  code(std::in_place, device, 4096), data(std::in_place, device, 4096),
		  syncobj(std::in_place, device),
		  binder(std::in_place, device, *vm, vgpu::QueueOptions::bind(style.profile)),
		  queue(std::in_place, device, *vm, style.options())
	{
		vgpu::CommandWriter program;
		vgpu::Exec exec;

		vm->map(*code, 0x100000, vgpu::Access::read_only);
		vm->map(*data, 0x200000);
		program.store(0x200000, 1).delay(3'000'000).store(0x200008, 1);
		program.copy_to(code->words());
		/* One runs, one waits behind it; a bind waits for both. */
		for (int i = 0; i < 2; i++)
			exec.job(*queue)
				.call(0x100000, program.size())
				.use(*data, vgpu::BufferUse::write)
				.signal(*syncobj, static_cast<std::uint64_t>(i) + 1);
		exec.submit(device);
		vgpu::Syncobj bound(device);
		vgpu::Bind()
			.unmap(0x200000, 4096)
			.wait(*syncobj, 2)
			.signal(bound)
			.submit(*vm, *binder);
		fences[0] = syncobj->export_sync_file();
		fences[1] = bound.export_sync_file();
	}

	void drop(int what)
	{
		switch (what) {
		case 0:
			vm.reset();
			break;
		case 1:
			code.reset();
			data.reset();
			break;
		case 2:
			syncobj.reset();
			break;
		case 3:
			binder.reset();
			break;
		default:
			queue.reset();
			break;
		}
	}

	vgpu::Device device;
	std::optional<vgpu::Vm> vm;
	std::optional<vgpu::Buffer> code, data;
	std::optional<vgpu::Syncobj> syncobj;
	std::optional<vgpu::Queue> binder, queue;
	vgpu::UniqueFd fences[2];
};

class Close : public ::testing::TestWithParam<Style>
{
};

TEST_P(Close, InEveryOrder)
{
	/* All orders for one style, and each tenth for the others. */
	const int step = GetParam().profile == DRM_VGPU_PROFILE_DEFAULT ? 1 : 10;
	std::array<int, 5> order = {0, 1, 2, 3, 4};
	int number = 0;

	do {
		if (number++ % step)
			continue;
		Belongings client(GetParam());

		for (const int what : order)
			client.drop(what);
		/* A queue that is destroyed cancels; the bind happens in any case. */
		const int status = status_of(client.fences[0]);
		EXPECT_TRUE(status == 1 || status == -ECANCELED) << status;
		EXPECT_EQ(status_of(client.fences[1]), 1);
	} while (std::next_permutation(order.begin(), order.end()) && !HasFailure());
}

TEST_P(Close, TheFileFirst)
{
	for (int i = 0; i < 20; i++) {
		vgpu::UniqueFd fences[2];
		{
			Belongings client(GetParam());
			fences[0] = std::move(client.fences[0]);
			fences[1] = std::move(client.fences[1]);
			/* All names go with the file, in the kernel's own order. */
			const int fd = client.device.io().fd();
			ASSERT_EQ(dup2(fences[0].get(), fd), fd);
		}
		const int status = status_of(fences[0]);
		EXPECT_TRUE(status == 1 || status == -ECANCELED) << status;
		EXPECT_EQ(status_of(fences[1]), 1);
	}
}

INSTANTIATE_TEST_SUITE_P(Styles, Close, ::testing::ValuesIn(all_styles()), name_of<Style>);

/* An open file has as many owners as there are descriptors of it. */
class Passing : public DeviceTest
{
protected:
	/* A descriptor of the parent's, as a new one of this process. */
	static vgpu::UniqueFd take_from_parent(int fd)
	{
		const vgpu::UniqueFd parent(
			static_cast<int>(syscall(SYS_pidfd_open, getppid(), 0)));

		return vgpu::UniqueFd(
			static_cast<int>(syscall(SYS_pidfd_getfd, parent.get(), fd, 0)));
	}

	const vgpu::Syncobj done{gpu.device};
};

TEST_F(Passing, AChildThatEndsTakesNothingAlong)
{
	Child child([&](Child &) {
		const vgpu::Syncobj theirs(gpu.device);

		gpu.submit(gpu.queue, vgpu::CommandWriter().store(gpu.data_address(0), 1), theirs);
		return status_of(theirs) == 1 ? 0 : 1;
	});
	EXPECT_EQ(child.result(), 0);
	EXPECT_EQ(gpu.run(gpu.queue, vgpu::CommandWriter().store(gpu.data_address(1), 1)), 1);
	EXPECT_EQ(gpu.data(0), 1u);
}

/* The parent's jobs belong to the file, and the child has it open. */
TEST_F(Passing, AFileThatAChildHasOpenLivesOnWithoutTheParent)
{
	auto other = std::make_unique<Context>();
	vgpu::Syncobj slow(other->device);
	vgpu::UniqueFd fence;

	Child child([&](Child &self) {
		self.ready();
		self.wait_for_parent();
		return other->run(other->queue, vgpu::CommandWriter().nop()) == 1 ? 0 : 1;
	});
	ASSERT_TRUE(child.wait_until_ready());
	other->submit(other->queue, vgpu::CommandWriter().delay(50'000'000), slow);
	fence = slow.export_sync_file();
	/* Only the descriptor: what the library owns must not be destroyed by name. */
	const int fd = other->io->fd();
	ASSERT_EQ(dup2(fence.get(), fd), fd);
	child.go_on();
	EXPECT_EQ(child.result(), 0);
	EXPECT_EQ(status_of(fence), 1);
}

TEST_F(Passing, AFileCanBeHandedToAnotherProcess)
{
	const int number = gpu.io->fd();

	Child child([&](Child &self) {
		/* Not the one that it has inherited. */
		close(number);
		self.wait_for_parent();
		auto io = std::make_shared<vgpu::DrmIoctl>(take_from_parent(number));
		const vgpu::Device device(io);
		const vgpu::Syncobj theirs(device);
		const Call call = {Context::code_va, 3};
		vgpu::Exec exec;

		/* Names are the file's, so the parent's queue is there. */
		exec.job(gpu.queue).call(call.va, call.words).signal(theirs);
		exec.submit(device);
		return status_of(theirs) == 1 ? 0 : 1;
	});
	gpu.place(vgpu::CommandWriter().store(gpu.data_address(0), 9));
	child.go_on();
	EXPECT_EQ(child.result(), 0);
	EXPECT_EQ(gpu.data(0), 9u);
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
}

TEST_F(Passing, ABufferGoesThroughThreeProcesses)
{
	const vgpu::UniqueFd fd = gpu.data_buffer.export_fd();
	std::vector<std::uint64_t> numbers;

	for (std::uint64_t i = 0; i < 3; i++) {
		Child child([&](Child &) {
			Context mine;
			vgpu::Buffer shared = vgpu::Buffer::import(mine.device, fd.get());

			mine.vm.map(shared, Context::hole_va);
			return mine.run(link(Context::hole_va, i)) == 1 ? 0 : 1;
		});
		ASSERT_EQ(child.result(), 0);
		numbers.push_back(i);
	}
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

/* Coming home it is the same object, with the same handle. */
TEST_F(Passing, ABufferThatComesHomeIsItself)
{
	Context other;
	const vgpu::Buffer theirs =
		vgpu::Buffer::import(other.device, gpu.data_buffer.export_fd().get());
	drm_prime_handle args = {};

	const vgpu::UniqueFd back = theirs.export_fd();
	args.fd = back.get();
	ASSERT_EQ(gpu.ioctl(DRM_IOCTL_PRIME_FD_TO_HANDLE, &args), 0);
	EXPECT_EQ(args.handle, gpu.data_buffer.handle());
	args.fd = -1;
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_PRIME_FD_TO_HANDLE, &args), -EBADF);
}

} // namespace
