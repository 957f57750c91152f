// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The job: references, and the way from init to the queue.
 */
#include "job.h"
#include "deps.h"
#include "fence.h"
#include "queue.h"
#include "run.h"
#include "timeout.h"

namespace dep
{

void insert_waiting(drm_dep_job &job)
{
	drm_dep_queue &queue = *job.queue;
	is_of(queue, job);
	Link *before = queue.waiting.prev;
	Link *after = queue.waiting.next;

	/*
	 * Nearly always the end. Jobs armed later and pushed earlier are behind; if they are
	 * many, they mostly all are, so it is looked for from both ends.
	 */
	while (before != &queue.waiting && job_at(*before).seqno > job.seqno) {
		if (job_at(*after).seqno > job.seqno) {
			before = after->prev;
			break;
		}
		before = before->prev;
		after = after->next;
	}
	before->add_after(job.link);
	queue.waiting_count++;
	if (queue.pushed_seqno < job.seqno)
		queue.pushed_seqno = job.seqno;
	job.state = WAITING;
}

static drm_dep_job *retire(drm_dep_job &job) DEP_REQUIRES(job.queue->lock)
{
	drm_dep_queue &queue = *job.queue;

	is_of(queue, job);
	job.link.remove();
	job.state = RETIRED;
	if (queue.waiters)
		os_wake(&queue.lock);
	if (!os_ref_put(&job.ref))
		return nullptr; /* and maybe gone */

	job.counted = true;
	queue.releases_due++;
	return &job;
}

drm_dep_job *retire_if_ready(drm_dep_job &job)
{
	drm_dep_queue &queue = *job.queue;

	is_of(queue, job);
	if (job.state != SIGNALLED || job.holds)
		return nullptr;
	if (!queue.iterators)
		return retire(job);

	job.state = HELD;
	job.release_link.next = queue.held;
	queue.held = &job.release_link;
	return nullptr;
}

drm_dep_job *retire_held(drm_dep_job &job)
{
	return retire(job);
}

/*
 * The last reference of an armed job that was not pushed: its fence may be published,
 * so the job has to finish. It lives on with the reference that push would have given
 * to the queue, and the worker finishes it when its turn comes.
 */
static void revive(drm_dep_job &job)
{
	drm_dep_queue &queue = *job.queue;
	/* The worker may finish the job, and the queue go, before the lock is released. */
	RcuReadSection section;
	Guard guard(queue.lock);

	is_of(job, queue);
	os_ref_init(&job.ref);
	job.cancelled = true;
	insert_waiting(job);
	look_for_gap(queue);
	kick_if_runnable(queue);
}

static void release(drm_dep_job &job) OS_NONBLOCKING
{
	drm_dep_queue &queue = *job.queue;
	bool counted = job.counted;

	deps_free(job);
	fence_drop(job);
	DEP_UNCHECKED_EFFECTS(job.ops->release(&job);)

	if (counted) {
		os_add_ordered(&queue.releases_done, 1);
		if (os_load_ordered(&queue.idle_waiters)) {
			Guard guard(queue.lock);

			os_wake(&queue.lock);
		}
	}
	queue_unref(queue);
}

static void release_later(drm_dep_job &job)
{
	drm_dep_queue &queue = *job.queue;
	/* The job's reference of the queue may go as soon as the job can be seen. */
	RcuReadSection section;

	if (queue.released_jobs.push(job.release_link))
		os_work_queue(os_wq_cleanup(), &queue.release_work);
}

void release_jobs(os_work *work)
{
	drm_dep_queue &queue = *DEP_CONTAINER_OF(work, drm_dep_queue, release_work);
	StackLink *next;

	os_might_sleep();
	os_inside_enter(OS_INSIDE_CLEANUP);
	for (StackLink *link = queue.released_jobs.take_all(); link; link = next) {
		next = link->next;
		release(*DEP_CONTAINER_OF(link, drm_dep_job, release_link));
	}
	os_inside_leave(OS_INSIDE_CLEANUP);
}

void let_go(drm_dep_job &job)
{
	switch (job.state) {
	case ARMED:
		revive(job);
		return;
	case INITIALISED:
	case RETIRED:
		break;
	default:
		DEP_BROKEN("a job is put more often than it was got, while its queue has it");
		os_ref_init(&job.ref); /* the queue's */
		return;
	}

	/* Dependencies are put where their release may take a driver's locks: not here. */
	if (!(job.queue->flags & DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE) || job.deps_chunks) {
		release_later(job);
		return;
	}
	os_no_sleep_begin();
	release(job);
	os_no_sleep_end();
}

/*
 * Member by member, as clearing the whole is a call, and a job has no time for one. Those
 * that are missing are written before they are read: the links when the job gets on a list,
 * hw_cb when there is a fence, armed_before_by in arm. Nobody else has the job yet.
 */
static void set_up(drm_dep_job &job, const drm_dep_job_init_args &args)
	OS_ANALYSIS(no_thread_safety_analysis)
{
	job.queue = args.queue;
	job.ops = args.ops;
	os_ref_init(&job.ref);
	deps_init(job);
	job.seqno = 0;
	job.client_id = args.client_id;
	job.hw_fence.value = nullptr;
	job.prepare_fence = nullptr;
	job.credits = args.credits;
	job.run = 0;
	job.error = 0;
	job.state = INITIALISED;
	job.holds = 0;
	job.cancelled = false;
	job.registered = false;
	job.prepared = false;
	job.counted = false;
}

} // namespace dep

