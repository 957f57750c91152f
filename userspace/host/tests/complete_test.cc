/* SPDX-License-Identifier: MIT */
/*
 * Completion: who says that a job is done, when its fence signals, when it retires.
 */
#include "world.h"

#include <atomic>
#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Complete : public FlagWorld
{
};

DEP_WITH_ALL_FLAGS(Complete);

TEST_P(Complete, ErrorOfTheHardwareFenceReachesTheFinishedFence)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");

	submit(job);
	settle();
	EXPECT_THAT(signals(), IsEmpty());
	complete(job, -EIO);
	EXPECT_THAT(signals(), ElementsAre("signal a -5"));
	EXPECT_EQ(os_fence_error(drm_dep_job_finished_fence(job.get())), -EIO);
}

TEST_P(Complete, HardwareFenceMayHaveSignalledAlready)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	complete(a);
	complete(b, -ENODATA);
	submit(a);
	submit(b);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b -61"));
}

TEST_P(Complete, ErrorOfRunJobFinishesTheJobInItsPlace)
{
	QueueRef queue = make_queue("q", {.credits = 2});
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", fails_with(-ENOSPC));
	JobRef c = make_job(queue, "c");

	submit(a);
	submit(b);
	submit(c);
	settle();
	/* Its credits are back: c runs. */
	EXPECT_THAT(runs(), ElementsAre("run a", "run b", "run c"));
	EXPECT_THAT(signals(), IsEmpty());
	complete(a);
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b -28"));
	complete(c);
}

TEST_P(Complete, ByTheDriver)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", driver_completes);

	submit(job);
	settle();
	EXPECT_THAT(signals(), IsEmpty());
	EXPECT_TRUE(done(job, -EFAULT));
	EXPECT_THAT(signals(), ElementsAre("signal a -14"));
}

TEST_P(Complete, InsideRunJob)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", [](Job &self) {
		EXPECT_TRUE(drm_dep_job_done(&self, self.number, -EPIPE));
		return nullptr;
	});

	submit(job);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a -32"));
}

TEST_P(Complete, FirstOneWins)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", driver_completes);

	submit(job);
	settle();
	EXPECT_TRUE(done(job, -EIO));
	EXPECT_FALSE(done(job, 0));
	EXPECT_FALSE(done(job, -EPIPE));
	EXPECT_THAT(signals(), ElementsAre("signal a -5"));
}

TEST_P(Complete, DriverBeforeItsOwnHardwareFence)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");

	submit(job);
	settle();
	EXPECT_TRUE(done(job, -EIO));
	complete(job);
	EXPECT_THAT(signals(), ElementsAre("signal a -5"));
}

TEST_P(Complete, InsideRunJobAndWithAHardwareFence)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", [](Job &self) {
		done_at_once(self);
		return hardware_fence(self);
	});

	submit(job);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
	complete(job, -EIO);
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
}

TEST_P(Complete, OfAnotherRunIsNone)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", driver_completes);

	submit(job);
	settle();
	EXPECT_FALSE(drm_dep_job_done(job.get(), job->number + 1, 0));
	EXPECT_FALSE(drm_dep_job_done(job.get(), job->number - 1, 0));
	EXPECT_THAT(signals(), IsEmpty());
	EXPECT_TRUE(done(job));
}

TEST_P(Complete, OfAJobThatWasNotHandedOverIsNone)
{
	QueueRef queue = make_queue("q", {.credits = 1});
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", driver_completes);

	for (u32 run = 0; run < 3; run++)
		EXPECT_FALSE(drm_dep_job_done(b.get(), run, 0));
	submit(a);
	arm(b);
	for (u32 run = 0; run < 3; run++)
		EXPECT_FALSE(drm_dep_job_done(b.get(), run, 0));
	push(b);
	settle();
	for (u32 run = 0; run < 3; run++)
		EXPECT_FALSE(drm_dep_job_done(b.get(), run, 0));
	complete(a);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
	EXPECT_TRUE(done(b));
}

