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
 * Closing a file removes the names. What runs goes on, and all that the device may
 * reach lives until the queue's release, after the firmware has acknowledged that
 * the context is gone.
 *
 * Locks, outermost first: &vgpu_vm.submit_lock or &vgpu_vm.lock; a buffer's
 * reservation. In interrupts: &vgpu_ctx.lock, then &vgpu_device.h2g_lock or
 * &vgpu_device.tlb_lock. No fence is ever signalled under any of them.
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
};

#define VGPU_MAX_JOBS		256
#define VGPU_MAX_CALLS		VGPU_RING_MAX_CALLS
#define VGPU_MAX_SYNCS		256
#define VGPU_MAX_BIND_OPS	256
#define VGPU_DEFAULT_RING_WORDS	1024
#define VGPU_VA_START		0x10000ULL
#define VGPU_VA_END		BIT_ULL(VGPU_VA_BITS)

struct vgpu_ctx;

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

	/** @halted: the hardware is off; nobody answers any more. */
	bool halted;
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
	/** @g2h_head: messages read; private to the interrupt handler. */
	u64 g2h_head;
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
	/** @lock: @base and the tables. */
	struct mutex lock;
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
 * struct vgpu_h2g - a message to the firmware, room in the ring or not
 */
struct vgpu_h2g {
	/** @link: on the backlog. */
	struct list_head link;
	/** @msg: the message. */
	struct vgpu_msg msg;
};

/**
 * enum vgpu_ctx_have - how far a context has got with the firmware
 * @VGPU_HAVE_NONE: unknown to it
 * @VGPU_HAVE_REGISTERED: known
 * @VGPU_HAVE_ENABLED: may run
 */
enum vgpu_ctx_have {
	VGPU_HAVE_NONE,
	VGPU_HAVE_REGISTERED,
	VGPU_HAVE_ENABLED,
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
	/** @id: name for the firmware. */
	u32 id;

	/** @lock: all below; irqsave. */
	spinlock_t lock;
	/** @tail: words written to the ring. */
	u64 tail;
	/** @seqno: of the last job written. */
	u64 seqno;
	/** @slots: jobs that the hardware has, oldest first; a ring. */
	struct vgpu_slot *slots;
	/** @num_slots: size of @slots. */
	u32 num_slots;
	/** @first_slot: index of the oldest, never wraps. */
	u64 first_slot;
	/** @next_slot: index of the next one. */
	u64 next_slot;
	/** @have: how far it has got with the firmware. */
	enum vgpu_ctx_have have;
	/** @want: how far it should get. */
	enum vgpu_ctx_have want;
	/** @asked: a message is under way. */
	bool asked;
	/** @cookie: of the last message. */
	u32 cookie;
	/** @h2g: the message. */
	struct vgpu_h2g h2g;
	/** @off: the firmware has forgotten the context. */
	struct completion off;
};

/**
 * struct vgpu_queue - a queue
 */
struct vgpu_queue {
	/** @base: the queue of drm_dep. */
	struct drm_dep_queue base;
	/** @ctx: its context. */
	struct vgpu_ctx *ctx;
	/** @client: who is charged for it. */
	struct vgpu_client *client;
	/** @fence_context: of the hardware fences. */
	u64 fence_context;
	/** @fence_seqno: of the last one; private to run_job. */
	u64 fence_seqno;
	/** @credits: largest job. */
	u32 credits;
	/** @direct: jobs are completed without hardware fences. */
	bool direct;
	/** @name: for traces. */
	char name[24];
};

#define to_vgpu_queue(q) container_of(q, struct vgpu_queue, base)

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
#define VGPU_NUM_IOCTLS (DRM_VGPU_EXEC + 1)
extern const struct drm_ioctl_desc vgpu_ioctls[VGPU_NUM_IOCTLS];
void *vgpu_array_copy(const struct drm_vgpu_array *array, size_t size, u32 max, bool needed);

/* drv_bo.c */
struct drm_gem_object *vgpu_bo_create_object(struct drm_device *drm, size_t size);
struct drm_gem_object *vgpu_bo_import(struct drm_device *drm, struct dma_buf *dma_buf);
int vgpu_bo_pin(struct vgpu_bo *bo);
void vgpu_bo_pin_again(struct vgpu_bo *bo);
void vgpu_bo_unpin(struct vgpu_bo *bo);
u64 vgpu_bo_bus_address(struct vgpu_bo *bo, u64 offset);
int vgpu_bo_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int vgpu_bo_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* drv_pt.c */
int vgpu_pt_init(struct vgpu_vm *vm);
void vgpu_pt_fini(struct vgpu_vm *vm);
int vgpu_pt_prepare(struct vgpu_vm *vm, u64 va, u64 size);
void vgpu_pt_map(struct vgpu_vm *vm, u64 va, u64 size, struct vgpu_bo *bo, u64 offset,
		 bool readonly);
void vgpu_pt_unmap(struct vgpu_vm *vm, u64 va, u64 size);

/* drv_vm.c */
struct vgpu_vm *vgpu_vm_get(struct vgpu_vm *vm);
void vgpu_vm_put(struct vgpu_vm *vm);
struct vgpu_vm *vgpu_vm_lookup(struct vgpu_client *client, u32 id);
void vgpu_vm_remove_names(struct vgpu_client *client);
void vgpu_va_free(struct vgpu_va *va);
int vgpu_vm_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int vgpu_vm_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* drv_bind.c */
extern const struct drm_gpuvm_ops vgpu_gpuvm_ops;
int vgpu_vm_bind_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* drv_queue.c */
struct vgpu_queue *vgpu_queue_lookup(struct vgpu_client *client, u32 id);
void vgpu_queue_remove_names(struct vgpu_client *client);
struct vgpu_job *vgpu_job_create(struct vgpu_queue *queue, const struct drm_vgpu_job *args,
				 const struct drm_vgpu_call *calls);
void vgpu_job_complete(struct vgpu_job *job, u32 run, int error);
int vgpu_queue_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int vgpu_queue_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

/* drv_ctx.c */
struct vgpu_ctx *vgpu_ctx_create(struct vgpu_vm *vm, u32 engine_class, u32 ring_words);
void vgpu_ctx_free(struct vgpu_ctx *ctx);
int vgpu_ctx_submit(struct vgpu_ctx *ctx, struct vgpu_job *job, u32 run);
void vgpu_ctx_shut_down(struct vgpu_ctx *ctx);
void vgpu_ctx_harvest(struct vgpu_device *vdev, u32 id);
void vgpu_ctx_acked(struct vgpu_device *vdev, const struct vgpu_msg *msg);

/* drv_fw.c */
int vgpu_fw_boot(struct vgpu_device *vdev);
void vgpu_fw_halt(struct vgpu_device *vdev);
void vgpu_fw_send(struct vgpu_device *vdev, struct vgpu_h2g *h2g);
void vgpu_fw_receive(struct vgpu_device *vdev);
void vgpu_fw_invalidate(struct vgpu_device *vdev, u32 asid, u64 va, u64 size);

/* drv_irq.c */
int vgpu_irq_init(struct vgpu_device *vdev);
void vgpu_irq_fini(struct vgpu_device *vdev);

/* drv_exec.c */
int vgpu_exec_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* _DRV_H_ */
