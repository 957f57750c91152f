// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A fence has its lock inside, and is detached when it signals. */
#include <linux/dma-fence.h>

static spinlock_t *fence_inline_lock(struct dma_fence *fence)
{
	return &fence->inline_lock;
}
