/* SPDX-License-Identifier: MIT */
/*
 * Stopped queues: what does not happen any more, what goes on, and who may stop.
 */
#include "world.h"

#include <atomic>
#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Stop : public FlagWorld
{
public:
	void stop(QueueRef &queue) { drm_dep_queue_stop(queue.get()); }
	void start(QueueRef &queue) { drm_dep_queue_start(queue.get()); }
};

DEP_WITH_ALL_FLAGS(Stop);

TEST_P(Stop, NothingRunsUntilTheStart)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", done_at_once);
	JobRef b = make_job(queue, "b", done_at_once);

	EXPECT_FALSE(drm_dep_queue_is_stopped(queue.get()));
	stop(queue);
	EXPECT_TRUE(drm_dep_queue_is_stopped(queue.get()));
	submit(a);
	submit(b);
	settle();
	EXPECT_THAT(record.all(), IsEmpty());
	start(queue);
	EXPECT_FALSE(drm_dep_queue_is_stopped(queue.get()));
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
}

TEST_P(Stop, Nests)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", done_at_once);

	stop(queue);
	stop(queue);
	submit(a);
	start(queue);
	settle();
	EXPECT_TRUE(drm_dep_queue_is_stopped(queue.get()));
	EXPECT_THAT(runs(), IsEmpty());
	start(queue);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

TEST_P(Stop, QueueMayBeMadeStopped)
{
	QueueRef queue = make_queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});
	JobRef a = make_job(queue, "a", done_at_once);

	EXPECT_TRUE(drm_dep_queue_is_stopped(queue.get()));
	submit(a);
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	start(queue);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

TEST_P(Stop, WaitsForRunJob)
{
	QueueRef queue = make_queue("q");
	Event entered;
	Event go_on;
	Event stopped;
	JobRef a = make_job(queue, "a", [&](Job &job) {
		entered.set();
		EXPECT_TRUE(go_on.wait());
		EXPECT_FALSE(stopped.wait(grace));
		return done_at_once(job);
	});
	JobRef b = make_job(queue, "b", done_at_once);
	std::jthread submitter = submit_elsewhere(a);

	ASSERT_TRUE(entered.wait());
	submit(b);

	std::jthread stopper([&] {
		stop(queue);
		stopped.set();
	});

	go_on.set();
	EXPECT_TRUE(stopped.wait());
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	start(queue);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
}

TEST_P(Stop, WaitsForMessages)
{
	QueueRef queue = make_queue("q");
	Event entered;
	std::atomic<bool> left{false};
	Message message("m", [&](Message &) {
		entered.set();
		std::this_thread::sleep_for(grace);
		left = true;
	});

	send(queue, message);
	ASSERT_TRUE(entered.wait());
	stop(queue);
	EXPECT_TRUE(left);
	start(queue);
}

TEST_P(Stop, DelaysMessagesAndTheKilledOp)
{
	QueueRef queue = make_queue("q");
	Message message("m");

	stop(queue);
	EXPECT_TRUE(send(queue, message));
	drm_dep_queue_kill(queue.get());
	settle();
	EXPECT_THAT(record.all(), IsEmpty());
	start(queue);
	settle();
	EXPECT_TRUE(record.has("message m"));
	EXPECT_TRUE(record.has("killed q"));
}

TEST_P(Stop, CompletionAndReleaseGoOn)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", driver_completes);

	submit(a);
	submit(b);
	settle();
	stop(queue);
	complete(a);
	EXPECT_TRUE(done(b));
	a.put();
	b.put();
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0"));
	EXPECT_TRUE(record.has("release a"));
	EXPECT_TRUE(record.has("release b"));
	start(queue);
}

TEST_P(Stop, CancellingGoesOn)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	stop(queue);
	arm(a);
	a.put();
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
	submit(b);
	drm_dep_queue_kill(queue.get());
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a -125", "signal b -125"));
	EXPECT_FALSE(record.has("killed q"));
	start(queue);
	settle();
	EXPECT_TRUE(record.has("killed q"));
}