TEST_P(Complete, OutOfOrderHoldsFencesBackAndGivesCreditsBack)
{
	QueueRef queue = make_queue("q", {.credits = 3});
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", driver_completes);
	JobRef c = make_job(queue, "c");
	JobRef d = make_job(queue, "d");

	submit(a);
	submit(b);
	submit(c);
	submit(d);
	settle();
	EXPECT_EQ(runs().size(), 3u);
	complete(c, -EIO);
	settle();
	EXPECT_EQ(runs().size(), 4u) << "the credits of c are back";
	EXPECT_TRUE(done(b));
	EXPECT_THAT(signals(), IsEmpty());
	complete(a);
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0", "signal c -5"));
	complete(d);
}

/* More than are signalled in one go. */
TEST_P(Complete, ManyThatWereHeldBackSignalInOrder)
{
	constexpr std::size_t count = 200;
	QueueRef queue = make_queue("q");
	std::vector<JobRef> jobs;

	for (std::size_t i = 0; i < count; i++) {
		jobs.push_back(make_job(queue, std::to_string(i)));
		submit(jobs.back());
	}
	settle();
	for (std::size_t i = count; i-- > 0;) {
		EXPECT_THAT(signals(), IsEmpty());
		complete(jobs[i]);
	}
	settle();
	ASSERT_EQ(signals().size(), count);
	for (std::size_t i = 0; i < count; i++)
		EXPECT_EQ(signals()[i], "signal " + std::to_string(i) + " 0");
}

/* The signaller is between two jobs when the second is done; the token is taken then. */
TEST_P(Complete, DoneWhileAnotherSignalsIsSeenAfterwards)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");
	Event signalling;
	Event go_on;

	submit(a);
	submit(b);
	settle();

	os_fence *fence = drm_dep_job_finished_fence(a.get());

	host::set_access_hook([&](const volatile void *object) {
		if (object == fence && host::is_signalled(fence)) {
			signalling.set();
			EXPECT_TRUE(go_on.wait());
		}
	});

	std::thread completer([&] { complete(a); });

	ASSERT_TRUE(signalling.wait());
	complete(b);
	settle();
	EXPECT_THAT(signals(), IsEmpty()) << "the fence of a comes first";
	go_on.set();
	completer.join();
	host::set_access_hook({});
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0"));
}

TEST_P(Complete, JobStaysUntilItsHardwareFenceHasCalledBack)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	os_fence *hw = host::get(job->hw);

	submit(job);
	settle();
	EXPECT_TRUE(done(job));
	job.put();
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
	EXPECT_FALSE(record.has("release a"));
	host::signal(hw);
	os_fence_put(hw);
	settle();
	EXPECT_TRUE(record.has("release a"));
}

TEST_P(Complete, JobStaysUntilRunJobHasReturned)
{
	QueueRef queue = make_queue("q");
	Event signalled;
	Event go_on;
	JobRef job = make_job(queue, "a", [&](Job &self) {
		done_at_once(self);
		signalled.set();
		EXPECT_TRUE(go_on.wait());
		/* As a driver does that looks at its job once more. */
		EXPECT_EQ(self.label, "a");
		return nullptr;
	});
	std::jthread submitter = submit_elsewhere(job);

	ASSERT_TRUE(signalled.wait());
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
	job.put();
	EXPECT_FALSE(record.wait_for("release a", grace));
	go_on.set();
	submitter.join();
	settle();
	EXPECT_TRUE(record.has("release a"));
}

