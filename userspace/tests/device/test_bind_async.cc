/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "context.h"
#include "gate.h"
#include "storm.h"
#include "style.h"

namespace
{

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t here = 0x50000000;

/* How binds are done differs from profile to profile; what comes of them doesn't. */
class AsyncBind : public DeviceTest, public ::testing::WithParamInterface<Style>
{
protected:
	AsyncBind()
	{
		a_.words()[0] = 100;
		b_.words()[0] = 200;
	}

	vgpu::Queue make_bind_queue()
	{
		return {gpu.device, gpu.vm, vgpu::QueueOptions::bind(GetParam().profile)};
	}

	/* What a command finds there: the value, or a negative errno. */
	std::int64_t look(std::uint64_t va)
	{
		const int status = gpu.run(vgpu::CommandWriter().copy(gpu.data_address(0), va, 8));

		return status == 1 ? static_cast<std::int64_t>(gpu.data(0)) : status;
	}

	vgpu::Buffer a_{gpu.device, 4 * page}, b_{gpu.device, 4 * page};
	const vgpu::Queue gate_queue_{gpu.device, gpu.vm, patient(gpu.device)};
	vgpu::Queue binder_ = make_bind_queue();
	vgpu::Syncobj done_{gpu.device};
};

TEST_P(AsyncBind, TakesEffectBeforeItsFence)
{
	vgpu::Bind().map(a_, here).signal(done_).submit(gpu.vm, binder_);
	EXPECT_EQ(status_of(done_), 1);
	EXPECT_EQ(look(here), 100);
}

TEST_P(AsyncBind, WaitsForItsInFence)
{
	vgpu::Syncobj early(gpu.device);
	Gate gate(gpu, gate_queue_);

	vgpu::Bind().map(a_, here).wait(gate.done()).signal(done_).submit(gpu.vm, binder_);
	EXPECT_EQ(look(here), -EFAULT) << "it took effect before its in-fence";
	EXPECT_TRUE(is_pending(done_));
	gate.open();
	EXPECT_EQ(status_of(done_), 1);
	EXPECT_EQ(look(here), 100);
}

TEST_P(AsyncBind, AJobThatWaitsForItFindsIt)
{
	const vgpu::Queue queue(gpu.device, gpu.vm);
	vgpu::Syncobj bound(gpu.device);
	Gate gate(gpu, gate_queue_);
	const Call call = gpu.place(vgpu::CommandWriter().copy(gpu.data_address(7), here + 8, 8));
	vgpu::Exec exec;

	a_.words()[1] = 77;
	vgpu::Bind()
		.map(a_, here)
		.wait(gate.done())
		.signal(bound, 1ULL << 40)
		.submit(gpu.vm, binder_);
	exec.job(queue).call(call.va, call.words).wait(bound, 1ULL << 40).signal(done_);
	exec.submit(gpu.device);
	gate.open();
	EXPECT_EQ(status_of(done_), 1);
	EXPECT_EQ(gpu.data(7), 77u);
}

/* The same addresses again and again: a translation that was kept would show. */
TEST_P(AsyncBind, AfterTheFenceOfAnUnmapEveryAccessFaults)
{
	for (int i = 0; i < 15; i++) {
		vgpu::Bind().map(i % 2 ? a_ : b_, here).signal(done_).submit(gpu.vm, binder_);
		EXPECT_EQ(status_of(done_), 1);
		EXPECT_EQ(look(here), i % 2 ? 100 : 200);
		vgpu::Bind().unmap(here, 4 * page).signal(done_).submit(gpu.vm, binder_);
		EXPECT_EQ(status_of(done_), 1);
		EXPECT_EQ(look(here), -EFAULT);
		EXPECT_EQ(look(here + 3 * page), -EFAULT);
	}
}

/* A job that reads all the time: it faults when the mapping goes, and not before. */
TEST_P(AsyncBind, AJobInFlightFaultsWhenItsMappingGoes)
{
	const vgpu::Queue queue(gpu.device, gpu.vm, patient(gpu.device));
	const vgpu::Syncobj reader(gpu.device);
	vgpu::CommandWriter program;

	gpu.vm.map(a_, here);
	for (std::uint64_t i = 1; i <= 2000; i++)
		program.copy(gpu.data_address(1), here, 8)
			.delay(1'000'000)
			.store(gpu.data_address(2), i);
	gpu.submit(queue, program, reader);
	gpu.wait_for_change(2, 0);
	vgpu::Bind().unmap(here, 4 * page).signal(done_).submit(gpu.vm, binder_);
	EXPECT_EQ(status_of(done_), 1);
	EXPECT_EQ(status_of(reader), -EFAULT);
	EXPECT_LT(gpu.peek(2), 2000u);
	EXPECT_EQ(gpu.peek(1), 100u);
}

TEST_P(AsyncBind, BindsOfOneQueueKeepTheirOrder)
{
	for (int i = 0; i < 60; i++) {
		vgpu::Bind bind;

		if (i % 3 == 2)
			bind.unmap(here, page);
		else
			bind.op(vgpu::map_op(i % 3 ? a_ : b_, here, 0, page));
		bind.signal(done_).submit(gpu.vm, binder_);
	}
	EXPECT_EQ(status_of(done_), 1);
	EXPECT_EQ(look(here), -EFAULT);
	vgpu::Bind().map(b_, here).submit(gpu.vm, binder_);
	vgpu::Bind().map(a_, here).signal(done_).submit(gpu.vm, binder_);
	EXPECT_EQ(status_of(done_), 1);
	EXPECT_EQ(look(here), 100);
}

TEST_P(AsyncBind, BindQueuesOfAnAddressSpaceKeepTheOrderOfTheCalls)
{
	vgpu::Queue second = make_bind_queue();
	const vgpu::Syncobj second_done(gpu.device);
	Gate gate(gpu, gate_queue_);

	vgpu::Bind().map(a_, here).wait(gate.done()).signal(done_).submit(gpu.vm, binder_);
	vgpu::Bind().map(b_, here).signal(second_done).submit(gpu.vm, second);
	EXPECT_EQ(look(here), -EFAULT);
	EXPECT_TRUE(is_pending(second_done)) << "it has overtaken an earlier one";
	gate.open();
	EXPECT_EQ(status_of(second_done), 1);
	EXPECT_EQ(status_of(done_), 1);
	EXPECT_EQ(look(here), 200) << "the last call doesn't win";
}

TEST_P(AsyncBind, BindQueuesOfTwoAddressSpacesAreIndependent)
{
	vgpu::Vm other(gpu.device);
	vgpu::Queue other_binder(gpu.device, other, vgpu::QueueOptions::bind(GetParam().profile));
	const vgpu::Syncobj other_done(gpu.device);
	Gate gate(gpu, gate_queue_);

	vgpu::Bind().map(a_, here).wait(gate.done()).signal(done_).submit(gpu.vm, binder_);
	vgpu::Bind().map(b_, here).signal(other_done).submit(other, other_binder);
	EXPECT_EQ(status_of(other_done), 1);
	EXPECT_TRUE(is_pending(done_));
	gate.open();
	EXPECT_EQ(status_of(done_), 1);
}

TEST_P(AsyncBind, ABlockedBindBlocksNoExec)
{
	Gate gate(gpu, gate_queue_);

	vgpu::Bind().map(a_, here).wait(gate.done()).signal(done_).submit(gpu.vm, binder_);
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
	EXPECT_TRUE(is_pending(done_));
	gate.open();
	EXPECT_EQ(status_of(done_), 1);
}

TEST_P(AsyncBind, ASynchronousBindWaitsForAllOfThem)
{
	Gate gate(gpu, gate_queue_);
	const drm_vgpu_bind_op op = vgpu::map_op(b_, here, 0, page);
	drm_vgpu_vm_bind args = {};

	vgpu::Bind().map(a_, here).wait(gate.done()).signal(done_).submit(gpu.vm, binder_);
	args.vm = gpu.vm.id();
	args.ops = {sizeof(op), 1, reinterpret_cast<__u64>(&op)};
	{
		const SignalStorm storm;
		EXPECT_EQ(gpu.ioctl_once(DRM_IOCTL_VGPU_VM_BIND, &args), -EINTR);
	}
	EXPECT_TRUE(is_pending(done_));
	gate.open();
	EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &args), 0);
	EXPECT_EQ(vgpu::sync_file_status(done_.export_sync_file().get()), 1)
		<< "it did not wait for the bind queue";
	EXPECT_EQ(look(here), 200);
	EXPECT_EQ(look(here + page), 0) << "the rest of the first one";
}

