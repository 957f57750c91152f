// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/devcoredump.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include <drm/drm_managed.h>

#include "drv.h"

/**
 * DOC: dump of a hang
 *
 * When a queue is banned or the device reset, what is needed to find out why is copied
 * into memory that was allocated in probe: the context, its ring, its jobs, the last lines
 * of the firmware's log. No contents of buffers: they are the client's. That may be in an
 * interrupt. A work item makes a text of it and hands it to devcoredump, as that allocates.
 * Until then, no other dump is taken: the first is the one that matters.
 */

#define VGPU_DUMP_LOG_LINES 64
#define VGPU_DUMP_SLOTS	    (VGPU_RING_MAX_WORDS / VGPU_RING_WORDS(1))
/* more than the text can have */
#define VGPU_DUMP_BYTES (256 * 1024)

struct vgpu_dump_slot {
	u64 seqno;
	u64 cookie;
	u64 va;
	u32 ncalls;
	u32 run;
};

/**
 * struct vgpu_dump - what is known of the last hang
 */
struct vgpu_dump {
	/** @lock: all below. */
	spinlock_t lock;
	/** @vdev: the device. */
	struct vgpu_device *vdev;
	/** @full: it has not been handed over yet. */
	bool full;
	/** @why: what has happened. */
	const char *why;
	/** @time: when, since boot, in ns. */
	u64 time;
	/** @ctx: name of the context, 0 if there is none. */
	u32 ctx;
	/** @name: of the queue. */
	char name[24];
	/** @client: whose it is. */
	u64 client;
	/** @page: the context. */
	struct vgpu_ctx_page page;
	/** @ring: its ring. */
	u64 ring[VGPU_RING_MAX_WORDS];
	/** @ring_words: how much of it. */
	u32 ring_words;
	/** @num_slots: number of @slots. */
	u32 num_slots;
	/** @slots: jobs that it had. */
	struct vgpu_dump_slot slots[VGPU_DUMP_SLOTS];
	/** @log: last messages of the firmware's log, a ring. */
	struct vgpu_msg log[VGPU_DUMP_LOG_LINES];
	/** @num_log: how many there were in all. */
	u64 num_log;
	/** @work: hands it over. */
	struct work_struct work;
};

struct vgpu_text {
	char *buf;
	size_t len;
};

static __printf(2, 3) void vgpu_print(struct vgpu_text *text, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	text->len += vscnprintf(text->buf + text->len, VGPU_DUMP_BYTES - text->len, fmt, args);
	va_end(args);
}

static void vgpu_dump_print_ctx(struct vgpu_dump *dump, struct vgpu_text *text)
{
	const struct vgpu_ctx_page *page = &dump->page;
	u32 i;

	vgpu_print(text, "context: %u\nqueue: %s\nclient: %llu\n", dump->ctx, dump->name,
		   dump->client);
	vgpu_print(text, "tail: %llu\nhead: %llu\ncompleted: %llu\n", page->tail, page->head,
		   page->completed_seqno);
	vgpu_print(text, "current: %llu at %llu:%llu\ndelay_left: %llu\n", page->cur_seqno,
		   page->cur_pos >> 32, page->cur_pos & U32_MAX, page->delay_left);
	vgpu_print(text, "job_ns: %llu\nruntime_ns: %llu\n", page->job_ns, page->runtime_ns);
	vgpu_print(text, "fault: %llu at %#llx, job %llu\n", page->fault_code, page->fault_va,
		   page->fault_seqno);
	for (i = 0; i < dump->num_slots; i++)
		vgpu_print(text, "job: %llu cookie %#llx run %u calls %u va %#llx\n",
			   dump->slots[i].seqno, dump->slots[i].cookie, dump->slots[i].run,
			   dump->slots[i].ncalls, dump->slots[i].va);
	for (i = 0; i < dump->ring_words; i++)
		if (dump->ring[i])
			vgpu_print(text, "ring: %u %#018llx\n", i, dump->ring[i]);
}

static void vgpu_dump_print(struct vgpu_dump *dump, struct vgpu_text *text)
{
	u64 i = dump->num_log > VGPU_DUMP_LOG_LINES ? dump->num_log - VGPU_DUMP_LOG_LINES : 0;

	vgpu_print(text, "vgpu_fw\nreason: %s\ntime: %llu\n", dump->why, dump->time);
	if (dump->ctx)
		vgpu_dump_print_ctx(dump, text);
	for (; i < dump->num_log; i++) {
		const struct vgpu_msg *msg = &dump->log[i % VGPU_DUMP_LOG_LINES];

		vgpu_print(text, "log: %llu %llu %llu\n", msg->a, msg->b, msg->c);
	}
}

