/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _HW_FW_H_
#define _HW_FW_H_

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "hw_abi.h"

/* how often the firmware looks at contexts that are blocked, in ns */
#define HW_POLL_NS		200000
/* how long an answer may be held back to be overtaken, in ns */
#define HW_HOLD_NS		1000000
#define HW_LOG_ENTRIES		256

/**
 * enum hw_ctx_state - what the firmware knows of a context
 * @HW_CTX_NONE: not registered
 * @HW_CTX_REGISTERED: registered, not enabled
 * @HW_CTX_IDLE: enabled, its ring is empty
 * @HW_CTX_READY: on the runlist
 * @HW_CTX_RUNNING: on an engine
 * @HW_CTX_BLOCKED: waits for a word in memory
 * @HW_CTX_DEAD: runs no more
 */
enum hw_ctx_state {
	HW_CTX_NONE = 0,
	HW_CTX_REGISTERED,
	HW_CTX_IDLE,
	HW_CTX_READY,
	HW_CTX_RUNNING,
	HW_CTX_BLOCKED,
	HW_CTX_DEAD,
};

/**
 * enum hw_reason - why a context leaves an engine
 * @HW_STAY: it does not
 * @HW_EMPTY: its ring is empty
 * @HW_LEAVE: the firmware, or who is above it, wants it off
 * @HW_BLOCK: a WAIT is not over
 * @HW_FAULT: it has faulted
 */
enum hw_reason {
	HW_STAY = 0,
	HW_EMPTY,
	HW_LEAVE,
	HW_BLOCK,
	HW_FAULT,
};

/**
 * struct hw_wait - the word that a blocked context waits for
 */
struct hw_wait {
	/** @where: where it is, or was when last looked at. */
	const u64 *where;
	/** @va: its GPU address, if @gpu. */
	u64 va;
	/** @value: to be reached. */
	u64 value;
	/** @gpu: waits in a job, for a word in GPU memory; else between jobs, for one of the host. */
	bool gpu;
};

/**
 * struct hw_ctx - a context
 */
struct hw_ctx {
	/** @page: the host's context page; NULL if not registered. */
	struct vgpu_ctx_page *page;
	/** @state: written under the firmware's lock, see hw_ctx_set_state(). */
	enum hw_ctx_state state;
	/** @class: read without lock by the doorbell, as a hint. */
	u8 class;
	/** @priority: the same. */
	u8 priority;
	/** @id: constant. */
	u16 id;
	/** @off_wanted: DISABLE came while it was running. */
	bool off_wanted;
	/** @dead_wanted: RESET came while it was running. */
	bool dead_wanted;
	/** @rung: it is on the list of doorbells. */
	atomic_t rung;
	/** @doorbell_node: for &hw_fw.doorbells. */
	struct llist_node doorbell_node;
	/** @run_node: for &hw_fw.runlist or &hw_fw.blocked. */
	struct list_head run_node;
	/** @wait: what it waits for when blocked. */
	struct hw_wait wait;
	/** @waited_ns: wall time up to which its waiting is accounted. */
	u64 waited_ns;
	/** @news_node: for &hw_fw.news. */
	struct list_head news_node;
	/** @done_owed: a DONE has to be sent. */
	bool done_owed;
	/** @ack_owed: an ACK has to be sent, with @ack_cookie and @ack_status. */
	bool ack_owed;
	/** @dead_owed: a CTX_DEAD has to be sent, with @dead_cause. */
	bool dead_owed;
	/** @notify: SCHED has to be sent when @scheduled changes. */
	bool notify;
	/** @scheduled: it is on an engine. */
	bool scheduled;
	/** @sched_sent: value of @scheduled that was sent last. */
	bool sched_sent;
	/** @ack_cookie: of the request under way. */
	u32 ack_cookie;
	/** @ack_status: an &enum vgpu_ack_status. */
	u32 ack_status;
	/** @dead_cause: an &enum vgpu_dead. */
	u32 dead_cause;
	/** @done_at: 1 + index of the last DONE in the ring to the host. */
	u64 done_at;
	/** @sched_at: the same of the last SCHED. */
	u64 sched_at;
};

/**
 * struct hw_tlb_inv - an invalidation that has not been answered
 */
struct hw_tlb_inv {
	/** @ticket: value of &hw_fw.tlb_ticket that all engines must reach. */
	u64 ticket;
	/** @due_ns: not to be answered before this wall time. */
	u64 due_ns;
	/** @cookie: of the request. */
	u32 cookie;
};

/**
 * struct hw_log_entry - a line of the firmware's log
 */
struct hw_log_entry {
	/** @time_ns: wall time. */
	u64 time_ns;
	/** @b: argument. */
	u64 b;
	/** @c: argument. */
	u64 c;
	/** @what: an &enum vgpu_log. */
	u32 what;
};

/**
 * struct hw_fw - the firmware
 */
struct hw_fw {
	/** @lock: taken by the model's threads, and for debugfs. */
	spinlock_t lock;
	/** @task: handles messages and deadlines. */
	struct task_struct *task;
	/** @on: it has been started; written by whoever writes BUS_ENABLE, or under the lock. */
	bool on;
	/** @dead: it has given up; under the lock. */
	bool dead;
	/** @ticking: the thread will soon look at deadlines of its own accord. */
	atomic_t ticking;
	/** @doorbells: contexts that were rung, of all classes. */
	struct llist_head doorbells;
	/** @runlist: ready contexts by class and priority, in the order of their turns. */
	struct list_head runlist[VGPU_CLASSES][VGPU_PRIORITIES];
	/** @blocked: contexts that wait for a word in memory. */
	struct list_head blocked;
	/** @num_blocked: how many; read without lock. */
	u32 num_blocked;
	/** @poll_ns: wall time when they were looked at last. */
	u64 poll_ns;
	/** @stall_ns: no message is read before this wall time. */
	u64 stall_ns;

	/** @news: contexts about which the host has to be told. */
	struct list_head news;
	/** @held: of these the one that is to be overtaken by another, or NULL. */
	struct hw_ctx *held;
	/** @held_ns: but not after this wall time. */
	u64 held_ns;
	/** @full: news wait for the host to read something. */
	bool full;
	/** @hello_owed: a HELLO has to be answered. */
	bool hello_owed;
	/** @hello_cookie: with this cookie. */
	u32 hello_cookie;
	/** @pong_owed: a PING has to be answered. */
	bool pong_owed;
	/** @pong_cookie: with this cookie. */
	u32 pong_cookie;
	/** @dead_owed: the host has to be told that the firmware is dead. */
	bool dead_owed;
	/** @dead_msg: in these words. */
	struct vgpu_msg dead_msg;
	/** @tlb_ticket: counts invalidations. */
	u64 tlb_ticket;
	/** @tlb_inv: invalidations to be answered, a ring. */
	struct hw_tlb_inv tlb_inv[VGPU_H2G_SLOTS];
	/** @tlb_first: index of the oldest, never wraps. */
	u64 tlb_first;
	/** @tlb_next: index for the next one. */
	u64 tlb_next;
	/** @log: the last lines of the log, a ring. */
	struct hw_log_entry log[HW_LOG_ENTRIES];
	/** @log_next: index for the next line, never wraps. */
	u64 log_next;
	/** @log_sent: index of the first that was not sent. */
	u64 log_sent;

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

#endif /* _HW_FW_H_ */
