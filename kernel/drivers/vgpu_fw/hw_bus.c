// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/ktime.h>

#include "hw_model.h"

/**
 * DOC: bus
 *
 * The functions behind the registers: all of the model that the driver can call.
 */

static u64 hw_bus_rd(struct hw_device *hw, u32 reg)
{
	struct hw_fw *fw = &hw->fw;
	u64 val = 0;
	int i;

	/* whoever sees this may rely on the engines having stopped */
	if (atomic_read_acquire(&hw->presence) == HW_GONE)
		return ~0ULL;
	switch (reg) {
	case VGPU_REG_ID:
		return VGPU_ID;
	case VGPU_REG_ENGINES:
		for (i = 0; i < VGPU_CLASSES; i++)
			val |= (u64)hw->config.engines[i] << (8 * i);
		return val;
	case VGPU_REG_CONTEXTS:
		return hw->num_ctxs;
	case VGPU_REG_MAX_LENGTH:
		return VGPU_CMD_MAX_LENGTH;
	case VGPU_REG_ACTIVITY:
		return hw_activity(hw);
	case VGPU_REG_BUS_ENABLE:
		return READ_ONCE(hw->bus_enable);
	case VGPU_REG_INT_STATUS:
		return atomic64_xchg(&hw->line.status, 0);
	case VGPU_REG_INT_ENABLE:
		return atomic64_read(&hw->line.enable);
	case VGPU_REG_H2G_HEAD:
		return atomic64_read_acquire(&fw->h2g_head);
	case VGPU_REG_H2G_TAIL:
		return atomic64_read_acquire(&fw->h2g_tail);
	case VGPU_REG_G2H_HEAD:
		return atomic64_read_acquire(&fw->g2h_head);
	case VGPU_REG_G2H_TAIL:
		return atomic64_read_acquire(&fw->g2h_tail);
	case VGPU_REG_TIME:
		return ktime_get_ns();
	}
	WARN_ONCE(1, "vgpu_fw model: read of unknown register %#x\n", reg);
	return ~0ULL;
}

static void hw_bus_wr(struct hw_device *hw, u32 reg, u64 val)
{
	struct hw_fw *fw = &hw->fw;

	if (atomic_read(&hw->presence) != HW_PRESENT)
		return;
	if (hw_fault(&hw->faults, HW_KNOB_GONE))
		return hw_pull(hw);
	switch (reg) {
	case VGPU_REG_BUS_ENABLE:
		hw_bus_switch(hw, val);
		return;
	case VGPU_REG_RESET:
		if (val)
			hw_reset(hw);
		return;
	case VGPU_REG_INT_SET:
		hw_line_set(hw, val);
		return;
	case VGPU_REG_INT_ENABLE:
		hw_line_enable(&hw->line, val);
		return;
	case VGPU_REG_H2G_BASE:
		WRITE_ONCE(fw->h2g_base, val);
		return;
	case VGPU_REG_H2G_TAIL:
		atomic64_set_release(&fw->h2g_tail, val);
		hw_fw_wake(fw);
		return;
	case VGPU_REG_G2H_BASE:
		WRITE_ONCE(fw->g2h_base, val);
		return;
	case VGPU_REG_G2H_HEAD:
		atomic64_set_release(&fw->g2h_head, val);
		hw_fw_g2h_moved(hw);
		return;
	case VGPU_REG_DOORBELL:
		hw_fw_doorbell(hw, val);
		return;
	}
	WARN_ONCE(1, "vgpu_fw model: write of unknown register %#x\n", reg);
}

/**
 * hw_device_bus() - what the driver gets to reach the device
 * @hw: the device
 * @bus: filled in
 */
void hw_device_bus(struct hw_device *hw, struct vgpu_bus *bus)
{
	bus->rd = hw_bus_rd;
	bus->wr = hw_bus_wr;
	bus->hw = hw;
}
