// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What is wrong with the design of the older scheduler of the kernel, one test for each
 * entry of a list of its known problems, by the number it has there.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "mock_device.h"

#define N_JOBS 8

/* Creates and arms that many jobs of a queue; the test keeps their fences. */
static void arm_jobs(struct kunit *test, struct mock_queue *queue, struct mock_job **jobs,
		     struct dma_fence **fences, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		mock_job_arm(jobs[i]);
		fences[i] = mock_job_fence(jobs[i]);
	}
}

static void put_fences(struct dma_fence **fences, unsigned int n)
{
	while (n--)
		dma_fence_put(fences[n]);
}

/*
 * There, tearing a scheduler down forgets the jobs in flight: they leak, and their hardware
 * fences signal into freed memory. Here the queue stays until the last of them is over,
 * without anybody waiting.
 */
static void row_01_pending_jobs_at_teardown(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, N_JOBS / 2);
	struct dma_fence *fences[N_JOBS];
	struct mock_job *jobs[N_JOBS];
	int i;

	arm_jobs(test, queue, jobs, fences, N_JOBS);
	for (i = 0; i < N_JOBS; i++)
		mock_job_push(jobs[i]);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == N_JOBS / 2);
	for (i = 0; i < N_JOBS; i++)
		mock_job_put(jobs[i]);
	mock_queue_put(queue);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->finished), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->fini), 0);
	for (i = 0; i < N_JOBS; i++) {
		MOCK_ASSERT_SOON(test, dev, mock_device_advance(dev, 1) == 1);
		KUNIT_EXPECT_EQ(test, mock_fence_wait(test, fences[i]), 1);
	}
	mock_device_flush(test, dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->jobs_released), N_JOBS);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), 1);
	put_fences(fences, N_JOBS);
}

/*
 * There, cancelling goes through the jobs backwards, and so signals their fences, and misses
 * those that never ran. Here fences of a queue signal in their order, in whichever order
 * the driver gives its jobs up, and the others are cancelled behind them.
 */
static void row_02_cancelling_keeps_order(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, N_JOBS / 2);
	struct dma_fence *fences[N_JOBS];
	struct mock_job *jobs[N_JOBS];
	int i;

	arm_jobs(test, queue, jobs, fences, N_JOBS);
	for (i = 0; i < N_JOBS; i++)
		mock_job_push(jobs[i]);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == N_JOBS / 2);
	mock_queue_kill(queue);
	for (i = N_JOBS / 2 - 1; i >= 0; i--) {
		KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
		KUNIT_EXPECT_TRUE(test, mock_job_fail(jobs[i], -EIO));
	}
	for (i = 0; i < N_JOBS; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]),
				i < N_JOBS / 2 ? -EIO : -ECANCELED);
	for (i = 1; i < N_JOBS; i++)
		KUNIT_EXPECT_GT(test, mock_log_find(dev, MOCK_FINISHED, queue->id, i),
				mock_log_find(dev, MOCK_FINISHED, queue->id, i - 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), N_JOBS / 2);
	put_fences(fences, N_JOBS);
}

/*
 * There, an entity has to die before its scheduler, and what is left of the two points to
 * the one that is gone. Here they are one object, which jobs keep: one that was made before
 * the last put can still be filled in, armed and pushed.
 */
static void row_04_jobs_outlive_users(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence = mock_fence_create(test);

	mock_queue_put(queue);
	KUNIT_EXPECT_NULL(test, drm_dep_queue_get_unless_zero(&queue->base));
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, fence), 0);
	mock_job_submit(job);
	mock_fence_signal(fence, 0);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == 1);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	/* The last thing that keeps the queue. */
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->queues_released), 0);
	mock_job_put(job);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == 1);
}

struct name_reader {
	struct dma_fence **fences;
	unsigned int n;
	bool stop;
};

