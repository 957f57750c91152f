/* SPDX-License-Identifier: MIT */
/*
 * The end of queues: who may put the last reference, what happens after it, and in which order.
 */
#include "world.h"

#include <memory>
#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Lifetime : public FlagWorld
{
public:
	/* The queue went after its job, step by step. */
	void expect_ordered_end()
	{
		settle();
		EXPECT_GE(record.place("release a"), 0);
		EXPECT_GT(record.place("fini q"), record.place("release a"));
		EXPECT_GT(record.place("release q"), record.place("fini q"));
		EXPECT_EQ(record.starting_with("fini ").size(), 1u);
		EXPECT_EQ(record.starting_with("release q").size(), 1u);
	}

	/*
	 * Calls @last_touch in a thread that is late: it stops as soon as it has let go of
	 * @object, and then sees the queue come to its end, while @others_end_it is called, but
	 * not go, as it is in a read section.
	 */
	template <typename LastTouch, typename Others>
	void end_around(const volatile void *object, LastTouch last_touch, Others others_end_it)
	{
		static thread_local bool late;
		Event let_go;

		host::set_access_hook([&, object](const volatile void *touched) {
			if (touched != object || !std::exchange(late, false))
				return;
			let_go.set();
			EXPECT_TRUE(record.wait_for("fini q"));
			EXPECT_FALSE(record.wait_for("release q", grace));
		});

		std::jthread thread([&] {
			late = true;
			last_touch();
			EXPECT_FALSE(late) << "the object was not touched";
		});

		EXPECT_TRUE(let_go.wait());
		others_end_it();
		thread.join();
		settle();
		host::set_access_hook({});
		EXPECT_TRUE(record.has("release q"));
	}

	/* A callback on a finished fence that puts a queue. */
	void put_when_signalled(JobRef &job, QueueRef queue)
	{
		struct Putter {
			os_fence_cb cb;
			QueueRef queue;
		};
		auto *putter = new Putter{{}, std::move(queue)};

		ASSERT_EQ(os_fence_add_callback(drm_dep_job_finished_fence(job.get()), &putter->cb,
						[](os_fence *, os_fence_cb *cb) {
							delete reinterpret_cast<Putter *>(cb);
						}),
			  0);
	}
};

DEP_WITH_ALL_FLAGS(Lifetime);

TEST_P(Lifetime, QueueWithoutJobs)
{
	QueueRef queue = make_queue("q");

	settle();
	EXPECT_THAT(record.all(), IsEmpty());
	queue.put();
	settle();
	EXPECT_THAT(record.all(), ElementsAre("fini q", "release q"));
}

TEST_P(Lifetime, FiniIsOptional)
{
	QueueRef queue = make_queue("q");

	queue->own_ops.fini = nullptr;
	queue.put();
	settle();
	EXPECT_THAT(record.all(), ElementsAre("release q"));
}

TEST_P(Lifetime, QueueStaysWhileItHasUsers)
{
	QueueRef queue = make_queue("q");
	QueueRef another = queue.another();

	queue.put();
	settle();
	EXPECT_THAT(record.all(), IsEmpty());
	another.put();
	settle();
	EXPECT_TRUE(record.has("release q"));
}

TEST_P(Lifetime, NoUserAfterTheLastOne)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	Queue *dying = queue.get();

	EXPECT_EQ(drm_dep_queue_get_unless_zero(dying), dying);
	queue.put();
	drm_dep_queue_put(dying);
	/* The job keeps the memory. */
	EXPECT_EQ(drm_dep_queue_get_unless_zero(dying), nullptr);
}

TEST_P(Lifetime, PutOfNothing)
{
	drm_dep_queue_put(nullptr);
	drm_dep_job_put(nullptr);
}

TEST_P(Lifetime, PushedJobsRunOn)
{
	QueueRef queue = make_queue("q", {.credits = 1});
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b", done_at_once);

	depend(a, fence);
	submit(a);
	submit(b);
	queue.put();
	settle();
	EXPECT_THAT(runs(), IsEmpty());
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
	complete(a);
	settle();
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0"));
	EXPECT_FALSE(record.has("fini q"));
	b.put();
	a.put();
	expect_ordered_end();
}

