/* SPDX-License-Identifier: MIT */
/*
 * Deadlines that are set on finished fences.
 */
#include "world.h"

#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Deadline : public FlagWorld
{
public:
	Deadline() : queue(make_queue("q")) {}

	void set(JobRef &job, long long deadline)
	{
		os_fence_set_deadline(drm_dep_job_finished_fence(job.get()), deadline);
	}

	std::vector<std::string> deadlines() const { return record.starting_with("deadline "); }

	QueueRef queue;
};

DEP_WITH_ALL_FLAGS(Deadline);

TEST_P(Deadline, ReachesTheHardwareFence)
{
	JobRef a = make_job(queue, "a");

	submit(a);
	settle();
	EXPECT_FALSE(host::deadline_of(a->hw));
	set(a, 50);
	EXPECT_EQ(host::deadline_of(a->hw), 50);
	set(a, 70); /* later than one that is known */
	EXPECT_EQ(host::deadline_of(a->hw), 50);
	set(a, 40);
	EXPECT_EQ(host::deadline_of(a->hw), 40);
	complete(a);
	EXPECT_THAT(deadlines(), IsEmpty());
}

TEST_P(Deadline, IsKeptUntilThereIsAHardwareFence)
{
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a");

	depend(a, fence);
	arm(a);
	set(a, 60);
	set(a, 50);
	push(a);
	settle();
	EXPECT_FALSE(host::deadline_of(a->hw));
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_EQ(host::deadline_of(a->hw), 50);
	complete(a);
}

TEST_P(Deadline, ReachesTheDriverThatCompletes)
{
	JobRef a = make_job(queue, "a", driver_completes);
	JobRef b = make_job(queue, "b", driver_completes);

	submit(a);
	settle();
	set(a, 50);
	EXPECT_THAT(deadlines(), ElementsAre("deadline a 50"));
	arm(b);
	set(b, 60);
	EXPECT_THAT(deadlines(), ElementsAre("deadline a 50"));
	push(b);
	settle();
	EXPECT_THAT(deadlines(), ElementsAre("deadline a 50", "deadline b 60"));
	EXPECT_TRUE(done(a));
	EXPECT_TRUE(done(b));
}

TEST_P(Deadline, OpIsOptional)
{
	JobRef a = make_job(queue, "a", driver_completes);

	queue->own_ops.set_deadline = nullptr;
	arm(a);
	set(a, 50);
	push(a);
	settle();
	set(a, 40);
	EXPECT_TRUE(done(a));
}

TEST_P(Deadline, OfASignalledFenceIsForgotten)
{
	JobRef a = make_job(queue, "a", done_at_once);

	submit(a);
	settle();
	set(a, 50);
	EXPECT_THAT(deadlines(), IsEmpty());
}

TEST_P(Deadline, OfACancelledJobIsForgotten)
{
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a", driver_completes);

	depend(a, fence);
	submit(a);
	drm_dep_queue_kill(queue.get());
	set(a, 50);
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(deadlines(), IsEmpty());
}

TEST_P(Deadline, ReachesTheFenceOfTheNextRun)
{
	JobRef a = make_job(queue, "a", [](Job &job) {
		os_fence_put(job.hw);
		job.hw = host::foreign_fence();
		return host::get(job.hw);
	});

	submit(a);
	settle();
	set(a, 50);
	drm_dep_queue_stop(queue.get());
	EXPECT_EQ(drm_dep_queue_resubmit(queue.get()), 1u);
	drm_dep_queue_start(queue.get());
	EXPECT_EQ(host::deadline_of(a->hw), 50);
	complete(a);
}

TEST_P(Deadline, InAnInterrupt)
{
	JobRef a = make_job(queue, "a", driver_completes);

	submit(a);
	settle();
	{
		host::Interrupt interrupt;

		set(a, 50);
	}
	EXPECT_THAT(deadlines(), ElementsAre("deadline a 50"));
	EXPECT_TRUE(done(a));
}

/* Each is passed on, whoever comes first; and the job may go at any time. */
TEST_P(Deadline, WhileTheJobRunsAndGoes)
{
	for (int round = 0; round < 200; round++) {
		const std::string label = std::to_string(round);
		const bool by_driver = round % 2;
		JobRef job = make_job(queue, label,
				      by_driver ? RunJob(driver_completes) : hardware_fence);
		os_fence *fence;

		arm(job);
		fence = host::get(drm_dep_job_finished_fence(job.get()));
		{
			std::jthread compositor([&] { os_fence_set_deadline(fence, 50); });

			push(job);
		}
		settle();
		if (by_driver) {
			EXPECT_TRUE(record.has("deadline " + label + " 50"));
		} else {
			EXPECT_EQ(host::deadline_of(job->hw), 50);
		}

		os_fence *hw = host::get(job->hw);
		u32 number = job->number;
		std::jthread compositor([&] { os_fence_set_deadline(fence, 40); });

		if (by_driver) {
			EXPECT_TRUE(drm_dep_job_done(job.get(), number, 0));
		} else {
			host::signal(hw);
		}
		job.put();
		compositor.join();
		os_fence_put(hw);
		os_fence_put(fence);
	}
}

} // namespace