static void read_names(struct mock_thread *thread)
{
	struct name_reader *reader = thread->arg;
	const char __rcu *driver;
	const char __rcu *timeline;
	char names[64];
	unsigned int i;

	while (!READ_ONCE(reader->stop)) {
		for (i = 0; i < reader->n; i++) {
			rcu_read_lock();
			driver = dma_fence_driver_name(reader->fences[i]);
			timeline = dma_fence_timeline_name(reader->fences[i]);
			snprintf(names, sizeof(names), "%s %s", rcu_dereference(driver),
				 rcu_dereference(timeline));
			rcu_read_unlock();
		}
		cond_resched();
	}
}

/*
 * There, the name of a fence is read out of a scheduler that may be gone. Here somebody
 * reads the names of fences all the time while they signal and their queues are freed.
 */
static void row_05_names_at_any_time(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct dma_fence *fences[2 * N_JOBS];
	struct mock_thread thread = { .function = read_names };
	struct name_reader reader = { .fences = fences, .n = ARRAY_SIZE(fences) };
	struct mock_job *jobs[ARRAY_SIZE(fences)];
	int i;

	for (i = 0; i < ARRAY_SIZE(fences); i += 2) {
		struct mock_queue *queue = mock_queue_create(test, 2);

		arm_jobs(test, queue, &jobs[i], &fences[i], 2);
		mock_queue_put(queue);
	}
	thread.arg = &reader;
	mock_threads_start(test, &thread, 1);
	for (i = 0; i < ARRAY_SIZE(fences); i++) {
		jobs[i]->duration_us = 10 * i;
		jobs[i]->at_once = !i;
		mock_job_push(jobs[i]);
		mock_job_put(jobs[i]);
	}
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->queues_released) == N_JOBS);
	WRITE_ONCE(reader.stop, true);
	mock_threads_join(test, &thread, 1);
	put_fences(fences, ARRAY_SIZE(fences));
}

/*
 * There, a job that is pushed to a killed entity lies in its queue, and nobody signals its
 * fence. Here it finishes like those that were pushed before.
 */
static void row_06_push_after_kill(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct dma_fence *fences[N_JOBS], *dependency;
	struct mock_job *jobs[N_JOBS];
	int i;

	dependency = mock_fence_create(test);
	for (i = 0; i < N_JOBS; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		if (i == N_JOBS / 2)
			KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[i], dependency), 0);
		if (i == 1)
			mock_queue_kill(queue);
		mock_job_arm(jobs[i]);
		fences[i] = mock_job_fence(jobs[i]);
	}
	mock_queue_kill(queue);
	for (i = 0; i < N_JOBS; i++)
		mock_job_push(jobs[i]);
	for (i = 0; i < N_JOBS / 2; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), -ECANCELED);
	KUNIT_EXPECT_FALSE(test, mock_job_is_finished(jobs[i]));
	mock_fence_signal(dependency, 0);
	for (; i < N_JOBS; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->ran), 0);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	put_fences(fences, N_JOBS);
}

static void kill_private(struct mock_job *job)
{
	mock_queue_kill(job->private);
}

static void complete_job(void *arg)
{
	if (!mock_job_complete(arg))
		mock_violation(((struct mock_job *)arg)->dev, "the job is not in flight");
}

/*
 * There, a kill takes, in the callback of a fence, locks that others hold while they take
 * that of the fence. Here a queue is killed in a callback of the very fence that its jobs
 * wait for, in a hard interrupt, before and after the callbacks of those jobs.
 */
static void row_07_kill_in_callback(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *producers = mock_queue_create(test, 1);
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_job *producer = mock_job_create(test, producers, 1);
	struct mock_job *jobs[N_JOBS];
	int i;

	producer->on_finished = kill_private;
	producer->private = queue;
	mock_job_arm(producer);
	for (i = 0; i < N_JOBS; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[i],
						      drm_dep_job_finished_fence(&producer->base)),
				0);
		mock_job_submit(jobs[i]);
	}
	mock_job_push(producer);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->ran) == 1);
	mock_irq_call(test, complete_job, producer);
	/* The kill came first in the list of callbacks. */
	for (i = 0; i < N_JOBS; i++)
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[i]), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
}

