// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Dependencies on whoever uses a buffer.
 */
#include <linux/dma-resv.h>

#include <drm/drm_dep.h>
#include <drm/drm_gem.h>

int drm_dep_job_add_resv_dependencies(struct drm_dep_job *job, struct dma_resv *resv,
				      enum dma_resv_usage usage)
{
	struct dma_resv_iter cursor;
	struct dma_fence *fence;
	int ret = 0;

	dma_resv_assert_held(resv);
	dma_resv_for_each_fence(&cursor, resv, usage, fence) {
		/* The reservation keeps its own reference. */
		ret = drm_dep_job_add_dependency(job, dma_fence_get(fence));
		if (ret)
			break;
	}
	return ret;
}

int drm_dep_job_add_implicit_dependencies(struct drm_dep_job *job, struct drm_gem_object *obj,
					  bool write)
{
	return drm_dep_job_add_resv_dependencies(job, obj->resv, dma_resv_usage_rw(write));
}
