/* SPDX-License-Identifier: MIT */
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hazards.h"

namespace stress
{

namespace
{

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr bool reads = false, writes = true;

TEST(Hazards, ReadAfterWrite)
{
	Hazards hazards(2);

	hazards.note({{0, writes}}, 5, 0);
	EXPECT_THAT(hazards.predecessors({{0, reads}}), ElementsAre(5));
	EXPECT_THAT(hazards.predecessors({{1, reads}}), IsEmpty());
}

TEST(Hazards, WriteAfterReadAndAfterWrite)
{
	Hazards hazards(1);

	hazards.note({{0, writes}}, 1, 0);
	hazards.note({{0, reads}}, 2, 1);
	hazards.note({{0, reads}}, 3, 2);
	EXPECT_THAT(hazards.predecessors({{0, writes}}), ElementsAre(3, 2, 1));
}

TEST(Hazards, ReadAfterReadIsNone)
{
	Hazards hazards(1);

	hazards.note({{0, reads}}, 1, 0);
	EXPECT_THAT(hazards.predecessors({{0, reads}}), IsEmpty());
}

TEST(Hazards, OnlyTheLatestReaderOfAQueueCounts)
{
	Hazards hazards(1);

	hazards.note({{0, reads}}, 1, 7);
	hazards.note({{0, reads}}, 2, 7);
	EXPECT_THAT(hazards.predecessors({{0, writes}}), ElementsAre(2));
}

TEST(Hazards, AWriteMakesEarlierReadersHistory)
{
	Hazards hazards(1);

	hazards.note({{0, reads}}, 1, 0);
	hazards.note({{0, reads}, {0, writes}}, 2, 1);
	EXPECT_THAT(hazards.predecessors({{0, writes}}), ElementsAre(2));
}

TEST(Hazards, NoneIsLeftAfterACheckpoint)
{
	Hazards hazards(1);

	hazards.note({{0, writes}}, 1, 0);
	hazards.forget();
	EXPECT_THAT(hazards.predecessors({{0, writes}}), IsEmpty());
}

TEST(Order, AQueueCoversItself)
{
	Order order(2);

	order.begin(0, 0);
	order.begin(1, 0);
	order.begin(0, 1);
	EXPECT_TRUE(order.covers(0));
	EXPECT_FALSE(order.covers(1));
}

TEST(Order, AnEdgeCoversWhatCameBeforeItsSource)
{
	Order order(3);

	order.begin(0, 0); /* job 0 */
	order.begin(0, 1); /* job 1 */
	order.begin(1, 0); /* job 2 waits for job 1 */
	order.wait_for(1);
	order.begin(2, 0); /* job 3 waits for job 2 */
	EXPECT_FALSE(order.covers(2));
	order.wait_for(2);
	EXPECT_TRUE(order.covers(2));
	EXPECT_TRUE(order.covers(1));
	EXPECT_TRUE(order.covers(0));
}

TEST(Order, AnEdgeDoesNotCoverWhatCameAfterItsSource)
{
	Order order(2);

	order.begin(0, 0); /* job 0 */
	order.begin(0, 1); /* job 1 */
	order.begin(1, 0); /* job 2 */
	order.wait_for(0);
	EXPECT_TRUE(order.covers(0));
	EXPECT_FALSE(order.covers(1));
}

} // namespace

} // namespace stress
