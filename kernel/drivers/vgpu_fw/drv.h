/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRV_H_
#define _DRV_H_

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/dma-fence.h>
#include <linux/idr.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <drm/drm_dep.h>
#include <drm/drm_device.h>
#include <drm/drm_file.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_gpuvm.h>
#include <drm/drm_ioctl.h>

#include <uapi/drm/vgpu_fw_drm.h>

#include "drm_dep_compat.h"
#include "hw_abi.h"
#include "hw_regs.h"

/**
 * DOC: driver
 *
 * Who holds whom::
 *
 *	file -> client -> names of VMs and queues
 *	queue -> context -> VM -> mappings -> buffers
 *	job -> queue (by drm_dep), client
 *
 * Closing a file removes the names and kills the queues. All that the device may reach
 * lives until the queue's release, after the firmware has acknowledged that the context
 * is gone, or the device was reset or switched off.
 *
 * Four laws:
 *
 * 1. A command is atomic: each has happened wholly or not at all, whatever ends its job.
 * 2. No fence signals while an engine may still write for its job.
 * 3. A timeout in wall-clock time may cost a reset, never a ban. A ban needs evidence:
 *    device time, a fault, or the firmware's word.
 * 4. Who takes a job out of its context's FIFO completes it; nobody else does.
 *
 * Locks, outermost first: reservations of buffers, &vgpu_vm.submit_lock. &vgpu_vm.lock is
 * taken with neither. In interrupts: &vgpu_ctx.lock or &vgpu_device.tlb_lock, then
 * &vgpu_device.h2g_lock, or the locks of drm_dep. No fence is ever signalled under one of
 * ours that an interrupt takes.
 */

/**
 * struct vgpu_limits - what a file may have, see drv_device.c
 */
struct vgpu_limits {
	/** @vms: address spaces. */
	u32 vms;
	/** @queues: queues that have a name. */
	u32 queues;
	/** @jobs: jobs that have not been freed. */
	u32 jobs;
	/** @bo_bytes: buffer memory and page tables. */
	u64 bo_bytes;
	/** @device_bo_bytes: the same for all files together. */
	u64 device_bo_bytes;
	/** @timeout_ms: longest timeout of a job. */
	u32 timeout_ms;
};

#define VGPU_MAX_JOBS		256
#define VGPU_MAX_CALLS		VGPU_RING_MAX_CALLS
#define VGPU_MAX_SYNCS		256
#define VGPU_MAX_BIND_OPS	256
#define VGPU_MAX_BOS		256
#define VGPU_DEFAULT_RING_WORDS	1024
#define VGPU_MIN_TIMEOUT_MS	10
#define VGPU_DEFAULT_TIMEOUT_MS	500
#define VGPU_VA_START		0x10000ULL
#define VGPU_VA_END		BIT_ULL(VGPU_VA_BITS)

struct vgpu_ctx;
struct vgpu_dump;

/**
 * struct vgpu_h2g - a message to the firmware, room in the ring or not
 */
struct vgpu_h2g {
	/** @link: on the backlog. */
	struct list_head link;
	/** @msg: the message. */
	struct vgpu_msg msg;
};

/**
 * struct vgpu_counters - what has happened since probe
 */
struct vgpu_counters {
	/** @jobs: jobs that have ended on the hardware. */
	atomic64_t jobs;
	/** @irqs: runs of the interrupt handler. */
	atomic64_t irqs;
	/** @irqs_lost: times that a timeout found what no interrupt had told. */
	atomic64_t irqs_lost;
	/** @timeouts: calls of timedout_job. */
	atomic64_t timeouts;
	/** @not_hung: those that found a job that was slow only. */
	atomic64_t not_hung;
	/** @ctx_resets: contexts that were reset because of a timeout. */
	atomic64_t ctx_resets;
	/** @resets: resets of the device. */
	atomic64_t resets;
	/** @replays: jobs that were run again after one. */
	atomic64_t replays;
	/** @bans: queues that were banned. */
	atomic64_t bans;
	/** @kills: queues that were killed. */
	atomic64_t kills;
	/** @protocol_errors: messages from the firmware that made no sense. */
	atomic64_t protocol_errors;
	/** @duplicates: answers that came twice. */
	atomic64_t duplicates;
	/** @watchdog: resets because the firmware had not answered in time. */
	atomic64_t watchdog;
	/** @wedges: times that the device could not be brought back to life. */
	atomic64_t wedges;
};

