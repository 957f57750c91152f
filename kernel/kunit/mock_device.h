/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _MOCK_DEVICE_H_
#define _MOCK_DEVICE_H_

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include <drm/drm_dep.h>
#include <drm/drm_device.h>
#include <kunit/test.h>

#include "mock_context.h"
#include "mock_fence.h"

struct faux_device;

/*
 * A device with queues whose hardware is a list: run_job puts a job on it, and the
 * job is complete when the test says so (mock_device_advance(), mock_job_complete()),
 * or when the job's own timer expires, in hard interrupt context. A job is completed
 * by a hardware fence or by drm_dep_job_done(), as the test's parameter says.
 *
 * Some rules hold in every test, so they are checked in every test, by the ops and
 * by a callback on each finished fence: jobs run in the order in which they were
 * armed, one at a time, once, after the dependencies that mock_job_depend() noted,
 * and within the credit limit; fences signal in the order in which the jobs were
 * armed; releases come in their order, and from a context that may sleep. What breaks
 * a rule calls mock_violation(), and the test fails when it ends.
 *
 * At the end of a test, whether it succeeded or not, mock_device_exit() gives back
 * what the test still owns, completes what is in flight, waits for everything to be
 * released, and compares the counts. If something never comes, it says what, and
 * leaks it.
 */

/* How a job is completed; the parameter of most tests. */
enum mock_completion {
	MOCK_JOB_DONE,
	MOCK_HW_FENCE,
};

const void *mock_completion_gen_params(struct kunit *test, const void *prev, char *desc);

/*
 * How long anything may take that must happen. Long, as only a failure waits for it; after
 * the first failure of a test, mock_patience() is short, as the others mostly follow from
 * it.
 */
#define MOCK_PATIENCE (10 * HZ)
unsigned long mock_patience(struct mock_device *dev);

enum mock_event_kind {
	MOCK_RUN,
	MOCK_FINISHED,
	MOCK_JOB_RELEASE,
	MOCK_QUEUE_FINI,
	MOCK_QUEUE_RELEASE,
};

struct mock_event {
	u8 kind;
	u16 queue;
	u32 job;
};

#define MOCK_LOG_SIZE 2048

/* What one test works with. */
struct mock_device {
	struct drm_device drm;
	struct faux_device *faux;
	/* NULL when the test has given up. */
	struct kunit *test;
	/* Of new jobs. */
	enum mock_completion completion;
	/* mock_job_depend() keeps what is of other queues, to check it in run_job. */
	bool hold_dependencies;
	/* Woken up after each event; see MOCK_EXPECT_SOON(). */
	wait_queue_head_t changed;
	/* How many exist. */
	atomic_t jobs, queues;
	/* How many jobs have got so far. */
	atomic_t ran, finished, jobs_released;
	/* How many queues have got so far. */
	atomic_t fini, queues_released;
	/* Only the mock device uses what follows. */
	atomic_t violations;
	bool shutdown;
	u32 next_queue;
	/* Of the lists and the log; innermost. */
	spinlock_t lock;
	struct list_head hw_jobs;
	struct list_head owned_jobs;
	struct list_head owned_queues;
	struct list_head fences;
	u32 log_count;
	struct mock_event log[MOCK_LOG_SIZE];
};

/* A queue of the mock device. */
struct mock_queue {
	struct drm_dep_queue base;
	struct mock_device *dev;
	/* Its number, from 0. */
	u32 id;
	char name[16];
	/* Of its finished fences, from the first arm on. */
	u64 context;
	u32 credit_limit;
	/* How many jobs were created, and armed. */
	u32 created, armed;
	/* How many jobs ran, finished, and exist. */
	atomic_t ran, finished, jobs;
	/* In flight. */
	atomic64_t credits;
	/* The test's; called by the ops, and release frees the queue afterwards. */
	void (*on_fini)(struct mock_queue *queue);
	void (*on_release)(struct mock_queue *queue);
	void *private;
	/* Only the mock device uses what follows. */
	atomic_t running;
	u32 run_next;
	u32 fini_calls;
	bool has_fini;
	struct list_head owned;
};

/*
 * A job of the mock device. What the hardware is to make of it is set between
 * mock_job_create() and mock_job_push().
 */
struct mock_job {
	struct drm_dep_job base;
	struct mock_device *dev;
	struct mock_queue *queue;
	/* Its number in the queue, from 0, in the order of creation. */
	u32 id;
	u32 credits;
	enum mock_completion completion;
	/* It completes that long after it was handed over; 0: when told to. */
	u32 duration_us;
	/* It completes before run_job returns. */
	bool at_once;
	/* run_job fails with it. */
	int run_error;
	/* It completes with it. */
	int hw_error;
	/* The test's; called in run_job, in a callback of the finished fence, and in release. */
	void (*on_run)(struct mock_job *job);
	void (*on_finished)(struct mock_job *job);
	void (*on_release)(struct mock_job *job);
	void *private;
	/* What completes it, if that is its way. */
	struct dma_fence *hw_fence;
	/* What the core said in run_job. */
	u32 run_number;
	/* Only the mock device uses what follows. */
	u32 arm_index;
	bool armed, ran, returned, finished, told;
	struct hrtimer timer;
	struct dma_fence_cb finished_cb;
	struct dma_fence **deps;
	u32 n_deps;
	struct list_head hw_link;
	struct list_head owned;
};

