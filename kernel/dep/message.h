/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_MESSAGE_H_
#define _DRM_DEP_MESSAGE_H_

#include "abi.h"

namespace dep
{

/*
 * Takes the message whose turn it is from its queue: from here on it may be sent again. The
 * caller has the reference of the queue that it had.
 */
drm_dep_message *take_message(drm_dep_queue &queue) OS_NONBLOCKING DEP_IN(os_run_side)
	DEP_REQUIRES(queue.lock);

} // namespace dep

#endif /* _DRM_DEP_MESSAGE_H_ */
