// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * os.h on Linux: work items, workqueues, time and timers; and the core's own workqueues,
 * from the load of the module to its end.
 */
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include <drm/drm_dep.h>

#include "../os.h"
#include "os_linux.h"

static struct drm_dep_workqueue *run_wq;
static struct drm_dep_workqueue *timeout_wq;
static struct drm_dep_workqueue drain_wq;
static struct drm_dep_workqueue cleanup_wq;

void os_work_init(struct os_work *work, os_work_fn fn, struct os_class *work_class,
		  const char *name)
{
	INIT_WORK(work, fn);
	/* Or all work items would share the class of the line above. */
	lockdep_init_map(&work->lockdep_map, name, work_class, 0);
}

bool os_work_queue(struct os_wq *wq, struct os_work *work)
{
	return queue_work(wq->wq, work);
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
	queue_rcu_work(wq->wq, work);
}

struct os_wq *os_wq_run(void)
{
	return run_wq;
}

struct os_wq *os_wq_timeout(void)
{
	return timeout_wq;
}

struct os_wq *os_wq_drain(void)
{
	return &drain_wq;
}

struct os_wq *os_wq_cleanup(void)
{
	return &cleanup_wq;
}

bool os_wq_is_ordered(const struct os_wq *wq)
{
	return wq->ordered;
}

unsigned long long os_now(void)
{
	return ktime_get_ns() ?: 1;
}

void os_timer_init(struct os_timer *timer, os_timer_fn fn, struct os_class *timer_class,
		   const char *name)
{
	/* What timer_setup() is, less its key, which all timers would share. */
	timer_init_key(timer, fn, 0, name, timer_class);
}

void os_timer_start(struct os_timer *timer, unsigned long long delay_ns)
{
	mod_timer(timer, jiffies + os_ticks(delay_ns));
}

void os_timer_shutdown_sync(struct os_timer *timer)
{
	timer_shutdown_sync(timer);
}

int os_linux_init(void)
{
	int ret = os_timeline_check();

	if (ret)
		return ret;
	drain_wq.wq = system_bh_wq;
	/* Nothing that signals a fence waits for clean-up, so that may wait for memory. */
	cleanup_wq.wq = alloc_workqueue("drm_dep_cleanup", WQ_UNBOUND, 0);
	run_wq = drm_dep_alloc_workqueue("drm_dep_run", 0);
	timeout_wq = drm_dep_alloc_workqueue("drm_dep_timeout", 0);
	if (cleanup_wq.wq && run_wq && timeout_wq)
		return 0;

	drm_dep_destroy_workqueue(timeout_wq);
	drm_dep_destroy_workqueue(run_wq);
	if (cleanup_wq.wq)
		destroy_workqueue(cleanup_wq.wq);
	return -ENOMEM;
}

void os_linux_exit(void)
{
	/* Works that wait for a grace period get onto the workqueue, and then end. */
	rcu_barrier();
	destroy_workqueue(cleanup_wq.wq);
	drm_dep_destroy_workqueue(timeout_wq);
	drm_dep_destroy_workqueue(run_wq);
	/*
	 * Who completed or signalled something may still be on the last instructions of
	 * a function here: in an interrupt or a read section of its caller, which the
	 * first of these waits for; or a task that was preempted there, for which the
	 * second one waits until it has slept or left the kernel.
	 */
	synchronize_rcu();
	synchronize_rcu_tasks();
}
