/* SPDX-License-Identifier: MIT */
/*
 * Jobs that run for too long. Time passes when the test says so.
 */
#include "world.h"

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

namespace
{

class Timeout : public FlagWorld
{
public:
	/* Lets time pass, and all happen that is due. */
	void pass(std::chrono::nanoseconds time)
	{
		settle();
		clock.pass(time);
		settle();
	}

	std::vector<std::string> timeouts() const { return record.starting_with("timedout "); }

	std::size_t notes(unsigned int what) const
	{
		std::size_t count = 0;

		for (const host::Note &note : host::notes())
			count += note.what == what;
		return count;
	}

	host::Clock clock;
};

DEP_WITH_ALL_FLAGS(Timeout);

TEST_P(Timeout, WhenTheTimeIsOver)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");

	queue->on_timeout = [&](Job &job) {
		host::signal(job.hw, -ETIME);
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	pass(1s);
	submit(a);
	pass(99ms);
	EXPECT_THAT(timeouts(), IsEmpty());
	pass(1ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	EXPECT_THAT(signals(), ElementsAre("signal a -62"));
	pass(1h);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	EXPECT_EQ(notes(OS_NOTE_STILL_IN_FLIGHT), 0u);
}

TEST_P(Timeout, NeverWithoutATimeout)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");

	submit(a);
	pass(24h);
	EXPECT_THAT(timeouts(), IsEmpty());
	complete(a);
}

TEST_P(Timeout, OfTheNextJobBeginsWhenTheOneBeforeIsDone)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	submit(a);
	submit(b);
	pass(90ms);
	complete(a);
	pass(99ms);
	EXPECT_THAT(timeouts(), IsEmpty());
	pass(1ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout b"));
	complete(b);
}

TEST_P(Timeout, OfTheNextJobBeginsWhenItIsHandedOver)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	submit(a);
	pass(90ms);
	complete(a);
	pass(1h);
	submit(b);
	pass(99ms);
	EXPECT_THAT(timeouts(), IsEmpty());
	pass(1ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout b"));
	complete(b);
}

/* No operation on a timer per job: it looks by itself now and then. */
TEST_P(Timeout, TimerIsLazy)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 1000});
	const unsigned long before = host::timer_starts();

	for (int i = 0; i < 100; i++) {
		JobRef job = make_job(queue, "a");

		submit(job);
		settle();
		clock.pass(1ms);
		complete(job);
	}
	settle();
	EXPECT_LE(host::timer_starts() - before, 2u);

	/* And yet it is right. */
	JobRef last = make_job(queue, "last");

	submit(last);
	pass(999ms);
	EXPECT_THAT(timeouts(), IsEmpty());
	pass(1ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout last"));
	complete(last);
	/* With nothing in flight it comes to rest. */
	pass(10s);
	const unsigned long at_rest = host::timer_starts();

	pass(1h);
	EXPECT_EQ(host::timer_starts(), at_rest);
}

TEST_P(Timeout, PauseStopsTheClock)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");

	submit(a);
	pass(60ms);
	drm_dep_queue_pause_timeout(queue.get());
	drm_dep_queue_pause_timeout(queue.get()); /* the same as once */
	pass(1h);
	EXPECT_THAT(timeouts(), IsEmpty());
	drm_dep_queue_resume_timeout(queue.get());
	pass(39ms);
	EXPECT_THAT(timeouts(), IsEmpty());
	pass(1ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
}

TEST_P(Timeout, PausedBeforeTheJobRuns)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");

	drm_dep_queue_pause_timeout(queue.get());
	submit(a);
	pass(1h);
	EXPECT_THAT(timeouts(), IsEmpty());
	drm_dep_queue_resume_timeout(queue.get());
	pass(99ms);
	EXPECT_THAT(timeouts(), IsEmpty());
	pass(1ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
}

TEST_P(Timeout, StopStopsTheClock)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");

	submit(a);
	pass(60ms);
	drm_dep_queue_stop(queue.get());
	pass(1h);
	EXPECT_THAT(timeouts(), IsEmpty());
	drm_dep_queue_start(queue.get());
	pass(39ms);
	EXPECT_THAT(timeouts(), IsEmpty());
	pass(1ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
}

