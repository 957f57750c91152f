/* SPDX-License-Identifier: MIT */
#include <cerrno>
#include <functional>
#include <vector>

#include "context.h"
#include "style.h"

namespace
{

struct Kind {
	const char *name;
	drm_vgpu_engine_class engine_class;
	std::uint32_t flags;
};

const Kind kinds[] = {
	{"Compute", DRM_VGPU_ENGINE_COMPUTE, 0},
	{"Copy", DRM_VGPU_ENGINE_COPY, 0},
	{"ComputeDirect", DRM_VGPU_ENGINE_COMPUTE, DRM_VGPU_QUEUE_DIRECT_COMPLETION},
	{"CopyDirect", DRM_VGPU_ENGINE_COPY, DRM_VGPU_QUEUE_DIRECT_COMPLETION},
};

class QueueKind : public DeviceTest, public ::testing::WithParamInterface<Kind>
{
protected:
	vgpu::Queue make(std::uint32_t ring_words = 0, std::uint32_t credits = 0)
	{
		return {gpu.device,
			gpu.vm,
			{GetParam().engine_class, GetParam().flags, ring_words, credits}};
	}
};

TEST_P(QueueKind, RunsJobs)
{
	const vgpu::Queue queue = make();
	vgpu::CommandWriter program;

	EXPECT_NE(queue.id(), 0u);
	program.store(gpu.data_address(0), 42);
	EXPECT_EQ(gpu.run(queue, program), 1);
	EXPECT_EQ(gpu.data(0), 42u);
}

TEST_P(QueueKind, KeepsTheOrderOfItsJobs)
{
	const vgpu::Queue queue = make();
	const vgpu::Syncobj done(gpu.device);
	std::vector<std::uint64_t> numbers;

	for (std::uint64_t i = 0; i < 100; i++) {
		gpu.submit(queue, link(gpu.data_address(0), i), done);
		numbers.push_back(i);
	}
	expect_signalled(done);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_P(QueueKind, TakesMoreJobsThanItsRingHolds)
{
	const vgpu::Queue queue = make(64);
	const vgpu::Syncobj done(gpu.device);
	std::vector<std::uint64_t> numbers;
	vgpu::CommandWriter slow;

	/* Ten entries fit; the first job keeps them all waiting. */
	slow.delay(20'000'000);
	gpu.submit(queue, slow, done);
	for (std::uint64_t i = 0; i < 120; i++) {
		gpu.submit(queue, link(gpu.data_address(0), i), done);
		numbers.push_back(i);
	}
	expect_signalled(done);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_P(QueueKind, TakesJobsOfMixedSizesWithFewCredits)
{
	/* Entries of 6, 8 and 10 words at most 10 at a time: the ring wraps at every offset. */
	const vgpu::Queue queue = make(64, 10);
	const vgpu::Syncobj done(gpu.device);
	std::vector<std::uint64_t> numbers;
	std::uint64_t number = 0;

	for (int i = 0; i < 90; i++) {
		vgpu::Exec exec;
		vgpu::Job &job = exec.job(queue);

		for (int call = 0; call <= i % 3; call++) {
			const Call place = gpu.place(link(gpu.data_address(0), number));

			job.call(place.va, place.words);
			numbers.push_back(number++);
		}
		job.signal(done);
		exec.submit(gpu.device);
	}
	expect_signalled(done);
	EXPECT_EQ(gpu.data(0), chain(0, numbers));
}

TEST_P(QueueKind, AJobAsLargeAsItsCreditsRuns)
{
	const vgpu::Queue queue = make(64, 6);
	vgpu::CommandWriter program;

	program.store(gpu.data_address(0), 1);
	EXPECT_EQ(gpu.run(queue, program), 1);
}

TEST_P(QueueKind, ALateFenceDoesNotHoldUpOthers)
{
	const vgpu::Queue slow = make(), fast(gpu.device, gpu.vm, {DRM_VGPU_ENGINE_COMPUTE});
	const vgpu::Syncobj slow_done(gpu.device);
	vgpu::CommandWriter wait, store;

	wait.delay(300'000'000);
	gpu.submit(slow, wait, slow_done);
	store.store(gpu.data_address(0), 1);
	EXPECT_EQ(gpu.run(fast, store), 1);
	EXPECT_EQ(vgpu::sync_file_status(slow_done.export_sync_file().get()), 0)
		<< "a job of another queue had to wait for it";
	expect_signalled(slow_done);
}

INSTANTIATE_TEST_SUITE_P(Kinds, QueueKind, ::testing::ValuesIn(kinds), name_of<Kind>);

class QueueTest : public DeviceTest
{
protected:
	int create(drm_vgpu_queue_create &args)
	{
		return gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_CREATE, &args);
	}

	int destroy(std::uint32_t id, std::uint32_t flags)
	{
		drm_vgpu_queue_destroy args = {};

		args.id = id;
		args.flags = flags;
		return gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_DESTROY, &args);
	}
};

TEST_F(QueueTest, RingsOfEverySizeWork)
{
	for (std::uint32_t words = 64; words <= gpu.device.info().max_ring_words; words *= 2) {
		const vgpu::Queue queue(gpu.device, gpu.vm,
					{DRM_VGPU_ENGINE_COMPUTE, 0, words, words});
		vgpu::CommandWriter program;

		program.store(gpu.data_address(0), words);
		EXPECT_EQ(gpu.run(queue, program), 1);
		EXPECT_EQ(gpu.data(0), words);
	}
}

TEST_F(QueueTest, AFileHasItsShareAndNoMore)
{
	std::vector<vgpu::Queue> queues;
	drm_vgpu_queue_create args = {};

	for (std::uint32_t i = 1; i < gpu.device.info().max_queues; i++)
		queues.emplace_back(gpu.device, gpu.vm);
	args.vm = gpu.vm.id();
	EXPECT_EQ(create(args), -EDQUOT);
	EXPECT_EQ(args.id, 0u);
	EXPECT_NO_THROW(Context()) << "the share is per file";
}

TEST_F(QueueTest, AQueueThatIsGoneComesBackToTheShare)
{
	/* More than the share in all, a few at a time. */
	const std::uint32_t rounds = gpu.device.info().max_queues + 20;

	for (std::uint32_t i = 0; i < rounds; i++) {
		const auto deadline = vgpu::Deadline::in(long_enough);
		drm_vgpu_queue_create args = {};
		int result;

		/* A queue is gone when its teardown has ended, a moment after the call. */
		args.vm = gpu.vm.id();
		do {
			result = create(args);
		} while (result == -EDQUOT && !deadline.passed());
		ASSERT_EQ(result, 0) << "queue " << i;
		ASSERT_EQ(destroy(args.id, 0), 0);
	}
}

drm_vgpu_queue_create bind_queue(std::uint32_t vm)
{
	drm_vgpu_queue_create args = {};

	args.vm = vm;
	args.engine_class = DRM_VGPU_ENGINE_BIND;
	return args;
}

struct QueueMistake {
	const char *name;
	int error;
	std::function<void(drm_vgpu_queue_create &, Context &)> make;
};

class QueueNegative : public QueueTest, public ::testing::WithParamInterface<QueueMistake>
{
};

TEST_P(QueueNegative, IsRefused)
{
	drm_vgpu_queue_create args = {};

	args.vm = gpu.vm.id();
	args.engine_class = DRM_VGPU_ENGINE_COMPUTE;
	args.flags = DRM_VGPU_QUEUE_DIRECT_COMPLETION;
	args.ring_words = 128;
	args.credits = 64;
	drm_vgpu_queue_create wrong = args;
	GetParam().make(wrong, gpu);
	EXPECT_EQ(create(wrong), GetParam().error);
	EXPECT_EQ(wrong.id, 0u);
	EXPECT_EQ(create(args), 0) << "only the mistake may be what was refused";
}

INSTANTIATE_TEST_SUITE_P(Mistakes, QueueNegative,
			 ::testing::Values(
				 QueueMistake{"NoAddressSpace", -ENOENT,
					      [](auto &args, auto &) { args.vm = 0; }},
				 QueueMistake{"UnknownAddressSpace", -ENOENT,
					      [](auto &args, auto &) { args.vm += 1000; }},
				 QueueMistake{"UnknownClass", -EINVAL,
					      [](auto &args, auto &) { args.engine_class = 3; }},
				 QueueMistake{"HighestClass", -EINVAL,
					      [](auto &args, auto &) { args.engine_class = ~0u; }},
				 QueueMistake{"RingNotAPowerOfTwo", -EINVAL,
					      [](auto &args, auto &) { args.ring_words = 96; }},
				 QueueMistake{"RingTooSmall", -EINVAL,
					      [](auto &args, auto &) {
						      args.ring_words = args.credits = 32;
					      }},
				 QueueMistake{"RingTooLarge", -EINVAL,
					      [](auto &args, Context &gpu) {
						      args.ring_words =
							      2 * gpu.device.info().max_ring_words;
					      }},
				 QueueMistake{
					 "RingOfHighestPower", -EINVAL,
					 [](auto &args, auto &) { args.ring_words = 1u << 31; }},
				 QueueMistake{"MoreCreditsThanRing", -EINVAL,
					      [](auto &args, auto &) {
						      args.credits = args.ring_words + 1;
					      }},
				 QueueMistake{"MoreCreditsThanAnyRing", -EINVAL,
					      [](auto &args, Context &gpu) {
						      args.ring_words = 0;
						      args.credits =
							      gpu.device.info().max_ring_words + 1;
					      }},
				 QueueMistake{"UnknownPriority", -EINVAL,
					      [](auto &args, auto &) { args.priority = 3; }},
				 QueueMistake{"HighestPriorityValue", -EINVAL,
					      [](auto &args, auto &) { args.priority = ~0u; }},
				 QueueMistake{"UnknownProfile", -EINVAL,
					      [](auto &args, auto &) { args.profile = 7; }},
				 QueueMistake{"HighestProfile", -EINVAL,
					      [](auto &args, auto &) { args.profile = ~0u; }},
				 QueueMistake{"TimeoutTooShort", -EINVAL,
					      [](auto &args, auto &) { args.timeout_ms = 9; }},
				 QueueMistake{"TimeoutTooLong", -EINVAL,
					      [](auto &args, Context &gpu) {
						      args.timeout_ms =
							      gpu.device.info().max_timeout_ms + 1;
					      }},
				 QueueMistake{"LongestTimeout", -EINVAL,
					      [](auto &args, auto &) { args.timeout_ms = ~0u; }},
				 QueueMistake{"Pad", -EINVAL,
					      [](auto &args, auto &) { args.pad = 1; }},
				 QueueMistake{"HighestPad", -EINVAL,
					      [](auto &args, auto &) { args.pad = 1u << 31; }},
				 QueueMistake{"BindQueueWithAFlag", -EINVAL,
					      [](auto &args, auto &) {
						      args = bind_queue(args.vm);
						      args.flags = DRM_VGPU_QUEUE_DIRECT_COMPLETION;
					      }},
				 QueueMistake{"BindQueueWithARing", -EINVAL,
					      [](auto &args, auto &) {
						      args = bind_queue(args.vm);
						      args.ring_words = 128;
					      }},
				 QueueMistake{"BindQueueWithCredits", -EINVAL,
					      [](auto &args, auto &) {
						      args = bind_queue(args.vm);
						      args.credits = 64;
					      }},
				 QueueMistake{"BindQueueWithPriority", -EINVAL,
					      [](auto &args, auto &) {
						      args = bind_queue(args.vm);
						      args.priority = DRM_VGPU_PRIORITY_LOW;
					      }},
				 QueueMistake{"BindQueueWithTimeout", -EINVAL,
					      [](auto &args, auto &) {
						      args = bind_queue(args.vm);
						      args.timeout_ms = 100;
					      }},
				 QueueMistake{"BindQueueOfNoAddressSpace", -ENOENT,
					      [](auto &args, auto &) {
						      args = bind_queue(args.vm + 1000);
					      }},
				 QueueMistake{"BindQueueWithUnknownProfile", -EINVAL,
					      [](auto &args, auto &) {
						      args = bind_queue(args.vm);
						      args.profile = 7;
					      }}),
			 name_of<QueueMistake>);

/* Of the profiles those that the driver has; which it doesn't have all_styles() says. */
TEST_F(QueueTest, EveryValueOfEveryFieldThatTheHeaderAllows)
{
	for (const Style &style : all_styles())
		for (const std::uint32_t priority :
		     {DRM_VGPU_PRIORITY_NORMAL, DRM_VGPU_PRIORITY_LOW})
			for (const std::uint32_t timeout :
			     {0u, 10u, gpu.device.info().max_timeout_ms}) {
				drm_vgpu_queue_create args = {};

				args.vm = gpu.vm.id();
				args.engine_class = style.engine_class;
				args.flags = style.flags;
				args.profile = style.profile;
				args.priority = priority;
				args.timeout_ms = timeout;
				ASSERT_EQ(create(args), 0) << style.name << " priority " << priority
							   << " timeout " << timeout;
				ASSERT_EQ(destroy(args.id, 0), 0);
			}
	for (const Style &style : all_styles()) {
		drm_vgpu_queue_create args = bind_queue(gpu.vm.id());

		args.profile = style.profile;
		ASSERT_EQ(create(args), 0) << "bind queue, profile of " << style.name;
		ASSERT_EQ(destroy(args.id, 0), 0);
	}
}

TEST_F(QueueTest, NegativeEachUnknownFlag)
{
	for (int bit = 0; bit < 32; bit++) {
		drm_vgpu_queue_create args = {};

		args.vm = gpu.vm.id();
		args.flags = 1u << bit;
		if (args.flags == DRM_VGPU_QUEUE_DIRECT_COMPLETION)
			continue;
		EXPECT_EQ(create(args), -EINVAL) << "bit " << bit;
		EXPECT_EQ(args.id, 0u);
	}
}

TEST_F(QueueTest, NegativeDestroy)
{
	drm_vgpu_queue_create args = {};

	args.vm = gpu.vm.id();
	ASSERT_EQ(create(args), 0);
	EXPECT_EQ(destroy(0, 0), -ENOENT);
	EXPECT_EQ(destroy(args.id + 1000, 0), -ENOENT);
	for (int bit = 0; bit < 32; bit++)
		if (1u << bit != DRM_VGPU_QUEUE_DESTROY_DRAIN) {
			EXPECT_EQ(destroy(args.id, 1u << bit), -EINVAL) << "bit " << bit;
		}
	EXPECT_EQ(destroy(0, DRM_VGPU_QUEUE_DESTROY_DRAIN), -ENOENT);
	EXPECT_EQ(destroy(args.id, 0), 0) << "the mistakes before must have changed nothing";
	EXPECT_EQ(destroy(args.id, 0), -ENOENT);
}

} // namespace
