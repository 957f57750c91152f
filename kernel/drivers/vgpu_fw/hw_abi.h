/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _HW_ABI_H_
#define _HW_ABI_H_

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

/**
 * DOC: shared memory
 *
 * Second half of the hardware manual: messages, contexts, rings, page tables and
 * commands. A *bus address* is what the device uses to reach memory of the host:
 * the kernel virtual address.
 *
 * Life of a context, as the firmware sees it::
 *
 *	none --REGISTER--> registered --ENABLE--> enabled
 *	none <-DEREGISTER- registered <-DISABLE-- enabled
 *	none <-DEREGISTER- dead <--fault, preemption timeout, RESET-- registered, enabled
 *
 * Each of these messages is answered by an ACK with the same cookie. A context has
 * at most one message under way. The ACK of DISABLE comes when the context is off
 * the engine and its state is saved; after the ACK of DEREGISTER the device uses
 * none of the context's memory, and the id is free.
 *
 * A context that is dead is off the engine for good; its page says where it
 * stopped. The firmware says so once, by CTX_DEAD. It acknowledges DISABLE, RESET
 * and DEREGISTER of a dead context, and refuses ENABLE with VGPU_ACK_DEAD.
 *
 * A job that faults ends like any other, with the fault as its status, and its context is
 * dead; @cur_pos stays where it was. Not so if the entry in the ring makes no sense: then
 * only the members that are about faults say so. A job that was on the engine when its
 * context died of something else has not ended.
 *
 * A reply has the cookie of its request, all other messages have cookie 0. Those of a
 * context come in the order DONE, CTX_DEAD, ACK.
 *
 * Who runs: of the contexts of a class that have work, those of the highest priority, by
 * turns of VGPU_SLICE_NS. A context whose turn is over, or that has to make room for a
 * higher priority, is told to leave the engine at the next command. If it has not within
 * VGPU_PREEMPT_TIMEOUT_NS of device time, the firmware resets the engine, and the context
 * is dead. If the engine can't be reset, the firmware gives up: DEAD.
 *
 * The device may send DONE after a job of a context has completed. It is a hint,
 * and there is at most one per context in the ring: what counts is
 * &vgpu_ctx_page.completed_seqno, to be read after the message was taken out of
 * the ring, that is, after the write of VGPU_REG_G2H_HEAD.
 */

#define VGPU_ABI_VERSION	1

/* --- message rings ---------------------------------------------------------- */

#define VGPU_H2G_SLOTS		256
#define VGPU_G2H_SLOTS		256

/**
 * struct vgpu_msg - one slot of a message ring
 */
struct vgpu_msg {
	/** @type: an &enum vgpu_h2g_type or &enum vgpu_g2h_type. */
	u16 type;
	/** @ctx: id of the context that the message is about, or 0. */
	u16 ctx;
	/** @cookie: chosen by the host; the reply has the same. */
	u32 cookie;
	/** @a: see the types. */
	u64 a;
	/** @b: see the types. */
	u64 b;
	/** @c: see the types. */
	u64 c;
};

static_assert(sizeof(struct vgpu_msg) == 32);

/**
 * enum vgpu_h2g_type - messages from the host
 * @VGPU_H2G_HELLO: a = version of this ABI; answered by HELLO
 * @VGPU_H2G_REGISTER: a = bus address of the context page, b = engine class, c = an
 *	&enum vgpu_priority, or'ed with VGPU_REGISTER_NOTIFY
 * @VGPU_H2G_ENABLE: the context may run
 * @VGPU_H2G_DISABLE: the context may not run any more
 * @VGPU_H2G_DEREGISTER: forget the context
 * @VGPU_H2G_TLB_INV: a = address space, b = first GPU address, c = bytes; answered
 *	by TLB_DONE when no engine holds a translation of that range, nor executes a
 *	command that used one
 * @VGPU_H2G_RESET: the context shall be dead, by an engine reset if need be;
 *	acknowledged when it is off the engine; CTX_DEAD comes first
 * @VGPU_H2G_PRIORITY: a = an &enum vgpu_priority; acknowledged
 * @VGPU_H2G_PING: answered by PONG
 */
