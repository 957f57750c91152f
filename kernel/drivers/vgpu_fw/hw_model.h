/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _HW_MODEL_H_
#define _HW_MODEL_H_

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "drm_dep_compat.h"
#include "hw_abi.h"
#include "hw_fault.h"
#include "hw_fw.h"
#include "hw_regs.h"

/**
 * DOC: the model
 *
 * The device is software: one thread per engine, one for the firmware, and the
 * functions behind the registers, which run in the caller's context. The threads
 * never allocate, fault, or take a lock that anyone holds who does: the driver's
 * fences depend on them.
 *
 * The firmware's state is under &struct hw_fw.lock. Only the threads take it, and
 * readers of debugfs; register writes use atomics and wake a thread. So it needs no
 * irqsave.
 */

#define HW_MAX_ENGINES		16
#define HW_TLB_ENTRIES		64
/* pages that one operand can touch, not being aligned to pages */
#define HW_MAX_PAGES		(VGPU_CMD_MAX_LENGTH / VGPU_PAGE_SIZE + 1)

/* device time, in ns: a command's cost; longest sleep of an engine without looking up */
#define HW_COMMAND_NS		100
#define HW_STEP_NS		1000000
/* shorter sleeps are not worth it */
#define HW_NAP_NS		50000

/**
 * struct hw_tlb_entry - a translation that an engine remembers
 */
struct hw_tlb_entry {
	/** @asid: address space. */
	u64 asid;
	/** @vpn: page number, or ~0 for an empty entry. */
	u64 vpn;
	/** @page: where the page is, or'ed with %VGPU_PTE_WRITE if writable. */
	u64 page;
	/** @stale_ns: when it was first seen to differ from the tables, or 0. */
	u64 stale_ns;
};

/**
 * struct hw_engine - executes one context at a time
 */
struct hw_engine {
	/** @hw: the device. */
	struct hw_device *hw;
	/** @task: its thread. */
	struct task_struct *task;
	/** @index: of this engine. */
	u32 index;
	/** @class: constant. */
	u8 class;
	/** @idle: looking for work; whoever sets it back wakes the thread. */
	atomic_t idle;
	/** @attn: the firmware has a word to say at the next boundary. */
	bool attn;
	/**
	 * @active: may hold translations; under the firmware's lock. False while
	 * idle or asleep.
	 */
	bool active;
	/** @tlb_seen: last invalidation obeyed; under the firmware's lock. */
	u64 tlb_seen;
	/** @ctx: what runs, or NULL; under the firmware's lock. */
	struct hw_ctx *ctx;
	/** @priority: of @ctx, or %VGPU_PRIORITIES; read without lock as a hint. */
	u8 priority;

	/** @leave: @ctx was told to leave; this and the next under the firmware's lock. */
	bool leave;
	/** @reset: the engine was told to reset, and lose @ctx. */
	bool reset;
	/** @refused: it can't. */
	bool refused;
	/** @leave_by: device time at which @ctx has to be off. */
	u64 leave_by;
	/** @overdue_ns: device time when it was first seen that it was not, or 0. */
	u64 overdue_ns;

	/** @time_ns: device time that the engine has ever spent; written by its thread. */
	u64 time_ns;
	/** @slice_end: device time at which others get a turn; the same. */
	u64 slice_end;
	/** @pace_time: device time at the beginning of the turn. */
	u64 pace_time;
	/** @pace_wall: wall time then. */
	u64 pace_wall;
	/** @paced_at: device time when both were last compared. */
	u64 paced_at;
	/** @unraised: jobs that have ended and were not followed by an interrupt. */
	u32 unraised;
	/** @unraised_since: device time when the first of them ended. */
	u64 unraised_since;
	/** @jobs: jobs that have ended. */
	u64 jobs;
	/** @commands: commands executed. */
	u64 commands;

