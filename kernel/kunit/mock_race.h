/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _MOCK_RACE_H_
#define _MOCK_RACE_H_

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "mock_device.h"

/*
 * A race of two threads, on a CPU each if there are two, that is repeated for some time: the
 * first one prepares what they need, both go at once, and when both are done the first one
 * cleans up. How far apart they start is random.
 */
struct mock_race {
	struct mock_device *dev;
	/* false: there was no memory, or something did not happen. */
	bool (*prepare)(struct mock_race *race, struct rnd_state *random);
	void (*first)(struct mock_race *race, struct rnd_state *random);
	void (*second)(struct mock_race *race, struct rnd_state *random);
	/* false: something did not happen, or was wrong. */
	bool (*finish)(struct mock_race *race);
	/* What they race for is the test's. */
	struct mock_queue *queue;
	struct mock_job *jobs[4];
	struct dma_fence *fence;
	bool flag;
	atomic_t count;
	/* How often it was run. */
	int rounds;
	/* Only the race uses what follows. */
	unsigned long until;
	bool over;
	atomic_t ready, started, ended;
	wait_queue_head_t wait;
};

/* For the device of the test; freed with it. */
struct mock_race *mock_race_create(struct kunit *test);
void mock_race_run(struct kunit *test, struct mock_race *race);

#endif /* _MOCK_RACE_H_ */
