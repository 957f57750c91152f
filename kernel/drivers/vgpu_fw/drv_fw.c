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
 * ring is full, or the firmware is being loaded, the message waits in a backlog. Every
 * message is answered, so an interrupt will come when there is room, and who receives
 * moves the backlog on.
 *
 * Messages are received one at a time: each is copied out and given back to the firmware
 * before it is acted upon. That order is what makes DONE a safe hint, see hw_abi.h.
 * Normally the interrupt handler receives. As an interrupt may get lost, the timeout
 * workqueue does, too; there is never more than one who does.
 *
 * What makes no sense is a protocol error. There is no telling what else the firmware has
 * got wrong, so the device is reset, and nobody is banned for it. An answer to a question
 * that was answered before is not an error.
 */

/* messages per run of the handler, so that other interrupts get a turn */
#define VGPU_RECEIVE_BUDGET 64

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
	if (vdev->fw_down || !list_empty(&vdev->h2g_backlog) || !vgpu_fw_put(vdev, &h2g->msg))
		list_add_tail(&h2g->link, &vdev->h2g_backlog);
	else
		INIT_LIST_HEAD(&h2g->link);
	spin_unlock_irqrestore(&vdev->h2g_lock, flags);
	vgpu_watchdog_arm(vdev);
}

/*
 * The name of the context is part of a cookie, so that an answer about another one is
 * noticed.
 */
#define VGPU_COOKIE_BITS 19
#define VGPU_COOKIE_MASK (BIT(VGPU_COOKIE_BITS) - 1)

/**
 * vgpu_fw_cookie() - a cookie for a message
 * @vdev: the device
 * @ctx: name of the context that it is about, or 0
 *
 * Context: Any.
 * Return: the cookie, never 0.
 */
u32 vgpu_fw_cookie(struct vgpu_device *vdev, u32 ctx)
{
	u32 count;

	do {
		count = (u32)atomic_inc_return(&vdev->cookie) & VGPU_COOKIE_MASK;
	} while (!count);
	return ctx << VGPU_COOKIE_BITS | count;
}

/**
 * vgpu_fw_cookie_used() - whether there was a message with such a cookie
 * @vdev: the device
 * @ctx: name of the context
 * @cookie: the cookie
 *
 * Context: Any.
 * Return: true if it was used, not too long ago.
 */
bool vgpu_fw_cookie_used(struct vgpu_device *vdev, u32 ctx, u32 cookie)
{
	u32 age = ((u32)atomic_read(&vdev->cookie) - cookie) & VGPU_COOKIE_MASK;

	return cookie >> VGPU_COOKIE_BITS == ctx && age < VGPU_COOKIE_MASK / 2;
}

/**
 * vgpu_fw_set_down() - hold messages back, or let them go
 * @vdev: the device
 * @down: whether the firmware is not there
 *
 * Context: Any.
 */
void vgpu_fw_set_down(struct vgpu_device *vdev, bool down)
{
	unsigned long flags;

	spin_lock_irqsave(&vdev->h2g_lock, flags);
	WRITE_ONCE(vdev->fw_down, down);
	spin_unlock_irqrestore(&vdev->h2g_lock, flags);
	if (!down)
		vgpu_fw_flush(vdev);
}

/**
 * vgpu_fw_unsend() - take a message back that will not be answered
 * @vdev: the device, the firmware of which is not running
 * @h2g: a message that was sent
 *
 * Context: Any. Takes &vgpu_device.h2g_lock.
 */
void vgpu_fw_unsend(struct vgpu_device *vdev, struct vgpu_h2g *h2g)
{
	unsigned long flags;

	spin_lock_irqsave(&vdev->h2g_lock, flags);
	list_del_init(&h2g->link);
	spin_unlock_irqrestore(&vdev->h2g_lock, flags);
}

/**
 * vgpu_fw_flush() - send what waits in the backlog, as far as there is room
 * @vdev: the device
 *
 * Context: Any. Takes &vgpu_device.h2g_lock.
 */
