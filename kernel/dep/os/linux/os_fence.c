// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * os.h on Linux: fences.
 */
#include <linux/dma-fence-unwrap.h>
#include <linux/dma-fence.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "../os.h"
#include "drm_dep_compat.h"
#include "os_linux.h"

DEFINE_PER_CPU(unsigned int, os_nesting);

/*
 * Nothing but what is asked of a fence that has not signalled. As long as neither release
 * nor wait is here, the kernel detaches a fence from this module when it signals. (For
 * kernels that don't, see os_timeline.c.)
 */
static const struct dma_fence_ops finished_fence_ops = {
	.get_driver_name = drm_dep_fence_driver_name,
	.get_timeline_name = drm_dep_fence_timeline_name,
	.set_deadline = drm_dep_fence_set_deadline,
};

void *os_fence_alloc(size_t size)
{
	/* kmalloc'ed, as the kernel frees a fence by kfree_rcu(). Whoever asks fills it. */
	return kmalloc(size, GFP_KERNEL_ACCOUNT);
}

unsigned long long os_fence_context_alloc(void)
{
	return dma_fence_context_alloc(1);
}

void os_fence_init(struct os_fence *base, struct os_timeline *timeline, unsigned long long context,
		   unsigned long long seqno, unsigned int nest)
{
	struct os_finished *fence = to_os_finished(base);

	if (COMPAT_FENCES_DETACH)
		compat_fence_init64(&fence->base, &finished_fence_ops, context, seqno);
	else
		os_timeline_fence_init(fence, timeline, context, seqno);
	/*
	 * The locks inside all fences are of one class, and a finished fence is signalled
	 * in callbacks of other fences. The class stays the kernel's: a key in this module
	 * would have to outlive the fences.
	 */
	lockdep_set_subclass(dma_fence_spinlock(base), 1 + nest);
}

void os_fence_get(struct os_fence *fence)
{
	dma_fence_get(fence);
}

void os_fence_put(struct os_fence *fence)
{
	dma_fence_put(fence);
}

unsigned long os_fence_lock(struct os_fence *fence)
{
	unsigned long flags;

	dma_fence_lock_irqsave(fence, flags);
	return flags;
}

void os_fence_unlock(struct os_fence *fence, unsigned long flags)
{
	dma_fence_unlock_irqrestore(fence, flags);
}

void os_fence_signal_unlock(struct os_fence *fence, unsigned long flags, int error,
			    unsigned long long when, unsigned int nest)
{
	unsigned int outer = this_cpu_read(os_nesting);

	if (error)
		dma_fence_set_error(fence, error);
	this_cpu_write(os_nesting, nest);
	dma_fence_signal_timestamp_locked(fence, ns_to_ktime(when));
	this_cpu_write(os_nesting, outer);
	dma_fence_unlock_irqrestore(fence, flags);
}

int os_fence_add_callback(struct os_fence *fence, struct os_fence_cb *cb, os_fence_fn fn)
{
	int ret = dma_fence_add_callback(fence, cb, fn);

	if (ret) {
		/* The error was written before the mark that was seen, so it is read after it. */
		smp_rmb();
	}
	return ret;
}

bool os_fence_remove_callback(struct os_fence *fence, struct os_fence_cb *cb)
{
	return dma_fence_remove_callback(fence, cb);
}

bool os_fence_get_unless_zero(struct os_fence *fence)
{
	return dma_fence_get_rcu(fence);
}

void os_fence_set_deadline(struct os_fence *fence, long long deadline)
{
	dma_fence_set_deadline(fence, deadline);
}

int os_fence_error(struct os_fence *fence)
{
	return fence->error;
}

unsigned long long os_fence_context(const struct os_fence *fence)
{
	return fence->context;
}

bool os_fence_is_later(struct os_fence *a, struct os_fence *b)
{
	return dma_fence_is_later(a, b);
}

int os_fence_each(struct os_fence *fence, os_fence_each_fn fn, void *arg)
{
	struct dma_fence_unwrap cursor;
	struct dma_fence *one;
	bool signalled;
	int ret;

	dma_fence_unwrap_for_each(one, &cursor, fence) {
		signalled = dma_fence_is_signaled(one);
		if (signalled) {
			/* As above. */
			smp_rmb();
		}
		ret = fn(one, signalled, arg);
		if (ret) {
			/* The iterator drops it only when it reaches the end. */
			dma_fence_put(cursor.chain);
			return ret;
		}
	}
	return 0;
}

bool os_signalling_begin(void)
{
	return dma_fence_begin_signalling();
}

void os_signalling_end(bool cookie)
{
	dma_fence_end_signalling(cookie);
}
