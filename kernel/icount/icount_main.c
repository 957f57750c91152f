// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The measurements. They are done when the module is loaded, and written to the kernel's log
 * as lines that tools/instructions reads.
 *
 * The kernel has to run on one emulated CPU whose time stamp counter counts instructions.
 * Then the same kernel and the same module give the same numbers, but for interrupts: so
 * each loop is run several times, and the least number counts.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gcd.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timex.h>
#include <linux/wait.h>

#include <drm/drm_drv.h>

#include "icount.h"

#define JOBS 400
#define TIMES 15
#define PROFILE_JOBS 100

static unsigned int profile;
module_param(profile, uint, 0);
MODULE_PARM_DESC(profile, "only run the subject of this number, one job at a time, between two marks");

struct drm_device *ic_drm;

static struct ic_job *jobs[JOBS];
static atomic_t alive;
static DECLARE_WAIT_QUEUE_HEAD(all_gone);
static u64 hw_context;
static u64 hw_seqno;

static const char *hw_name(struct dma_fence *fence)
{
	return "icount";
}

static const struct dma_fence_ops hw_ops = {
	.get_driver_name = hw_name,
	.get_timeline_name = hw_name,
};

int ic_job_init(struct ic_job *job, bool hw)
{
	if (hw) {
		job->hw = kzalloc_obj(*job->hw);
		if (!job->hw)
			return -ENOMEM;
	}
	atomic_inc(&alive);
	return 0;
}

struct dma_fence *ic_job_run(struct ic_job *job)
{
	struct dma_fence *fence = NULL;

	if (job->hw) {
		compat_fence_init(job->hw, &hw_ops, hw_context, ++hw_seqno);
		fence = dma_fence_get(&job->hw->base);
	}
	WRITE_ONCE(job->ran, true);
	return fence;
}

void ic_job_fini(struct ic_job *job)
{
	if (job->hw)
		dma_fence_put(&job->hw->base);
	/* On one CPU a waiter is in the list or has not looked yet. */
	if (atomic_dec_and_test(&alive) && waitqueue_active(&all_gone))
		wake_up(&all_gone);
}

static void wait_until_gone(void)
{
	if (atomic_read(&alive))
		wait_event(all_gone, !atomic_read(&alive));
}

/* What the hardware does with a job that it was given. */
static void complete_job(struct ic_job *job)
{
	if (!job->hw)
		return;
	while (!READ_ONCE(job->ran))
		yield();
	dma_fence_signal(&job->hw->base);
}

static int one_by_one(const struct ic_subject *subject, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct ic_job *job = subject->submit(subject);

		if (!job)
			return -ENOMEM;
		if (subject->hw)
			complete_job(job);
		wait_until_gone();
	}
	return 0;
}

static int in_a_row(const struct ic_subject *subject, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		jobs[i] = subject->submit(subject);
		if (!jobs[i])
			return -ENOMEM;
	}
	if (subject->hw)
		for (i = 0; i < count; i++)
			complete_job(jobs[i]);
	wait_until_gone();
	return 0;
}

/* Nothing of what was done before shall be left to do. */
static void settle(void)
{
	rcu_barrier();
	msleep(50);
}

/* Instructions per job. */
static int measure(const struct ic_subject *subject,
		   int (*loop)(const struct ic_subject *subject, unsigned int count), u64 *result)
{
	u64 least = U64_MAX;
	int i, ret;

	for (i = 0; i < TIMES; i++) {
		cycles_t start;

		settle();
		start = get_cycles();
		ret = loop(subject, JOBS);
		least = min_t(u64, least, get_cycles() - start);
		if (ret)
			return ret;
	}
	*result = div_u64(least, JOBS);
	return 0;
}

/* A job that waits for @count fences of as many contexts, from its making to its end. */
static int job_with_dependencies(const struct ic_subject *subject, struct compat_fence **fences,
				 unsigned int count, u64 *add)
{
	struct ic_job *job = subject->make(subject);
	cycles_t start;
	unsigned int i;
	int ret;

	if (!job)
		return -ENOMEM;
	start = get_cycles();
	for (i = 0; i < count; i++) {
		ret = subject->depend(job, dma_fence_get(&fences[i]->base));
		if (ret)
			return ret;
	}
	*add = get_cycles() - start;
	subject->push(job);
	for (i = 0; i < count; i++)
		dma_fence_signal(&fences[i]->base);
	wait_until_gone();
	return 0;
}

/*
 * Instructions per dependency: to add it, and in all, which is what a job costs more than
 * one that has to wait for one fence only.
 */
