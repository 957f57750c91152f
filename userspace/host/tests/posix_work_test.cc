/* SPDX-License-Identifier: MIT */
/*
 * The host's own promises: work items, grace periods. What the core relies on must be as on Linux.
 */
#include "host.h"
#include "record.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

using namespace test;

namespace
{

constinit os_class work_class{};

/* A work item that calls a function. */
struct Item {
	os_work work;
	std::function<void()> function;

	explicit Item(std::function<void()> function_) : function(std::move(function_))
	{
		os_work_init(&work, call, &work_class, "test");
	}

	static void call(os_work *work) { reinterpret_cast<Item *>(work)->function(); }
};

TEST(PosixWork, RunsOncePerQueueing)
{
	std::atomic<int> runs{0};
	Item item([&] { runs++; });

	for (int i = 1; i <= 100; i++) {
		EXPECT_TRUE(os_work_queue(os_wq_run(), &item.work));
		ASSERT_TRUE(host::wait_idle());
		EXPECT_EQ(runs, i);
	}
}

TEST(PosixWork, PendingIsNotQueuedAgain)
{
	std::vector<std::unique_ptr<Item>> blockers;
	std::atomic<int> runs{0};
	Item item([&] { runs++; });
	Event go_on;

	/* All workers are busy, and more. */
	for (int i = 0; i < 8; i++) {
		blockers.push_back(std::make_unique<Item>([&] { EXPECT_TRUE(go_on.wait()); }));
		os_work_queue(os_wq_run(), &blockers.back()->work);
	}
	EXPECT_TRUE(os_work_queue(os_wq_run(), &item.work));
	EXPECT_FALSE(os_work_queue(os_wq_run(), &item.work));
	go_on.set();
	ASSERT_TRUE(host::wait_idle());
	EXPECT_EQ(runs, 1);
}

TEST(PosixWork, QueuedWhileRunningRunsAgainAfterwards)
{
	std::atomic<int> inside{0};
	std::atomic<int> runs{0};
	Event entered;
	Event go_on;
	Item item([&] {
		EXPECT_EQ(++inside, 1) << "a work item never runs twice at the same time";
		if (!runs++) {
			entered.set();
			EXPECT_TRUE(go_on.wait());
		}
		inside--;
	});

	os_work_queue(os_wq_run(), &item.work);
	ASSERT_TRUE(entered.wait());
	EXPECT_TRUE(os_work_queue(os_wq_run(), &item.work)) << "it is not pending any more";
	EXPECT_FALSE(os_work_queue(os_wq_run(), &item.work));
	std::this_thread::sleep_for(grace); /* for a worker that would run it now */
	go_on.set();
	ASSERT_TRUE(host::wait_idle());
	EXPECT_EQ(runs, 2);
}

TEST(PosixWork, ItemsRunAtTheSameTime)
{
	Event first_runs;
	Event second_runs;
	Item first([&] {
		first_runs.set();
		EXPECT_TRUE(second_runs.wait());
	});
	Item second([&] {
		second_runs.set();
		EXPECT_TRUE(first_runs.wait());
	});

	os_work_queue(os_wq_cleanup(), &first.work);
	os_work_queue(os_wq_cleanup(), &second.work);
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixWork, MayFreeItself)
{
	for (int i = 0; i < 100; i++) {
		Item *item = new Item({});

		item->function = [item] {
			std::function<void()> keep_the_function = std::move(item->function);

			delete item;
		};
		os_work_queue(os_wq_run(), &item->work);
	}
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixWork, DisableWaitsForAnItemThatRuns)
{
	std::atomic<bool> left{false};
	Event entered;
	Item item([&] {
		entered.set();
		std::this_thread::sleep_for(grace);
		left = true;
	});

	os_work_queue(os_wq_run(), &item.work);
	ASSERT_TRUE(entered.wait());
	os_work_disable_sync(&item.work);
	EXPECT_TRUE(left);
	EXPECT_FALSE(os_work_queue(os_wq_run(), &item.work));
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixWork, DisableTakesAPendingItemBack)
{
	std::vector<std::unique_ptr<Item>> blockers;
	Event go_on;
	Item item([] { ADD_FAILURE() << "it is disabled"; });

	for (int i = 0; i < 8; i++) {
		blockers.push_back(std::make_unique<Item>([&] { EXPECT_TRUE(go_on.wait()); }));
		os_work_queue(os_wq_run(), &blockers.back()->work);
	}
	EXPECT_TRUE(os_work_queue(os_wq_run(), &item.work));
	os_work_disable_sync(&item.work);
	go_on.set();
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixWork, DisableTakesBackWhatIsQueuedWhileItRuns)
{
	for (int round = 0; round < 200; round++) {
		std::atomic<bool> stop{false};
		int runs = 0; /* written by one at a time, or the thread sanitizer tells */
		Item item([&] { runs++; });
		std::jthread queuer([&] {
			while (!stop)
				os_work_queue(os_wq_run(), &item.work);
		});

		os_work_queue(os_wq_run(), &item.work);
		os_work_disable_sync(&item.work);
		const int seen = runs;

		stop = true;
		queuer.join();
		ASSERT_TRUE(host::wait_idle());
		EXPECT_EQ(runs, seen);
	}
}

TEST(PosixWork, SeesWhatHappenedBeforeQueueing)
{
	std::vector<std::jthread> queuers;
	std::atomic<int> started{0};
	int written[4] = {};
	int seen[4] = {};
	Item item([&] {
		for (int i = 0; i < 4; i++)
			if (started > i)
				seen[i] = written[i];
	});

	/* One after another, mostly while the item is pending: no race, and nothing is missed. */
	for (int i = 0; i < 4; i++) {
		queuers.emplace_back([&, i] {
			written[i] = 1;
			started = i + 1;
			os_work_queue(os_wq_run(), &item.work);
		});
		queuers.back().join();
	}
	ASSERT_TRUE(host::wait_idle());
	for (int value : seen)
		EXPECT_EQ(value, 1);
}

TEST(PosixWork, DrainingMayNotSleep)
{
	EXPECT_DEATH(
		{
			Item item([] { os_might_sleep(); });

			os_work_queue(os_wq_drain(), &item.work);
			(void)host::wait_idle();
		},
		"may sleep is called where that is not allowed");
}

TEST(PosixWork, ItemReturnsAsItCame)
{
	EXPECT_DEATH(
		{
			Item item([] { os_rcu_read_lock(); });

			os_work_queue(os_wq_run(), &item.work);
			(void)host::wait_idle();
		},
		"returns with a lock held or a section open");
}

TEST(PosixWork, ItemThatWaitsForItself)
{
	EXPECT_DEATH(
		{
			Item item({});

			item.function = [&] { os_work_disable_sync(&item.work); };
			os_work_queue(os_wq_run(), &item.work);
			(void)host::wait_idle();
		},
		"waits for itself");
}

TEST(PosixWork, OfADriverMayBeOrdered)
{
	os_wq *ordered = host::make_wq(true);
	os_wq *usual = host::make_wq(false);
	std::atomic<int> inside{0};
	Event both;
	const auto one_at_a_time = [&] {
		EXPECT_EQ(++inside, 1);
		std::this_thread::sleep_for(grace);
		inside--;
	};
	Item first(one_at_a_time);
	Item second(one_at_a_time);
	Item waits([&] { EXPECT_TRUE(both.wait()); });
	Item sets([&] { both.set(); });

	EXPECT_TRUE(os_wq_is_ordered(ordered));
	EXPECT_FALSE(os_wq_is_ordered(usual));
	os_work_queue(ordered, &first.work);
	os_work_queue(ordered, &second.work);
	os_work_queue(usual, &waits.work);
	os_work_queue(usual, &sets.work);
	host::free_wq(ordered);
	host::free_wq(usual);
	ASSERT_TRUE(host::wait_idle());
	os_work_disable_sync(&first.work);
}

/* A timer that calls a function. */
struct Alarm {
	os_timer timer;
	std::function<void()> function;