TEST_P(Timeout, BothPauseAndStopHaveToEnd)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");

	submit(a);
	settle();
	drm_dep_queue_stop(queue.get());
	drm_dep_queue_pause_timeout(queue.get());
	drm_dep_queue_start(queue.get());
	pass(1h);
	EXPECT_THAT(timeouts(), IsEmpty());
	drm_dep_queue_resume_timeout(queue.get());
	pass(100ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
}

TEST_P(Timeout, TriggerCallsOnceNow)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	queue->on_timeout = [](Job &) { return DRM_DEP_TIMEOUT_NOT_HUNG; };
	submit(a);
	submit(b);
	pass(1ms);
	drm_dep_queue_trigger_timeout(queue.get());
	settle();
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
	complete(b);
	settle();
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
}

TEST_P(Timeout, TriggerWithoutATimeoutAndWhilePaused)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");

	submit(a);
	settle();
	drm_dep_queue_pause_timeout(queue.get());
	drm_dep_queue_trigger_timeout(queue.get());
	settle();
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
}

TEST_P(Timeout, TriggerWithNothingInFlightIsDropped)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	depend(b, fence);
	drm_dep_queue_trigger_timeout(queue.get());
	submit(a);
	settle();
	complete(a);
	submit(b);
	settle();
	drm_dep_queue_trigger_timeout(queue.get());
	settle();
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(timeouts(), IsEmpty());
	complete(b);
}

TEST_P(Timeout, TriggerInAnInterrupt)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");

	submit(a);
	settle();
	{
		host::Interrupt interrupt;

		drm_dep_queue_pause_timeout(queue.get());
		drm_dep_queue_resume_timeout(queue.get());
		drm_dep_queue_set_timeout(queue.get(), 50);
		drm_dep_queue_trigger_timeout(queue.get());
	}
	settle();
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
}

TEST_P(Timeout, ShorterLimitIsThatOfTheJobThatRuns)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 1000});
	JobRef a = make_job(queue, "a");

	submit(a);
	pass(60ms);
	drm_dep_queue_set_timeout(queue.get(), 100);
	pass(39ms);
	EXPECT_THAT(timeouts(), IsEmpty());
	pass(1ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
}

TEST_P(Timeout, LimitThatIsOverAlready)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 1000});
	JobRef a = make_job(queue, "a");

	submit(a);
	pass(60ms);
	drm_dep_queue_set_timeout(queue.get(), 10);
	pass(0ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
}

TEST_P(Timeout, LongerLimit)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");

	submit(a);
	pass(60ms);
	drm_dep_queue_set_timeout(queue.get(), 200);
	pass(139ms);
	EXPECT_THAT(timeouts(), IsEmpty());
	pass(1ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
}

TEST_P(Timeout, NoLimitAndALimitAgain)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");

	submit(a);
	pass(60ms);
	drm_dep_queue_set_timeout(queue.get(), 0);
	pass(1h);
	EXPECT_THAT(timeouts(), IsEmpty());
	drm_dep_queue_set_timeout(queue.get(), 2 * 3600 * 1000);
	pass(1h - 60ms - 1ms);
	EXPECT_THAT(timeouts(), IsEmpty());
	pass(1ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
}

TEST_P(Timeout, HandledButStillThereStartsAnewAndIsSaid)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");

	submit(a);
	pass(100ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	ASSERT_EQ(notes(OS_NOTE_STILL_IN_FLIGHT), 1u);
	EXPECT_EQ(host::notes()[0].queue, queue.get());
	EXPECT_EQ(host::notes()[0].number, 1u);
	pass(99ms);
	EXPECT_EQ(timeouts().size(), 1u);
	pass(1ms);
	EXPECT_EQ(timeouts().size(), 2u);
	complete(a);
}

