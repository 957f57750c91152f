/* SPDX-License-Identifier: MIT */
/*
 * Running jobs again after the hardware has lost them.
 */
#include "world.h"

#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Resubmit : public FlagWorld
{
public:
	Resubmit() : queue(make_queue("q", {.credits = 4})) {}

	/* Gives a new fence each run; the last one is job.hw. */
	static os_fence *new_fence(Job &job)
	{
		os_fence_put(job.hw);
		job.hw = host::foreign_fence();
		return host::get(job.hw);
	}

	u32 resubmit_all()
	{
		u32 count;

		drm_dep_queue_stop(queue.get());
		count = drm_dep_queue_resubmit(queue.get());
		drm_dep_queue_start(queue.get());
		return count;
	}

	QueueRef queue;
};

DEP_WITH_ALL_FLAGS(Resubmit);

TEST_P(Resubmit, RunsAllInOrder)
{
	JobRef a = make_job(queue, "a", new_fence);
	JobRef b = make_job(queue, "b", driver_completes);
	JobRef c = make_job(queue, "c");

	submit(a);
	submit(b);
	submit(c);
	settle();
	EXPECT_EQ(resubmit_all(), 3u);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b", "run c", "run a", "run b", "run c"));
	EXPECT_THAT(signals(), IsEmpty());
	complete(a);
	EXPECT_TRUE(done(b));
	complete(c);
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0", "signal c 0"));
}

TEST_P(Resubmit, LateCompletionOfTheEarlierRunIsNone)
{
	JobRef a = make_job(queue, "a", driver_completes);
	u32 earlier;

	submit(a);
	settle();
	earlier = a->number;
	EXPECT_EQ(resubmit_all(), 1u);
	EXPECT_NE(a->number, earlier);
	EXPECT_FALSE(drm_dep_job_done(a.get(), earlier, -EIO));
	EXPECT_THAT(signals(), IsEmpty());
	EXPECT_TRUE(done(a));
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
}

TEST_P(Resubmit, OldHardwareFenceDoesNotCompleteAndIsPut)
{
	bool put = false;
	os_fence *old = host::foreign_fence([&] { put = true; });
	int count = 0;
	JobRef a = make_job(queue, "a", [&](Job &job) {
		return count++ ? hardware_fence(job) : host::get(old);
	});

	submit(a);
	settle();
	EXPECT_EQ(host::callbacks_of(old), 1u);
	EXPECT_EQ(resubmit_all(), 1u);
	EXPECT_EQ(host::callbacks_of(old), 0u);
	host::signal(old, -EIO);
	os_fence_put(old);
	EXPECT_TRUE(put);
	EXPECT_THAT(signals(), IsEmpty());
	complete(a);
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
}

TEST_P(Resubmit, IsToldTheErrorOfADependencyAgain)
{
	std::vector<int> seen;
	os_fence *dependency = host::foreign_fence();
	JobRef a = make_job(queue, "a", [&](Job &job) {
		seen.push_back(drm_dep_job_dependency_error(&job));
		return new_fence(job);
	});

	depend(a, dependency);
	submit(a);
	host::signal(dependency, -EIO);
	os_fence_put(dependency);
	settle();
	EXPECT_EQ(resubmit_all(), 1u);
	settle();
	EXPECT_THAT(seen, ElementsAre(-EIO, -EIO));
	complete(a);
}

TEST_P(Resubmit, MayReturnTheSameFence)
{
	JobRef a = make_job(queue, "a");

	submit(a);
	settle();
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(resubmit_all(), 1u);
	EXPECT_EQ(host::callbacks_of(a->hw), 1u);
	complete(a, -EIO);
	EXPECT_THAT(signals(), ElementsAre("signal a -5"));
}

TEST_P(Resubmit, FromAFenceToTheDriverAndBack)
{
	int count = 0;
	JobRef a = make_job(queue, "a", [&](Job &job) {
		return count++ % 2 ? driver_completes(job) : new_fence(job);
	});

	submit(a);
	settle();
	EXPECT_EQ(resubmit_all(), 1u); /* the driver's */
	EXPECT_EQ(resubmit_all(), 1u); /* a fence */
	EXPECT_EQ(resubmit_all(), 1u); /* the driver's */
	EXPECT_THAT(signals(), IsEmpty());
	EXPECT_TRUE(done(a));
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
}

