/* SPDX-License-Identifier: MIT */
/*
 * The host's own promises: references, locks and waiting, fences, memory. Its checks have to fire.
 */
#include "host.h"
#include "record.h"

#include <climits>
#include <cstring>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace test;
using testing::ElementsAre;

namespace
{

constinit os_class lock_class{};

TEST(PosixRef, CountsToTheLast)
{
	os_ref ref;

	os_ref_init(&ref);
	os_ref_get(&ref);
	EXPECT_TRUE(os_ref_get_unless_zero(&ref));
	EXPECT_FALSE(os_ref_put(&ref));
	EXPECT_FALSE(os_ref_put(&ref));
	EXPECT_TRUE(os_ref_put(&ref));
	EXPECT_FALSE(os_ref_get_unless_zero(&ref));
}

TEST(PosixRef, UseAfterTheLastIsFatal)
{
	os_ref ref;

	os_ref_init(&ref);
	EXPECT_TRUE(os_ref_put(&ref));
	EXPECT_DEATH(os_ref_get(&ref), "taken of an object whose last one was put");
	EXPECT_DEATH((void)os_ref_put(&ref), "put of an object whose last one was put");
}

TEST(PosixRef, OverflowLeaksInsteadOfFreeing)
{
	host::ExpectBroken broken("a reference count has overflowed; the object is leaked");
	const int full = INT_MAX;
	os_ref ref;

	os_ref_init(&ref);
	std::memcpy(&ref, &full, sizeof(full));
	os_ref_get(&ref);
	os_ref_get(&ref);
	EXPECT_TRUE(broken.said());
	for (int i = 0; i < 100; i++)
		EXPECT_FALSE(os_ref_put(&ref));
	os_ref_get(&ref);
}

TEST(PosixRef, LastPutSeesWhatHappenedBeforeTheOthers)
{
	for (int round = 0; round < 100; round++) {
		int values[2] = {};
		os_ref ref;

		os_ref_init(&ref);
		os_ref_get(&ref);
		{
			std::vector<std::jthread> threads;

			for (int &value : values)
				threads.emplace_back([&] {
					value = 1;
					if (os_ref_put(&ref)) {
						EXPECT_EQ(values[0] + values[1], 2);
					}
				});
		}
	}
}

TEST(PosixLock, TakenTwiceIsFatal)
{
	os_lock lock;

	os_lock_init(&lock, &lock_class, "test");
	EXPECT_DEATH((os_lock_irqsave(&lock), os_lock_irqsave(&lock)),
		     "by the thread that holds it");
}

TEST(PosixLock, AssertHeldKnowsWhoHoldsIt)
{
	os_lock lock;

	os_lock_init(&lock, &lock_class, "test");
	EXPECT_DEATH(os_assert_held(&lock), "is not held");
	EXPECT_DEATH(
		{
			os_lock_irqsave(&lock);
			std::thread([&] { os_assert_held(&lock); }).join();
		},
		"is not held");
}

TEST(PosixLock, NoSleepWithOneHeld)
{
	os_lock lock;

	os_lock_init(&lock, &lock_class, "test");
	EXPECT_DEATH((os_lock_irqsave(&lock), os_might_sleep()), "not allowed");
	EXPECT_DEATH((os_rcu_read_lock(), os_might_sleep()), "not allowed");
	EXPECT_DEATH((os_preempt_disable(), os_might_sleep()), "not allowed");
	EXPECT_DEATH((os_no_sleep_begin(), os_might_sleep()), "not allowed");
	EXPECT_DEATH((os_signalling_begin(), os_alloc(1, "test")), "memory is allocated");
	os_might_sleep();
}

TEST(PosixLock, WaitLetsGoOfItAndLooksAgain)
{
	struct State {
		os_lock lock;
		int value = 0;
	} state;

	os_lock_init(&state.lock, &lock_class, "test");

	std::jthread counter([&] {
		for (int i = 0; i < 3; i++) {
			const unsigned long flags = os_lock_irqsave(&state.lock);

			state.value++;
			os_wake(&state.lock);
			os_unlock_irqrestore(&state.lock, flags);
		}
	});

	EXPECT_EQ(os_wait(
			  &state.lock,
			  [](void *arg) {
				  os_assert_held(&static_cast<State *>(arg)->lock);
				  return static_cast<State *>(arg)->value == 3;
			  },
			  &state, 0, false),
		  0);
	EXPECT_FALSE(host::holds_lock());
}

TEST(PosixLock, WaitEndsInTime)
{
	os_lock lock;
	const auto start = std::chrono::steady_clock::now();

	os_lock_init(&lock, &lock_class, "test");
	EXPECT_EQ(os_wait(
			  &lock, [](void *) { return false; }, nullptr,
			  std::chrono::nanoseconds(grace).count(), true),
		  -OS_ETIME);
	EXPECT_GE(std::chrono::steady_clock::now() - start, grace);
	EXPECT_FALSE(host::holds_lock());
	EXPECT_EQ(os_wait(
			  &lock, [](void *) { return true; }, nullptr, 1, true),
		  0);
}

TEST(PosixLock, FatalSignalEndsKillableWaits)
{
	os_lock lock;

	os_lock_init(&lock, &lock_class, "test");

	std::jthread waiter([&] {
		EXPECT_EQ(os_wait(
				  &lock, [](void *) { return true; }, nullptr, 0, true),
			  0);
		host::send_fatal_signal(os_current());
		EXPECT_EQ(os_wait(
				  &lock, [](void *) { return false; }, nullptr, 0, true),
			  -OS_ERESTARTSYS);
		EXPECT_EQ(os_wait(
				  &lock, [](void *) { return false; }, nullptr, 1000, false),
			  -OS_ETIME);
	});
}

TEST(PosixInside, WhoIsInsideDoesNotWait)
{
	os_inside_enter(OS_INSIDE_RUN);
	os_inside_enter(OS_INSIDE_RUN);
	os_inside_wait(OS_INSIDE_CLEANUP);
	os_inside_leave(OS_INSIDE_RUN);
	EXPECT_DEATH(os_inside_wait(OS_INSIDE_RUN), "nobody is inside");
	os_inside_leave(OS_INSIDE_RUN);
	os_inside_wait(OS_INSIDE_RUN);
	EXPECT_DEATH(os_inside_leave(OS_INSIDE_RUN), "was not entered");
}

TEST(PosixTask, IsToldApart)
{
	void *const here = os_current();
	const unsigned int id = os_current_id();

	EXPECT_NE(here, nullptr);
	EXPECT_EQ(os_current(), here);
	EXPECT_EQ(os_current_id(), id);
	std::jthread([&] {
		EXPECT_NE(os_current(), here);
		EXPECT_NE(os_current_id(), id);
	});
}

/* A callback that records the order of calling. */
struct Callback {
	os_fence_cb cb;
	std::vector<int> *calls;
	int number;

