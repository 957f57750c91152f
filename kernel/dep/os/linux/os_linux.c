// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * os.h on Linux: one call of the kernel per function, mostly. What each function promises
 * is said there. Here: memory, locks, references, read sections, sleeping. Work items and
 * timers are in os_work.c, fences in os_fence.c, what people and lockdep are told in
 * os_report.c and os_trace.c.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include <drm/drm_device.h>
#include <drm/drm_drv.h>

#include "../os.h"
#include "os_linux.h"

/*
 * With PREEMPT_RT a lock that is held leaves a task preemptible, so the level would have to
 * be the task's, and no lock may be taken between os_preempt_disable() and its counterpart.
 */
#ifdef CONFIG_PREEMPT_RT
#error "drm_dep does not work with PREEMPT_RT yet"
#endif

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

bool os_ref_is_zero(const struct os_ref *ref)
{
	return kref_read(ref) == 0;
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
	return this_cpu_read(os_nesting);
}

void os_preempt_disable(void)
{
	preempt_disable();
}

void os_preempt_enable(void)
{
	preempt_enable();
}

int os_wait(struct os_lock *lock, bool (*cond)(void *arg), void *arg,
	    unsigned long long timeout_ns, bool killable)
{
	const unsigned int state = killable ? TASK_KILLABLE : TASK_UNINTERRUPTIBLE;
	long left = timeout_ns ? os_ticks(timeout_ns) : MAX_SCHEDULE_TIMEOUT;
	bool done;

	spin_lock_irq(lock);
	done = cond(arg);
	if (!done)
		/* The macro has a variable __ret of its own, which is what is left or an error. */
		left = ___wait_event(waiters, (done = cond(arg)) || !__ret, state, 0, left,
				     spin_unlock_irq(lock);
				     __ret = schedule_timeout(__ret);
				     spin_lock_irq(lock));
	spin_unlock_irq(lock);

	if (done)
		return 0;
	return left < 0 ? left : -ETIME;
}

void os_wake(struct os_lock *lock)
{
	lockdep_assert_held(lock);
	wake_up_all(&waiters);
}

void *os_current(void)
{
	return current;
}

unsigned int os_current_id(void)
{
	return task_pid_nr(current);
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
