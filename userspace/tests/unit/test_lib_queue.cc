/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <vgpu/vgpu.h>

#include "fake_ioctl.h"

namespace
{

using ::testing::ElementsAre;

template <class T>
std::vector<T> elements(const drm_vgpu_array &array)
{
	const T *first = reinterpret_cast<const T *>(array.ptr);

	EXPECT_TRUE(array.count == 0 || array.stride == sizeof(T));
	return {first, first + array.count};
}

/* Knows what the other one leaves out. */
class NewerIoctl final : public FakeIoctl
{
public:
	int ioctl(unsigned long request, void *arg) noexcept override
	{
		const int result = FakeIoctl::ioctl(request, arg);

		if (result < 0)
			return result;
		switch (request) {
		case DRM_IOCTL_VGPU_BO_CREATE:
			buffer = *static_cast<drm_vgpu_bo_create *>(arg);
			break;
		case DRM_IOCTL_VGPU_VM_BIND:
			bind_syncs = elements<drm_vgpu_sync>(last_bind.syncs);
			break;
		case DRM_IOCTL_VGPU_EXEC:
			bos.clear();
			for (const drm_vgpu_job &job : last_jobs)
				bos.push_back(elements<drm_vgpu_bo_use>(job.bos));
			break;
		case DRM_IOCTL_VGPU_QUEUE_DESTROY:
			destroy = *static_cast<drm_vgpu_queue_destroy *>(arg);
			break;
		case DRM_IOCTL_VGPU_QUEUE_CONTROL:
			control = *static_cast<drm_vgpu_queue_control *>(arg);
			break;
		case DRM_IOCTL_VGPU_QUEUE_STATE: {
			auto &state = *static_cast<drm_vgpu_queue_state *>(arg);

			asked = state.id;
			state.status = DRM_VGPU_QUEUE_BANNED;
			state.error = -ETIME;
			state.stop_word = 7;
			break;
		}
		}
		return result;
	}