static int measure_dependencies(const struct ic_subject *subject, unsigned int count, u64 *add,
				u64 *all)
{
	struct compat_fence **fences = kvzalloc_objs(*fences, count + 1);
	u64 least_add = U64_MAX, least_all = U64_MAX, least_one = U64_MAX;
	unsigned int time, i;
	int ret = 0;

	if (!fences)
		return -ENOMEM;
	for (time = 0; time < TIMES && !ret; time++) {
		cycles_t start;
		u64 this_add;

		for (i = 0; i <= count; i++) {
			fences[i] = kzalloc_obj(*fences[i]);
			if (!fences[i]) {
				while (i--)
					dma_fence_put(&fences[i]->base);
				kvfree(fences);
				return -ENOMEM;
			}
			compat_fence_init(fences[i], &hw_ops, dma_fence_context_alloc(1), 1);
		}
		settle();
		start = get_cycles();
		ret = job_with_dependencies(subject, fences, 1, &this_add);
		least_one = min_t(u64, least_one, get_cycles() - start);
		if (!ret) {
			settle();
			start = get_cycles();
			ret = job_with_dependencies(subject, fences + 1, count, &this_add);
			least_all = min_t(u64, least_all, get_cycles() - start);
			least_add = min(least_add, this_add);
		}
		for (i = 0; i <= count; i++)
			dma_fence_put(&fences[i]->base);
	}
	kvfree(fences);
	*add = div_u64(least_add, count);
	*all = div_u64(least_all - least_one, count - 1);
	return ret;
}

static const struct ic_subject *const subjects[] = {
	&ic_floor, &ic_floor_hw, &ic_sched, &ic_sched_hw,
	&ic_dep, &ic_dep_hw, &ic_dep_flags, &ic_dep_flags_hw,
};

static int jobs_of(const struct ic_subject *subject)
{
	u64 one, row;
	int ret = subject->begin(subject);

	if (ret)
		return ret;
	ret = measure(subject, one_by_one, &one);
	if (!ret)
		ret = measure(subject, in_a_row, &row);
	subject->end();
	if (!ret)
		pr_info("icount: job|%s|%llu|%llu\n", subject->name, one, row);
	return ret;
}

static int dependencies_of(const struct ic_subject *subject)
{
	u64 add[2], all[2];
	int ret = subject->begin(subject);

	if (ret)
		return ret;
	ret = measure_dependencies(subject, 16, &add[0], &all[0]);
	if (!ret)
		ret = measure_dependencies(subject, 256, &add[1], &all[1]);
	subject->end();
	if (!ret) {
		pr_info("icount: dependency|%s, to add it|%llu|%llu\n", subject->name, add[0],
			add[1]);
		pr_info("icount: dependency|%s, in all|%llu|%llu\n", subject->name, all[0], all[1]);
	}
	return ret;
}

/*
 * A mark for tools/instructions, which knows where the kernel's own functions are: a call of
 * one that hardly anybody calls, and nobody with this.
 */
#define MARK 0x7ea5e1ab00000000UL

static void mark(void)
{
	/* Or the compiler would leave out what has no effect. */
	unsigned long (*volatile call)(unsigned long a, unsigned long b) = gcd;

	call(MARK, 1);
}

static int run_for_profile(const struct ic_subject *subject)
{
	int ret = subject->begin(subject);

	if (ret)
		return ret;
	ret = one_by_one(subject, JOBS);
	settle();
	mark();
	if (!ret)
		ret = one_by_one(subject, PROFILE_JOBS);
	mark();
	subject->end();
	return ret;
}

static int run_all(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(subjects) && !ret; i++)
		ret = jobs_of(subjects[i]);
	if (!ret)
		ret = dependencies_of(&ic_sched);
	if (!ret)
		ret = dependencies_of(&ic_dep_flags);
	return ret;
}

static const struct drm_driver driver = {
	.name = "drm_dep_icount",
	.desc = "Counts instructions",
	COMPAT_DRM_DRIVER_DATE
};

static int __init icount_init(void)
{
	struct device *dev = root_device_register("drm_dep_icount");
	int ret;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	ic_drm = drm_dev_alloc(&driver, dev);
	if (IS_ERR(ic_drm)) {
		root_device_unregister(dev);
		return PTR_ERR(ic_drm);
	}
	hw_context = dma_fence_context_alloc(1);

	if (profile && profile <= ARRAY_SIZE(subjects))
		ret = run_for_profile(subjects[profile - 1]);
	else
		ret = run_all();
	rcu_barrier();
	drm_dev_put(ic_drm);
	root_device_unregister(dev);
	return ret;
}

static void __exit icount_exit(void)
{
}

module_init(icount_init);
module_exit(icount_exit);

MODULE_DESCRIPTION("Counts the instructions of a job");
MODULE_LICENSE("Dual MIT/GPL");
