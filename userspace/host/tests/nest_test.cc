/* SPDX-License-Identifier: MIT */
/*
 * A callback of a finished fence that completes another job. The host refuses to take a fence's
 * lock inside one of the same or a greater level, as a lock checker does.
 */
#include "world.h"

#include <memory>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

/* Keeps the thread busy that goes on where a drain had to stop. */
class NobodyElseDrains
{
public:
	NobodyElseDrains()
	{
		static constinit os_class work_class{};

		os_work_init(
			&work_,
			[](os_work *work) {
				auto *self = reinterpret_cast<NobodyElseDrains *>(work);

				self->entered_.set();
				EXPECT_TRUE(self->leave_.wait());
			},
			&work_class, "test");
		os_work_queue(os_wq_drain(), &work_);
		EXPECT_TRUE(entered_.wait());
	}

	~NobodyElseDrains() { end(); }

	void end()
	{
		leave_.set();
		os_work_disable_sync(&work_);
	}

private:
	os_work work_;
	Event entered_;
	Event leave_;
};

class Nest : public FlagWorld
{
public:
	/* When @first signals, its callback completes @second. */
	void link(JobRef &first, JobRef &second)
	{
		struct Link {
			os_fence_cb cb;
			Nest *nest;
			JobRef job;
		};
		auto *link = new Link{{}, this, second.another()};

		ASSERT_EQ(os_fence_add_callback(drm_dep_job_finished_fence(first.get()), &link->cb,
						[](os_fence *, os_fence_cb *cb) {
							auto *self = reinterpret_cast<Link *>(cb);

							EXPECT_TRUE(self->nest->done(self->job));
							delete self;
						}),
			  0);
	}
};

DEP_WITH_ALL_FLAGS(Nest);

TEST_P(Nest, GreaterLevelSignalsAtOnce)
{
	QueueRef lower = make_queue("lower", {.nest_level = 0});
	QueueRef upper = make_queue("upper", {.nest_level = 1});
	JobRef a = make_job(lower, "a");
	JobRef b = make_job(upper, "b", driver_completes);

	submit(b);
	submit(a);
	settle();

	NobodyElseDrains nobody_else;

	link(a, b);
	complete(a);
	EXPECT_TRUE(host::is_signalled(drm_dep_job_finished_fence(b.get())));
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0"));
}

TEST_P(Nest, SameLevelSignalsLater)
{
	QueueRef first = make_queue("first", {.nest_level = 2});
	QueueRef second = make_queue("second", {.nest_level = 2});
	JobRef a = make_job(first, "a");
	JobRef b = make_job(second, "b", driver_completes);

	submit(b);
	submit(a);
	settle();
	link(a, b);
	complete(a);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0"));
}

TEST_P(Nest, SmallerLevelSignalsLater)
{
	QueueRef upper = make_queue("upper", {.nest_level = DRM_DEP_MAX_NEST_LEVEL});
	QueueRef lower = make_queue("lower", {.nest_level = 0});
	JobRef a = make_job(upper, "a");
	JobRef b = make_job(lower, "b", driver_completes);

	submit(b);
	submit(a);
	settle();
	link(a, b);
	complete(a);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0"));
}

TEST_P(Nest, SameQueueSignalsNext)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", driver_completes);

	submit(a);
	submit(b);
	settle();
	link(a, b);
	complete(a);
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0"));
}

TEST_P(Nest, AsDeepAsThereAreLevels)
{
	std::vector<QueueRef> queues;
	std::vector<JobRef> jobs;

	for (u32 level = 0; level <= DRM_DEP_MAX_NEST_LEVEL; level++) {
		std::string name = std::to_string(level);

		queues.push_back(make_queue("q" + name, {.nest_level = level}));
		jobs.push_back(make_job(queues.back(), name, driver_completes));
		submit(jobs.back());
	}
	settle();

	NobodyElseDrains nobody_else;

	for (std::size_t i = 0; i + 1 < jobs.size(); i++)
		link(jobs[i], jobs[i + 1]);
	EXPECT_TRUE(done(jobs.front()));
	EXPECT_EQ(signals().size(), jobs.size());
}

TEST_P(Nest, ManyOfTheSameLevelInARow)
{
	std::vector<QueueRef> queues;
	std::vector<JobRef> jobs;

	for (int i = 0; i < 40; i++) {
		std::string name = std::to_string(i);

		queues.push_back(make_queue("q" + name));
		jobs.push_back(make_job(queues.back(), name, driver_completes));
		submit(jobs.back());
	}
	settle();
	for (std::size_t i = 0; i + 1 < jobs.size(); i++)
		link(jobs[i], jobs[i + 1]);
	EXPECT_TRUE(done(jobs.front()));
	settle();
	EXPECT_EQ(signals().size(), jobs.size());
}

/* The level is that of the callback, not of what the thread does afterwards. */
TEST_P(Nest, LevelEndsWithTheCallback)
{
	QueueRef upper = make_queue("upper", {.nest_level = 3});
	QueueRef lower = make_queue("lower", {.nest_level = 0});
	JobRef a = make_job(upper, "a");
	JobRef b = make_job(lower, "b");

	submit(a);
	submit(b);
	settle();
	complete(a);
	EXPECT_EQ(os_nest_level(), 0u);
	complete(b);
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0"));
}

TEST_P(Nest, TooGreatALevelIsRefused)
{
	EXPECT_EQ(make_queue("q", {.nest_level = DRM_DEP_MAX_NEST_LEVEL + 1}).get(), nullptr);
}

} // namespace
