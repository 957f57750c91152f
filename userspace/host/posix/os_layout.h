/* SPDX-License-Identifier: MIT */
#ifndef DRM_DEP_POSIX_OS_LAYOUT_H
#define DRM_DEP_POSIX_OS_LAYOUT_H

/*
 * What os.h asks of its host before anything else: how large its objects are, and the numbers of
 * errors. The objects are those of internal.h, which checks that they fit.
 */

#include <errno.h>

#define OS_LOCK_SIZE 112
#define OS_LOCK_ALIGN 8
#define OS_REF_SIZE 4
#define OS_REF_ALIGN 4
#define OS_WORK_SIZE 32
#define OS_WORK_ALIGN 8
#define OS_TIMER_SIZE 40
#define OS_TIMER_ALIGN 8
#define OS_RCU_WORK_SIZE 64
#define OS_RCU_WORK_ALIGN 8
#define OS_FENCE_SIZE 232
#define OS_FENCE_ALIGN 8
#define OS_FENCE_CB_SIZE 24
#define OS_FENCE_CB_ALIGN 8
#define OS_CLASS_SIZE 1
#define OS_CLASS_ALIGN 1

#define OS_CHECKED 1

#define OS_ECANCELED ECANCELED
#define OS_EDEADLK EDEADLK
#define OS_EINPROGRESS EINPROGRESS
#define OS_EINVAL EINVAL
#define OS_ENOENT ENOENT
#define OS_ENOMEM ENOMEM
#define OS_ERESTARTSYS 512 /* no program sees it, so errno.h has no name for it */
#define OS_ETIME ETIME

/* Tests look and act at each access to an atomic: see set_access_hook() in host.h. */
#define OS_HOOKS

#endif /* DRM_DEP_POSIX_OS_LAYOUT_H */
