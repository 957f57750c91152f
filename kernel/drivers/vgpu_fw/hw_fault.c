// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/debugfs.h>
#include <linux/fault-inject.h>
#include <linux/fs.h>
#include <linux/sprintf.h>

#include "hw_fault.h"

/**
 * DOC: fault injection
 *
 * The model misbehaves on request. Each kind of misbehaviour has a folder in debugfs:
 *
 * ======  =====================================================================
 * rate    so many of 65536 opportunities are taken; 0 switches it off
 * nth     instead: the n-th opportunity is taken; 0 for none
 * times   how many are taken at most; 0 for all
 * arg     how bad it is, see &enum hw_knob
 * seed    which opportunities are taken, if by rate
 * hits    how many were taken
 * ======  =====================================================================
 *
 * Writing one of them, arg excepted, starts the count of opportunities anew, so the
 * same writes are followed by the same decisions.
 *
 * A kernel that can inject faults has its own files beside them (fail_vgpu_...), and the same
 * opportunities ask those, too.
 */

static const char * const hw_knob_names[HW_KNOBS] = {
	[HW_KNOB_IRQ_LOSE] = "irq_lose",
	[HW_KNOB_IRQ_DELAY] = "irq_delay",
	[HW_KNOB_IRQ_SPURIOUS] = "irq_spurious",
	[HW_KNOB_DOORBELL_LOSE] = "doorbell_lose",
	[HW_KNOB_H2G_STALL] = "h2g_stall",
	[HW_KNOB_G2H_FULL] = "g2h_full",
	[HW_KNOB_G2H_REORDER] = "g2h_reorder",
	[HW_KNOB_G2H_CORRUPT] = "g2h_corrupt",
	[HW_KNOB_G2H_DUP] = "g2h_dup",
	[HW_KNOB_ENGINE_HANG] = "engine_hang",
	[HW_KNOB_CMD_FAULT] = "cmd_fault",
	[HW_KNOB_FW_DIE] = "fw_die",
	[HW_KNOB_HALT_REFUSE] = "halt_refuse",
	[HW_KNOB_BOOT_REFUSE] = "boot_refuse",
	[HW_KNOB_TLB_SLOW] = "tlb_slow",
	[HW_KNOB_TLB_LOSE] = "tlb_lose",
	[HW_KNOB_GONE] = "gone",
	[HW_KNOB_SLOW_ENGINE] = "slow_engine",
};

/* static, as a lock in them has to be */
struct fault_attr hw_fault_attrs[HW_KNOBS] = { [0 ... HW_KNOBS - 1] = COMPAT_FAULT_ATTR };

/* 16 bits that look random, the same for the same arguments. */
static u64 hw_fault_hash(u64 seed, u64 knob, u64 index)
{
	u64 x = (seed ^ (knob << 56)) + index * 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return (x ^ (x >> 31)) >> 48;
}

static bool hw_fault_decide(const struct hw_fault *fault, enum hw_knob knob, u64 index)
{
	u64 nth = READ_ONCE(fault->nth);

	if (nth)
		return index == nth;
	return hw_fault_hash(READ_ONCE(fault->seed), knob, index) < READ_ONCE(fault->rate);
}

/* Counts a hit, unless there were enough. */
static bool hw_fault_take(struct hw_fault *fault)
{
	u64 times = READ_ONCE(fault->times);
	s64 hits = atomic64_read(&fault->hits);

	do {
		if (times && (u64)hits >= times)
			return false;
	} while (!atomic64_try_cmpxchg(&fault->hits, &hits, hits + 1));
	return true;
}

/**
 * hw_fault_ask() - the slow half of hw_fault()
 * @fault: the knob
 * @knob: which one that is
 *
 * Context: Any.
 * Return: true if it shall go wrong.
 */
bool hw_fault_ask(struct hw_fault *fault, enum hw_knob knob)
{
	if (READ_ONCE(fault->armed) &&
	    hw_fault_decide(fault, knob, atomic64_inc_return(&fault->count)) &&
	    hw_fault_take(fault))
		return true;
	/*
	 * Only if it was set: else the kernel's counter of a task's own failures would
	 * count what happens here, too.
	 */
	if (compat_fault_attr_is_set(&hw_fault_attrs[knob]) &&
	    should_fail(&hw_fault_attrs[knob], 1)) {
		atomic64_inc(&fault->hits);
		return true;
	}
	return false;
}