void vgpu_fw_flush(struct vgpu_device *vdev)
{
	struct vgpu_h2g *h2g, *next;
	unsigned long flags;

	spin_lock_irqsave(&vdev->h2g_lock, flags);
	list_for_each_entry_safe(h2g, next, &vdev->h2g_backlog, link) {
		if (vdev->fw_down || !vgpu_fw_put(vdev, &h2g->msg))
			break;
		list_del_init(&h2g->link);
	}
	spin_unlock_irqrestore(&vdev->h2g_lock, flags);
}

/**
 * vgpu_fw_protocol_error() - the firmware has said what makes no sense
 * @vdev: the device
 * @msg: what it has said
 * @what: what is wrong with it
 *
 * Context: Any. The device will be reset.
 */
void vgpu_fw_protocol_error(struct vgpu_device *vdev, const struct vgpu_msg *msg, const char *what)
{
	atomic64_inc(&vdev->count.protocol_errors);
	drm_err_ratelimited(&vdev->drm, "firmware: %s (message %u, context %u, cookie %u, %llu)\n",
			    what, msg->type, msg->ctx, msg->cookie, msg->a);
	vgpu_reset_request(vdev, "protocol error");
}

static void vgpu_fw_died(struct vgpu_device *vdev, const struct vgpu_msg *msg)
{
	drm_err_ratelimited(&vdev->drm, "the firmware gave up: reason %llu, %llu\n", msg->a,
			    msg->b);
	/* whose context it could not get off */
	WRITE_ONCE(vdev->reset.suspect, msg->a == VGPU_FW_DEAD_ENGINE ? msg->c : 0);
	WRITE_ONCE(vdev->fw_dead, true);
	/* who is loading it, or asks whether it is there, need not wait any longer */
	vdev->hello_abi = 0;
	complete(&vdev->hello);
	complete(&vdev->pong);
	wake_up_all(&vdev->event);
	vgpu_reset_request(vdev, "firmware dead");
}

static void vgpu_fw_dispatch(struct vgpu_device *vdev, const struct vgpu_msg *msg)
{
	struct vgpu_ctx *ctx;

	if (msg->ctx > vdev->num_ctxs)
		return vgpu_fw_protocol_error(vdev, msg, "no such context");

	switch (msg->type) {
	case VGPU_G2H_DONE:
		ctx = vgpu_ctx_find(vdev, msg->ctx);
		/* a hint, so nothing is lost if it comes too late */
		if (ctx)
			vgpu_ctx_harvest(ctx);
		return;
	case VGPU_G2H_ACK:
		return vgpu_ctx_acked(vdev, msg);
	case VGPU_G2H_CTX_DEAD:
		return vgpu_ctx_died(vdev, msg);
	case VGPU_G2H_SCHED:
		return vgpu_ctx_scheduled(vdev, msg);
	case VGPU_G2H_TLB_DONE:
		if (vgpu_tlb_answered(vdev, msg->cookie) == -EPROTO)
			vgpu_fw_protocol_error(vdev, msg, "answer to no invalidation");
		return;
	case VGPU_G2H_PONG:
		if (msg->cookie == READ_ONCE(vdev->ping.msg.cookie))
			complete(&vdev->pong);
		return;
	case VGPU_G2H_LOG:
		return vgpu_dump_log(vdev, msg);
	case VGPU_G2H_DEAD:
		return vgpu_fw_died(vdev, msg);
	case VGPU_G2H_HELLO:
		vdev->hello_abi = msg->a;
		complete(&vdev->hello);
		return;
	}
	vgpu_fw_protocol_error(vdev, msg, "unknown message");
}

