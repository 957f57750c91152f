/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _HW_REGS_H_
#define _HW_REGS_H_

#include <linux/bits.h>
#include <linux/types.h>

/**
 * DOC: registers
 *
 * First half of the hardware manual: what the driver reaches through the bus. The
 * second half, hw_abi.h, describes the memory that both sides share.
 *
 * All registers have 64 bits. A write never sleeps, takes no lock and never calls
 * the interrupt handler before it returns, so it is allowed anywhere, under any
 * lock of the driver. A write is ordered after all memory accesses before it, a
 * read before all memory accesses after it.
 */

struct hw_device;

/**
 * struct vgpu_bus - platform data of the device: all that the driver can call
 */
struct vgpu_bus {
	/** @rd: read a register. Any context. */
	u64 (*rd)(struct hw_device *hw, u32 reg);
	/** @wr: write a register. Any context. */
	void (*wr)(struct hw_device *hw, u32 reg, u64 val);
	/** @hw: to be handed to @rd and @wr; means nothing to the driver. */
	struct hw_device *hw;
};

/* ro: VGPU_ID */
#define VGPU_REG_ID		0x00
#define VGPU_ID			0x7667707500010000ULL

/* ro: number of engines, one byte per class, class 0 lowest */
#define VGPU_REG_ENGINES	0x08
#define VGPU_ENGINES_OF(val, class)	((u32)(((val) >> ((class) * 8)) & 0xff))

/* ro: number of contexts; their ids are 1 to that */
#define VGPU_REG_CONTEXTS	0x10

/* ro: longest length operand of a command, in bytes */
#define VGPU_REG_MAX_LENGTH	0x18

/* ro: 63:32 engines that have a context, 31:0 contexts that are registered */
#define VGPU_REG_ACTIVITY	0x20

/*
 * rw: 1: engines may pick contexts. Writing 0 makes each engine give its context
 * back at the end of its current command; see VGPU_REG_ACTIVITY.
 */
#define VGPU_REG_BUS_ENABLE	0x28

/*
 * Interrupts. The line is raised while a bit is set in both STATUS and ENABLE.
 * Reading STATUS clears it; writing SET sets bits, as an event would.
 */
#define VGPU_REG_INT_STATUS	0x30
#define VGPU_REG_INT_SET	0x38
#define VGPU_REG_INT_ENABLE	0x40
/* there are new messages in the firmware-to-host ring */
#define VGPU_INT_G2H		BIT_ULL(0)

/*
 * Message rings: bus address, and indices that count messages and never wrap. The
 * writer of a ring writes TAIL, its reader HEAD.
 */
#define VGPU_REG_H2G_BASE	0x48
#define VGPU_REG_H2G_HEAD	0x50 /* ro */
#define VGPU_REG_H2G_TAIL	0x58 /* rw: the write wakes the firmware */
#define VGPU_REG_G2H_BASE	0x60
#define VGPU_REG_G2H_HEAD	0x68 /* rw */
#define VGPU_REG_G2H_TAIL	0x70 /* ro */

/* wo: id of a context whose ring has new entries */
#define VGPU_REG_DOORBELL	0x78

/*
 * wo: 1: reset. Engines stop at the end of their current command, whatever the
 * firmware thinks, and the context pages say where; the firmware forgets all contexts and
 * messages: H2G_HEAD becomes H2G_TAIL. Over when VGPU_REG_ACTIVITY reads 0, which it does
 * not before. The firmware starts anew when BUS_ENABLE is written 1 after that.
 *
 * A device that is gone reads as ones, once its engines have stopped.
 */
#define VGPU_REG_RESET		0x80

/* ro: device time, ns: what VGPU_CMD_STORE_TIME writes */
#define VGPU_REG_TIME		0x88

#endif /* _HW_REGS_H_ */
