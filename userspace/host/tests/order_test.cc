/* SPDX-License-Identifier: MIT */
/*
 * Which job runs when: the order of arming, dependencies, credits.
 */
#include "world.h"

#include <algorithm>
#include <numeric>
#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Order : public FlagWorld
{
public:
	std::vector<JobRef> make_jobs(QueueRef &queue, int count, RunJob run = hardware_fence)
	{
		std::vector<JobRef> jobs;

		for (int i = 0; i < count; i++)
			jobs.push_back(make_job(queue, std::to_string(i), run));
		return jobs;
	}

	static std::vector<std::string> in_order(const char *what, int count, const char *end = "")
	{
		std::vector<std::string> lines;

		for (int i = 0; i < count; i++)
			lines.push_back(what + std::to_string(i) + end);
		return lines;
	}
};

DEP_WITH_ALL_FLAGS(Order);

TEST_P(Order, IsThatOfArmingWhateverThatOfPushing)
{
	constexpr int count = 5;
	std::vector<int> pushes(count);

	std::iota(pushes.begin(), pushes.end(), 0);
	do {
		const std::size_t before = runs().size();
		QueueRef queue = make_queue("q");
		std::vector<JobRef> jobs = make_jobs(queue, count, done_at_once);

		for (JobRef &job : jobs)
			arm(job);
		for (int i : pushes)
			push(jobs[i]);
		settle();

		std::vector<std::string> ran = runs();

		ran.erase(ran.begin(), ran.begin() + static_cast<long>(before));
		EXPECT_EQ(ran, in_order("run ", count));
	} while (std::ranges::next_permutation(pushes).found);
}

