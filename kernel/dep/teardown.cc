// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The end of a queue, which nobody waits for unless he asks to.
 *
 *	teardown_announce()  no users: pin the driver's module, enter the list
 *	teardown_start()     no references: queue the work item
 *	    stop_works()     the queue's work items have left for good; op fini
 *	    (grace period)   code in read sections has let go of the queue
 *	    release_queue()  op release; drop device and module; leave the list
 *
 * The module is not pinned while there are users, or a driver could never be unloaded
 * whose queues are its own: the module's count is tested before its exit function,
 * which would put them.
 */
#include "teardown.h"

struct drm_dep_teardown {
	os_rcu_work release_work; /* first: its function gets a pointer to its start */
	os_work stop_work;
	dep::Link link; /* in dying */
	drm_dep_queue *queue;
	os_device *device;
	os_module *owner;
	bool owner_pinned;
};

namespace dep
{

static constinit os_class dying_lock_class{};
static constinit os_class stop_work_class{};
static constinit os_class queue_release_work_class{};

/* All queues without users that are not gone yet. */
static constinit os_lock dying_lock{};
static constinit Link dying DEP_GUARDED_BY(dying_lock){};

static_assert(offsetof(drm_dep_teardown, release_work) == 0);

static void release_queue(os_work *work)
{
	drm_dep_teardown *teardown = reinterpret_cast<drm_dep_teardown *>(work);

	teardown->queue->ops->release(teardown->queue);
	os_device_put(teardown->device);
	/* No code of the driver runs for this queue any more. */
	if (teardown->owner_pinned)
		os_module_put(teardown->owner);
	{
		Guard guard(dying_lock);

		teardown->link.remove();
		os_wake(&dying_lock);
	}
	os_free(teardown);
}

static void stop_works(os_work *work)
{
	drm_dep_teardown *teardown = DEP_CONTAINER_OF(work, drm_dep_teardown, stop_work);
	drm_dep_queue &queue = *teardown->queue;

	/*
	 * No job is left, so none of these has anything to do; one may be on its way
	 * out, and one may still be queued by somebody in a read section.
	 */
	os_work_disable_sync(&queue.run_work);
	os_work_disable_sync(&queue.drain_work);
	os_work_disable_sync(&queue.release_work);

	if (queue.ops->fini)
		queue.ops->fini(&queue);

	os_rcu_work_queue(os_wq_cleanup(), &teardown->release_work);
}

drm_dep_teardown *teardown_create(drm_dep_queue &queue, os_device *device, os_module *owner)
{
	drm_dep_teardown *teardown =
		static_cast<drm_dep_teardown *>(os_alloc(sizeof(drm_dep_teardown), "teardown"));

	if (!teardown)
		return nullptr;

	os_work_init(&teardown->stop_work, stop_works, &stop_work_class, "drm_dep_stop");
	os_rcu_work_init(&teardown->release_work, release_queue, &queue_release_work_class,
			 "drm_dep_queue_release");
	teardown->link.init();
	teardown->queue = &queue;
	teardown->device = device;
	teardown->owner = owner;
	teardown->owner_pinned = false;
	os_device_get(device);
	return teardown;
}

void teardown_announce(drm_dep_teardown &teardown)
{
	/* Fails only while the module is going; its exit function then flushes. */
	teardown.owner_pinned = os_module_try_get(teardown.owner);

	Guard guard(dying_lock);

	dying.add_tail(teardown.link);
}

void teardown_start(drm_dep_teardown &teardown)
{
	os_work_queue(os_wq_cleanup(), &teardown.stop_work);
}

/* For os_wait(), which calls it with the lock held. */
static bool none_is_dying(void *device) OS_ANALYSIS(no_thread_safety_analysis)
{
	for (Link *link = dying.next; link != &dying; link = link->next)
		if (DEP_CONTAINER_OF(link, drm_dep_teardown, link)->device == device)
			return false;
	return true;
}

} // namespace dep

void drm_dep_core_init(void)
{
	os_lock_init(&dep::dying_lock, &dep::dying_lock_class, "drm_dep_dying");

	dep::Guard guard(dep::dying_lock);

	dep::dying.init();
}

void drm_dep_flush(os_device *drm)
{
	os_might_sleep();
	os_wait(&dep::dying_lock, dep::none_is_dying, drm);
}
