// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * os.h on Linux: one call of the kernel per function. What each function promises is
 * said there.
 */
#include <linux/cleanup.h>
#include <linux/dma-fence-unwrap.h>
#include <linux/dma-fence.h>
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <drm/drm_device.h>
#include <drm/drm_drv.h>

#include "../os.h"
#include "os_linux.h"

static struct workqueue_struct *run_wq;
static struct workqueue_struct *cleanup_wq;

/* Above 0 while a callback of a finished fence runs on this CPU. */
static DEFINE_PER_CPU(unsigned int, nest_level);

/* Few wait and seldom: all share one. */
static DECLARE_WAIT_QUEUE_HEAD(waiters);

void *os_alloc(size_t size, const char *what)
{
	return kzalloc(size, GFP_KERNEL_ACCOUNT);
}

void os_free(void *memory)
{
	kfree(memory);
}

void os_lock_init(struct os_lock *lock, struct os_class *lock_class, const char *name)
{
	spin_lock_init(lock);
	lockdep_set_class_and_name(lock, lock_class, name);
}

unsigned long os_lock_irqsave(struct os_lock *lock)
	__acquires(lock)
{
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	return flags;
}

void os_unlock_irqrestore(struct os_lock *lock, unsigned long flags)
	__releases(lock)
{
	spin_unlock_irqrestore(lock, flags);
}

void os_assert_held(const struct os_lock *lock)
{
	lockdep_assert_held(lock);
}

void os_ref_init(struct os_ref *ref)
{
	kref_init(ref);
}

void os_ref_get(struct os_ref *ref)
{
	kref_get(ref);
}

bool os_ref_get_unless_zero(struct os_ref *ref)
{
	return kref_get_unless_zero(ref);
}

bool os_ref_put(struct os_ref *ref)
{
	return refcount_dec_and_test(&ref->refcount);
}

void os_work_init(struct os_work *work, os_work_fn fn, struct os_class *work_class,
		  const char *name)
{
	INIT_WORK(work, fn);
	/* Or all work items would share the class of the line above. */
	lockdep_init_map(&work->lockdep_map, name, work_class, 0);
}

bool os_work_queue(struct os_wq *wq, struct os_work *work)
{
	return queue_work(wq, work);
}

void os_work_disable_sync(struct os_work *work)
{
	disable_work_sync(work);
}

static_assert(offsetof(struct rcu_work, work) == 0);

void os_rcu_work_init(struct os_rcu_work *work, os_work_fn fn, struct os_class *work_class,
		      const char *name)
{
	INIT_RCU_WORK(work, fn);
	lockdep_init_map(&work->work.lockdep_map, name, work_class, 0);
}

void os_rcu_work_queue(struct os_wq *wq, struct os_rcu_work *work)
{
	queue_rcu_work(wq, work);
}

struct os_wq *os_wq_run(void)
{
	return run_wq;
}

struct os_wq *os_wq_drain(void)
{
	return system_bh_wq;
}

struct os_wq *os_wq_cleanup(void)
{
	return cleanup_wq;
}

void os_rcu_read_lock(void)
	__acquires(RCU)
{
	rcu_read_lock();
}

void os_rcu_read_unlock(void)
	__releases(RCU)
{
	rcu_read_unlock();
}

unsigned int os_nest_level(void)
{
	return this_cpu_read(nest_level);
}

unsigned int os_nest_set(unsigned int level)
{
	return this_cpu_xchg(nest_level, level);
}

void os_preempt_disable(void)
{
	preempt_disable();
}

void os_preempt_enable(void)
{
	preempt_enable();
}

void os_wait(struct os_lock *lock, bool (*cond)(void *arg), void *arg)
{
	spin_lock_irq(lock);
	wait_event_lock_irq(waiters, cond(arg), *lock);
	spin_unlock_irq(lock);
}

void os_wake(struct os_lock *lock)
{
	lockdep_assert_held(lock);
	wake_up_all(&waiters);
}

static const struct dma_fence_ops finished_fence_ops = {
	.get_driver_name = drm_dep_fence_driver_name,
	.get_timeline_name = drm_dep_fence_timeline_name,
};

void *os_fence_alloc(size_t size)
{
	/* kmalloc'ed, as the kernel frees a fence by kfree_rcu(). */
	return kzalloc(size, GFP_KERNEL_ACCOUNT);
}

unsigned long long os_fence_context_alloc(void)
{
	return dma_fence_context_alloc(1);
}

void os_fence_init(struct os_fence *fence, unsigned long long context, unsigned long long seqno,
		   unsigned int nest)
{
	dma_fence_init64(fence, &finished_fence_ops, NULL, context, seqno);
	/*
	 * The locks inside all fences are of one class, and a finished fence is signalled
	 * in callbacks of other fences. The class stays the kernel's: a key in this module
	 * would have to outlive the fences.
	 */
	lockdep_set_subclass(dma_fence_spinlock(fence), 1 + nest);
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

void os_fence_signal_locked(struct os_fence *fence, int error)
{
	if (error)
		dma_fence_set_error(fence, error);
	dma_fence_signal_locked(fence);
}

int os_fence_add_callback(struct os_fence *fence, struct os_fence_cb *cb, os_fence_fn fn)
{
	return dma_fence_add_callback(fence, cb, fn);
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

int os_fence_each_pending(struct os_fence *fence, int (*fn)(struct os_fence *fence, void *arg),
			  void *arg)
{
	struct dma_fence_unwrap cursor;
	struct dma_fence *one;
	int ret;

	dma_fence_unwrap_for_each(one, &cursor, fence) {
		if (dma_fence_is_signaled(one))
			continue;
		ret = fn(one, arg);
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

bool os_is_error(const void *pointer)
{
	return IS_ERR(pointer);
}

int os_error_of(const void *pointer)
{
	return PTR_ERR(pointer);
}

void os_device_get(struct os_device *device)
{
	drm_dev_get(device);
}

void os_device_put(struct os_device *device)
{
	drm_dev_put(device);
}

bool os_module_try_get(struct os_module *module)
{
	return try_module_get(module);
}

void os_module_put(struct os_module *module)
{
	module_put(module);
}

void os_might_sleep(void)
{
	might_sleep();
}

void os_broken(const char *sentence)
{
	WARN(1, "drm_dep: rule broken: %s\n", sentence);
}

int os_linux_init(void)
{
	run_wq = alloc_workqueue("drm_dep_run", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	cleanup_wq = alloc_workqueue("drm_dep_cleanup", WQ_UNBOUND, 0);
	if (run_wq && cleanup_wq)
		return 0;

	if (run_wq)
		destroy_workqueue(run_wq);
	if (cleanup_wq)
		destroy_workqueue(cleanup_wq);
	return -ENOMEM;
}

void os_linux_exit(void)
{
	/* Works that wait for a grace period get onto the workqueue, and then end. */
	rcu_barrier();
	destroy_workqueue(cleanup_wq);
	destroy_workqueue(run_wq);
	/*
	 * Who completed or signalled something may still be on the last instructions of
	 * a function here, with preemption off or in a read section of its caller.
	 */
	synchronize_rcu();
}