enum vgpu_h2g_type {
	VGPU_H2G_HELLO = 1,
	VGPU_H2G_REGISTER,
	VGPU_H2G_ENABLE,
	VGPU_H2G_DISABLE,
	VGPU_H2G_DEREGISTER,
	VGPU_H2G_TLB_INV,
	VGPU_H2G_RESET,
	VGPU_H2G_PRIORITY,
	VGPU_H2G_PING,
};

/* flag of VGPU_H2G_REGISTER: SCHED shall be sent */
#define VGPU_REGISTER_NOTIFY	BIT_ULL(8)

/**
 * enum vgpu_priority - who goes first
 * @VGPU_PRIORITY_LOW: lowest
 * @VGPU_PRIORITY_NORMAL: normal
 * @VGPU_PRIORITY_HIGH: high
 * @VGPU_PRIORITY_KERNEL: highest, for contexts of the driver's own
 */
enum vgpu_priority {
	VGPU_PRIORITY_LOW = 0,
	VGPU_PRIORITY_NORMAL,
	VGPU_PRIORITY_HIGH,
	VGPU_PRIORITY_KERNEL,
};

#define VGPU_PRIORITIES		4

/* ns of device time: how long a turn lasts; how long leaving the engine may take */
#define VGPU_SLICE_NS		1000000
#define VGPU_PREEMPT_TIMEOUT_NS	10000000

/**
 * enum vgpu_g2h_type - messages from the firmware
 * @VGPU_G2H_HELLO: a = version of the ABI that the firmware speaks
 * @VGPU_G2H_ACK: a = &enum vgpu_ack_status
 * @VGPU_G2H_DONE: a job of the context has completed
 * @VGPU_G2H_TLB_DONE: the invalidation with that cookie has taken effect
 * @VGPU_G2H_CTX_DEAD: a = an &enum vgpu_dead; the context is off the engine for good;
 *	comes after all that it had completed is published
 * @VGPU_G2H_SCHED: a = 1 if the context is on an engine now, 0 if it has left it; there
 *	is at most one per context in the ring, the last one counts
 * @VGPU_G2H_PONG: answer to PING
 * @VGPU_G2H_LOG: a = an &enum vgpu_log, b, c = its arguments
 * @VGPU_G2H_DEAD: a = an &enum vgpu_fw_dead; the firmware does nothing any more
 */
enum vgpu_g2h_type {
	VGPU_G2H_HELLO = 1,
	VGPU_G2H_ACK,
	VGPU_G2H_DONE,
	VGPU_G2H_TLB_DONE,
	VGPU_G2H_CTX_DEAD,
	VGPU_G2H_SCHED,
	VGPU_G2H_PONG,
	VGPU_G2H_LOG,
	VGPU_G2H_DEAD,
};

/**
 * enum vgpu_dead - why a context is dead
 * @VGPU_DEAD_FAULT: a job faulted, see &vgpu_ctx_page.fault_code
 * @VGPU_DEAD_PREEMPT: it did not leave the engine in time
 * @VGPU_DEAD_RESET: the host asked for it
 */
enum vgpu_dead {
	VGPU_DEAD_FAULT = 1,
	VGPU_DEAD_PREEMPT,
	VGPU_DEAD_RESET,
};

/**
 * enum vgpu_fw_dead - why the firmware gave up
 * @VGPU_FW_DEAD_ENGINE: an engine could not be reset; b = its index
 * @VGPU_FW_DEAD_MESSAGE: a message made no sense; b = its type
 * @VGPU_FW_DEAD_FAULT: by fault injection
 */
enum vgpu_fw_dead {
	VGPU_FW_DEAD_ENGINE = 1,
	VGPU_FW_DEAD_MESSAGE,
	VGPU_FW_DEAD_FAULT,
};

/**
 * enum vgpu_log - lines of the firmware's log
 * @VGPU_LOG_BOOT: it has started
 * @VGPU_LOG_ENGINE_RESET: engine b was reset because of context c
 * @VGPU_LOG_PREEMPT_TIMEOUT: context c did not leave engine b
 */
enum vgpu_log {
	VGPU_LOG_BOOT = 1,
	VGPU_LOG_ENGINE_RESET,
	VGPU_LOG_PREEMPT_TIMEOUT,
};