	static void call(os_fence *fence, os_fence_cb *cb)
	{
		auto *self = reinterpret_cast<Callback *>(cb);

		EXPECT_TRUE(host::is_signalled(fence));
		EXPECT_TRUE(host::holds_lock());
		self->calls->push_back(self->number);
	}
};

TEST(PosixFence, CallsBackInOrderAndOnce)
{
	os_fence *fence = host::foreign_fence();
	std::vector<int> calls;
	Callback callbacks[3] = {{{}, &calls, 0}, {{}, &calls, 1}, {{}, &calls, 2}};
	Callback late = {{}, &calls, 3};

	for (Callback &callback : callbacks)
		EXPECT_EQ(os_fence_add_callback(fence, &callback.cb, Callback::call), 0);
	EXPECT_FALSE(host::is_signalled(fence));
	EXPECT_TRUE(host::signal(fence, -EIO));
	EXPECT_FALSE(host::signal(fence));
	EXPECT_EQ(os_fence_error(fence), -EIO);
	EXPECT_EQ(os_fence_add_callback(fence, &late.cb, Callback::call), -ENOENT);
	EXPECT_THAT(calls, ElementsAre(0, 1, 2));
	os_fence_put(fence);
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixFence, CallbackCanBeRemovedUntilItHasRun)
{
	os_fence *fence = host::foreign_fence();
	std::vector<int> calls;
	Callback callbacks[2] = {{{}, &calls, 0}, {{}, &calls, 1}};

	for (Callback &callback : callbacks)
		EXPECT_EQ(os_fence_add_callback(fence, &callback.cb, Callback::call), 0);
	EXPECT_EQ(host::callbacks_of(fence), 2u);
	EXPECT_TRUE(os_fence_remove_callback(fence, &callbacks[0].cb));
	EXPECT_EQ(host::callbacks_of(fence), 1u);
	EXPECT_TRUE(host::signal(fence));
	EXPECT_FALSE(os_fence_remove_callback(fence, &callbacks[1].cb));
	EXPECT_THAT(calls, ElementsAre(1));
	EXPECT_LE(host::signalled_at(fence), os_now());
	os_fence_put(fence);
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixFence, ReferenceCanBeHadWhileThereIsOne)
{
	os_fence *fence = host::foreign_fence();

	os_rcu_read_lock();
	EXPECT_TRUE(os_fence_get_unless_zero(fence));
	os_fence_put(fence);
	os_fence_put(fence);
	EXPECT_FALSE(os_fence_get_unless_zero(fence));
	os_rcu_read_unlock();
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixFence, DeadlineIsRemembered)
{
	os_fence *fence = host::foreign_fence();

	EXPECT_FALSE(host::deadline_of(fence));
	os_fence_set_deadline(fence, 17);
	EXPECT_EQ(host::deadline_of(fence), 17);
	os_fence_put(fence);
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixFence, MemoryStaysForReaders)
{
	os_fence *fence = host::foreign_fence();

	os_rcu_read_lock();
	os_fence_put(fence);
	EXPECT_EQ(host::live().fences, 1);
	EXPECT_FALSE(host::is_signalled(fence));
	os_rcu_read_unlock();
	ASSERT_TRUE(host::wait_idle());
	EXPECT_EQ(host::live().fences, 0);
}

TEST(PosixFence, WaitEnds)
{
	os_fence *fence = host::foreign_fence();

	EXPECT_FALSE(host::wait_for(fence, grace));

	std::jthread signaller([&] { host::signal(fence); });

	EXPECT_TRUE(host::wait_for(fence));
	signaller.join();
	os_fence_put(fence);
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixFence, ContainersKeepWhatIsInThem)
{
	bool gone[3] = {};
	os_fence *fences[3];
	std::vector<os_fence *> found;

	for (int i = 0; i < 3; i++)
		fences[i] = host::foreign_fence([&gone, i] { gone[i] = true; });

	os_fence *chain = host::fence_chain(host::fence_chain(nullptr, fences[0]),
					    host::fence_array(std::span(fences + 1, 2)));
	const auto collect = [](os_fence *fence, bool signalled, void *arg) {
		EXPECT_EQ(signalled, host::is_signalled(fence));
		static_cast<std::vector<os_fence *> *>(arg)->push_back(fence);
		return 0;
	};

	EXPECT_EQ(os_fence_each(chain, collect, &found), 0);
	EXPECT_THAT(found, ElementsAre(fences[1], fences[2], fences[0]));
	host::signal(fences[2]);
	found.clear();
	EXPECT_EQ(os_fence_each(chain, collect, &found), 0);
	EXPECT_THAT(found, ElementsAre(fences[1], fences[2], fences[0]));
	EXPECT_EQ(os_fence_each(
			  chain, [](os_fence *, bool, void *) { return -7; }, nullptr),
		  -7);
	EXPECT_FALSE(gone[0] || gone[1] || gone[2]);
	os_fence_put(chain);
	EXPECT_TRUE(gone[0] && gone[1] && gone[2]);
	ASSERT_TRUE(host::wait_idle());
	EXPECT_EQ(host::live().fences, 0);
}

TEST(PosixFence, LocksNestByLevelOnly)
{
	os_fence *first = host::foreign_fence();
	os_fence *second = host::foreign_fence();

	EXPECT_DEATH((os_fence_lock(first), os_fence_lock(second)), "same or a greater nest level");
	os_fence_put(first);
	os_fence_put(second);
	ASSERT_TRUE(host::wait_idle());
}

TEST(PosixMemory, FailsOnDemandAndIsCounted)
{
	const long before = host::live().allocations;
	void *memory[3];

	host::fail_allocation(2);
	for (void *&pointer : memory)
		pointer = os_alloc(16, "test");
	EXPECT_TRUE(memory[0] && memory[2]);
	EXPECT_FALSE(memory[1]);
	EXPECT_TRUE(host::allocation_failed());
	EXPECT_EQ(host::live().allocations, before + 2);
	for (void *pointer : memory)
		os_free(pointer);
	EXPECT_EQ(host::live().allocations, before);
}

TEST(PosixModule, CantBeHadWhileItGoes)
{
	os_module *module = host::make_module();

	EXPECT_TRUE(os_module_try_get(module));
	EXPECT_FALSE(host::begin_unload(module));
	os_module_put(module);
	EXPECT_TRUE(host::begin_unload(module));
	EXPECT_FALSE(os_module_try_get(module));
	host::free_module(module);
	EXPECT_TRUE(os_module_try_get(nullptr));
}

} // namespace
