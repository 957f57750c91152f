// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The arguments of drm_sched's set-up are a structure. */
#include <drm/gpu_scheduler.h>

static u32 sched_init_args(const struct drm_sched_init_args *args)
{
	return args->credit_limit;
}