TEST_P(Order, JobPushedEarlyWaitsForTheGap)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");
	JobRef c = make_job(queue, "c");

	arm(a);
	arm(b);
	arm(c);
	push(c);
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	push(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	push(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b", "run c"));
	complete(a);
	complete(b);
	complete(c);
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0", "signal c 0"));
}

TEST_P(Order, JobsOfAnotherQueueDoNotWait)
{
	QueueRef queue = make_queue("q");
	QueueRef other = make_queue("other");
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a", done_at_once);
	JobRef b = make_job(other, "b", done_at_once);

	depend(a, fence);
	submit(a);
	submit(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run b"));
	host::signal(fence);
	os_fence_put(fence);
}

TEST_P(Order, EveryDependencyIsWaitedFor)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", done_at_once);
	std::vector<os_fence *> fences;

	for (int i = 0; i < 30; i++) {
		fences.push_back(host::foreign_fence());
		depend(job, fences.back());
	}
	submit(job);
	for (os_fence *fence : fences) {
		settle();
		EXPECT_THAT(runs(), IsEmpty());
		host::signal(fence);
		os_fence_put(fence);
	}
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

TEST_P(Order, JobBehindOneThatWaitsWaitsToo)
{
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a", done_at_once);
	JobRef b = make_job(queue, "b", done_at_once);

	depend(a, fence);
	submit(a);
	submit(b);
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
}

TEST_P(Order, ErrorOfADependencyDoesNotStopTheJob)
{
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef job = make_job(queue, "a", done_at_once);

	depend(job, fence);
	submit(job);
	host::signal(fence, -EIO);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
}

TEST_P(Order, FinishedFenceOfAnotherQueueIsADependency)
{
	QueueRef first = make_queue("first");
	QueueRef second = make_queue("second");
	JobRef a = make_job(first, "a");
	JobRef b = make_job(second, "b", done_at_once);

	arm(a);
	depend(b, drm_dep_job_finished_fence(a.get()));
	submit(b);
	push(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	complete(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
}

/* Or the job would not be handed over before the one ahead of it is finished. */
TEST_P(Order, FenceOfTheSameQueueIsNotWaitedFor)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	arm(a);
	depend(b, drm_dep_job_finished_fence(a.get()));
	EXPECT_EQ(b->deps_count, 0u);
	push(a);
	submit(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
	complete(a);
	complete(b);
}

TEST_P(Order, CreditsBoundWhatIsInFlight)
{
	QueueRef queue = make_queue("q", {.credits = 5});
	std::vector<JobRef> jobs = make_jobs(queue, 12);

	for (JobRef &job : jobs)
		submit(job);
	for (std::size_t completed = 0; completed < jobs.size(); completed++) {
		settle();
		EXPECT_EQ(runs().size(), std::min<std::size_t>(5 + completed, jobs.size()));
		complete(jobs[completed]);
	}
}

TEST_P(Order, CreditsOfOneJobMayBeMany)
{
	QueueRef queue = make_queue("q", {.credits = 4});
	JobRef a = make_job(queue, "a", hardware_fence, 3);
	JobRef b = make_job(queue, "b", hardware_fence, 2);
	JobRef c = make_job(queue, "c", hardware_fence, 1);
	JobRef d = make_job(queue, "d", hardware_fence, 4);

	submit(a);
	submit(b);
	submit(c);
	submit(d);
	settle();
	/* c would fit, but order comes first. */
	EXPECT_THAT(runs(), ElementsAre("run a"));
	complete(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b", "run c"));
	complete(b);
	settle();
	EXPECT_EQ(runs().size(), 3u);
	complete(c);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b", "run c", "run d"));
	complete(d);
}

TEST_P(Order, JobThatNeverFitsIsRefused)
{
	QueueRef queue = make_queue("q", {.credits = 4});

	EXPECT_EQ(make_job(queue, "none", hardware_fence, 0).get(), nullptr);
	EXPECT_EQ(make_job(queue, "many", hardware_fence, 5).get(), nullptr);
	EXPECT_NE(make_job(queue, "all", hardware_fence, 4).get(), nullptr);
}

/* More than one execution of the work item hands over. */
TEST_P(Order, ManyJobsAllRun)
{
	constexpr int count = 300;
	QueueRef queue = make_queue("q");
	std::vector<JobRef> jobs = make_jobs(queue, count, done_at_once);

	for (JobRef &job : jobs)
		arm(job);
	for (int i = count; i-- > 0;)
		push(jobs[i]);
	settle();
	EXPECT_EQ(runs(), in_order("run ", count));
	EXPECT_EQ(signals(), in_order("signal ", count, " 0"));
}

/* Pushed while run_job of the one before runs: nobody else will look at it. */
TEST_P(Order, JobPushedWhileAnotherRunsIsSeenAfterwards)
{
	QueueRef queue = make_queue("q");
	Event entered;
	Event pushed;
	JobRef a = make_job(queue, "a", [&](Job &) {
		entered.set();
		EXPECT_TRUE(pushed.wait());
		return nullptr;
	});
	JobRef b = make_job(queue, "b", done_at_once);

	std::jthread submitter = submit_elsewhere(a);

	ASSERT_TRUE(entered.wait());
	submit(b);
	pushed.set();
	submitter.join();
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
	EXPECT_TRUE(done(a));
}

/* The same for credits that come back, and for a dependency that signals. */
TEST_P(Order, CreditsReturnedWhileAnotherRunsAreSeenAfterwards)
{
	QueueRef queue = make_queue("q", {.credits = 2});
	os_fence *fence = host::foreign_fence();
	Event entered;
	Event go_on;
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", [&](Job &job) {
		entered.set();
		EXPECT_TRUE(go_on.wait());
		return hardware_fence(job);
	});
	JobRef c = make_job(queue, "c");

	depend(c, fence);
	submit(a);

	std::jthread submitter = submit_elsewhere(b);

	ASSERT_TRUE(entered.wait());
	submit(c);
	complete(a);
	host::signal(fence);
	os_fence_put(fence);
	go_on.set();
	submitter.join();
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b", "run c"));
	complete(b);
	complete(c);
}

/*
 * A fence is seen as signalled before its callbacks have run; a job that ran on what is seen
 * could be gone, and its callback with it, when the signaller comes to it.
 */
TEST_P(Order, DependencyIsMetByItsCallbackNotByItsLooks)
{
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a", done_at_once);
	JobRef b = make_job(queue, "b", done_at_once);
	Event seen_as_signalled;
	Event go_on;

	depend(a, fence);
	submit(a);
	settle();
	host::set_access_hook([&](const volatile void *object) {
		if (object == fence && host::is_signalled(fence)) {
			seen_as_signalled.set();
			EXPECT_TRUE(go_on.wait());
		}
	});

	std::thread signaller([&] { host::signal(fence); });

	ASSERT_TRUE(seen_as_signalled.wait());
	submit(b); /* looks whether something can run */
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	go_on.set();
	signaller.join();
	settle();
	host::set_access_hook({});
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
	os_fence_put(fence);
}

} // namespace
