/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRV_EXEC_H_
#define _DRV_EXEC_H_

#include <linux/bitmap.h>
#include <linux/list.h>

#include "drv.h"

struct dma_fence_chain;
struct drm_syncobj;

/**
 * struct vgpu_signal - a sync object that a job of this call signals
 *
 * The last part tells what a wait by a later job of the same call finds, see
 * drv_sync.c.
 */
struct vgpu_signal {
	/** @syncobj: with a reference. */
	struct drm_syncobj *syncobj;
	/** @chain: for a point on a timeline; NULL for a binary one. */
	struct dma_fence_chain *chain;
	/** @point: that point. */
	u64 point;
	/** @job: index of the job. */
	u32 job;
	/** @node: in the hash table, if it is the last one of its sync object. */
	struct hlist_node node;
	/** @prev: signal of the same sync object by an earlier job of the call. */
	struct vgpu_signal *prev;
	/** @seqno: what its chain node will have. */
	u64 seqno;
	/** @prev_seqno: the same. */
	u64 prev_seqno;
	/** @epoch: stands for the context of its chain node. */
	u32 epoch;
	/** @binary: it is not a chain node. */
	bool binary;
	/** @detached: what the sync object had before the call is gone. */
	bool detached;
};

/**
 * struct vgpu_exec_job - a job of the call, before it is submitted
 */
struct vgpu_exec_job {
	/** @calls: copied command buffers. */
	struct drm_vgpu_call *calls;
	/** @syncs: copied sync elements. */
	struct drm_vgpu_sync *syncs;
	/** @queue: with a user reference. */
	struct vgpu_queue *queue;
	/** @job: with a reference. */
	struct vgpu_job *job;
	/** @after: jobs of the same call that it waits for. */
	DECLARE_BITMAP(after, VGPU_MAX_JOBS);
};

/**
 * struct vgpu_exec - a call of %DRM_IOCTL_VGPU_EXEC
 */
struct vgpu_exec {
	/** @file: whose call it is. */
	struct drm_file *file;
	/** @args: copied job descriptions. */
	struct drm_vgpu_job *args;
	/** @jobs: as many. */
	struct vgpu_exec_job *jobs;
	/** @num_jobs: as many. */
	u32 num_jobs;
	/** @num_signals: number of @signals; there is room for all of the call. */
	u32 num_signals;
	/** @signals: in the order in which they will be published. */
	struct vgpu_signal *signals;
	/** @hash: last signal of each sync object. */
	struct hlist_head *hash;
	/** @hash_bits: size of @hash. */
	u32 hash_bits;
	/** @epochs: number of epochs so far; 0 is that of what was there before. */
	u32 epochs;
};

/* drv_sync.c */
bool vgpu_sync_valid(const struct drm_vgpu_sync *sync);
int vgpu_syncs_init(struct vgpu_exec *exec);
int vgpu_syncs_resolve(struct vgpu_exec *exec, u32 job);
void vgpu_syncs_publish(struct vgpu_exec *exec);
void vgpu_syncs_fini(struct vgpu_exec *exec);

#endif /* _DRV_EXEC_H_ */
