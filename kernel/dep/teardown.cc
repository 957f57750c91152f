// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The end of a queue, which nobody waits for unless he asks to.
 *
 *	teardown_announce()  no users: pin the driver's module, enter the list
 *	teardown_start()     no references: queue the work item
 *	    stop_works()     the queue's timer and work items have left for good; op fini
 *	    fini_is_over()   at once, or when drm_dep_queue_fini_done() says so
 *	    (grace period)   code in read sections has let go of the queue
 *	    release_queue()  op release; drop device and module; leave the list
 *
 * The module is not pinned while there are users, or a driver could never be unloaded
 * whose queues are its own: the module's count is tested before its exit function,
 * which would put them.
 */
#include "teardown.h"
#include "record.h"

namespace dep
{

static constinit os_class stop_work_class{};
static constinit os_class queue_release_work_class{};

static_assert(offsetof(drm_dep_record, release_work) == 0);

static void release_queue(os_work *work)
{
	drm_dep_record *record = reinterpret_cast<drm_dep_record *>(work);

	os_might_sleep();
	os_inside_enter(OS_INSIDE_CLEANUP);
	record->queue->ops->release(record->queue);
	os_inside_leave(OS_INSIDE_CLEANUP);

	os_device_put(record->device);
	/* No code of the driver runs for this queue any more. */
	if (record->owner_pinned)
		os_module_put(record->owner);
	record_gone(*record);
}

static void fini_is_over(drm_dep_record &record)
{
	os_rcu_work_queue(os_wq_cleanup(), &record.release_work);
}

static void stop_works(os_work *work)
{
	drm_dep_record *record = DEP_CONTAINER_OF(work, drm_dep_record, stop_work);
	drm_dep_queue &queue = *record->queue;
	int result;

	record_withdraw(*record);
	/*
	 * No job is left, so none of these has anything to do; one may be on its way
	 * out, and one may still be queued by somebody in a read section. The timer first,
	 * as it queues one.
	 */
	os_timer_shutdown_sync(&record->timer);
	os_work_disable_sync(&queue.timeout_work);
	os_work_disable_sync(&queue.run_work);
	os_work_disable_sync(&queue.drain_work);
	os_work_disable_sync(&queue.release_work);

	if (!queue.ops->fini) {
		fini_is_over(*record);
		return;
	}

	os_inside_enter(OS_INSIDE_CLEANUP);
	result = queue.ops->fini(&queue);
	os_inside_leave(OS_INSIDE_CLEANUP);

	/* If it is pending, the second of the two who come here goes on. */
	if (result != -OS_EINPROGRESS || os_dec_and_test(&record->fini_left))
		fini_is_over(*record);
}

void teardown_init(drm_dep_record &record)
{
	os_work_init(&record.stop_work, stop_works, &stop_work_class, "drm_dep_stop");
	os_rcu_work_init(&record.release_work, release_queue, &queue_release_work_class,
			 "drm_dep_queue_release");
	record.fini_left.value = 2;
}

void teardown_announce(drm_dep_record &record)
{
	/* Fails only while the module is going; its exit function then flushes. */
	record.owner_pinned = os_module_try_get(record.owner);
	record_dying(record);
}

void teardown_start(drm_dep_record &record)
{
	os_work_queue(os_wq_cleanup(), &record.stop_work);
}

} // namespace dep

void drm_dep_queue_fini_done(drm_dep_queue *queue)
{
	drm_dep_record &record = *queue->record;

	if (os_dec_and_test(&record.fini_left))
		dep::fini_is_over(record);
}
