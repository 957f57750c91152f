/* SPDX-License-Identifier: MIT */
/*
 * Jobs that never came to push: before arm nothing has happened, after it the fence has to signal.
 */
#include "world.h"

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Cancel : public FlagWorld
{
};

DEP_WITH_ALL_FLAGS(Cancel);

TEST_P(Cancel, PutBeforeArmUndoesEverything)
{
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", done_at_once);

	depend(a, fence);
	a.put();
	os_fence_put(fence); /* nobody has a reference or a callback any more */
	settle();
	EXPECT_TRUE(record.has("release a"));
	submit(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run b"));
	EXPECT_THAT(signals(), ElementsAre("signal b 0"));
}

TEST_P(Cancel, ArmedJobThatIsPutFinishesAsCancelled)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");

	arm(job);
	job.put();
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
	EXPECT_TRUE(record.has("release a"));
}

TEST_P(Cancel, InItsPlace)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");
	JobRef c = make_job(queue, "c");

	arm(a);
	arm(b);
	arm(c);
	push(c);
	b.put();
	settle();
	EXPECT_THAT(signals(), IsEmpty()) << "a is before it";
	push(a);
	settle();
	/* It does not hold up others, but its fence is behind that of a. */
	EXPECT_THAT(runs(), ElementsAre("run a", "run c"));
	complete(c);
	settle();
	EXPECT_THAT(signals(), IsEmpty());
	complete(a);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b -125", "signal c 0"));
}

/* Who waits for its fence to know that the dependency has signalled must not be deceived. */
TEST_P(Cancel, NotBeforeItsDependencies)
{
	QueueRef queue = make_queue("q");
	os_fence *first = host::foreign_fence();
	os_fence *second = host::foreign_fence();
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", done_at_once);

	depend(a, first);
	depend(a, second);
	arm(a);
	arm(b);
	a.put();
	push(b);
	settle();
	EXPECT_THAT(signals(), IsEmpty());
	host::signal(first);
	settle();
	EXPECT_THAT(signals(), IsEmpty());
	host::signal(second);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a -125", "signal b 0"));
	os_fence_put(first);
	os_fence_put(second);
}

TEST_P(Cancel, WithDependenciesThatHaveSignalledMeanwhile)
{
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a");

	depend(a, fence);
	arm(a);
	host::signal(fence);
	os_fence_put(fence);
	a.put();
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
}

/* It is never in flight: it neither needs credits nor gives any back. */
TEST_P(Cancel, WithoutCredits)
{
	QueueRef queue = make_queue("q", {.credits = 2});
	JobRef a = make_job(queue, "a", hardware_fence, 2);
	JobRef b = make_job(queue, "b", hardware_fence, 2);
	JobRef c = make_job(queue, "c", hardware_fence, 1);
	JobRef d = make_job(queue, "d", hardware_fence, 1);
	JobRef e = make_job(queue, "e", hardware_fence, 1);

	submit(a);
	arm(b);
	b.put();
	submit(c);
	submit(d);
	submit(e);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	complete(a);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b -125"));
	EXPECT_THAT(runs(), ElementsAre("run a", "run c", "run d"));
	complete(c);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run c", "run d", "run e"));
	complete(d);
	complete(e);
}

TEST_P(Cancel, WithoutWaitingForCredits)
{
	QueueRef queue = make_queue("q", {.credits = 4});
	JobRef a = make_job(queue, "a", hardware_fence, 3);
	JobRef b = make_job(queue, "b", hardware_fence, 4);
	JobRef c = make_job(queue, "c", hardware_fence, 1);

	submit(a);
	arm(b);
	b.put();
	submit(c);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run c"));
	complete(a);
	complete(c);
}

TEST_P(Cancel, ManyInARow)
{
	constexpr int count = 200;
	QueueRef queue = make_queue("q");
	std::vector<JobRef> jobs;

	for (int i = 0; i < count; i++)
		jobs.push_back(make_job(queue, std::to_string(i)));
	for (JobRef &job : jobs)
		arm(job);
	for (std::size_t i = jobs.size(); i-- > 0;)
		jobs[i].put();
	settle();
	ASSERT_EQ(signals().size(), jobs.size());
	for (std::size_t i = 0; i < jobs.size(); i++)
		EXPECT_EQ(signals()[i], "signal " + std::to_string(i) + " -125");
	EXPECT_THAT(runs(), IsEmpty());
}

TEST_P(Cancel, InAnInterrupt)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	arm(b);
	{
		host::Interrupt interrupt;

		a.put();
		b.put();
	}
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal b -125"));
	EXPECT_TRUE(record.has("release a"));
	EXPECT_TRUE(record.has("release b"));
}

TEST_P(Cancel, LastReferenceOfTheQueueIsThatOfACancelledJob)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");

	arm(job);
	queue.put();
	settle();
	EXPECT_FALSE(record.has("fini q"));
	job.put();
	settle();
	EXPECT_THAT(record.all(), ElementsAre("signal a -125", "release a", "fini q", "release q"));
}

} // namespace