/* What was accepted takes effect, whatever becomes of the queue. */
TEST_P(AsyncBind, ADestroyedQueueDoesWhatItHasAccepted)
{
	for (const bool unmap : {false, true}) {
		vgpu::Queue queue = make_bind_queue();
		const std::uint32_t id = queue.id();
		Gate gate(gpu, gate_queue_);
		vgpu::Bind bind;

		if (unmap)
			bind.unmap(here, 4 * page);
		else
			bind.map(a_, here);
		bind.wait(gate.done()).signal(done_).submit(gpu.vm, queue);
		queue.destroy();
		EXPECT_EQ(vgpu::Bind().map(b_, here).try_submit(*gpu.io, gpu.vm.id(), id), -ENOENT);
		EXPECT_TRUE(is_pending(done_));
		gate.open();
		EXPECT_EQ(status_of(done_), 1);
		EXPECT_EQ(look(here), unmap ? -EFAULT : 100);
	}
}

/* The file is closed with binds that wait: their fences come, and nothing is lost. */
TEST_P(AsyncBind, AFileThatIsClosedWithBindsInFlight)
{
	vgpu::UniqueFd fence;
	Gate gate(gpu, gate_queue_);
	{
		Context other;
		vgpu::Queue queue(other.device, other.vm,
				  vgpu::QueueOptions::bind(GetParam().profile));
		vgpu::Syncobj waited(other.device), done(other.device);
		vgpu::Buffer buffer(other.device, page);

		waited.import_sync_file(gate.done().export_sync_file().get());
		vgpu::Bind().map(buffer, here).wait(waited).signal(done).submit(other.vm, queue);
		vgpu::Bind().unmap(here, page).signal(done).submit(other.vm, queue);
		fence = done.export_sync_file();
	}
	EXPECT_EQ(vgpu::sync_file_status(fence.get()), 0);
	gate.open();
	EXPECT_EQ(status_of(fence), 1);
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
}

