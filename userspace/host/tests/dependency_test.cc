/* SPDX-License-Identifier: MIT */
/*
 * What a driver can ask about dependencies, and those on jobs of the same queue.
 */
#include "world.h"

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Dependency : public FlagWorld
{
public:
	Dependency() : queue(make_queue("q")) {}

	/* What a job whose only dependency ends with @error is told in run_job. */
	int error_of_one(int error, bool before_add)
	{
		os_fence *fence = host::foreign_fence();
		int seen = 1;
		JobRef a = make_job(queue, "a", [&](Job &job) {
			seen = drm_dep_job_dependency_error(&job);
			return done_at_once(job);
		});

		if (before_add)
			host::signal(fence, error);
		depend(a, fence);
		submit(a);
		if (!before_add)
			host::signal(fence, error);
		os_fence_put(fence);
		settle();
		return seen;
	}

	QueueRef queue;
};

DEP_WITH_ALL_FLAGS(Dependency);

TEST_P(Dependency, ErrorIsTold)
{
	EXPECT_EQ(error_of_one(-EIO, false), -EIO);
	EXPECT_EQ(error_of_one(0, false), 0);
	EXPECT_EQ(error_of_one(-EPIPE, true), -EPIPE);
	EXPECT_EQ(error_of_one(0, true), 0);
}

TEST_P(Dependency, ErrorIsThatOfOneOfMany)
{
	std::vector<os_fence *> fences;
	int seen = 0;
	JobRef a = make_job(queue, "a", [&](Job &job) {
		seen = drm_dep_job_dependency_error(&job);
		return done_at_once(job);
	});

	for (int i = 0; i < 20; i++) {
		fences.push_back(host::foreign_fence());
		depend(a, fences.back());
	}
	submit(a);
	for (std::size_t i = 0; i < fences.size(); i++) {
		host::signal(fences[i], i == 13 ? -ENODEV : 0);
		os_fence_put(fences[i]);
	}
	settle();
	EXPECT_EQ(seen, -ENODEV);
}

TEST_P(Dependency, JobHasIt)
{
	const u64 context = os_fence_context_alloc();
	os_fence *earlier = host::foreign_fence(context, 1);
	os_fence *later = host::foreign_fence(context, 2);
	os_fence *other = host::foreign_fence();
	os_fence *over = host::foreign_fence();
	JobRef a = make_job(queue, "a", done_at_once);

	host::signal(over);
	EXPECT_FALSE(drm_dep_job_has_dependency(a.get(), other)) << "it has none";
	depend(a, earlier);
	EXPECT_TRUE(drm_dep_job_has_dependency(a.get(), earlier));
	depend(a, later);
	EXPECT_FALSE(drm_dep_job_has_dependency(a.get(), earlier)) << "the later one is kept";
	EXPECT_TRUE(drm_dep_job_has_dependency(a.get(), later));
	EXPECT_FALSE(drm_dep_job_has_dependency(a.get(), other));
	depend(a, over);
	EXPECT_FALSE(drm_dep_job_has_dependency(a.get(), over));
	for (os_fence *fence : {earlier, later, other, over})
		os_fence_put(fence);
}

TEST_P(Dependency, JobHasWhatWasInAContainer)
{
	os_fence *fences[] = {host::foreign_fence(), host::foreign_fence()};
	JobRef a = make_job(queue, "a", done_at_once);

	EXPECT_EQ(drm_dep_job_add_dependency(
			  a.get(), host::fence_chain(host::get(fences[0]), host::get(fences[1]))),
		  0);
	for (os_fence *fence : fences) {
		EXPECT_TRUE(drm_dep_job_has_dependency(a.get(), fence));
		os_fence_put(fence);
	}
}

TEST_P(Dependency, OwnQueueIsWaitedForWithTheFlag)
{
	QueueRef keep = make_queue("keep", {.flags = DRM_DEP_QUEUE_KEEP_OWN_DEPS});
	JobRef a = make_job(keep, "a");
	JobRef b = make_job(keep, "b", done_at_once);

	submit(a);
	depend(b, drm_dep_job_finished_fence(a.get()));
	EXPECT_TRUE(drm_dep_job_has_dependency(b.get(), drm_dep_job_finished_fence(a.get())));
	submit(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	complete(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
}

TEST_P(Dependency, OwnQueueIsKilled)
{
	QueueRef keep = make_queue("keep", {.flags = DRM_DEP_QUEUE_KEEP_OWN_DEPS});
	JobRef a = make_job(keep, "a");
	JobRef b = make_job(keep, "b");
	JobRef c = make_job(keep, "c");

	submit(a);
	depend(b, drm_dep_job_finished_fence(a.get()));
	submit(b);
	depend(c, drm_dep_job_finished_fence(b.get()));
	submit(c);
	settle();
	drm_dep_queue_kill(keep.get());
	settle();
	EXPECT_THAT(signals(), IsEmpty());
	complete(a, -EIO);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a -5", "signal b -125", "signal c -125"));
}

TEST_P(Dependency, FencesArePutWhenTheJobIsHandedOver)
{
	bool put = false;
	os_fence *fence = host::foreign_fence([&] { put = true; });
	JobRef a = make_job(queue, "a");

	depend(a, fence);
	submit(a);
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_TRUE(put);
	complete(a);
}

} // namespace
