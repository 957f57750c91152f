/* SPDX-License-Identifier: MIT */
/*
 * A limit that changes.
 */
#include "world.h"

using namespace test;
using testing::ElementsAre;

namespace
{

class Credits : public FlagWorld
{
public:
	Credits() : queue(make_queue("q", {.credits = 4})) {}

	void limit(u32 credits) { drm_dep_queue_set_credit_limit(queue.get(), credits); }

	QueueRef queue;
};

DEP_WITH_ALL_FLAGS(Credits);

TEST_P(Credits, MoreLetWaitingJobsRun)
{
	JobRef a = make_job(queue, "a", hardware_fence, 3);
	JobRef b = make_job(queue, "b", hardware_fence, 3);

	submit(a);
	submit(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	limit(6);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
	complete(a);
	complete(b);
}

TEST_P(Credits, FewerLeaveWhatIsInFlight)
{
	JobRef a = make_job(queue, "a", hardware_fence, 2);
	JobRef b = make_job(queue, "b", hardware_fence, 2);
	JobRef c = make_job(queue, "c", hardware_fence, 1);

	submit(a);
	submit(b);
	settle();
	limit(2);
	submit(c);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
	complete(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b")) << "2 in flight, 1 more would be 3";
	complete(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b", "run c"));
	complete(c);
}

TEST_P(Credits, JobThatIsLargerRunsAlone)
{
	JobRef a = make_job(queue, "a", hardware_fence, 1);
	JobRef b = make_job(queue, "b", hardware_fence, 4);
	JobRef c = make_job(queue, "c", hardware_fence, 1);

	limit(2);
	submit(a);
	submit(b);
	submit(c);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	complete(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
	complete(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b", "run c"));
	complete(c);
}

TEST_P(Credits, NewJobsObeyTheNewLimit)
{
	limit(2);
	EXPECT_EQ(make_job(queue, "a", hardware_fence, 3).get(), nullptr);
	limit(3);
	EXPECT_NE(make_job(queue, "b", hardware_fence, 3).get(), nullptr);
}

TEST_P(Credits, InAnInterrupt)
{
	host::Interrupt interrupt;

	limit(7);
}

TEST_P(Credits, ManyAreNoOverflow)
{
	QueueRef large = make_queue("large", {.credits = ~0u});
	JobRef a = make_job(large, "a", hardware_fence, ~0u);
	JobRef b = make_job(large, "b", hardware_fence, ~0u);

	submit(a);
	submit(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	complete(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
	complete(b);
}

} // namespace
