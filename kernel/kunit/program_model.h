/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _PROGRAM_MODEL_H_
#define _PROGRAM_MODEL_H_

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: model
 *
 * What the queue has to do, as plainly as it can be said: no threads, no tokens, no references.
 * What a driver does sets members; then model_settle() lets everything happen that has to
 * happen, in any order, until nothing does. When the core is at rest it has to look like that.
 */

/** MODEL_QUEUES - the most queues of a program */
#define MODEL_QUEUES 4
/** MODEL_JOBS - the most jobs, as many as there are bits in a mask */
#define MODEL_JOBS 32
/** MODEL_FENCES - the most fences of somebody else, as many as there are bits in a mask */
#define MODEL_FENCES 32
/** MODEL_NONE - no fence */
#define MODEL_NONE 255

/* What a queue is like. */
#define MODEL_BYPASS 1u
#define MODEL_PUT_IRQ_SAFE 2u
#define MODEL_KEEP_OWN 4u
#define MODEL_STOPPED 8u
#define MODEL_ATOMIC 16u
#define MODEL_PREPARE 32u

/**
 * enum model_finish - how the driver completes a job
 * @MODEL_HARDWARE: returns a fence that signals later
 * @MODEL_HARDWARE_ALREADY: returns a fence that has signalled
 * @MODEL_DRIVER: calls drm_dep_job_done() later
 * @MODEL_DRIVER_AT_ONCE: calls it in run_job
 * @MODEL_DRIVER_AND_FENCE: calls it in run_job and returns a fence that signals later
 * @MODEL_ERROR: returns an error
 * @MODEL_FINISHES: how many there are
 */
enum model_finish {
	MODEL_HARDWARE,
	MODEL_HARDWARE_ALREADY,
	MODEL_DRIVER,
	MODEL_DRIVER_AT_ONCE,
	MODEL_DRIVER_AND_FENCE,
	MODEL_ERROR,
	MODEL_FINISHES,
};

/**
 * struct model_job - a job
 * @queue: which queue it is of
 * @credits: what it takes
 * @finish: how the driver completes it
 * @run_error: what comes of it if that is in run_job
 * @prepare_fence: what prepare_job returns first, or %MODEL_NONE
 * @prepare_error: what prepare_job returns then, if not 0
 * @waits_for_jobs: mask of jobs
 * @waits_for_fences: mask of fences
 * @held: by the driver
 * @armed: has a finished fence
 * @pushed: was pushed
 * @cancelled: will not run
 * @prepares: how often prepare_job was called
 * @prepared: it has nothing to wait for any more
 * @runs: how often it ran
 * @done: it is completed or was cancelled
 * @fence_pending: the core waits for the callback of its hardware fence
 * @signalled: its finished fence has
 * @released: release was called
 * @error: what it ended with
 */
struct model_job {
	unsigned int queue, credits;
	enum model_finish finish;
	int run_error;
	unsigned int prepare_fence;
	int prepare_error;
	unsigned int waits_for_jobs, waits_for_fences;
	bool held, armed, pushed, cancelled;
	unsigned int prepares;
	bool prepared;
	unsigned int runs;
	bool done, fence_pending, signalled, released;
	int error;
};

/**
 * struct model_queue - a queue
 * @limit: of the credits, may change
 * @flags: MODEL_*
 * @used: has users
 * @killed: was killed
 * @told: the driver was told that
 * @released: release was called
 * @stops: how often it was stopped and not started
 * @sent: messages
 * @processed: messages that came
 * @in_flight: credits
 * @last_error: what the job ended with that signalled last
 * @n: how many jobs were armed
 * @order: which, in this order
 */
struct model_queue {
	unsigned int limit, flags;
	bool used, killed, told, released;
	unsigned int stops, sent, processed, in_flight;
	int last_error;
	unsigned int n;
	unsigned char order[MODEL_JOBS];
};

/**
 * struct model - all of it
 * @n_queues: how many were made
 * @n_jobs: how many were made
 * @n_fences: how many were made
 * @signalled: mask of fences
 * @queues: queues
 * @jobs: jobs
 */
struct model {
	unsigned int n_queues, n_jobs, n_fences, signalled;
	struct model_queue queues[MODEL_QUEUES];
	struct model_job jobs[MODEL_JOBS];
};

/**
 * model_init() - nothing is there yet
 * @model: the model
 */
void model_init(struct model *model);

/**
 * model_complete() - a job is over
 * @model: the model
 * @job: a job of it that ran or will not run
 * @error: with which error, or 0; of several completions the first counts
 */
void model_complete(struct model *model, struct model_job *job, int error);

/**
 * model_settle() - does all that has to happen
 * @model: the model
 */
void model_settle(struct model *model);

#ifdef __cplusplus
}
#endif

#endif /* _PROGRAM_MODEL_H_ */
