// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Which trace events there are for a job, and for which job and fence. They are not
 * exported; a module finds them by their names and adds probes of its own.
 *
 * What is made of them for userspace can only be read there. The case "fields" has known
 * numbers: tools/inside/kunit runs this suite once more with the events switched on, and
 * looks for them.
 */
#include <linux/module.h>
#include <linux/tracepoint.h>

#include "mock_device.h"

enum trace_kind {
	TRACE_QUEUE,
	TRACE_RUN,
	TRACE_DONE,
	TRACE_ADD_DEP,
	TRACE_UNSCHEDULABLE,
	N_TRACES,
};

struct trace_event {
	enum trace_kind kind;
	u64 context, seqno;
	/* Of the other fence. */
	u64 other_context, other_seqno;
	u64 client_id;
	/* When it came: those in the queue, and their credits. */
	u32 waiting, credits;
};

/* What the probes have seen of one device. */
static struct {
	spinlock_t lock;
	struct drm_device *drm;
	unsigned int count;
	struct trace_event events[256];
} seen = { .lock = __SPIN_LOCK_UNLOCKED(seen.lock) };

static void note_event(enum trace_kind kind, struct drm_dep_job *job, struct dma_fence *fence)
{
	unsigned long flags;

	spin_lock_irqsave(&seen.lock, flags);
	if (job->queue->drm == seen.drm && seen.count < ARRAY_SIZE(seen.events)) {
		struct trace_event *event = &seen.events[seen.count++];

		*event = (struct trace_event) {
			.kind = kind,
			.context = job->queue->context,
			.seqno = job->seqno,
			.client_id = job->client_id,
			.waiting = READ_ONCE(job->queue->waiting_count),
			.credits = READ_ONCE(job->queue->credits_used),
		};
		if (fence) {
			event->other_context = fence->context;
			event->other_seqno = fence->seqno;
		}
	}
	spin_unlock_irqrestore(&seen.lock, flags);
}

static void probe_queue(void *data, struct drm_dep_job *job)
{
	note_event(TRACE_QUEUE, job, NULL);
}

static void probe_run(void *data, struct drm_dep_job *job)
{
	note_event(TRACE_RUN, job, NULL);
}

static void probe_done(void *data, struct drm_dep_job *job)
{
	note_event(TRACE_DONE, job, NULL);
}

static void probe_add_dep(void *data, struct drm_dep_job *job, struct dma_fence *fence)
{
	note_event(TRACE_ADD_DEP, job, fence);
}

static void probe_unschedulable(void *data, struct drm_dep_job *job, struct dma_fence *fence)
{
	note_event(TRACE_UNSCHEDULABLE, job, fence);
}

static struct {
	const char *name;
	void *probe;
	struct tracepoint *tracepoint;
} traces[N_TRACES] = {
	[TRACE_QUEUE] = { "drm_dep_job_queue", probe_queue },
	[TRACE_RUN] = { "drm_dep_job_run", probe_run },
	[TRACE_DONE] = { "drm_dep_job_done", probe_done },
	[TRACE_ADD_DEP] = { "drm_dep_job_add_dep", probe_add_dep },
	[TRACE_UNSCHEDULABLE] = { "drm_dep_job_unschedulable", probe_unschedulable },
};

static void note_tracepoint(struct tracepoint *tracepoint, void *unused)
{
	int i;

	for (i = 0; i < N_TRACES; i++)
		if (!strcmp(traces[i].name, tracepoint->name))
			traces[i].tracepoint = tracepoint;
}

#ifdef CONFIG_MODULES
/* Registering such a thing tells of the modules that there are. */
static int note_module(struct notifier_block *block, unsigned long state, void *data)
{
	struct tp_module *module = data;
	int i;

	for (i = 0; state == MODULE_STATE_COMING && i < module->mod->num_tracepoints; i++)
		note_tracepoint(tracepoint_ptr_deref(&module->mod->tracepoints_ptrs[i]), NULL);
	return NOTIFY_OK;
}

static struct notifier_block module_notes = { .notifier_call = note_module };

static void find_in_modules(void)
{
	register_tracepoint_module_notifier(&module_notes);
	unregister_tracepoint_module_notifier(&module_notes);
}
#else
static void find_in_modules(void)
{
}
#endif

static int trace_suite_init(struct kunit_suite *suite)
{
	for_each_kernel_tracepoint(note_tracepoint, NULL);
	find_in_modules();
	return 0;
}