/**
 * struct vgpu_reset - resets of the device
 */
struct vgpu_reset {
	/** @work: a reset that somebody asked for. */
	struct work_struct work;
	/** @wanted: why, a string that is there for good; NULL: not asked for. */
	const char *wanted;
	/** @watchdog: looks for answers that are overdue. */
	struct delayed_work watchdog;
	/** @event: tells the world that the device is lost; allocates. */
	struct work_struct event;
	/** @shift: the firmware gets twice the time for each of the last resets. */
	u32 shift;
	/** @last: when the last one was, in jiffies. */
	unsigned long last;
	/** @suspect: context that the firmware could not preempt. */
	u32 suspect;
	/** @unplugged: the device nodes are gone. */
	bool unplugged;
};

/**
 * struct vgpu_device - the device
 */
struct vgpu_device {
	/** @drm: the DRM device. */
	struct drm_device drm;
	/** @bus: how to reach the hardware. */
	const struct vgpu_bus *bus;
	/** @irq: its interrupt. */
	int irq;
	/** @engines: number of engines of each class. */
	u32 engines[VGPU_CLASSES];
	/** @limits: what a file may have. */
	struct vgpu_limits limits;
	/** @bo_bytes: buffer memory and page tables of all files. */
	atomic64_t bo_bytes;

	/** @asids: names of address spaces, for the TLB. */
	struct ida asids;
	/** @ctx_ids: names of contexts, for the firmware. */
	struct ida ctx_ids;
	/** @num_ctxs: highest name of a context. */
	u32 num_ctxs;
	/** @ctxs: by name, RCU; see drv_ctx.c. */
	struct vgpu_ctx __rcu **ctxs;

	/** @halted: the hardware is off for good; nobody answers any more. */
	bool halted;
	/** @wedged: 0, or -EIO: the device could not be brought back to life. */
	int wedged;
	/** @fw_down: no message is sent to the firmware now; see drv_reset.c. */
	bool fw_down;
	/** @fw_dead: the firmware has said that it does nothing any more. */
	bool fw_dead;
	/** @event: woken when a context or the firmware has changed its state. */
	wait_queue_head_t event;
	/** @h2g: ring of messages to the firmware. */
	struct vgpu_msg *h2g;
	/** @g2h: ring of messages from it. */
	struct vgpu_msg *g2h;
	/** @h2g_lock: the ring to the firmware. */
	spinlock_t h2g_lock;
	/** @h2g_tail: messages written. */
	u64 h2g_tail;
	/** @h2g_backlog: &vgpu_h2g that wait for room. */
	struct list_head h2g_backlog;
	/** @g2h_head: messages read; private to who receives. */
	u64 g2h_head;
	/** @receivers: who wants to receive; the first does, see drv_fw.c. */
	atomic_t receivers;
	/** @cookie: of the last message to the firmware but for invalidations. */
	atomic_t cookie;
	/** @ping: a message of its own, private to the timeout workqueue. */
	struct vgpu_h2g ping;
	/** @pong: the firmware has answered it. */
	struct completion pong;
	/** @hello: the firmware has answered. */
	struct completion hello;
	/** @hello_abi: with the version of its ABI. */
	u64 hello_abi;
	/** @tlb_lock: the list of invalidations. */
	spinlock_t tlb_lock;
	/** @tlb_waits: those that are under way. */
	struct list_head tlb_waits;
	/** @tlb_cookie: of the last one. */
	u32 tlb_cookie;

	/** @queue_lock: the list of queues and @resetting. */
	spinlock_t queue_lock;
	/** @queues: &vgpu_queue of engines that have not been released. */
	struct list_head queues;
	/** @resetting: a new queue stays stopped until the reset is over. */
	bool resetting;
	/** @timeout_raw: one work item at a time: timeouts, resets, the watchdog. */
	struct workqueue_struct *timeout_raw;
	/** @timeout_wq: the same, for drm_dep. */
	struct drm_dep_workqueue *timeout_wq;
	/** @reset: state of resets, see drv_reset.c. */
	struct vgpu_reset reset;
	/** @dump: state of the device at the last hang, see drv_dump.c. */
	struct vgpu_dump *dump;
	/** @count: what has happened, see drv_stats.c. */
	struct vgpu_counters count;
};

#define to_vgpu_device(d) container_of(d, struct vgpu_device, drm)