/**
 * enum vgpu_ack_status - what became of a request
 * @VGPU_ACK_OK: it took effect
 * @VGPU_ACK_STATE: refused, the context is not in the right state
 * @VGPU_ACK_ARGUMENT: refused, no such class, page or priority
 * @VGPU_ACK_DEAD: refused, the context is dead
 */
enum vgpu_ack_status {
	VGPU_ACK_OK = 0,
	VGPU_ACK_STATE,
	VGPU_ACK_ARGUMENT,
	VGPU_ACK_DEAD,
};

/* --- contexts --------------------------------------------------------------- */

#define VGPU_CLASSES		2

/**
 * enum vgpu_fault - why a job ended before its last command
 * @VGPU_FAULT_NONE: it did not
 * @VGPU_FAULT_PAGE: address not mapped, or mapped read-only and written
 * @VGPU_FAULT_TABLE: an entry of a page table is not well formed
 * @VGPU_FAULT_ILLEGAL: a command is not well formed
 * @VGPU_FAULT_ENTRY: the entry in the ring is not well formed
 * @VGPU_FAULT_COMMAND: the command asked for it
 */
enum vgpu_fault {
	VGPU_FAULT_NONE = 0,
	VGPU_FAULT_PAGE,
	VGPU_FAULT_TABLE,
	VGPU_FAULT_ILLEGAL,
	VGPU_FAULT_ENTRY,
	VGPU_FAULT_COMMAND,
};

/**
 * struct vgpu_ctx_page - a page of host memory that a context lives in
 *
 * The host fills in the first part before it sends REGISTER, and clears the rest. A
 * context that goes on after the firmware was loaded anew keeps @cur_seqno, @cur_pos,
 * @delay_left and @runtime_ns, and starts with an empty ring (@tail and @head zero).
 * The device publishes each member of the last part (release) after the effect
 * that it reports, in the order: status in the ring, @head, @completed_seqno, DONE.
 */
struct vgpu_ctx_page {
	/** @ring_base: bus address of the ring. */
	u64 ring_base;
	/** @ring_words: size of the ring in 64-bit words, a power of two. */
	u64 ring_words;
	/** @pt_root: bus address of the root table. */
	u64 pt_root;
	/** @asid: name of the address space, for the TLB. */
	u64 asid;

	/** @tail: host: number of words ever written to the ring (release). */
	u64 tail;

	/** @head: number of words ever consumed. */
	u64 head;
	/** @completed_seqno: sequence number of the last job that has ended. */
	u64 completed_seqno;
	/** @cur_seqno: job that was started last. */
	u64 cur_seqno;
	/** @cur_pos: its next command: 63:32 index of the call, 31:0 word. */
	u64 cur_pos;
	/** @delay_left: ns that are left of a DELAY before @cur_pos. */
	u64 delay_left;
	/** @runtime_ns: device time that the context has used. */
	u64 runtime_ns;
	/** @job_ns: device time that the current job has used. */
	u64 job_ns;
	/** @fault_code: last fault, an &enum vgpu_fault. */
	u64 fault_code;
	/** @fault_va: address that faulted, or address of the command. */
	u64 fault_va;
	/** @fault_seqno: job that faulted. */
	u64 fault_seqno;
	/**
	 * @native: what VGPU_RING_WAIT of other contexts looks at. Advanced with
	 * @completed_seqno; the host writes U64_MAX when no job will complete any more.
	 */
	u64 native;
};

/*
 * Entry of a context's ring: four words, then two for each call. May wrap.
 *
 *	0	63:56 VGPU_RING_JOB, 7:0 number of calls, the rest zero
 *	1	sequence number, greater than that of the entry before
 *	2	where to start, as in vgpu_ctx_page.cur_pos
 *	3	the device writes an enum vgpu_fault here when the job ends
 *	4, 5	GPU address of the first call, number of words
 *	...
 *
 * The host leaves an entry alone until it has seen that the job has ended.
 */
#define VGPU_RING_JOB			1ULL

/*
 * A wait for another context, three words. The device goes on when the word at
 * that address is at least the value.
 *
 *	0	63:56 VGPU_RING_WAIT, the rest zero
 *	1	bus address of a 64-bit word
 *	2	value
 */
