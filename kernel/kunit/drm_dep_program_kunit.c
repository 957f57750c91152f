// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/hex.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "mock_device.h"
#include "program_step.h"

/*
 * The programs of the corpus (program.h), as the tests on the host run them: after each operation
 * the core comes to rest, and has to look like the model. What a fuzzer has found there is
 * run here, with the locks, workqueues and fences of a kernel.
 */

static char *program;
module_param(program, charp, 0444);
MODULE_PARM_DESC(program, "A program to run instead of the corpus, two digits a byte");

static const struct {
	const char *bytes;
	unsigned int n;
} programs[] = {
#define PROGRAM(text) { text, sizeof(text) - 1 },
#include "program_corpus.inc"
#undef PROGRAM
};

/* What was seen of a queue, and of a job. The hooks of both are called in any context. */
struct seen_queue {
	struct mock_queue *queue;
	atomic_t told, processed, fini;
};

struct seen_job {
	const struct model_job *planned;
	struct dma_fence **fences;
	struct mock_job *job;
	struct dma_fence *finished;
	u32 number_before;
	atomic_t runs, prepares, released;
};

struct run {
	struct kunit *test;
	struct mock_device *dev;
	struct model model;
	struct seen_queue queues[MODEL_QUEUES];
	struct seen_job jobs[MODEL_JOBS];
	struct dma_fence *fences[MODEL_FENCES];
	struct workqueue_struct *workqueue;
	unsigned int steps;
	/* So what nothing tells of can be looked at, too. */
	bool at_rest;
	/* Where the core and the model differ. */
	const char *what;
	unsigned int which;
	int found, expected;
};

static bool differ(struct run *run, const char *what, unsigned int which, int found, int expected)
{
	if (found == expected)
		return false;
	run->what = what;
	run->which = which;
	run->found = found;
	run->expected = expected;
	return true;
}

/* What the driver does */

static void on_run(struct mock_job *job)
{
	struct seen_job *seen = job->private;
	u32 number = drm_dep_job_run_number(&job->base);

	seen->number_before = job->run_number;
	atomic_inc(&seen->runs);
	if (seen->planned->finish == MODEL_DRIVER_AND_FENCE &&
	    !drm_dep_job_done(&job->base, number, seen->planned->run_error))
		mock_violation(job->dev, "job %u was done before it ran", job->id);
}

static struct dma_fence *on_prepare(struct mock_job *job)
{
	struct seen_job *seen = job->private;
	const struct model_job *planned = seen->planned;

	if (atomic_inc_return(&seen->prepares) == 1 && planned->prepare_fence != MODEL_NONE)
		return dma_fence_get(seen->fences[planned->prepare_fence]);
	return planned->prepare_error ? ERR_PTR(planned->prepare_error) : NULL;
}

static void on_release(struct mock_job *job)
{
	struct seen_job *seen = job->private;

	atomic_set(&seen->released, 1);
}

static void on_killed(struct mock_queue *queue)
{
	struct seen_queue *seen = queue->private;

	atomic_inc(&seen->told);
}

static int on_fini(struct mock_queue *queue)
{
	struct seen_queue *seen = queue->private;

	atomic_set(&seen->fini, 1);
	return 0;
}

static void on_process(struct mock_message *message)
{
	struct seen_queue *seen = message->private;

	atomic_inc(&seen->processed);
}

/* The steps */

/* The device has the only reference. */
static struct dma_fence *foreign(struct run *run, unsigned int fence)
{
	if (!run->fences[fence])
		run->fences[fence] = mock_fence_create(run->test);
	return run->fences[fence];
}

