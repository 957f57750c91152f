// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Facts about this kernel's types that the C++ side can't see, turned into
 * os_layout.h: sizes and alignments of what the public structures embed, the
 * kernel's names of those types, and where each member of the public structures
 * is. Compiled to assembly and never linked.
 */
#define COMPILE_OFFSETS

#include <linux/dma-fence.h>
#include <linux/errno.h>
#include <linux/kbuild.h>
#include <linux/kref.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include <drm/drm_dep.h>

#include "members.h"
#include "os/linux/os_linux.h"

#define OBJECT(NAME, type)                                                    \
	DEFINE(NAME##_SIZE, sizeof(type));                                    \
	DEFINE(NAME##_ALIGN, __alignof__(type))

#define STRUCT(tag)                                                           \
	OBJECT(LAYOUT_##tag, struct tag);

#define MEMBER(tag, member)                                                   \
	DEFINE(LAYOUT_##tag##_##member, offsetof(struct tag, member));

int main(void)
{
	OBJECT(OS_LOCK, spinlock_t);
	OBJECT(OS_REF, struct kref);
	OBJECT(OS_WORK, struct work_struct);
	OBJECT(OS_TIMER, struct timer_list);
	OBJECT(OS_RCU_WORK, struct rcu_work);
	/* Where nobody looks at the timeline a fence is not made larger by it. */
	DEFINE(OS_FENCE_SIZE, COMPAT_FENCES_DETACH ? offsetof(struct os_finished, timeline) :
						     sizeof(struct os_finished));
	DEFINE(OS_FENCE_ALIGN, __alignof__(struct os_finished));
	OBJECT(OS_FENCE_CB, struct dma_fence_cb);
	/* Empty without lockdep, which C++ has no objects for. */
	DEFINE(OS_CLASS_SIZE, sizeof(struct lock_class_key) ?: 1);
	DEFINE(OS_CLASS_ALIGN, __alignof__(struct lock_class_key));
	BLANK();
	DEFINE(OS_ECANCELED, ECANCELED);
	DEFINE(OS_EDEADLK, EDEADLK);
	DEFINE(OS_EINPROGRESS, EINPROGRESS);
	DEFINE(OS_EINVAL, EINVAL);
	DEFINE(OS_ENOENT, ENOENT);
	DEFINE(OS_ENOMEM, ENOMEM);
	DEFINE(OS_ERESTARTSYS, ERESTARTSYS);
	DEFINE(OS_ETIME, ETIME);
	BLANK();
	DEFINE(OS_CHECKED, IS_ENABLED(CONFIG_LOCKDEP) || IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP));
	BLANK();
	DRM_DEP_STRUCTS(STRUCT)
	DRM_DEP_MEMBERS(MEMBER)
	return 0;
}
