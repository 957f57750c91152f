/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _MOCK_INTERNAL_H_
#define _MOCK_INTERNAL_H_

#include "mock_device.h"

/* What the parts of the mock device have of one another. */

void mock_log(struct mock_device *dev, enum mock_event_kind kind, u32 queue, u32 id);

extern const struct drm_dep_job_ops mock_job_ops;
void mock_queue_ops_init(struct drm_dep_queue_ops *ops,
			 const struct mock_queue_options *options);

/*
 * A timer of the hardware. It has memory of its own, which outlives that of the job if need
 * be: the job may be released, and freed, by its completion in this very timer.
 */
int mock_timer_create(struct mock_job *job);
/* Any context. */
void mock_timer_destroy(struct mock_job *job);

/*
 * In run_job: the hardware gets the job, or gets it again. Returns what run_job returns; with
 * ERR_PTR(@error) the hardware does not get it. The job may complete in here.
 */
struct dma_fence *mock_hw_hand_over(struct mock_job *job, int error);
/* In release: what the hardware still knows of the job. */
void mock_hw_forget(struct mock_job *job);
/* Completes what was lost and not run again. */
void mock_hw_fail_lost(struct mock_device *dev);

#endif /* _MOCK_INTERNAL_H_ */
