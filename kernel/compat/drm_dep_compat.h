/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_COMPAT_H_
#define _DRM_DEP_COMPAT_H_

/**
 * DOC: one source, several kernels
 *
 * The sources are written for the newest kernel. This header gives an older one what
 * that has and it has not, mostly by the same name; what has to look different is spelt
 * COMPAT_ or compat_. There is no other place where the kernel makes a difference.
 *
 * What a kernel has is not read off its version, as distributions take over what they like:
 * it is tried out. Each file of the folder probes is a piece of code that compiles if one
 * feature is there, and the build writes the results into drm_dep_config.h (see the script
 * named probe). Macros need no probe.
 */

#include <linux/dma-fence.h>
#include <linux/hrtimer.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "drm_dep_config.h"

/*
 * Memory: kzalloc_obj() and the like, with flags at the end or GFP_KERNEL.
 */

#ifndef kzalloc_obj
#define COMPAT_GFP(unused, gfp, ...) gfp
#define COMPAT_GFP_OF(...) COMPAT_GFP(, ##__VA_ARGS__, GFP_KERNEL)
#define kzalloc_obj(p, ...) \
	((typeof(p) *)kzalloc(sizeof(typeof(p)), COMPAT_GFP_OF(__VA_ARGS__)))
#define kzalloc_flex(p, member, count, ...) \
	((typeof(p) *)kzalloc(struct_size_t(typeof(p), member, count), COMPAT_GFP_OF(__VA_ARGS__)))
#define kvzalloc_flex(p, member, count, ...) \
	((typeof(p) *)kvzalloc(struct_size_t(typeof(p), member, count), COMPAT_GFP_OF(__VA_ARGS__)))
#define kvzalloc_objs(p, count, ...) \
	((typeof(p) *)kvzalloc(size_mul(sizeof(typeof(p)), count), COMPAT_GFP_OF(__VA_ARGS__)))
#endif

/*
 * Fences.
 *
 * A newer kernel has the lock inside the fence, and detaches a fence when it signals, that
 * is, forgets its ops, if these have neither release nor wait. Both came at the same time;
 * drm_dep makes sure when it is loaded.
 */

#ifdef DRM_DEP_HAS_FENCE_INLINE_LOCK
#define COMPAT_FENCES_DETACH true

/* A fence and its lock; freed as a fence. */
struct compat_fence {
	struct dma_fence base;
};

static inline void compat_fence_init(struct compat_fence *fence, const struct dma_fence_ops *ops,
				     u64 context, u64 seqno)
{
	dma_fence_init(&fence->base, ops, NULL, context, seqno);
}

/* Its numbers may use all 64 bits. The ops have COMPAT_FENCE_OPS_64BIT. */
static inline void compat_fence_init64(struct compat_fence *fence,
				       const struct dma_fence_ops *ops, u64 context, u64 seqno)
{
	dma_fence_init64(&fence->base, ops, NULL, context, seqno);
}

#define COMPAT_FENCE_OPS_64BIT
#else
#define COMPAT_FENCES_DETACH false

struct compat_fence {
	struct dma_fence base;
	spinlock_t lock;
};

static inline void compat_fence_init(struct compat_fence *fence, const struct dma_fence_ops *ops,
				     u64 context, u64 seqno)
{
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, ops, &fence->lock, context, seqno);
}

#ifdef DRM_DEP_HAS_FENCE_INIT64
static inline void compat_fence_init64(struct compat_fence *fence,
				       const struct dma_fence_ops *ops, u64 context, u64 seqno)
{
	spin_lock_init(&fence->lock);
	dma_fence_init64(&fence->base, ops, &fence->lock, context, seqno);
}

#define COMPAT_FENCE_OPS_64BIT
#else
#define compat_fence_init64 compat_fence_init
#define COMPAT_FENCE_OPS_64BIT .use_64bit_seqno = true,
#endif

static inline spinlock_t *dma_fence_spinlock(struct dma_fence *fence)
{
	return fence->lock;
}

#define dma_fence_lock_irqsave(fence, flags) \
	spin_lock_irqsave(dma_fence_spinlock(fence), flags)