static void vgpu_fw_drain(struct vgpu_device *vdev)
{
	int budget = VGPU_RECEIVE_BUDGET;
	u64 tail;

	while (vdev->g2h_head != (tail = vgpu_rd(vdev, VGPU_REG_G2H_TAIL))) {
		struct vgpu_msg msg;

		/* also what a device says that is gone */
		if (tail - vdev->g2h_head > VGPU_G2H_SLOTS) {
			vgpu_reset_request(vdev, "bad index of a ring");
			break;
		}
		if (!budget--) {
			/* there are more: have the handler called again */
			vgpu_wr(vdev, VGPU_REG_INT_SET, VGPU_INT_G2H);
			break;
		}
		msg = vdev->g2h[vdev->g2h_head++ % VGPU_G2H_SLOTS];
		vgpu_wr(vdev, VGPU_REG_G2H_HEAD, vdev->g2h_head);
		/* whoever it is about is not freed meanwhile */
		rcu_read_lock();
		vgpu_fw_dispatch(vdev, &msg);
		rcu_read_unlock();
	}
	/* the firmware sends only after it has taken something from the other ring */
	if (!list_empty_careful(&vdev->h2g_backlog))
		vgpu_fw_flush(vdev);
}

/**
 * vgpu_fw_receive() - act upon messages of the firmware
 * @vdev: the device
 *
 * Context: The interrupt handler, or process context. Signals fences, so no lock is held.
 * If somebody else is at it, he goes on after this call has returned.
 */
void vgpu_fw_receive(struct vgpu_device *vdev)
{
	int others;

	if (atomic_inc_return(&vdev->receivers) > 1)
		return;
	do {
		/* those who came until here are served by this turn */
		others = atomic_read(&vdev->receivers);
		vgpu_fw_drain(vdev);
	} while (atomic_sub_return(others, &vdev->receivers));
}

/**
 * vgpu_fw_ping() - ask the firmware whether it is there
 * @vdev: the device
 *
 * Context: The timeout workqueue, sleeps.
 * Return: whether it has answered.
 */
bool vgpu_fw_ping(struct vgpu_device *vdev)
{
	struct vgpu_h2g *ping = &vdev->ping;
	unsigned long time = vgpu_answer_time(vdev);

	if (READ_ONCE(vdev->fw_dead))
		return false;
	reinit_completion(&vdev->pong);
	ping->msg = (struct vgpu_msg){
		.type = VGPU_H2G_PING,
		.cookie = vgpu_fw_cookie(vdev, 0),
	};
	vgpu_fw_send(vdev, ping);
	if (wait_for_completion_timeout(&vdev->pong, time))
		return !READ_ONCE(vdev->fw_dead);
	/* perhaps it is the interrupt that is lost */
	vgpu_fw_receive(vdev);
	if (!try_wait_for_completion(&vdev->pong))
		return false;
	atomic64_inc(&vdev->count.irqs_lost);
	return true;
}

/**
 * vgpu_fw_gone() - whether the device has been pulled out
 * @vdev: the device
 *
 * Context: Any.
 * Return: true if it does not answer to its name.
 */
bool vgpu_fw_gone(struct vgpu_device *vdev)
{
	return vgpu_rd(vdev, VGPU_REG_ID) != VGPU_ID;
}

/**
 * vgpu_fw_setup() - make the rings
 * @vdev: the device
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int vgpu_fw_setup(struct vgpu_device *vdev)
{
	vdev->fw_down = true;
	spin_lock_init(&vdev->h2g_lock);
	INIT_LIST_HEAD(&vdev->h2g_backlog);
	INIT_LIST_HEAD(&vdev->ping.link);
	spin_lock_init(&vdev->tlb_lock);
	INIT_LIST_HEAD(&vdev->tlb_waits);
	init_completion(&vdev->hello);
	init_completion(&vdev->pong);
	init_waitqueue_head(&vdev->event);

	vdev->h2g = drmm_kcalloc(&vdev->drm, VGPU_H2G_SLOTS, sizeof(*vdev->h2g), GFP_KERNEL);
	vdev->g2h = drmm_kcalloc(&vdev->drm, VGPU_G2H_SLOTS, sizeof(*vdev->g2h), GFP_KERNEL);
	return vdev->h2g && vdev->g2h ? 0 : -ENOMEM;
}

/**
 * vgpu_fw_boot() - load the firmware and greet it
 * @vdev: the device, switched on for the first time or stopped; its handler is installed
 *
 * Messages go to the backlog until the caller clears &vgpu_device.fw_down.
 *
 * Context: Process context, sleeps. Doesn't allocate.
 * Return: 0; -ETIMEDOUT or -EPROTO if there is no firmware that we know.
 */