static void kill_queue(void *arg)
{
	mock_queue_kill(arg);
}

/*
 * There, to kill is to wait for all that the killed jobs depend on, however foreign and
 * slow. Here it returns at once, from a hard interrupt, too; and still no fence signals
 * before those that its job was to wait for.
 */
static void row_08_kill_does_not_wait(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct dma_fence *foreign = mock_fence_create(test);
	struct mock_job *jobs[3];
	int i;

	for (i = 0; i < 3; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		if (i == 1)
			KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[i], foreign), 0);
		mock_job_submit(jobs[i]);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
	mock_irq_call(test, kill_queue, queue);
	KUNIT_EXPECT_TRUE(test, drm_dep_queue_is_killed(&queue->base));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->killed) == 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[0]));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), 1);
	mock_settle();
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 1);
	mock_fence_signal(foreign, -EIO);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), -ECANCELED);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[2]), -ECANCELED);
}

#define N_PUSHED 150

/* Looks at the first job of the queue, in every way that a driver has. */
static void look_at_head(struct mock_thread *thread)
{
	struct mock_queue *queue = thread->arg;
	struct mock_device *dev = queue->dev;
	int i;

	for (i = 0; i < N_PUSHED && atomic_read(&dev->jobs_released) < N_PUSHED; i++) {
		mock_queue_set_credit_limit(queue, 2 + i % 3);
		mock_device_advance(dev, 1);
		if (i % 16 == 0) {
			mock_queue_stop(queue);
			mock_queue_start(queue);
		}
		cond_resched();
	}
}

/*
 * There, a push looked at the first job to see whether it fits, and the job could have run
 * and be gone by then. Here jobs that complete at once, and are released then, are pushed
 * while others look whether the queue has something to run.
 */
static void row_09_push_races_with_end(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_thread threads[2] = {
		{ .function = look_at_head, .arg = queue },
		{ .function = look_at_head, .arg = queue },
	};
	int i;

	mock_threads_start(test, threads, ARRAY_SIZE(threads));
	for (i = 0; i < N_PUSHED; i++) {
		struct mock_job *job = mock_job_create(test, queue, 1);

		job->at_once = true;
		mock_job_submit(job);
		mock_job_put(job);
	}
	mock_threads_join(test, threads, ARRAY_SIZE(threads));
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == N_PUSHED);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), N_PUSHED);
}

static int complete_and_say_slow(struct mock_job *job)
{
	/* It was only slow: it completes as the driver looks. */
	if (job->timeouts == 3)
		mock_job_complete(job);
	return DRM_DEP_TIMEOUT_NOT_HUNG;
}

/*
 * There, a job that has timed out is off the list; if the driver finds that it is not hung,
 * it has to say so, or nobody frees it, and freeing it raced with the handler. Here it stays
 * where it is, whatever the handler says, and also if it completes right then.
 */
static void row_10_slow_job_is_not_lost(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 2,
		.timeout_ms = 20,
	});
	struct mock_job *job, *next;

	queue->on_timedout = complete_and_say_slow;
	job = mock_job_submit_one(test, queue);
	next = mock_job_create(test, queue, 1);
	next->duration_us = 1;
	mock_job_submit(next);
	/* The second one is done early, and waits for the first. */
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, next), 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->timedout) == 3);
	mock_job_put(job);
	mock_job_put(next);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->jobs_released) == 2);
}

static void note_release(struct mock_job *job)
{
	atomic_inc(job->private);
}

/* The device is beyond help: everything is given up while the job is looked at. */
static int give_up(struct mock_job *job)
{
	struct mock_queue *queue = job->queue;
	struct mock_device *dev = job->dev;

	mock_queue_kill(queue);
	mock_job_fail(job, -ETIME);
	if (!mock_soon(dev, atomic_read(&queue->finished) == N_JOBS))
		mock_violation(dev, "jobs that were not run do not finish");
	/* All but this one are free to go. */
	if (!mock_soon(dev, atomic_read(&dev->jobs_released) == N_JOBS - 1))
		mock_violation(dev, "jobs that were not run are not released");
	if (atomic_read((atomic_t *)job->private))
		mock_violation(dev, "the job is released while its handler has it");
	if (!drm_dep_job_is_finished(&job->base))
		mock_violation(dev, "the job has not finished");
	return DRM_DEP_TIMEOUT_DEVICE_GONE;
}