TEST_P(AsyncBind, ABufferMayGoBeforeItsBindRuns)
{
	Gate gate(gpu, gate_queue_);
	{
		vgpu::Buffer buffer(gpu.device, page);

		buffer.words()[0] = 5;
		vgpu::Bind()
			.map(buffer, here)
			.wait(gate.done())
			.signal(done_)
			.submit(gpu.vm, binder_);
	}
	gate.open();
	EXPECT_EQ(status_of(done_), 1);
	EXPECT_EQ(look(here), 5);
}

TEST_P(AsyncBind, ManyOperationsAndManyCalls)
{
	const std::uint32_t max = gpu.device.info().max_bind_ops;
	vgpu::Bind all, none;

	for (std::uint32_t i = 0; i < max; i++) {
		all.op(vgpu::map_op(a_, here + 2 * i * page, 0, page));
		none.unmap(here + 2 * i * page, page);
	}
	for (int i = 0; i < 10; i++) {
		all.submit(gpu.vm, binder_);
		none.submit(gpu.vm, binder_);
	}
	all.signal(done_).submit(gpu.vm, binder_);
	EXPECT_EQ(status_of(done_), 1);
	EXPECT_EQ(look(here), 100);
	EXPECT_EQ(look(here + page), -EFAULT);
	EXPECT_EQ(look(here + 2 * (max - 1) * page), 100);
}

std::vector<Style> bind_styles()
{
	std::vector<Style> styles = all_styles();

	std::erase_if(styles, [](const Style &style) { return style.flags != 0; });
	return styles;
}

INSTANTIATE_TEST_SUITE_P(Profiles, AsyncBind, ::testing::ValuesIn(bind_styles()), name_of<Style>);

struct ValidAsync {
	drm_vgpu_vm_bind args = {};
	drm_vgpu_bind_op op = {};
	std::vector<drm_vgpu_sync> syncs; /* wait, binary; signal, binary; signal, timeline */
	std::uint32_t engine_queue = 0, queue_of_other_vm = 0, empty = 0, max_syncs = 0;

	drm_vgpu_sync &wait() { return syncs[0]; }
	drm_vgpu_sync &signal() { return syncs[1]; }
	drm_vgpu_sync &point() { return syncs[2]; }
};

