/* SPDX-License-Identifier: MIT */
#include "stack.h"

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

using dep::Stack;
using dep::StackLink;

namespace
{

struct Element {
	StackLink link;
	int owner;
	int number;
};

TEST(StackTest, GivesAllBackInTheOrderOfPushing)
{
	Element elements[3] = {{{}, 0, 0}, {{}, 0, 1}, {{}, 0, 2}};
	Stack stack;
	int expected = 0;

	stack.init();
	EXPECT_EQ(stack.take_all(), nullptr);
	EXPECT_TRUE(stack.push(elements[0].link));
	EXPECT_FALSE(stack.push(elements[1].link));
	EXPECT_FALSE(stack.push(elements[2].link));
	for (StackLink *link = stack.take_all(); link; link = link->next)
		EXPECT_EQ(reinterpret_cast<Element *>(link)->number, expected++);
	EXPECT_EQ(expected, 3);
	EXPECT_EQ(stack.take_all(), nullptr);
	EXPECT_TRUE(stack.push(elements[0].link)) << "it was emptied";
}

/*
 * Several threads push; one takes all when, and only when, a push says that the stack was empty.
 * Nothing is lost, nothing comes twice, and the elements of one thread come in its order.
 */
TEST(StackTest, LosesNothingWhenManyPush)
{
	constexpr int owners = 4;
	constexpr int each = 5000;
	std::vector<std::vector<Element>> elements(owners, std::vector<Element>(each));
	std::atomic<int> wakes{0};
	std::atomic<int> pushing{owners};
	std::vector<std::thread> threads;
	std::vector<int> next(owners, 0);
	Stack stack;
	int taken = 0;

	stack.init();
	for (int owner = 0; owner < owners; owner++)
		threads.emplace_back([&, owner] {
			for (int number = 0; number < each; number++) {
				Element &element = elements[owner][number];

				element.owner = owner;
				element.number = number;
				if (stack.push(element.link))
					wakes++;
			}
			pushing--;
		});

	while (pushing || wakes) {
		int seen = wakes;

		if (!seen) {
			std::this_thread::yield();
			continue;
		}
		wakes--;
		StackLink *link = stack.take_all();

		ASSERT_NE(link, nullptr) << "a push said that the stack was empty before it";
		for (; link; link = link->next) {
			auto *element = reinterpret_cast<Element *>(link);

			ASSERT_EQ(element->number, next[element->owner]++);
			taken++;
		}
	}
	for (std::thread &thread : threads)
		thread.join();
	EXPECT_EQ(taken, owners * each);
	EXPECT_EQ(stack.take_all(), nullptr);
}

} // namespace
