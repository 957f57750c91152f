// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>

#include "mock_race.h"

/* A race of each mode; and at most so many rounds, as the log of the device is finite. */
#define RACE_TIME (HZ / 20)
#define MAX_ROUNDS 1000

static void spin_until(atomic_t *arrived, int n)
{
	int spins;

	for (spins = 0; atomic_read(arrived) < n && spins < 20000; spins++)
		cpu_relax();
}

/* Mostly the other one comes soon, and a CPU that sleeps takes long to wake up. */
static bool meet(struct mock_race *race, atomic_t *arrived, int n)
{
	atomic_inc(arrived);
	wake_up_all(&race->wait);
	if (num_online_cpus() > 1)
		spin_until(arrived, n);
	if (wait_event_timeout(race->wait, atomic_read(arrived) >= n, MOCK_PATIENCE))
		return true;
	mock_violation(race->dev, "a thread does not come");
	return false;
}

/* The one that was woken up is late: the other one is here, and waits for it without sleeping. */
static void meet_exactly(struct mock_race *race, int n)
{
	atomic_inc(&race->started);
	spin_until(&race->started, n);
}

static void race_thread(struct mock_thread *thread)
{
	struct mock_race *race = thread->arg;
	int n;

	/* Only now: threads may begin late, and one round there is to be. */
	if (!thread->index)
		race->until = jiffies + RACE_TIME;
	for (n = 2; ; n += 2) {
		if (!thread->index) {
			if (race->rounds && (time_after(jiffies, race->until) ||
					     race->rounds == MAX_ROUNDS))
				race->over = true;
			if (!race->over && !race->prepare(race, &thread->random)) {
				mock_violation(race->dev, "the race can't be prepared");
				race->over = true;
			}
		}
		if (!meet(race, &race->ready, n) || race->over)
			return;
		meet_exactly(race, n);
		/* Waits for nothing: it makes them meet at ever other places. */
		udelay(mock_random(&thread->random, 8));
		if (thread->index)
			race->second(race, &thread->random);
		else
			race->first(race, &thread->random);
		if (!meet(race, &race->ended, n))
			return;
		if (thread->index)
			continue;
		if (race->finish && !race->finish(race)) {
			mock_violation(race->dev, "round %d of the race went wrong", race->rounds);
			race->over = true;
		}
		race->rounds++;
	}
}

struct mock_race *mock_race_create(struct kunit *test)
{
	struct mock_race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, race);
	race->dev = test->priv;
	init_waitqueue_head(&race->wait);
	return race;
}

void mock_race_run(struct kunit *test, struct mock_race *race)
{
	struct mock_thread threads[2] = {
		{ .function = race_thread, .arg = race, .bound = true },
		{ .function = race_thread, .arg = race, .bound = true },
	};

	mock_threads_run(test, threads, 2);
	kunit_info(test, "%d rounds\n", race->rounds);
	KUNIT_EXPECT_GT(test, race->rounds, 0);
}
