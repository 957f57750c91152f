/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_DEBUGFS_H_
#define _DRM_DEP_DEBUGFS_H_

/**
 * drm_dep_debugfs_init() - make the view of all queues
 *
 * The module works without it, so nobody is told when it fails.
 *
 * Context: Process context, may sleep and allocate. The core is set up.
 */
void drm_dep_debugfs_init(void);

/**
 * drm_dep_debugfs_exit() - remove it
 *
 * Context: Process context, sleeps until nobody reads it.
 */
void drm_dep_debugfs_exit(void);

#endif /* _DRM_DEP_DEBUGFS_H_ */