	drm_vgpu_bo_create buffer{};
	drm_vgpu_queue_destroy destroy{};
	drm_vgpu_queue_control control{};
	std::vector<drm_vgpu_sync> bind_syncs;
	std::vector<std::vector<drm_vgpu_bo_use>> bos;
	std::uint32_t asked = 0;
};

class LibQueue : public ::testing::Test
{
protected:
	std::shared_ptr<NewerIoctl> io_ = std::make_shared<NewerIoctl>();
	vgpu::Device device_{io_};
	vgpu::Vm vm_{device_};
};

TEST_F(LibQueue, OptionsArePassedOn)
{
	vgpu::QueueOptions options;
	options.priority = DRM_VGPU_PRIORITY_HIGH;
	options.profile = DRM_VGPU_PROFILE_PVR;
	options.timeout_ms = 1234;
	const vgpu::Queue queue(device_, vm_, options);

	EXPECT_EQ(io_->last_queue.priority, __u32{DRM_VGPU_PRIORITY_HIGH});
	EXPECT_EQ(io_->last_queue.profile, __u32{DRM_VGPU_PROFILE_PVR});
	EXPECT_EQ(io_->last_queue.timeout_ms, 1234u);
}

TEST_F(LibQueue, ABindQueueHasNothingThatItMustNotHave)
{
	const vgpu::Queue queue(device_, vm_, vgpu::QueueOptions::bind(DRM_VGPU_PROFILE_XE));
	const drm_vgpu_queue_create &args = io_->last_queue;

	EXPECT_EQ(args.engine_class, __u32{DRM_VGPU_ENGINE_BIND});
	EXPECT_EQ(args.profile, __u32{DRM_VGPU_PROFILE_XE});
	EXPECT_EQ(args.flags + args.ring_words + args.credits + args.priority + args.timeout_ms,
		  0u);
}

TEST_F(LibQueue, TheStateIsThatOfTheQueue)
{
	const vgpu::Queue other(device_, vm_), queue(device_, vm_);
	const drm_vgpu_queue_state state = queue.state();

	EXPECT_EQ(io_->asked, queue.id());
	EXPECT_EQ(state.status, __u32{DRM_VGPU_QUEUE_BANNED});
	EXPECT_EQ(state.error, -ETIME);
	EXPECT_EQ(state.stop_word, 7u);
	io_->fail_next(DRM_IOCTL_VGPU_QUEUE_STATE, -ENOENT);
	EXPECT_THROW(queue.state(), vgpu::Error);
}

TEST_F(LibQueue, ControlSaysWhatIsToBeDone)
{
	vgpu::Queue queue(device_, vm_);

	queue.suspend();
	EXPECT_EQ(io_->control.op, __u32{DRM_VGPU_QUEUE_OP_SUSPEND});
	EXPECT_EQ(io_->control.id, queue.id());
	queue.resume();
	EXPECT_EQ(io_->control.op, __u32{DRM_VGPU_QUEUE_OP_RESUME});
	EXPECT_EQ(io_->control.value, 0u);
	queue.set_priority(DRM_VGPU_PRIORITY_LOW);
	EXPECT_EQ(io_->control.op, __u32{DRM_VGPU_QUEUE_OP_PRIORITY});
	EXPECT_EQ(io_->control.value, __u64{DRM_VGPU_PRIORITY_LOW});
	queue.kill();
	EXPECT_EQ(io_->control.op, __u32{DRM_VGPU_QUEUE_OP_KILL});
	EXPECT_EQ(io_->alive(), 2) << "to kill a queue is not to destroy it";

	io_->fail_next(DRM_IOCTL_VGPU_QUEUE_CONTROL, -ECANCELED);
	EXPECT_EQ(queue.try_control(DRM_VGPU_QUEUE_OP_RESUME), -ECANCELED);
	io_->fail_next(DRM_IOCTL_VGPU_QUEUE_CONTROL, -ECANCELED);
	EXPECT_THROW(queue.resume(), vgpu::Error);
}

TEST_F(LibQueue, DestroyMayWaitAndIsDoneOnce)
{
	vgpu::Queue queue(device_, vm_);
	const std::uint32_t id = queue.id();

	io_->fail_next(DRM_IOCTL_VGPU_QUEUE_DESTROY, -EINTR);
	EXPECT_THROW(queue.destroy(vgpu::Destroy::when_idle), vgpu::Error);
	EXPECT_EQ(queue.id(), id) << "it is still there";
	queue.destroy(vgpu::Destroy::when_idle);
	EXPECT_EQ(io_->destroy.id, id);
	EXPECT_EQ(io_->destroy.flags, DRM_VGPU_QUEUE_DESTROY_DRAIN);
	queue = vgpu::Queue(device_, vm_);
	EXPECT_EQ(io_->calls(DRM_IOCTL_VGPU_QUEUE_DESTROY), 2);
	queue.destroy();
	EXPECT_EQ(io_->destroy.flags, 0u);
}

TEST_F(LibQueue, AVmIsDestroyedOnce)
{
	vm_.destroy();
	vm_ = vgpu::Vm(device_);
	EXPECT_EQ(io_->calls(DRM_IOCTL_VGPU_VM_DESTROY), 1);
}

TEST_F(LibQueue, AsyncBindsHaveTheirQueueAndSyncs)
{
	const vgpu::Buffer buffer(device_, 8192);
	const vgpu::Queue queue(device_, vm_, vgpu::QueueOptions::bind());
	const vgpu::Syncobj before(device_), after(device_);

	vgpu::Bind()
		.map(buffer, 0x20000, vgpu::Access::read_only)
		.unmap(0x40000, 4096)
		.wait(before)
		.signal(after, 9)
		.submit(vm_, queue);
	EXPECT_EQ(io_->last_bind.vm, vm_.id());
	EXPECT_EQ(io_->last_bind.flags, DRM_VGPU_VM_BIND_ASYNC);
	EXPECT_EQ(io_->last_bind.queue, queue.id());
	ASSERT_EQ(io_->last_ops.size(), 2u);
	EXPECT_EQ(io_->last_ops[0].flags, DRM_VGPU_BIND_READONLY);
	EXPECT_EQ(io_->last_ops[0].size, 8192u);
	EXPECT_EQ(io_->last_ops[1].kind, __u32{DRM_VGPU_BIND_UNMAP});
	ASSERT_EQ(io_->bind_syncs.size(), 2u);
	EXPECT_EQ(io_->bind_syncs[0].handle, before.handle());
	EXPECT_EQ(io_->bind_syncs[0].flags, DRM_VGPU_SYNC_WAIT);
	EXPECT_EQ(io_->bind_syncs[1].flags, DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE);
	EXPECT_EQ(io_->bind_syncs[1].point, 9u);

	io_->fail_next(DRM_IOCTL_VGPU_VM_BIND, -ECANCELED);
	EXPECT_THROW(vgpu::Bind().unmap(0, 4096).submit(vm_, queue), vgpu::Error);
}

TEST_F(LibQueue, ASyncBindHasNeither)
{
	const drm_vgpu_bind_op op = vgpu::unmap_op(0x20000, 4096);

	EXPECT_EQ(vm_.try_bind({&op, 1}), 0);
	EXPECT_EQ(io_->last_bind.flags, 0u);
	EXPECT_EQ(io_->last_bind.queue, 0u);
	EXPECT_EQ(io_->bind_syncs.size(), 0u);
}

TEST_F(LibQueue, APrivateBufferNamesItsAddressSpace)
{
	const vgpu::Buffer shared(device_, 4096);
	EXPECT_EQ(io_->buffer.flags, 0u);
	EXPECT_EQ(io_->buffer.vm, 0u);

	const vgpu::Buffer mine(device_, 5000, vm_);
	EXPECT_EQ(io_->buffer.flags, DRM_VGPU_BO_VM_PRIVATE);
	EXPECT_EQ(io_->buffer.vm, vm_.id());
	EXPECT_EQ(mine.bytes(), 8192u);
}

TEST_F(LibQueue, AJobListsTheBuffersThatItUses)
{
	const vgpu::Buffer read(device_, 4096), written(device_, 4096);
	const vgpu::Queue queue(device_, vm_);
	vgpu::Exec exec;

	exec.job(queue).call(0x20000, 1);
	exec.job(queue)
		.call(0x20000, 1)
		.use(read, vgpu::BufferUse::read)
		.use(written, vgpu::BufferUse::write);
	exec.submit(device_);
	ASSERT_EQ(io_->bos.size(), 2u);
	EXPECT_TRUE(io_->bos[0].empty());
	ASSERT_EQ(io_->bos[1].size(), 2u);
	EXPECT_EQ(io_->bos[1][0].handle, read.handle());
	EXPECT_EQ(io_->bos[1][0].flags, 0u);
	EXPECT_EQ(io_->bos[1][1].handle, written.handle());
	EXPECT_EQ(io_->bos[1][1].flags, DRM_VGPU_BO_USE_WRITE);
}

TEST(NewCommands, HaveTheHeadersWords)
{
	vgpu::CommandWriter writer;

	writer.wait(1, 2).hang(DRM_VGPU_HANG_NO_PREEMPT).fault();
	EXPECT_THAT(writer.words(), ElementsAre(0x0500030000000000, 1, 2, 0x0700020000000000, 1,
						0x0800010000000000));
}

TEST(DmaBuf, WhatIsNoDmaBufIsRefused)
{
	const vgpu::UniqueFd fd(memfd_create("no dma-buf", MFD_CLOEXEC));

	EXPECT_THROW(vgpu::dma_buf_export_sync_file(fd.get(), vgpu::BufferUse::read), vgpu::Error);
	EXPECT_THROW(vgpu::dma_buf_import_sync_file(fd.get(), vgpu::BufferUse::write, fd.get()),
		     vgpu::Error);
}

} // namespace