/* The hardware may be done before the worker has left the function that waits for its fence. */
TEST_P(Complete, JobStaysUntilTheWorkerHasLeftIt)
{
	static thread_local bool worker;
	QueueRef queue = make_queue("q");
	Event waiting;
	Event go_on;
	JobRef job = make_job(queue, "a", [&](Job &self) {
		os_fence *hw = hardware_fence(self);

		worker = true;
		return hw;
	});
	os_fence *hw = host::get(job->hw);

	/* The first thing of the fence that the worker lets go of afterwards is its lock. */
	host::set_access_hook([&](const volatile void *object) {
		const auto *touched = static_cast<const volatile char *>(object);
		const auto *fence = reinterpret_cast<const char *>(hw);

		if (touched < fence || touched >= fence + sizeof(*hw))
			return;
		if (!std::exchange(worker, false))
			return;
		waiting.set();
		EXPECT_TRUE(go_on.wait());
	});
	std::jthread submitter = submit_elsewhere(job);

	EXPECT_TRUE(waiting.wait());
	host::signal(hw);
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
	job.put();
	EXPECT_FALSE(record.wait_for("release a", grace));
	go_on.set();
	submitter.join();
	settle();
	host::set_access_hook({});
	EXPECT_TRUE(record.has("release a"));
	os_fence_put(hw);
}

TEST_P(Complete, InAnInterrupt)
{
	QueueRef queue = make_queue("q", {.credits = 1});
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", driver_completes);
	JobRef c = make_job(queue, "c", done_at_once);

	submit(a);
	submit(b);
	submit(c);
	settle();
	{
		host::Interrupt interrupt;

		complete(a);
		a.put();
	}
	settle();
	{
		host::Interrupt interrupt;

		/* Now c can run: not in here, as run_job may sleep. */
		EXPECT_TRUE(done(b));
		b.put();
		queue.put();
	}
	c.put();
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0", "signal c 0"));
	EXPECT_TRUE(record.has("release q"));
}

/* A hardware fence's release may take any lock of its driver: not while completing. */
TEST_P(Complete, ReferenceOfTheHardwareFenceIsPutByCleanup)
{
	QueueRef queue = make_queue("q");
	bool completing = false;
	int put_in_completion = -1;
	os_fence *hw = host::foreign_fence([&] { put_in_completion = completing; });
	JobRef job = make_job(queue, "a", [hw](Job &) { return hw; });

	submit(job);
	settle();
	/* Whoever signals has a reference meanwhile; that of the job is left. */
	host::get(hw);
	completing = true;
	host::signal(hw);
	os_fence_put(hw);
	completing = false;
	settle();
	EXPECT_EQ(put_in_completion, -1) << "it is not put while the job is there";
	job.put();
	settle();
	EXPECT_EQ(put_in_completion, 0);
}

TEST_P(Complete, RacingCompletionsHaveOneWinner)
{
	QueueRef queue = make_queue("q");

	for (int round = 0; round < 100; round++) {
		std::string label = std::to_string(round);
		std::atomic<int> winners{0};
		JobRef job = make_job(queue, label);
		std::vector<std::thread> racers;
		Event go;

		submit(job);
		settle();
		for (int i = 0; i < 2; i++)
			racers.emplace_back([&, i] {
				ASSERT_TRUE(go.wait());
				winners += done(job, -1 - i);
			});
		racers.emplace_back([&] {
			ASSERT_TRUE(go.wait());
			complete(job);
		});
		go.set();
		for (std::thread &racer : racers)
			racer.join();
		settle();
		EXPECT_EQ(signals().size(), static_cast<std::size_t>(round + 1));
		if (winners)
			EXPECT_EQ(winners, 1);
		else
			EXPECT_TRUE(record.has("signal " + label + " 0"));
	}
}

/* The fence may be asked for in any context, also while the worker changes the job's state. */
TEST_P(Complete, FinishedFenceMayBeAskedForMeanwhile)
{
	for (int round = 0; round < 50; round++) {
		QueueRef queue = make_queue("q");
		JobRef job = make_job(queue, "a", done_at_once);
		os_fence *fence;

		arm(job);
		fence = drm_dep_job_finished_fence(job.get());

		std::jthread reader([&] {
			for (int i = 0; i < 100; i++)
				EXPECT_EQ(drm_dep_job_finished_fence(job.get()), fence);
		});

		push(job);
		reader.join();
		settle();
	}
}

} // namespace
