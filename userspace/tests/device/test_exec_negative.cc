/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <functional>
#include <vector>

#include "context.h"
#include "read_only.h"

namespace
{

/*
 * Two jobs that are all right: the first stores and signals a sync object, the second waits for
 * it, stores, and signals another. A test makes one mistake in the second.
 */
struct ValidExec {
	drm_vgpu_exec args = {};
	drm_vgpu_job jobs[2] = {};
	drm_vgpu_call first_call = {};
	drm_vgpu_sync first_sync = {};
	std::vector<drm_vgpu_call> calls; /* two, of the second job */
	std::vector<drm_vgpu_sync> syncs; /* wait, binary; signal, binary; signal, timeline */
	drm_vgpu_info limits = {};
	std::uint32_t queue_of_other_vm = 0, small_queue = 0;
	std::uint32_t empty_syncobj = 0, timeline = 0;

	drm_vgpu_job &job() { return jobs[1]; }
	drm_vgpu_call &call() { return calls[1]; }
	drm_vgpu_sync &wait() { return syncs[0]; }
	drm_vgpu_sync &signal() { return syncs[1]; }
	drm_vgpu_sync &point() { return syncs[2]; }
};

struct ExecMistake {
	const char *name;
	int error;
	std::function<void(ValidExec &)> make;
};

class ExecNegative : public DeviceTest, public ::testing::WithParamInterface<ExecMistake>
{
protected:
	ExecNegative()
	{
		const Call a = gpu.place(vgpu::CommandWriter().store(gpu.data_address(0), 1));
		const Call b = gpu.place(vgpu::CommandWriter().store(gpu.data_address(1), 1));

		exec_.limits = gpu.device.info();
		exec_.queue_of_other_vm = foreign_queue_.id();
		exec_.small_queue = small_queue_.id();
		exec_.empty_syncobj = empty_.handle();
		exec_.timeline = timeline_.handle();
		exec_.first_call = {a.va, a.words, 0};
		exec_.first_sync = {between_.handle(), DRM_VGPU_SYNC_SIGNAL, 0};
		exec_.calls = {{b.va, b.words, 0}, {b.va, b.words, 0}};
		exec_.syncs = {{between_.handle(), DRM_VGPU_SYNC_WAIT, 0},
			       {done_.handle(), DRM_VGPU_SYNC_SIGNAL, 0},
			       {timeline_.handle(), DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE,
				1ULL << 33}};
		exec_.jobs[0].queue = gpu.queue.id();
		exec_.jobs[1].queue = second_queue_.id();
		point();
	}

	/* Makes the arrays point to where things are now. */
	void point()
	{
		exec_.jobs[0].calls = {sizeof(drm_vgpu_call), 1, address(&exec_.first_call)};
		exec_.jobs[0].syncs = {sizeof(drm_vgpu_sync), 1, address(&exec_.first_sync)};
		exec_.jobs[1].calls = {sizeof(drm_vgpu_call),
				       static_cast<__u32>(exec_.calls.size()),
				       address(exec_.calls.data())};
		exec_.jobs[1].syncs = {sizeof(drm_vgpu_sync),
				       static_cast<__u32>(exec_.syncs.size()),
				       address(exec_.syncs.data())};
		exec_.args.jobs = {sizeof(drm_vgpu_job), 2, address(exec_.jobs)};
	}

	static __u64 address(const void *pointer) { return reinterpret_cast<__u64>(pointer); }

	int submit() { return gpu.ioctl(DRM_IOCTL_VGPU_EXEC, &exec_.args); }

	void expect_nothing_happened()
	{
		EXPECT_TRUE(has_no_fence(between_));
		EXPECT_TRUE(has_no_fence(done_));
		EXPECT_TRUE(has_no_fence(timeline_));
		/* Had a job been submitted, it would have run before these. */
		EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
		EXPECT_EQ(gpu.run(second_queue_, vgpu::CommandWriter().nop()), 1);
		EXPECT_EQ(gpu.data(0), 0u);
		EXPECT_EQ(gpu.data(1), 0u);
	}

	void expect_all_happened()
	{
		EXPECT_EQ(status_of(done_), 1);
		EXPECT_TRUE(timeline_.wait(1ULL << 33, vgpu::Deadline::in(long_enough)));
		EXPECT_EQ(gpu.data(0), 1u);
		EXPECT_EQ(gpu.data(1), 1u);
	}

