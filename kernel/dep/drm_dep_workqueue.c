// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Workqueues that memory reclaim may wait for: making them, so that lockdep knows, and
 * taking over a driver's own.
 */
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <drm/drm_dep.h>

#include "drm_dep_compat.h"
#include "os/linux/os_linux.h"

/*
 * Lockdep holds @map while a work item runs. Once it has seen the map taken inside
 * reclaim, it reports a work item that allocates, without having to see the deadlock.
 * In a task that reclaim itself depends on, this would teach nothing.
 */
static void teach_lockdep(struct lockdep_map *map)
{
	might_sleep();
	fs_reclaim_acquire(GFP_KERNEL);
	lock_map_acquire(map);
	lock_map_release(map);
	fs_reclaim_release(GFP_KERNEL);
}

static struct workqueue_struct *make(const char *name, bool ordered, struct lockdep_map *map)
{
#ifdef CONFIG_LOCKDEP
	if (ordered)
		return alloc_ordered_workqueue_lockdep_map("%s", WQ_MEM_RECLAIM, map, name);
	return alloc_workqueue_lockdep_map("%s", WQ_UNBOUND | WQ_MEM_RECLAIM, 0, map, name);
#else
	if (ordered)
		return alloc_ordered_workqueue("%s", WQ_MEM_RECLAIM, name);
	return alloc_workqueue("%s", WQ_UNBOUND | WQ_MEM_RECLAIM, 0, name);
#endif
}

/**
 * __drm_dep_alloc_workqueue() - make a workqueue; use drm_dep_alloc_workqueue()
 * @name: its name
 * @flags: 0 or %DRM_DEP_WQ_ORDERED
 * @map: what lockdep knows it by, never freed; unused without lockdep
 *
 * Context: Process context, may sleep and allocate.
 * Return: the workqueue, or NULL if there is no memory.
 */
struct drm_dep_workqueue *__drm_dep_alloc_workqueue(const char *name, u32 flags,
						    struct lockdep_map *map)
{
	struct drm_dep_workqueue *wq = kzalloc_obj(*wq);

	if (!wq)
		return NULL;
	wq->ordered = flags & DRM_DEP_WQ_ORDERED;
	wq->owned = true;
	teach_lockdep(map);
	wq->wq = make(name, wq->ordered, map);
	if (!wq->wq) {
		kfree(wq);
		return NULL;
	}
	return wq;
}

struct probe {
	struct work_struct work;
	bool reclaim;
};

static void probe_work(struct work_struct *work)
{
	struct probe *probe = container_of(work, struct probe, work);

	probe->reclaim = current_is_workqueue_mem_reclaim();
}

struct drm_dep_workqueue *drm_dep_adopt_workqueue(struct workqueue_struct *wq, u32 flags)
{
	struct drm_dep_workqueue *adopted;
	struct probe probe = {};

	/* The kernel says what kind of workqueue this is to nobody but a work item on it. */
	INIT_WORK_ONSTACK(&probe.work, probe_work);
	queue_work(wq, &probe.work);
	flush_work(&probe.work);
	destroy_work_on_stack(&probe.work);
	if (!probe.reclaim)
		return ERR_PTR(-EINVAL);

	adopted = kzalloc_obj(*adopted);
	if (!adopted)
		return ERR_PTR(-ENOMEM);
	adopted->wq = wq;
	adopted->ordered = flags & DRM_DEP_WQ_ORDERED;
	return adopted;
}

void drm_dep_destroy_workqueue(struct drm_dep_workqueue *wq)
{
	if (wq && wq->owned)
		destroy_workqueue(wq->wq);
	kfree(wq);
}

struct workqueue_struct *drm_dep_queue_workqueue(struct drm_dep_queue *queue)
{
	return queue->workqueue->wq;
}

struct workqueue_struct *drm_dep_queue_timeout_workqueue(struct drm_dep_queue *queue)
{
	return queue->timeout_workqueue->wq;
}
