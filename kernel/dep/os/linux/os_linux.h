/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_OS_LINUX_H_
#define _DRM_DEP_OS_LINUX_H_

/**
 * os_linux_init() - make the core's workqueues
 *
 * Context: Process context, may sleep and allocate.
 * Return: 0 or -ENOMEM.
 */
int os_linux_init(void);

/**
 * os_linux_exit() - wait for the core's work items and destroy the workqueues
 *
 * Afterwards no code of the core runs, whoever called it last.
 *
 * Context: Process context, sleeps. No queue exists any more.
 */
void os_linux_exit(void);

#endif /* _DRM_DEP_OS_LINUX_H_ */
