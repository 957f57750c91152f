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
