// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "drv.h"

/**
 * DOC: talking to the firmware
 *
 * Two rings of messages. Sending never fails and never allocates: each sender
 * brings its message in memory of its own, and has at most one under way. If the
 * ring is full, the message waits in a backlog. Every message is answered, so an
 * interrupt will come when there is room, and the handler moves the backlog on.
 *
 * Messages are received in the interrupt handler, one at a time: each is copied out
 * and given back to the firmware before it is acted upon. That order is what makes
 * DONE a safe hint, see hw_abi.h.
 */

/* messages per run of the handler, so that other interrupts get a turn */
#define VGPU_RECEIVE_BUDGET	64

struct vgpu_tlb_wait {
	struct list_head link;
	struct vgpu_h2g h2g;
	struct completion done;
};

static bool vgpu_fw_put(struct vgpu_device *vdev, const struct vgpu_msg *msg)
{
	lockdep_assert_held(&vdev->h2g_lock);

	if (vdev->h2g_tail - vgpu_rd(vdev, VGPU_REG_H2G_HEAD) >= VGPU_H2G_SLOTS)
		return false;
	vdev->h2g[vdev->h2g_tail++ % VGPU_H2G_SLOTS] = *msg;
	vgpu_wr(vdev, VGPU_REG_H2G_TAIL, vdev->h2g_tail);
	return true;
}

/**
 * vgpu_fw_send() - send a message
 * @vdev: the device
 * @h2g: the message; the caller leaves it alone until it has been answered
 *
 * Context: Any. Takes &vgpu_device.h2g_lock.
 */
void vgpu_fw_send(struct vgpu_device *vdev, struct vgpu_h2g *h2g)
{
	unsigned long flags;

	spin_lock_irqsave(&vdev->h2g_lock, flags);
	/* in order: nobody overtakes the backlog */
	if (!list_empty(&vdev->h2g_backlog) || !vgpu_fw_put(vdev, &h2g->msg))
		list_add_tail(&h2g->link, &vdev->h2g_backlog);
	spin_unlock_irqrestore(&vdev->h2g_lock, flags);
}

static void vgpu_fw_send_backlog(struct vgpu_device *vdev)
{
	struct vgpu_h2g *h2g, *next;
	unsigned long flags;

	spin_lock_irqsave(&vdev->h2g_lock, flags);
	list_for_each_entry_safe(h2g, next, &vdev->h2g_backlog, link) {
		if (!vgpu_fw_put(vdev, &h2g->msg))
			break;
		list_del(&h2g->link);
	}
	spin_unlock_irqrestore(&vdev->h2g_lock, flags);
}

static void vgpu_fw_invalidated(struct vgpu_device *vdev, u32 cookie)
{
	struct vgpu_tlb_wait *wait;
	unsigned long flags;

	spin_lock_irqsave(&vdev->tlb_lock, flags);
	list_for_each_entry(wait, &vdev->tlb_waits, link) {
		if (wait->h2g.msg.cookie == cookie) {
			list_del(&wait->link);
			/* the last access: it is on a stack */
			complete(&wait->done);
			goto out;
		}
	}
	drm_err_ratelimited(&vdev->drm, "firmware answered an unknown invalidation\n");
out:
	spin_unlock_irqrestore(&vdev->tlb_lock, flags);
}

/**
 * vgpu_fw_invalidate() - have the engines forget translations
 * @vdev: the device
 * @asid: address space
 * @va: first address
 * @size: bytes
 *
 * When this returns no engine uses what was in the page tables before the call.
 *
 * Context: Process context, sleeps, not interruptible. Takes as long as the
 * commands that run.
 */
void vgpu_fw_invalidate(struct vgpu_device *vdev, u32 asid, u64 va, u64 size)
{
	struct vgpu_tlb_wait wait = {
		.h2g.msg = { .type = VGPU_H2G_TLB_INV, .a = asid, .b = va, .c = size },
	};

	if (READ_ONCE(vdev->halted))
		return;
	init_completion(&wait.done);

	spin_lock_irq(&vdev->tlb_lock);
	wait.h2g.msg.cookie = ++vdev->tlb_cookie;
	list_add_tail(&wait.link, &vdev->tlb_waits);
	spin_unlock_irq(&vdev->tlb_lock);

	vgpu_fw_send(vdev, &wait.h2g);
	wait_for_completion(&wait.done);
}