#define to_mock_queue(queue) container_of(queue, struct mock_queue, base)
#define to_mock_job(job) container_of(job, struct mock_job, base)

/* The init and exit functions of every suite. */
int mock_device_init(struct kunit *test);
void mock_device_exit(struct kunit *test);

/* Says that a rule was broken; any context. The test fails when it ends. */
__printf(2, 3) void mock_violation(struct mock_device *dev, const char *format, ...);

/* drm_dep_flush(), but the test is aborted, and the flush left to itself, if it does not end. */
void mock_device_flush(struct kunit *test, struct mock_device *dev);

/* Prints what there is. */
void mock_device_show(struct mock_device *dev);

/*
 * The mock device loses its parent, and so all references but those that others have; not
 * to be touched after.
 */
void mock_device_unplug(struct kunit *test, struct mock_device *dev);

/*
 * Queues. create gives the test a user reference, which mock_queue_put() gives back; any
 * context. What ends in "new" may be called from any thread, and returns NULL after having
 * reported a violation; create aborts the test.
 */
struct mock_queue *mock_queue_new(struct mock_device *dev, u32 credit_limit, u32 nest_level,
				  bool has_fini);
struct mock_queue *mock_queue_create(struct kunit *test, u32 credit_limit);
struct mock_queue *mock_queue_create_nested(struct kunit *test, u32 credit_limit, u32 nest_level);
void mock_queue_put(struct mock_queue *queue);

/* What drm_dep_queue_init() is given; the memory of the queue is filled with rubbish. */
struct mock_queue *mock_queue_alloc(struct mock_device *dev, u32 credit_limit,
				    struct drm_dep_queue_init_args *args);

/* Jobs. The same with jobs; the reference may be given back at any time, in any context. */
struct mock_job *mock_job_new(struct mock_queue *queue, u32 credits);
struct mock_job *mock_job_create(struct kunit *test, struct mock_queue *queue, u32 credits);
void mock_job_put(struct mock_job *job);
struct mock_job *mock_job_alloc(struct mock_queue *queue, u32 credits,
				struct drm_dep_job_init_args *args);

/* Adds a dependency; the caller keeps its reference. */
int mock_job_depend(struct mock_job *job, struct dma_fence *fence);

/* Arms, and watches the finished fence; serialised by the caller per queue. */
void mock_job_arm(struct mock_job *job);
void mock_job_push(struct mock_job *job);
void mock_job_submit(struct mock_job *job);
/* Creates a job of one credit, and submits it. */
struct mock_job *mock_job_submit_one(struct kunit *test, struct mock_queue *queue);

/* The finished fence, with a reference. */
struct dma_fence *mock_job_fence(struct mock_job *job);
/*
 * Waits for it; the test goes on if it doesn't come. The fence's status, so 1 or an error.
 * A fence has signalled before its callbacks run; mock_job_wait() waits for that of the
 * mock device, too, and for run_job, so that the counts are right.
 */
int mock_fence_wait(struct kunit *test, struct dma_fence *fence);
int mock_job_wait(struct kunit *test, struct mock_job *job);
/* Whether its run_job has returned. */
bool mock_job_has_returned(struct mock_job *job);
/* Whether the finished fence has signalled; the job is armed. */
bool mock_job_is_finished(struct mock_job *job);

/*
 * The hardware: completes up to n jobs, in the order in which they were handed over, or a
 * certain one. Return how many were in flight, and so were completed. Any context.
 */
unsigned int mock_device_advance(struct mock_device *dev, unsigned int n);
bool mock_job_complete(struct mock_job *job);
/*
 * Takes a job from the hardware: the caller completes it. The hardware's reference, with
 * MOCK_JOB_DONE, is dropped.
 */
bool mock_job_take(struct mock_job *job);

/* The place of an event in the log, or -1. Ids that a kind doesn't have are ignored. */
int mock_log_find(struct mock_device *dev, enum mock_event_kind kind, u32 queue, u32 job);

/*
 * Waits for something that must happen; an event or a callback of the mock device brings it
 * about. EXPECT goes on after a failure, ASSERT aborts the test.
 */
#define mock_soon(dev, condition)                                             \
	(wait_event_timeout((dev)->changed, condition, mock_patience(dev)) != 0)

#define MOCK_EXPECT_SOON(test, dev, condition)                                \
do {                                                                          \
	if (!mock_soon(dev, condition)) {                                     \
		mock_device_show(dev);                                        \
		KUNIT_FAIL(test, "did not happen in time: %s", #condition);   \
	}                                                                     \
} while (0)

#define MOCK_ASSERT_SOON(test, dev, condition)                                \
do {                                                                          \
	if (!mock_soon(dev, condition)) {                                     \
		mock_device_show(dev);                                        \
		KUNIT_FAIL_AND_ABORT(test, "did not happen in time: %s",      \
				     #condition);                             \
	}                                                                     \
} while (0)

/*
 * Gives something that must not happen the time to happen. What is checked afterwards can
 * miss a fault, but can't find one that is none.
 */
void mock_settle(void);

#endif /* _MOCK_DEVICE_H_ */
