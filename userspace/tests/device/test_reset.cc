/* SPDX-License-Identifier: MIT */

/* The whole device is reset: who did no wrong must not notice, each command happens once. */

#include <cerrno>
#include <deque>
#include <vector>

#include "context.h"
#include "gate.h"
#include "knobs.h"
#include "style.h"

namespace
{

class Reset : public DeviceTest
{
protected:
	void SetUp() override
	{
		if (!knobs::problem().empty())
			GTEST_SKIP() << knobs::problem();
		resets_ = knobs::counter("resets");
		bans_ = knobs::counter("bans");
		replays_ = knobs::counter("replays");
	}

	/* A queue of each style, each with a chain of its own. */
	struct Stream {
		vgpu::Queue queue;
		vgpu::Syncobj done;
		std::size_t word;
		std::vector<std::uint64_t> numbers;
	};

	void start_streams()
	{
		for (const Style &style : all_styles())
			streams_.push_back({{gpu.device, gpu.vm, style.options()},
					    vgpu::Syncobj(gpu.device),
					    streams_.size(),
					    {}});
	}

	/* Several commands in a job, so that a reset falls between two of them. */
	void feed(std::uint64_t jobs)
	{
		for (std::uint64_t i = 0; i < jobs; i++)
			for (Stream &stream : streams_) {
				const std::uint64_t va = gpu.data_address(stream.word);
				vgpu::CommandWriter program;

				for (int step = 0; step < 4; step++) {
					stream.numbers.push_back(stream.numbers.size());
					program.mix(va, va, 8, stream.numbers.back());
					program.delay(100'000);
				}
				gpu.submit(stream.queue, program, stream.done);
			}
	}

	void expect_streams_right()
	{
		for (const Stream &stream : streams_) {
			EXPECT_EQ(status_of(stream.done), 1) << "queue " << stream.word;
			EXPECT_EQ(gpu.data(stream.word), chain(0, stream.numbers))
				<< "queue " << stream.word
				<< ": a command was lost, doubled or swapped";
			EXPECT_EQ(stream.queue.state().status, DRM_VGPU_QUEUE_ACTIVE);
		}
	}

	std::uint64_t resets_ = 0, bans_ = 0, replays_ = 0;
	std::deque<Stream> streams_;
};

TEST_F(Reset, OfAnIdleDeviceChangesNothing)
{
	const vgpu::Queue idle(gpu.device, gpu.vm);

	EXPECT_EQ(gpu.run(idle, vgpu::CommandWriter().nop()), 1);
	ASSERT_EQ(knobs::reset_device(), 0);
	EXPECT_EQ(knobs::counter("resets"), resets_ + 1);
	EXPECT_EQ(gpu.run(idle, vgpu::CommandWriter().store(gpu.data_address(0), 4)), 1);
	EXPECT_EQ(gpu.data(0), 4u);
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
	EXPECT_GE(idle.state().resets, 1u);
}

TEST_F(Reset, InnocentQueuesGoOnToTheByteExactlyOnce)
{
	unsigned int resets = 0;

	start_streams();
	/* On a busy machine the jobs may all be over before the reset. */
	do {
		feed(4);
		ASSERT_EQ(knobs::reset_device(), 0);
		resets++;
	} while (resets < 8 || (knobs::counter("replays") == replays_ && resets < 100));
	feed(2);
	expect_streams_right();
	EXPECT_EQ(knobs::counter("resets"), resets_ + resets);
	EXPECT_GT(knobs::counter("replays"), replays_) << "nothing ran when the device was reset";
	EXPECT_EQ(knobs::counter("bans"), bans_);
	for (const Stream &stream : streams_)
		EXPECT_GE(stream.queue.state().resets, 1u);
}

TEST_F(Reset, ADelayGoesOnWhereItWas)
{
	const vgpu::Queue queue(gpu.device, gpu.vm);
	const vgpu::Syncobj done(gpu.device);
	vgpu::CommandWriter program;

	program.store(gpu.data_address(0), 1).delay(300'000'000).store(gpu.data_address(1), 1);
	gpu.submit(queue, program, done);
	gpu.wait_for_change(0, 0);
	for (int i = 0; i < 3; i++) {
		/* so that it would show if the delay began anew */
		EXPECT_EQ(gpu.run(vgpu::CommandWriter().delay(70'000'000)), 1);
		ASSERT_EQ(knobs::reset_device(), 0);
	}
	EXPECT_EQ(status_of(done), 1);
	EXPECT_GE(queue.state().runtime_ns, 290'000'000u);
	EXPECT_LE(queue.state().runtime_ns, 450'000'000u) << "the delay began anew";
}

TEST_F(Reset, ASuspendedQueueStaysSuspended)
{
	vgpu::Queue queue(gpu.device, gpu.vm, patient(gpu.device));
	const vgpu::Syncobj done(gpu.device);

	gpu.submit(queue, counting(gpu.data_address(0), 100, 500'000), done);
	gpu.wait_for_change(0, 0);
	queue.suspend();
	const std::uint64_t at = gpu.peek(0);
	ASSERT_EQ(knobs::reset_device(), 0);
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().delay(10'000'000)), 1);
	EXPECT_EQ(queue.state().status, DRM_VGPU_QUEUE_SUSPENDED);
	EXPECT_EQ(gpu.peek(0), at);
	queue.resume();
	EXPECT_EQ(status_of(done), 1);
	EXPECT_EQ(gpu.peek(0), 100u);
}

TEST_F(Reset, ADestroyedAndABannedQueueDoNotComeBack)
{
	const vgpu::Queue banned(gpu.device, gpu.vm);
	const vgpu::Syncobj done(gpu.device);

	EXPECT_EQ(gpu.run(banned, vgpu::CommandWriter().fault()), -EFAULT);
	{
		const vgpu::Queue queue(gpu.device, gpu.vm, patient(gpu.device));

		gpu.submit(queue, counting(gpu.data_address(0), 2000, 1'000'000), done);
		gpu.wait_for_change(0, 0);
	}
	ASSERT_EQ(knobs::reset_device(), 0);
	EXPECT_EQ(status_of(done), -ECANCELED);
	EXPECT_EQ(banned.state().status, DRM_VGPU_QUEUE_BANNED);
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
}

TEST_F(Reset, AHangThatNeedsItBansTheGuiltyOnly)
{
	const knobs::ArmedHangs armed;
	vgpu::QueueOptions options;
	options.timeout_ms = 50;
	const vgpu::Queue guilty(gpu.device, gpu.vm, options);
	const vgpu::Syncobj hung(gpu.device);
	vgpu::CommandWriter program;

	start_streams();
	feed(4);
	program.store(gpu.data_address(100), 1).hang(DRM_VGPU_HANG_NO_ENGINE_RESET);
	gpu.submit(guilty, program, hung);
	feed(4);
	EXPECT_EQ(status_of(hung), -ETIME);
	feed(2);
	expect_streams_right();
	EXPECT_EQ(guilty.state().status, DRM_VGPU_QUEUE_BANNED);
	EXPECT_EQ(guilty.state().stop_word, 3u);
	EXPECT_GT(knobs::counter("resets"), resets_);
	EXPECT_EQ(knobs::counter("bans"), bans_ + 1);
}

TEST_F(Reset, AHangThatSurvivesTheFirstDeviceReset)
{
	const knobs::ArmedHangs armed;
	vgpu::QueueOptions options;
	options.timeout_ms = 50;
	const vgpu::Queue guilty(gpu.device, gpu.vm, options);
	const vgpu::Syncobj hung(gpu.device);

	start_streams();
	feed(3);
	gpu.submit(guilty, vgpu::CommandWriter().hang(DRM_VGPU_HANG_NO_DEVICE_RESET), hung);
	feed(3);
	EXPECT_EQ(status_of(hung), -ETIME);
	feed(1);
	expect_streams_right();
	EXPECT_EQ(guilty.state().status, DRM_VGPU_QUEUE_BANNED);
}

TEST_F(Reset, ALostInterruptHoldsNobodyUpForEver)
{
	start_streams();
	{
		const knobs::Knob lose("irq_lose", 65536 / 4);

		feed(10);
		expect_streams_right();
		EXPECT_GT(lose.hits(), 0u);
	}
	EXPECT_EQ(knobs::counter("bans"), bans_);
}

struct Misfortune {
	const char *name;
	const char *knob;
	std::uint32_t rate, times;
	std::uint64_t arg;
};

class Misfortunes : public Reset, public ::testing::WithParamInterface<Misfortune>
{
};

/* Whatever goes wrong below, a queue that did nothing wrong comes to its end. */
TEST_P(Misfortunes, AreSurvived)
{
	const Misfortune &what = GetParam();

	start_streams();
	feed(1);
	{
		const knobs::Knob knob(what.knob, what.rate, what.times, what.arg);

		for (int i = 0; i < 6; i++) {
			vgpu::Queue fleeting(gpu.device, gpu.vm);

			feed(1);
			EXPECT_EQ(gpu.run(fleeting, vgpu::CommandWriter().nop()), 1);
		}
		expect_streams_right();
		EXPECT_GT(knob.hits(), 0u) << "it never struck, so nothing was tested";
	}
	EXPECT_EQ(knobs::counter("bans"), bans_);
}

INSTANTIATE_TEST_SUITE_P(
	Knobs, Misfortunes,
	::testing::Values(Misfortune{"LateInterrupts", "irq_delay", 65536 / 4, 0, 2000},
			  Misfortune{"SpuriousInterrupts", "irq_spurious", 65536 / 2, 0, 0},
			  Misfortune{"LostDoorbells", "doorbell_lose", 65536 / 8, 0, 0},
			  Misfortune{"SlowFirmware", "h2g_stall", 65536 / 4, 0, 3000},
			  Misfortune{"SmallRing", "g2h_full", 65536 / 2, 0, 1},
			  Misfortune{"RepliesSwapped", "g2h_reorder", 65536 / 2, 0, 0},
			  Misfortune{"RepliesDoubled", "g2h_dup", 65536 / 4, 0, 0},
			  Misfortune{"RepliesOfWrongType", "g2h_corrupt", 65536, 1, 0},
			  Misfortune{"RepliesForAWrongContext", "g2h_corrupt", 65536, 1, 1},
			  Misfortune{"RepliesWithAWrongCookie", "g2h_corrupt", 65536, 1, 2},
			  Misfortune{"FirmwareThatDiesAndSaysSo", "fw_die", 65536, 1, 0},
			  Misfortune{"FirmwareThatDiesInSilence", "fw_die", 65536, 1, 1},
			  Misfortune{"SlowEngines", "slow_engine", 65536, 0, 300}),
	name_of<Misfortune>);

TEST_F(Reset, ADeviceThatResetsOnlyAtTheThirdTry)
{
	start_streams();
	feed(4);
	{
		const knobs::Knob refuse("halt_refuse", 65536, 2);

		ASSERT_EQ(knobs::reset_device(), 0);
		EXPECT_EQ(refuse.hits(), 2u);
	}
	feed(2);
	expect_streams_right();
}

} // namespace
