/* SPDX-License-Identifier: MIT */
/*
 * prepare_job: more to wait for, found out when a job is the next to run.
 */
#include "world.h"

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Prepare : public FlagWorld
{
public:
	Prepare() : queue(make_queue("q", {.credits = 4, .prepare = true})) {}

	std::vector<std::string> steps() const
	{
		std::vector<std::string> found;

		for (const std::string &line : record.all())
			if (line.starts_with("prepare ") || line.starts_with("run "))
				found.push_back(line);
		return found;
	}

	QueueRef queue;
};

DEP_WITH_ALL_FLAGS(Prepare);

TEST_P(Prepare, IsCalledOnceIfThereIsNothing)
{
	JobRef a = make_job(queue, "a", done_at_once);

	submit(a);
	settle();
	EXPECT_THAT(steps(), ElementsAre("prepare a", "run a"));
}

TEST_P(Prepare, IsCalledWhenDependenciesHaveSignalled)
{
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a", done_at_once);
	JobRef b = make_job(queue, "b", done_at_once);

	depend(a, fence);
	submit(a);
	submit(b);
	settle();
	EXPECT_THAT(steps(), IsEmpty());
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(steps(), ElementsAre("prepare a", "run a", "prepare b", "run b"));
}

TEST_P(Prepare, IsCalledAgainAfterEachFence)
{
	std::vector<os_fence *> fences;
	std::size_t calls = 0;
	JobRef a = make_job(queue, "a", done_at_once);

	for (int i = 0; i < 3; i++)
		fences.push_back(host::foreign_fence());
	a->prepare = [&](Job &) { return calls < 3 ? host::get(fences[calls++]) : nullptr; };
	submit(a);
	for (os_fence *fence : fences) {
		settle();
		EXPECT_THAT(runs(), IsEmpty());
		host::signal(fence);
		os_fence_put(fence);
	}
	settle();
	EXPECT_THAT(steps(),
		    ElementsAre("prepare a", "prepare a", "prepare a", "prepare a", "run a"));
}

TEST_P(Prepare, FenceMayHaveSignalled)
{
	os_fence *fence = host::foreign_fence();
	int calls = 0;
	JobRef a = make_job(queue, "a", done_at_once);

	host::signal(fence, -EIO);
	a->prepare = [&](Job &) { return calls++ ? nullptr : host::get(fence); };
	submit(a);
	settle();
	EXPECT_THAT(steps(), ElementsAre("prepare a", "prepare a", "run a"));
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
	os_fence_put(fence);
}

/* Space in a ring becomes free when an earlier job of the same queue is finished. */
TEST_P(Prepare, FenceMayBeOfTheSameQueue)
{
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", done_at_once);
	int calls = 0;

	b->prepare = [&](Job &) {
		return calls++ ? nullptr : host::get(drm_dep_job_finished_fence(a.get()));
	};
	submit(a);
	submit(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	complete(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
}

TEST_P(Prepare, ErrorFinishesTheJobInItsPlace)
{
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");
	JobRef c = make_job(queue, "c");

	b->prepare = [](Job &job) { return fails_with(-ENOSPC)(job); };
	submit(a);
	submit(b);
	submit(c);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run c"));
	EXPECT_THAT(signals(), IsEmpty());
	complete(a);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b -28"));
	complete(c);
}

TEST_P(Prepare, IsNotCalledForACancelledJob)
{
	JobRef a = make_job(queue, "a");

	arm(a);
	a.put();
	settle();
	EXPECT_THAT(steps(), IsEmpty());
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
}

TEST_P(Prepare, IsNotCalledOnceKilled)
{
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	a->prepare = [&](Job &) { return host::get(fence); };
	submit(a);
	submit(b);
	settle();
	drm_dep_queue_kill(queue.get());
	settle();
	EXPECT_THAT(signals(), IsEmpty()) << "it waits for a fence";
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(steps(), ElementsAre("prepare a"));
	EXPECT_THAT(signals(), ElementsAre("signal a -125", "signal b -125"));
}

TEST_P(Prepare, NotWhileStopped)
{
	JobRef a = make_job(queue, "a", done_at_once);

	drm_dep_queue_stop(queue.get());
	submit(a);
	settle();
	EXPECT_THAT(steps(), IsEmpty());
	drm_dep_queue_start(queue.get());
	settle();
	EXPECT_THAT(steps(), ElementsAre("prepare a", "run a"));
}

TEST_P(Prepare, FenceThatSignalsWhileStoppedIsSeenAfterwards)
{
	os_fence *fence = host::foreign_fence();
	int calls = 0;
	JobRef a = make_job(queue, "a", done_at_once);

	a->prepare = [&](Job &) { return calls++ ? nullptr : host::get(fence); };
	submit(a);
	settle();
	drm_dep_queue_stop(queue.get());
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(steps(), ElementsAre("prepare a"));
	drm_dep_queue_start(queue.get());
	settle();
	EXPECT_THAT(steps(), ElementsAre("prepare a", "prepare a", "run a"));
}

/* Nothing to wait for once is nothing to wait for. */
TEST_P(Prepare, IsNotCalledAgainWhenCreditsAreMissing)
{
	JobRef a = make_job(queue, "a", hardware_fence, 4);
	JobRef b = make_job(queue, "b", hardware_fence, 4);

	submit(a);
	submit(b);
	settle();
	complete(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
	EXPECT_EQ(record.starting_with("prepare b").size(), 1u);
	complete(b);
}

TEST_P(Prepare, DependencyErrorIsKnown)
{
	os_fence *fence = host::foreign_fence();
	int seen = 0;
	JobRef a = make_job(queue, "a");

	depend(a, fence);
	a->prepare = [&](Job &job) -> os_fence * {
		seen = drm_dep_job_dependency_error(&job);
		return fails_with(seen)(job);
	};
	submit(a);
	host::signal(fence, -EIO);
	os_fence_put(fence);
	settle();
	EXPECT_EQ(seen, -EIO);
	EXPECT_THAT(signals(), ElementsAre("signal a -5"));
}

TEST_P(Prepare, QueueWithoutUsersGoesOn)
{
	os_fence *fence = host::foreign_fence();
	int calls = 0;
	JobRef a = make_job(queue, "a", done_at_once);

	a->prepare = [&](Job &) { return calls++ ? nullptr : host::get(fence); };
	submit(a);
	settle();
	queue.put();
	a.put();
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_TRUE(record.has("release q"));
}

} // namespace