	vgpu::Vm other_vm_{gpu.device};
	vgpu::Queue foreign_queue_{gpu.device, other_vm_};
	vgpu::Queue second_queue_{gpu.device, gpu.vm};
	/* For jobs of one call only. */
	vgpu::Queue small_queue_{gpu.device, gpu.vm, {DRM_VGPU_ENGINE_COMPUTE, 0, 64, 6}};
	vgpu::Syncobj between_{gpu.device}, done_{gpu.device}, timeline_{gpu.device};
	vgpu::Syncobj empty_{gpu.device};
	ValidExec exec_;
};

TEST_P(ExecNegative, IsRefusedAndNothingIsSubmitted)
{
	GetParam().make(exec_);
	EXPECT_EQ(submit(), GetParam().error);
	expect_nothing_happened();
}

TEST_F(ExecNegative, TheSameWithoutAMistakeWorks)
{
	EXPECT_EQ(submit(), 0);
	expect_all_happened();
}

TEST_F(ExecNegative, EachUnknownFlag)
{
	for (int bit = 0; bit < 32; bit++) {
		const std::uint32_t flag = 1u << bit;
		const std::uint32_t known =
			DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE;

		exec_.args.flags = flag;
		EXPECT_EQ(submit(), -EINVAL) << "exec, bit " << bit;
		exec_.args.flags = 0;
		exec_.job().flags = flag;
		EXPECT_EQ(submit(), -EINVAL) << "job, bit " << bit;
		exec_.job().flags = 0;
		if (flag & known)
			continue;
		exec_.signal().flags |= flag;
		EXPECT_EQ(submit(), -EINVAL) << "sync, bit " << bit;
		exec_.signal().flags &= ~flag;
	}
	expect_nothing_happened();
	EXPECT_EQ(submit(), 0);
	expect_all_happened();
}

/* The kernel may want to write the arguments back; if it can't, that is too late to refuse. */
TEST_F(ExecNegative, ArgumentsThatCanOnlyBeRead)
{
	const ReadOnlyCopy args(exec_.args);
	const int result = gpu.ioctl(DRM_IOCTL_VGPU_EXEC, args.get());

	if (result == 0) {
		expect_all_happened();
	} else {
		EXPECT_EQ(result, -EFAULT);
		expect_nothing_happened();
	}
}

TEST_F(ExecNegative, TooManyOfEverything)
{
	const drm_vgpu_info &limits = gpu.device.info();
	const drm_vgpu_job job = exec_.jobs[0];

	std::vector<drm_vgpu_job> jobs(limits.max_jobs + 1, job);
	exec_.args.jobs = {sizeof(job), limits.max_jobs + 1, address(jobs.data())};
	EXPECT_EQ(submit(), -E2BIG);
	point();
	exec_.calls.resize(limits.max_calls + 1, exec_.calls[0]);
	point();
	EXPECT_EQ(submit(), -E2BIG);
	exec_.calls.resize(2);
	exec_.syncs.resize(limits.max_syncs + 1, exec_.syncs[1]);
	point();
	EXPECT_EQ(submit(), -E2BIG);
	exec_.syncs.resize(3);
	point();
	expect_nothing_happened();
	EXPECT_EQ(submit(), 0);
	expect_all_happened();
}

TEST_F(ExecNegative, ObjectsOfAnotherFile)
{
	Context other;
	std::vector<vgpu::Queue> queues;
	std::vector<vgpu::Syncobj> syncobjs;

	for (int i = 0; i < 8; i++) {
		queues.emplace_back(other.device, other.vm);
		syncobjs.emplace_back(other.device);
	}
	exec_.job().queue = queues.back().id();
	EXPECT_EQ(submit(), -ENOENT);
	exec_.job().queue = second_queue_.id();
	exec_.signal().handle = syncobjs.back().handle();
	EXPECT_EQ(submit(), -ENOENT);
	expect_nothing_happened();
}

TEST_F(ExecNegative, AQueueThatWasDestroyed)
{
	vgpu::Queue gone(gpu.device, gpu.vm);
	drm_vgpu_queue_destroy destroy = {};

	exec_.job().queue = destroy.id = gone.id();
	ASSERT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_DESTROY, &destroy), 0);
	EXPECT_EQ(submit(), -ENOENT);
	expect_nothing_happened();
}

TEST_F(ExecNegative, WaitForALaterJobOfTheCall)
{
	/* The fence is there only once the second job was looked at. */
	exec_.first_sync = {empty_.handle(), DRM_VGPU_SYNC_WAIT, 0};
	exec_.wait() = {empty_.handle(), DRM_VGPU_SYNC_SIGNAL, 0};
	EXPECT_EQ(submit(), -EINVAL);
	EXPECT_TRUE(has_no_fence(empty_));
	expect_nothing_happened();
}

