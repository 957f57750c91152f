/* SPDX-License-Identifier: MIT */
/*
 * Jobs that are released where their last reference is put.
 */
#include "world.h"

#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class PutIrqSafe : public World
{
public:
	PutIrqSafe() : World(DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE) {}

	std::vector<std::string> releases() const { return record.starting_with("release a"); }
};

TEST_F(PutIrqSafe, ReleasedByTheHardware)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	os_fence *hw = host::get(job->hw);

	submit(job);
	settle();
	job.put();
	{
		host::Interrupt interrupt;

		EXPECT_THAT(releases(), IsEmpty());
		host::signal(hw);
		EXPECT_THAT(releases(), ElementsAre("release a"));
		os_fence_put(hw);
	}
}

TEST_F(PutIrqSafe, ReleasedByTheDriver)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", driver_completes);

	submit(job);
	settle();
	{
		host::Interrupt interrupt;

		EXPECT_TRUE(done(job));
		EXPECT_THAT(releases(), IsEmpty());
		job.put();
		EXPECT_THAT(releases(), ElementsAre("release a"));
	}
}

TEST_F(PutIrqSafe, ReleasedBeforeArm)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	host::Interrupt interrupt;

	job.put();
	EXPECT_THAT(releases(), ElementsAre("release a"));
}

/* What puts dependencies may take the locks of other drivers. */
TEST_F(PutIrqSafe, DependenciesArePutElsewhere)
{
	QueueRef queue = make_queue("q");
	const auto here = std::this_thread::get_id();
	bool put = false;
	os_fence *fence = host::foreign_fence([&] {
		put = true;
		EXPECT_NE(std::this_thread::get_id(), here);
		os_might_sleep();
	});
	JobRef job = make_job(queue, "a");

	EXPECT_EQ(drm_dep_job_add_dependency(job.get(), fence), 0);
	{
		host::Interrupt interrupt;

		job.put();
	}
	settle();
	EXPECT_TRUE(put);
	EXPECT_THAT(releases(), ElementsAre("release a"));
}

/* Those of a job that ran have been put when it completes. */
TEST_F(PutIrqSafe, JobThatHadDependencies)
{
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef job = make_job(queue, "a");
	os_fence *hw = host::get(job->hw);

	depend(job, fence);
	submit(job);
	host::signal(fence);
	os_fence_put(fence);
	settle();
	job.put();
	{
		host::Interrupt interrupt;

		host::signal(hw);
		os_fence_put(hw);
		EXPECT_THAT(releases(), ElementsAre("release a"));
	}
}

TEST_F(PutIrqSafe, ReleaseMayNotSleep)
{
	EXPECT_DEATH(
		{
			QueueRef queue = make_queue("q");
			JobRef job = make_job(queue, "a");

			job->on_release = [] { os_might_sleep(); };
			job.put();
		},
		"may sleep is called where");
}

TEST_F(PutIrqSafe, LastOneOfTheQueueIsThatOfTheJob)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	os_fence *hw = host::get(job->hw);

	submit(job);
	settle();
	job.put();
	queue.put();
	{
		host::Interrupt interrupt;

		host::signal(hw);
		os_fence_put(hw);
	}
	settle();
	EXPECT_THAT(record.all(),
		    ElementsAre("run a", "signal a 0", "release a", "fini q", "release q"));
}

class PutLater : public World
{
};

TEST_F(PutLater, ReleaseMaySleep)
{
	QueueRef queue = make_queue("q");
	const auto here = std::this_thread::get_id();
	JobRef job = make_job(queue, "a");

	job->on_release = [here] {
		os_might_sleep();
		EXPECT_NE(std::this_thread::get_id(), here);
	};
	{
		host::Interrupt interrupt;

		job.put();
	}
	settle();
	EXPECT_TRUE(record.has("release a"));
}

} // namespace
