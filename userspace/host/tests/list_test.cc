/* SPDX-License-Identifier: MIT */
#include "list.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using dep::Link;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

struct Element {
	int before;
	Link link;
	int value;
};

class List : public testing::Test
{
public:
	List() { head.init(); }

	/* Both ways, so that a wrong prev is seen, too. */
	std::vector<int> values() const
	{
		std::vector<int> forwards;
		std::vector<int> backwards;

		for (Link *link = head.next; link != &head; link = link->next)
			forwards.push_back(DEP_CONTAINER_OF(link, Element, link)->value);
		for (Link *link = head.prev; link != &head; link = link->prev)
			backwards.insert(backwards.begin(),
					 DEP_CONTAINER_OF(link, Element, link)->value);
		EXPECT_EQ(forwards, backwards);
		return forwards;
	}

	Link head;
	Element a{0, {}, 1};
	Element b{0, {}, 2};
	Element c{0, {}, 3};
};

TEST_F(List, IsEmptyAtFirst)
{
	EXPECT_TRUE(head.empty());
	EXPECT_THAT(values(), IsEmpty());
}

TEST_F(List, AddsAtTheTail)
{
	head.add_tail(a.link);
	head.add_tail(b.link);
	head.add_tail(c.link);
	EXPECT_FALSE(head.empty());
	EXPECT_THAT(values(), ElementsAre(1, 2, 3));
}

TEST_F(List, AddsBehindAnElement)
{
	head.add_tail(a.link);
	head.add_tail(c.link);
	a.link.add_after(b.link);
	EXPECT_THAT(values(), ElementsAre(1, 2, 3));
}

TEST_F(List, AddsBehindTheHeadAtTheFront)
{
	head.add_tail(b.link);
	head.add_after(a.link);
	EXPECT_THAT(values(), ElementsAre(1, 2));
}

TEST_F(List, RemovesFromAnyPlace)
{
	head.add_tail(a.link);
	head.add_tail(b.link);
	head.add_tail(c.link);
	b.link.remove();
	EXPECT_THAT(values(), ElementsAre(1, 3));
	a.link.remove();
	EXPECT_THAT(values(), ElementsAre(3));
	c.link.remove();
	EXPECT_TRUE(head.empty());
}

TEST_F(List, RemovedElementCanBeRemovedAgainAndAddedAgain)
{
	head.add_tail(a.link);
	a.link.remove();
	EXPECT_TRUE(a.link.empty());
	a.link.remove();
	head.add_tail(a.link);
	EXPECT_THAT(values(), ElementsAre(1));
}

} // namespace