static void vgpu_fw_dispatch(struct vgpu_device *vdev, const struct vgpu_msg *msg)
{
	switch (msg->type) {
	case VGPU_G2H_DONE:
		return vgpu_ctx_harvest(vdev, msg->ctx);
	case VGPU_G2H_ACK:
		return vgpu_ctx_acked(vdev, msg);
	case VGPU_G2H_TLB_DONE:
		return vgpu_fw_invalidated(vdev, msg->cookie);
	case VGPU_G2H_HELLO:
		vdev->hello_abi = msg->a;
		return complete(&vdev->hello);
	}
	drm_err_ratelimited(&vdev->drm, "unknown message %u from the firmware\n", msg->type);
}

/**
 * vgpu_fw_receive() - act upon messages of the firmware
 * @vdev: the device
 *
 * Context: The interrupt handler. Signals fences, so no lock is held.
 */
void vgpu_fw_receive(struct vgpu_device *vdev)
{
	int budget = VGPU_RECEIVE_BUDGET;

	while (vdev->g2h_head != vgpu_rd(vdev, VGPU_REG_G2H_TAIL)) {
		struct vgpu_msg msg;

		if (!budget--) {
			/* there are more: have the handler called again */
			vgpu_wr(vdev, VGPU_REG_INT_SET, VGPU_INT_G2H);
			break;
		}
		msg = vdev->g2h[vdev->g2h_head++ % VGPU_G2H_SLOTS];
		vgpu_wr(vdev, VGPU_REG_G2H_HEAD, vdev->g2h_head);
		vgpu_fw_dispatch(vdev, &msg);
	}
	/* the firmware sends only after it has taken something from the other ring */
	if (!list_empty_careful(&vdev->h2g_backlog))
		vgpu_fw_send_backlog(vdev);
}

/**
 * vgpu_fw_boot() - bring the hardware up and greet the firmware
 * @vdev: the device, whose interrupt handler is installed
 *
 * Context: Process context, sleeps.
 * Return: 0; -ENOMEM; -ETIMEDOUT or -EPROTO if there is no firmware that we know.
 */
int vgpu_fw_boot(struct vgpu_device *vdev)
{
	struct vgpu_h2g hello = {
		.msg = { .type = VGPU_H2G_HELLO, .a = VGPU_ABI_VERSION },
	};

	vdev->h2g = drmm_kcalloc(&vdev->drm, VGPU_H2G_SLOTS, sizeof(*vdev->h2g), GFP_KERNEL);
	vdev->g2h = drmm_kcalloc(&vdev->drm, VGPU_G2H_SLOTS, sizeof(*vdev->g2h), GFP_KERNEL);
	if (!vdev->h2g || !vdev->g2h)
		return -ENOMEM;

	/* a driver before us may have left its indices */
	vdev->h2g_tail = vgpu_rd(vdev, VGPU_REG_H2G_HEAD);
	vdev->g2h_head = vgpu_rd(vdev, VGPU_REG_G2H_TAIL);
	vgpu_wr(vdev, VGPU_REG_G2H_HEAD, vdev->g2h_head);
	vgpu_wr(vdev, VGPU_REG_H2G_BASE, (uintptr_t)vdev->h2g);
	vgpu_wr(vdev, VGPU_REG_G2H_BASE, (uintptr_t)vdev->g2h);
	vgpu_wr(vdev, VGPU_REG_INT_ENABLE, VGPU_INT_G2H);
	vgpu_wr(vdev, VGPU_REG_BUS_ENABLE, 1);

	vgpu_fw_send(vdev, &hello);
	if (!wait_for_completion_timeout(&vdev->hello, 10 * HZ)) {
		drm_err(&vdev->drm, "the firmware does not answer\n");
		vgpu_fw_halt(vdev);
		return -ETIMEDOUT;
	}
	if (vdev->hello_abi != VGPU_ABI_VERSION) {
		drm_err(&vdev->drm, "unknown firmware, version %llu\n", vdev->hello_abi);
		vgpu_fw_halt(vdev);
		return -EPROTO;
	}
	return 0;
}

/**
 * vgpu_fw_halt() - switch the hardware off
 * @vdev: the device, all queues of which are gone
 *
 * Context: Process context, sleeps.
 */
void vgpu_fw_halt(struct vgpu_device *vdev)
{
	u64 activity;

	WRITE_ONCE(vdev->halted, true);
	vgpu_wr(vdev, VGPU_REG_BUS_ENABLE, 0);
	/* engines stop at the end of their commands */
	while ((activity = vgpu_rd(vdev, VGPU_REG_ACTIVITY)) >> 32)
		usleep_range(100, 1000);
	drm_WARN(&vdev->drm, activity, "%llu contexts are still registered\n", activity);
}
