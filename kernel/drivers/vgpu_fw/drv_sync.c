// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/dma-fence-chain.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <drm/drm_syncobj.h>

#include "drv_sync.h"

/**
 * DOC: sync objects of a call
 *
 * A job may wait for what an earlier job of the same call signals. But nothing is
 * put into a sync object before all that may fail is over; so such a wait has to be
 * resolved without looking there. What it has to find is what it would find if the
 * jobs came in calls of their own. So the signals of the call are recorded, per sync
 * object, as the chain nodes that they are going to be.
 *
 * A binary signal replaces what is in the sync object. A signal of a point becomes
 * a node in front of it; the node continues the timeline of the one before if its
 * point is greater, and starts a new timeline (here: epoch) otherwise. A wait for a
 * point goes back from the newest node, as long as the node before also has reached
 * the point; what it finds stands for itself and all that is behind it. If it gets
 * to what was there before the call, drm_dep looks it up.
 *
 * Jobs are armed, and so have fences, only after the last wait was resolved. So the
 * result is a set of jobs.
 *
 * A bind is a call with one job, which finds none before it.
 */

static bool vgpu_sync_valid(const struct drm_vgpu_sync *sync)
{
	const u32 what = sync->flags & (DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_SIGNAL);

	if (!what || sync->flags & ~(what | DRM_VGPU_SYNC_TIMELINE))
		return false;
	return !(sync->flags & DRM_VGPU_SYNC_TIMELINE) == !sync->point;
}

/**
 * vgpu_syncs_copy() - copy and check the sync elements of a job
 * @sjob: where to
 * @array: what the client said
 *
 * Context: Process context, faults, allocates.
 * Return: 0, -EINVAL, -E2BIG, -EFAULT or -ENOMEM. vgpu_syncs_fini() undoes it.
 */
int vgpu_syncs_copy(struct vgpu_sync_job *sjob, const struct drm_vgpu_array *array)
{
	void *copy = vgpu_array_copy(array, sizeof(*sjob->syncs), VGPU_MAX_SYNCS, false);
	u32 i;

	if (IS_ERR(copy))
		return PTR_ERR(copy);
	sjob->syncs = copy;
	sjob->num_syncs = array->count;
	for (i = 0; i < sjob->num_syncs; i++)
		if (!vgpu_sync_valid(&sjob->syncs[i]))
			return -EINVAL;
	return 0;
}

/**
 * vgpu_syncs_init() - get room for all signals of a call
 * @call: the call, with its arrays copied
 *
 * Context: Process context, allocates.
 * Return: 0 or -ENOMEM. vgpu_syncs_fini() undoes it, also on failure.
 */
int vgpu_syncs_init(struct vgpu_syncs *call)
{
	u32 i, k, n = 0;

	for (i = 0; i < call->num_jobs; i++)
		for (k = 0; k < call->jobs[i].num_syncs; k++)
			n += !!(call->jobs[i].syncs[k].flags & DRM_VGPU_SYNC_SIGNAL);
	if (!n)
		return 0;

	call->hash_bits = order_base_2(n) + 1;
	call->signals = kvzalloc_objs(*call->signals, n, GFP_KERNEL_ACCOUNT);
	call->hash = kvzalloc_objs(*call->hash, BIT(call->hash_bits), GFP_KERNEL_ACCOUNT);
	return call->signals && call->hash ? 0 : -ENOMEM;
}

/**
 * vgpu_syncs_fini() - give up what was not published, and the copied elements
 * @call: the call
 *
 * Context: Process context.
 */
void vgpu_syncs_fini(struct vgpu_syncs *call)
{
	u32 i;

	for (i = 0; i < call->num_signals; i++) {
		dma_fence_chain_free(call->signals[i].chain);
		drm_syncobj_put(call->signals[i].syncobj);
	}
	for (i = 0; i < call->num_jobs; i++)
		kvfree(call->jobs[i].syncs);
	kvfree(call->signals);
	kvfree(call->hash);
}

static struct hlist_head *vgpu_signal_bucket(struct vgpu_syncs *call,
					     const struct drm_syncobj *syncobj)
{
	return &call->hash[hash_ptr(syncobj, call->hash_bits)];
}

/* The last signal of a sync object by a job so far, or NULL. */
static struct vgpu_signal *vgpu_signal_find(struct vgpu_syncs *call,
					    const struct drm_syncobj *syncobj)
{
	struct vgpu_signal *signal;

	hlist_for_each_entry(signal, vgpu_signal_bucket(call, syncobj), node)
		if (signal->syncobj == syncobj)
			return signal;
	return NULL;
}

/* Makes @signal a node in front of @prev, or of what the sync object has now. */
static void vgpu_signal_chain(struct vgpu_syncs *call, struct vgpu_signal *signal,
			      struct vgpu_signal *prev)
{
	bool is_chain = false;
	u64 seqno = 0;
	u32 epoch = 0;

	if (prev) {
		is_chain = !prev->binary;
		seqno = prev->seqno;
		epoch = prev->epoch;
	} else {
		struct dma_fence *fence = drm_syncobj_fence_get(signal->syncobj);

		if (fence && dma_fence_is_chain(fence)) {
			is_chain = true;
			seqno = fence->seqno;
		}
		dma_fence_put(fence);
	}

