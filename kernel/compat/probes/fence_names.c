// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The names of a fence can be asked for without knowing its ops. */
#include <linux/dma-fence.h>

static const char __rcu *fence_names(struct dma_fence *fence)
{
	return dma_fence_driver_name(fence) ?: dma_fence_timeline_name(fence);
}
