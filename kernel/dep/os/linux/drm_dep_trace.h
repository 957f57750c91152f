/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM drm_dep

#if !defined(_DRM_DEP_TRACE_H_) || defined(TRACE_HEADER_MULTI_READ)
#define _DRM_DEP_TRACE_H_

#include <linux/device.h>
#include <linux/dma-fence.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

#include <drm/drm_dep.h>
#include <drm/drm_device.h>

/**
 * DOC: trace events
 *
 * The group drm_dep has the events of the group gpu_scheduler that programs rely on,
 * with the same fields, so that what reads those can read these: drm_dep_job_queue,
 * drm_dep_job_run, drm_dep_job_done, drm_dep_job_add_dep, drm_dep_job_unschedulable.
 *
 * A job is known by its finished fence: fence_context is the queue's, fence_seqno the
 * job's place in the order of its queue. dev and name say which queue. job_count jobs
 * wait in the queue, hw_job_count credits are in flight; both may change while they are
 * read. client_id is what the driver said in &drm_dep_job_init_args.client_id. ctx and
 * seqno are the fence that the job depends on.
 */

DECLARE_EVENT_CLASS(drm_dep_job,
	TP_PROTO(struct drm_dep_job *job),
	TP_ARGS(job),
	TP_STRUCT__entry(
		__string(name, job->queue->name)
		__field(u32, job_count)
		__field(int, hw_job_count)
		__string(dev, dev_name(job->queue->drm->dev))
		__field(u64, fence_context)
		__field(u64, fence_seqno)
		__field(u64, client_id)
	),
	TP_fast_assign(
		__assign_str(name);
		__entry->job_count = READ_ONCE(job->queue->waiting_count);
		__entry->hw_job_count = READ_ONCE(job->queue->credits_used);
		__assign_str(dev);
		__entry->fence_context = job->queue->context;
		__entry->fence_seqno = job->seqno;
		__entry->client_id = job->client_id;
	),
	TP_printk("dev=%s queue=%s fence=%llu:%llu waiting=%u credits=%d client=%llu",
		  __get_str(dev), __get_str(name), __entry->fence_context, __entry->fence_seqno,
		  __entry->job_count, __entry->hw_job_count, __entry->client_id)
);

/* Called when somebody begins, or ends, to listen to an event. */
int drm_dep_trace_begin(void);
void drm_dep_trace_end(void);

/* The job was pushed. */
DEFINE_EVENT_FN(drm_dep_job, drm_dep_job_queue,
	TP_PROTO(struct drm_dep_job *job),
	TP_ARGS(job),
	drm_dep_trace_begin, drm_dep_trace_end
);

/* The job is handed over to the hardware. */
DEFINE_EVENT_FN(drm_dep_job, drm_dep_job_run,
	TP_PROTO(struct drm_dep_job *job),
	TP_ARGS(job),
	drm_dep_trace_begin, drm_dep_trace_end
);

/* The finished fence signals. */
TRACE_EVENT_FN(drm_dep_job_done,
	TP_PROTO(struct drm_dep_job *job),
	TP_ARGS(job),
	TP_STRUCT__entry(
		__field(u64, fence_context)
		__field(u64, fence_seqno)
	),
	TP_fast_assign(
		__entry->fence_context = job->queue->context;
		__entry->fence_seqno = job->seqno;
	),
	TP_printk("fence=%llu:%llu", __entry->fence_context, __entry->fence_seqno),
	drm_dep_trace_begin, drm_dep_trace_end
);

DECLARE_EVENT_CLASS(drm_dep_job_dependency,
	TP_PROTO(struct drm_dep_job *job, struct dma_fence *fence),
	TP_ARGS(job, fence),
	TP_STRUCT__entry(
		__field(u64, fence_context)
		__field(u64, fence_seqno)
		__field(u64, ctx)
		__field(u64, seqno)
	),
	TP_fast_assign(
		__entry->fence_context = job->queue->context;
		__entry->fence_seqno = job->seqno;
		__entry->ctx = fence->context;
		__entry->seqno = fence->seqno;
	),
	TP_printk("fence=%llu:%llu dependency=%llu:%llu",
		  __entry->fence_context, __entry->fence_seqno, __entry->ctx, __entry->seqno)
);

/* The job was pushed with this dependency; one event for each. */
DEFINE_EVENT_FN(drm_dep_job_dependency, drm_dep_job_add_dep,
	TP_PROTO(struct drm_dep_job *job, struct dma_fence *fence),
	TP_ARGS(job, fence),
	drm_dep_trace_begin, drm_dep_trace_end
);

/* The job is the next one of its queue, and has to wait for this fence. */
DEFINE_EVENT_FN(drm_dep_job_dependency, drm_dep_job_unschedulable,
	TP_PROTO(struct drm_dep_job *job, struct dma_fence *fence),
	TP_ARGS(job, fence),
	drm_dep_trace_begin, drm_dep_trace_end
);

#endif /* _DRM_DEP_TRACE_H_ */

/* Read once more by the kernel's own header, which finds it by -I. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE drm_dep_trace
#include <trace/define_trace.h>
