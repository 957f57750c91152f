/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _HW_FAULT_H_
#define _HW_FAULT_H_

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/fault-inject.h>
#include <linux/types.h>

#include "drm_dep_compat.h"

struct dentry;

/**
 * enum hw_knob - what can be made to go wrong, each at its own opportunities
 * @HW_KNOB_IRQ_LOSE: an interrupt, before it is raised
 * @HW_KNOB_IRQ_DELAY: the same comes arg us later
 * @HW_KNOB_IRQ_SPURIOUS: the same, with one before it that has no reason
 * @HW_KNOB_DOORBELL_LOSE: a write to the doorbell
 * @HW_KNOB_H2G_STALL: a message of the host is read arg us late
 * @HW_KNOB_G2H_FULL: a message to the host finds a ring of arg slots
 * @HW_KNOB_G2H_REORDER: a reply is overtaken by that of another context
 * @HW_KNOB_G2H_CORRUPT: a reply has a wrong type (arg 0), context (1) or cookie (2)
 * @HW_KNOB_G2H_DUP: a reply is sent twice
 * @HW_KNOB_ENGINE_HANG: a command hangs as HANG of kind arg
 * @HW_KNOB_CMD_FAULT: a command faults
 * @HW_KNOB_FW_DIE: at a message or a pick the firmware dies, and says so (arg 0) or not (1)
 * @HW_KNOB_HALT_REFUSE: an attempt to reset the device has no effect
 * @HW_KNOB_BOOT_REFUSE: an attempt to start the firmware has no effect
 * @HW_KNOB_TLB_SLOW: an invalidation is answered arg us late
 * @HW_KNOB_TLB_LOSE: an invalidation is not answered
 * @HW_KNOB_GONE: at a write to a register the device vanishes
 * @HW_KNOB_SLOW_ENGINE: a command takes arg percent of its time
 * @HW_KNOBS: how many there are
 */
enum hw_knob {
	HW_KNOB_IRQ_LOSE,
	HW_KNOB_IRQ_DELAY,
	HW_KNOB_IRQ_SPURIOUS,
	HW_KNOB_DOORBELL_LOSE,
	HW_KNOB_H2G_STALL,
	HW_KNOB_G2H_FULL,
	HW_KNOB_G2H_REORDER,
	HW_KNOB_G2H_CORRUPT,
	HW_KNOB_G2H_DUP,
	HW_KNOB_ENGINE_HANG,
	HW_KNOB_CMD_FAULT,
	HW_KNOB_FW_DIE,
	HW_KNOB_HALT_REFUSE,
	HW_KNOB_BOOT_REFUSE,
	HW_KNOB_TLB_SLOW,
	HW_KNOB_TLB_LOSE,
	HW_KNOB_GONE,
	HW_KNOB_SLOW_ENGINE,
	HW_KNOBS,
};

/**
 * struct hw_fault - a knob
 */
struct hw_fault {
	/** @armed: @rate or @nth is set. */
	bool armed;
	/** @rate: of 65536 opportunities, how many are taken. */
	u64 rate;
	/** @nth: or just this one, from 1 on; 0 if not. */
	u64 nth;
	/** @times: how many are taken at most; 0 for all. */
	u64 times;
	/** @arg: see &enum hw_knob. */
	u64 arg;
	/** @seed: which of them, if by @rate. */
	u64 seed;
	/** @count: opportunities since the knob was set. */
	atomic64_t count;
	/** @hits: those that were taken. */
	atomic64_t hits;
};

/**
 * struct hw_faults - all knobs of a device
 */
struct hw_faults {
	/** @knobs: by &enum hw_knob. */
	struct hw_fault knobs[HW_KNOBS];
	/** @arm_hangs: commands may ask for the worst two kinds of HANG. */
	bool arm_hangs;
	/** @dir: in debugfs. */
	struct dentry *dir;
};

void hw_faults_init(struct hw_faults *faults);
void hw_faults_fini(struct hw_faults *faults);
bool hw_fault_ask(struct hw_fault *fault, enum hw_knob knob);

/* the kernel's way to ask for the same, if it has one */
extern struct fault_attr hw_fault_attrs[HW_KNOBS];

/**
 * hw_fault() - shall it go wrong here?
 * @faults: the knobs
 * @knob: which one
 *
 * Each call is an opportunity. The decision depends on the number of the opportunity
 * and on the knob's files only, so it is the same whatever the other knobs do.
 *
 * Context: Any.
 * Return: true if it shall.
 */
static inline bool hw_fault(struct hw_faults *faults, enum hw_knob knob)
{
	struct hw_fault *fault = &faults->knobs[knob];

	if (likely(!READ_ONCE(fault->armed) && !compat_fault_attr_is_set(&hw_fault_attrs[knob])))
		return false;
	return hw_fault_ask(fault, knob);
}

/**
 * hw_fault_arg() - the argument of a knob
 * @faults: the knobs
 * @knob: which one
 *
 * Context: Any.
 * Return: what the file arg says.
 */
static inline u64 hw_fault_arg(const struct hw_faults *faults, enum hw_knob knob)
{
	return READ_ONCE(faults->knobs[knob].arg);
}

#endif /* _HW_FAULT_H_ */