/*
 * There, jobs that had not started were overlooked at a timeout, and giving the device up
 * inside the handler freed the job that the handler was for. Here they are cancelled, and
 * the job stays until its handler has returned, although nobody else keeps it.
 */
static void row_12_give_up_in_timeout(struct kunit *test)
{
	atomic_t *released = kunit_kzalloc(test, sizeof(*released), GFP_KERNEL);
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 1,
		.timeout_ms = 20,
	});
	struct dma_fence *fences[N_JOBS];
	struct mock_job *jobs[N_JOBS];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, released);
	queue->on_timedout = give_up;
	arm_jobs(test, queue, jobs, fences, N_JOBS);
	jobs[0]->on_release = note_release;
	jobs[0]->private = released;
	for (i = 0; i < N_JOBS; i++) {
		mock_job_push(jobs[i]);
		mock_job_put(jobs[i]);
	}
	for (i = 0; i < N_JOBS; i++)
		KUNIT_EXPECT_EQ(test, mock_fence_wait(test, fences[i]), i ? -ECANCELED : -ETIME);
	MOCK_EXPECT_SOON(test, dev, atomic_read(released) == 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&dev->timedout) == 1);
	put_fences(fences, N_JOBS);
}

/*
 * There, the reference of the hardware fence changes owner in a way that nobody got right,
 * at a second run least of all. Here each run_job gives one, which is put once, and the fence
 * of an earlier run is given back when there is another.
 */
static void row_13_reference_of_hardware_fence(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct dma_fence *first, *second;
	struct mock_queue *queue;
	struct mock_job *job;

	dev->mode.hw_fence = true;
	queue = mock_queue_create(test, 1);
	job = mock_job_create(test, queue, 1);
	first = dma_fence_get(job->hw_fence);
	mock_job_submit(job);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));

	mock_queue_stop(queue);
	KUNIT_EXPECT_EQ(test, mock_queue_reset(queue), 1);
	/* The same again, and then another one. */
	KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 1);
	KUNIT_EXPECT_EQ(test, mock_queue_reset(queue), 1);
	KUNIT_ASSERT_EQ(test, mock_job_renew_hw_fence(job), 0);
	KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 1);
	second = dma_fence_get(job->hw_fence);
	KUNIT_EXPECT_PTR_NE(test, first, second);
	/* Only the test has it. */
	KUNIT_EXPECT_EQ(test, kref_read(&first->refcount), 1);
	mock_fence_signal(first, -EIO);
	mock_queue_start(queue);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->finished), 0);

	mock_device_advance(dev, 1);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	mock_job_put(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&dev->jobs_released) == 1);
	KUNIT_EXPECT_EQ(test, kref_read(&second->refcount), 1);
	dma_fence_put(first);
	dma_fence_put(second);
}

/*
 * There, a job that is to run again gets new fences, which have to be allocated in the
 * middle of a reset, so that was given up. Here its fence is what it was, with those who
 * wait for it.
 */
static void row_14_run_again_with_same_fence(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 4);
	struct mock_queue *waiting = mock_queue_create(test, 1);
	struct mock_job *waiter = mock_job_create(test, waiting, 1);
	struct dma_fence *fences[4];
	struct mock_job *jobs[4];
	u64 seqno;
	int i;

	arm_jobs(test, queue, jobs, fences, 4);
	seqno = fences[3]->seqno;
	KUNIT_ASSERT_EQ(test, mock_job_depend(waiter, fences[3]), 0);
	mock_job_submit(waiter);
	for (i = 0; i < 4; i++)
		mock_job_push(jobs[i]);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[3]));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(jobs[0]));

	mock_queue_stop(queue);
	KUNIT_EXPECT_EQ(test, mock_queue_reset(queue), 3);
	KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 3);
	mock_queue_start(queue);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_PTR_EQ(test, fences[i], drm_dep_job_finished_fence(&jobs[i]->base));
	KUNIT_EXPECT_EQ(test, fences[3]->seqno, seqno);
	KUNIT_EXPECT_EQ(test, atomic_read(&waiting->ran), 0);
	KUNIT_EXPECT_EQ(test, mock_device_advance(dev, 3), 3);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[3]), 1);
	MOCK_EXPECT_SOON(test, dev, atomic_read(&waiting->ran) == 1);
	put_fences(fences, 4);
}

