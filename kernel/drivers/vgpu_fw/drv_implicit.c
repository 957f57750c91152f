// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <linux/dma-resv.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <drm/drm_exec.h>
#include <drm/drm_gem.h>

#include "drv_exec.h"

/**
 * DOC: buffers of a call
 *
 * A job may name buffers that it uses, for order without sync objects: it waits for
 * fences in their reservations, and its own goes there.
 *
 * All reservations of a call are locked together, which drm_exec does without deadlocks
 * and so that signals interrupt it, and stay locked until the fences are in. Room for
 * them is reserved before anything is armed. Who gets a lock later sees them.
 *
 * Jobs of the same call that use a reservation have no fences yet when waits are
 * resolved; who comes after whom is noted as for sync objects, see drv_sync.c. The result
 * is the same as if the jobs came in calls of their own: a reader waits for the writer
 * before it, a writer for that one and all readers since; what is before those, they
 * wait for themselves.
 */

/* Buckets are for speed only: there may be more entries. */
#define VGPU_IMPLICIT_MAX_HASH_BITS	10

static struct vgpu_implicit *vgpu_implicit_find(struct vgpu_exec *exec, const void *key)
{
	struct hlist_head *bucket = &exec->hash[hash_ptr(key, exec->hash_bits)];
	struct vgpu_implicit *entry;

	hlist_for_each_entry(entry, bucket, node)
		if (entry->key == key)
			return entry;

	entry = kzalloc_obj(*entry, GFP_KERNEL_ACCOUNT);
	if (!entry)
		return NULL;
	entry->key = key;
	hlist_add_head(&entry->node, bucket);
	return entry;
}

static struct vgpu_implicit *vgpu_implicit_find_bo(struct vgpu_exec *exec, u32 handle)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(exec->syncs.file, handle);
	struct vgpu_implicit *bo;

	if (!obj)
		return ERR_PTR(-ENOENT);
	bo = vgpu_implicit_find(exec, obj);
	if (bo && !bo->obj) {
		bo->obj = obj;
		list_add_tail(&bo->link, &exec->bos);
	} else {
		drm_gem_object_put(obj);
	}
	return bo ?: ERR_PTR(-ENOMEM);
}

static int vgpu_implicit_add(struct vgpu_exec *exec, u32 job, const struct drm_vgpu_bo_use *args)
{
	struct vgpu_exec_job *ejob = &exec->jobs[job];
	struct vgpu_implicit *bo, *resv;

	bo = vgpu_implicit_find_bo(exec, args->handle);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	if (bo->last_job == job + 1)
		return -EINVAL;
	bo->last_job = job + 1;

	resv = vgpu_implicit_find(exec, bo->obj->resv);
	if (!resv)
		return -ENOMEM;
	if (!resv->obj) {
		resv->obj = bo->obj;
		list_add_tail(&resv->link, &exec->resvs);
	}
	if (resv->last_job != job + 1) {
		resv->last_job = job + 1;
		resv->last_use = &ejob->uses[ejob->num_uses++];
		resv->last_use->resv = resv;
		resv->num_fences++;
	}
	if (args->flags & DRM_VGPU_BO_USE_WRITE)
		resv->last_use->write = true;
	return 0;
}

/**
 * vgpu_implicit_init() - look up all buffers of a call
 * @exec: the call, with its arrays copied and checked
 *
 * Context: Process context, allocates.
 * Return: 0; -ENOENT; -EINVAL if a job names a buffer twice; -ENOMEM; or -ERESTARTSYS if
 * the task is being killed. vgpu_implicit_fini() undoes it, also on failure.
 */
int vgpu_implicit_init(struct vgpu_exec *exec)
{
	u32 i, k, n = 0;
	int ret = 0;

	for (i = 0; i < exec->num_jobs; i++)
		n += exec->args[i].bos.count;
	if (!n)
		return 0;

	exec->hash_bits = min(order_base_2(n) + 1, VGPU_IMPLICIT_MAX_HASH_BITS);
	exec->hash = kvzalloc_objs(*exec->hash, BIT(exec->hash_bits), GFP_KERNEL_ACCOUNT);
	exec->uses = kvzalloc_objs(*exec->uses, n, GFP_KERNEL_ACCOUNT);
	if (!exec->hash || !exec->uses)
		return -ENOMEM;

	for (i = 0, n = 0; i < exec->num_jobs && !ret; i++) {
		exec->jobs[i].uses = &exec->uses[n];
		n += exec->args[i].bos.count;
		for (k = 0; k < exec->args[i].bos.count && !ret; k++)
			ret = vgpu_implicit_add(exec, i, &exec->jobs[i].bos[k]);
		if (!ret && fatal_signal_pending(current))
			ret = -ERESTARTSYS;
		cond_resched();
	}
	return ret;
}

