/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _MOCK_DEVICE_H_
#define _MOCK_DEVICE_H_

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include <drm/drm_dep.h>
#include <drm/drm_device.h>
#include <kunit/test.h>

#include "drm_dep_compat.h"
#include "mock_context.h"
#include "mock_fence.h"

struct faux_device;
struct mock_job;
struct mock_timer;
struct task_struct;

/*
 * A device with queues whose hardware is a list: run_job puts a job on it, and the
 * job is complete when the test says so (mock_device_advance(), mock_job_complete()),
 * or when the job's own timer expires, in hard interrupt context.
 *
 * How to write a suite
 *
 *	static void something(struct kunit *test)
 *	{
 *		struct mock_device *dev = test->priv;
 *		struct mock_queue *queue = mock_queue_create(test, 4);
 *		struct mock_job *job = mock_job_create(test, queue, 1);
 *
 *		job->duration_us = 100;
 *		mock_job_submit(job);
 *		KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
 *		MOCK_EXPECT_SOON(test, dev, atomic_read(&queue->ran) == 1);
 *	}
 *
 * The suite has .init = mock_device_init and .exit = mock_device_exit, and the case is
 * KUNIT_CASE_PARAM(something, mock_mode_gen_params): it runs once per struct mock_mode,
 * with and without DRM_DEP_QUEUE_BYPASS, with and without JOB_PUT_IRQ_SAFE, and with jobs
 * that drm_dep_job_done() completes or a hardware fence. A test whose parameter is another
 * one, or that has none, gets the plain mode, and may change dev->mode before it makes
 * queues and jobs.
 *
 * A queue that is not the usual one is made by mock_queue_create_with(): more flags, a
 * timeout, workqueues, a nest level, with prepare_job, without optional ops. What an op is
 * to do is set in the job or the queue: numbers, errors and hooks (on_...), which the ops
 * call in whatever context they are in. A hook in run_job, prepare_job and so on obeys the
 * rules of the run side; on_finished is in a fence callback; on_release of a job is in any
 * context at all if dev->mode.irq_put.
 *
 * What the ops count and the order of events (mock_log_find()) is there to be read. Waits
 * are for events, never for time to pass: MOCK_EXPECT_SOON().
 *
 * What the mock device checks by itself
 *
 * Some rules hold in every test, so they are checked in every test, by the ops and by a
 * callback on each finished fence. What breaks a rule calls mock_violation(), and the test
 * fails when it ends.
 *
 *  - Jobs run in the order in which they were armed, once, after the dependencies that
 *    mock_job_depend() noted, after what prepare_job returned, within the credit limit, and
 *    after all messages that were sent before the push. They run again only inside
 *    mock_job_resubmit() and mock_queue_resubmit(), in order, with a new run number.
 *  - prepare_job, run_job, process_message and killed of a queue are never two at once; not
 *    between mock_queue_stop() and mock_queue_start(); in a worker, or, with BYPASS and of
 *    the pushed job only, in its push; where they may sleep, unless RUN_ATOMIC.
 *  - After mock_queue_kill() has returned no more than the op that was about to begin
 *    begins, after killed none; killed comes exactly once. After mock_device_quiesce()
 *    has returned no op that touches the hardware begins.
 *  - timedout_job is called in a worker, one at a time per queue, not before its time, for a
 *    job that is in flight. set_deadline is called for jobs that ran.
 *  - Messages are processed as often as they were sent.
 *  - Fences signal once, in the order in which the jobs were armed, and not before the
 *    dependencies, cancelled or not.
 *  - Releases come in their order: jobs, fini, queue. All from a worker where they may sleep,
 *    but that of a job with JOB_PUT_IRQ_SAFE, which comes as it likes.
 *
 * For that the mock device has to know, so tests stop, start, kill, resubmit and so on by
 * the functions here (mock_queue_stop(), ...), not by those of the core. What it has no
 * function for, tests call directly (iterators, wait_idle, pause, get of a reference, ...).
 *
 * The end of a test
 *
 * Whether it succeeded or not, mock_device_exit() gives back what the test still owns,
 * starts what is stopped, completes what is in flight or lost, waits for everything to be
 * released, and compares the counts. If something never comes, it says what, and leaks it.
 */

/* How queues and jobs are made; the parameter of most tests. */
struct mock_mode {
	/* DRM_DEP_QUEUE_BYPASS, DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE. */
	bool bypass, irq_put;
	/* run_job returns a hardware fence; else drm_dep_job_done() completes. */
	bool hw_fence;
};

