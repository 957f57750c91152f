// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What is to be mapped is described by a structure. */
#include <drm/drm_gpuvm.h>

static int gpuvm_map_req(struct drm_gpuvm *vm, const struct drm_gpuvm_map_req *req)
{
	return drm_gpuvm_sm_map(vm, NULL, req);
}
