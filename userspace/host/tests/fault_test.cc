/* SPDX-License-Identifier: MIT */
/*
 * Each allocation fails once. An error is returned, nothing stays behind, and no op is called for
 * what did not come to be. From arm on nothing allocates.
 */
#include "world.h"

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Fault : public FlagWorld
{
public:
	/* Makes a queue and a job with dependencies and runs it. False when something failed. */
	bool submit_one()
	{
		QueueRef queue = make_queue("q");

		if (!queue.get())
			return false;

		JobRef job = make_job(queue, "a", done_at_once);

		if (!job.get())
			return false;
		for (int i = 0; i < 20; i++) {
			os_fence *fence = host::foreign_fence();

			fences.push_back(host::get(fence));
			if (drm_dep_job_add_dependency(job.get(), fence))
				return false;
		}
		allocations_at_arm = host::live().allocations;
		submit(job);
		EXPECT_EQ(host::live().allocations, allocations_at_arm);
		return true;
	}

	void signal_all()
	{
		for (os_fence *fence : fences) {
			host::signal(fence);
			os_fence_put(fence);
		}
		fences.clear();
	}

	std::vector<os_fence *> fences;
	long allocations_at_arm = 0;
};

DEP_WITH_ALL_FLAGS(Fault);

TEST_P(Fault, EachAllocationFailsOnce)
{
	unsigned int nth = 0;
	bool failed;

	do {
		const std::size_t finis = record.starting_with("fini q").size();
		const host::Live before = host::live();
		bool succeeded;

		host::fail_allocation(++nth);
		succeeded = submit_one();
		failed = host::allocation_failed();
		host::fail_allocation(0);
		EXPECT_NE(succeeded, failed);
		signal_all();
		settle();
		EXPECT_EQ(host::live(), before) << "allocation " << nth;
		if (nth <= 2) { /* a queue needs two */
			EXPECT_EQ(record.starting_with("fini q").size(), finis)
				<< "an op of a queue that never was";
		}
	} while (failed);
	EXPECT_GE(nth, 5u) << "queue, job and dependencies allocate";
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

/* The memory of what failed is the driver's, and can be used again. */
TEST_P(Fault, InitCanBeTriedAgain)
{
	host::fail_allocation(1);
	EXPECT_EQ(make_queue("q").get(), nullptr);
	EXPECT_EQ(host::device_refs(device), 1);

	QueueRef queue = make_queue("q");

	host::fail_allocation(1);
	EXPECT_EQ(make_job(queue, "a").get(), nullptr);
	queue.put();
	settle();
	EXPECT_TRUE(record.has("release q")) << "the job kept a reference";
	EXPECT_THAT(record.starting_with("release a"), IsEmpty());
}

} // namespace