/* All eight of them. */
const void *mock_mode_gen_params(struct kunit *test, const void *prev, char *desc);
/*
 * Four of them, in which any two of the three still meet in every way: for tests to which they
 * hardly matter, as each takes its time.
 */
const void *mock_pairs_gen_params(struct kunit *test, const void *prev, char *desc);
/* Only those with job_done, for tests whose completion is always of one kind. */
const void *mock_flags_gen_params(struct kunit *test, const void *prev, char *desc);

/*
 * How long anything may take that must happen. Long, as only a failure waits for it; after
 * the first failure of a test, mock_patience() is short, as the others mostly follow from
 * it.
 */
#define MOCK_PATIENCE (30 * HZ)
unsigned long mock_patience(struct mock_device *dev);
/* Changes with whatever happens; as long as it does, a slow machine is no failure. */
u32 mock_progress(struct mock_device *dev);

enum mock_event_kind {
	/* Of a job. */
	MOCK_PREPARE,
	MOCK_RUN,
	MOCK_RERUN,
	MOCK_TIMEDOUT,
	MOCK_DEADLINE,
	MOCK_FINISHED,
	MOCK_JOB_RELEASE,
	/* Of a message. */
	MOCK_MESSAGE,
	/* Of a queue. */
	MOCK_KILLED,
	MOCK_QUEUE_FINI,
	MOCK_QUEUE_RELEASE,
};

struct mock_event {
	u8 kind;
	u16 queue;
	u32 id;
};

#define MOCK_LOG_SIZE 2048

/* What one test works with. */
struct mock_device {
	struct drm_device drm;
	struct faux_device *faux;
	/* NULL when the test has given up. */
	struct kunit *test;
	/* Of new queues and new jobs. */
	struct mock_mode mode;
	/* Of new jobs. */
	u64 client_id;
	/* mock_job_depend() keeps what is of other queues, to check it in run_job. */
	bool hold_dependencies;
	/* Woken up after each event; see MOCK_EXPECT_SOON(). */
	wait_queue_head_t changed;
	/* How many exist. */
	atomic_t jobs, queues;
	/* How many jobs have got so far; and how often one ran again. */
	atomic_t ran, reran, finished, jobs_released;
	/* How many queues have got so far. */
	atomic_t fini, queues_released;
	/* How often these ops were called. */
	atomic_t prepared, timedout, messages, killed, deadlines;
	/* Only the mock device uses what follows. */
	atomic_t violations;
	bool shutdown, quiesced;
	u32 next_queue;
	/* Of the lists, the log, and what the hardware knows of a job; innermost. */
	spinlock_t lock;
	struct list_head hw_jobs;
	struct list_head lost_jobs;
	struct list_head owned_jobs;
	struct list_head owned_queues;
	struct list_head pending_finis;
	struct list_head own_messages;
	struct list_head workqueues;
	struct list_head fences;
	u32 log_count;
	struct mock_event log[MOCK_LOG_SIZE];
};

/* What a queue is to be like; all 0 is a queue of one credit. */
struct mock_queue_options {
	/* How many may be in flight; 0: 1. */
	u32 credits;
	/* DRM_DEP_QUEUE_*, beside those of the mode. */
	u32 flags;
	u32 timeout_ms;
	u32 nest_level;
	/* See mock_run_workqueue_create(). */
	struct drm_dep_workqueue *workqueue, *timeout_workqueue;
	/* With prepare_job; without the ops that are optional. */
	bool prepare;
	bool no_timedout, no_message, no_killed, no_deadline, no_fini;
};