/* Called for every event of every device from here to the end of the test. */
static void remove_probes(void *unused)
{
	int i;

	for (i = 0; i < N_TRACES; i++)
		tracepoint_probe_unregister(traces[i].tracepoint, traces[i].probe, NULL);
	tracepoint_synchronize_unregister();
	seen.drm = NULL;
}

static void watch(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	int i;

	for (i = 0; i < N_TRACES; i++)
		KUNIT_ASSERT_NOT_NULL_MSG(test, traces[i].tracepoint, "no trace event %s",
					  traces[i].name);
	seen.count = 0;
	seen.drm = &dev->drm;
	for (i = 0; i < N_TRACES; i++)
		KUNIT_EXPECT_EQ(test, tracepoint_probe_register(traces[i].tracepoint,
								traces[i].probe, NULL), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, remove_probes, NULL), 0);
}

static void stop_watching(struct kunit *test)
{
	kunit_release_action(test, remove_probes, NULL);
}

/* The first event of this kind about the job, or NULL; and how many there were. */
static const struct trace_event *find_event(enum trace_kind kind, struct dma_fence *fence,
					    unsigned int *count)
{
	const struct trace_event *found = NULL;
	unsigned int i, n = 0;

	spin_lock_irq(&seen.lock);
	for (i = 0; i < seen.count; i++) {
		const struct trace_event *event = &seen.events[i];

		if (event->kind != kind || event->context != fence->context ||
		    event->seqno != fence->seqno)
			continue;
		if (!n++)
			found = event;
	}
	spin_unlock_irq(&seen.lock);
	if (count)
		*count = n;
	return found;
}

static unsigned int count_events(enum trace_kind kind, struct dma_fence *fence)
{
	unsigned int count;

	find_event(kind, fence, &count);
	return count;
}

/* How often it is said that the job depends on, or is blocked by, that fence. */
static unsigned int count_about(enum trace_kind kind, struct dma_fence *fence,
				struct dma_fence *other)
{
	unsigned int i, n = 0;

	spin_lock_irq(&seen.lock);
	for (i = 0; i < seen.count; i++) {
		const struct trace_event *event = &seen.events[i];

		n += event->kind == kind && event->context == fence->context &&
		     event->seqno == fence->seqno && event->other_context == other->context &&
		     event->other_seqno == other->seqno;
	}
	spin_unlock_irq(&seen.lock);
	return n;
}

static void queued_run_done(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 10);
	const struct trace_event *queued, *run, *done;
	struct dma_fence *fences[5];
	int i;

	dev->client_id = 77;
	watch(test);
	for (i = 0; i < 5; i++) {
		struct mock_job *job = mock_job_create(test, queue, 2);

		job->duration_us = i;
		job->at_once = !i;
		mock_job_arm(job);
		fences[i] = mock_job_fence(job);
		mock_job_push(job);
		KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	}
	stop_watching(test);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, count_events(TRACE_QUEUE, fences[i]), 1);
		KUNIT_EXPECT_EQ(test, count_events(TRACE_RUN, fences[i]), 1);
		KUNIT_EXPECT_EQ(test, count_events(TRACE_DONE, fences[i]), 1);
		queued = find_event(TRACE_QUEUE, fences[i], NULL);
		run = find_event(TRACE_RUN, fences[i], NULL);
		done = find_event(TRACE_DONE, fences[i], NULL);
		if (!queued || !run || !done)
			continue;
		KUNIT_EXPECT_LT(test, queued - seen.events, run - seen.events);
		KUNIT_EXPECT_LT(test, run - seen.events, done - seen.events);
		KUNIT_EXPECT_EQ(test, queued->client_id, 77);
		KUNIT_EXPECT_EQ(test, queued->waiting, 1);
		KUNIT_EXPECT_EQ(test, run->waiting, 0);
		KUNIT_EXPECT_EQ(test, run->credits, queued->credits + 2);
	}
	KUNIT_EXPECT_EQ(test, seen.count, 15);
	for (i = 0; i < 5; i++)
		dma_fence_put(fences[i]);
}

