// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/completion.h>
#include <linux/jiffies.h>

#include "drv.h"

/**
 * DOC: invalidation of translations
 *
 * Engines remember translations. Who has removed something from page tables tells the
 * firmware, and may not free what was mapped before the answer: then no engine uses it,
 * nor is one in the middle of a command that does.
 *
 * An invalidation ends in one of three ways: by the firmware's answer; by a reset of the
 * device, which makes engines forget everything; or at once if the hardware is off for
 * good. Being on the list means that it has not ended; who takes it off the list ends it.
 * It goes to the list and to the firmware in one section, so that it is never ended
 * between the two and sent by somebody to whom it does not belong any more.
 */

/**
 * vgpu_tlb_send() - have the engines forget translations
 * @vdev: the device
 * @inv: the invalidation, with &vgpu_tlb_inv.done; the caller leaves it alone until then
 * @asid: address space
 * @va: first address
 * @size: bytes
 *
 * Context: Any. Doesn't allocate. If the hardware is off, &vgpu_tlb_inv.done is called
 * before this returns.
 */
void vgpu_tlb_send(struct vgpu_device *vdev, struct vgpu_tlb_inv *inv, u32 asid, u64 va, u64 size)
{
	unsigned long flags;
	bool off;

	inv->h2g.msg = (struct vgpu_msg) {
		.type = VGPU_H2G_TLB_INV, .a = asid, .b = va, .c = size,
	};
	INIT_LIST_HEAD(&inv->h2g.link);

	spin_lock_irqsave(&vdev->tlb_lock, flags);
	off = READ_ONCE(vdev->halted);
	if (!off) {
		inv->h2g.msg.cookie = ++vdev->tlb_cookie;
		inv->since = jiffies;
		list_add_tail(&inv->link, &vdev->tlb_waits);
		vgpu_fw_send(vdev, &inv->h2g);
	}
	spin_unlock_irqrestore(&vdev->tlb_lock, flags);

	if (off)
		inv->done(inv);
}

struct vgpu_tlb_wait {
	struct vgpu_tlb_inv inv;
	struct completion done;
};

static void vgpu_tlb_wake(struct vgpu_tlb_inv *inv)
{
	/* the last access: it is on a stack */
	complete(&container_of(inv, struct vgpu_tlb_wait, inv)->done);
}

/**
 * vgpu_tlb_invalidate() - have the engines forget translations, and wait
 * @vdev: the device
 * @asid: address space
 * @va: first address
 * @size: bytes
 *
 * When this returns no engine uses what was in the page tables before the call.
 *
 * Context: Process context, sleeps, not interruptible. Takes as long as the
 * commands that run, or until the device is reset.
 */
void vgpu_tlb_invalidate(struct vgpu_device *vdev, u32 asid, u64 va, u64 size)
{
	struct vgpu_tlb_wait wait = { .inv.done = vgpu_tlb_wake };

	init_completion(&wait.done);
	vgpu_tlb_send(vdev, &wait.inv, asid, va, size);
	wait_for_completion(&wait.done);
}

/* Whether the firmware has it, so that it can answer. */
static bool vgpu_tlb_is_sent(struct vgpu_device *vdev, struct vgpu_tlb_inv *inv)
{
	bool sent;

	lockdep_assert_held(&vdev->tlb_lock);

	spin_lock(&vdev->h2g_lock);
	sent = list_empty(&inv->h2g.link);
	spin_unlock(&vdev->h2g_lock);
	return sent;
}

/**
 * vgpu_tlb_answered() - the firmware has answered an invalidation
 * @vdev: the device
 * @cookie: which one it says
 *
 * Context: The interrupt handler, or who receives messages instead. Signals fences, so no
 * lock is held.
 * Return: 0; -EALREADY if that one has ended before; -EPROTO if there was none.
 */
int vgpu_tlb_answered(struct vgpu_device *vdev, u32 cookie)
{
	struct vgpu_tlb_inv *inv;
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&vdev->tlb_lock, flags);
	ret = cookie && (s32)(vdev->tlb_cookie - cookie) >= 0 ? -EALREADY : -EPROTO;
	list_for_each_entry(inv, &vdev->tlb_waits, link) {
		if (inv->h2g.msg.cookie != cookie)
			continue;
		ret = vgpu_tlb_is_sent(vdev, inv) ? 0 : -EPROTO;
		break;
	}
	if (!ret)
		list_del(&inv->link);
	spin_unlock_irqrestore(&vdev->tlb_lock, flags);

	if (!ret)
		inv->done(inv);
	return ret;
}

/**
 * vgpu_tlb_finish() - end all invalidations that are under way
 * @vdev: the device, the engines of which have stopped and remember nothing; if
 * &vgpu_device.halted is set, those that come later end at once, too
 *
 * The firmware won't answer any more those that it has got, and those that it has not are
 * taken off the backlog. Nobody receives messages meanwhile.
 *
 * Context: Process context. Signals fences, so no lock is held.
 */
void vgpu_tlb_finish(struct vgpu_device *vdev)
{
	struct vgpu_tlb_inv *inv, *next;
	LIST_HEAD(ended);

	spin_lock_irq(&vdev->tlb_lock);
	list_splice_init(&vdev->tlb_waits, &ended);
	spin_lock(&vdev->h2g_lock);
	list_for_each_entry(inv, &ended, link)
		list_del_init(&inv->h2g.link);
	spin_unlock(&vdev->h2g_lock);
	spin_unlock_irq(&vdev->tlb_lock);

	list_for_each_entry_safe(inv, next, &ended, link)
		inv->done(inv);
}

/**
 * vgpu_tlb_oldest() - for how long the firmware has owed an answer
 * @vdev: the device
 *
 * Context: Any.
 * Return: jiffies since the oldest invalidation under way was sent, and one; 0 if there is
 * none.
 */
unsigned long vgpu_tlb_oldest(struct vgpu_device *vdev)
{
	struct vgpu_tlb_inv *inv;
	unsigned long flags, age = 0;

	spin_lock_irqsave(&vdev->tlb_lock, flags);
	inv = list_first_entry_or_null(&vdev->tlb_waits, struct vgpu_tlb_inv, link);
	if (inv)
		age = jiffies - inv->since + 1;
	spin_unlock_irqrestore(&vdev->tlb_lock, flags);
	return age;
}