/* A queue of the mock device. */
struct mock_queue {
	struct drm_dep_queue base;
	struct drm_dep_queue_ops ops;
	struct mock_device *dev;
	/* Its number, from 0. */
	u32 id;
	char name[16];
	/* DRM_DEP_QUEUE_* */
	u32 flags;
	/* Of its finished fences, from the first arm on. */
	u64 context;
	u32 credit_limit;
	/* How many jobs were created, and armed. */
	u32 created, armed;
	/* How many jobs ran, finished, and exist; how often one ran again. */
	atomic_t ran, reran, finished, jobs;
	/* How often these ops were called; the last job that timed out. */
	atomic_t prepared, timedout, messages, killed, deadlines;
	u32 timedout_job;
	/* In flight. */
	atomic64_t credits;
	/*
	 * What timedout_job returns if no hook says otherwise. With DRM_DEP_TIMEOUT_HANDLED it
	 * fails the job with -ETIME before.
	 */
	int timeout_verdict;
	/* The test's; called by the ops, and release frees the queue afterwards. */
	int (*on_timedout)(struct mock_job *job);
	void (*on_killed)(struct mock_queue *queue);
	/* Returns 0 or -EINPROGRESS; then mock_queue_fini_done() is to be called. */
	int (*on_fini)(struct mock_queue *queue);
	void (*on_release)(struct mock_queue *queue);
	void *private;
	/* Only the mock device uses what follows. */
	atomic_t inside, timing, stops, sent, begun_after_kill;
	struct task_struct *resubmitter;
	u32 run_next, resubmit_next;
	u32 old_credit_limit;
	u32 timeout_floor_ms;
	/* When the latest op of the run side ended. */
	ktime_t op_end;
	u32 fini_calls;
	bool has_timeout, triggered, kill_told, stop_is_void;
	bool fini_open, fini_returned;
	struct list_head owned;
	struct list_head fini_link;
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
	/* It is completed by a hardware fence. */
	bool by_fence;
	/* It completes that long after it was handed over; 0: when told to. */
	u32 duration_us;
	/* It completes before run_job returns. */
	bool at_once;
	/* prepare_job fails with it, after the fences that mock_job_prepare_fence() added. */
	int prepare_error;
	/* run_job fails with it. */
	int run_error;
	/* It completes with it. */
	int hw_error;
	/*
	 * The test's; called in prepare_job (returns what that returns, instead of the fences
	 * that were added), run_job, set_deadline, a callback of the finished fence, and release.
	 */
	struct dma_fence *(*on_prepare)(struct mock_job *job);
	void (*on_run)(struct mock_job *job);
	void (*on_deadline)(struct mock_job *job);
	void (*on_finished)(struct mock_job *job);
	void (*on_release)(struct mock_job *job);
	void *private;
	/* What completes it, if that is its way. */
	struct dma_fence *hw_fence;
	/* What the core said in the latest run_job. */
	u32 run_number;
	/* How often these ops were called. */
	u32 prepare_calls, runs, timeouts, deadline_calls;
	/* What set_deadline was told last. */
	ktime_t deadline;
	/* Only the mock device uses what follows. */
	u32 arm_index;
	u32 messages_before;
	u32 credit_run;
	bool armed, ran, returned, prepared, finished, told, lost;
	struct task_struct *pusher;
	struct mock_timer *timer;
	/* The core's clock of the job did not start before it. */
	ktime_t clock_from;
	struct dma_fence *next_hw_fence;
	struct dma_fence_cb finished_cb;
	struct dma_fence **deps;
	u32 n_deps;
	struct dma_fence **prepare_fences;
	u32 n_prepare;
	struct list_head hw_link;
	struct list_head owned;
};

/* A message. Tests may embed one, and init it; mock_message_create() makes one. */
struct mock_message {
	struct drm_dep_message base;
	struct mock_queue *queue;
	u32 id;
	/* The test's; called in process_message, and may free the message. */
	void (*on_process)(struct mock_message *message);
	void *private;
	/* How often it was processed. */
	atomic_t processed;
	/* Only the mock device uses what follows. */
	struct list_head own;
};

#define to_mock_queue(queue) container_of(queue, struct mock_queue, base)
#define to_mock_job(job) container_of(job, struct mock_job, base)
#define to_mock_message(message) container_of(message, struct mock_message, base)

/* The init and exit functions of every suite. */
int mock_device_init(struct kunit *test);
void mock_device_exit(struct kunit *test);

/* Says that a rule was broken; any context. The test fails when it ends. */
__printf(2, 3) void mock_violation(struct mock_device *dev, const char *format, ...);

/* drm_dep_flush(), but the test is aborted, and the flush left to itself, if it does not end. */
void mock_device_flush(struct kunit *test, struct mock_device *dev);

/* drm_dep_quiesce(), likewise. */
void mock_device_quiesce(struct kunit *test, struct mock_device *dev);

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
struct mock_queue *mock_queue_new(struct mock_device *dev,
				  const struct mock_queue_options *options);
struct mock_queue *mock_queue_create_with(struct kunit *test,
					  const struct mock_queue_options *options);
struct mock_queue *mock_queue_create(struct kunit *test, u32 credits);
void mock_queue_put(struct mock_queue *queue);

/* What drm_dep_queue_init() is given; the memory of the queue is filled with rubbish. */
struct mock_queue *mock_queue_alloc(struct mock_device *dev,
				    const struct mock_queue_options *options,
				    struct drm_dep_queue_init_args *args);

/* Workqueues for the options of queues; the end of the test destroys them. */
struct drm_dep_workqueue *mock_run_workqueue_create(struct kunit *test, bool ordered);
struct drm_dep_workqueue *mock_timeout_workqueue_create(struct kunit *test, bool ordered);

