// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/interrupt.h>

#include "drv.h"

/**
 * DOC: interrupt
 *
 * All the work is done in the hard interrupt: messages are received, jobs are
 * completed, and the fences of completed jobs signal. The line is masked in the
 * hardware, never by disable_irq(), which could lose an event.
 */

static irqreturn_t vgpu_irq_handler(int irq, void *arg)
{
	struct vgpu_device *vdev = arg;
	u64 status = vgpu_rd(vdev, VGPU_REG_INT_STATUS);

	if (!status)
		return IRQ_NONE;
	atomic64_inc(&vdev->count.irqs);
	if (status & VGPU_INT_G2H)
		vgpu_fw_receive(vdev);
	return IRQ_HANDLED;
}

/**
 * vgpu_irq_init() - install the interrupt handler
 * @vdev: the device, with all that the handler uses
 *
 * The interrupt stays masked.
 *
 * Context: Process context.
 * Return: 0 or an error of request_irq().
 */
int vgpu_irq_init(struct vgpu_device *vdev)
{
	vgpu_wr(vdev, VGPU_REG_INT_ENABLE, 0);
	return request_irq(vdev->irq, vgpu_irq_handler, 0, "vgpu_fw", vdev);
}

/**
 * vgpu_irq_mask() - let no interrupt come
 * @vdev: the device
 *
 * Context: Process context, waits for a handler that runs.
 */
void vgpu_irq_mask(struct vgpu_device *vdev)
{
	vgpu_wr(vdev, VGPU_REG_INT_ENABLE, 0);
	synchronize_irq(vdev->irq);
}

/**
 * vgpu_irq_fini() - mask the interrupt and remove the handler
 * @vdev: the device
 *
 * Context: Process context, waits for a handler that runs.
 */
void vgpu_irq_fini(struct vgpu_device *vdev)
{
	vgpu_irq_mask(vdev);
	free_irq(vdev->irq, vdev);
}