TEST_P(Resubmit, GuiltyJobIsCompletedAndOthersRunAgain)
{
	JobRef a = make_job(queue, "a", driver_completes);
	JobRef b = make_job(queue, "b");
	JobRef c = make_job(queue, "c", done_at_once);

	queue->on_timeout = [&](Job &guilty) {
		drm_dep_job_iter iter;

		drm_dep_queue_stop(queue.get());
		submit(c);
		drm_dep_job_iter_begin(&iter, queue.get());
		while (drm_dep_job *job = drm_dep_job_iter_next(&iter)) {
			if (job == &guilty) {
				EXPECT_TRUE(drm_dep_job_done(job, guilty.number, -ETIME));
			} else {
				EXPECT_TRUE(drm_dep_job_resubmit(job));
			}
		}
		drm_dep_job_iter_end(&iter);
		drm_dep_queue_start(queue.get());
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	submit(a);
	submit(b);
	settle();
	drm_dep_queue_trigger_timeout(queue.get());
	settle();
	complete(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b", "run b", "run c"));
	EXPECT_THAT(signals(), ElementsAre("signal a -62", "signal b 0", "signal c 0"));
	EXPECT_THAT(host::notes(), IsEmpty());
}

/* If the timed out job is run again, nobody complains that it is still there. */
TEST_P(Resubmit, HandledByRunningItAgain)
{
	JobRef a = make_job(queue, "a");

	queue->on_timeout = [&](Job &) {
		EXPECT_EQ(resubmit_all(), 1u);
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	submit(a);
	settle();
	drm_dep_queue_trigger_timeout(queue.get());
	settle();
	EXPECT_THAT(host::notes(), IsEmpty());
	complete(a);
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
}

TEST_P(Resubmit, WhatIsDoneDoesNotRunAgain)
{
	JobRef a = make_job(queue, "a", driver_completes);
	JobRef b = make_job(queue, "b", driver_completes);
	JobRef c = make_job(queue, "c");
	drm_dep_job_iter iter;

	submit(a);
	submit(b);
	submit(c);
	settle();
	EXPECT_TRUE(done(b));
	drm_dep_queue_stop(queue.get());
	drm_dep_job_iter_begin(&iter, queue.get());
	EXPECT_EQ(drm_dep_job_iter_next(&iter), a.get());
	EXPECT_TRUE(done(a));
	EXPECT_FALSE(drm_dep_job_resubmit(a.get()));
	EXPECT_EQ(drm_dep_job_iter_next(&iter), c.get());
	complete(c);
	EXPECT_FALSE(drm_dep_job_resubmit(c.get()));
	drm_dep_job_iter_end(&iter);
	drm_dep_queue_start(queue.get());
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b", "run c"));
	EXPECT_EQ(signals().size(), 3u);
}

TEST_P(Resubmit, ErrorFinishesTheJob)
{
	int count = 0;
	JobRef a = make_job(queue, "a", [&](Job &job) {
		return count++ ? fails_with(-ENODEV)(job) : hardware_fence(job);
	});

	submit(a);
	settle();
	EXPECT_EQ(resubmit_all(), 1u);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a -19"));
}

TEST_P(Resubmit, MayCompleteAtOnce)
{
	int count = 0;
	JobRef a = make_job(queue, "a", [&](Job &job) {
		return count++ ? done_at_once(job) : hardware_fence(job);
	});

	submit(a);
	settle();
	EXPECT_EQ(resubmit_all(), 1u);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
	a.put();
	settle();
	EXPECT_TRUE(record.has("release a"));
}

TEST_P(Resubmit, CreditsStayTheSame)
{
	JobRef a = make_job(queue, "a", hardware_fence, 2);
	JobRef b = make_job(queue, "b", hardware_fence, 3);

	submit(a);
	submit(b);
	settle();
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(resubmit_all(), 1u);
	settle();
	EXPECT_FALSE(record.has("run b"));
	complete(a);
	settle();
	EXPECT_TRUE(record.has("run b"));
	complete(b);
}

TEST_P(Resubmit, StartAloneLeavesJobsInFlight)
{
	JobRef a = make_job(queue, "a");

	submit(a);
	settle();
	drm_dep_queue_stop(queue.get());
	drm_dep_queue_start(queue.get());
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	complete(a);
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
}

TEST_P(Resubmit, KilledQueueFinishesWhatWaitedForAFence)
{
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", driver_completes);
	u32 number;

	submit(a);
	submit(b);
	settle();
	number = b->number;
	drm_dep_queue_stop(queue.get());
	drm_dep_queue_kill(queue.get());
	EXPECT_EQ(drm_dep_queue_resubmit(queue.get()), 0u);
	drm_dep_queue_start(queue.get());
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
	EXPECT_EQ(host::callbacks_of(a->hw), 0u);
	/* The driver's, with the number that it knows. */
	EXPECT_TRUE(drm_dep_job_done(b.get(), number, -ENODEV));
	EXPECT_THAT(signals(), ElementsAre("signal a -125", "signal b -19"));
}

TEST_P(Resubmit, KilledWhileTheFirstRunsAgain)
{
	JobRef a = make_job(queue, "a", [&](Job &job) {
		if (job.number > 1)
			drm_dep_queue_kill(queue.get());
		return hardware_fence(job);
	});
	JobRef b = make_job(queue, "b");

	submit(a);
	submit(b);
	settle();
	EXPECT_EQ(resubmit_all(), 1u);
	settle();
	EXPECT_THAT(signals(), IsEmpty());
	complete(a);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b -125"));
}

/* The hardware signals the old fences while they are taken away. */
TEST_P(Resubmit, AgainstTheHardware)
{
	for (int round = 0; round < 100; round++) {
		std::vector<JobRef> jobs;

		for (int i = 0; i < 4; i++) {
			jobs.push_back(make_job(queue, "a"));
			submit(jobs.back());
		}
		settle();

		std::jthread hardware([&] {
			for (JobRef &job : jobs)
				complete(job);
		});

		drm_dep_queue_stop(queue.get());
		drm_dep_queue_resubmit(queue.get());
		drm_dep_queue_start(queue.get());
		hardware.join();
		settle();
		EXPECT_EQ(signals().size(), static_cast<std::size_t>(4 * (round + 1)));
	}
}

} // namespace
