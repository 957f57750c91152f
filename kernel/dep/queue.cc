// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The queue: set-up and references.
 *
 * Two counts. queue.users is the driver's: while it is above zero, jobs can be made.
 * queue.ref is the core's: the users together hold one, and so does each job, each
 * pending message, and a kill that was not told. When queue.ref is gone nothing can reach
 * the queue but code that is in a read section.
 *
 *	   live: users > 0
 *	     |  \
 *	     |   kill(): no job runs any more       stop(), start(): no op runs meanwhile
 *	     | last drm_dep_queue_put()
 *	   dying: queue.no_users
 *	     |      jobs run on, messages are delivered, also if it was stopped;
 *	     |      the queue pins the driver's module
 *	     | last queue_unref()
 *	   dead: teardown_start()
 *	     |      stop_works(), fini, RCU grace period
 *	     |
 *	   release
 */
#include "queue.h"
#include "clock.h"
#include "complete.h"
#include "job.h"
#include "record.h"
#include "run.h"
#include "stop.h"
#include "teardown.h"
#include "timeout.h"

namespace dep
{

static constinit os_class queue_lock_class{};
static constinit os_class run_work_class{};
static constinit os_class drain_work_class{};
static constinit os_class release_work_class{};
static constinit os_class timeout_work_class{};
static constinit os_class timer_class{};

static constexpr u32 all_flags = DRM_DEP_QUEUE_BYPASS | DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE |
				 DRM_DEP_QUEUE_RUN_ATOMIC | DRM_DEP_QUEUE_STOPPED |
				 DRM_DEP_QUEUE_KEEP_OWN_DEPS;

void queue_unref(drm_dep_queue &queue)
{
	if (os_ref_put(&queue.ref))
		teardown_start(*queue.record);
}

int wait_until(drm_dep_queue &queue, bool (*cond)(void *arg), void *arg, u64 timeout_ns,
	       bool killable)
{
	int error;

	{
		Guard guard(queue.lock);

		queue.waiters++;
	}
	error = os_wait(&queue.lock, cond, arg, timeout_ns, killable);

	Guard guard(queue.lock);

	queue.waiters--;
	return error;
}

void wait_until(drm_dep_queue &queue, bool (*cond)(void *queue))
{
	(void)wait_until(queue, cond, &queue, 0, false);
}

static bool args_are_valid(const drm_dep_queue_init_args &args)
{
	const drm_dep_queue_ops *ops = args.ops;

	return ops && ops->run_job && ops->release && args.drm && args.driver_name && args.name &&
	       args.credit_limit && !(args.flags & ~all_flags) &&
	       args.nest_level <= DRM_DEP_MAX_NEST_LEVEL && (!args.timeout_ms || ops->timedout_job);
}

static void init_works(drm_dep_queue &queue)
{
	os_work_init(&queue.run_work, run_jobs, &run_work_class, "drm_dep_run");
	os_work_init(&queue.drain_work, drain_more, &drain_work_class, "drm_dep_drain");
	os_work_init(&queue.release_work, release_jobs, &release_work_class, "drm_dep_release");
	os_work_init(&queue.timeout_work, handle_timeout, &timeout_work_class, "drm_dep_timeout");
	os_timer_init(&queue.record->timer, timer_expired, &timer_class, "drm_dep_timer");
}

static void init_state(drm_dep_queue &queue, const drm_dep_queue_init_args &args)
{
	Guard guard(queue.lock);

	queue.run_seqno = 1; /* of the first job; armed_seqno is 0, the last one taken */
	queue.waiting.init();
	queue.in_flight.init();
	queue.messages.init();
	queue.unsignalled = &queue.in_flight;
	queue.credit_limit.value = static_cast<int>(args.credit_limit);
	queue.timeout_ms = args.timeout_ms;
	queue.stop_count = args.flags & DRM_DEP_QUEUE_STOPPED ? 1 : 0;
}

} // namespace dep

int drm_dep_queue_init(drm_dep_queue *queue, const drm_dep_queue_init_args *args)
{
	os_might_sleep();

	if (!dep::args_are_valid(*args))
		return -OS_EINVAL;

	*queue = drm_dep_queue{};
	queue->record = dep::record_create(*queue, *args);
	if (!queue->record)
		return -OS_ENOMEM;

	os_lock_init(&queue->lock, &dep::queue_lock_class, "drm_dep_queue");
	os_ref_init(&queue->ref);
	os_ref_init(&queue->users);
	queue->ops = args->ops;
	queue->drm = args->drm;
	queue->driver_name = args->driver_name;
	queue->name = args->name;
	queue->workqueue = args->workqueue ?: os_wq_run();
	queue->timeout_workqueue = args->timeout_workqueue ?: os_wq_timeout();
	queue->flags = args->flags;
	if (os_wq_is_ordered(queue->workqueue))
		queue->flags &= ~DRM_DEP_QUEUE_BYPASS; /* it would not be excluded */
	queue->context = os_fence_context_alloc();
	queue->nest_level = static_cast<u8>(args->nest_level);
	queue->released_jobs.init();
	dep::init_works(*queue);
	dep::init_state(*queue, *args);
	dep::record_publish(*queue->record);
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
	bool stopped = false;

	if (!queue)
		return;
	if (os_ref_is_zero(&queue->users)) {
		DEP_BROKEN("a queue is put more often than it was got");
		return;
	}
	if (!os_ref_put(&queue->users))
		return;

	dep::teardown_announce(*queue->record);
	{
		dep::Guard guard(queue->lock);

		queue->no_users = true;
		stopped = dep::void_stops(*queue);
	}
	if (stopped)
		dep::complain_of_stop();
	dep::queue_unref(*queue);
}

int drm_dep_queue_last_error(drm_dep_queue *queue)
{
	dep::Guard guard(queue->lock);

	return queue->last_error;
}

void drm_dep_queue_set_credit_limit(drm_dep_queue *queue, u32 limit)
{
	if (!limit) {
		DEP_BROKEN("the credit limit of a queue is set to 0");
		return;
	}

	dep::Guard guard(queue->lock);

	os_store_release(&queue->credit_limit, static_cast<int>(limit));
	dep::kick_if_runnable(*queue);
}