static inline u64 vgpu_rd(struct vgpu_device *vdev, u32 reg)
{
	return vdev->bus->rd(vdev->bus->hw, reg);
}

static inline void vgpu_wr(struct vgpu_device *vdev, u32 reg, u64 val)
{
	vdev->bus->wr(vdev->bus->hw, reg, val);
}

/**
 * struct vgpu_client - an open file, and what is charged to it
 *
 * Outlives the file: buffers, VMs, queues and jobs hold it.
 */
struct vgpu_client {
	/** @kref: references. */
	struct kref kref;
	/** @vdev: the device. */
	struct vgpu_device *vdev;
	/** @id: &drm_file.client_id, for traces. */
	u64 id;
	/** @vms: &vgpu_vm by name, with a reference. */
	struct xarray vms;
	/** @queues: &vgpu_queue by name, with a user reference. */
	struct xarray queues;
	/** @num_vms: names of VMs. */
	atomic_t num_vms;
	/** @num_queues: names of queues. */
	atomic_t num_queues;
	/** @live_queues: queues that have not been released. */
	atomic_t live_queues;
	/** @queue_released: woken when one is. */
	wait_queue_head_t queue_released;
	/** @num_jobs: jobs that have not been released. */
	atomic_t num_jobs;
	/** @bo_bytes: bytes of buffers and page tables. */
	atomic64_t bo_bytes;
	/** @live_lock: both below. */
	spinlock_t live_lock;
	/** @live: &vgpu_queue of engines that have not been released. */
	struct list_head live;
	/** @runtime_ns: device time of those that have, by class. */
	u64 runtime_ns[VGPU_CLASSES];
};

/**
 * struct vgpu_bo - a buffer
 */
struct vgpu_bo {
	/** @base: the shmem object; has to be first, as the helpers free it. */
	struct drm_gem_shmem_object base;
	/** @client: who is charged for it, or NULL. */
	struct vgpu_client *client;
	/** @pins: who needs the pages; from and to 0 with the reservation held. */
	refcount_t pins;
	/** @private_to: whose reservation it shares: that of an address space; or NULL. */
	struct drm_gem_object *private_to;
	/** @dma_buf: a foreign buffer that it stands for; or NULL. */
	struct dma_buf *dma_buf;
	/** @vaddr: where @dma_buf is mapped, while there are pins. */
	void *vaddr;
};

#define to_vgpu_bo(obj) container_of(to_drm_gem_shmem_obj(obj), struct vgpu_bo, base)

/**
 * struct vgpu_vm - an address space of the GPU
 */
struct vgpu_vm {
	/** @base: which buffers are mapped where. */
	struct drm_gpuvm base;
	/** @kref: names, contexts and calls that use it. */
	struct kref kref;
	/** @vdev: the device. */
	struct vgpu_device *vdev;
	/** @client: who is charged for the tables. */
	struct vgpu_client *client;
	/** @lock: @base, the structure of the tables, all below. */
	struct mutex lock;
	/** @bind_queues: &vgpu_bind_queue that have not been released. */
	struct list_head bind_queues;
	/** @kept: &vgpu_va that may still be in the tables, see drv_bind_queue.c. */
	struct list_head kept;
	/** @submit_lock: order of jobs on all queues of the VM. */
	struct mutex submit_lock;
	/** @root: root of the page tables. */
	u64 *root;
	/** @asid: name for the TLB. */
	u32 asid;
};

#define to_vgpu_vm(gpuvm) container_of(gpuvm, struct vgpu_vm, base)

/**
 * struct vgpu_va - a mapping: holds a reference and a pin of its buffer
 */
struct vgpu_va {
	/** @base: where and what. */
	struct drm_gpuva base;
	/** @readonly: as the client asked. */
	bool readonly;
	/** @link: on a list of spare or of displaced mappings. */
	struct list_head link;
};

#define to_vgpu_va(va) container_of(va, struct vgpu_va, base)

/**
 * struct vgpu_pte_op - a range of page table entries to be written
 */
struct vgpu_pte_op {
	/** @va: first address. */
	u64 va;
	/** @size: bytes. */
	u64 size;
	/** @bo: buffer to be mapped, pinned; NULL to unmap. */
	struct vgpu_bo *bo;
	/** @offset: first byte of it. */
	u64 offset;
	/** @readonly: a write is a fault. */
	bool readonly;
};

/**
 * struct vgpu_tlb_inv - an invalidation of translations under way
 */
