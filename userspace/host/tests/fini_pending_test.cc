/* SPDX-License-Identifier: MIT */
/*
 * A fini that takes its time without keeping a worker.
 */
#include "world.h"

#include <thread>

using namespace test;
using testing::ElementsAre;

namespace
{

class FiniPending : public FlagWorld
{
public:
	FiniPending() : queue(make_queue("q")), memory(queue.get())
	{
		queue->fini_result = -EINPROGRESS;
	}

	QueueRef queue;
	drm_dep_queue *memory;
};

DEP_WITH_ALL_FLAGS(FiniPending);

TEST_P(FiniPending, TeardownGoesOnWhenTold)
{
	queue.put();
	settle();
	EXPECT_THAT(record.all(), ElementsAre("fini q"));
	{
		host::Interrupt interrupt;

		drm_dep_queue_fini_done(memory);
	}
	settle();
	EXPECT_THAT(record.all(), ElementsAre("fini q", "release q"));
}

TEST_P(FiniPending, MayBeToldBeforeFiniReturns)
{
	queue->on_fini = [this] { drm_dep_queue_fini_done(memory); };
	queue.put();
	settle();
	EXPECT_THAT(record.all(), ElementsAre("fini q", "release q"));
}

TEST_P(FiniPending, MayBeToldByAnother)
{
	for (int round = 0; round < 50; round++) {
		QueueRef own = make_queue("own");
		drm_dep_queue *own_memory = own.get();
		std::jthread firmware;

		own->fini_result = -EINPROGRESS;
		own->on_fini = [&] {
			firmware = std::jthread([=] { drm_dep_queue_fini_done(own_memory); });
		};
		own.put();
		settle();
		firmware.join();
		settle();
		EXPECT_EQ(record.starting_with("release own").size(),
			  static_cast<std::size_t>(round + 1));
	}
	queue->fini_result = 0;
}

TEST_P(FiniPending, FlushWaitsForIt)
{
	Event flushed;

	queue.put();

	std::jthread flusher([&] {
		drm_dep_flush(device);
		EXPECT_TRUE(record.has("release q"));
		flushed.set();
	});

	EXPECT_TRUE(record.wait_for("fini q"));
	EXPECT_FALSE(flushed.wait(grace));
	EXPECT_GE(host::module_refs(module), 1);
	settle();
	drm_dep_queue_fini_done(memory);
	EXPECT_TRUE(flushed.wait());
}

} // namespace
