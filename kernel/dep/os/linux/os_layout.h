/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_OS_LAYOUT_H_
#define _DRM_DEP_OS_LAYOUT_H_

/*
 * On Linux the objects of os.h are the kernel's own, but for the workqueue, which is
 * ours. They have the same tags in C++, too: a function's type is then the same on both
 * sides, which is what a kernel with control-flow integrity compares before it calls
 * through a pointer.
 */
#define os_lock spinlock
#define os_ref kref
#define os_work work_struct
#define os_timer timer_list
#define os_rcu_work rcu_work
#define os_fence dma_fence
#define os_fence_cb dma_fence_cb
#define os_class lock_class_key
#define os_device drm_device
#define os_module module
#define os_wq drm_dep_workqueue

#ifndef __cplusplus
#include <linux/types.h>

#define OS_HAVE_NATIVE_TYPES
struct dma_fence;
struct dma_fence_cb;
struct kref;
struct lock_class_key;
struct rcu_work;
struct spinlock;
struct timer_list;
struct work_struct;
#else
/* Generated from layout.c. */
#include "layout.h"
#define OS_HAVE_LAYOUT
#endif

#endif /* _DRM_DEP_OS_LAYOUT_H_ */
