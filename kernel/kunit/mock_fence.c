// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/delay.h>
#include <linux/dma-fence-array.h>
#include <linux/dma-fence-chain.h>
#include <linux/lockdep.h>
#include <linux/slab.h>

#include "mock_device.h"

static const char *mock_fence_driver_name(struct dma_fence *fence)
{
	return "mock";
}

static const char *mock_fence_timeline_name(struct dma_fence *fence)
{
	return "mock-hardware";
}

static void mock_fence_set_deadline(struct dma_fence *base, ktime_t deadline)
{
	struct mock_fence *fence = to_mock_fence(base);

	WRITE_ONCE(fence->deadline, deadline);
	atomic_inc(&fence->deadlines);
}

static const struct dma_fence_ops mock_fence_ops = {
	.get_driver_name = mock_fence_driver_name,
	.get_timeline_name = mock_fence_timeline_name,
	.set_deadline = mock_fence_set_deadline,
};

struct dma_fence *mock_fence_alloc(u64 context, u64 seqno)
{
	struct mock_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL);

	/* The kernel frees it by the pointer to the fence. */
	static_assert(offsetof(struct mock_fence, base) == 0);
	if (!fence)
		return NULL;
	INIT_LIST_HEAD(&fence->link);
	dma_fence_init64(&fence->base, &mock_fence_ops, NULL, context, seqno);
	return &fence->base;
}

struct dma_fence *mock_fence_create_on(struct kunit *test, u64 context, u64 seqno)
{
	struct mock_device *dev = test->priv;
	struct dma_fence *fence = mock_fence_alloc(context, seqno);

	KUNIT_ASSERT_NOT_NULL(test, fence);
	spin_lock_irq(&dev->lock);
	list_add_tail(&to_mock_fence(fence)->link, &dev->fences);
	spin_unlock_irq(&dev->lock);
	return fence;
}

struct dma_fence *mock_fence_create(struct kunit *test)
{
	return mock_fence_create_on(test, dma_fence_context_alloc(1), 1);
}

unsigned int mock_fence_users(struct dma_fence *fence)
{
	return kref_read(&fence->refcount) - 1;
}

void mock_fence_signal(struct dma_fence *fence, int error)
{
	unsigned long flags;

	/* Two runs of a job may have the same one, and both complete. */
	dma_fence_lock_irqsave(fence, flags);
	if (!dma_fence_test_signaled_flag(fence)) {
		if (error)
			dma_fence_set_error(fence, error);
		dma_fence_signal_locked(fence);
	}
	dma_fence_unlock_irqrestore(fence, flags);
}

void mock_fence_set_class(struct dma_fence *fence, struct lock_class_key *key)
{
	lockdep_set_class(&fence->inline_lock, key);
}

void mock_fences_signal(struct mock_device *dev)
{
	struct mock_fence *fence;

	/* Nobody adds one any more, or takes one away. */
	list_for_each_entry(fence, &dev->fences, link) {
		if (!dma_fence_test_signaled_flag(&fence->base))
			dma_fence_signal(&fence->base);
	}
}

void mock_fences_drop(struct mock_device *dev, bool check)
{
	struct mock_fence *fence, *next;
	int tries = 100;

	list_for_each_entry_safe(fence, next, &dev->fences, link) {
		/* A container gives its references back from an irq_work, of which nobody hears. */
		while (check && mock_fence_users(&fence->base) && --tries > 0)
			msleep(20);
		if (check && mock_fence_users(&fence->base))
			mock_violation(dev, "%u reference(s) of fence %llu:%llu leaked",
				       mock_fence_users(&fence->base),
				       fence->base.context, fence->base.seqno);
		list_del_init(&fence->link);
		dma_fence_put(&fence->base);
	}
}

struct dma_fence *mock_fence_array(struct kunit *test, struct dma_fence **fences, unsigned int n)
{
	struct dma_fence **members = kmalloc_array(n, sizeof(*members), GFP_KERNEL);
	struct dma_fence_array *array = NULL;
	unsigned int i;

	if (members)
		array = dma_fence_array_alloc(n);
	if (!array) {
		kfree(members);
		KUNIT_FAIL_AND_ABORT(test, "no memory for an array of %u fences", n);
	}
	for (i = 0; i < n; i++)
		members[i] = dma_fence_get(fences[i]);
	dma_fence_array_init(array, n, members, dma_fence_context_alloc(1), 1);
	return &array->base;
}

struct dma_fence *mock_fence_chain(struct kunit *test, struct dma_fence *prev,
				   struct dma_fence *fence, u64 seqno)
{
	struct dma_fence_chain *chain = dma_fence_chain_alloc();

	if (!chain) {
		dma_fence_put(prev);
		KUNIT_FAIL_AND_ABORT(test, "no memory for a chain");
	}
	dma_fence_chain_init(chain, prev, dma_fence_get(fence), seqno);
	return &chain->base;
}
