/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRV_BIND_H_
#define _DRV_BIND_H_

#include <linux/kref.h>
#include <linux/list.h>

#include "drv.h"

/**
 * struct vgpu_bind_queue - a queue that binds, see drv_bind_queue.c
 */
struct vgpu_bind_queue {
	/** @base: what it has in common with others; without a context. */
	struct vgpu_queue base;
	/** @tlb: second queue of drm_dep, for invalidations, if @has_tlb. */
	struct drm_dep_queue tlb;
	/** @has_tlb: binds take two jobs. */
	bool has_tlb;
	/** @kref: one for each of the two. */
	struct kref kref;
	/** @vm: the address space. */
	struct vgpu_vm *vm;
	/** @link: on &vgpu_vm.bind_queues. */
	struct list_head link;
	/** @last: fence of the last bind; under &vgpu_vm.lock. */
	struct dma_fence *last;
	/** @submitted: binds that were accepted; under &vgpu_vm.lock. */
	u64 submitted;
	/** @completed: binds that are in effect. */
	atomic64_t completed;
	/** @tlb_name: for traces. */
	char tlb_name[24];
};

#define to_vgpu_bind_queue(q) container_of(q, struct vgpu_bind_queue, base)

/**
 * struct vgpu_bind - a call of %DRM_IOCTL_VGPU_VM_BIND, and its jobs if it is asynchronous
 */
struct vgpu_bind {
	/** @kref: the call, and each job. */
	struct kref kref;
	/** @vm: the address space; held by the call and by the queue. */
	struct vgpu_vm *vm;
	/** @start: first address that changes. */
	u64 start;
	/** @end: first address after. */
	u64 end;
	/** @new_vas: &vgpu_va with a buffer for the MAPs, in their order; the call's. */
	struct list_head new_vas;
	/** @spare_vas: &vgpu_va without one, for what is left of others; the call's. */
	struct list_head spare_vas;
	/** @displaced: &vgpu_va that are in the tree no more. */
	struct list_head displaced;
	/** @written: the entries have been. */
	bool written;
	/** @forgotten: no engine uses any more what was displaced. */
	bool forgotten;

	/** @queue: the bind queue; NULL if synchronous. */
	struct vgpu_bind_queue *queue;
	/** @client: who is charged for a job. */
	struct vgpu_client *client;
	/** @num_jobs: how many of both are initialised. */
	u32 num_jobs;
	/** @pte_job: writes entries. */
	struct drm_dep_job pte_job;
	/** @tlb_job: invalidates. */
	struct drm_dep_job tlb_job;
	/** @fence: the hardware fence, that of the invalidation. */
	struct compat_fence *fence;
	/** @fence_live: @fence is initialised, so it is reference counted. */
	bool fence_live;
	/** @inv: the invalidation. */
	struct vgpu_tlb_inv inv;

	/** @num_ops: number of @ops. */
	u32 num_ops;
	/** @ops: what to write, one for each operation of the client. */
	struct vgpu_pte_op ops[] __counted_by(num_ops);
};

/* drv_bind.c */
void vgpu_bind_write(struct vgpu_bind *bind);
void vgpu_bind_put(struct vgpu_bind *bind);

/* drv_bind_queue.c */
struct dma_fence *vgpu_bind_queue_busy(struct vgpu_bind_queue *queue);
struct dma_fence *vgpu_bind_queues_busy(struct vgpu_vm *vm);

/* drv_bind_job.c */
struct dma_fence *vgpu_bind_run(struct drm_dep_job *job);
struct dma_fence *vgpu_bind_run_tlb(struct drm_dep_job *job);
int vgpu_bind_jobs_init(struct vgpu_bind *bind, struct vgpu_bind_queue *queue,
			struct vgpu_client *client);
struct drm_dep_job *vgpu_bind_last_job(struct vgpu_bind *bind);
int vgpu_bind_jobs_arm(struct vgpu_bind *bind);
void vgpu_bind_jobs_push(struct vgpu_bind *bind);
void vgpu_bind_jobs_put(struct vgpu_bind *bind);
void vgpu_bind_jobs_fini(struct vgpu_bind *bind);

#endif /* _DRV_BIND_H_ */