	/** @fault_va: for the fault that a command has just caused. */
	u64 fault_va;
	/** @wait: for the WAIT that has just made the context block. */
	struct hw_wait wait;
	/** @tlb: private to the thread. */
	struct hw_tlb_entry tlb[HW_TLB_ENTRIES];
	/** @dst: pages of the destination of the current command. */
	void *dst[HW_MAX_PAGES];
	/** @src: pages of its source. */
	void *src[HW_MAX_PAGES];
};

/**
 * struct hw_line - the interrupt line
 */
struct hw_line {
	/** @state: an &enum hw_line_state. */
	atomic_t state;
	/** @status: pending events. */
	atomic64_t status;
	/** @enable: events that raise the line. */
	atomic64_t enable;
	/** @virq: number of the interrupt. */
	int virq;
	/** @csd: sends it from another CPU; free whenever the line is idle. */
	call_single_data_t csd;
	/** @timer: sends it where that is not possible. */
	struct hrtimer timer;
	/** @late: events that are held back. */
	atomic64_t late;
	/** @late_timer: until then. */
	struct hrtimer late_timer;
};

/**
 * enum hw_counter - what is counted
 * @HW_COUNT_RAISES: interrupts raised
 * @HW_COUNT_DELIVERIES: runs of the handler
 * @HW_COUNT_DOORBELLS: writes to the doorbell
 * @HW_COUNT_H2G: messages from the host
 * @HW_COUNT_G2H: messages to the host
 * @HW_COUNT_PICKS: turns of contexts
 * @HW_COUNT_LEAVES: contexts told to make room for others
 * @HW_COUNT_BLOCKS: WAITs that were not over at once
 * @HW_COUNT_FAULTS: contexts dead by a fault
 * @HW_COUNT_PREEMPT_TIMEOUTS: contexts that did not leave in time
 * @HW_COUNT_ENGINE_RESETS: resets of an engine
 * @HW_COUNT_RESETS: resets of the device
 * @HW_COUNT_BOOTS: starts of the firmware
 * @HW_COUNT_DEATHS: deaths of the firmware
 * @HW_COUNT_INVALIDATIONS: TLB_INV
 * @HW_COUNT_STALE: translations used after they were removed
 * @HW_COUNTERS: how many there are
 */
enum hw_counter {
	HW_COUNT_RAISES,
	HW_COUNT_DELIVERIES,
	HW_COUNT_DOORBELLS,
	HW_COUNT_H2G,
	HW_COUNT_G2H,
	HW_COUNT_PICKS,
	HW_COUNT_LEAVES,
	HW_COUNT_BLOCKS,
	HW_COUNT_FAULTS,
	HW_COUNT_PREEMPT_TIMEOUTS,
	HW_COUNT_ENGINE_RESETS,
	HW_COUNT_RESETS,
	HW_COUNT_BOOTS,
	HW_COUNT_DEATHS,
	HW_COUNT_INVALIDATIONS,
	HW_COUNT_STALE,
	HW_COUNTERS,
};

/**
 * enum hw_presence - is the device there?
 * @HW_PRESENT: yes
 * @HW_LEAVING: it has been pulled, engines are about to stop
 * @HW_GONE: no
 */
enum hw_presence {
	HW_PRESENT = 0,
	HW_LEAVING,
	HW_GONE,
};

/**
 * struct hw_config - what kind of device
 */
struct hw_config {
	/** @engines: number of engines of each class, up to %HW_MAX_ENGINES in all. */
	u32 engines[VGPU_CLASSES];
	/** @ctxs: number of contexts, from 1 to U16_MAX. */
	u32 ctxs;
	/** @irq_coalesce_count: after so many jobs an interrupt; 0 for each. */
	u32 irq_coalesce_count;
	/** @irq_coalesce_ns: or so much device time after the first; 0 for each. */
	u32 irq_coalesce_ns;
	/** @paced: device time doesn't run ahead of wall time. */
	bool paced;
};

/**
 * struct hw_device - the device
 */
