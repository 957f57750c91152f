/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _HW_MODEL_H_
#define _HW_MODEL_H_

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "drm_dep_compat.h"
#include "hw_abi.h"
#include "hw_regs.h"

/**
 * DOC: the model
 *
 * The device is software: one thread per engine, one for the firmware, and the
 * functions behind the registers, which run in the caller's context. The threads
 * never allocate, fault, or take a lock that anyone holds who does: the driver's
 * fences depend on them.
 *
 * The firmware's state is under &struct hw_fw.lock. Only the threads take it;
 * register writes use atomics and wake a thread. So it needs no irqsave.
 */

#define HW_MAX_ENGINES		16
#define HW_TLB_ENTRIES		64
/* pages that one operand can touch, not being aligned to pages */
#define HW_MAX_PAGES		(VGPU_CMD_MAX_LENGTH / VGPU_PAGE_SIZE + 1)

/* device time, in ns: how long a context runs when others wait; a command's cost */
#define HW_SLICE_NS		1000000
#define HW_COMMAND_NS		100

/**
 * enum hw_ctx_state - what the firmware knows of a context
 * @HW_CTX_NONE: not registered
 * @HW_CTX_REGISTERED: registered, not enabled
 * @HW_CTX_IDLE: enabled, its ring is empty
 * @HW_CTX_READY: on the runlist
 * @HW_CTX_RUNNING: on an engine
 */
enum hw_ctx_state {
	HW_CTX_NONE = 0,
	HW_CTX_REGISTERED,
	HW_CTX_IDLE,
	HW_CTX_READY,
	HW_CTX_RUNNING,
};

/**
 * struct hw_ctx - a context
 */
struct hw_ctx {
	/** @page: the host's context page; NULL if not registered. */
	struct vgpu_ctx_page *page;
	/** @state: under the firmware's lock. */
	enum hw_ctx_state state;
	/** @class: read without lock by the doorbell, as a hint. */
	u8 class;
	/** @id: constant. */
	u16 id;
	/** @off_wanted: DISABLE came while it was running. */
	bool off_wanted;
	/** @rung: it is on the list of doorbells. */
	atomic_t rung;
	/** @doorbell_node: for &hw_fw.doorbells. */
	struct llist_node doorbell_node;
	/** @run_node: for &hw_fw.runlist. */
	struct list_head run_node;
	/** @news_node: for &hw_fw.news. */
	struct list_head news_node;
	/** @done_owed: a DONE has to be sent. */
	bool done_owed;
	/** @ack_owed: an ACK has to be sent, with @ack_cookie and @ack_status. */
	bool ack_owed;
	/** @ack_cookie: of the request under way. */
	u32 ack_cookie;
	/** @ack_status: an &enum vgpu_ack_status. */
	u32 ack_status;
	/** @done_at: 1 + index of the last DONE in the ring to the host. */
	u64 done_at;
};

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
};

/**
 * struct hw_engine - executes one context at a time
 */
struct hw_engine {
	/** @hw: the device. */
	struct hw_device *hw;
	/** @task: its thread. */
	struct task_struct *task;
	/** @class: constant. */
	u8 class;
	/** @idle: looking for work; whoever sets it back wakes the thread. */
	atomic_t idle;
	/** @delaying: asleep in a DELAY, may be woken to be preempted. */
	bool delaying;
	/** @attn: the firmware has a word to say at the next boundary. */
	bool attn;
	/**
	 * @active: may hold translations; under the firmware's lock. False while
	 * idle or asleep in a DELAY.
	 */
	bool active;
	/** @tlb_seen: last invalidation obeyed; under the firmware's lock. */
	u64 tlb_seen;
	/** @ctx: what runs, or NULL; under the firmware's lock. */
	struct hw_ctx *ctx;
	/** @slice_left: device time until others get a turn. */
	s64 slice_left;
	/** @fault_va: for the fault that a command has just caused. */
	u64 fault_va;
	/** @tlb: private to the thread. */
	struct hw_tlb_entry tlb[HW_TLB_ENTRIES];
	/** @dst: pages of the destination of the current command. */
	void *dst[HW_MAX_PAGES];
	/** @src: pages of its source. */
	void *src[HW_MAX_PAGES];
};

/**
 * struct hw_tlb_inv - an invalidation that has not been answered
 */
struct hw_tlb_inv {
	/** @ticket: value of &hw_fw.tlb_ticket that all engines must reach. */
	u64 ticket;
	/** @cookie: of the request. */
	u32 cookie;
};

/**
 * struct hw_fw - the firmware
 */