TEST_P(Timeout, NotHungStartsAnew)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");

	queue->on_timeout = [](Job &) { return DRM_DEP_TIMEOUT_NOT_HUNG; };
	submit(a);
	pass(100ms);
	pass(99ms);
	EXPECT_EQ(timeouts().size(), 1u);
	pass(1ms);
	EXPECT_EQ(timeouts().size(), 2u);
	EXPECT_EQ(notes(OS_NOTE_STILL_IN_FLIGHT), 0u);
	complete(a);
}

TEST_P(Timeout, DeviceGoneKillsAndStaysArmed)
{
	QueueRef queue = make_queue("q", {.credits = 2, .timeout_ms = 100});
	JobRef a = make_job(queue, "a", driver_completes);
	JobRef b = make_job(queue, "b", hardware_fence, 2);

	queue->on_timeout = [](Job &) { return DRM_DEP_TIMEOUT_DEVICE_GONE; };
	submit(a);
	submit(b);
	pass(100ms);
	EXPECT_TRUE(drm_dep_queue_is_killed(queue.get()));
	EXPECT_TRUE(record.has("killed q"));
	EXPECT_THAT(signals(), IsEmpty()) << "a is the driver's, and b comes after it";
	pass(100ms);
	EXPECT_EQ(timeouts().size(), 2u);
	EXPECT_TRUE(done(a, -ENODEV));
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a -19", "signal b -125"));
	EXPECT_EQ(record.starting_with("killed ").size(), 1u);
}

TEST_P(Timeout, JobStaysUntilTheHandlerHasLeft)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a", driver_completes);
	Event entered;
	Event go_on;

	queue->on_timeout = [&](Job &job) {
		entered.set();
		EXPECT_TRUE(go_on.wait());
		EXPECT_EQ(job.label, "a");
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	submit(a);
	settle();
	clock.pass(100ms);
	ASSERT_TRUE(entered.wait());
	EXPECT_TRUE(done(a));
	a.put();
	EXPECT_THAT(signals(), ElementsAre("signal a 0"));
	EXPECT_FALSE(record.wait_for("release a", grace));
	go_on.set();
	settle();
	EXPECT_TRUE(record.has("release a"));
	EXPECT_EQ(notes(OS_NOTE_STILL_IN_FLIGHT), 0u);
}

TEST_P(Timeout, JobsGoOnDuringTheHandler)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a", driver_completes);
	JobRef b = make_job(queue, "b", done_at_once);
	Event entered;
	Event go_on;

	queue->on_timeout = [&](Job &) {
		entered.set();
		EXPECT_TRUE(go_on.wait());
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	submit(a);
	settle();
	clock.pass(100ms);
	ASSERT_TRUE(entered.wait());
	submit(b);
	EXPECT_TRUE(record.wait_for("run b"));
	EXPECT_TRUE(done(a));
	EXPECT_TRUE(record.wait_for("signal b 0"));
	go_on.set();
	settle();
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
}

TEST_P(Timeout, JobThatIsDoneInTimeIsNotBlamed)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a", driver_completes);

	submit(a);
	pass(99ms);
	EXPECT_TRUE(done(a));
	pass(1h);
	EXPECT_THAT(timeouts(), IsEmpty());
}

/* Its fence is behind that of a, but it does not run any more. */
TEST_P(Timeout, OfAJobThatIsDoneIsThatOfTheOneBefore)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	submit(a);
	submit(b);
	settle();
	complete(b);
	pass(100ms);
	EXPECT_THAT(timeouts(), ElementsAre("timedout a"));
	complete(a);
	pass(1h);
	EXPECT_EQ(timeouts().size(), 1u);
}

TEST_P(Timeout, OnTheWorkqueueThatIsGiven)
{
	os_wq *own = host::make_wq(true);
	{
		QueueRef first = make_queue("first", {.timeout_ms = 100, .timeout_workqueue = own});
		QueueRef second =
			make_queue("second", {.timeout_ms = 100, .timeout_workqueue = own});
		JobRef a = make_job(first, "a");
		JobRef b = make_job(second, "b");
		std::atomic<int> inside{0};

		first->on_timeout = second->on_timeout = [&](Job &job) {
			EXPECT_EQ(++inside, 1) << "the workqueue is ordered";
			/* Each stops the other: no deadlock, as they take turns. */
			drm_dep_queue_stop(first.get());
			drm_dep_queue_stop(second.get());
			std::this_thread::sleep_for(grace);
			host::signal(job.hw, -EIO);
			drm_dep_queue_start(second.get());
			drm_dep_queue_start(first.get());
			inside--;
			return DRM_DEP_TIMEOUT_HANDLED;
		};
		submit(a);
		submit(b);
		pass(100ms);
		EXPECT_EQ(timeouts().size(), 2u);
	}
	settle();
	host::free_wq(own);
}

