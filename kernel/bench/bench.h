/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A benchmark of submission layers: drm_dep, the DRM GPU scheduler, and nothing at all.
 *
 *	bench_main.c	files in debugfs, and what one run is
 *	bench_driver.c	the driver: queues, jobs, and a hardware that is done at once
 *	layer_*.c	what the driver does differently on each layer
 *	measure_*.c	what is measured
 *	bench_trace.c	counting by tracepoints
 */
#ifndef _DRM_DEP_BENCH_H_
#define _DRM_DEP_BENCH_H_

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/dma-fence.h>
#include <linux/jiffies.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <drm/drm_device.h>

struct bench_job;
struct bench_queue;
struct bench_run;

/* Nothing that is measured takes this long; what does has been lost. */
#define BENCH_PATIENCE (300 * HZ)
#define BENCH_CREDITS (1U << 30)
#define BENCH_NONE U64_MAX

/*
 * Layers
 */

/**
 * struct bench_layer_ops - what a layer does for the driver
 *
 * Without @job_add_dependency a layer has no queue: push runs the job, and what is about
 * waiting can't be measured.
 */
struct bench_layer_ops {
	/** @queue_size: of the structure that embeds &struct bench_queue */
	size_t queue_size;
	/** @job_size: of the structure that embeds &struct bench_job */
	size_t job_size;

	int (*queue_init)(struct bench_queue *queue);
	/** @queue_put: the last user goes; leads to bench_queue_free(), also with jobs left */
	void (*queue_put)(struct bench_queue *queue);
	/** @queue_kill: no job that waits may run any more */
	void (*queue_kill)(struct bench_queue *queue);
	/** @workqueue: what the run side runs on */
	struct workqueue_struct *(*workqueue)(struct bench_queue *queue);

	int (*job_init)(struct bench_job *job);
	/** @job_add_dependency: consumes the reference of the fence */
	int (*job_add_dependency)(struct bench_job *job, struct dma_fence *fence);
	void (*job_arm)(struct bench_job *job);
	/** @job_finished: the finished fence of an armed job, without a reference */
	struct dma_fence *(*job_finished)(struct bench_job *job);
	/** @job_push: consumes the job; leads to bench_job_run() and bench_job_free() */
	void (*job_push)(struct bench_job *job);
};

/**
 * struct bench_layer - a column of the results
 */
struct bench_layer {
	const char *name;
	const struct bench_layer_ops *ops;
	/** @flags: the layer's own */
	u32 flags;
	/** @hw_fence: a hardware fence completes a job */
	bool hw_fence;
	/** @max_deps: where adding dependencies begins to take minutes; 0: nowhere */
	u32 max_deps;
	/** @max_queues: where queues take more than the machine has; 0: nowhere */
	u32 max_queues;
};

#define BENCH_LAYERS_NONE 2
#define BENCH_LAYERS_BOUND 4
#define BENCH_LAYERS_SCHED 3
#define BENCH_LAYERS_DEP 8
extern const struct bench_layer bench_layers_none[BENCH_LAYERS_NONE];
extern const struct bench_layer bench_layers_bound[BENCH_LAYERS_BOUND];
extern const struct bench_layer bench_layers_sched[BENCH_LAYERS_SCHED];
extern const struct bench_layer bench_layers_dep[BENCH_LAYERS_DEP];

int bench_bound_init(void);
void bench_bound_exit(void);
int bench_sched_init(void);
void bench_sched_exit(void);

/*
 * The driver
 */

/**
 * struct bench_queue - a queue of the driver; a layer embeds it at the start of its own
 */
struct bench_queue {
	struct bench_run *run;
	/** @context: of the fences that the driver makes */
	u64 context;
	/** @made: jobs that were made; the submitter's */
	u64 made;
	/** @ran: jobs that ran; the run side's */
	u64 ran;
	/** @wrong: jobs that ran out of order */
	u64 wrong;
	/** @alive: jobs that were not released; and one until bench_queue_close() */
	atomic_t alive;
	bool closed;
	/** @idle: @alive is 0 */
	struct completion idle;
	u64 idle_at;
};

/**
 * struct bench_job - a job of the driver; a layer embeds it at the start of its own
 */
struct bench_job {
	struct bench_queue *queue;
	struct dma_fence *hw;
	u64 id;
	/** @ran_at: where the time goes at which it runs, or NULL */
	u64 *ran_at;
};

struct drm_device *bench_drm(void);