struct hw_fw {
	/** @lock: taken by the model's threads only. */
	spinlock_t lock;
	/** @task: handles messages. */
	struct task_struct *task;
	/** @doorbells: contexts that were rung, of all classes. */
	struct llist_head doorbells;
	/** @runlist: ready contexts by class, in the order of their turns. */
	struct list_head runlist[VGPU_CLASSES];
	/** @news: contexts about which the host has to be told. */
	struct list_head news;
	/** @blocked: news wait for room in the ring to the host. */
	bool blocked;
	/** @hello_owed: a HELLO has to be answered. */
	bool hello_owed;
	/** @hello_cookie: with this cookie. */
	u32 hello_cookie;
	/** @tlb_ticket: counts invalidations. */
	u64 tlb_ticket;
	/** @tlb_inv: invalidations to be answered, a ring. */
	struct hw_tlb_inv tlb_inv[VGPU_H2G_SLOTS];
	/** @tlb_first: index of the oldest, never wraps. */
	u64 tlb_first;
	/** @tlb_next: index for the next one. */
	u64 tlb_next;
	/** @registered: number of registered contexts. */
	atomic_t registered;
	/** @running: number of contexts on engines. */
	atomic_t running;
	/** @h2g_base: register. */
	u64 h2g_base;
	/** @g2h_base: register. */
	u64 g2h_base;
	/** @h2g_head: register, written by the firmware. */
	atomic64_t h2g_head;
	/** @h2g_tail: register, written by the host. */
	atomic64_t h2g_tail;
	/** @g2h_head: register, written by the host. */
	atomic64_t g2h_head;
	/** @g2h_tail: register, written by the firmware. */
	atomic64_t g2h_tail;
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
};

/**
 * struct hw_device - the device
 */
struct hw_device {
	/** @fw: the firmware. */
	struct hw_fw fw;
	/** @line: the interrupt line. */
	struct hw_line line;
	/** @bus_enable: register. */
	bool bus_enable;
	/** @num_ctxs: highest id of a context. */
	u32 num_ctxs;
	/** @num_engines: engines of all classes. */
	u32 num_engines;
	/** @per_class: engines of each class. */
	u32 per_class[VGPU_CLASSES];
	/** @ctxs: by id; 0 is not used. */
	struct hw_ctx *ctxs;
	/** @engines: in the order of their classes. */
	struct hw_engine engines[] __counted_by(num_engines);
};

/* hw_bus.c */
struct hw_device *hw_device_create(const u32 *per_class, u32 num_ctxs);
void hw_device_destroy(struct hw_device *hw);
int hw_device_irq(struct hw_device *hw);
void hw_device_bus(struct hw_device *hw, struct vgpu_bus *bus);
void hw_raise(struct hw_device *hw, u64 events);

/* hw_fw.c */
int hw_fw_thread(void *arg);
void hw_fw_init(struct hw_fw *fw);
void hw_fw_h2g_moved(struct hw_device *hw);
void hw_fw_g2h_moved(struct hw_device *hw);
bool hw_fw_flush_news(struct hw_device *hw);
void hw_fw_note(struct hw_fw *fw, struct hw_ctx *ctx);
void hw_fw_ack(struct hw_device *hw, struct hw_ctx *ctx, u32 status);

/* hw_runlist.c */
void hw_fw_kick(struct hw_device *hw, u8 class);
void hw_fw_make_ready(struct hw_device *hw, struct hw_ctx *ctx);
bool hw_ctx_has_work(const struct hw_ctx *ctx);
void hw_fw_doorbell(struct hw_device *hw, u64 id);
void hw_fw_attention(struct hw_device *hw, const struct hw_ctx *ctx);
struct hw_ctx *hw_fw_pick(struct hw_engine *engine);
bool hw_fw_boundary(struct hw_engine *engine);
bool hw_fw_competition(struct hw_engine *engine);
void hw_fw_done(struct hw_engine *engine);
void hw_fw_give_back(struct hw_engine *engine);
void hw_fw_park(struct hw_engine *engine);
void hw_fw_unpark(struct hw_engine *engine);

/* hw_engine.c */
int hw_engine_thread(void *arg);

/* hw_exec.c */
enum vgpu_fault hw_execute(struct hw_engine *engine, struct vgpu_ctx_page *page, u64 va,
			   u64 words_left, u32 *words, u64 *cost);

/* hw_mmu.c */
void hw_mmu_flush(struct hw_engine *engine);
enum vgpu_fault hw_mmu_translate(struct hw_engine *engine, const struct vgpu_ctx_page *page,
				 u64 va, bool write, void **where);
enum vgpu_fault hw_mmu_translate_range(struct hw_engine *engine, const struct vgpu_ctx_page *page,
				       u64 va, u64 length, bool write, void **pages);

#endif /* _HW_MODEL_H_ */
