/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_OS_LINUX_H_
#define _DRM_DEP_OS_LINUX_H_

#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/percpu-defs.h>
#include <linux/types.h>

#include "drm_dep_compat.h"

struct os_timeline;
struct workqueue_struct;

/**
 * struct drm_dep_workqueue - a workqueue and what the kernel does not tell of it
 */
struct drm_dep_workqueue {
	/** @wq: the kernel's. */
	struct workqueue_struct *wq;

	/** @ordered: no two of its work items run at the same time. */
	bool ordered;

	/** @owned: it goes when this goes. */
	bool owned;
};

/* Above 0 while a callback of a finished fence runs on this CPU. */
DECLARE_PER_CPU(unsigned int, os_nesting);

/**
 * os_ticks() - a time as the kernel's timers count it
 * @ns: nanoseconds
 *
 * The tick that has begun already is not in the result: the timer wheel adds it itself,
 * for everybody, so that no timer is early.
 *
 * Context: Any context.
 * Return: ticks, rounded up. What no timer can wait for becomes the longest that one can.
 */
static inline unsigned long os_ticks(u64 ns)
{
	u32 rest;
	u64 ticks = div_u64_rem(ns, TICK_NSEC, &rest);

	return min_t(u64, ticks + (rest > 0), MAX_JIFFY_OFFSET);
}

/**
 * struct os_finished - what the core knows as a fence of its own
 */
struct os_finished {
	/** @base: the fence; first, as the kernel frees it by its address. */
	struct compat_fence base;

	/** @timeline: with a reference, from os_fence_init() on; see os_timeline.c. */
	struct os_timeline *timeline;
};

#define to_os_finished(fence) container_of(fence, struct os_finished, base.base)

/**
 * os_timeline_fence_init() - os_fence_init() where the kernel does not detach fences
 * @fence: the fence
 * @timeline: what it has its names from
 * @context: its context
 * @seqno: its number
 *
 * Context: Any context.
 */
void os_timeline_fence_init(struct os_finished *fence, struct os_timeline *timeline, u64 context,
			    u64 seqno);

/**
 * os_timeline_check() - find out whether the kernel detaches fences as it was built to
 *
 * Context: Process context.
 * Return: 0, or -EINVAL if it does not.
 */
int os_timeline_check(void);

/**
 * os_linux_init() - make the core's workqueues
 *
 * Context: Process context, may sleep and allocate.
 * Return: 0, -ENOMEM, or -EINVAL on a kernel that this was not built for.
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
