/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRV_SYNC_H_
#define _DRV_SYNC_H_

#include <linux/bitmap.h>
#include <linux/list.h>

#include "drv.h"

struct dma_fence_chain;
struct drm_syncobj;

/**
 * struct vgpu_signal - a sync object that a job of a call signals
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
 * struct vgpu_sync_job - what a job of a call waits for and signals
 */
struct vgpu_sync_job {
	/** @syncs: copied sync elements. */
	struct drm_vgpu_sync *syncs;
	/** @num_syncs: number of @syncs. */
	u32 num_syncs;
	/** @waits: the job that waits. */
	struct drm_dep_job *waits;
	/** @signals: the job that signals; another one only if it takes two, see drv_bind.h. */
	struct drm_dep_job *signals;
	/** @after: jobs of the same call that it waits for. */
	DECLARE_BITMAP(after, VGPU_MAX_JOBS);
};

/**
 * struct vgpu_syncs - the sync objects of a call
 */
struct vgpu_syncs {
	/** @file: whose call it is. */
	struct drm_file *file;
	/** @jobs: its jobs, in their order. */
	struct vgpu_sync_job *jobs;
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

int vgpu_syncs_copy(struct vgpu_sync_job *sjob, const struct drm_vgpu_array *array);
int vgpu_syncs_init(struct vgpu_syncs *call);
int vgpu_syncs_resolve(struct vgpu_syncs *call, u32 job);
void vgpu_syncs_publish(struct vgpu_syncs *call);
void vgpu_syncs_fini(struct vgpu_syncs *call);

#endif /* _DRV_SYNC_H_ */