static void dependencies(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct dma_fence *deps[3], *signalled = mock_fence_create(test), *fence;
	struct mock_job *job = mock_job_create(test, queue, 1);
	int i, blocked = 0;

	watch(test);
	mock_fence_signal(signalled, 0);
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, signalled), 0);
	for (i = 0; i < 3; i++) {
		deps[i] = mock_fence_create(test);
		KUNIT_ASSERT_EQ(test, mock_job_depend(job, deps[i]), 0);
	}
	mock_job_arm(job);
	fence = mock_job_fence(job);
	mock_job_push(job);
	/* Those that are waited for, and that one of them blocks the job. */
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, count_about(TRACE_ADD_DEP, fence, deps[i]), 1);
		blocked += count_about(TRACE_UNSCHEDULABLE, fence, deps[i]);
	}
	KUNIT_EXPECT_EQ(test, count_events(TRACE_ADD_DEP, fence), 3);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_QUEUE, fence), 1);
	KUNIT_EXPECT_EQ(test, blocked, 1);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_RUN, fence), 0);
	for (i = 0; i < 3; i++)
		mock_fence_signal(deps[i], 0);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	stop_watching(test);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_RUN, fence), 1);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_DONE, fence), 1);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_UNSCHEDULABLE, fence), 1);
	dma_fence_put(fence);
}

/* What prepare_job returned blocks the job as well. */
static void prepare_fences(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create_with(test, &(struct mock_queue_options) {
		.credits = 1,
		.prepare = true,
	});
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *space = mock_fence_create(test), *fence;

	KUNIT_ASSERT_EQ(test, mock_job_prepare_fence(job, space), 0);
	watch(test);
	mock_job_arm(job);
	fence = mock_job_fence(job);
	mock_job_push(job);
	MOCK_ASSERT_SOON(test, dev, atomic_read(&queue->prepared) == 1);
	mock_settle();
	mock_fence_signal(space, 0);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	stop_watching(test);
	/* The push may see it, too. */
	KUNIT_EXPECT_GE(test, count_about(TRACE_UNSCHEDULABLE, fence, space), 1);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_RUN, fence), 1);
	dma_fence_put(fence);
}

/* Cancelled jobs are done without having run; one that was never pushed was not queued. */
static void cancelled_jobs(struct kunit *test)
{
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct dma_fence *pushed, *put;
	struct mock_job *job;

	watch(test);
	job = mock_job_create(test, queue, 1);
	mock_job_arm(job);
	put = mock_job_fence(job);
	mock_job_put(job);
	KUNIT_EXPECT_EQ(test, mock_fence_wait(test, put), -ECANCELED);
	mock_queue_kill(queue);
	job = mock_job_create(test, queue, 1);
	mock_job_arm(job);
	pushed = mock_job_fence(job);
	mock_job_push(job);
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), -ECANCELED);
	stop_watching(test);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_QUEUE, put), 0);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_QUEUE, pushed), 1);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_RUN, put) + count_events(TRACE_RUN, pushed), 0);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_DONE, put), 1);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_DONE, pushed), 1);
	dma_fence_put(put);
	dma_fence_put(pushed);
}

static void run_again(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 1);
	struct mock_job *job = mock_job_create(test, queue, 1);
	struct dma_fence *fence;

	watch(test);
	mock_job_arm(job);
	fence = mock_job_fence(job);
	mock_job_push(job);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	mock_queue_stop(queue);
	KUNIT_EXPECT_EQ(test, mock_queue_reset(queue), 1);
	KUNIT_EXPECT_EQ(test, mock_queue_resubmit(queue), 1);
	mock_queue_start(queue);
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
	stop_watching(test);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_QUEUE, fence), 1);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_RUN, fence), 2);
	KUNIT_EXPECT_EQ(test, count_events(TRACE_DONE, fence), 1);
	dma_fence_put(fence);
}

/* Numbers that somebody else knows, too: see above. */
static void fields(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	struct mock_queue *queue = mock_queue_create(test, 50);
	struct dma_fence *dependency = mock_fence_create_on(test, 4712, 4713);
	struct mock_job *job;

	dev->client_id = 4711;
	job = mock_job_create(test, queue, 42);
	KUNIT_ASSERT_EQ(test, mock_job_depend(job, dependency), 0);
	mock_job_submit(job);
	mock_fence_signal(dependency, 0);
	MOCK_ASSERT_SOON(test, dev, mock_job_has_returned(job));
	KUNIT_EXPECT_TRUE(test, mock_job_complete(job));
	KUNIT_EXPECT_EQ(test, mock_job_wait(test, job), 1);
}

static struct kunit_case drm_dep_trace_cases[] = {
	KUNIT_CASE_PARAM(queued_run_done, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(dependencies, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(prepare_fences, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(cancelled_jobs, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(run_again, mock_pairs_gen_params),
	KUNIT_CASE_PARAM(fields, mock_pairs_gen_params),
	{}
};

static struct kunit_suite drm_dep_trace_suite = {
	.name = "drm_dep_trace",
	.suite_init = trace_suite_init,
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_trace_cases,
};

kunit_test_suite(drm_dep_trace_suite);