struct vgpu_tlb_inv {
	/** @link: on &vgpu_device.tlb_waits. */
	struct list_head link;
	/** @h2g: the message. */
	struct vgpu_h2g h2g;
	/** @since: when it was sent, in jiffies. */
	unsigned long since;
	/**
	 * @done: no engine uses any more what was removed. Called once, without locks,
	 * in an interrupt or where the device is reset; may free the structure.
	 */
	void (*done)(struct vgpu_tlb_inv *inv);
};

/**
 * enum vgpu_ctx_have - how far a context has got with the firmware
 * @VGPU_HAVE_NONE: unknown to it
 * @VGPU_HAVE_REGISTERED: known
 * @VGPU_HAVE_ENABLED: may run
 * @VGPU_HAVE_DEAD: off the engine for good
 */
enum vgpu_ctx_have {
	VGPU_HAVE_NONE,
	VGPU_HAVE_REGISTERED,
	VGPU_HAVE_ENABLED,
	VGPU_HAVE_DEAD,
};

/**
 * enum vgpu_ctx_want - how far it should get
 * @VGPU_WANT_OFF: not run, known or not
 * @VGPU_WANT_ENABLED: run
 * @VGPU_WANT_NONE: be forgotten
 */
enum vgpu_ctx_want {
	VGPU_WANT_OFF,
	VGPU_WANT_ENABLED,
	VGPU_WANT_NONE,
};

/**
 * struct vgpu_slot - a job that the hardware has
 */
struct vgpu_slot {
	/** @job: with a reference. */
	struct vgpu_job *job;
	/** @seqno: in the ring. */
	u64 seqno;
	/** @start: where in the ring its entry is. */
	u64 start;
	/** @run: for drm_dep_job_done(). */
	u32 run;
};

/**
 * struct vgpu_ctx - a context of the firmware
 */
struct vgpu_ctx {
	/** @vdev: the device. */
	struct vgpu_device *vdev;
	/** @queue: its queue. */
	struct vgpu_queue *queue;
	/** @vm: the address space; the device may walk it until deregistered. */
	struct vgpu_vm *vm;
	/** @page: shared with the device. */
	struct vgpu_ctx_page *page;
	/** @ring: entries of jobs. */
	u64 *ring;
	/** @ring_words: size of @ring, a power of two. */
	u32 ring_words;
	/** @engine_class: which engines. */
	u32 engine_class;
	/** @notify: whether the firmware tells when it goes on and off an engine. */
	bool notify;
	/** @id: name for the firmware. */
	u32 id;

	/** @lock: all below; irqsave. */
	spinlock_t lock;
	/** @tail: words written to the ring. */
	u64 tail;
	/** @seqno: of the last job that was written for the first time. */
	u64 seqno;
	/** @slots: jobs that the hardware has, oldest first; a ring. */
	struct vgpu_slot *slots;
	/** @num_slots: size of @slots. */
	u32 num_slots;
	/** @lost: so many of the oldest were lost by a reset and wait to be run again. */
	u32 lost;
	/** @first_slot: index of the oldest, never wraps. */
	u64 first_slot;
	/** @next_slot: index of the next one. */
	u64 next_slot;

	/** @have: how far it has got with the firmware. */
	enum vgpu_ctx_have have;
	/** @asked: a message is under way. */
	bool asked;
	/** @used: it has had a job since the firmware was loaded. */
	bool used;
	/** @suspended: the client wants it off. */
	bool suspended;
	/** @killed: it shall be off for good. */
	bool killed;
	/** @closing: it shall be forgotten. */
	bool closing;
	/** @closed: it is. */
	bool closed;
	/** @reset: it shall be dead. */
	bool reset;
	/** @banned: it is dead because of a job of its own. */
	bool banned;
	/** @off_engine: by the last SCHED. */
	bool off_engine;
	/** @priority: an &enum vgpu_priority, as wanted. */
	u8 priority;
	/** @told_priority: as the firmware knows it. */
	u8 told_priority;
	/** @dead_err: what its jobs end with that have not; it is off for good. */
	int dead_err;
	/** @guilty_err: the same for the first of them, if that was not the reason. */
	int guilty_err;
	/** @error: what the guilty job has ended with. */
	int error;
	/** @cookie: of the last message. */
	u32 cookie;
	/** @h2g: the message. */
	struct vgpu_h2g h2g;
	/** @deadline: when it should be answered, in jiffies. */
	unsigned long deadline;

