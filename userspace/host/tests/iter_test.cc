/* SPDX-License-Identifier: MIT */
/*
 * Walking over the jobs in flight of a stopped queue.
 */
#include "world.h"

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Iter : public FlagWorld
{
public:
	Iter() : queue(make_queue("q"))
	{
		for (const char *label : {"a", "b", "c"})
			jobs.push_back(make_job(queue, label, driver_completes));
	}

	void submit_all()
	{
		for (JobRef &job : jobs)
			submit(job);
		settle();
	}

	std::vector<std::string> found()
	{
		std::vector<std::string> labels;
		drm_dep_job_iter iter;

		drm_dep_job_iter_begin(&iter, queue.get());
		while (drm_dep_job *job = drm_dep_job_iter_next(&iter))
			labels.push_back(static_cast<Job *>(job)->label);
		drm_dep_job_iter_end(&iter);
		return labels;
	}

	void done_all()
	{
		for (JobRef &job : jobs)
			(void)done(job);
	}

	QueueRef queue;
	std::vector<JobRef> jobs;
};

DEP_WITH_ALL_FLAGS(Iter);

TEST_P(Iter, FindsJobsInOrder)
{
	submit_all();
	drm_dep_queue_stop(queue.get());
	EXPECT_THAT(found(), ElementsAre("a", "b", "c"));
	drm_dep_queue_start(queue.get());
	done_all();
}

TEST_P(Iter, FindsNothing)
{
	drm_dep_queue_stop(queue.get());
	submit(jobs[0]); /* has not run */
	EXPECT_THAT(found(), IsEmpty());
	drm_dep_queue_start(queue.get());
	settle();
	done_all();
}

TEST_P(Iter, LeavesOutWhatIsDone)
{
	submit_all();
	drm_dep_queue_stop(queue.get());
	EXPECT_TRUE(done(jobs[1]));
	EXPECT_THAT(found(), ElementsAre("a", "c"));
	EXPECT_TRUE(done(jobs[0]));
	EXPECT_THAT(found(), ElementsAre("c"));
	drm_dep_queue_start(queue.get());
	done_all();
}

TEST_P(Iter, HoldsBackRetirementUntilItEnds)
{
	drm_dep_job_iter iter;
	drm_dep_job *first;

	submit_all();
	drm_dep_queue_stop(queue.get());
	drm_dep_job_iter_begin(&iter, queue.get());
	first = drm_dep_job_iter_next(&iter);
	done_all();
	jobs.clear();
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0", "signal c 0"));
	EXPECT_FALSE(record.has("release a"));
	EXPECT_EQ(static_cast<Job *>(first)->label, "a");
	EXPECT_EQ(drm_dep_job_iter_next(&iter), nullptr);
	drm_dep_job_iter_end(&iter);
	settle();
	EXPECT_EQ(record.starting_with("release ").size(), 3u);
	drm_dep_queue_start(queue.get());
}

TEST_P(Iter, GoesOnFromAJobThatIsDone)
{
	drm_dep_job_iter iter;

	submit_all();
	drm_dep_queue_stop(queue.get());
	drm_dep_job_iter_begin(&iter, queue.get());
	EXPECT_EQ(drm_dep_job_iter_next(&iter), jobs[0].get());
	EXPECT_TRUE(done(jobs[0], -EIO));
	EXPECT_EQ(drm_dep_job_iter_next(&iter), jobs[1].get());
	EXPECT_EQ(drm_dep_job_iter_next(&iter), jobs[2].get());
	EXPECT_EQ(drm_dep_job_iter_next(&iter), nullptr);
	drm_dep_job_iter_end(&iter);
	drm_dep_queue_start(queue.get());
	done_all();
}

TEST_P(Iter, MayBeLeftEarlyAndNested)
{
	drm_dep_job_iter outer;
	drm_dep_job_iter inner;

	submit_all();
	drm_dep_queue_stop(queue.get());
	drm_dep_job_iter_begin(&outer, queue.get());
	EXPECT_EQ(drm_dep_job_iter_next(&outer), jobs[0].get());
	drm_dep_job_iter_begin(&inner, queue.get());
	EXPECT_EQ(drm_dep_job_iter_next(&inner), jobs[0].get());
	EXPECT_EQ(drm_dep_job_iter_next(&inner), jobs[1].get());
	done_all();
	jobs.clear();
	drm_dep_job_iter_end(&inner);
	settle();
	EXPECT_FALSE(record.has("release a"));
	drm_dep_job_iter_end(&outer);
	settle();
	EXPECT_TRUE(record.has("release a"));
	drm_dep_queue_start(queue.get());
}

/* While jobs complete in other threads. */
TEST_P(Iter, WhileJobsComplete)
{
	for (int round = 0; round < 50; round++) {
		std::vector<JobRef> some;

		for (int i = 0; i < 10; i++) {
			some.push_back(make_job(queue, std::to_string(i), driver_completes));
			submit(some.back());
		}
		settle();
		drm_dep_queue_stop(queue.get());

		std::jthread hardware([&] {
			for (JobRef &job : some) {
				EXPECT_TRUE(done(job));
				job.put();
			}
		});
		const std::vector<std::string> labels = found();

		for (std::size_t i = 1; i < labels.size(); i++)
			EXPECT_LT(std::stoi(labels[i - 1]), std::stoi(labels[i]));
		hardware.join();
		drm_dep_queue_start(queue.get());
	}
}

} // namespace
