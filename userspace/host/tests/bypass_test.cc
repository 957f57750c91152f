/* SPDX-License-Identifier: MIT */
/*
 * Jobs that run in push: when they do, and what keeps them from it. Everything that is the same
 * with and without it is tested elsewhere, with all flags.
 */
#include "world.h"

#include <atomic>
#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Bypass : public World
{
public:
	Bypass() : World(DRM_DEP_QUEUE_BYPASS) {}

	/* Records by whom it is run, too: "here a" or "elsewhere a". */
	RunJob tell(RunJob run)
	{
		return [this, run, here = std::this_thread::get_id()](Job &job) {
			const bool in_push = std::this_thread::get_id() == here;

			record.add((in_push ? "here " : "elsewhere ") + job.label);
			return run(job);
		};
	}

	std::vector<std::string> here() const { return record.starting_with("here "); }
	std::vector<std::string> elsewhere() const { return record.starting_with("elsewhere "); }
};

TEST_F(Bypass, PushRunsTheJob)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", tell(done_at_once));
	JobRef b = make_job(queue, "b", tell(hardware_fence));

	submit(a);
	EXPECT_THAT(record.all(), ElementsAre("run a", "here a", "signal a 0"));
	submit(b);
	EXPECT_THAT(here(), ElementsAre("here a", "here b"));
	complete(b);
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0"));
}

TEST_F(Bypass, WhatWaitsForADependencyRunsElsewhere)
{
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a", tell(done_at_once));
	JobRef b = make_job(queue, "b", tell(done_at_once));

	depend(a, fence);
	submit(a);
	submit(b); /* behind it */
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(elsewhere(), ElementsAre("elsewhere a", "elsewhere b"));
}

TEST_F(Bypass, DependencyThatHasSignalledIsNotInTheWay)
{
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a", tell(done_at_once));

	depend(a, fence);
	host::signal(fence);
	os_fence_put(fence);
	submit(a);
	EXPECT_THAT(here(), ElementsAre("here a"));
}

TEST_F(Bypass, OnlyTheOneThatIsPushed)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", tell(done_at_once));
	JobRef b = make_job(queue, "b", tell(done_at_once));

	arm(a);
	arm(b);
	push(b);
	push(a);
	settle();
	EXPECT_THAT(here(), ElementsAre("here a"));
	EXPECT_THAT(elsewhere(), ElementsAre("elsewhere b"));
}

TEST_F(Bypass, WithoutCreditsElsewhere)
{
	QueueRef queue = make_queue("q", {.credits = 1});
	JobRef a = make_job(queue, "a", tell(hardware_fence));
	JobRef b = make_job(queue, "b", tell(hardware_fence));

	submit(a);
	submit(b);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	complete(a);
	settle();
	EXPECT_THAT(elsewhere(), ElementsAre("elsewhere b"));
	complete(b);
}

TEST_F(Bypass, NotWhileStopped)
{
	QueueRef queue = make_queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});
	JobRef a = make_job(queue, "a", tell(done_at_once));

	submit(a);
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	drm_dep_queue_start(queue.get());
	settle();
	EXPECT_THAT(elsewhere(), ElementsAre("elsewhere a"));
}

TEST_F(Bypass, NotOnceKilled)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", tell(done_at_once));

	drm_dep_queue_kill(queue.get());
	submit(a);
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
}

TEST_F(Bypass, NotBeforeAMessage)
{
	QueueRef queue = make_queue("q");
	Event entered;
	Event go_on;
	Message first("first", [&](Message &) {
		entered.set();
		EXPECT_TRUE(go_on.wait());
	});
	Message second("second");
	JobRef a = make_job(queue, "a", tell(done_at_once));

	send(queue, first);
	ASSERT_TRUE(entered.wait());
	send(queue, second);
	submit(a);
	EXPECT_THAT(runs(), IsEmpty());
	go_on.set();
	settle();
	EXPECT_THAT(elsewhere(), ElementsAre("elsewhere a"));
	EXPECT_GT(record.place("run a"), record.place("message second"));
}

TEST_F(Bypass, PushedInRunJobRunsElsewhere)
{
	QueueRef queue = make_queue("q");
	JobRef b = make_job(queue, "b", tell(done_at_once));
	JobRef a = make_job(queue, "a", tell([&](Job &self) {
				    submit(b);
				    EXPECT_FALSE(record.has("run b"));
				    return done_at_once(self);
			    }));

	submit(a);
	settle();
	EXPECT_THAT(here(), ElementsAre("here a"));
	EXPECT_THAT(elsewhere(), ElementsAre("elsewhere b"));
}