TEST_P(Lifetime, JobInFlightNeedsNoReferenceOfTheDriver)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	os_fence *hw = host::get(job->hw);

	submit(job);
	settle();
	queue.put();
	job.put();
	settle();
	EXPECT_FALSE(record.has("release a"));
	host::signal(hw);
	os_fence_put(hw);
	expect_ordered_end();
}

TEST_P(Lifetime, LastPutInRunJob)
{
	auto queue = std::make_shared<QueueRef>(make_queue("q"));
	JobRef job = make_job(*queue, "a", [queue](Job &self) {
		queue->put();
		done_at_once(self);
		return nullptr;
	});

	submit(job);
	job.put();
	expect_ordered_end();
}

TEST_P(Lifetime, LastPutInACallbackOfTheFence)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	os_fence *hw = host::get(job->hw);

	arm(job);
	put_when_signalled(job, std::move(queue));
	push(job);
	job.put();
	settle();
	host::signal(hw);
	os_fence_put(hw);
	expect_ordered_end();
}

TEST_P(Lifetime, LastPutInTheReleaseOfAJob)
{
	auto queue = std::make_shared<QueueRef>(make_queue("q"));
	JobRef job = make_job(*queue, "a", done_at_once);

	job->on_release = [queue] { queue->put(); };
	submit(job);
	job.put();
	settle();
	EXPECT_THAT(record.all(),
		    ElementsAre("run a", "signal a 0", "release a", "fini q", "release q"));
}

TEST_P(Lifetime, LastPutInTheReleaseOfAnotherQueue)
{
	auto queue = std::make_shared<QueueRef>(make_queue("q"));
	QueueRef other = make_queue("other");

	other->on_release = [queue] { queue->put(); };
	other.put();
	settle();
	EXPECT_TRUE(record.has("release q"));
}

TEST_P(Lifetime, ManyQueuesEndAtOnce)
{
	std::vector<QueueRef> queues;
	std::vector<JobRef> jobs;

	for (int i = 0; i < 50; i++) {
		queues.push_back(make_queue("q"));
		for (int j = 0; j < 3; j++) {
			jobs.push_back(make_job(queues.back(), "a", done_at_once));
			submit(jobs.back());
		}
	}
	queues.clear();
	jobs.clear();
	settle();
	EXPECT_EQ(record.starting_with("release q").size(), 50u);
	EXPECT_EQ(record.starting_with("release a").size(), 150u);
}

/* A fence that has signalled needs nothing of the queue. */
TEST_P(Lifetime, FenceOutlivesEverything)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", fails_with(-EIO));

	arm(job);
	os_fence *fence = host::get(drm_dep_job_finished_fence(job.get()));

	EXPECT_EQ(host::driver_name(fence), "test driver");
	EXPECT_EQ(host::timeline_name(fence), "q");
	push(job);
	job.put();
	queue.put();
	settle();
	EXPECT_TRUE(record.has("release q"));
	EXPECT_EQ(os_fence_error(fence), -EIO);
	EXPECT_EQ(host::driver_name(fence), "");
	os_fence_put(fence);
}

TEST_P(Lifetime, UnsignalledFenceKeepsJobAndQueue)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	os_fence *hw = host::get(job->hw);

	arm(job);
	os_fence *fence = host::get(drm_dep_job_finished_fence(job.get()));

	push(job);
	job.put();
	queue.put();
	settle();
	EXPECT_EQ(host::timeline_name(fence), "q");
	EXPECT_FALSE(record.has("release a"));
	host::signal(hw);
	os_fence_put(hw);
	os_fence_put(fence);
	expect_ordered_end();
}