/**
 * vgpu_implicit_lock() - lock all reservations, with room for the fences
 * @exec: the call
 *
 * Context: Process context, allocates, interruptible.
 * Return: 0, -ERESTARTSYS or -ENOMEM. On success vgpu_implicit_unlock() is to be called.
 */
int vgpu_implicit_lock(struct vgpu_exec *exec)
{
	struct vgpu_implicit *resv;
	int ret = 0;

	if (!exec->uses)
		return 0;

	drm_exec_init(&exec->locks, DRM_EXEC_INTERRUPTIBLE_WAIT, 0);
	drm_exec_until_all_locked(&exec->locks) {
		list_for_each_entry(resv, &exec->resvs, link) {
			ret = drm_exec_prepare_obj(&exec->locks, resv->obj, resv->num_fences);
			drm_exec_retry_on_contention(&exec->locks);
			if (ret)
				goto err;
		}
	}
	return 0;

err:
	drm_exec_fini(&exec->locks);
	return ret == -EINTR ? -ERESTARTSYS : ret;
}

/* Notes which jobs of the call are before this one. */
static void vgpu_implicit_order(struct vgpu_exec *exec, u32 job, const struct vgpu_use *use)
{
	struct vgpu_implicit *resv = use->resv;
	unsigned long *after = exec->syncs.jobs[job].after;

	if (resv->writer)
		__set_bit(resv->writer - 1, after);
	if (use->write) {
		bitmap_or(after, after, resv->readers, VGPU_MAX_JOBS);
		bitmap_zero(resv->readers, VGPU_MAX_JOBS);
		resv->writer = job + 1;
	} else {
		__set_bit(job, resv->readers);
	}
}

/**
 * vgpu_implicit_resolve() - make jobs wait for what is in the reservations
 * @exec: the call, its reservations locked
 *
 * Context: Process context, allocates.
 * Return: 0, -ENOMEM, or -ERESTARTSYS if the task is being killed.
 */
int vgpu_implicit_resolve(struct vgpu_exec *exec)
{
	int ret = 0;
	u32 i, k;

	for (i = 0; i < exec->num_jobs && !ret; i++) {
		struct vgpu_exec_job *ejob = &exec->jobs[i];

		for (k = 0; k < ejob->num_uses && !ret; k++) {
			const struct vgpu_use *use = &ejob->uses[k];

			ret = drm_dep_job_add_implicit_dependencies(&ejob->job->base,
								    use->resv->obj, use->write);
			vgpu_implicit_order(exec, i, use);
			cond_resched();
		}
		if (!ret && fatal_signal_pending(current))
			ret = -ERESTARTSYS;
	}
	return ret;
}

/**
 * vgpu_implicit_publish() - put the fences of all jobs into the reservations
 * @exec: the call, all jobs of which are armed
 *
 * Context: Process context, inside a signalling section. Doesn't allocate.
 */
void vgpu_implicit_publish(struct vgpu_exec *exec)
{
	u32 i, k;

	for (i = 0; i < exec->num_jobs; i++) {
		struct vgpu_exec_job *ejob = &exec->jobs[i];

		for (k = 0; k < ejob->num_uses; k++)
			dma_resv_add_fence(ejob->uses[k].resv->obj->resv,
					   drm_dep_job_finished_fence(&ejob->job->base),
					   ejob->uses[k].write ? DMA_RESV_USAGE_WRITE :
								 DMA_RESV_USAGE_READ);
	}
}

/**
 * vgpu_implicit_unlock() - undo vgpu_implicit_lock()
 * @exec: the call
 *
 * Context: Process context.
 */
void vgpu_implicit_unlock(struct vgpu_exec *exec)
{
	if (exec->uses)
		drm_exec_fini(&exec->locks);
}

/**
 * vgpu_implicit_fini() - undo vgpu_implicit_init()
 * @exec: the call
 *
 * Context: Process context.
 */
void vgpu_implicit_fini(struct vgpu_exec *exec)
{
	struct vgpu_implicit *entry, *next;

	/* before the buffers that they point to */
	list_for_each_entry_safe(entry, next, &exec->resvs, link)
		kfree(entry);
	list_for_each_entry_safe(entry, next, &exec->bos, link) {
		drm_gem_object_put(entry->obj);
		kfree(entry);
	}
	kvfree(exec->uses);
	kvfree(exec->hash);
}
