/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_TEARDOWN_H_
#define _DRM_DEP_TEARDOWN_H_

#include "abi.h"

namespace dep
{

/* Sets up what the end of a queue needs. */
void teardown_init(drm_dep_record &record);

/*
 * The last user of the queue is gone: from here on the queue pins the driver's module,
 * and drm_dep_flush() waits for it.
 */
void teardown_announce(drm_dep_record &record) OS_NONBLOCKING;

/* The last reference of the queue is gone. Any context but NMI. */
void teardown_start(drm_dep_record &record) OS_NONBLOCKING;

} // namespace dep

#endif /* _DRM_DEP_TEARDOWN_H_ */