static void make_queue(struct run *run, const struct program_step *step)
{
	static const struct {
		unsigned int model, core;
	} flags[] = {
		{ MODEL_BYPASS, DRM_DEP_QUEUE_BYPASS },
		{ MODEL_PUT_IRQ_SAFE, DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE },
		{ MODEL_KEEP_OWN, DRM_DEP_QUEUE_KEEP_OWN_DEPS },
		{ MODEL_STOPPED, DRM_DEP_QUEUE_STOPPED },
		{ MODEL_ATOMIC, DRM_DEP_QUEUE_RUN_ATOMIC },
	};
	unsigned int wanted = run->model.queues[step->queue].flags, i;
	struct seen_queue *seen = &run->queues[step->queue];
	struct mock_queue_options options = {
		.credits = step->limit,
		.nest_level = step->level,
		.prepare = wanted & MODEL_PREPARE,
	};

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (wanted & flags[i].model)
			options.flags |= flags[i].core;
	seen->queue = mock_queue_create_with(run->test, &options);
	seen->queue->private = seen;
	seen->queue->on_killed = on_killed;
	seen->queue->on_fini = on_fini;
	/* All of them have the same one. */
	run->workqueue = drm_dep_queue_workqueue(&seen->queue->base);
}

static void make_job(struct run *run, const struct program_step *step)
{
	const struct model_job *planned = &run->model.jobs[step->job];
	enum model_finish finish = planned->finish;
	struct seen_job *seen = &run->jobs[step->job];
	struct mock_job *job;

	if (planned->prepare_fence != MODEL_NONE)
		foreign(run, planned->prepare_fence);
	run->dev->mode.hw_fence = finish == MODEL_HARDWARE || finish == MODEL_HARDWARE_ALREADY ||
				  finish == MODEL_DRIVER_AND_FENCE;
	job = mock_job_create(run->test, run->queues[step->queue].queue, planned->credits);
	/* The model keeps the books, and knows of jobs that are done before their hardware. */
	job->credits = 0;
	job->at_once = finish == MODEL_HARDWARE_ALREADY || finish == MODEL_DRIVER_AT_ONCE;
	if (job->at_once)
		job->hw_error = planned->run_error;
	if (finish == MODEL_ERROR)
		job->run_error = planned->run_error;
	job->private = seen;
	job->on_run = on_run;
	job->on_prepare = on_prepare;
	job->on_release = on_release;
	seen->planned = planned;
	seen->fences = run->fences;
	seen->job = job;
}

static void add_dependency(struct run *run, const struct program_step *step)
{
	struct dma_fence *fences[3] = {}, *all, *array;
	unsigned int i;

	for (i = 0; i < step->n; i++)
		fences[i] = step->of_job[i] ? run->jobs[step->fences[i]].finished :
					      foreign(run, step->fences[i]);
	switch (step->shape) {
	case PROGRAM_ARRAY:
		all = mock_fence_array(run->test, fences, 2);
		break;
	case PROGRAM_CHAIN:
		all = mock_fence_chain(run->test, dma_fence_get(fences[0]), fences[1], 1);
		break;
	case PROGRAM_ARRAY_IN_CHAIN:
		array = mock_fence_array(run->test, fences + 1, 2);
		all = mock_fence_chain(run->test, dma_fence_get(fences[0]), array, 1);
		dma_fence_put(array);
		break;
	default:
		all = dma_fence_get(fences[0]);
		break;
	}
	KUNIT_EXPECT_EQ(run->test, mock_job_depend(run->jobs[step->job].job, all), 0);
	dma_fence_put(all);
}

static void send_message(struct run *run, const struct program_step *step)
{
	struct seen_queue *seen = &run->queues[step->queue];
	struct mock_message *message = mock_message_create(run->test, seen->queue, run->steps);

	message->on_process = on_process;
	message->private = seen;
	KUNIT_EXPECT_TRUE(run->test, step->first ? mock_message_send_first(message) :
						   mock_message_send(message));
}

static void complete_job(struct run *run, const struct program_step *step)
{
	struct mock_job *job = run->jobs[step->job].job;

	/* With a hardware fence, too, the driver may be first; the fence comes later then. */
	if (step->kind == PROGRAM_DONE && job->by_fence)
		KUNIT_EXPECT_TRUE(run->test,
				  drm_dep_job_done(&job->base, job->run_number, step->error));
	else
		KUNIT_EXPECT_TRUE(run->test, mock_job_fail(job, step->error));
}

static void complete_too_late(struct run *run, const struct program_step *step)
{
	struct seen_job *seen = &run->jobs[step->job];
	u32 number = seen->planned->done ? seen->job->run_number : seen->number_before;

	KUNIT_EXPECT_FALSE(run->test, drm_dep_job_done(&seen->job->base, number, -EIO));
}