#define N_FEW 128
#define N_MANY 2048

/*
 * Nanoseconds for the quickest of the last N_FEW of @n dependencies of a job: on a busy machine
 * one of them was not interrupted.
 */
static u64 time_dependencies(struct kunit *test, struct mock_queue *queue,
			     struct dma_fence **fences, unsigned int n)
{
	struct mock_job *job = mock_job_create(test, queue, 1);
	u64 began, quickest = U64_MAX;
	int i, ret;

	for (i = 0; i < n; i++) {
		began = ktime_get_ns();
		ret = drm_dep_job_add_dependency(&job->base, dma_fence_get(fences[i]));
		if (i >= n - N_FEW)
			quickest = min(quickest, ktime_get_ns() - began);
		KUNIT_ASSERT_EQ(test, ret, 0);
	}
	mock_job_put(job);
	return quickest;
}

/*
 * There, each dependency is compared with all others, and a chain is waited for link by
 * link. Here one costs about the same among many as among few, and a chain is taken apart.
 */
static void row_17_many_dependencies(struct kunit *test)
{
	struct dma_fence **fences = kunit_kcalloc(test, N_MANY, sizeof(*fences), GFP_KERNEL);
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct dma_fence *chain = NULL;
	struct mock_job *job;
	u64 among_few = U64_MAX, among_many = U64_MAX;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, fences);
	for (i = 0; i < N_MANY; i++)
		fences[i] = mock_fence_create(test);
	for (i = 0; i < 3; i++) {
		among_few = min(among_few, time_dependencies(test, queue, fences, N_FEW));
		among_many = min(among_many, time_dependencies(test, queue, fences, N_MANY));
	}
	kunit_info(test, "%llu ns among few, %llu ns among many\n", among_few, among_many);
	/* Compared with one another these would cost 30 times as much. */
	KUNIT_EXPECT_LT(test, among_many, 6 * among_few + 1000);

	for (i = 0; i < N_FEW; i++)
		chain = mock_fence_chain(test, chain, fences[i], i + 1);
	job = mock_job_create(test, queue, 1);
	dev->hold_dependencies = false;
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, chain), 0);
	KUNIT_EXPECT_EQ(test, kref_read(&chain->refcount), 1);
	dma_fence_put(chain);
	mock_job_submit(job);
	for (i = N_FEW - 1; i >= 0; i--) {
		KUNIT_EXPECT_EQ(test, atomic_read(&queue->ran), 0);
		mock_fence_signal(fences[i], 0);
	}
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 1);
}

struct probe_work {
	struct work_struct work;
	bool reclaim;
};

static void probe_workqueue(struct work_struct *work)
{
	container_of(work, struct probe_work, work)->reclaim = current_is_workqueue_mem_reclaim();
}

static void expect_reclaim(struct kunit *test, struct workqueue_struct *wq)
{
	struct probe_work probe = {};

	INIT_WORK_ONSTACK(&probe.work, probe_workqueue);
	queue_work(wq, &probe.work);
	flush_work(&probe.work);
	destroy_work_on_stack(&probe.work);
	KUNIT_EXPECT_TRUE(test, probe.reclaim);
}

/*
 * There, nothing says that memory reclaim waits for the work items that run jobs, so that
 * one which allocates goes unseen until it deadlocks. Here every workqueue that jobs run on
 * is one that reclaim can wait for; that lockdep knows, too, other tests show.
 */
