/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _ICOUNT_H_
#define _ICOUNT_H_

#include <linux/device.h>
#include <linux/dma-fence.h>
#include <linux/types.h>

#include <drm/drm_device.h>

#include "drm_dep_compat.h"

/**
 * DOC: what is counted
 *
 * A minimal driver that makes a job, submits it, and frees it, several times over: with
 * drm_dep, with the kernel's own GPU scheduler, and with neither ("floor"), which is what
 * any driver needs to signal one fence per job. The hardware is the caller's task: either
 * run_job completes the job at once, or it returns a hardware fence, which is signalled
 * when the job was handed over.
 */

/**
 * struct ic_job - a job as the loops know it
 */
struct ic_job {
	/** @hw: the hardware fence, or NULL. */
	struct compat_fence *hw;

	/** @ran: it was handed over. */
	bool ran;
};

/**
 * struct ic_subject - something to be measured
 */
struct ic_subject {
	/** @name: in the results. */
	const char *name;

	/** @hw: with a hardware fence. */
	bool hw;

	/** @flags: for drm_dep, DRM_DEP_QUEUE_*. */
	u32 flags;

	/** @begin: make the queue. */
	int (*begin)(const struct ic_subject *subject);

	/** @end: wait until the queue is gone. */
	void (*end)(void);

	/** @submit: make a job and give it to the queue; NULL if that failed. */
	struct ic_job *(*submit)(const struct ic_subject *subject);

	/** @make: make a job without submitting it. */
	struct ic_job *(*make)(const struct ic_subject *subject);

	/** @depend: let it wait for a fence, of which it gets a reference. */
	int (*depend)(struct ic_job *job, struct dma_fence *fence);

	/** @push: submit what was made. */
	void (*push)(struct ic_job *job);
};

extern const struct ic_subject ic_floor, ic_floor_hw;
extern const struct ic_subject ic_sched, ic_sched_hw;
extern const struct ic_subject ic_dep, ic_dep_hw, ic_dep_flags, ic_dep_flags_hw;

/* The device of all queues. */
extern struct drm_device *ic_drm;

/**
 * ic_job_init() - set up a new job, and count it
 * @job: the job, zeroed
 * @hw: give it a hardware fence
 *
 * Context: Process context, allocates.
 * Return: 0 or -ENOMEM.
 */
int ic_job_init(struct ic_job *job, bool hw);

/**
 * ic_job_run() - what run_job does
 * @job: the job
 *
 * Context: Any context.
 * Return: the hardware fence with a reference for the caller, or NULL.
 */
struct dma_fence *ic_job_run(struct ic_job *job);

/**
 * ic_job_fini() - the end of a job that was run, before it is freed
 * @job: the job
 *
 * Context: Any context.
 */
void ic_job_fini(struct ic_job *job);

#endif /* _ICOUNT_H_ */