	/** @stopped: a job has stopped half way. */
	bool stopped;
	/** @stop_pos: at which command, as &vgpu_ctx_page.cur_pos. */
	u64 stop_pos;
	/** @stop_cookie: the client's name for it. */
	u64 stop_cookie;
	/** @completed: jobs that have ended without error. */
	u64 completed;
	/** @resets: resets of the device that it was there for. */
	u32 resets;
};

/**
 * enum vgpu_message_kind - messages of a queue to its run side
 * @VGPU_MESSAGE_SUSPEND: the context goes off the engine
 * @VGPU_MESSAGE_RESUME: it may run again
 * @VGPU_MESSAGE_PROPS: its priority has changed, or has to be told again
 * @VGPU_MESSAGE_CLEANUP: the queue is being destroyed
 */
enum vgpu_message_kind {
	VGPU_MESSAGE_SUSPEND,
	VGPU_MESSAGE_RESUME,
	VGPU_MESSAGE_PROPS,
	VGPU_MESSAGE_CLEANUP,
};

#define VGPU_MESSAGES		4

/**
 * struct vgpu_message - one of them
 */
struct vgpu_message {
	/** @base: the message of drm_dep. */
	struct drm_dep_message base;
	/** @kind: which. */
	enum vgpu_message_kind kind;
};

/**
 * enum vgpu_credit_unit - what a profile counts
 * @VGPU_CREDIT_WORDS: words of the ring
 * @VGPU_CREDIT_JOBS: jobs, each as large as it may be
 * @VGPU_CREDIT_NONE: nothing; prepare_job waits for space
 */
enum vgpu_credit_unit {
	VGPU_CREDIT_WORDS,
	VGPU_CREDIT_JOBS,
	VGPU_CREDIT_NONE,
};

/**
 * enum vgpu_tlb_mode - how a bind waits for the TLB
 * @VGPU_TLB_FENCE: run_job returns a fence
 * @VGPU_TLB_QUEUE: a job of another queue does
 */
enum vgpu_tlb_mode {
	VGPU_TLB_FENCE,
	VGPU_TLB_QUEUE,
};

/**
 * enum vgpu_timeout_policy - who notices a hang
 * @VGPU_TIMEOUT_CORE: drm_dep
 * @VGPU_TIMEOUT_DETECTOR: a work item of the driver, which triggers it
 */
enum vgpu_timeout_policy {
	VGPU_TIMEOUT_CORE,
	VGPU_TIMEOUT_DETECTOR,
};

/**
 * struct vgpu_profile - whose pattern of using drm_dep a queue follows
 *
 * Nothing but what is in here tells profiles apart.
 */
struct vgpu_profile {
	/** @name: for debugfs; NULL if the profile is not there. */
	const char *name;
	/** @ops: of the queues. */
	const struct drm_dep_queue_ops *ops;
	/** @queue_flags: DRM_DEP_QUEUE_*. */
	u32 queue_flags;
	/** @direct: jobs are completed without hardware fences. */
	bool direct;
	/** @notify: the clock stands still while the context is off the engine. */
	bool notify;
	/** @drain: destroying waits until the queue is idle, or SIGKILL comes. */
	bool drain;
	/** @cleanup: destroying also sends a message. */
	bool cleanup;
	/** @props_first: after a reset the properties go first. */
	bool props_first;
	/** @credits: what is counted. */
	enum vgpu_credit_unit credits;
	/** @max_jobs: how many jobs may be in flight, if jobs are counted; 0: what fits. */
	u32 max_jobs;
	/** @timeout: who notices a hang. */
	enum vgpu_timeout_policy timeout;
	/** @tlb: how binds wait for the TLB. */
	enum vgpu_tlb_mode tlb;
	/** @bind_jobs: how many binds may be under way per queue; 0: a few. */
	u32 bind_jobs;
};

/**
 * struct vgpu_queue - a queue
 */