#define VGPU_RING_WAIT			2ULL
#define VGPU_RING_WAIT_WORDS		3

/*
 * Entries of a page table to be written, for contexts of priority KERNEL only. Four
 * words: each of so many entries from the given one on, all of one table, becomes the
 * entry, whose address goes up by a page each time if it is valid. Ends like a job.
 *
 *	0	63:56 VGPU_RING_SETPTE, 31:0 number of entries
 *	1	sequence number
 *	2	bus address of the first entry
 *	3	the entry; afterwards as for a job
 */
#define VGPU_RING_SETPTE		3ULL
#define VGPU_RING_SETPTE_WORDS		4

#define VGPU_RING_HEADER(ncalls)	((VGPU_RING_JOB << 56) | (ncalls))
#define VGPU_RING_WORDS(ncalls)		(4 + 2 * (ncalls))
#define VGPU_RING_MIN_WORDS		64
#define VGPU_RING_MAX_WORDS		4096
#define VGPU_RING_MAX_CALLS		16
#define VGPU_RING_STATUS		3

/* --- page tables ------------------------------------------------------------ */

/*
 * Three levels of 512 entries; 39 bits of address, pages of 4 KiB. Entries of all
 * levels look the same; WRITE counts in the last level only. The magic keeps a
 * stray value from becoming a wild write into the host.
 */
#define VGPU_VA_BITS		39
#define VGPU_PAGE_SHIFT		12
#define VGPU_PAGE_SIZE		BIT_ULL(VGPU_PAGE_SHIFT)
#define VGPU_PT_BITS		9
#define VGPU_PT_ENTRIES		BIT(VGPU_PT_BITS)
#define VGPU_PT_LEVELS		3

#define VGPU_PTE_VALID		BIT_ULL(0)
#define VGPU_PTE_WRITE		BIT_ULL(1)
#define VGPU_PTE_MAGIC		(0x5aULL << 2)
#define VGPU_PTE_ADDR		GENMASK_ULL(63, VGPU_PAGE_SHIFT)
#define VGPU_PTE_FIXED		(GENMASK_ULL(VGPU_PAGE_SHIFT - 1, 0) & ~VGPU_PTE_WRITE)

/**
 * vgpu_pt_index() - which entry of a table is the one for an address
 * @va: GPU address
 * @level: level of the table; 0 is the last one
 *
 * Return: index from 0 to %VGPU_PT_ENTRIES - 1.
 */
static inline unsigned int vgpu_pt_index(u64 va, unsigned int level)
{
	return (va >> (VGPU_PAGE_SHIFT + VGPU_PT_BITS * level)) & (VGPU_PT_ENTRIES - 1);
}

/* --- commands --------------------------------------------------------------- */

/*
 * A header and operands; all words have 64 bits. Addresses and lengths are
 * multiples of 8, a length is from 8 to VGPU_CMD_MAX_LENGTH.
 */
#define VGPU_CMD_NOP		0
#define VGPU_CMD_FILL		1	/* dst, length, value */
#define VGPU_CMD_COPY		2	/* dst, src, length */
#define VGPU_CMD_MIX		3	/* dst, src, length, salt */
#define VGPU_CMD_STORE		4	/* dst, value */
#define VGPU_CMD_WAIT		5	/* addr, value */
#define VGPU_CMD_DELAY		6	/* ns */
#define VGPU_CMD_HANG		7	/* kind */
#define VGPU_CMD_FAULT		8

#define VGPU_CMD_STORE_TIME	1	/* flag of STORE: the time, not the value */

#define VGPU_CMD_OP(w)		((u32)((w) >> 56))
#define VGPU_CMD_FLAGS(w)	((u32)((w) >> 48) & 0xff)
#define VGPU_CMD_WORDS(w)	((u32)((w) >> 40) & 0xff)
#define VGPU_CMD_ZERO		GENMASK_ULL(39, 0)

#define VGPU_CMD_MAX_WORDS	5
#define VGPU_CMD_MAX_LENGTH	0x100000ULL
#define VGPU_CMD_MAX_DELAY	10000000000ULL

#endif /* _HW_ABI_H_ */