/* Names are read in a section: the queue's memory, and with it the name, stays until it ends. */
TEST_P(Lifetime, ReaderOfTheNamesKeepsTheQueue)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");
	os_fence *hw = host::get(job->hw);

	submit(job);
	settle();
	os_fence *fence = host::get(drm_dep_job_finished_fence(job.get()));

	os_rcu_read_lock();
	ASSERT_FALSE(host::is_signalled(fence));
	job.put();
	queue.put();
	host::signal(hw);
	EXPECT_TRUE(record.wait_for("fini q"));
	EXPECT_FALSE(record.wait_for("release q", grace));
	EXPECT_STREQ(drm_dep_fence_timeline_name(fence), "q");
	os_rcu_read_unlock();
	EXPECT_TRUE(record.wait_for("release q"));
	os_fence_put(fence);
	os_fence_put(hw);
}

/*
 * Who takes the last dependency away queues the run work afterwards. In between, somebody else
 * may run the job, and all may end: only its read section keeps the queue for it, and nothing
 * keeps the job.
 */
TEST_P(Lifetime, WakerMayBeLate)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", done_at_once);
	JobRef b = make_job(queue, "b", done_at_once);
	os_fence *fence = host::foreign_fence();

	depend(a, fence);
	submit(a);
	settle();
	end_around(
		&a->deps_left,
		[&] {
			host::signal(fence);
			os_fence_put(fence);
		},
		[&] {
			submit(b); /* looks whether something can run, and a can */
			a.put();
			b.put();
			queue.put();
		});
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
}

/* Who puts the last reference of a job queues the release work after the job can be seen. */
TEST_P(Lifetime, PutterMayBeLate)
{
	if (put_irq_safe())
		GTEST_SKIP() << "with JOB_PUT_IRQ_SAFE the release is called, not queued, so "
				"nobody can be late";

	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");
	os_work *release_work = &queue->release_work;
	Event b_releasing;
	Event go_on;

	/* The work item is at b, from an earlier execution, when a comes onto the stack. */
	b->on_release = [&] {
		b_releasing.set();
		EXPECT_TRUE(go_on.wait());
	};
	b.put();
	ASSERT_TRUE(b_releasing.wait());

	const void *stack = &queue->released_jobs;

	queue.put();
	end_around(
		stack, [&] { a.put(); },
		[&] {
			/* As somebody does who has put another job before, and is late, too. */
			os_work_queue(os_wq_cleanup(), release_work);
			go_on.set();
		});
	EXPECT_TRUE(record.has("release a"));
}

/* Who completes a job that is not the first leaves the signalling to another. */
TEST_P(Lifetime, HardwareMayBeLate)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");
	JobRef b = make_job(queue, "b");
	os_fence *hw = host::get(b->hw);

	submit(a);
	submit(b);
	settle();
	end_around(
		&queue->lock,
		[&] {
			host::signal(hw);
			os_fence_put(hw);
		},
		[&] {
			complete(a);
			a.put();
			b.put();
			queue.put();
		});
	EXPECT_THAT(signals(), ElementsAre("signal a 0", "signal b 0"));
}

/* Who drops an armed job leaves it to the worker. */
TEST_P(Lifetime, ReviverMayBeLate)
{
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a");

	arm(a);
	end_around(
		&queue->lock, [&] { a.put(); }, [&] { queue.put(); });
	EXPECT_THAT(signals(), ElementsAre("signal a -125"));
}

TEST_P(Lifetime, QueueStaysUntilTheReleaseOfItsJobHasReturned)
{
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a");

	job->on_release = [this] { EXPECT_FALSE(record.wait_for("fini q", grace)); };
	queue.put();
	job.put();
	expect_ordered_end();
}

/* Whoever is late and queues one of them does not do so any more. */
TEST_P(Lifetime, NoWorkItemRunsFromFiniOn)
{
	QueueRef queue = make_queue("q");
	Queue *memory = queue.get();

	queue->on_fini = [memory] {
		EXPECT_FALSE(os_work_queue(os_wq_run(), &memory->run_work));
		EXPECT_FALSE(os_work_queue(os_wq_drain(), &memory->drain_work));
		EXPECT_FALSE(os_work_queue(os_wq_cleanup(), &memory->release_work));
	};
	queue.put();
	settle();
	EXPECT_TRUE(record.has("release q"));
}

} // namespace
