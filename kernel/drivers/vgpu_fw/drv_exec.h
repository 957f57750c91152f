/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRV_EXEC_H_
#define _DRV_EXEC_H_

#include <linux/bitmap.h>
#include <linux/list.h>

#include <drm/drm_exec.h>

#include "drv.h"
#include "drv_sync.h"

/**
 * struct vgpu_implicit - a buffer, or a reservation, that jobs of the call use
 *
 * Several buffers may share a reservation, so there is one of these for each buffer and
 * one for each reservation.
 */
struct vgpu_implicit {
	/** @node: in the hash table. */
	struct hlist_node node;
	/** @link: on the list of buffers or of reservations. */
	struct list_head link;
	/** @key: the buffer or the reservation, whose it is. */
	const void *key;
	/** @obj: the buffer, with a reference; or one that has the reservation, without. */
	struct drm_gem_object *obj;
	/** @last_job: number of the last job that uses it, from 1. */
	u32 last_job;

	/** @last_use: for a reservation: the use by @last_job. */
	struct vgpu_use *last_use;
	/** @num_fences: how many fences will be put into it. */
	u32 num_fences;
	/** @writer: number of the last job that writes, from 1; 0: none of the call does. */
	u32 writer;
	/** @readers: jobs that have read since. */
	DECLARE_BITMAP(readers, VGPU_MAX_JOBS);
};

/**
 * struct vgpu_use - that a job uses a reservation
 */
struct vgpu_use {
	/** @resv: the reservation. */
	struct vgpu_implicit *resv;
	/** @write: the job writes to one of the buffers. */
	bool write;
};

/**
 * struct vgpu_exec_job - a job of the call, before it is submitted
 */
struct vgpu_exec_job {
	/** @calls: copied command buffers. */
	struct drm_vgpu_call *calls;
	/** @bos: copied list of buffers. */
	struct drm_vgpu_bo_use *bos;
	/** @uses: reservations of those buffers. */
	struct vgpu_use *uses;
	/** @num_uses: number of @uses. */
	u32 num_uses;
	/** @queue: with a user reference. */
	struct vgpu_queue *queue;
	/** @job: with a reference. */
	struct vgpu_job *job;
};

/**
 * struct vgpu_exec - a call of %DRM_IOCTL_VGPU_EXEC
 */
struct vgpu_exec {
	/** @args: copied job descriptions. */
	struct drm_vgpu_job *args;
	/** @jobs: as many. */
	struct vgpu_exec_job *jobs;
	/** @num_jobs: as many. */
	u32 num_jobs;
	/** @syncs: sync objects. */
	struct vgpu_syncs syncs;

	/** @uses: those of all jobs. */
	struct vgpu_use *uses;
	/** @bos: &vgpu_implicit of the buffers in the lists of all jobs. */
	struct list_head bos;
	/** @resvs: &vgpu_implicit of their reservations. */
	struct list_head resvs;
	/** @hash: of both. */
	struct hlist_head *hash;
	/** @hash_bits: size of @hash. */
	u32 hash_bits;
	/** @locks: the reservations, if there are @uses. */
	struct drm_exec locks;
};

/* drv_implicit.c */
int vgpu_implicit_init(struct vgpu_exec *exec);
int vgpu_implicit_lock(struct vgpu_exec *exec);
int vgpu_implicit_resolve(struct vgpu_exec *exec);
void vgpu_implicit_publish(struct vgpu_exec *exec);
void vgpu_implicit_unlock(struct vgpu_exec *exec);
void vgpu_implicit_fini(struct vgpu_exec *exec);

#endif /* _DRV_EXEC_H_ */
