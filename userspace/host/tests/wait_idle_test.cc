/* SPDX-License-Identifier: MIT */
/*
 * Waiting until the jobs that were pushed are over.
 */
#include "world.h"

#include <atomic>
#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class WaitIdle : public FlagWorld
{
public:
	WaitIdle() : queue(make_queue("q")) {}

	int wait_idle(u32 timeout_ms = 0)
	{
		return drm_dep_queue_wait_idle(queue.get(), timeout_ms);
	}

	QueueRef queue;
};

DEP_WITH_ALL_FLAGS(WaitIdle);

TEST_P(WaitIdle, NothingToWaitFor)
{
	JobRef a = make_job(queue, "a");

	EXPECT_EQ(wait_idle(), 0);
	arm(a);
	EXPECT_EQ(wait_idle(), 0) << "it is not pushed";
	push(a);
	complete(a);
}

TEST_P(WaitIdle, WaitsForTheRelease)
{
	JobRef a = make_job(queue, "a");
	os_fence *hw = host::get(a->hw);
	std::atomic<bool> released{false};

	a->on_release = [&] {
		std::this_thread::sleep_for(grace);
		released = true;
	};
	submit(a);
	a.put();

	std::jthread hardware([&] {
		std::this_thread::sleep_for(grace);
		host::signal(hw);
	});

	EXPECT_EQ(wait_idle(), 0);
	EXPECT_TRUE(record.has("signal a 0"));
	EXPECT_TRUE(released) << "the queue's reference was the last one";
	hardware.join();
	os_fence_put(hw);
}

TEST_P(WaitIdle, DoesNotWaitForReferencesOfOthers)
{
	JobRef a = make_job(queue, "a");

	submit(a);
	settle();
	complete(a);
	EXPECT_EQ(wait_idle(), 0);
	EXPECT_FALSE(record.has("release a"));

	/* And again, now that the other one's reference goes. */
	a.put();
	settle();
	JobRef b = make_job(queue, "b");

	submit(b);
	EXPECT_EQ(wait_idle(10), -ETIME);
	complete(b);
	b.put();
	EXPECT_EQ(wait_idle(), 0);
}

/* References of others that are put meanwhile must not be taken for the queue's. */
TEST_P(WaitIdle, CountsOnlyItsOwnReferences)
{
	std::vector<JobRef> kept;
	Event go_on;
	JobRef last = make_job(queue, "last", done_at_once);

	for (int i = 0; i < 5; i++) {
		kept.push_back(make_job(queue, "a", done_at_once));
		submit(kept.back());
	}
	settle();
	EXPECT_EQ(wait_idle(), 0);
	kept.clear();
	settle();

	if (put_irq_safe())
		return; /* the release below would block push */

	std::atomic<bool> released{false};

	last->on_release = [&] {
		EXPECT_TRUE(go_on.wait());
		released = true;
	};
	{
		JobRef own = std::move(last);
		/* Goes before the queue's. */
		os_fence *fence = host::foreign_fence();

		depend(own, fence);
		submit(own);
		own.put();
		host::signal(fence);
		os_fence_put(fence);
	}
	EXPECT_EQ(wait_idle(50), -ETIME);
	go_on.set();
	EXPECT_EQ(wait_idle(), 0);
	EXPECT_TRUE(released);
}

TEST_P(WaitIdle, WaitsForWhatDependsOnOthers)
{
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a", done_at_once);

	depend(a, fence);
	submit(a);
	EXPECT_EQ(wait_idle(20), -ETIME);

	std::jthread signaller([&] { host::signal(fence); });

	EXPECT_EQ(wait_idle(), 0);
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
	signaller.join();
	os_fence_put(fence);
}

TEST_P(WaitIdle, NotForWhatIsPushedLater)
{
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");
	Event over;

	submit(a);
	settle();

	std::jthread waiter([&] {
		EXPECT_EQ(wait_idle(), 0);
		over.set();
	});

	EXPECT_FALSE(over.wait(grace));
	submit(b);
	settle();
	complete(a);
	EXPECT_TRUE(over.wait());
	EXPECT_FALSE(record.has("signal b 0"));
	complete(b);
}

TEST_P(WaitIdle, FatalSignalEndsIt)
{
	JobRef a = make_job(queue, "a");
	std::atomic<void *> task{nullptr};
	Event over;

	submit(a);

	std::jthread waiter([&] {
		task = os_current();
		EXPECT_EQ(wait_idle(), -OS_ERESTARTSYS);
		over.set();
	});

	EXPECT_FALSE(over.wait(grace));
	host::send_fatal_signal(task);
	EXPECT_TRUE(over.wait());
	settle();
	complete(a);
}

TEST_P(WaitIdle, ManyWaiters)
{
	std::vector<JobRef> jobs;

	for (int i = 0; i < 20; i++) {
		jobs.push_back(make_job(queue, std::to_string(i)));
		submit(jobs.back());
	}
	settle();
	{
		std::vector<std::jthread> waiters;

		for (int i = 0; i < 3; i++)
			waiters.emplace_back([&] { EXPECT_EQ(wait_idle(), 0); });
		for (JobRef &job : jobs) {
			complete(job);
			job.put();
		}
	}
	EXPECT_EQ(signals().size(), 20u);
}

TEST_P(WaitIdle, CancelledJobsAreOver)
{
	JobRef a = make_job(queue, "a");

	arm(a);
	a.put();
	EXPECT_EQ(wait_idle(), 0);
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
	EXPECT_TRUE(record.has("release a"));
}

TEST_P(WaitIdle, AgainstManyReleases)
{
	for (int round = 0; round < 100; round++) {
		std::atomic<int> released{0};

		for (int i = 0; i < 10; i++) {
			JobRef job = make_job(queue, "a", done_at_once);

			job->on_release = [&] { released++; };
			submit(job);
		}
		ASSERT_EQ(wait_idle(), 0);
		/* The caller's references went before or after the queue's. */
		settle();
		ASSERT_EQ(released, 10);
	}
}

TEST_P(WaitIdle, LastErrorIsKnown)
{
	JobRef a = make_job(queue, "a", fails_with(-EIO));
	JobRef b = make_job(queue, "b", done_at_once);

	EXPECT_EQ(drm_dep_queue_last_error(queue.get()), 0);
	submit(a);
	EXPECT_EQ(wait_idle(), 0);
	EXPECT_EQ(drm_dep_queue_last_error(queue.get()), -EIO);
	submit(b);
	EXPECT_EQ(wait_idle(), 0);
	EXPECT_EQ(drm_dep_queue_last_error(queue.get()), 0);
}

TEST_P(WaitIdle, JobIsFinished)
{
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", driver_completes);

	EXPECT_FALSE(drm_dep_job_is_finished(a.get()));
	submit(a);
	submit(b);
	settle();
	EXPECT_FALSE(drm_dep_job_is_finished(a.get()));
	EXPECT_TRUE(done(b));
	EXPECT_TRUE(drm_dep_job_is_finished(b.get())) << "its fence is behind that of a";
	complete(a);
	EXPECT_TRUE(drm_dep_job_is_finished(a.get()));
}

} // namespace