static void do_step(struct run *run, const struct program_step *step)
{
	struct mock_queue *queue = run->queues[step->queue].queue;
	struct seen_job *job = &run->jobs[step->job];

	switch (step->kind) {
	case PROGRAM_QUEUE:
		make_queue(run, step);
		break;
	case PROGRAM_QUEUE_PUT:
		mock_queue_put(queue);
		break;
	case PROGRAM_JOB:
		make_job(run, step);
		break;
	case PROGRAM_DEPEND:
		add_dependency(run, step);
		break;
	case PROGRAM_ARM:
		mock_job_arm(job->job);
		job->finished = mock_job_fence(job->job);
		break;
	case PROGRAM_PUSH:
		mock_job_push(job->job);
		break;
	case PROGRAM_JOB_PUT:
		mock_job_put(job->job);
		break;
	case PROGRAM_DONE:
	case PROGRAM_HARDWARE:
		complete_job(run, step);
		break;
	case PROGRAM_LATE:
		complete_too_late(run, step);
		break;
	case PROGRAM_FENCE:
		mock_fence_signal(foreign(run, step->fence), step->error);
		break;
	case PROGRAM_STOP:
		mock_queue_stop(queue);
		break;
	case PROGRAM_START:
		mock_queue_start(queue);
		break;
	case PROGRAM_KILL:
		mock_queue_kill(queue);
		break;
	case PROGRAM_RESUBMIT:
		/* The hardware forgets what it is given again. */
		mock_queue_reset(queue);
		KUNIT_EXPECT_EQ(run->test, mock_queue_resubmit(queue), step->expected);
		break;
	case PROGRAM_LIMIT:
		mock_queue_set_credit_limit(queue, step->limit);
		break;
	case PROGRAM_MESSAGE:
		send_message(run, step);
		break;
	case PROGRAM_IDLE:
		/* Waiting in vain takes its time, and is waited for in drm_dep_idle_kunit.c. */
		if (!step->error)
			KUNIT_EXPECT_EQ(run->test, drm_dep_queue_wait_idle(&queue->base, 30000), 0);
		break;
	case PROGRAM_KINDS:
		break;
	}
}

/* Looking at the core */

static bool queue_differs(struct run *run, unsigned int i)
{
	const struct model_queue *model = &run->model.queues[i];
	struct seen_queue *seen = &run->queues[i];
	struct drm_dep_queue *queue = &seen->queue->base;

	/* Release is a grace period away, and mock_device_exit() waits for it. */
	return differ(run, "fini of queue", i, atomic_read(&seen->fini), model->released) ||
	       differ(run, "messages of queue", i, atomic_read(&seen->processed),
		      model->processed) ||
	       differ(run, "killed of queue", i, atomic_read(&seen->told), model->told) ||
	       (!model->released && run->at_rest &&
		(differ(run, "is_killed of queue", i, drm_dep_queue_is_killed(queue),
			model->killed) ||
		 differ(run, "is_stopped of queue", i, drm_dep_queue_is_stopped(queue),
			!!model->stops) ||
		 differ(run, "last error of queue", i, drm_dep_queue_last_error(queue),
			model->last_error)));
}

static bool job_differs(struct run *run, unsigned int i)
{
	const struct model_job *model = &run->model.jobs[i];
	struct seen_job *seen = &run->jobs[i];
	int status;

	if (differ(run, "runs of job", i, atomic_read(&seen->runs), model->runs) ||
	    differ(run, "prepare_job of job", i, atomic_read(&seen->prepares), model->prepares) ||
	    differ(run, "release of job", i, atomic_read(&seen->released), model->released))
		return true;
	if (!seen->finished)
		return false;
	status = dma_fence_get_status_locked(seen->finished);
	return differ(run, "finished fence of job", i, status,
		      model->signalled ? model->error ?: 1 : 0) ||
	       (model->held && run->at_rest &&
		differ(run, "is_finished of job", i, drm_dep_job_is_finished(&seen->job->base),
		       model->done));
}