TEST_P(Stop, FromTheTimeoutHandler)
{
	QueueRef queue = make_queue("q");
	QueueRef other = make_queue("other");
	JobRef a = make_job(queue, "a", driver_completes);
	JobRef b = make_job(queue, "b", done_at_once);
	JobRef c = make_job(other, "c", done_at_once);

	queue->on_timeout = [&](Job &job) {
		stop(queue);
		stop(other);
		submit(b);
		submit(c);
		EXPECT_THAT(runs(), ElementsAre("run a"));
		EXPECT_TRUE(drm_dep_job_done(&job, job.number, -EIO));
		start(other);
		start(queue);
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	submit(a);
	settle();
	drm_dep_queue_trigger_timeout(queue.get());
	settle();
	EXPECT_TRUE(record.has("run b"));
	EXPECT_TRUE(record.has("run c"));
	EXPECT_TRUE(record.has("signal a -5"));
}

/* Or two handlers that stop one another's queues would wait for ever. */
TEST_P(Stop, DoesNotWaitForATimeoutHandler)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", driver_completes);
	Event entered;
	Event go_on;

	queue->on_timeout = [&](Job &) {
		entered.set();
		EXPECT_TRUE(go_on.wait());
		return DRM_DEP_TIMEOUT_NOT_HUNG;
	};
	submit(a);
	settle();
	drm_dep_queue_trigger_timeout(queue.get());
	ASSERT_TRUE(entered.wait());
	stop(queue);
	start(queue);
	go_on.set();
	EXPECT_TRUE(done(a));
	settle();
}

TEST_P(Stop, ByManyAtOnce)
{
	QueueRef queue = make_queue("q");
	std::atomic<bool> stopped{false};
	std::vector<JobRef> jobs;

	for (int i = 0; i < 200; i++)
		jobs.push_back(make_job(queue, std::to_string(i), [&](Job &job) {
			EXPECT_FALSE(stopped);
			return done_at_once(job);
		}));
	{
		std::vector<std::jthread> stoppers;

		for (int thread = 0; thread < 3; thread++)
			stoppers.emplace_back([&, thread] {
				for (int i = 0; i < 50; i++) {
					stop(queue);
					if (!thread)
						stopped = true;
					std::this_thread::yield();
					if (!thread)
						stopped = false;
					start(queue);
				}
			});
		for (JobRef &job : jobs)
			submit(job);
	}
	settle();
	EXPECT_EQ(runs().size(), jobs.size());
}

TEST_P(Stop, IsVoidWhenTheLastUserLeavesItBehind)
{
	host::ExpectBroken broken("the last user of a queue is gone while it is stopped");
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", done_at_once);
	Message message("m");

	stop(queue);
	submit(a);
	EXPECT_TRUE(send(queue, message));
	settle();
	queue.put();
	a.put();
	settle();
	EXPECT_TRUE(broken.said());
	EXPECT_TRUE(record.has("run a"));
	EXPECT_TRUE(record.has("message m"));
	EXPECT_TRUE(record.has("release q"));
}

/* A queue that only its jobs keep may have to be reset, too. */
TEST_P(Stop, FromTheTimeoutHandlerWithoutUsers)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", driver_completes);
	JobRef b = make_job(queue, "b", done_at_once);
	QueueRef other = make_queue("other");
	JobRef c = make_job(other, "c", done_at_once);
	Queue *memory = queue.get();

	queue->on_timeout = [&](Job &job) {
		drm_dep_queue_stop(memory);
		submit(b);
		submit(c);
		EXPECT_TRUE(record.wait_for("run c"));
		EXPECT_FALSE(record.has("run b"));
		drm_dep_queue_start(memory);
		EXPECT_TRUE(record.wait_for("run b"));
		EXPECT_TRUE(drm_dep_job_done(&job, job.number, -EIO));
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	submit(a);
	settle();
	queue.put();
	drm_dep_queue_trigger_timeout(memory);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal c 0", "signal a -5", "signal b 0"));
}

/* Nobody needs it any more: no reason to complain. */
TEST_P(Stop, StoppedQueueWithNothingToDoMayGo)
{
	QueueRef queue = make_queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});

	queue.put();
	settle();
	EXPECT_TRUE(record.has("release q"));
}

} // namespace