	explicit Alarm(std::function<void()> function_) : function(std::move(function_))
	{
		os_timer_init(
			&timer, [](os_timer *self) { reinterpret_cast<Alarm *>(self)->function(); },
			&work_class, "test");
	}

	~Alarm() { os_timer_shutdown_sync(&timer); }

	void start(std::chrono::nanoseconds delay) { os_timer_start(&timer, delay.count()); }
};

TEST(PosixTimer, IsCalledOnceWhenTheTimeIsOver)
{
	unsigned long long called = 0;
	Event ran;
	Alarm alarm([&] {
		EXPECT_EQ(called, 0u);
		called = os_now();
		ran.set();
	});
	const unsigned long long start = os_now();

	alarm.start(grace);
	ASSERT_TRUE(ran.wait());
	EXPECT_GE(called, start + std::chrono::nanoseconds(grace).count());
}

TEST(PosixTimer, MovesWhenItIsPending)
{
	host::Clock clock;
	int calls = 0;
	Alarm alarm([&] { calls++; });

	alarm.start(std::chrono::seconds(1));
	alarm.start(std::chrono::seconds(3));
	clock.pass(std::chrono::seconds(2));
	EXPECT_EQ(calls, 0);
	alarm.start(std::chrono::milliseconds(10));
	clock.pass(std::chrono::milliseconds(10));
	EXPECT_EQ(calls, 1);
	clock.pass(std::chrono::seconds(10));
	EXPECT_EQ(calls, 1);
}

TEST(PosixTimer, MayStartItself)
{
	host::Clock clock;
	Event third;
	int calls = 0;
	Alarm alarm([&] {
		if (++calls < 3)
			alarm.start(std::chrono::seconds(1));
		else
			third.set();
	});

	alarm.start(std::chrono::seconds(1));
	for (int i = 0; i < 5; i++)
		clock.pass(std::chrono::seconds(1));
	EXPECT_TRUE(third.wait());
	EXPECT_EQ(calls, 3);
}

TEST(PosixTimer, StandsStillWithTheClock)
{
	unsigned long long before;
	{
		host::Clock clock;

		before = os_now();
		std::this_thread::sleep_for(grace);
		EXPECT_EQ(os_now(), before);
		clock.pass(std::chrono::nanoseconds(7));
		EXPECT_EQ(os_now(), before + 7);
		clock.pass(std::chrono::hours(1));
		before = os_now();
	}
	EXPECT_GE(os_now(), before);
}

TEST(PosixTimer, ShutdownTakesItBackAndWaits)
{
	std::atomic<bool> left{false};
	Event entered;
	Alarm alarm([&] {
		entered.set();
		std::this_thread::sleep_for(grace);
		left = true;
	});
	Alarm never([] { ADD_FAILURE() << "it is shut down"; });

	never.start(std::chrono::seconds(100));
	os_timer_shutdown_sync(&never.timer);
	never.start(std::chrono::nanoseconds(1));
	alarm.start(std::chrono::nanoseconds(1));
	ASSERT_TRUE(entered.wait());
	os_timer_shutdown_sync(&alarm.timer);
	EXPECT_TRUE(left);
}

TEST(PosixTimer, ShutdownAgainstStarts)
{
	for (int round = 0; round < 200; round++) {
		std::atomic<bool> stop{false};
		int calls = 0;
		{
			Alarm alarm([&] { calls++; });
			std::jthread starter([&] {
				while (!stop)
					alarm.start(std::chrono::microseconds(1));
			});

			os_timer_shutdown_sync(&alarm.timer);

			const int seen = calls;

			stop = true;
			starter.join();
			EXPECT_EQ(calls, seen);
		}
	}
}

TEST(PosixTimer, MayNotSleep)
{
	EXPECT_DEATH(
		{
			Alarm alarm([] { os_might_sleep(); });

			alarm.start(std::chrono::nanoseconds(1));
			std::this_thread::sleep_for(patience);
		},
		"may sleep is called where that is not allowed");
}

struct RcuItem {
	os_rcu_work work;
	Event ran;

