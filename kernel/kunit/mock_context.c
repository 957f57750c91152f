// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/cpumask.h>
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/sched/task.h>

#include <kunit/resource.h>

#include "mock_device.h"

static unsigned long seed;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "Seed of all tests that are random; 0 draws one per test");

struct mock_irq_caller {
	struct hrtimer timer;
	void (*function)(void *arg);
	void *arg;
	bool in_hardirq;
	struct completion done;
};

static enum hrtimer_restart mock_irq_timer(struct hrtimer *timer)
{
	struct mock_irq_caller *caller = container_of(timer, struct mock_irq_caller, timer);

	caller->in_hardirq = in_hardirq();
	caller->function(caller->arg);
	complete(&caller->done);
	return HRTIMER_NORESTART;
}

void mock_irq_call(struct kunit *test, void (*function)(void *arg), void *arg)
{
	struct mock_irq_caller caller = { .function = function, .arg = arg };
	bool came;

	init_completion(&caller.done);
	hrtimer_setup_on_stack(&caller.timer, mock_irq_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_start(&caller.timer, ns_to_ktime(50 * NSEC_PER_USEC), HRTIMER_MODE_REL);
	came = wait_for_completion_timeout(&caller.done, MOCK_PATIENCE);
	hrtimer_cancel(&caller.timer);
	destroy_hrtimer_on_stack(&caller.timer);
	KUNIT_ASSERT_TRUE_MSG(test, came, "a timer did not expire");
	KUNIT_EXPECT_TRUE(test, caller.in_hardirq);
}

static u64 mock_seed(struct kunit *test)
{
	u64 value = seed ?: get_random_u32();

	kunit_info(test, "seed=%llu\n", value);
	return value;
}

void mock_random_init(struct kunit *test, struct rnd_state *random)
{
	prandom_seed_state(random, mock_seed(test));
}

u32 mock_random(struct rnd_state *random, u32 below)
{
	return prandom_u32_state(random) % below;
}

static int mock_thread_function(void *arg)
{
	struct mock_thread *thread = arg;

	thread->function(thread);
	complete(&thread->done);
	return 0;
}

void mock_threads_start(struct kunit *test, struct mock_thread *threads, unsigned int n)
{
	u64 base = mock_seed(test);
	unsigned int i, made;

	for (made = 0; made < n; made++) {
		struct mock_thread *thread = &threads[made];

		thread->index = made;
		prandom_seed_state(&thread->random, base + made);
		init_completion(&thread->done);
		thread->task = kthread_create(mock_thread_function, thread, "mock/%u", made);
		if (IS_ERR(thread->task))
			break;
		if (thread->bound)
			kthread_bind(thread->task,
				     cpumask_nth(made % num_online_cpus(), cpu_online_mask));
		/* For the join, which may come after the thread has ended. */
		get_task_struct(thread->task);
	}
	if (made < n) {
		for (i = 0; i < made; i++) {
			kthread_stop_put(threads[i].task);
			threads[i].task = NULL;
		}
		KUNIT_FAIL_AND_ABORT(test, "could not start %u threads", n);
	}
	for (i = 0; i < n; i++)
		wake_up_process(threads[i].task);
}

void mock_threads_asleep(struct kunit *test, struct mock_thread *threads, unsigned int n)
{
	unsigned long until = jiffies + MOCK_PATIENCE;
	unsigned int i;

	/* It was woken up to begin, so it sleeps only where it waits itself. */
	for (i = 0; i < n; i++)
		while (!completion_done(&threads[i].done) && task_is_running(threads[i].task) &&
		       time_before(jiffies, until))
			usleep_range(200, 500);
	KUNIT_EXPECT_TRUE_MSG(test, time_before(jiffies, until), "threads do not come to wait");
}

void mock_threads_join(struct kunit *test, struct mock_thread *threads, unsigned int n)
{
	bool ended = true;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!wait_for_completion_timeout(&threads[i].done, 3 * MOCK_PATIENCE)) {
			kunit_err(test, "thread %u does not end\n", i);
			ended = false;
			continue;
		}
		kthread_stop_put(threads[i].task);
	}
	if (!ended) {
		mock_device_show(test->priv);
		KUNIT_FAIL_AND_ABORT(test, "threads do not end");
	}
}

void mock_threads_run(struct kunit *test, struct mock_thread *threads, unsigned int n)
{
	mock_threads_start(test, threads, n);
	mock_threads_join(test, threads, n);
}

#if IS_ENABLED(CONFIG_FAILSLAB) && IS_ENABLED(CONFIG_FAULT_INJECTION_DEBUG_FS)
/*
 * Allocations that may sleep fail only if a flag of failslab says so. That is a file in
 * debugfs, and debugfs need not be mounted while tests run, so go to the variable behind
 * the file.
 */
static void *mock_failslab_variable(const char *name)
{
	struct dentry *folder = debugfs_lookup("failslab", NULL);
	struct dentry *file = folder ? debugfs_lookup(name, folder) : NULL;
	void *variable = file ? d_inode(file)->i_private : NULL;

	dput(file);
	dput(folder);
	return variable;
}

static bool mock_failslab_ignored;
static unsigned long mock_failslab_verbose;

static void mock_fail_restore(void *unused)
{
	bool *ignore = mock_failslab_variable("ignore-gfp-wait");
	unsigned long *verbose = mock_failslab_variable("verbose");

	*ignore = mock_failslab_ignored;
	*verbose = mock_failslab_verbose;
}

void mock_fail_begin(struct kunit *test)
{
	bool *ignore = mock_failslab_variable("ignore-gfp-wait");
	unsigned long *verbose = mock_failslab_variable("verbose");

	if (!ignore || !verbose)
		kunit_skip(test, "no failslab in debugfs");
	mock_failslab_ignored = *ignore;
	mock_failslab_verbose = *verbose;
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, mock_fail_restore, NULL), 0);
	*ignore = false;
	/* 1 is what somebody asks for who counts the lines; no stack dump in any case. */
	if (*verbose != 1)
		*verbose = 0;
}

void mock_fail_nth(unsigned int n)
{
	WRITE_ONCE(current->fail_nth, n);
}

bool mock_fail_end(void)
{
	bool came = !READ_ONCE(current->fail_nth);

	WRITE_ONCE(current->fail_nth, 0);
	return came;
}
#else
void mock_fail_begin(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_FAILSLAB and CONFIG_FAULT_INJECTION_DEBUG_FS");
}

void mock_fail_nth(unsigned int n)
{
}

bool mock_fail_end(void)
{
	return false;
}
#endif
