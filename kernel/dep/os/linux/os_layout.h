/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_OS_LAYOUT_H_
#define _DRM_DEP_OS_LAYOUT_H_

/*
 * On Linux the objects of os.h are the kernel's own. They have the kernel's tags in
 * C++, too: a function's type is then the same on both sides, which is what a
 * kernel with control-flow integrity compares before it calls through a pointer.
 */
#define os_lock spinlock
#define os_ref kref
#define os_work work_struct
#define os_rcu_work rcu_work
#define os_fence dma_fence
#define os_fence_cb dma_fence_cb
#define os_class lock_class_key
#define os_device drm_device
#define os_module module
#define os_wq workqueue_struct

#ifndef __cplusplus
#define OS_HAVE_NATIVE_TYPES
#else
/* Generated from layout.c. */
#include "layout.h"
#define OS_HAVE_LAYOUT
#endif

#endif /* _DRM_DEP_OS_LAYOUT_H_ */
