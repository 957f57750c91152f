/* SPDX-License-Identifier: MIT */
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync_pool.h"

namespace stress
{

namespace
{

using ::testing::UnorderedElementsAre;

TEST(SyncPool, ConsumersOfOneJobShareAnObject)
{
	SyncPool pool(10, 2);

	EXPECT_EQ(pool.take(1, 0, 3), 10u);
	EXPECT_EQ(pool.take(1, 0, 5), 10u);
}

TEST(SyncPool, AnObjectIsNotTakenWhileItIsInUse)
{
	SyncPool pool(10, 2);

	EXPECT_EQ(pool.take(1, 0, 3), 10u);
	EXPECT_EQ(pool.take(2, 2, 4), 11u);
	EXPECT_EQ(pool.take(3, 3, 4), std::nullopt);
	EXPECT_EQ(pool.take(4, 4, 6), 10u);
}

TEST(SyncPool, AUseThatEndsWhereAnotherBeginsIsRefused)
{
	SyncPool pool(0, 1);

	EXPECT_EQ(pool.take(1, 0, 3), 0u);
	EXPECT_EQ(pool.take(2, 3, 4), std::nullopt);
}

TEST(SyncPool, AUseThatCantGrowGetsAnotherObject)
{
	SyncPool pool(0, 2);

	EXPECT_EQ(pool.take(1, 0, 1), 0u);
	EXPECT_EQ(pool.take(2, 2, 3), 0u);
	EXPECT_EQ(pool.take(1, 0, 4), 1u);
}

TEST(SyncPool, AUseMayComeBeforeOneThatIsThereAlready)
{
	SyncPool pool(0, 1);
	std::vector<std::pair<std::uint32_t, std::uint32_t>> orders;

	EXPECT_EQ(pool.take(7, 5, 6), 0u);
	EXPECT_EQ(pool.take(3, 1, 2), 0u);
	EXPECT_EQ(pool.take(3, 1, 3), 0u);
	pool.orders([&](std::uint32_t a, std::uint32_t b) { orders.emplace_back(a, b); });
	EXPECT_THAT(orders,
		    UnorderedElementsAre(std::pair(1, 5), std::pair(2, 5), std::pair(3, 5)));
}

TEST(SyncPool, IsAllFreeAfterACheckpoint)
{
	SyncPool pool(0, 1);

	EXPECT_EQ(pool.take(1, 0, 9), 0u);
	pool.forget();
	EXPECT_EQ(pool.take(2, 3, 4), 0u);
}

} // namespace

} // namespace stress