	RcuItem() { os_rcu_work_init(&work, call, &work_class, "test"); }

	static void call(os_work *work)
	{
		os_might_sleep();
		reinterpret_cast<RcuItem *>(work)->ran.set();
	}
};

TEST(PosixRcu, WorkRunsWithoutReaders)
{
	RcuItem item;

	os_rcu_work_queue(os_wq_cleanup(), &item.work);
	EXPECT_TRUE(item.ran.wait());
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixRcu, WorkWaitsForReaders)
{
	RcuItem item;
	Event entered;
	Event leave;
	std::jthread reader([&] {
		os_rcu_read_lock();
		os_rcu_read_lock();
		entered.set();
		os_rcu_read_unlock();
		EXPECT_TRUE(leave.wait());
		os_rcu_read_unlock();
	});

	ASSERT_TRUE(entered.wait());
	os_rcu_work_queue(os_wq_cleanup(), &item.work);
	EXPECT_FALSE(item.ran.wait(grace));
	leave.set();
	EXPECT_TRUE(item.ran.wait());
	ASSERT_TRUE(host::wait_idle());
}

/* Readers that come later and never leave all at once do not hold it up. */
TEST(PosixRcu, WorkDoesNotWaitForLaterReaders)
{
	RcuItem item;
	std::atomic<bool> stop{false};
	std::vector<std::jthread> readers;

	for (int i = 0; i < 2; i++)
		readers.emplace_back([&] {
			while (!stop) {
				os_rcu_read_lock();
				std::this_thread::yield();
				os_rcu_read_unlock();
			}
		});
	os_rcu_work_queue(os_wq_cleanup(), &item.work);
	EXPECT_TRUE(item.ran.wait());
	stop = true;
	readers.clear();
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixRcu, SectionInsideALock)
{
	os_lock lock;

	os_lock_init(&lock, &work_class, "test");
	const unsigned long flags = os_lock_irqsave(&lock);

	os_rcu_read_lock();
	os_rcu_read_unlock();
	os_unlock_irqrestore(&lock, flags);
	EXPECT_FALSE(host::in_read_section());
}

} // namespace