static bool is_like_model(struct run *run)
{
	unsigned int i;

	run->what = NULL;
	for (i = 0; i < run->model.n_queues; i++)
		if (queue_differs(run, i))
			return false;
	for (i = 0; i < run->model.n_jobs; i++)
		if (job_differs(run, i))
			return false;
	return true;
}

/*
 * What should happen is waited for; then what should not happen gets its time. The last error of a
 * queue, for one, is known only when the fence has called everybody back.
 */
static bool compare(struct run *run)
{
	run->at_rest = false;
	if (!mock_soon(run->dev, is_like_model(run)))
		return false;
	if (run->workqueue)
		flush_workqueue(run->workqueue);
	run->at_rest = true;
	return is_like_model(run);
}

/* Runs a step of the program, and tells if it goes wrong. */
static bool go_on(struct run *run, const struct program_step *step)
{
	bool well;

	do_step(run, step);
	model_settle(&run->model);
	well = compare(run);
	run->steps++;
	if (!well)
		KUNIT_FAIL(run->test, "after step %u, \"%s\", %s %u: %d, the model says %d",
			   run->steps, program_name(step->kind), run->what, run->which, run->found,
			   run->expected);
	return well && !atomic_read(&run->dev->violations) &&
	       READ_ONCE(run->test->status) != KUNIT_FAILURE;
}

static bool run_steps(struct run *run, const u8 *bytes, unsigned int n, unsigned int flags)
{
	struct program_step step;
	unsigned int length;
	struct program_op op;

	for (; (length = program_decode(bytes, n, &op)); bytes += length, n -= length)
		if (program_step_make(&run->model, &op, flags, &step) && !go_on(run, &step))
			return false;
	while (program_step_end(&run->model, &step))
		if (!go_on(run, &step))
			return false;
	return true;
}

/* What goes wrong is left to mock_device_exit(), with the memory that the hooks still need. */
static bool run_program(struct kunit *test, const u8 *bytes, unsigned int n, unsigned int flags,
			unsigned int *steps)
{
	struct run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	unsigned int i;
	bool well;

	KUNIT_ASSERT_NOT_NULL(test, run);
	run->test = test;
	run->dev = test->priv;
	model_init(&run->model);
	well = run_steps(run, bytes, n, flags);
	*steps += run->steps;
	for (i = 0; i < run->model.n_jobs; i++)
		dma_fence_put(run->jobs[i].finished);
	if (well) {
		kunit_kfree(test, run);
		return true;
	}
	KUNIT_FAIL(test, "a program failed, with flags %u; as text, and on the host: DRM_DEP_PROGRAM=(the digits)",
		   flags);
	for (i = 0; i < n; i += 32)
		kunit_err(test, "%*phN\n", (int)min(n - i, 32u), bytes + i);
	return false;
}

static void do_as_the_model_says(struct kunit *test)
{
	struct mock_device *dev = test->priv;
	unsigned int flags = 0, steps = 0, i;

	if (dev->mode.bypass)
		flags |= MODEL_BYPASS;
	if (dev->mode.irq_put)
		flags |= MODEL_PUT_IRQ_SAFE;
	/* Each queue has flags of its own, of which these are turned around. */
	dev->mode = (struct mock_mode) {};
	/* The model knows better what is waited for, that in containers included. */
	dev->hold_dependencies = false;

	if (program) {
		unsigned int n = strlen(program) / 2;
		u8 *bytes = kunit_kzalloc(test, n + 1, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, bytes);
		KUNIT_ASSERT_EQ_MSG(test, hex2bin(bytes, program, n), 0, "no digits: %s", program);
		run_program(test, bytes, n, flags, &steps);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(programs); i++)
		if (!run_program(test, programs[i].bytes, programs[i].n, flags, &steps))
			return;
	kunit_info(test, "%u programs, %u steps\n", i, steps);
}

static struct kunit_case drm_dep_program_cases[] = {
	KUNIT_CASE_PARAM(do_as_the_model_says, mock_flags_gen_params),
	{}
};

static struct kunit_suite drm_dep_program_suite = {
	.name = "drm_dep_program",
	.init = mock_device_init,
	.exit = mock_device_exit,
	.test_cases = drm_dep_program_cases,
};
kunit_test_suite(drm_dep_program_suite);