#define dma_fence_unlock_irqrestore(fence, flags) \
	spin_unlock_irqrestore(dma_fence_spinlock(fence), flags)
#endif

#ifndef DRM_DEP_HAS_FENCE_NAMES
static inline const char __rcu *dma_fence_driver_name(struct dma_fence *fence)
{
	return (const char __rcu *)fence->ops->get_driver_name(fence);
}

static inline const char __rcu *dma_fence_timeline_name(struct dma_fence *fence)
{
	return (const char __rcu *)fence->ops->get_timeline_name(fence);
}
#endif

/*
 * Timers and work items.
 */

#ifndef DRM_DEP_HAS_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#ifndef DRM_DEP_HAS_TIMER_INIT_KEY
#define timer_init_key init_timer_key
#endif

#ifndef DRM_DEP_HAS_WORKQUEUE_RECLAIM
/* Such a kernel tells it to nobody, so the driver's word has to do. */
static inline bool current_is_workqueue_mem_reclaim(void)
{
	return true;
}
#endif

/*
 * The kernel's fault injection. Whoever asks it should look at this first: asking counts.
 */

#ifdef CONFIG_FAULT_INJECTION
#define COMPAT_FAULT_ATTR FAULT_ATTR_INITIALIZER
#define compat_fault_attr_is_set(attr) (READ_ONCE((attr)->probability) != 0)
#else
#define COMPAT_FAULT_ATTR {}
#define compat_fault_attr_is_set(attr) ((void)(attr), false)
#endif

/*
 * DRM. Macros only, so that who needs none of it does not include its headers.
 */

#ifdef DRM_DEP_HAS_GPUVM_MAP_REQ
#define compat_gpuvm_sm_map(vm, priv, start, size, object, start_in_object)   \
	drm_gpuvm_sm_map(vm, priv, &(const struct drm_gpuvm_map_req){         \
		.map.va.addr = (start),                                       \
		.map.va.range = (size),                                       \
		.map.gem.obj = (object),                                      \
		.map.gem.offset = (start_in_object),                          \
	})
#else
#define compat_gpuvm_sm_map drm_gpuvm_sm_map
#endif

/* Some kernels warn of a driver without a date, others don't know what that is. */
#ifdef DRM_DEP_HAS_DRIVER_DATE
#define COMPAT_DRM_DRIVER_DATE .date = "0",
#else
#define COMPAT_DRM_DRIVER_DATE
#endif

/* The arguments of the kernel's GPU scheduler, which kernel/icount compares with. */
#ifdef DRM_DEP_HAS_SCHED_INIT_ARGS
#define compat_sched_init(sched, backend, limit, title, device)               \
	drm_sched_init(sched, &(const struct drm_sched_init_args){            \
		.ops = (backend),                                             \
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,                          \
		.credit_limit = (limit),                                      \
		.timeout = MAX_SCHEDULE_TIMEOUT,                              \
		.name = (title),                                              \
		.dev = (device),                                              \
	})
#else
#define compat_sched_init(sched, backend, limit, title, device)               \
	drm_sched_init(sched, backend, NULL, DRM_SCHED_PRIORITY_COUNT, limit, \
		       0, MAX_SCHEDULE_TIMEOUT, NULL, NULL, title, device)
#endif

#ifdef DRM_DEP_HAS_SCHED_JOB_CLIENT
#define compat_sched_job_init(job, entity, credits) \
	drm_sched_job_init(job, entity, credits, NULL, 0)
#else
#define compat_sched_job_init(job, entity, credits) \
	drm_sched_job_init(job, entity, credits, NULL)
#endif

/*
 * KUnit, for those who have included it before. Where a test can't keep a warning that it
 * provokes out of the log, it is skipped.
 */

#if defined(KUNIT_CASE) && !defined(kunit_warning_suppress)
#define kunit_start_suppress_warning(test) \
	({ kunit_skip(test, "warnings can't be suppressed"); NULL; })
#define kunit_end_suppress_warning(test, suppressed) ((void)(suppressed))
#define kunit_suppressed_warning_count(suppressed) 0
#define kunit_warning_suppress(test) \
	for (kunit_skip(test, "warnings can't be suppressed"); 0; )
#endif

#endif /* _DRM_DEP_COMPAT_H_ */