int vgpu_fw_boot(struct vgpu_device *vdev)
{
	struct vgpu_msg hello = { .type = VGPU_H2G_HELLO, .a = VGPU_ABI_VERSION };

	reinit_completion(&vdev->hello);
	WRITE_ONCE(vdev->fw_dead, false);
	hello.cookie = vgpu_fw_cookie(vdev, 0);

	spin_lock_irq(&vdev->h2g_lock);
	/* the firmware before may have left its indices */
	vdev->h2g_tail = vgpu_rd(vdev, VGPU_REG_H2G_HEAD);
	vdev->g2h_head = vgpu_rd(vdev, VGPU_REG_G2H_TAIL);
	vgpu_wr(vdev, VGPU_REG_H2G_TAIL, vdev->h2g_tail);
	vgpu_wr(vdev, VGPU_REG_G2H_HEAD, vdev->g2h_head);
	vgpu_wr(vdev, VGPU_REG_H2G_BASE, (uintptr_t)vdev->h2g);
	vgpu_wr(vdev, VGPU_REG_G2H_BASE, (uintptr_t)vdev->g2h);
	vgpu_wr(vdev, VGPU_REG_INT_ENABLE, VGPU_INT_G2H);
	vgpu_wr(vdev, VGPU_REG_BUS_ENABLE, 1);
	/* before all that is in the backlog */
	vgpu_fw_put(vdev, &hello);
	spin_unlock_irq(&vdev->h2g_lock);

	if (!wait_for_completion_timeout(&vdev->hello, vgpu_answer_time(vdev))) {
		vgpu_fw_receive(vdev);
		if (!try_wait_for_completion(&vdev->hello)) {
			drm_err(&vdev->drm, "the firmware does not answer\n");
			return -ETIMEDOUT;
		}
		atomic64_inc(&vdev->count.irqs_lost);
	}
	if (vdev->hello_abi != VGPU_ABI_VERSION) {
		drm_err(&vdev->drm, "unknown firmware, version %llu\n", vdev->hello_abi);
		return -EPROTO;
	}
	return 0;
}

/* Waits until nothing of @what is left in VGPU_REG_ACTIVITY. */
static bool vgpu_fw_wait_quiet(struct vgpu_device *vdev, u64 what)
{
	unsigned long end = jiffies + vgpu_halt_time();

	/* engines stop at the end of their commands */
	while (vgpu_rd(vdev, VGPU_REG_ACTIVITY) & what) {
		if (vgpu_fw_gone(vdev))
			return true;
		if (time_after(jiffies, end))
			return false;
		usleep_range(100, 1000);
	}
	return true;
}

/**
 * vgpu_fw_stop() - reset the hardware
 * @vdev: the device
 *
 * Afterwards engines are halted, the firmware has forgotten everything, and no interrupt
 * comes until it is booted.
 *
 * Context: Process context, sleeps. Doesn't allocate.
 * Return: 0; -ETIMEDOUT if the hardware refuses; -ENODEV if it is gone.
 */
int vgpu_fw_stop(struct vgpu_device *vdev)
{
	vgpu_wr(vdev, VGPU_REG_RESET, 1);
	if (!vgpu_fw_wait_quiet(vdev, U64_MAX))
		return -ETIMEDOUT;
	vgpu_irq_mask(vdev);
	return vgpu_fw_gone(vdev) ? -ENODEV : 0;
}

/**
 * vgpu_fw_cut_off() - keep the hardware away from memory, whatever it is doing
 * @vdev: the device
 *
 * Context: Process context, sleeps. Takes as long as the commands that run: the bus obeys
 * even if the engines do not.
 */
void vgpu_fw_cut_off(struct vgpu_device *vdev)
{
	vgpu_wr(vdev, VGPU_REG_BUS_ENABLE, 0);
	while (!vgpu_fw_wait_quiet(vdev, GENMASK_ULL(63, 32)))
		drm_err_ratelimited(&vdev->drm, "the hardware is not off the bus yet\n");
	vgpu_irq_mask(vdev);
}
