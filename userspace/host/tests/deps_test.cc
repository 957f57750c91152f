/* SPDX-License-Identifier: MIT */
/*
 * The set of fences that a job waits for.
 */
#include "deps.h"
#include "world.h"

#include <algorithm>
#include <map>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

using Node = drm_dep_deps_node;

struct Shape {
	std::size_t count = 0;
	std::size_t deepest = 0;
	double average_depth = 0;
};

class Deps : public World
{
public:
	Deps() : queue(make_queue("q")), job(make_job(queue, "a", done_at_once)) {}

	/* Adds a fence and gives the test's reference away. */
	int give(os_fence *fence) { return drm_dep_job_add_dependency(job.get(), fence); }

	template <typename Function>
	void for_each(Function function) const
	{
		std::vector<std::pair<Node *, std::size_t>> left = {{job->deps_root, 1}};

		while (!left.empty()) {
			auto [node, depth] = left.back();

			left.pop_back();
			if (!node)
				continue;
			function(*node, depth);
			for (Node *child : node->child)
				left.push_back({child, depth + 1});
		}
	}

	/* Only before the job is pushed: the tree is then no more. */
	Shape shape() const
	{
		Shape found;

		for_each([&](Node &, std::size_t depth) {
			found.count++;
			found.deepest = std::max(found.deepest, depth);
			found.average_depth += static_cast<double>(depth);
		});
		found.average_depth /= static_cast<double>(found.count);
		return found;
	}

	std::map<u64, u64> seqnos() const
	{
		std::map<u64, u64> found;

		for_each([&](Node &node, std::size_t) {
			found[node.context] = host::seqno_of(node.fence);
		});
		return found;
	}

	QueueRef queue;
	JobRef job;
};