struct AsyncMistake {
	const char *name;
	int error;
	std::function<void(ValidAsync &)> make;
};

class AsyncNegative : public DeviceTest, public ::testing::WithParamInterface<AsyncMistake>
{
protected:
	AsyncNegative()
	{
		before_.signal();
		buffer_.words()[0] = 9;
		valid_.op = vgpu::map_op(buffer_, here, 0, page);
		valid_.syncs = {{before_.handle(), DRM_VGPU_SYNC_WAIT, 0},
				{after_.handle(), DRM_VGPU_SYNC_SIGNAL, 0},
				{timeline_.handle(), DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE,
				 1ULL << 35}};
		valid_.engine_queue = gpu.queue.id();
		valid_.queue_of_other_vm = other_binder_.id();
		valid_.empty = empty_.handle();
		valid_.max_syncs = gpu.device.info().max_syncs;
		valid_.args.vm = gpu.vm.id();
		valid_.args.queue = binder_.id();
		valid_.args.flags = DRM_VGPU_VM_BIND_ASYNC;
		valid_.args.ops = {sizeof(valid_.op), 1, reinterpret_cast<__u64>(&valid_.op)};
		valid_.args.syncs = {sizeof(drm_vgpu_sync), 3,
				     reinterpret_cast<__u64>(valid_.syncs.data())};
	}

	int call() { return gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &valid_.args); }

	int read() { return gpu.run(vgpu::CommandWriter().copy(gpu.data_address(0), here, 8)); }

	vgpu::Buffer buffer_{gpu.device, page};
	vgpu::Vm other_vm_{gpu.device};
	vgpu::Queue binder_{gpu.device, gpu.vm, vgpu::QueueOptions::bind()};
	vgpu::Queue other_binder_{gpu.device, other_vm_, vgpu::QueueOptions::bind()};
	vgpu::Syncobj before_{gpu.device}, after_{gpu.device}, timeline_{gpu.device};
	vgpu::Syncobj empty_{gpu.device};
	ValidAsync valid_;
};

TEST_P(AsyncNegative, IsRefusedAndNothingHappens)
{
	GetParam().make(valid_);
	EXPECT_EQ(call(), GetParam().error);
	EXPECT_TRUE(has_no_fence(after_));
	EXPECT_TRUE(has_no_fence(timeline_));
	/* Whatever was accepted before this one would be in effect now. */
	const drm_vgpu_bind_op nothing = vgpu::unmap_op(here + 16 * page, page);
	gpu.vm.bind({&nothing, 1});
	EXPECT_EQ(read(), -EFAULT);
}

TEST_F(AsyncNegative, TheSameWithoutAMistakeWorks)
{
	EXPECT_EQ(call(), 0);
	EXPECT_EQ(status_of(after_), 1);
	EXPECT_TRUE(timeline_.wait(1ULL << 35, vgpu::Deadline::in(long_enough)));
	EXPECT_EQ(read(), 1);
	EXPECT_EQ(gpu.data(0), 9u);
}

TEST_F(AsyncNegative, EachUnknownFlag)
{
	const std::uint32_t known =
		DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE;

	for (int bit = 0; bit < 32; bit++) {
		const std::uint32_t flag = 1u << bit;

		if (flag != DRM_VGPU_VM_BIND_ASYNC) {
			valid_.args.flags = DRM_VGPU_VM_BIND_ASYNC | flag;
			EXPECT_EQ(call(), -EINVAL) << "bind, bit " << bit;
			valid_.args.flags = DRM_VGPU_VM_BIND_ASYNC;
		}
		if (!(flag & known)) {
			valid_.signal().flags |= flag;
			EXPECT_EQ(call(), -EINVAL) << "sync, bit " << bit;
			valid_.signal().flags &= ~flag;
		}
	}
	EXPECT_TRUE(has_no_fence(after_));
	EXPECT_EQ(call(), 0);
	EXPECT_EQ(status_of(after_), 1);
}

TEST_F(AsyncNegative, AnExecOnABindQueue)
{
	const Call code = gpu.place(vgpu::CommandWriter().nop());
	vgpu::Exec exec;

	exec.job(binder_).call(code.va, code.words);
	EXPECT_EQ(exec.try_submit(*gpu.io), -EINVAL);
}

