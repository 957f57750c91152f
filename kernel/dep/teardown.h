/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_TEARDOWN_H_
#define _DRM_DEP_TEARDOWN_H_

#include "abi.h"

namespace dep
{

/*
 * What the end of a queue needs. Made with the queue, so that the end can't fail, and
 * in memory of its own, so that it is still there when the queue's is not. Takes a
 * reference of @device. NULL when there is no memory.
 */
drm_dep_teardown *teardown_create(drm_dep_queue &queue, os_device *device, os_module *owner);

/*
 * The last user of the queue is gone: from here on the queue pins the driver's module,
 * and drm_dep_flush() waits for it.
 */
void teardown_announce(drm_dep_teardown &teardown);

/* The last reference of the queue is gone. Any context but NMI. */
void teardown_start(drm_dep_teardown &teardown);

} // namespace dep

#endif /* _DRM_DEP_TEARDOWN_H_ */