struct vgpu_queue {
	/** @base: the queue of drm_dep. */
	struct drm_dep_queue base;
	/** @ctx: its context; NULL for a bind queue. */
	struct vgpu_ctx *ctx;
	/** @client: who is charged for it. */
	struct vgpu_client *client;
	/** @prof: its profile. */
	const struct vgpu_profile *prof;
	/** @link: in &vgpu_device.queues. */
	struct list_head link;
	/** @client_link: in &vgpu_client.live. */
	struct list_head client_link;
	/** @reset_link: on the list of a reset. */
	struct list_head reset_link;
	/** @born_stopped: made during a reset, which has to start it. */
	bool born_stopped;
	/** @id: name in the file, for debugfs. */
	u32 id;
	/** @fence_context: of the hardware fences. */
	u64 fence_context;
	/** @fence_seqno: of the last one; private to run_job. */
	u64 fence_seqno;
	/** @words: ring words of the largest job. */
	u32 words;
	/** @direct: jobs are completed without hardware fences. */
	bool direct;
	/** @timeout_ms: device time that a job may take. */
	u32 timeout_ms;
	/** @submitted: jobs that were pushed. */
	atomic64_t submitted;
	/** @pending: jobs that have not been freed. */
	atomic_t pending;
	/** @idle: woken when there are none. */
	wait_queue_head_t idle;
	/** @control: one operation at a time; see drv_state.c. */
	struct mutex control;
	/** @priority: an &enum vgpu_priority, for the next message about it. */
	u8 priority;
	/** @control_pending: its message has not been processed. */
	bool control_pending;
	/** @messages: by kind. */
	struct vgpu_message messages[VGPU_MESSAGES];
	/** @detector: notices hangs if drm_dep does not. */
	struct delayed_work detector;
	/** @seen_completed: what it found last. */
	u64 seen_completed;
	/** @seen_pos: the same. */
	u64 seen_pos;
	/** @name: for traces. */
	char name[24];
};

#define to_vgpu_queue(q) container_of(q, struct vgpu_queue, base)

/* A queue that binds: it has no context. */
static inline bool vgpu_queue_is_bind(const struct vgpu_queue *queue)
{
	return !queue->ctx;
}

/**
 * struct vgpu_job - a job
 */
struct vgpu_job {
	/** @base: the job of drm_dep. */
	struct drm_dep_job base;
	/** @queue: its queue; drm_dep keeps it alive. */
	struct vgpu_queue *queue;
	/** @client: who is charged for it. */
	struct vgpu_client *client;
	/** @cookie: the client's name for it. */
	u64 cookie;
	/** @seqno: in the ring; 0: it has never been there. */
	u64 seqno;
	/** @hw: the hardware fence; NULL in direct mode. */
	struct compat_fence *hw;
	/** @hw_live: @hw is initialised, so it is reference counted. */
	bool hw_live;
	/** @ncalls: number of @calls. */
	u32 ncalls;
	/** @calls: command buffers. */
	struct drm_vgpu_call calls[] __counted_by(ncalls);
};

#define to_vgpu_job(j) container_of(j, struct vgpu_job, base)

/* drv_device.c */
extern struct platform_driver vgpu_driver;

/* drv_client.c */
int vgpu_client_open(struct drm_device *drm, struct drm_file *file);
void vgpu_client_close(struct drm_device *drm, struct drm_file *file);
struct vgpu_client *vgpu_client_get(struct vgpu_client *client);
void vgpu_client_put(struct vgpu_client *client);
int vgpu_charge_count(atomic_t *count, u32 n, u32 limit);
int vgpu_charge_bytes(struct vgpu_client *client, u64 bytes);
void vgpu_uncharge_bytes(struct vgpu_client *client, u64 bytes);

/* drv_uapi.c */
#define VGPU_NUM_IOCTLS (DRM_VGPU_QUEUE_CONTROL + 1)
extern const struct drm_ioctl_desc vgpu_ioctls[VGPU_NUM_IOCTLS];
void *vgpu_array_copy(const struct drm_vgpu_array *array, size_t size, u32 max, bool needed);

/* drv_bo.c */
struct drm_gem_object *vgpu_bo_create_object(struct drm_device *drm, size_t size);
int vgpu_bo_pin(struct vgpu_bo *bo);
void vgpu_bo_pin_again(struct vgpu_bo *bo);
void vgpu_bo_unpin(struct vgpu_bo *bo);
u64 vgpu_bo_bus_address(struct vgpu_bo *bo, u64 offset);
bool vgpu_bo_fits(const struct vgpu_bo *bo, const struct vgpu_vm *vm);
enum drm_gem_object_status vgpu_bo_status(struct drm_gem_object *obj);
int vgpu_bo_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int vgpu_bo_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* drv_foreign.c */
int vgpu_foreign_map(struct vgpu_bo *bo);
void vgpu_foreign_unmap(struct vgpu_bo *bo);
struct drm_gem_object *vgpu_bo_import(struct drm_device *drm, struct dma_buf *dma_buf);

