/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_QUEUE_H_
#define _DRM_DEP_QUEUE_H_

#include "abi.h"

namespace dep
{

/*
 * Drops one of the core's references: a job's, or that of the users together. The
 * last one starts the teardown. Any context but NMI.
 */
void queue_unref(drm_dep_queue &queue);

} // namespace dep

#endif /* _DRM_DEP_QUEUE_H_ */
