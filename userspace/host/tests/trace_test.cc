/* SPDX-License-Identifier: MIT */
/*
 * What can be traced.
 */
#include "world.h"

#include <algorithm>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Trace : public FlagWorld
{
public:
	Trace() : queue(make_queue("q")) {}

	/* Of one job, as others may come in between. */
	std::vector<std::string> of(const std::string &label) const
	{
		std::vector<std::string> found;

		for (const std::string &line : record.starting_with("trace "))
			if (line.ends_with(" " + label))
				found.push_back(line);
		return found;
	}

	QueueRef queue;
};

DEP_WITH_ALL_FLAGS(Trace);

TEST_P(Trace, NothingUnlessSomebodyLooks)
{
	JobRef a = make_job(queue, "a", done_at_once);

	submit(a);
	settle();
	EXPECT_THAT(of("a"), IsEmpty());
}

TEST_P(Trace, LifeOfAJob)
{
	JobRef a = make_job(queue, "a");

	trace();
	submit(a);
	settle();
	EXPECT_THAT(of("a"), ElementsAre("trace queue a", "trace run a"));
	complete(a);
	EXPECT_THAT(of("a"), ElementsAre("trace queue a", "trace run a", "trace done a"));
	EXPECT_LT(record.place("trace run a"), record.place("run a"));
	EXPECT_LT(record.place("trace done a"), record.place("signal a 0"));
}

TEST_P(Trace, Dependencies)
{
	os_fence *first = host::foreign_fence();
	os_fence *second = host::foreign_fence();
	JobRef a = make_job(queue, "a", done_at_once);
	JobRef b = make_job(queue, "b", done_at_once);

	trace();
	depend(a, first);
	depend(a, second);
	submit(a);
	submit(b);
	settle();

	std::vector<std::string> before = of("a");

	EXPECT_EQ(std::ranges::count(before, "trace dependency a"), 2);
	EXPECT_EQ(std::ranges::count(before, "trace queue a"), 1);
	EXPECT_EQ(std::ranges::count(before, "trace run a"), 0);
	EXPECT_GE(std::ranges::count(before, "trace unschedulable a"), 1);
	EXPECT_THAT(of("b"), ElementsAre("trace queue b"));
	for (os_fence *fence : {first, second}) {
		host::signal(fence);
		os_fence_put(fence);
	}
	settle();
	EXPECT_TRUE(record.has("trace done a"));
	EXPECT_TRUE(record.has("trace done b"));
}

TEST_P(Trace, FenceIsTheOneThatBlocks)
{
	os_fence *fence = host::foreign_fence();
	os_fence *dependency = nullptr;
	os_fence *blocked_by = nullptr;
	JobRef a = make_job(queue, "a", done_at_once);

	host::set_tracer([&](unsigned int event, drm_dep_job *job, os_fence *traced) {
		EXPECT_EQ(job, a.get());
		if (event == OS_TRACE_ADD_DEP)
			dependency = traced;
		else if (event == OS_TRACE_UNSCHEDULABLE)
			blocked_by = traced;
		else
			EXPECT_EQ(traced, nullptr);
	});
	depend(a, fence);
	submit(a);
	settle();
	EXPECT_EQ(dependency, fence);
	EXPECT_EQ(blocked_by, fence);
	host::signal(fence);
	os_fence_put(fence);
	settle();
}

TEST_P(Trace, ClientIsThatOfTheJob)
{
	const u64 expected = 17;

	client_id = expected;

	JobRef a = make_job(queue, "a", done_at_once);

	host::set_tracer([&](unsigned int, drm_dep_job *job, os_fence *) {
		EXPECT_EQ(job->client_id, expected);
		EXPECT_EQ(job->queue, queue.get());
	});
	submit(a);
	settle();
}

TEST_P(Trace, CancelledJobIsDoneAndDidNotRun)
{
	JobRef a = make_job(queue, "a");

	trace();
	drm_dep_queue_kill(queue.get());
	submit(a);
	settle();
	EXPECT_THAT(of("a"), ElementsAre("trace queue a", "trace done a"));
}

TEST_P(Trace, EachRun)
{
	JobRef a = make_job(queue, "a");

	trace();
	submit(a);
	settle();
	drm_dep_queue_stop(queue.get());
	drm_dep_queue_resubmit(queue.get());
	drm_dep_queue_start(queue.get());
	complete(a);
	EXPECT_THAT(of("a"),
		    ElementsAre("trace queue a", "trace run a", "trace run a", "trace done a"));
}

} // namespace
