// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * os.h on Linux: what the fences of a queue have in common.
 *
 * A newer kernel forgets the ops of a fence when that signals, so a fence that is still
 * held needs neither its queue nor this module, and there is nothing to do here. An older
 * one asks for the names until it frees the fence, in no read section, and frees through
 * the ops. There a fence keeps a timeline, which has copies of the names, and a timeline
 * keeps this module: it can't be unloaded before the last fence is gone.
 */
#include <linux/container_of.h>
#include <linux/dma-fence.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../os.h"
#include "drm_dep_compat.h"
#include "os_linux.h"

/**
 * struct os_timeline - the names of the fences of a queue
 */
struct os_timeline {
	/** @ref: of the queue, and of each fence. */
	struct kref ref;

	/** @rcu: its end. */
	struct rcu_head rcu;

	/** @driver_name: in @names. */
	const char *driver_name;

	/** @name: in @names. */
	const char *name;

	/** @names: both of them, each with its end. */
	char names[];
};

/* What every queue has where fences keep nothing. */
static struct os_timeline no_timeline;

struct os_timeline *os_timeline_create(const char *driver_name, const char *name)
{
	size_t driver_size, size;
	struct os_timeline *timeline;

	if (COMPAT_FENCES_DETACH)
		return &no_timeline;

	driver_size = strlen(driver_name) + 1;
	size = strlen(name) + 1;
	timeline = kzalloc(struct_size(timeline, names, driver_size + size), GFP_KERNEL_ACCOUNT);
	if (!timeline)
		return NULL;
	kref_init(&timeline->ref);
	timeline->driver_name = timeline->names;
	memcpy(timeline->names, driver_name, driver_size);
	timeline->name = timeline->names + driver_size;
	memcpy(timeline->names + driver_size, name, size);
	/* The caller's module depends on this one, so this can't fail. */
	__module_get(THIS_MODULE);
	return timeline;
}

/*
 * An RCU callback, because the exit function of this module waits for all of those: who
 * puts the last reference may be on its way out of this module for longer.
 */
static void timeline_free(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct os_timeline, rcu));
	module_put(THIS_MODULE);
}

static void timeline_release(struct kref *ref)
{
	struct os_timeline *timeline = container_of(ref, struct os_timeline, ref);

	call_rcu(&timeline->rcu, timeline_free);
}

void os_timeline_put(struct os_timeline *timeline)
{
	if (!COMPAT_FENCES_DETACH)
		kref_put(&timeline->ref, timeline_release);
}

static const char *kept_driver_name(struct dma_fence *fence)
{
	return to_os_finished(fence)->timeline->driver_name;
}

static const char *kept_timeline_name(struct dma_fence *fence)
{
	return to_os_finished(fence)->timeline->name;
}

static void kept_release(struct dma_fence *fence)
{
	os_timeline_put(to_os_finished(fence)->timeline);
	dma_fence_free(fence);
}

static const struct dma_fence_ops kept_fence_ops = {
	COMPAT_FENCE_OPS_64BIT
	.get_driver_name = kept_driver_name,
	.get_timeline_name = kept_timeline_name,
	.set_deadline = drm_dep_fence_set_deadline,
	.release = kept_release,
};

void os_timeline_fence_init(struct os_finished *fence, struct os_timeline *timeline, u64 context,
			    u64 seqno)
{
	static_assert(offsetof(struct os_finished, base.base) == 0);

	/* Before the fence is initialised: a tracepoint in there asks for its names. */
	kref_get(&timeline->ref);
	fence->timeline = timeline;
	compat_fence_init64(&fence->base, &kept_fence_ops, context, seqno);
}

static const char *check_name(struct dma_fence *fence)
{
	return "drm_dep";
}

static const struct dma_fence_ops check_ops = {
	.get_driver_name = check_name,
	.get_timeline_name = check_name,
};

/* Who looked for the kernel's features did so in its headers; this is what it does. */
int os_timeline_check(void)
{
	/* Never put, so it never is the kernel's to free. */
	static struct compat_fence fence;

	if (!COMPAT_FENCES_DETACH) {
		pr_info("drm_dep: this kernel keeps using the module that a fence is from; it can be unloaded when no fence of it is left\n");
		return 0;
	}
	compat_fence_init64(&fence, &check_ops, dma_fence_context_alloc(1), 1);
	dma_fence_signal(&fence.base);
	if (!rcu_access_pointer(fence.base.ops))
		return 0;
	pr_err("drm_dep: this kernel does not forget the ops of a signalled fence, although its headers look so\n");
	return -EINVAL;
}