static void row_19_reclaim_workqueues(struct kunit *test)
{
	struct workqueue_struct *plain = alloc_workqueue("drm_dep_test", WQ_UNBOUND, 0);
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_queue *own = mock_queue_create_with(test, &(struct mock_queue_options) {
		.workqueue = mock_run_workqueue_create(test, true),
		.timeout_workqueue = mock_timeout_workqueue_create(test, false),
	});
	struct drm_dep_workqueue *adopted;

	expect_reclaim(test, drm_dep_queue_workqueue(&queue->base));
	expect_reclaim(test, drm_dep_queue_timeout_workqueue(&queue->base));
	expect_reclaim(test, drm_dep_queue_workqueue(&own->base));
	expect_reclaim(test, drm_dep_queue_timeout_workqueue(&own->base));

	KUNIT_ASSERT_NOT_NULL(test, plain);
	adopted = drm_dep_adopt_workqueue(plain, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(adopted), -EINVAL);
	if (!IS_ERR(adopted))
		drm_dep_destroy_workqueue(adopted);
	destroy_workqueue(plain);
}

/*
 * There, the time of a job begins when it becomes the first of a list, and the limit was
 * for whatever that meant. Here it begins when the job before is done, for a job that was
 * handed over while that was running; what it waited for before does not count.
 */
static void row_21_timeout_measures_running(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 2,
		.timeout_ms = 80,
	});
	struct dma_fence *dependency = mock_fence_create(test);
	struct mock_job *jobs[3];
	ktime_t from;
	int i;

	for (i = 0; i < 3; i++) {
		jobs[i] = mock_job_create(test, queue, 1);
		if (!i)
			KUNIT_ASSERT_EQ(test, mock_job_depend(jobs[i], dependency), 0);
		mock_job_submit(jobs[i]);
	}
	/* The first one is first for longer than the limit, but does not run. */
	msleep(120);
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->timedout), 0);
	mock_fence_signal(dependency, 0);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->ran) == 2);
	/* The second one is in flight, but not yet running. */
	msleep(40);
	from = ktime_get();
	if (!mock_job_complete(jobs[0])) {
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[0]), -ETIME);
		kunit_skip(test, "this machine is too slow");
	}
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, jobs[1]), -ETIME);
	/* Jiffies are what timers count in. */
	KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), from) + jiffies_to_msecs(1), 80);
	KUNIT_EXPECT_EQ(test, queue->timedout_job, 1);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(jobs[2]));
	mock_job_complete(jobs[2]);
	mock_job_wait(test, jobs[2]);
}

static struct kunit_case drm_dep_rows_cases[] = {
	KUNIT_CASE_PARAM(row_01_pending_jobs_at_teardown, mock_mode_gen_params),
	KUNIT_CASE_PARAM(row_02_cancelling_keeps_order, mock_mode_gen_params),
	KUNIT_CASE_PARAM(row_04_jobs_outlive_users, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(row_05_names_at_any_time, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(row_06_push_after_kill, mock_mode_gen_params),
	KUNIT_CASE_PARAM(row_07_kill_in_callback, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(row_08_kill_does_not_wait, mock_mode_gen_params),
	KUNIT_CASE_PARAM(row_09_push_races_with_end, mock_mode_gen_params),
	KUNIT_CASE_PARAM(row_10_slow_job_is_not_lost, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(row_12_give_up_in_timeout, mock_mode_gen_params),
	KUNIT_CASE_PARAM(row_13_reference_of_hardware_fence, mock_flags_gen_params),
	KUNIT_CASE_PARAM(row_14_run_again_with_same_fence, mock_mode_gen_params),
	KUNIT_CASE(row_17_many_dependencies),
	KUNIT_CASE(row_19_reclaim_workqueues),
	KUNIT_CASE_PARAM(row_21_timeout_measures_running, mock_pairs_gen_params),
	{}
};

static struct kunit_suite drm_dep_rows_suite = {
	.name = "drm_dep_rows",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_rows_cases,
};

kunit_test_suite(drm_dep_rows_suite);