struct hw_device {
	/** @fw: the firmware. */
	struct hw_fw fw;
	/** @line: the interrupt line. */
	struct hw_line line;
	/** @config: constant. */
	struct hw_config config;
	/** @bus_enable: register. */
	bool bus_enable;
	/** @check_tlb: compare what engines remember with the tables. */
	bool check_tlb;
	/** @presence: an &enum hw_presence. */
	atomic_t presence;
	/** @resets: resets of the device that were asked for. */
	atomic_t resets;
	/** @resets_done: those that are over, or void; under the firmware's lock. */
	int resets_done;
	/** @reset_refused: the last one has no effect. */
	bool reset_refused;
	/** @counters: by &enum hw_counter. */
	atomic64_t counters[HW_COUNTERS];
	/** @faults: what is to go wrong. */
	struct hw_faults faults;
	/** @dir: in debugfs. */
	struct dentry *dir;
	/** @num_ctxs: highest id of a context. */
	u32 num_ctxs;
	/** @num_engines: engines of all classes. */
	u32 num_engines;
	/** @ctxs: by id; 0 is not used. */
	struct hw_ctx *ctxs;
	/** @engines: in the order of their classes. */
	struct hw_engine engines[] __counted_by(num_engines);
};

/**
 * struct hw_result - what became of a command that did not fault
 */
struct hw_result {
	/** @cost: device time that it took, in ns. */
	u64 cost;
	/** @words: its length. */
	u32 words;
	/** @hang: it hangs; it has not been executed. */
	bool hang;
	/** @kind: how badly. */
	u32 kind;
	/** @blocked: a WAIT that is not over, see &hw_engine.wait. */
	bool blocked;
};

/**
 * enum hw_news - what was written to the host
 * @HW_NEWS_NONE: nothing
 * @HW_NEWS_DONE: nothing but DONE
 * @HW_NEWS_URGENT: something else
 */
enum hw_news {
	HW_NEWS_NONE = 0,
	HW_NEWS_DONE,
	HW_NEWS_URGENT,
};

static inline void hw_count(struct hw_device *hw, enum hw_counter counter)
{
	atomic64_inc(&hw->counters[counter]);
}

/* hw_device.c */
struct hw_device *hw_device_create(const struct hw_config *config);
void hw_device_destroy(struct hw_device *hw);
void hw_device_check_unused(struct hw_device *hw);

/* hw_bus.c */
void hw_device_bus(struct hw_device *hw, struct vgpu_bus *bus);

/* hw_line.c */
int hw_line_init(struct hw_line *line);
void hw_line_fini(struct hw_line *line);
void hw_line_enable(struct hw_line *line, u64 events);
void hw_line_set(struct hw_device *hw, u64 events);
void hw_raise(struct hw_device *hw, u64 events);
int hw_device_irq(struct hw_device *hw);

/* hw_fw.c */
int hw_fw_thread(void *arg);
void hw_fw_init(struct hw_fw *fw);
void hw_fw_wake(struct hw_fw *fw);
void hw_fw_tick(struct hw_fw *fw);
void hw_fw_die(struct hw_device *hw, enum vgpu_fw_dead why, u64 b, u64 c);

/* hw_news.c */
enum hw_news hw_fw_flush_news(struct hw_device *hw);
void hw_fw_raise_news(struct hw_device *hw, enum hw_news news);
void hw_fw_note(struct hw_fw *fw, struct hw_ctx *ctx);
void hw_fw_ack(struct hw_device *hw, struct hw_ctx *ctx, u32 status);
void hw_fw_log(struct hw_fw *fw, enum vgpu_log what, u64 b, u64 c);
void hw_fw_g2h_moved(struct hw_device *hw);

