/* SPDX-License-Identifier: MIT */
/*
 * What there is to see of queues, and what is said about gaps.
 */
#include "world.h"

#include <atomic>
#include <thread>
#include <vector>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

namespace
{

class View : public FlagWorld
{
public:
	static drm_dep_view look(QueueRef &queue)
	{
		drm_dep_view view;

		drm_dep_look(queue.get(), &view);
		/* The test has a reference, too, of whatever that is. */
		if (view.blocking)
			os_fence_put(view.blocking);
		return view;
	}

	/* As a reader of debugfs walks. */
	static std::vector<std::string> names()
	{
		std::vector<std::string> found;

		for (drm_dep_queue *queue = drm_dep_next_queue(nullptr); queue;
		     queue = drm_dep_next_queue(queue))
			found.push_back(queue->name);
		return found;
	}
};

DEP_WITH_ALL_FLAGS(View);

TEST_P(View, AllQueuesInOrder)
{
	EXPECT_THAT(names(), IsEmpty());
	{
		QueueRef first = make_queue("first");
		QueueRef second = make_queue("second");
		QueueRef third = make_queue("third");

		EXPECT_THAT(names(), ElementsAre("first", "second", "third"));
		second.put();
		settle();
		EXPECT_THAT(names(), ElementsAre("first", "third"));
	}
	settle();
	EXPECT_THAT(names(), IsEmpty());
}

TEST_P(View, QueueMayGoWhileItIsLookedAt)
{
	QueueRef first = make_queue("first");
	QueueRef second = make_queue("second");
	drm_dep_queue *queue = drm_dep_next_queue(nullptr);

	EXPECT_EQ(queue, first.get());
	first.put();
	settle();
	EXPECT_FALSE(record.has("fini first"));
	queue = drm_dep_next_queue(queue);
	EXPECT_EQ(queue, second.get());
	settle();
	EXPECT_TRUE(record.has("release first"));
	EXPECT_EQ(drm_dep_next_queue(queue), nullptr);
}

TEST_P(View, WhileQueuesComeAndGo)
{
	std::atomic<bool> stop{false};
	std::jthread reader([&] {
		while (!stop)
			(void)names();
	});

	for (int i = 0; i < 200; i++) {
		QueueRef queue = make_queue("q");

		if (i % 2)
			std::this_thread::yield();
	}
	stop = true;
}

TEST_P(View, Empty)
{
	QueueRef queue = make_queue("q");
	const drm_dep_view view = look(queue);

	EXPECT_EQ(view.run_seqno, 1u);
	EXPECT_EQ(view.first_seqno, 0u);
	EXPECT_EQ(view.in_flight, 0u);
	EXPECT_EQ(view.oldest_seqno, 0u);
	EXPECT_EQ(view.waiting, 0u);
	EXPECT_EQ(view.busy_time, 0u);
	EXPECT_FALSE(view.no_users || view.messages || view.running || view.timeout_paused);
	EXPECT_EQ(view.blocking, nullptr);
}

TEST_P(View, JobsAndWhatBlocksThem)
{
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");
	JobRef c = make_job(queue, "c", done_at_once);
	JobRef d = make_job(queue, "d", done_at_once);

	submit(a);
	submit(b);
	depend(c, fence);
	submit(c);
	submit(d);
	settle();
	drm_dep_view view = look(queue);

	EXPECT_EQ(view.in_flight, 2u);
	EXPECT_EQ(view.oldest_seqno, 1u);
	EXPECT_EQ(view.waiting, 2u);
	EXPECT_EQ(view.run_seqno, 3u);
	EXPECT_EQ(view.first_seqno, 3u);
	EXPECT_EQ(view.gap_armed_by, 0u);
	EXPECT_EQ(view.blocking, fence);

	complete(a);
	EXPECT_EQ(look(queue).oldest_seqno, 2u);
	host::signal(fence);
	os_fence_put(fence);
	settle();
	view = look(queue);
	EXPECT_EQ(view.waiting, 0u);
	EXPECT_EQ(view.blocking, nullptr);
	complete(b);
}

/* Which of several it is does not depend on the order in which they signal. */
TEST_P(View, WhatHasSignalledBlocksNothing)
{
	for (int last = 0; last < 3; last++) {
		QueueRef queue = make_queue("q");
		JobRef a = make_job(queue, "a", done_at_once);
		os_fence *fences[3];

		for (os_fence *&fence : fences) {
			fence = host::foreign_fence();
			depend(a, fence);
		}
		submit(a);
		settle();
		for (int i = 0; i < 3; i++)
			if (i != last)
				host::signal(fences[i]);
		EXPECT_EQ(look(queue).blocking, fences[last]);
		host::signal(fences[last]);
		for (os_fence *fence : fences)
			os_fence_put(fence);
		settle();
	}
}

/* A look holds the lock, so of very many dependencies it takes only some into account. */
TEST_P(View, OneThatBlocksAmongVeryManyIsNotLookedFor)
{
	constexpr int many = 1001;
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", done_at_once);
	std::vector<os_fence *> fences(many);

	for (os_fence *&fence : fences) {
		fence = host::foreign_fence();
		depend(a, fence);
	}
	submit(a);
	settle();
	EXPECT_NE(look(queue).blocking, nullptr);
	for (int i = 0; i < many; i++)
		if (i != many / 2)
			host::signal(fences[i]);

	const drm_dep_view view = look(queue);

	EXPECT_EQ(view.waiting, 1u);
	EXPECT_EQ(view.blocking, nullptr);
	host::signal(fences[many / 2]);
	for (os_fence *fence : fences)
		os_fence_put(fence);
	settle();
	EXPECT_EQ(look(queue).waiting, 0u);
}

TEST_P(View, FenceOfPrepareBlocks)
{
	QueueRef queue = make_queue("q", {.prepare = true});
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a", done_at_once);
	int calls = 0;

	a->prepare = [&](Job &) { return calls++ ? nullptr : host::get(fence); };
	submit(a);
	settle();
	const drm_dep_view view = look(queue);

	EXPECT_EQ(view.blocking, fence);
	host::signal(fence);
	os_fence_put(fence);
	settle();
}

TEST_P(View, States)
{
	QueueRef queue = make_queue("q");
	Message message("m");

	drm_dep_queue_stop(queue.get());
	EXPECT_FALSE(look(queue).timeout_paused);
	drm_dep_queue_pause_timeout(queue.get());
	send(queue, message);
	EXPECT_TRUE(look(queue).messages);
	EXPECT_TRUE(look(queue).timeout_paused);
	drm_dep_queue_start(queue.get());
	settle();
	EXPECT_FALSE(look(queue).messages);
	EXPECT_TRUE(look(queue).timeout_paused);
	drm_dep_queue_resume_timeout(queue.get());
	EXPECT_FALSE(look(queue).timeout_paused);
}

/* Somebody armed a job and forgot it. */
TEST_P(View, GapIsSeenAndSaid)
{
	host::Clock clock;
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", done_at_once);
	JobRef b = make_job(queue, "b", done_at_once);
	unsigned int armed_by = 0;

	std::jthread([&] {
		arm(a);
		armed_by = os_current_id();
	}).join();
	submit(b);
	settle();
	const drm_dep_view view = look(queue);

	EXPECT_EQ(view.run_seqno, 1u);
	EXPECT_EQ(view.first_seqno, 2u);
	EXPECT_EQ(view.gap_armed_by, armed_by);
	EXPECT_THAT(host::notes(), IsEmpty());
	clock.pass(1s);
	EXPECT_THAT(host::notes(), IsEmpty());
	clock.pass(1min);
	ASSERT_EQ(host::notes().size(), 1u);
	EXPECT_EQ(host::notes()[0].what, static_cast<unsigned int>(OS_NOTE_GAP));
	EXPECT_EQ(host::notes()[0].queue, queue.get());
	EXPECT_EQ(host::notes()[0].number, 1u);
	EXPECT_EQ(host::notes()[0].who, armed_by);
	clock.pass(1h);
	EXPECT_EQ(host::notes().size(), 1u) << "once";
	push(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
}

TEST_P(View, ShortGapIsNotWorthTheWord)
{
	host::Clock clock;
	QueueRef queue = make_queue("q");

	for (int i = 0; i < 5; i++) {
		JobRef a = make_job(queue, "a", done_at_once);
		JobRef b = make_job(queue, "b", done_at_once);

		arm(a);
		submit(b);
		clock.pass(5s);
		push(a);
		settle();
	}
	clock.pass(1h);
	EXPECT_THAT(host::notes(), IsEmpty());
}

/* The timer also looks after the job that runs: then it is too early for the gap. */
TEST_P(View, ShortGapBehindAJobThatTimesOut)
{
	host::Clock clock;
	QueueRef queue = make_queue("q", {.timeout_ms = 100});
	JobRef slow = make_job(queue, "slow");
	JobRef a = make_job(queue, "a", done_at_once);
	JobRef b = make_job(queue, "b", done_at_once);

	queue->on_timeout = [](Job &) { return DRM_DEP_TIMEOUT_NOT_HUNG; };
	submit(slow);
	settle();
	arm(a);
	submit(b);
	for (int i = 0; i < 9; i++) {
		clock.pass(1s);
		settle();
	}
	EXPECT_THAT(host::notes(), IsEmpty());
	clock.pass(1s);
	settle();
	EXPECT_EQ(host::notes().size(), 1u);
	host::forget_notes();
	push(a);
	complete(slow);
	settle();
}

/* The gap of a dying queue is said as well, and the timer does not outlive it. */
TEST_P(View, GapOfAQueueThatGoes)
{
	host::Clock clock;
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");

	arm(a);
	arm(b);
	push(b);
	b.put();
	drm_dep_queue_kill(queue.get());
	queue.put();
	settle();
	a.put();
	settle();
	EXPECT_TRUE(record.has("release q"));
	clock.pass(1h);
	EXPECT_THAT(host::notes(), IsEmpty());
}

} // namespace
