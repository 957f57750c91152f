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
 * Contexts, queues and jobs are in drv_queue.h.
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
	/** @suspect: context that the firmware could not get off an engine, and died of. */
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

#include "drv_queue.h"

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

/* drv_reset.c */
unsigned long vgpu_halt_time(void);
unsigned long vgpu_answer_time(struct vgpu_device *vdev);
void vgpu_answer_late(struct vgpu_device *vdev);
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