/* hw_ctx.c */
void hw_ctx_set_state(struct hw_ctx *ctx, enum hw_ctx_state state);
void hw_ctx_settle(struct hw_device *hw, struct hw_ctx *ctx);
void hw_ctx_die(struct hw_device *hw, struct hw_ctx *ctx, enum vgpu_dead cause);
void hw_ctx_forget(struct hw_device *hw, struct hw_ctx *ctx);
void hw_ctx_request(struct hw_device *hw, struct hw_ctx *ctx, const struct vgpu_msg *msg);

/* hw_runlist.c */
void hw_fw_kick(struct hw_device *hw, u8 class);
void hw_fw_make_ready(struct hw_device *hw, struct hw_ctx *ctx);
bool hw_ctx_has_work(const struct hw_ctx *ctx);
void hw_fw_doorbell(struct hw_device *hw, u64 id);
unsigned long hw_fw_answer_doorbells(struct hw_device *hw);
void hw_fw_attention(struct hw_device *hw, struct hw_engine *engine);
struct hw_ctx *hw_fw_pick(struct hw_engine *engine);
bool hw_fw_boundary(struct hw_engine *engine);
bool hw_fw_competition(struct hw_engine *engine);
void hw_fw_give_back(struct hw_engine *engine, enum hw_reason reason);
void hw_fw_park(struct hw_engine *engine);
void hw_fw_unpark(struct hw_engine *engine);

/* hw_preempt.c */
void hw_fw_leave(struct hw_engine *engine);
void hw_fw_make_room(struct hw_device *hw, const struct hw_ctx *ctx);
u64 hw_fw_deadlines(struct hw_device *hw);
bool hw_fw_hang_over(struct hw_engine *engine, u32 kind, int resets);

/* hw_block.c */
void hw_block(struct hw_device *hw, struct hw_ctx *ctx, const struct hw_wait *wait);
unsigned long hw_block_poll(struct hw_device *hw);
void hw_block_look(struct hw_device *hw, u8 class);
void hw_block_stored(struct hw_device *hw, const u64 *where, u64 value);

/* hw_reset.c */
bool hw_is_stopping(struct hw_device *hw);
bool hw_is_able(struct hw_device *hw);
u64 hw_activity(struct hw_device *hw);
void hw_reset(struct hw_device *hw);
void hw_reset_go_on(struct hw_device *hw);
void hw_bus_switch(struct hw_device *hw, bool on);
void hw_pull(struct hw_device *hw);
void hw_plug(struct hw_device *hw);

/* hw_debugfs.c */
void hw_debugfs_init(struct hw_device *hw);
void hw_debugfs_fini(struct hw_device *hw);

/* hw_engine.c */
int hw_engine_thread(void *arg);
void hw_spend(struct hw_engine *engine, struct vgpu_ctx_page *page, u64 ns);

/* hw_done.c */
void hw_done(struct hw_engine *engine);
void hw_done_due(struct hw_engine *engine);
void hw_done_flush(struct hw_engine *engine);

/* hw_sleep.c */
enum hw_reason hw_delay(struct hw_engine *engine, struct vgpu_ctx_page *page);
enum hw_reason hw_hang(struct hw_engine *engine, struct vgpu_ctx_page *page, u32 kind);
void hw_pace(struct hw_engine *engine);

/* hw_exec.c */
enum vgpu_fault hw_execute(struct hw_engine *engine, struct vgpu_ctx_page *page, u64 va,
			   u64 words_left, struct hw_result *result);

/* hw_mmu.c */
void hw_mmu_flush(struct hw_engine *engine);
enum vgpu_fault hw_mmu_look(const struct vgpu_ctx_page *page, u64 va, const u64 **where);
enum vgpu_fault hw_mmu_translate(struct hw_engine *engine, const struct vgpu_ctx_page *page,
				 u64 va, bool write, void **where);
enum vgpu_fault hw_mmu_translate_range(struct hw_engine *engine, const struct vgpu_ctx_page *page,
				       u64 va, u64 length, bool write, void **pages);

#endif /* _HW_MODEL_H_ */
