// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A work item can ask whether reclaim may wait for it. */
#include <linux/workqueue.h>

static bool workqueue_reclaim(void)
{
	return current_is_workqueue_mem_reclaim();
}
