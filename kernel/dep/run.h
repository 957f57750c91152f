/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_RUN_H_
#define _DRM_DEP_RUN_H_

#include "abi.h"

namespace dep
{

/*
 * Whether the run side has something to do. False while somebody holds the run
 * token, who looks again when giving it back.
 */
bool runnable(drm_dep_queue &queue) DEP_REQUIRES(queue.lock);

/* Queues the run work if there is something to do. */
void kick_if_runnable(drm_dep_queue &queue) DEP_REQUIRES(queue.lock);

/* The work item that runs jobs. */
void run_jobs(os_work *work);

} // namespace dep

#endif /* _DRM_DEP_RUN_H_ */
