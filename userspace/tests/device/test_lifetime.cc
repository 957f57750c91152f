/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>

#include <sys/mman.h>
#include <unistd.h>

#include "context.h"
#include "gate.h"
#include "process.h"

namespace
{

class Lifetime : public DeviceTest
{
protected:
	/* A job that takes a moment and then stores 1 into a word. */
	vgpu::CommandWriter slow_store(std::size_t word)
	{
		vgpu::CommandWriter program;

		program.delay(30'000'000).store(gpu.data_address(word), 1);
		return program;
	}

	void expect_works()
	{
		gpu.data(500) = 0;
		EXPECT_EQ(gpu.run(vgpu::CommandWriter().store(gpu.data_address(500), 5)), 1);
		EXPECT_EQ(gpu.data(500), 5u);
	}

	const vgpu::Syncobj done{gpu.device};
};

TEST_F(Lifetime, JobsOfAQueueThatIsDrainedRunToTheirEnd)
{
	vgpu::Queue queue(gpu.device, gpu.vm);

	for (std::size_t i = 0; i < 4; i++)
		gpu.submit(queue, slow_store(i), done);
	queue.destroy(vgpu::Destroy::when_idle);
	EXPECT_EQ(vgpu::sync_file_status(done.export_sync_file().get()), 1) << "it did not wait";
	for (std::size_t i = 0; i < 4; i++)
		EXPECT_EQ(gpu.data(i), 1u);
}

TEST_F(Lifetime, JobsOfADestroyedQueueAreCancelled)
{
	vgpu::UniqueFd first, last;
	{
		const vgpu::Queue queue(gpu.device, gpu.vm, patient(gpu.device));
		vgpu::CommandWriter program;

		program.store(gpu.data_address(0), 1).delay(10'000'000'000);
		program.store(gpu.data_address(0), 2);
		gpu.submit(queue, program, done);
		first = done.export_sync_file();
		for (int i = 0; i < 100; i++)
			gpu.submit(queue, vgpu::CommandWriter().store(gpu.data_address(1), 1),
				   done);
		last = done.export_sync_file();
		gpu.wait_for_change(0, 0);
	}
	EXPECT_EQ(status_of(first), -ECANCELED);
	EXPECT_EQ(status_of(last), -ECANCELED);
	EXPECT_EQ(gpu.data(0), 1u);
	EXPECT_EQ(gpu.data(1), 0u);
	expect_works();
}

TEST_F(Lifetime, AQueueDrainedWithMoreJobsThanItsRingHolds)
{
	vgpu::Queue queue(gpu.device, gpu.vm, {DRM_VGPU_ENGINE_COMPUTE, 0, 64});
	std::vector<std::uint64_t> numbers;

	gpu.submit(queue, slow_store(1), done);
	for (std::uint64_t i = 0; i < 100; i++) {
		gpu.submit(queue, link(gpu.data_address(0), i), done);
		numbers.push_back(i);
	}
	queue.destroy(vgpu::Destroy::when_idle);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_F(Lifetime, AJobOfADestroyedQueueStillWaitsForItsDependencies)
{
	const vgpu::Queue other(gpu.device, gpu.vm);
	std::optional<vgpu::Queue> queue(std::in_place, gpu.device, gpu.vm);
	const Call call = gpu.place(link(gpu.data_address(0), 2));
	vgpu::Exec exec;
	std::optional<Gate> gate(std::in_place, gpu, gpu.queue);

	exec.job(*queue).call(call.va, call.words).wait(gate->done()).signal(done);
	exec.submit(gpu.device);
	queue.reset();
	/* It does nothing any more, but who waits for it relies on all that it waits for. */
	EXPECT_EQ(gpu.run(other, vgpu::CommandWriter().nop()), 1);
	EXPECT_TRUE(is_pending(done));
	gate->open();
	EXPECT_EQ(status_of(done), -ECANCELED);
	EXPECT_EQ(vgpu::sync_file_status(gate->done().export_sync_file().get()), 1);
	EXPECT_EQ(gpu.data(0), 0u);
}

TEST_F(Lifetime, TheAddressSpaceMayGoWhileJobsRun)
{
	drm_vgpu_vm_destroy args = {};

	gpu.submit(gpu.queue, slow_store(0), done);
	args.id = gpu.vm.id();
	ASSERT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_DESTROY, &args), 0);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), 1u);
}

TEST_F(Lifetime, ABufferMayGoWhileJobsRun)
{
	std::optional<vgpu::Buffer> buffer(std::in_place, gpu.device, 4096);
	vgpu::CommandWriter slow;

	gpu.vm.map(*buffer, Context::hole_va);
	slow.delay(30'000'000).store(Context::hole_va, 6);
	slow.copy(gpu.data_address(0), Context::hole_va, 8);
	gpu.submit(gpu.queue, slow, done);
	buffer.reset();
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), 6u);
}

TEST_F(Lifetime, ACpuMappingOutlivesEverything)
{
	auto other = std::make_unique<Context>();
	auto *words = static_cast<std::uint64_t *>(
		mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, other->io->fd(),
		     static_cast<off_t>(other->data_buffer.mmap_offset())));

	ASSERT_NE(words, MAP_FAILED);
	other->data(0) = 8;
	other.reset();
	EXPECT_EQ(words[0], 8u);
	words[1] = 9;
	munmap(words, 4096);
}

