/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_KILL_H_
#define _DRM_DEP_KILL_H_

#include "abi.h"

namespace dep
{

/* No job of the queue runs any more; the worker does the rest. Final. */
void kill(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock);

} // namespace dep

#endif /* _DRM_DEP_KILL_H_ */
