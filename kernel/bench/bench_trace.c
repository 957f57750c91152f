// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Counts by the kernel's tracepoints. They cost time, so what is counted is not timed; and to
 * attach to them takes long, so they stay attached until something is to be timed.
 */
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>
#include <trace/events/dma_fence.h>
#include <trace/events/kmem.h>
#include <trace/events/sched.h>
#include <trace/events/workqueue.h>

#include "bench.h"

static struct task_struct *submitter;
/* Who makes kernel threads, by request. */
static struct task_struct *maker;
static bool counting;
static atomic64_t switches, wakeups, fences, bytes, asked;

/* Work functions and how often each ran; a table, because names are looked up afterwards. */
static struct {
	void *function;
	atomic64_t count;
} works[64];
static DEFINE_SPINLOCK(works_lock);

/* What interrupts free on its stack was somebody else's. */
static bool by_submitter(void)
{
	return READ_ONCE(counting) && in_task() &&
	       (current == submitter || current == maker);
}

static bool is_worker(struct task_struct *task)
{
	return task->flags & PF_WQ_WORKER;
}

static void on_switch(void *data, bool preempt, struct task_struct *prev,
		      struct task_struct *next, unsigned int prev_state)
{
	if (READ_ONCE(counting) &&
	    (prev == submitter || is_worker(prev) || is_worker(next)))
		atomic64_inc(&switches);
}

static void on_wakeup(void *data, struct task_struct *task)
{
	if (READ_ONCE(counting) && is_worker(task))
		atomic64_inc(&wakeups);
}

static void on_work(void *data, struct work_struct *work)
{
	void *function = work->func;
	unsigned long flags;
	unsigned int i;

	if (!READ_ONCE(counting))
		return;
	spin_lock_irqsave(&works_lock, flags);
	for (i = 0; i < ARRAY_SIZE(works); i++) {
		if (!works[i].function)
			works[i].function = function;
		if (works[i].function == function) {
			atomic64_inc(&works[i].count);
			break;
		}
	}
	spin_unlock_irqrestore(&works_lock, flags);
}

static void on_fence(void *data, struct dma_fence *fence)
{
	if (READ_ONCE(counting))
		atomic64_inc(&fences);
}

static void on_kmalloc(void *data, unsigned long call_site, const void *ptr, size_t bytes_req,
		       size_t bytes_alloc, gfp_t gfp_flags, int node)
{
	if (!by_submitter())
		return;
	atomic64_add(bytes_req, &asked);
	atomic64_add(bytes_alloc, &bytes);
}

static void on_cache_alloc(void *data, unsigned long call_site, const void *ptr,
			   struct kmem_cache *cache, gfp_t gfp_flags, int node)
{
	if (!by_submitter())
		return;
	atomic64_add(kmem_cache_size(cache), &asked);
	atomic64_add(ksize(ptr), &bytes);
}

static void on_kfree(void *data, unsigned long call_site, const void *ptr)
{
	if (by_submitter() && !ZERO_OR_NULL_PTR(ptr))
		atomic64_sub(ksize(ptr), &bytes);
}

static void on_cache_free(void *data, unsigned long call_site, const void *ptr,
			  const struct kmem_cache *cache)
{
	if (by_submitter())
		atomic64_sub(ksize(ptr), &bytes);
}

static struct probe {
	const char *name;
	void *function;
	struct tracepoint *tracepoint;
	bool registered;
} probes[] = {
	{ "sched_switch", on_switch },
	{ "sched_wakeup", on_wakeup },
	{ "workqueue_execute_start", on_work },
	{ "dma_fence_init", on_fence },
	{ "kmalloc", on_kmalloc },
	{ "kmem_cache_alloc", on_cache_alloc },
	{ "kfree", on_kfree },
	{ "kmem_cache_free", on_cache_free },
};

/* The tracepoints are not exported; their names are. So the types are checked here. */
static void __maybe_unused check_types(void)
{
	check_trace_callback_type_sched_switch(on_switch);
	check_trace_callback_type_sched_wakeup(on_wakeup);
	check_trace_callback_type_workqueue_execute_start(on_work);
	check_trace_callback_type_dma_fence_init(on_fence);
	check_trace_callback_type_kmalloc(on_kmalloc);
	check_trace_callback_type_kmem_cache_alloc(on_cache_alloc);
	check_trace_callback_type_kfree(on_kfree);
	check_trace_callback_type_kmem_cache_free(on_cache_free);
}

static void find(struct tracepoint *tracepoint, void *data)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (!strcmp(probes[i].name, tracepoint->name))
			probes[i].tracepoint = tracepoint;
}

int bench_trace_init(void)
{
	unsigned int i;

	for_each_kernel_tracepoint(find, NULL);
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (!probes[i].tracepoint) {
			pr_err("drm_dep_bench: this kernel has no tracepoint %s\n", probes[i].name);
			return -ENOENT;
		}
	}
	return 0;
}

void bench_trace_off(void)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (!probes[i].registered)
			continue;
		tracepoint_probe_unregister(probes[i].tracepoint, probes[i].function, NULL);
		probes[i].registered = false;
		any = true;
	}
	if (any)
		tracepoint_synchronize_unregister();
}

int bench_trace_on(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (probes[i].registered)
			continue;
		ret = tracepoint_probe_register(probes[i].tracepoint, probes[i].function, NULL);
		if (ret) {
			bench_trace_off();
			return ret;
		}
		probes[i].registered = true;
	}
	return 0;
}

/* Counts from now on; the caller is the submitter. */
void bench_trace_start(void)
{
	submitter = current;
	rcu_read_lock();
	/* The parent of every kernel thread, this one included. */
	maker = rcu_dereference(current->real_parent);
	rcu_read_unlock();
	spin_lock_irq(&works_lock);
	memset(works, 0, sizeof(works));
	spin_unlock_irq(&works_lock);
	atomic64_set(&switches, 0);
	atomic64_set(&wakeups, 0);
	atomic64_set(&fences, 0);
	atomic64_set(&bytes, 0);
	atomic64_set(&asked, 0);
	WRITE_ONCE(counting, true);
}

static bool is_of_a_layer(void *function)
{
	char name[KSYM_SYMBOL_LEN];

	snprintf(name, sizeof(name), "%ps", function);
	return strstr(name, "drm_sched_") || strstr(name, "[drm_dep]");
}

void bench_trace_stop(struct bench_counts *counts)
{
	unsigned int i;

	WRITE_ONCE(counting, false);
	counts->switches = atomic64_read(&switches);
	counts->wakeups = atomic64_read(&wakeups);
	counts->fences = atomic64_read(&fences);
	counts->bytes = atomic64_read(&bytes);
	counts->asked = atomic64_read(&asked);
	counts->works = 0;
	for (i = 0; i < ARRAY_SIZE(works) && works[i].function; i++)
		if (is_of_a_layer(works[i].function))
			counts->works += atomic64_read(&works[i].count);
}
