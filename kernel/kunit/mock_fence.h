/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _MOCK_FENCE_H_
#define _MOCK_FENCE_H_

#include <linux/atomic.h>
#include <linux/dma-fence.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/types.h>

struct kunit;
struct lock_class_key;
struct mock_device;

/*
 * A fence of somebody else's: with names and deadlines only, an own lock, and memory that the
 * kernel frees, as a driver of today would make it.
 */
struct mock_fence {
	struct dma_fence base;
	/* In the device's list. */
	struct list_head link;
	/* What was wished for last, and how often. */
	ktime_t deadline;
	atomic_t deadlines;
};

/* A fence that nobody keeps track of. NULL: no memory. */
struct dma_fence *mock_fence_alloc(u64 context, u64 seqno);

/*
 * A fence that the device keeps a reference of, signals at the end of the test if nobody
 * else has, and expects to own alone then. The caller gets none. Aborts the test if there
 * is no memory.
 */
struct dma_fence *mock_fence_create(struct kunit *test);
struct dma_fence *mock_fence_create_on(struct kunit *test, u64 context, u64 seqno);

/* Number of references beside the device's. */
unsigned int mock_fence_users(struct dma_fence *fence);

#define to_mock_fence(fence) container_of(fence, struct mock_fence, base)

/* @error: 0 or a negative errno. Any context. Does nothing if it has signalled. */
void mock_fence_signal(struct dma_fence *fence, int error);

/* Signals all and drops them; those that something still holds are violations, if @check. */
void mock_fences_signal(struct mock_device *dev);
void mock_fences_drop(struct mock_device *dev, bool check);

/* For a fence that is signalled in a callback of another: its lock needs a class of its own. */
void mock_fence_set_class(struct dma_fence *fence, struct lock_class_key *key);

/*
 * Containers, with a reference for the caller; they take their own of the fences. Abort the
 * test if there is no memory.
 */
struct dma_fence *mock_fence_array(struct kunit *test, struct dma_fence **fences, unsigned int n);
/* @prev: the chain so far, whose reference is taken over; or NULL. */
struct dma_fence *mock_fence_chain(struct kunit *test, struct dma_fence *prev,
				   struct dma_fence *fence, u64 seqno);

#endif /* _MOCK_FENCE_H_ */