INSTANTIATE_TEST_SUITE_P(
	Mistakes, ExecNegative,
	::testing::Values(
		ExecMistake{"Pad", -EINVAL, [](auto &e) { e.args.pad = 1; }},
		ExecMistake{"NoJobs", -EINVAL, [](auto &e) { e.args.jobs = {}; }},
		ExecMistake{"JobsPointerWithoutCount", -EINVAL,
			    [](auto &e) { e.args.jobs.count = 0; }},
		ExecMistake{"MostJobs", -E2BIG, [](auto &e) { e.args.jobs.count = ~0u; }},
		ExecMistake{"JobStrideZero", -EINVAL, [](auto &e) { e.args.jobs.stride = 0; }},
		ExecMistake{"JobStrideTooShort", -EINVAL,
			    [](auto &e) { e.args.jobs.stride -= 8; }},
		ExecMistake{"JobStrideUnaligned", -EINVAL,
			    [](auto &e) { e.args.jobs.stride += 4; }},
		ExecMistake{"JobsNoPointer", -EFAULT, [](auto &e) { e.args.jobs.ptr = 0; }},
		ExecMistake{"JobsPointerToNowhere", -EFAULT,
			    [](auto &e) { e.args.jobs.ptr = 0x7ffffffff000; }},
		ExecMistake{"JobsPointerIntoTheKernel", -EFAULT,
			    [](auto &e) { e.args.jobs.ptr = 0xffffffff80000000; }},
		ExecMistake{"NoQueue", -ENOENT, [](auto &e) { e.job().queue = 0; }},
		ExecMistake{"UnknownQueue", -ENOENT, [](auto &e) { e.job().queue += 1000; }},
		ExecMistake{"QueueOfAnotherAddressSpace", -EINVAL,
			    [](auto &e) { e.job().queue = e.queue_of_other_vm; }},
		ExecMistake{"JobLargerThanItsCredits", -EMSGSIZE,
			    [](auto &e) { e.job().queue = e.small_queue; }},
		ExecMistake{"NoCalls", -EINVAL, [](auto &e) { e.job().calls = {}; }},
		ExecMistake{"CallsPointerWithoutCount", -EINVAL,
			    [](auto &e) { e.job().calls.count = 0; }},
		ExecMistake{"MostCalls", -E2BIG, [](auto &e) { e.job().calls.count = ~0u; }},
		ExecMistake{"CallStrideTooShort", -EINVAL,
			    [](auto &e) { e.job().calls.stride -= 8; }},
		ExecMistake{"CallStrideUnaligned", -EINVAL,
			    [](auto &e) { e.job().calls.stride += 4; }},
		ExecMistake{"CallsNoPointer", -EFAULT, [](auto &e) { e.job().calls.ptr = 0; }},
		ExecMistake{"CallsPointerToNowhere", -EFAULT,
			    [](auto &e) { e.job().calls.ptr = 0x7ffffffff000; }},
		ExecMistake{"CallPad", -EINVAL, [](auto &e) { e.call().pad = 1; }},
		ExecMistake{"CallHighestPad", -EINVAL, [](auto &e) { e.call().pad = 1u << 31; }},
		ExecMistake{"CallWithoutWords", -EINVAL, [](auto &e) { e.call().words = 0; }},
		ExecMistake{"CallUnaligned", -EINVAL, [](auto &e) { e.call().va += 4; }},
		ExecMistake{"SyncsPointerWithoutCount", -EINVAL,
			    [](auto &e) { e.job().syncs.count = 0; }},
		ExecMistake{"MostSyncs", -E2BIG, [](auto &e) { e.job().syncs.count = ~0u; }},
		ExecMistake{"SyncStrideTooShort", -EINVAL,
			    [](auto &e) { e.job().syncs.stride -= 8; }},
		ExecMistake{"SyncStrideUnaligned", -EINVAL,
			    [](auto &e) { e.job().syncs.stride += 4; }},
		ExecMistake{"SyncsNoPointer", -EFAULT, [](auto &e) { e.job().syncs.ptr = 0; }},
		ExecMistake{"SyncsPointerToNowhere", -EFAULT,
			    [](auto &e) { e.job().syncs.ptr = 0x7ffffffff000; }},
		ExecMistake{"NeitherWaitNorSignal", -EINVAL, [](auto &e) { e.wait().flags = 0; }},
		ExecMistake{"TimelineAlone", -EINVAL,
			    [](auto &e) { e.point().flags = DRM_VGPU_SYNC_TIMELINE; }},
		ExecMistake{"BinaryWaitWithPoint", -EINVAL, [](auto &e) { e.wait().point = 1; }},
		ExecMistake{"BinarySignalWithPoint", -EINVAL,
			    [](auto &e) { e.signal().point = 1ULL << 40; }},
		ExecMistake{"TimelineSignalWithoutPoint", -EINVAL,
			    [](auto &e) { e.point().point = 0; }},
		ExecMistake{"TimelineWaitWithoutPoint", -EINVAL,
			    [](auto &e) { e.wait().flags |= DRM_VGPU_SYNC_TIMELINE; }},
		ExecMistake{"NoSyncObject", -ENOENT, [](auto &e) { e.wait().handle = 0; }},
		ExecMistake{"UnknownSyncObjectToWaitFor", -ENOENT,
			    [](auto &e) { e.wait().handle += 1000; }},
		ExecMistake{"UnknownSyncObjectToSignal", -ENOENT,
			    [](auto &e) { e.signal().handle += 1000; }},
		ExecMistake{"UnknownTimelineToSignal", -ENOENT,
			    [](auto &e) { e.point().handle += 1000; }},
		ExecMistake{"NoFenceToWaitFor", -EINVAL,
			    [](auto &e) { e.wait().handle = e.empty_syncobj; }},
		ExecMistake{"NoPointToWaitFor", -EINVAL,
			    [](auto &e) {
				    e.wait() = {e.timeline,
						DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_TIMELINE, 5};
			    }}),
	name_of<ExecMistake>);

} // namespace
