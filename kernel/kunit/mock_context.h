/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _MOCK_CONTEXT_H_
#define _MOCK_CONTEXT_H_

#include <linux/completion.h>
#include <linux/prandom.h>
#include <linux/types.h>

struct kunit;
struct task_struct;

/* Calls a function in hard interrupt context, and waits for its end. */
void mock_irq_call(struct kunit *test, void (*function)(void *arg), void *arg);

/*
 * A thread of a test. Its function may expect nothing of KUnit, which knows the test's own
 * thread only; it reports by mock_violation().
 */
struct mock_thread {
	/* What it does, in bounded time. */
	void (*function)(struct mock_thread *thread);
	void *arg;
	/* It stays on one CPU, the next one on the next. */
	bool bound;
	/* Its number; and numbers from the seed of the test. */
	unsigned int index;
	struct rnd_state random;
	/* Only the mock device uses what follows. */
	struct task_struct *task;
	struct completion done;
};

/*
 * Starts n threads that are filled in but for their number and seed. Aborts the test if it
 * can't.
 */
void mock_threads_start(struct kunit *test, struct mock_thread *threads, unsigned int n);
/* Waits until each of them has ended, or sleeps in what it calls. */
void mock_threads_asleep(struct kunit *test, struct mock_thread *threads, unsigned int n);
/* Waits for them. Aborts the test, and leaves the threads to themselves, if they don't end. */
void mock_threads_join(struct kunit *test, struct mock_thread *threads, unsigned int n);
/* Both. */
void mock_threads_run(struct kunit *test, struct mock_thread *threads, unsigned int n);

/*
 * Prints the seed of the test, and starts from it. The parameter "seed" of the module
 * brings one back.
 */
void mock_random_init(struct kunit *test, struct rnd_state *random);
/* From 0 to below @below. */
u32 mock_random(struct rnd_state *random, u32 below);

/*
 * Failing allocations. Between begin, which skips the test where the kernel can't do that,
 * and the end of the test, the n-th allocation of this task after mock_fail_nth(test, n)
 * fails. mock_fail_end() says whether there was one.
 */
void mock_fail_begin(struct kunit *test);
void mock_fail_nth(unsigned int n);
bool mock_fail_end(void);

#endif /* _MOCK_CONTEXT_H_ */
