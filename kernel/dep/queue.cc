// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The queue: set-up and references.
 *
 * Two counts. queue.users is the driver's: while it is above zero, jobs can be made.
 * queue.ref is the core's: the users together hold one, and each job holds one. When
 * queue.ref is gone nothing can reach the queue but code that is in a read section.
 *
 *	users > 0         live
 *	users == 0        dying: jobs run on; the queue pins the driver's module
 *	ref == 0          dead: teardown_start()
 */
#include "queue.h"
#include "complete.h"
#include "job.h"
#include "run.h"
#include "teardown.h"

namespace dep
{

static constinit os_class queue_lock_class{};
static constinit os_class run_work_class{};
static constinit os_class drain_work_class{};
static constinit os_class release_work_class{};

void queue_unref(drm_dep_queue &queue)
{
	if (os_ref_put(&queue.ref))
		teardown_start(*queue.teardown);
}

} // namespace dep

int drm_dep_queue_init(drm_dep_queue *queue, const drm_dep_queue_init_args *args)
{
	const drm_dep_queue_ops *ops = args->ops;

	os_might_sleep();

	if (!ops || !ops->run_job || !ops->release || !args->drm || !args->driver_name ||
	    !args->name || !args->credit_limit || args->flags ||
	    args->nest_level > DRM_DEP_MAX_NEST_LEVEL)
		return -OS_EINVAL;

	*queue = drm_dep_queue{};
	queue->teardown = dep::teardown_create(*queue, args->drm, ops->owner);
	if (!queue->teardown)
		return -OS_ENOMEM;

	os_lock_init(&queue->lock, &dep::queue_lock_class, "drm_dep_queue");
	os_ref_init(&queue->ref);
	os_ref_init(&queue->users);
	queue->ops = ops;
	queue->driver_name = args->driver_name;
	queue->name = args->name;
	queue->context = os_fence_context_alloc();
	queue->nest_level = args->nest_level;
	queue->released_jobs.init();
	os_work_init(&queue->run_work, dep::run_jobs, &dep::run_work_class, "drm_dep_run");
	os_work_init(&queue->drain_work, dep::drain_more, &dep::drain_work_class, "drm_dep_drain");
	os_work_init(&queue->release_work, dep::release_jobs, &dep::release_work_class,
		     "drm_dep_release");

	dep::Guard guard(queue->lock);

	queue->run_seqno = 1; /* of the first job; armed_seqno is 0, the last one taken */
	queue->waiting.init();
	queue->in_flight.init();
	queue->credit_limit = args->credit_limit;
	return 0;
}

drm_dep_queue *drm_dep_queue_get(drm_dep_queue *queue)
{
	os_ref_get(&queue->users);
	return queue;
}

drm_dep_queue *drm_dep_queue_get_unless_zero(drm_dep_queue *queue)
{
	return os_ref_get_unless_zero(&queue->users) ? queue : nullptr;
}

void drm_dep_queue_put(drm_dep_queue *queue)
{
	if (!queue || !os_ref_put(&queue->users))
		return;

	dep::teardown_announce(*queue->teardown);
	dep::queue_unref(*queue);
}
