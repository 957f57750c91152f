// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Whether a number has 64 bits is said when a fence is initialised. */
#include <linux/dma-fence.h>

static void fence_init64(struct dma_fence *fence, const struct dma_fence_ops *ops)
{
	dma_fence_init64(fence, ops, NULL, 1, 1);
}