/* drv_pt.c */
int vgpu_pt_init(struct vgpu_vm *vm);
void vgpu_pt_fini(struct vgpu_vm *vm);
int vgpu_pt_prepare(struct vgpu_vm *vm, u64 va, u64 size);
void vgpu_pt_write(struct vgpu_vm *vm, const struct vgpu_pte_op *op);

/* drv_vm.c */
struct vgpu_vm *vgpu_vm_get(struct vgpu_vm *vm);
void vgpu_vm_put(struct vgpu_vm *vm);
struct vgpu_vm *vgpu_vm_lookup(struct vgpu_client *client, u32 id);
void vgpu_vm_remove_names(struct vgpu_client *client);
void vgpu_va_free(struct vgpu_va *va);
void vgpu_vas_free(struct list_head *list);
int vgpu_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int vgpu_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* drv_bind.c */
extern const struct drm_gpuvm_ops vgpu_gpuvm_ops;
int vgpu_vm_bind_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* drv_bind_queue.c */
struct vgpu_queue *vgpu_bind_queue_create(struct vgpu_client *client, struct vgpu_vm *vm,
					  const struct drm_vgpu_queue_create *args);
int vgpu_bind_queue_wait(struct vgpu_queue *queue);
void vgpu_bind_queue_state(struct vgpu_queue *queue, struct drm_vgpu_queue_state *args);

/* drv_tlb.c */
void vgpu_tlb_send(struct vgpu_device *vdev, struct vgpu_tlb_inv *inv, u32 asid, u64 va, u64 size);
void vgpu_tlb_invalidate(struct vgpu_device *vdev, u32 asid, u64 va, u64 size);
int vgpu_tlb_answered(struct vgpu_device *vdev, u32 cookie);
void vgpu_tlb_finish(struct vgpu_device *vdev);
unsigned long vgpu_tlb_oldest(struct vgpu_device *vdev);

/* drv_queue.c */
struct vgpu_queue *vgpu_queue_lookup(struct vgpu_client *client, u32 id);
void vgpu_queue_remove_names(struct vgpu_client *client);
struct dma_fence *vgpu_run_job(struct drm_dep_job *base);
struct dma_fence *vgpu_prepare_job(struct drm_dep_job *base);
void vgpu_queue_kill(struct vgpu_queue *queue);
void vgpu_queue_killed(struct drm_dep_queue *base);
int vgpu_queue_fini(struct drm_dep_queue *base);
void vgpu_queue_release(struct drm_dep_queue *base);
int vgpu_queue_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int vgpu_queue_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* drv_job.c */
struct vgpu_job *vgpu_job_create(struct vgpu_queue *queue, const struct drm_vgpu_job *args,
				 const struct drm_vgpu_call *calls);
void vgpu_job_push(struct vgpu_job *job);
void vgpu_job_complete(struct vgpu_job *job, u32 run, int error);

/* drv_profile.c */
const struct vgpu_profile *vgpu_profile_find(u32 profile);
extern const char * const vgpu_priority_names[VGPU_PRIORITIES];
u32 vgpu_profile_flags(const struct vgpu_profile *prof);

/* drv_state.c */
bool vgpu_priority_valid(u64 priority);
u8 vgpu_priority_of(u64 priority);
void vgpu_messages_init(struct vgpu_queue *queue);
void vgpu_process_message(struct drm_dep_queue *base, struct drm_dep_message *message);
int vgpu_queue_state_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int vgpu_queue_control_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* drv_ctx.c */
struct vgpu_ctx *vgpu_ctx_create(struct vgpu_vm *vm, u32 engine_class, u32 ring_words);
void vgpu_ctx_free(struct vgpu_ctx *ctx);
struct vgpu_ctx *vgpu_ctx_find(struct vgpu_device *vdev, u32 id);
void vgpu_ctx_kick(struct vgpu_ctx *ctx);
bool vgpu_ctx_off(const struct vgpu_ctx *ctx);
bool vgpu_ctx_settled(struct vgpu_ctx *ctx);
void vgpu_ctx_suspend(struct vgpu_ctx *ctx, bool suspend);
void vgpu_ctx_set_priority(struct vgpu_ctx *ctx, u8 priority);
void vgpu_ctx_kill(struct vgpu_ctx *ctx);
bool vgpu_ctx_shut_down(struct vgpu_ctx *ctx);
void vgpu_ctx_ask_reset(struct vgpu_ctx *ctx);
void vgpu_ctx_ban(struct vgpu_ctx *ctx, int error);
void vgpu_ctx_void(struct vgpu_ctx *ctx, int error);
void vgpu_ctx_acked(struct vgpu_device *vdev, const struct vgpu_msg *msg);
void vgpu_ctx_died(struct vgpu_device *vdev, const struct vgpu_msg *msg);
void vgpu_ctx_scheduled(struct vgpu_device *vdev, const struct vgpu_msg *msg);