static int hw_fault_get(void *data, u64 *val)
{
	*val = READ_ONCE(*(u64 *)data);
	return 0;
}

static void hw_fault_restart(struct hw_fault *fault)
{
	WRITE_ONCE(fault->armed, fault->rate || fault->nth);
	atomic64_set(&fault->count, 0);
	atomic64_set(&fault->hits, 0);
}

static int hw_fault_rate_set(void *data, u64 val)
{
	struct hw_fault *fault = container_of(data, struct hw_fault, rate);

	if (val > 65536)
		return -EINVAL;
	WRITE_ONCE(fault->rate, val);
	hw_fault_restart(fault);
	return 0;
}

static int hw_fault_nth_set(void *data, u64 val)
{
	struct hw_fault *fault = container_of(data, struct hw_fault, nth);

	WRITE_ONCE(fault->nth, val);
	hw_fault_restart(fault);
	return 0;
}

static int hw_fault_times_set(void *data, u64 val)
{
	struct hw_fault *fault = container_of(data, struct hw_fault, times);

	WRITE_ONCE(fault->times, val);
	hw_fault_restart(fault);
	return 0;
}

static int hw_fault_seed_set(void *data, u64 val)
{
	struct hw_fault *fault = container_of(data, struct hw_fault, seed);

	WRITE_ONCE(fault->seed, val);
	hw_fault_restart(fault);
	return 0;
}

static int hw_fault_arg_set(void *data, u64 val)
{
	WRITE_ONCE(*(u64 *)data, val);
	return 0;
}

static int hw_fault_hits_get(void *data, u64 *val)
{
	*val = atomic64_read(data);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(hw_fault_rate_fops, hw_fault_get, hw_fault_rate_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(hw_fault_nth_fops, hw_fault_get, hw_fault_nth_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(hw_fault_times_fops, hw_fault_get, hw_fault_times_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(hw_fault_seed_fops, hw_fault_get, hw_fault_seed_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(hw_fault_arg_fops, hw_fault_get, hw_fault_arg_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(hw_fault_hits_fops, hw_fault_hits_get, NULL, "%llu\n");

static void hw_fault_create_files(struct hw_fault *fault, enum hw_knob knob, struct dentry *parent)
{
	const char *name = hw_knob_names[knob];
	struct dentry *dir = debugfs_create_dir(name, parent);
	char attr_name[32];

	debugfs_create_file_unsafe("rate", 0600, dir, &fault->rate, &hw_fault_rate_fops);
	debugfs_create_file_unsafe("nth", 0600, dir, &fault->nth, &hw_fault_nth_fops);
	debugfs_create_file_unsafe("times", 0600, dir, &fault->times, &hw_fault_times_fops);
	debugfs_create_file_unsafe("seed", 0600, dir, &fault->seed, &hw_fault_seed_fops);
	debugfs_create_file_unsafe("arg", 0600, dir, &fault->arg, &hw_fault_arg_fops);
	debugfs_create_file_unsafe("hits", 0400, dir, &fault->hits, &hw_fault_hits_fops);
	snprintf(attr_name, sizeof(attr_name), "fail_vgpu_%s", name);
	/* not there if the kernel can't inject faults */
	fault_create_debugfs_attr(attr_name, parent, &hw_fault_attrs[knob]);
}

/**
 * hw_faults_init() - make the knobs and their files
 * @faults: the knobs, zeroed
 *
 * Without debugfs there are no files, and nothing ever goes wrong.
 *
 * Context: Process context, allocates.
 */
void hw_faults_init(struct hw_faults *faults)
{
	int knob;

	faults->dir = debugfs_create_dir("vgpu_fault", NULL);
	debugfs_create_bool("arm_hangs", 0600, faults->dir, &faults->arm_hangs);
	for (knob = 0; knob < HW_KNOBS; knob++)
		hw_fault_create_files(&faults->knobs[knob], knob, faults->dir);
}

/**
 * hw_faults_fini() - remove the files
 * @faults: the knobs
 *
 * Context: Process context, waits for those who use a file.
 */
void hw_faults_fini(struct hw_faults *faults)
{
	debugfs_remove_recursive(faults->dir);
}