TEST_F(Lifetime, ASyncObjectMayGoBeforeItsJob)
{
	const vgpu::Queue other(gpu.device, gpu.vm);
	{
		const vgpu::Syncobj first(gpu.device);
		const Call call = gpu.place(link(gpu.data_address(0), 2));
		vgpu::CommandWriter slow;
		vgpu::Exec exec;

		slow.delay(20'000'000).mix(gpu.data_address(0), gpu.data_address(0), 8, 1);
		gpu.submit(gpu.queue, slow, first);
		exec.job(other).call(call.va, call.words).wait(first).signal(done);
		exec.submit(gpu.device);
	}
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1, 2}));
}

TEST_F(Lifetime, AFileMayBeClosedWithJobsInFlight)
{
	for (int i = 0; i < 5; i++) {
		auto other = std::make_unique<Context>();
		const vgpu::Syncobj theirs(other->device);
		vgpu::CommandWriter slow;

		slow.delay(20'000'000);
		for (int job = 0; job < 10; job++)
			other->submit(other->queue, slow, theirs);
	}
	expect_works();
}

TEST_F(Lifetime, AnExportedFenceOutlivesEverything)
{
	vgpu::UniqueFd in_flight, finished;
	{
		Context other;
		const vgpu::Syncobj theirs(other.device);
		vgpu::CommandWriter slow;

		EXPECT_EQ(other.run(vgpu::CommandWriter().nop()), 1);
		other.submit(other.queue, vgpu::CommandWriter().nop(), theirs);
		expect_signalled(theirs);
		finished = theirs.export_sync_file();
		slow.delay(50'000'000);
		other.submit(other.queue, slow, theirs);
		in_flight = theirs.export_sync_file();
	}
	EXPECT_EQ(vgpu::sync_file_status(finished.get()), 1);
	const int status = status_of(in_flight);
	EXPECT_TRUE(status == 1 || status == -ECANCELED) << status;
	expect_works();
}

TEST_F(Lifetime, AJobMayWaitForAFenceWhoseFileIsGone)
{
	vgpu::Syncobj waited(gpu.device);
	{
		Context other;
		const vgpu::Syncobj theirs(other.device);
		vgpu::CommandWriter slow;

		slow.delay(50'000'000);
		other.submit(other.queue, slow, theirs);
		waited.import_sync_file(theirs.export_sync_file().get());
	}
	const Call call = gpu.place(link(gpu.data_address(0), 1));
	vgpu::Exec exec;

	exec.job(gpu.queue).call(call.va, call.words).wait(waited).signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1}));
}

TEST_F(Lifetime, AClientKilledWithJobsInFlightLeavesAWorkingDevice)
{
	for (int round = 0; round < 4; round++) {
		Child child([&](Child &self) {
			Context mine;
			const vgpu::Syncobj theirs(mine.device);
			vgpu::Queue small(mine.device, mine.vm,
					  {DRM_VGPU_ENGINE_COMPUTE,
					   round % 2 ? DRM_VGPU_QUEUE_DIRECT_COMPLETION : 0, 64});
			vgpu::CommandWriter slow;

			slow.delay(2'000'000).fill(mine.data_address(0), 4096, 1);
			for (int i = 0; i < 30; i++) {
				mine.submit(mine.queue, slow, theirs);
				mine.submit(small, slow, theirs);
			}
			self.ready();
			self.wait_for_parent();
			return 0;
		});
		ASSERT_TRUE(child.wait_until_ready());
		child.kill();
		EXPECT_EQ(child.result(), 128 + SIGKILL);
		expect_works();
	}
}

TEST_F(Lifetime, AnotherProcessMayWaitForAJobOfAClientThatWasKilled)
{
	vgpu::Syncobj shared(gpu.device);
	const vgpu::UniqueFd fd = shared.export_fd();

	Child child([&](Child &self) {
		Context mine;
		const vgpu::Syncobj theirs = vgpu::Syncobj::import(mine.device, fd.get());
		vgpu::CommandWriter slow;

		slow.delay(100'000'000);
		mine.submit(mine.queue, slow, theirs);
		self.ready();
		self.wait_for_parent();
		return 0;
	});
	ASSERT_TRUE(child.wait_until_ready());
	child.kill();
	EXPECT_EQ(child.result(), 128 + SIGKILL);
	const Call call = gpu.place(link(gpu.data_address(0), 1));
	vgpu::Exec exec;
	exec.job(gpu.queue).call(call.va, call.words).wait(shared).signal(done);
	exec.submit(gpu.device);
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.data(0), chain(0, {1}));
}

TEST_F(Lifetime, AnInheritedFileWorksInTheChild)
{
	Child child([&](Child &) {
		return gpu.run(vgpu::CommandWriter().store(gpu.data_address(0), 3)) == 1 ? 0 : 1;
	});
	EXPECT_EQ(child.result(), 0);
	EXPECT_EQ(gpu.data(0), 3u);
}

TEST_F(Lifetime, ManyClientsComeAndGo)
{
	for (int i = 0; i < 16; i++) {
		Context other;
		const vgpu::Syncobj theirs(other.device);

		other.submit(other.queue, link(other.data_address(0), i), theirs);
		if (i % 2)
			expect_signalled(theirs);
	}
	expect_works();
}

} // namespace