struct bench_queue *bench_queue_new(struct bench_run *run);
void bench_queue_free(struct bench_queue *queue);
void bench_queue_close(struct bench_queue *queue);
int bench_queue_settle(struct bench_queue *queue);
void bench_queue_reopen(struct bench_queue *queue);
void bench_queue_put(struct bench_queue *queue);
int bench_wait_gone(struct bench_run *run);

struct bench_job *bench_job_new(struct bench_queue *queue);
struct dma_fence *bench_job_run(struct bench_job *job);
void bench_job_free(struct bench_job *job);
int bench_submit(struct bench_queue *queue, struct dma_fence **finished);

struct dma_fence *bench_fence_new(u64 context, u64 seqno);

/*
 * One run: a measurement on a layer
 */

struct bench_args {
	/** @x: what the measurement says it is */
	u32 x;
	/** @n: how many samples, or what the measurement says */
	u32 n;
	/** @load: something else keeps all CPUs busy */
	u32 load;
	/** @fifo: the submitters have a real-time priority */
	u32 fifo;
	/** @reverse: the other order */
	u32 reverse;
	/** @lose: count one job less, to see that this is noticed */
	u32 lose;
};

#define BENCH_COLUMNS 8

/**
 * struct bench_measurement - a file of the results
 */
struct bench_measurement {
	const char *name;
	/** @columns: what a sample consists of */
	const char *columns[BENCH_COLUMNS + 1];
	/** @needs_queue: there is nothing to measure without one */
	bool needs_queue;
	/** @x_is_deps: @bench_args.x is limited by @bench_layer.max_deps */
	bool x_is_deps;
	/** @x_is_queues: it is limited by @bench_layer.max_queues */
	bool x_is_queues;
	/** @counts: it needs the tracepoints; all others need to be without them */
	bool counts;
	/** @max_samples: how many samples come of it */
	u32 (*max_samples)(const struct bench_args *args);
	int (*measure)(struct bench_run *run);
};

extern const struct bench_measurement bench_single, bench_batch, bench_pending;
extern const struct bench_measurement bench_single_events, bench_batch_events;
extern const struct bench_measurement bench_dep_add, bench_dep_events;
extern const struct bench_measurement bench_memory, bench_queues, bench_many_queues;
extern const struct bench_measurement bench_kill, bench_last_put;

struct bench_run {
	const struct bench_measurement *measurement;
	const struct bench_layer *layer;
	struct bench_args args;
	/** @killed: jobs are not expected to run */
	bool killed;

	/** @queues: those that exist; and one until bench_wait_gone() */
	atomic_t queues;
	struct completion gone;
	/** @gone_at: when the memory of the queue was freed that went last */
	u64 gone_at;
	/** @last_idle_at: when the last job of the queue was released that went last */
	u64 last_idle_at;

	/** @lock: of the counts, which queues add to when they go */
	spinlock_t lock;
	u64 queues_made, queues_freed;
	u64 jobs_made, jobs_ran, jobs_wrong, jobs_released;

	u64 (*samples)[BENCH_COLUMNS];
	u32 max_samples;
	u32 n_samples;
	unsigned int columns;
};

static inline const struct bench_layer_ops *bench_ops(const struct bench_queue *queue)
{
	return queue->run->layer->ops;
}

/* One more sample, all columns of it empty. */
u64 *bench_sample(struct bench_run *run);
u32 bench_n_samples(const struct bench_args *args);
u32 bench_one_sample(const struct bench_args *args);

typedef int (*bench_thread_fn)(struct bench_run *run, unsigned int nr, void *data);
int bench_in_threads(struct bench_run *run, unsigned int count, bench_thread_fn fn, void *data);

/*
 * The clock
 */

/**
 * bench_now() - nanoseconds since the module was loaded
 *
 * The clock of User-Mode Linux goes in steps of 256 ns, which is longer than much of what
 * is measured here.
 */
u64 bench_now(void);
void bench_clock_init(void);

/*
 * Counting
 */

/**
 * struct bench_counts - what happened on all CPUs
 */
struct bench_counts {
	/** @switches: away from the submitter, or to or from a worker */
	u64 switches;
	/** @works: work items of the layer */
	u64 works;
	/** @wakeups: of workers */
	u64 wakeups;
	/** @fences: that were initialised */
	u64 fences;
	/**
	 * @bytes: that the submitter, and who makes threads for it, got from the slab
	 * allocator, less what they gave back
	 */
	s64 bytes;
	/** @asked: the bytes that they asked for, given back or not; the allocator rounds up */
	s64 asked;
};

int bench_trace_init(void);
int bench_trace_on(void);
void bench_trace_off(void);
void bench_trace_start(void);
void bench_trace_stop(struct bench_counts *counts);

#endif /* _DRM_DEP_BENCH_H_ */