static void vgpu_dump_work(struct work_struct *work)
{
	struct vgpu_dump *dump = container_of(work, struct vgpu_dump, work);
	struct vgpu_text text = {};

	text.buf = vzalloc(VGPU_DUMP_BYTES);
	/* nobody writes to it while it is full, but for the log */
	if (text.buf) {
		vgpu_dump_print(dump, &text);
		/* takes the memory, whatever becomes of it */
		dev_coredumpv(dump->vdev->drm.dev, text.buf, text.len, GFP_KERNEL);
	}
	spin_lock_irq(&dump->lock);
	dump->full = false;
	spin_unlock_irq(&dump->lock);
}

static void vgpu_dump_copy(struct vgpu_dump *dump, struct vgpu_ctx *ctx)
{
	unsigned long flags;
	u64 i;

	dump->ctx = ctx->id;
	dump->client = ctx->queue->client->id;
	strscpy(dump->name, ctx->queue->name);
	dump->page = *ctx->page;
	dump->ring_words = ctx->ring_words;
	memcpy(dump->ring, ctx->ring, array_size(ctx->ring_words, sizeof(*ctx->ring)));

	dump->num_slots = 0;
	spin_lock_irqsave(&ctx->lock, flags);
	for (i = ctx->first_slot; i != ctx->next_slot && dump->num_slots < VGPU_DUMP_SLOTS; i++) {
		const struct vgpu_slot *slot = &ctx->slots[i % ctx->num_slots];

		dump->slots[dump->num_slots++] = (struct vgpu_dump_slot){
			.seqno = slot->seqno,
			.cookie = slot->job->cookie,
			.va = slot->job->calls[0].va,
			.ncalls = slot->job->ncalls,
			.run = slot->run,
		};
	}
	spin_unlock_irqrestore(&ctx->lock, flags);
}

/**
 * vgpu_dump_take() - keep what is known of a hang
 * @vdev: the device
 * @ctx: the guilty context, its jobs still in its FIFO; or NULL
 * @why: what has happened, a string that is there for good
 *
 * Context: Any but NMI. Doesn't allocate.
 */
void vgpu_dump_take(struct vgpu_device *vdev, struct vgpu_ctx *ctx, const char *why)
{
	struct vgpu_dump *dump = vdev->dump;
	unsigned long flags;

	spin_lock_irqsave(&dump->lock, flags);
	if (!dump->full) {
		dump->full = true;
		dump->why = why;
		dump->time = ktime_get_boottime_ns();
		dump->ctx = 0;
		if (ctx)
			vgpu_dump_copy(dump, ctx);
		schedule_work(&dump->work);
	}
	spin_unlock_irqrestore(&dump->lock, flags);
}

/**
 * vgpu_dump_log() - keep a line of the firmware's log
 * @vdev: the device
 * @msg: the line
 *
 * Context: Any but NMI.
 */
void vgpu_dump_log(struct vgpu_device *vdev, const struct vgpu_msg *msg)
{
	struct vgpu_dump *dump = vdev->dump;
	unsigned long flags;

	spin_lock_irqsave(&dump->lock, flags);
	dump->log[dump->num_log++ % VGPU_DUMP_LOG_LINES] = *msg;
	spin_unlock_irqrestore(&dump->lock, flags);
}

static void vgpu_dump_free(struct drm_device *drm, void *dump)
{
	kvfree(dump);
}

/**
 * vgpu_dump_init() - get memory for a dump
 * @vdev: the device
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int vgpu_dump_init(struct vgpu_device *vdev)
{
	struct vgpu_dump *dump = kvzalloc(sizeof(*dump), GFP_KERNEL);

	if (!dump)
		return -ENOMEM;
	spin_lock_init(&dump->lock);
	INIT_WORK(&dump->work, vgpu_dump_work);
	dump->vdev = vdev;
	vdev->dump = dump;
	return drmm_add_action_or_reset(&vdev->drm, vgpu_dump_free, dump);
}

/**
 * vgpu_dump_fini() - hand over what there is
 * @vdev: the device, whose queues run no more
 *
 * Context: Process context, sleeps.
 */
void vgpu_dump_fini(struct vgpu_device *vdev)
{
	disable_work_sync(&vdev->dump->work);
}