int drm_dep_job_init(drm_dep_job *job, const drm_dep_job_init_args *args)
{
	drm_dep_queue *queue = args->queue;

	os_might_sleep();

	if (!queue || !args->ops || !args->ops->release || !args->credits ||
	    args->credits > dep::credit_limit(*queue))
		return -OS_EINVAL;

	job->fence = dep::fence_alloc(*queue);
	if (!job->fence)
		return -OS_ENOMEM;

	os_ref_get(&queue->ref);
	dep::set_up(*job, *args);
	return 0;
}

drm_dep_job *drm_dep_job_get(drm_dep_job *job)
{
	os_ref_get(&job->ref);
	return job;
}

void drm_dep_job_put(drm_dep_job *job)
{
	if (job && os_ref_put(&job->ref))
		dep::let_go(*job);
}

int drm_dep_job_add_dependency(drm_dep_job *job, os_fence *fence)
{
	int error;

	os_might_sleep();

	if (!fence)
		return 0;
	if (os_is_error(fence))
		return os_error_of(fence);

	if (job->state == dep::INITIALISED) {
		error = dep::deps_add(*job, fence);
	} else {
		DEP_BROKEN("a dependency is added to a job that is armed");
		error = -OS_EINVAL;
	}
	os_fence_put(fence);
	return error;
}

void drm_dep_job_arm(drm_dep_job *job)
{
	drm_dep_queue &queue = *job->queue;

	if (job->state != dep::INITIALISED) {
		DEP_BROKEN("a job is armed twice");
		return;
	}

	job->seqno = ++queue.armed_seqno;
	job->armed_before_by = queue.armed_by;
	queue.armed_by = os_current_id();
	dep::fence_arm(*job->fence, *job);
	job->state = dep::ARMED;
}

os_fence *drm_dep_job_finished_fence(drm_dep_job *job)
{
	/* Not the state, which the run side may be changing: any context may call this. */
	if (!job->seqno)
		DEP_BROKEN("the finished fence of a job is used before the job is armed");
	return &job->fence->base;
}

void drm_dep_job_push(drm_dep_job *job)
{
	drm_dep_queue &queue = *job->queue;

	if (job->state != dep::ARMED) {
		DEP_BROKEN("a job is pushed that is not armed, or twice");
		return;
	}
	/* Also when it will not run here, so that a mistake is seen at once. */
	if ((queue.flags & (DRM_DEP_QUEUE_BYPASS | DRM_DEP_QUEUE_RUN_ATOMIC)) ==
	    DRM_DEP_QUEUE_BYPASS)
		os_might_sleep();

	dep::SignallingSection section;

	dep::deps_register(*job);
	os_ref_get(&job->ref);
	dep::push_and_run(*job);
}

bool drm_dep_job_is_finished(drm_dep_job *job)
{
	dep::Guard guard(job->queue->lock);

	return job->state >= dep::DONE;
}
