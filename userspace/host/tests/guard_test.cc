/* SPDX-License-Identifier: MIT */
#include "guard.h"
#include "host.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

using dep::Guard;
using dep::RcuReadSection;

namespace
{

constinit os_class lock_class{};

TEST(GuardTest, HoldsTheLockToTheEndOfItsScope)
{
	os_lock lock;

	os_lock_init(&lock, &lock_class, "test");
	{
		Guard guard(lock);

		EXPECT_TRUE(host::holds_lock());
		os_assert_held(&lock);
	}
	EXPECT_FALSE(host::holds_lock());
}

TEST(GuardTest, LetsOneThreadInAtATime)
{
	constexpr int each = 10000;
	std::vector<std::thread> threads;
	os_lock lock;
	int count = 0;

	os_lock_init(&lock, &lock_class, "test");
	for (int i = 0; i < 3; i++)
		threads.emplace_back([&] {
			for (int n = 0; n < each; n++) {
				Guard guard(lock);

				count++;
			}
		});
	for (std::thread &thread : threads)
		thread.join();
	EXPECT_EQ(count, 3 * each);
}

TEST(GuardTest, ReadSectionsNest)
{
	{
		RcuReadSection outer;
		{
			RcuReadSection inner;
		}
		EXPECT_TRUE(host::in_read_section());
	}
	EXPECT_FALSE(host::in_read_section());
}

int broken_places()
{
	int places = 0;

	for (int i = 0; i < 3; i++) {
		places++;
		DEP_BROKEN("a test breaks a rule on purpose");
	}
	return places;
}

TEST(GuardTest, BrokenRuleIsSaidAndLifeGoesOn)
{
	host::ExpectBroken broken("a test breaks a rule on purpose");

	EXPECT_EQ(broken_places(), 3);
	EXPECT_TRUE(broken.said());
}

TEST(GuardDeathTest, UnexpectedBrokenRuleIsFatal)
{
	EXPECT_DEATH(os_broken("nobody expects this"), "nobody expects this");
}

} // namespace