TEST_F(Deps, LatestOfAContextIsKept)
{
	u64 context = os_fence_context_alloc();
	os_fence *fences[4];

	for (u64 i = 0; i < 4; i++)
		fences[i] = host::foreign_fence(context, 10 + i);
	for (int i : {1, 0, 3, 2})
		depend(job, fences[i]);
	EXPECT_EQ(seqnos(), (std::map<u64, u64>{{context, 13}}));
	EXPECT_EQ(job->deps_count, 1u);
	submit(job);
	for (os_fence *fence : fences) {
		settle();
		EXPECT_THAT(runs(), IsEmpty());
		host::signal(fence);
		os_fence_put(fence);
	}
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

TEST_F(Deps, SignalledFencesAreDropped)
{
	os_fence *fence = host::foreign_fence();

	host::signal(fence, -EIO);
	EXPECT_EQ(give(fence), 0);
	EXPECT_EQ(job->deps_count, 0u);
}

TEST_F(Deps, FenceMaySignalBetweenAddAndPush)
{
	os_fence *first = host::foreign_fence();
	os_fence *second = host::foreign_fence();

	depend(job, first);
	depend(job, second);
	host::signal(first);
	submit(job);
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	host::signal(second);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	os_fence_put(first);
	os_fence_put(second);
}

TEST_F(Deps, OwnQueueIsDropped)
{
	JobRef other = make_job(queue, "b", done_at_once);

	arm(other);
	depend(job, drm_dep_job_finished_fence(other.get()));
	EXPECT_EQ(job->deps_count, 0u);
	push(other);
}

TEST_F(Deps, NothingAndErrorsArePassedOn)
{
	EXPECT_EQ(give(nullptr), 0);
	EXPECT_EQ(give(reinterpret_cast<os_fence *>(static_cast<std::intptr_t>(-ENOENT))), -ENOENT);
	EXPECT_EQ(give(reinterpret_cast<os_fence *>(static_cast<std::intptr_t>(-4095))), -4095);
	EXPECT_EQ(job->deps_count, 0u);
}

TEST_F(Deps, ContainersAreTakenApart)
{
	os_fence *fences[6];
	std::map<u64, u64> expected;

	for (os_fence *&fence : fences)
		fence = host::foreign_fence();
	/* A chain whose links are: a fence, an array, an array with a chain in it. */
	os_fence *inner[] = {fences[3],
			     host::fence_chain(host::fence_chain(nullptr, fences[4]), fences[5])};
	os_fence *array[] = {fences[1], fences[2]};
	os_fence *chain = host::fence_chain(nullptr, fences[0]);

	chain = host::fence_chain(chain, host::fence_array(array));
	chain = host::fence_chain(chain, host::fence_array(inner));
	host::signal(fences[1]);
	for (os_fence *fence : fences) {
		host::get(fence);
		if (fence != fences[1])
			expected[os_fence_context(fence)] = 1;
	}

	EXPECT_EQ(give(chain), 0);
	EXPECT_EQ(seqnos(), expected);
	submit(job);
	for (os_fence *fence : fences) {
		settle();
		EXPECT_THAT(runs(), IsEmpty());
		host::signal(fence);
		os_fence_put(fence);
	}
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

TEST_F(Deps, EmptyContainerAddsNothing)
{
	EXPECT_EQ(give(host::fence_array({})), 0);
	EXPECT_EQ(job->deps_count, 0u);
}

/* Steps from the root are what a look-up costs. */
TEST_F(Deps, CostIsFlat)
{
	/* Contexts as they are given out; as one per many is; scattered. */
	const std::function<u64(u64)> spreads[] = {
		[](u64 i) { return (1ull << 40) + i; },
		[](u64 i) { return (1ull << 40) + i * 4096; },
		[](u64 i) { return (i + 1) * 0xd1342543de82ef95ull; },
	};

	for (const auto &context : spreads) {
		Shape small;
		Shape large;
		u64 i = 0;

		job = make_job(queue, "a", done_at_once);
		for (; i < 4096; i++)
			ASSERT_EQ(give(host::foreign_fence(context(i), 1)), 0);
		small = shape();
		for (; i < 65536; i++)
			ASSERT_EQ(give(host::foreign_fence(context(i), 1)), 0);
		large = shape();

		EXPECT_EQ(small.count, 4096u);
		EXPECT_EQ(large.count, 65536u);
		/* 16 times as many fences: 2 more of 4-way branches. */
		EXPECT_LE(large.average_depth, small.average_depth + 2.5);
		EXPECT_LE(large.average_depth, 10);
		EXPECT_LE(large.deepest, 20u);
	}
}

TEST_F(Deps, ManyAreWaitedFor)
{
	constexpr std::size_t count = 65536;
	std::vector<os_fence *> fences;

	for (std::size_t i = 0; i < count; i++) {
		fences.push_back(host::foreign_fence());
		depend(job, fences.back());
	}
	submit(job);
	for (std::size_t i = 0; i < count; i++) {
		if (i + 1 == count) {
			settle();
			EXPECT_THAT(runs(), IsEmpty());
		}
		host::signal(fences[i]);
		os_fence_put(fences[i]);
	}
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

TEST_F(Deps, OnlyTheLastOneWakesTheWorker)
{
	constexpr int count = 100;
	std::vector<os_fence *> fences;
	std::atomic<int> wakes = 0;

	for (int i = 0; i < count; i++) {
		fences.push_back(host::foreign_fence());
		depend(job, fences.back());
	}
	submit(job);
	settle();
	host::set_access_hook([&, work = &queue->run_work](const volatile void *object) {
		if (object == work)
			wakes++;
	});
	for (os_fence *fence : fences) {
		host::signal(fence);
		os_fence_put(fence);
		settle();
	}
	host::set_access_hook({});
	EXPECT_THAT(runs(), ElementsAre("run a"));
	EXPECT_EQ(wakes, 1);
}

/* A callback that is registered has to stay where it is, and so has a node. */
TEST_F(Deps, StorageGrowsWithoutMoving)
{
	std::map<u64, Node *> before;
	const long allocations = host::live().allocations;

	for (int i = 0; i < 500; i++) {
		ASSERT_EQ(give(host::foreign_fence()), 0);
		for_each([&](Node &node, std::size_t) {
			Node *&place = before.try_emplace(node.context, &node).first->second;

			ASSERT_EQ(place, &node);
		});
	}
	EXPECT_EQ(before.size(), 500u);
	EXPECT_LE(host::live().allocations - allocations, 500 / 8);
}

/* Each allocation fails in turn; what was added before stays, and all can be added again. */
TEST_F(Deps, FailedAllocationLeavesAConsistentSet)
{
	constexpr int count = 60;
	unsigned int nth = 1;
	bool failed = true;

	for (; failed; nth++) {
		std::vector<os_fence *> fences;
		std::map<u64, u64> expected;
		int errors = 0;

		job = make_job(queue, "a", done_at_once);
		for (int i = 0; i < count; i++)
			fences.push_back(host::foreign_fence());
		host::fail_allocation(nth);
		for (os_fence *fence : fences) {
			int error = drm_dep_job_add_dependency(job.get(), host::get(fence));

			if (error) {
				EXPECT_EQ(error, -ENOMEM);
				errors++;
			} else {
				expected[os_fence_context(fence)] = 1;
			}
			ASSERT_EQ(seqnos(), expected);
			ASSERT_EQ(job->deps_count, expected.size());
		}
		failed = host::allocation_failed();
		host::fail_allocation(0);
		EXPECT_EQ(errors, failed);
		for (os_fence *fence : fences)
			depend(job, fence);
		EXPECT_EQ(job->deps_count, fences.size());
		for (os_fence *fence : fences)
			os_fence_put(fence);
	}
	EXPECT_GT(nth, 5u) << "the set does not allocate in between";
}

/* A container is added in part, and can be added again. */
TEST_F(Deps, FailedAllocationInAContainer)
{
	std::vector<os_fence *> fences;

	for (int i = 0; i < 40; i++)
		fences.push_back(host::foreign_fence());

	os_fence *array = host::fence_array(fences);

	for (unsigned int nth = 1; nth < 4; nth++) {
		host::fail_allocation(nth);
		EXPECT_EQ(drm_dep_job_add_dependency(job.get(), host::get(array)), -ENOMEM);
		EXPECT_EQ(job->deps_count, shape().count);
		EXPECT_LT(job->deps_count, fences.size());
	}
	EXPECT_EQ(drm_dep_job_add_dependency(job.get(), array), 0);
	EXPECT_EQ(job->deps_count, fences.size());
}

} // namespace