TEST_F(AsyncNegative, AQueueOfAnotherFile)
{
	Context other;
	std::vector<vgpu::Queue> more;

	for (int i = 0; i < 8; i++)
		more.emplace_back(other.device, other.vm, vgpu::QueueOptions::bind());
	valid_.args.queue = more.back().id();
	EXPECT_EQ(call(), -ENOENT);
	EXPECT_TRUE(has_no_fence(after_));
}

INSTANTIATE_TEST_SUITE_P(
	Mistakes, AsyncNegative,
	::testing::Values(
		AsyncMistake{"Pad", -EINVAL, [](auto &b) { b.args.pad = 1; }},
		AsyncMistake{"NoAddressSpace", -ENOENT, [](auto &b) { b.args.vm = 0; }},
		AsyncMistake{"UnknownAddressSpace", -ENOENT, [](auto &b) { b.args.vm += 1000; }},
		AsyncMistake{"NoQueue", -ENOENT, [](auto &b) { b.args.queue = 0; }},
		AsyncMistake{"UnknownQueue", -ENOENT, [](auto &b) { b.args.queue += 1000; }},
		AsyncMistake{"QueueOfAnEngine", -EINVAL,
			     [](auto &b) { b.args.queue = b.engine_queue; }},
		AsyncMistake{"QueueOfAnotherAddressSpace", -EINVAL,
			     [](auto &b) { b.args.queue = b.queue_of_other_vm; }},
		AsyncMistake{"QueueWithoutAsync", -EINVAL,
			     [](auto &b) {
				     b.args.flags = 0;
				     b.args.syncs = {};
			     }},
		AsyncMistake{"SyncsWithoutAsync", -EINVAL,
			     [](auto &b) { b.args.flags = b.args.queue = 0; }},
		AsyncMistake{"SyncsPointerWithoutCount", -EINVAL,
			     [](auto &b) { b.args.syncs.count = 0; }},
		AsyncMistake{"TooManySyncs", -E2BIG,
			     [](auto &b) { b.args.syncs.count = b.max_syncs + 1; }},
		AsyncMistake{"MostSyncs", -E2BIG, [](auto &b) { b.args.syncs.count = ~0u; }},
		AsyncMistake{"SyncStrideZero", -EINVAL, [](auto &b) { b.args.syncs.stride = 0; }},
		AsyncMistake{"SyncStrideTooShort", -EINVAL,
			     [](auto &b) { b.args.syncs.stride -= 8; }},
		AsyncMistake{"SyncStrideUnaligned", -EINVAL,
			     [](auto &b) { b.args.syncs.stride += 4; }},
		AsyncMistake{"SyncsNoPointer", -EFAULT, [](auto &b) { b.args.syncs.ptr = 0; }},
		AsyncMistake{"SyncsPointerToNowhere", -EFAULT,
			     [](auto &b) { b.args.syncs.ptr = 0x7ffffffff000; }},
		AsyncMistake{"NeitherWaitNorSignal", -EINVAL, [](auto &b) { b.wait().flags = 0; }},
		AsyncMistake{"BinaryWithPoint", -EINVAL, [](auto &b) { b.signal().point = 1; }},
		AsyncMistake{"TimelineWithoutPoint", -EINVAL, [](auto &b) { b.point().point = 0; }},
		AsyncMistake{"UnknownSyncObject", -ENOENT, [](auto &b) { b.wait().handle += 1000; }},
		AsyncMistake{"UnknownTimeline", -ENOENT, [](auto &b) { b.point().handle = 0; }},
		AsyncMistake{"NoFenceToWaitFor", -EINVAL,
			     [](auto &b) { b.wait().handle = b.empty; }},
		AsyncMistake{"NoPointToWaitFor", -EINVAL,
			     [](auto &b) {
				     b.wait() = {b.empty,
						 DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_TIMELINE, 3};
			     }},
		AsyncMistake{"UnknownHandle", -ENOENT, [](auto &b) { b.op.handle += 1000; }},
		AsyncMistake{"SizeZero", -EINVAL, [](auto &b) { b.op.size = 0; }},
		AsyncMistake{"UnknownKind", -EINVAL, [](auto &b) { b.op.kind = 2; }},
		AsyncMistake{"BeyondTheBuffer", -EINVAL, [](auto &b) { b.op.size = 2 * page; }}),
	name_of<AsyncMistake>);

} // namespace