/* As the functions of drm_dep_queue_ or drm_dep_job_ do, and in the same contexts. */
void mock_queue_stop(struct mock_queue *queue);
void mock_queue_start(struct mock_queue *queue);
/*
 * Returns when the core is through with what the run side did until now: what run_job returned
 * has a callback. May sleep; the queue is not stopped.
 */
void mock_queue_settle(struct mock_queue *queue);
void mock_queue_kill(struct mock_queue *queue);
void mock_queue_set_credit_limit(struct mock_queue *queue, u32 limit);
void mock_queue_set_timeout(struct mock_queue *queue, u32 timeout_ms);
void mock_queue_trigger_timeout(struct mock_queue *queue);
void mock_queue_fini_done(struct mock_queue *queue);
u32 mock_queue_resubmit(struct mock_queue *queue);
bool mock_job_resubmit(struct mock_job *job);

/* Jobs. The same with jobs; the reference may be given back at any time, in any context. */
struct mock_job *mock_job_new(struct mock_queue *queue, u32 credits);
struct mock_job *mock_job_create(struct kunit *test, struct mock_queue *queue, u32 credits);
void mock_job_put(struct mock_job *job);
/* mock_job_free() for one that was not initialised. */
struct mock_job *mock_job_alloc(struct mock_queue *queue, u32 credits,
				struct drm_dep_job_init_args *args);
void mock_job_free(struct mock_job *job);

/* Adds a dependency; the caller keeps its reference. */
int mock_job_depend(struct mock_job *job, struct dma_fence *fence);

/*
 * Adds a fence that prepare_job returns, one per call, in this order; the caller keeps its
 * reference. The queue has prepare_job. -ENOMEM, before the push.
 */
int mock_job_prepare_fence(struct mock_job *job, struct dma_fence *fence);

/*
 * The next run of a job with a hardware fence returns another one; without, the same. Not
 * while a run may begin.
 */
int mock_job_renew_hw_fence(struct mock_job *job);

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
/* Whether its latest run_job has returned. */
bool mock_job_has_returned(struct mock_job *job);
/* Whether the finished fence has signalled; the job is armed. */
bool mock_job_is_finished(struct mock_job *job);

/*
 * Messages. create makes one that lives until the end of the test. send and send_first return
 * what the core does, in any context.
 */
void mock_message_init(struct mock_message *message, struct mock_queue *queue, u32 id);
struct mock_message *mock_message_create(struct kunit *test, struct mock_queue *queue, u32 id);
bool mock_message_send(struct mock_message *message);
bool mock_message_send_first(struct mock_message *message);

/*
 * The hardware: completes up to n jobs, in the order in which they were handed over, or a
 * certain one. Return how many were in flight, and so were completed. Any context.
 */
unsigned int mock_device_advance(struct mock_device *dev, unsigned int n);
bool mock_job_complete(struct mock_job *job);
/*
 * A reset: the hardware forgets all jobs, or those of a queue, which won't complete by
 * themselves any more. Returns how many. To run one again hands it over again;
 * mock_job_fail() gives it up.
 */
unsigned int mock_device_reset(struct mock_device *dev);
unsigned int mock_queue_reset(struct mock_queue *queue);
/*
 * The driver completes a job with an error, which the hardware has or has lost. False if it
 * was neither, so was completed or taken before, or never ran.
 */
bool mock_job_fail(struct mock_job *job, int error);
/*
 * Takes a job from the hardware: the caller completes it. The hardware's reference, with
 * job_done, is dropped.
 */
bool mock_job_take(struct mock_job *job);

/*
 * The place of the first event of that kind in the log, or -1; and how many there are. The id
 * is that of the job or message; of a queue's events it is ignored.
 */
int mock_log_find(struct mock_device *dev, enum mock_event_kind kind, u32 queue, u32 id);
unsigned int mock_log_count(struct mock_device *dev, enum mock_event_kind kind, u32 queue, u32 id);

/*
 * Waits for something that must happen; an event or a callback of the mock device brings it
 * about. EXPECT goes on after a failure, ASSERT aborts the test.
 */
#define mock_soon(dev, condition)                                             \
({                                                                            \
	u32 _before;                                                          \
	bool _came;                                                           \
									      \
	do {                                                                  \
		_before = mock_progress(dev);                                 \
		_came = wait_event_timeout((dev)->changed, condition,         \
					   mock_patience(dev)) != 0;          \
	} while (!_came && _before != mock_progress(dev));                    \
	_came;                                                                \
})

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
