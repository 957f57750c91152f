// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Dependencies that userspace names by a sync object.
 */
#include <drm/drm_dep.h>
#include <drm/drm_syncobj.h>

int drm_dep_job_add_syncobj_dependency(struct drm_dep_job *job, struct drm_file *file,
				       u32 handle, u64 point)
{
	struct dma_fence *fence;
	int ret;

	ret = drm_syncobj_find_fence(file, handle, point, 0, &fence);
	if (ret)
		return ret;

	return drm_dep_job_add_dependency(job, fence);
}