/* drv_ring.c */
int vgpu_ctx_submit(struct vgpu_ctx *ctx, struct vgpu_job *job, u32 run);
u32 vgpu_ctx_harvest(struct vgpu_ctx *ctx);
u64 vgpu_ctx_job_ns(struct vgpu_ctx *ctx, const struct vgpu_job *job);
bool vgpu_ctx_busy(struct vgpu_ctx *ctx);
void vgpu_ctx_lose(struct vgpu_ctx *ctx);
void vgpu_ctx_cancel_lost(struct vgpu_ctx *ctx);
struct dma_fence *vgpu_ctx_wait_for_room(struct vgpu_ctx *ctx, u32 words);

/* drv_timeout.c */
int vgpu_timedout_job(struct drm_dep_job *base);
void vgpu_detector_init(struct vgpu_queue *queue);
void vgpu_detector_kick(struct vgpu_queue *queue);
void vgpu_watchdog_arm(struct vgpu_device *vdev);
void vgpu_watchdog(struct work_struct *work);

/* drv_reset.c */
unsigned long vgpu_answer_time(struct vgpu_device *vdev);
int vgpu_reset_init(struct vgpu_device *vdev);
void vgpu_reset_fini(struct vgpu_device *vdev);
void vgpu_reset_wait(struct vgpu_device *vdev);
void vgpu_reset_request(struct vgpu_device *vdev, const char *why);
int vgpu_reset_now(struct vgpu_device *vdev, struct vgpu_ctx *guilty, const char *why);
void vgpu_unplug(struct vgpu_device *vdev);

/* drv_dump.c */
int vgpu_dump_init(struct vgpu_device *vdev);
void vgpu_dump_take(struct vgpu_device *vdev, struct vgpu_ctx *ctx, const char *why);
void vgpu_dump_log(struct vgpu_device *vdev, const struct vgpu_msg *msg);
void vgpu_dump_fini(struct vgpu_device *vdev);

/* drv_stats.c */
void vgpu_stats_add(struct vgpu_queue *queue);
void vgpu_stats_remove(struct vgpu_queue *queue);
void vgpu_show_fdinfo(struct drm_printer *p, struct drm_file *file);
void vgpu_debugfs_init(struct drm_minor *minor);

/* drv_fw.c */
int vgpu_fw_setup(struct vgpu_device *vdev);
int vgpu_fw_boot(struct vgpu_device *vdev);
int vgpu_fw_stop(struct vgpu_device *vdev);
void vgpu_fw_set_down(struct vgpu_device *vdev, bool down);
u32 vgpu_fw_cookie(struct vgpu_device *vdev, u32 ctx);
bool vgpu_fw_cookie_used(struct vgpu_device *vdev, u32 ctx, u32 cookie);
void vgpu_fw_cut_off(struct vgpu_device *vdev);
bool vgpu_fw_gone(struct vgpu_device *vdev);
void vgpu_fw_send(struct vgpu_device *vdev, struct vgpu_h2g *h2g);
void vgpu_fw_unsend(struct vgpu_device *vdev, struct vgpu_h2g *h2g);
void vgpu_fw_flush(struct vgpu_device *vdev);
void vgpu_fw_receive(struct vgpu_device *vdev);
bool vgpu_fw_ping(struct vgpu_device *vdev);
void vgpu_fw_protocol_error(struct vgpu_device *vdev, const struct vgpu_msg *msg,
			    const char *what);

/* drv_irq.c */
int vgpu_irq_init(struct vgpu_device *vdev);
void vgpu_irq_mask(struct vgpu_device *vdev);
void vgpu_irq_fini(struct vgpu_device *vdev);

/* drv_exec.c */
int vgpu_exec_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* _DRV_H_ */
