// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A job of drm_sched knows whose it is. */
#include <drm/gpu_scheduler.h>

static int sched_job_client(struct drm_sched_job *job, struct drm_sched_entity *entity)
{
	return drm_sched_job_init(job, entity, 1, NULL, 0);
}
