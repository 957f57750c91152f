/* SPDX-License-Identifier: MIT */
/*
 * Messages: what the run side does between two jobs.
 */
#include "world.h"

#include <atomic>
#include <thread>

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace
{

class Messages : public FlagWorld
{
public:
	Messages() : queue(make_queue("q")) {}

	std::vector<std::string> messages() const { return record.starting_with("message "); }

	QueueRef queue;
};

DEP_WITH_ALL_FLAGS(Messages);

TEST_P(Messages, AreProcessedInOrder)
{
	std::vector<std::unique_ptr<Message>> all;

	drm_dep_queue_stop(queue.get());
	for (int i = 0; i < 4; i++) {
		all.push_back(std::make_unique<Message>(std::to_string(i)));
		EXPECT_TRUE(send(queue, *all.back()));
	}
	settle();
	EXPECT_THAT(messages(), IsEmpty());
	drm_dep_queue_start(queue.get());
	settle();
	EXPECT_THAT(messages(), ElementsAre("message 0", "message 1", "message 2", "message 3"));
}

TEST_P(Messages, FirstComesBeforeThose)
{
	Message a("a");
	Message b("b");
	Message c("c");

	drm_dep_queue_stop(queue.get());
	EXPECT_TRUE(send(queue, a));
	EXPECT_TRUE(send_first(queue, b));
	EXPECT_TRUE(send_first(queue, c));
	drm_dep_queue_start(queue.get());
	settle();
	EXPECT_THAT(messages(), ElementsAre("message c", "message b", "message a"));
}

TEST_P(Messages, PendingOneIsNotSentAgain)
{
	Message a("a");

	drm_dep_queue_stop(queue.get());
	EXPECT_TRUE(send(queue, a));
	EXPECT_FALSE(send(queue, a));
	EXPECT_FALSE(send_first(queue, a));
	drm_dep_queue_start(queue.get());
	settle();
	EXPECT_TRUE(send(queue, a));
	settle();
	EXPECT_THAT(messages(), ElementsAre("message a", "message a"));
}

TEST_P(Messages, MaySendItselfAgainOrFreeItself)
{
	int left = 3;
	Message again("again", [&](Message &self) {
		if (--left) {
			EXPECT_TRUE(send(queue, self));
		}
	});
	auto *freed = new Message("freed");

	freed->process = [](Message &self) { delete &self; };
	send(queue, again);
	send(queue, *freed);
	settle();
	EXPECT_EQ(record.starting_with("message again").size(), 3u);
	EXPECT_TRUE(record.has("message freed"));
}

TEST_P(Messages, BeforeEveryJobThatIsPushedLater)
{
	for (int i = 0; i < 100; i++) {
		const std::string label = std::to_string(i);
		Message message(label);
		JobRef job = make_job(queue, label, done_at_once);

		send(queue, message);
		submit(job);
		settle();
		EXPECT_LT(record.place("message " + label), record.place("run " + label));
	}
}

TEST_P(Messages, AreNotHeldUpByJobs)
{
	os_fence *fence = host::foreign_fence();
	JobRef a = make_job(queue, "a", done_at_once);
	Message message("m");

	depend(a, fence);
	submit(a);
	send(queue, message);
	settle();
	EXPECT_TRUE(record.has("message m"));
	host::signal(fence);
	os_fence_put(fence);
}

TEST_P(Messages, UnderASpinlockAndInAnInterrupt)
{
	static constinit os_class lock_class{};
	os_lock lock;
	unsigned long lock_flags;
	Message a("a");
	Message b("b");

	os_lock_init(&lock, &lock_class, "driver");
	lock_flags = os_lock_irqsave(&lock);
	EXPECT_TRUE(send(queue, a));
	os_unlock_irqrestore(&lock, lock_flags);
	{
		host::Interrupt interrupt;

		EXPECT_TRUE(send_first(queue, b));
	}
	settle();
	EXPECT_EQ(messages().size(), 2u);
}

TEST_P(Messages, InAnOpOfTheQueue)
{
	Message message("m");
	JobRef a = make_job(queue, "a", [&](Job &job) {
		EXPECT_TRUE(send(queue, message));
		return done_at_once(job);
	});
	JobRef b = make_job(queue, "b", done_at_once);

	arm(a);
	arm(b);
	push(b);
	push(a);
	settle();
	EXPECT_TRUE(record.has("message m"));
	EXPECT_TRUE(record.has("run b"));
}

TEST_P(Messages, AreDeliveredAfterAKill)
{
	Message before("before");
	Message after("after");

	drm_dep_queue_stop(queue.get());
	send(queue, before);
	drm_dep_queue_kill(queue.get());
	drm_dep_queue_start(queue.get());
	settle();
	send(queue, after);
	settle();
	EXPECT_TRUE(record.has("message before"));
	EXPECT_TRUE(record.has("message after"));
}

TEST_P(Messages, KeepTheQueueUntilDelivered)
{
	Event entered;
	Event go_on;
	Message first("first", [&](Message &) {
		entered.set();
		EXPECT_TRUE(go_on.wait());
	});
	Message second("second");

	send(queue, first);
	ASSERT_TRUE(entered.wait());
	send(queue, second);
	queue.put();
	EXPECT_FALSE(record.wait_for("fini q", grace));
	go_on.set();
	settle();
	EXPECT_THAT(record.all(),
		    ElementsAre("message first", "message second", "fini q", "release q"));
}

TEST_P(Messages, RunOneAtATimeWithJobs)
{
	constexpr int count = 100;
	std::atomic<int> inside{0};
	const auto alone = [&] {
		EXPECT_EQ(++inside, 1);
		std::this_thread::yield();
		inside--;
	};
	std::vector<std::unique_ptr<Message>> all;
	std::vector<JobRef> jobs;

	for (int i = 0; i < count; i++) {
		all.push_back(std::make_unique<Message>("m", [&](Message &) { alone(); }));
		jobs.push_back(make_job(queue, "a", [&](Job &job) {
			alone();
			return done_at_once(job);
		}));
	}
	{
		std::jthread sender([&] {
			for (auto &message : all)
				EXPECT_TRUE(send(queue, *message));
		});

		for (JobRef &job : jobs)
			submit(job);
	}
	settle();
	EXPECT_EQ(messages().size(), all.size());
	EXPECT_EQ(runs().size(), jobs.size());
}

} // namespace