TEST_F(Bypass, AnotherQueueMayRunInside)
{
	QueueRef outer = make_queue("outer");
	QueueRef inner = make_queue("inner");
	JobRef b = make_job(inner, "b", tell(done_at_once));
	JobRef a = make_job(outer, "a", tell([&](Job &self) {
				    submit(b);
				    return done_at_once(self);
			    }));

	submit(a);
	EXPECT_THAT(here(), ElementsAre("here a", "here b"));
}

/* Work of other queues may be excluded by it. */
TEST_F(Bypass, NotOnAnOrderedWorkqueue)
{
	os_wq *ordered = host::make_wq(true);
	os_wq *usual = host::make_wq(false);
	{
		QueueRef queue = make_queue("q", {.workqueue = ordered});
		QueueRef other = make_queue("other", {.workqueue = usual});
		JobRef a = make_job(queue, "a", tell(done_at_once));
		JobRef b = make_job(other, "b", tell(done_at_once));

		submit(a);
		settle();
		submit(b);
		EXPECT_THAT(elsewhere(), ElementsAre("elsewhere a"));
		EXPECT_THAT(here(), ElementsAre("here b"));
	}
	settle();
	host::free_wq(ordered);
	host::free_wq(usual);
}

TEST_F(Bypass, UnderASpinlockIfRunJobIsAtomic)
{
	static constinit os_class lock_class{};
	QueueRef queue = make_queue("q", {.flags = DRM_DEP_QUEUE_RUN_ATOMIC});
	QueueRef other = make_queue("other");
	JobRef a = make_job(queue, "a", tell(hardware_fence));
	JobRef b = make_job(other, "b", tell(hardware_fence));
	os_lock lock;
	unsigned long lock_flags;

	os_lock_init(&lock, &lock_class, "driver");
	arm(a);
	arm(b);
	lock_flags = os_lock_irqsave(&lock);
	push(a);
	os_unlock_irqrestore(&lock, lock_flags);
	EXPECT_THAT(here(), ElementsAre("here a"));
	/* The other one is told, even if it would not run here. */
	EXPECT_DEATH((os_lock_irqsave(&lock), push(b)), "may sleep is called where");
	push(b);
	complete(a);
	complete(b);
}

TEST_F(Bypass, RunJobThatIsAtomicMayNotSleep)
{
	EXPECT_DEATH(
		{
			QueueRef queue = make_queue("q", {.flags = DRM_DEP_QUEUE_RUN_ATOMIC});
			JobRef a = make_job(queue, "a", [](Job &job) {
				os_might_sleep();
				return done_at_once(job);
			});

			submit(a);
		},
		"may sleep is called where");
}

TEST_F(Bypass, ErrorOfRunJob)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", tell(fails_with(-EIO)));

	submit(a);
	EXPECT_THAT(signals(), ElementsAre("signal a -5"));
}

TEST_F(Bypass, StopWaitsForIt)
{
	QueueRef queue = make_queue("q");
	Event entered;
	Event go_on;
	std::atomic<bool> left = false;
	JobRef a = make_job(queue, "a", [&](Job &job) {
		entered.set();
		EXPECT_TRUE(go_on.wait());
		left = true;
		return done_at_once(job);
	});
	std::jthread submitter = submit_elsewhere(a);

	ASSERT_TRUE(entered.wait());

	std::jthread stopper([&] {
		drm_dep_queue_stop(queue.get());
		EXPECT_TRUE(left);
		drm_dep_queue_start(queue.get());
	});

	std::this_thread::sleep_for(grace);
	go_on.set();
}

TEST_F(Bypass, ManyPushersKeepTheOrder)
{
	constexpr int threads = 4;
	constexpr int each = 50;
	QueueRef queue = make_queue("q", {.credits = 3});
	std::vector<JobRef> jobs;

	for (int i = 0; i < threads * each; i++) {
		jobs.push_back(make_job(queue, std::to_string(i), done_at_once));
		arm(jobs.back());
	}
	{
		std::vector<std::jthread> pushers;

		for (int thread = 0; thread < threads; thread++)
			pushers.emplace_back([&, thread] {
				for (int i = thread; i < threads * each; i += threads)
					push(jobs[static_cast<std::size_t>(i)]);
			});
	}
	settle();
	ASSERT_EQ(runs().size(), jobs.size());
	for (std::size_t i = 0; i < jobs.size(); i++) {
		EXPECT_EQ(runs()[i], "run " + std::to_string(i));
		EXPECT_EQ(signals()[i], "signal " + std::to_string(i) + " 0");
	}
}

class NoBypass : public World
{
};

TEST_F(NoBypass, PushRunsNothing)
{
	const auto here = std::this_thread::get_id();
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", [here](Job &job) {
		EXPECT_NE(std::this_thread::get_id(), here);
		return done_at_once(job);
	});

	submit(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

} // namespace