TEST_P(Timeout, QueueEndsWithATimerThatIsPending)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 1000});
	JobRef a = make_job(queue, "a");

	submit(a);
	pass(1ms);
	complete(a);
	a.put();
	queue.put();
	settle();
	EXPECT_TRUE(record.has("release q"));
	pass(1h);
	EXPECT_THAT(timeouts(), IsEmpty());
}

TEST_P(Timeout, QueueWithoutUsersIsWatched)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef a = make_job(queue, "a", driver_completes);

	queue->on_timeout = [](Job &job) {
		EXPECT_TRUE(drm_dep_job_done(&job, job.number, -EIO));
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	submit(a);
	settle();
	a.put();
	queue.put();
	pass(100ms);
	EXPECT_THAT(signals(), ElementsAre("signal a -5"));
	EXPECT_TRUE(record.has("release q"));
}

TEST_P(Timeout, BusyTimeIsThatOfTheClock)
{
	QueueRef queue = make_queue("q", {.timeout_ms = 100000});
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");
	const auto busy = [&] {
		return std::chrono::nanoseconds(drm_dep_queue_busy_time(queue.get()));
	};

	pass(1s);
	EXPECT_EQ(busy(), 0ms);
	submit(a);
	pass(30ms);
	EXPECT_EQ(busy(), 30ms);
	submit(b);
	pass(10ms);
	drm_dep_queue_pause_timeout(queue.get());
	pass(500ms);
	EXPECT_EQ(busy(), 40ms);
	drm_dep_queue_resume_timeout(queue.get());
	complete(a);
	pass(2ms);
	EXPECT_EQ(busy(), 42ms);
	complete(b);
	pass(1s);
	EXPECT_EQ(busy(), 42ms);
}

/* What is done and only has to be signalled keeps the hardware busy no longer. */
TEST_P(Timeout, BusyTimeStandsStillUntilTheHeadIsSignalled)
{
	struct Callback {
		os_fence_cb cb;
		std::function<void()> call;
	} callback = {};
	QueueRef first = make_queue("first");
	QueueRef second = make_queue("second");
	JobRef a = make_job(first, "a");
	JobRef b = make_job(second, "b", driver_completes);
	const auto busy = [&] {
		return std::chrono::nanoseconds(drm_dep_queue_busy_time(second.get()));
	};

	unsigned long long done_at = 0;

	submit(b);
	submit(a);
	pass(30ms);
	/* In a callback of a queue of the same level: who signals b does so later. */
	callback.call = [&] {
		done_at = os_now();
		EXPECT_TRUE(done(b));
		EXPECT_EQ(busy(), 30ms);
		clock.pass(5ms);
		EXPECT_EQ(busy(), 30ms);
	};
	ASSERT_EQ(os_fence_add_callback(drm_dep_job_finished_fence(a.get()), &callback.cb,
					[](os_fence *, os_fence_cb *cb) {
						reinterpret_cast<Callback *>(cb)->call();
					}),
		  0);
	complete(a);
	pass(5ms);
	EXPECT_EQ(busy(), 30ms);
	/* And the fence says so, too. */
	EXPECT_EQ(host::signalled_at(drm_dep_job_finished_fence(b.get())), done_at);
}

/* The finished fence says when the hardware was done. */
TEST_P(Timeout, TimeOfTheFenceIsThatOfCompletion)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");

	submit(a);
	pass(10ms);
	const unsigned long long now = os_now();

	complete(a);
	pass(10ms);
	EXPECT_EQ(host::signalled_at(drm_dep_job_finished_fence(a.get())), now);
}

} // namespace
