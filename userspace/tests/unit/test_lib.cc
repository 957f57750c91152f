/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <memory>
#include <type_traits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vgpu/vgpu.h>

#include "fake_ioctl.h"

namespace
{

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
constexpr bool only_moves =
	!std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
	std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>;

static_assert(only_moves<vgpu::Buffer>);
static_assert(only_moves<vgpu::Vm>);
static_assert(only_moves<vgpu::Queue>);
static_assert(only_moves<vgpu::Syncobj>);
static_assert(only_moves<vgpu::UniqueFd>);

class Lib : public ::testing::Test
{
protected:
	std::shared_ptr<FakeIoctl> io_ = std::make_shared<FakeIoctl>();
	vgpu::Device device_{io_};
};

TEST_F(Lib, DeviceKnowsItsLimits)
{
	EXPECT_EQ(device_.info().page_size, 4096u);
	EXPECT_EQ(device_.info().va_end, 1ULL << 39);
}

TEST_F(Lib, DeviceListsItsEngines)
{
	const auto engines = device_.engines();

	ASSERT_EQ(engines.size(), 2u);
	EXPECT_EQ(engines[0].count, 2u);
	EXPECT_EQ(engines[1].engine_class, __u32{DRM_VGPU_ENGINE_COPY});
}

TEST_F(Lib, AFailureSaysWhatWasTriedAndWhy)
{
	io_->fail_next(DRM_IOCTL_VGPU_VM_CREATE, -EDQUOT);
	try {
		vgpu::Vm vm(device_);
		FAIL() << "no exception";
	} catch (const vgpu::Error &error) {
		EXPECT_EQ(error.code(), EDQUOT);
		EXPECT_EQ(error.call(), "DRM_IOCTL_VGPU_VM_CREATE");
		EXPECT_THAT(error.what(), HasSubstr("could not make an address space: "));
	}
	EXPECT_EQ(io_->alive(), 0);
}

TEST_F(Lib, ObjectsGoWithTheirOwners)
{
	{
		vgpu::Buffer buffer(device_, 4096);
		vgpu::Vm vm(device_);
		vgpu::Queue queue(device_, vm);
		vgpu::Syncobj syncobj(device_);

		EXPECT_EQ(io_->alive(), 4);
	}
	EXPECT_EQ(io_->alive(), 0);
}

TEST_F(Lib, AMoveHandsTheObjectOver)
{
	vgpu::Buffer a(device_, 4096);
	const std::uint32_t handle = a.handle();
	vgpu::Buffer b(std::move(a));

	EXPECT_EQ(b.handle(), handle);
	EXPECT_EQ(io_->alive(), 1);
	b = vgpu::Buffer(device_, 4096);
	EXPECT_NE(b.handle(), handle);
	EXPECT_EQ(io_->alive(), 1);
	EXPECT_EQ(io_->calls(DRM_IOCTL_GEM_CLOSE), 1);
}

TEST_F(Lib, ObjectsMayOutliveTheDevice)
{
	auto device = std::make_unique<vgpu::Device>(io_);
	vgpu::Vm vm(*device);

	device.reset();
	vm = vgpu::Vm(device_);
	EXPECT_EQ(io_->calls(DRM_IOCTL_VGPU_VM_DESTROY), 1);
}

TEST_F(Lib, BuffersAreRoundedUpAndMapped)
{
	vgpu::Buffer buffer(device_, 5000);

	EXPECT_EQ(buffer.bytes(), 8192u);
	EXPECT_EQ(buffer.words().size(), 1024u);
	buffer.words()[1023] = 7;
	EXPECT_EQ(buffer.words()[1023], 7u);
	EXPECT_EQ(io_->calls(DRM_IOCTL_VGPU_BO_MMAP_OFFSET), 1);
}

TEST_F(Lib, BindOperationsSayWhatTheyMean)
{
	vgpu::Buffer buffer(device_, 8192);
	vgpu::Vm vm(device_);
	const drm_vgpu_bind_op ops[] = {
		vgpu::map_op(buffer, 0x20000, 4096, 4096, vgpu::Access::read_only),
		vgpu::unmap_op(0x30000, 8192)};

	vm.bind(ops);
	EXPECT_EQ(io_->last_bind.vm, vm.id());
	ASSERT_EQ(io_->last_ops.size(), 2u);
	EXPECT_EQ(io_->last_ops[0].kind, __u32{DRM_VGPU_BIND_MAP});
	EXPECT_EQ(io_->last_ops[0].flags, DRM_VGPU_BIND_READONLY);
	EXPECT_EQ(io_->last_ops[0].handle, buffer.handle());
	EXPECT_EQ(io_->last_ops[0].bo_offset, 4096u);
	EXPECT_EQ(io_->last_ops[0].va, 0x20000u);
	EXPECT_EQ(io_->last_ops[1].kind, __u32{DRM_VGPU_BIND_UNMAP});
	EXPECT_EQ(io_->last_ops[1].handle, 0u);
	EXPECT_EQ(io_->last_ops[1].size, 8192u);
}

TEST_F(Lib, QueueOptionsArePassedOn)
{
	vgpu::Vm vm(device_);
	vgpu::Queue queue(device_, vm,
			  {DRM_VGPU_ENGINE_COPY, DRM_VGPU_QUEUE_DIRECT_COMPLETION, 128, 64});

	EXPECT_EQ(io_->last_queue.vm, vm.id());
	EXPECT_EQ(io_->last_queue.engine_class, __u32{DRM_VGPU_ENGINE_COPY});
	EXPECT_EQ(io_->last_queue.flags, DRM_VGPU_QUEUE_DIRECT_COMPLETION);
	EXPECT_EQ(io_->last_queue.ring_words, 128u);
	EXPECT_EQ(io_->last_queue.credits, 64u);
}

TEST_F(Lib, ExecPutsJobsTogether)
{
	vgpu::Vm vm(device_);
	vgpu::Queue queue(device_, vm);
	vgpu::Syncobj binary(device_), timeline(device_);
	vgpu::Exec exec;

	exec.job(queue, 11).call(0x20000, 5).wait(binary).signal(timeline, 1ULL << 40);
	exec.job(queue, 12).call(0x30000, 6).call(0x40000, 7).wait(timeline, 3).signal(binary);
	exec.submit(device_);

	ASSERT_EQ(io_->last_jobs.size(), 2u);
	EXPECT_EQ(io_->last_jobs[0].queue, queue.id());
	EXPECT_EQ(io_->last_jobs[0].cookie, 11u);
	ASSERT_EQ(io_->last_calls[1].size(), 2u);
	EXPECT_EQ(io_->last_calls[1][1].va, 0x40000u);
	EXPECT_EQ(io_->last_calls[1][1].words, 7u);
	ASSERT_EQ(io_->last_syncs[0].size(), 2u);
	EXPECT_EQ(io_->last_syncs[0][0].flags, DRM_VGPU_SYNC_WAIT);
	EXPECT_EQ(io_->last_syncs[0][0].point, 0u);
	EXPECT_EQ(io_->last_syncs[0][1].flags, DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE);
	EXPECT_EQ(io_->last_syncs[0][1].point, 1ULL << 40);
	EXPECT_EQ(io_->last_syncs[1][0].flags, DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_TIMELINE);
	EXPECT_EQ(io_->last_syncs[1][1].handle, binary.handle());
}

TEST_F(Lib, AWaitThatTimesOutIsNoError)
{
	vgpu::Syncobj syncobj(device_);

	io_->fail_next(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, -ETIME);
	EXPECT_FALSE(syncobj.wait(vgpu::Deadline::now()));
	io_->fail_next(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, -EINVAL);
	EXPECT_THROW(syncobj.wait(vgpu::Deadline::now()), vgpu::Error);
}

TEST_F(Lib, AWaitHasAnAbsoluteDeadlineAndSaysWhatFor)
{
	vgpu::Syncobj syncobj(device_);
	const vgpu::Deadline deadline = vgpu::Deadline::in(1s);

	EXPECT_TRUE(syncobj.wait(5, deadline, vgpu::Until::submitted));
	EXPECT_EQ(io_->last_wait.timeout_nsec, deadline.nanoseconds());
	EXPECT_EQ(io_->last_wait.flags, __u32{DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT |
					      DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE});
	EXPECT_THAT(io_->last_wait_points, ElementsAre(5));
	EXPECT_TRUE(syncobj.wait(deadline));
	EXPECT_EQ(io_->last_wait.flags, 0u);
	EXPECT_THAT(io_->last_wait_points, ElementsAre(0));
}

TEST(Commands, HaveTheHeadersWords)
{
	vgpu::CommandWriter writer;

	writer.nop().fill(1, 2, 3).copy(4, 5, 6).mix(7, 8, 9, 10).store(11, 12).delay(13);
	writer.store_timestamp(14);
	EXPECT_THAT(writer.words(),
		    ElementsAre(0x0000010000000000, 0x0100040000000000, 1, 2, 3, 0x0200040000000000,
				4, 5, 6, 0x0300050000000000, 7, 8, 9, 10, 0x0400030000000000, 11,
				12, 0x0600020000000000, 13, 0x0401030000000000, 14, 0));
}

TEST(Commands, MustFitIntoTheirBuffer)
{
	vgpu::CommandWriter writer;
	std::uint64_t space[2] = {};

	writer.delay(1);
	writer.copy_to(space);
	EXPECT_EQ(space[1], 1u);
	writer.nop();
	EXPECT_THROW(writer.copy_to(space), vgpu::Error);
}

TEST(Deadlines, Pass)
{
	EXPECT_TRUE(vgpu::Deadline::now().passed());
	EXPECT_FALSE(vgpu::Deadline::in(1h).passed());
	EXPECT_GT(vgpu::Deadline::in(1h).remaining(), 59min);
}

} // namespace