	if (is_chain && signal->point > seqno) {
		signal->epoch = epoch;
		signal->prev_seqno = seqno;
		signal->seqno = signal->point;
	} else {
		signal->epoch = ++call->epochs;
		signal->prev_seqno = 0;
		signal->seqno = is_chain ? max(seqno, signal->point) : signal->point;
	}
	signal->prev = prev;
}

static int vgpu_signal_record(struct vgpu_syncs *call, u32 job, const struct drm_vgpu_sync *sync)
{
	struct vgpu_signal *signal, *prev;
	struct drm_syncobj *syncobj;

	syncobj = drm_syncobj_find(call->file, sync->handle);
	if (!syncobj)
		return -ENOENT;

	/*
	 * All signals of a job have the same fence, so for each sync object only
	 * the greatest point counts. That bounds the length of chains, which the
	 * kernel walks again and again, by the number of jobs.
	 */
	prev = vgpu_signal_find(call, syncobj);
	if (prev && prev->job == job && prev->binary == !sync->point) {
		drm_syncobj_put(syncobj);
		if (sync->point > prev->point) {
			prev->point = sync->point;
			vgpu_signal_chain(call, prev, prev->prev);
		}
		return 0;
	}

	signal = &call->signals[call->num_signals++];
	signal->syncobj = syncobj;
	signal->point = sync->point;
	signal->job = job;
	if (sync->point) {
		signal->chain = dma_fence_chain_alloc();
		if (!signal->chain)
			return -ENOMEM;
	}

	if (sync->point) {
		vgpu_signal_chain(call, signal, prev);
	} else {
		signal->binary = true;
		signal->detached = true;
	}
	if (prev)
		hlist_del(&prev->node);
	hlist_add_head(&signal->node, vgpu_signal_bucket(call, syncobj));
	return 0;
}

/* Waits for @signal, all that is behind it, and what was there before the call. */
static int vgpu_wait_from(struct vgpu_sync_job *sjob, struct drm_syncobj *syncobj,
			  const struct vgpu_signal *signal)
{
	for (; signal; signal = signal->prev) {
		__set_bit(signal->job, sjob->after);
		if (signal->detached)
			return 0;
	}
	return drm_dep_job_add_dependency(sjob->waits, drm_syncobj_fence_get(syncobj));
}

static int vgpu_wait_resolve(struct vgpu_syncs *call, struct vgpu_sync_job *sjob,
			     const struct drm_vgpu_sync *sync)
{
	struct vgpu_signal *last, *signal;
	struct drm_syncobj *syncobj = NULL;
	int ret;

	if (!call->num_signals)
		goto look_up;
	syncobj = drm_syncobj_find(call->file, sync->handle);
	if (!syncobj)
		return -ENOENT;
	last = vgpu_signal_find(call, syncobj);
	if (!last)
		goto look_up;

	signal = last;
	if (sync->point) {
		ret = -EINVAL;
		if (last->binary || last->seqno < sync->point)
			goto out;
		while (signal && signal->epoch == last->epoch &&
		       signal->prev_seqno >= sync->point)
			signal = signal->prev;
		if (!signal)
			goto look_up;
	}
	ret = vgpu_wait_from(sjob, syncobj, signal);
	goto out;

look_up:
	ret = drm_dep_job_add_syncobj_dependency(sjob->waits, call->file, sync->handle,
						 sync->point);
out:
	if (syncobj)
		drm_syncobj_put(syncobj);
	return ret;
}

/**
 * vgpu_syncs_resolve() - resolve the waits of a job, then record its signals
 * @call: the call
 * @job: index of the job; to be called for all of them, in their order
 *
 * Context: Process context, allocates.
 * Return: 0; -ENOENT, -EINVAL if there is nothing to wait for, -ENOMEM, or
 * -ERESTARTSYS if the task is being killed.
 */
int vgpu_syncs_resolve(struct vgpu_syncs *call, u32 job)
{
	struct vgpu_sync_job *sjob = &call->jobs[job];
	const u32 count = sjob->num_syncs;
	int ret = 0;
	u32 i;

	/* one element may do both: it waits for what was there before */
	for (i = 0; i < count && !ret; i++) {
		if (!(sjob->syncs[i].flags & DRM_VGPU_SYNC_WAIT))
			continue;
		ret = vgpu_wait_resolve(call, sjob, &sjob->syncs[i]);
		/* a look-up takes as long as the client made the chain */
		if (!ret && fatal_signal_pending(current))
			ret = -ERESTARTSYS;
		cond_resched();
	}
	for (i = 0; i < count && !ret; i++)
		if (sjob->syncs[i].flags & DRM_VGPU_SYNC_SIGNAL)
			ret = vgpu_signal_record(call, job, &sjob->syncs[i]);
	return ret;
}

/**
 * vgpu_syncs_publish() - put the fences of all jobs into their sync objects
 * @call: the call, all jobs of which are armed
 *
 * Context: Process context, inside a signalling section. Doesn't allocate.
 */
void vgpu_syncs_publish(struct vgpu_syncs *call)
{
	u32 i;

	for (i = 0; i < call->num_signals; i++) {
		struct vgpu_signal *signal = &call->signals[i];
		struct drm_dep_job *job = call->jobs[signal->job].signals;
		struct dma_fence *fence = drm_dep_job_finished_fence(job);

		if (signal->chain) {
			drm_syncobj_add_point(signal->syncobj, signal->chain, fence, signal->point);
			signal->chain = NULL;
		} else {
			drm_syncobj_replace_fence(signal->syncobj, fence);
		}
	}
}
