/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_STOP_H_
#define _DRM_DEP_STOP_H_

#include "abi.h"

namespace dep
{

/*
 * Ends the stops that the last user of a queue has left behind. True if that is to be complained of
 * when the lock is released: the queue had something to run.
 */
[[nodiscard]] bool void_stops(drm_dep_queue &queue) OS_NONBLOCKING DEP_REQUIRES(queue.lock);
void complain_of_stop() OS_NONBLOCKING;

} // namespace dep

#endif /* _DRM_DEP_STOP_H_ */
