// SPDX-License-Identifier: GPL-2.0 OR MIT
#include "program_step.h"

/* What an operation may be done to */

static bool queue_used(const struct model *model, unsigned int i)
{
	return model->queues[i].used;
}

/* Who stops a queue keeps it until it is started. */
static bool queue_may_be_put(const struct model *model, unsigned int i)
{
	return model->queues[i].used && !model->queues[i].stops;
}

static bool queue_stopped(const struct model *model, unsigned int i)
{
	return model->queues[i].stops;
}

/* Somebody has it, or a job of it. */
static bool queue_reachable(const struct model *model, unsigned int queue)
{
	bool reachable = model->queues[queue].used;
	unsigned int i;

	for (i = 0; i < model->n_jobs; i++)
		reachable |= model->jobs[i].queue == queue && model->jobs[i].held;
	return reachable;
}

static bool job_held(const struct model *model, unsigned int i)
{
	return model->jobs[i].held;
}

static bool job_new(const struct model *model, unsigned int i)
{
	return model->jobs[i].held && !model->jobs[i].armed;
}

static bool job_to_push(const struct model *model, unsigned int i)
{
	return model->jobs[i].held && model->jobs[i].armed && !model->jobs[i].pushed;
}

static bool job_armed(const struct model *model, unsigned int i)
{
	return model->jobs[i].armed;
}

static bool job_in_flight(const struct model *model, unsigned int i)
{
	return model->jobs[i].runs && !model->jobs[i].done;
}

/* There is a run number that is not that of a run in flight, and the job is still there. */
static bool job_too_late(const struct model *model, unsigned int i)
{
	const struct model_job *job = &model->jobs[i];

	return job->done ? job->runs && (job->held || job->fence_pending) : job->runs > 1;
}

static bool job_fence_pending(const struct model *model, unsigned int i)
{
	return model->jobs[i].fence_pending;
}

static bool fence_unsignalled(const struct model *model, unsigned int i)
{
	return !(model->signalled >> i & 1);
}

/* The first that suits, from @start on; n if none does. */
static unsigned int pick(const struct model *model, unsigned int n, unsigned int start,
			 bool (*suits)(const struct model *model, unsigned int i))
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (suits(model, (start + i) % n))
			return (start + i) % n;
	return n;
}

/* Operations */

static int error_of(unsigned int operand)
{
	return operand & 1 ? -1 - (int)(operand >> 1) : 0;
}

static unsigned int limit_of(unsigned int operand)
{
	return 1 + operand % 5;
}

/* One that exists, or the next new one. */
static unsigned int fence_of(struct model *model, unsigned int operand)
{
	unsigned int fence = operand % (model->n_fences + 1);

	if (fence == MODEL_FENCES)
		return fence - 1;
	if (fence == model->n_fences)
		model->n_fences++;
	return fence;
}

static bool make_queue(struct model *model, const unsigned char *operands, unsigned int flags,
		       struct program_step *step)
{
	struct model_queue *queue = &model->queues[model->n_queues];

	if (model->n_queues == MODEL_QUEUES)
		return false;
	step->queue = model->n_queues++;
	step->limit = limit_of(operands[0]);
	step->level = operands[0] / 5 % 7;
	queue->limit = step->limit;
	queue->flags = (operands[1] & 63) ^ flags;
	queue->stops = !!(queue->flags & MODEL_STOPPED);
	queue->used = true;
	return true;
}

static bool make_job(struct model *model, const unsigned char *operands, struct program_step *step)
{
	struct model_job *job = &model->jobs[model->n_jobs];

	step->queue = pick(model, model->n_queues, operands[0], queue_used);
	if (step->queue == model->n_queues || model->n_jobs == MODEL_JOBS)
		return false;
	step->job = model->n_jobs++;
	job->queue = step->queue;
	job->credits = 1 + operands[1] / MODEL_FINISHES % model->queues[step->queue].limit;
	job->finish = (enum model_finish)(operands[1] % MODEL_FINISHES);
	job->run_error = error_of(operands[2]);
	if (job->finish == MODEL_ERROR && !job->run_error)
		job->run_error = -1 - (int)operands[2];
	job->prepare_fence = operands[3] & 1 ? fence_of(model, operands[3] >> 2) : MODEL_NONE;
	job->prepare_error = operands[3] & 2 ? -1 - (operands[3] >> 2) : 0;
	job->held = true;
	return true;
}

static bool depend(struct model *model, const unsigned char *operands, struct program_step *step)
{
	static const unsigned int members[PROGRAM_SHAPES] = { 1, 2, 2, 3 };
	struct model_job *job = &model->jobs[step->job];
	unsigned int i;

	step->shape = (enum program_shape)(operands[1] % PROGRAM_SHAPES);
	step->n = members[step->shape];
	for (i = 0; i < step->n; i++) {
		unsigned int operand = operands[2 + i];
		unsigned int armed = pick(model, model->n_jobs, operand >> 1, job_armed);

		step->of_job[i] = !(operand & 1) && armed < model->n_jobs;
		step->fences[i] = step->of_job[i] ? armed : fence_of(model, operand >> 1);
		if (step->of_job[i])
			job->waits_for_jobs |= 1u << step->fences[i];
		else
			job->waits_for_fences |= 1u << step->fences[i];
	}
	return true;
}

/* After a kill only a job with a hardware fence is given up. */
static void resubmit(struct model *model, struct program_step *step)
{
	bool killed = model->queues[step->queue].killed;
	unsigned int i;

	for (i = 0; i < model->n_jobs; i++) {
		struct model_job *job = &model->jobs[i];

		if (job->queue != step->queue || !job_in_flight(model, i))
			continue;
		if (!killed) {
			job->runs++;
			step->expected++;
		} else if (job->fence_pending) {
			job->fence_pending = false;
			model_complete(model, job, -ECANCELED);
		}
	}
}

/* What is not clear is not asked: whether it waits for a job that was cancelled. */
static bool ask_idle(const struct model *model, struct program_step *step)
{
	const struct model_queue *queue = &model->queues[step->queue];
	bool any = false, pushed = false;
	unsigned int i;

	for (i = 0; i < queue->n; i++) {
		const struct model_job *job = &model->jobs[queue->order[i]];

		if (job->signalled && !job->fence_pending)
			continue;
		any = true;
		pushed |= job->pushed;
	}
	step->error = pushed ? -ETIME : 0;
	return pushed || !any;
}

static bool of_queue(struct model *model, const unsigned char *operands, struct program_step *step)
{
	struct model_queue *queue = &model->queues[step->queue];

	switch (step->kind) {
	case PROGRAM_QUEUE_PUT:
		queue->used = false;
		return true;
	case PROGRAM_STOP:
		queue->stops++;
		return true;
	case PROGRAM_START:
		queue->stops--;
		return true;
	case PROGRAM_KILL:
		queue->killed = true;
		return true;
	case PROGRAM_RESUBMIT:
		resubmit(model, step);
		return true;
	case PROGRAM_LIMIT:
		step->limit = limit_of(operands[1]);
		queue->limit = step->limit;
		return true;
	case PROGRAM_MESSAGE:
		step->first = operands[1] & 1;
		queue->sent++;
		return true;
	default:
		return ask_idle(model, step);
	}
}

static bool of_job(struct model *model, const unsigned char *operands, struct program_step *step)
{
	struct model_job *job = &model->jobs[step->job];
	struct model_queue *queue = &model->queues[job->queue];

	step->queue = job->queue;
	step->error = error_of(operands[1]);
	switch (step->kind) {
	case PROGRAM_DEPEND:
		return depend(model, operands, step);
	case PROGRAM_ARM:
		job->armed = true;
		queue->order[queue->n++] = step->job;
		return true;
	case PROGRAM_PUSH:
		job->pushed = true;
		return true;
	case PROGRAM_JOB_PUT:
		job->held = false;
		job->cancelled = job->armed && !job->pushed;
		return true;
	case PROGRAM_HARDWARE:
		job->fence_pending = false;
		model_complete(model, job, step->error);
		return true;
	case PROGRAM_DONE:
		model_complete(model, job, step->error);
		return true;
	default:
		return true;
	}
}

bool program_step_make(struct model *model, const struct program_op *op, unsigned int flags,
		struct program_step *step)
{
	static bool (*const queues[PROGRAM_KINDS])(const struct model *model, unsigned int i) = {
		[PROGRAM_QUEUE_PUT] = queue_may_be_put,
		[PROGRAM_STOP] = queue_used,
		[PROGRAM_START] = queue_stopped,
		[PROGRAM_KILL] = queue_reachable,
		[PROGRAM_RESUBMIT] = queue_stopped,
		[PROGRAM_LIMIT] = queue_used,
		[PROGRAM_MESSAGE] = queue_reachable,
		[PROGRAM_IDLE] = queue_used,
	};
	static bool (*const jobs[PROGRAM_KINDS])(const struct model *model, unsigned int i) = {
		[PROGRAM_DEPEND] = job_new,
		[PROGRAM_ARM] = job_new,
		[PROGRAM_PUSH] = job_to_push,
		[PROGRAM_JOB_PUT] = job_held,
		[PROGRAM_DONE] = job_in_flight,
		[PROGRAM_LATE] = job_too_late,
		[PROGRAM_HARDWARE] = job_fence_pending,
	};
	unsigned int first = op->operands[0];

	*step = (struct program_step) { .kind = op->kind };
	if (op->kind == PROGRAM_QUEUE)
		return make_queue(model, op->operands, flags, step);
	if (op->kind == PROGRAM_JOB)
		return make_job(model, op->operands, step);
	if (queues[op->kind]) {
		step->queue = pick(model, model->n_queues, first, queues[op->kind]);
		return step->queue < model->n_queues && of_queue(model, op->operands, step);
	}
	if (jobs[op->kind]) {
		step->job = pick(model, model->n_jobs, first, jobs[op->kind]);
		return step->job < model->n_jobs && of_job(model, op->operands, step);
	}
	step->fence = pick(model, model->n_fences, first, fence_unsignalled);
	step->error = error_of(op->operands[1]);
	if (step->fence == model->n_fences)
		return false;
	model->signalled |= 1u << step->fence;
	return true;
}

bool program_step_end(struct model *model, struct program_step *step)
{
	/* Fences first: what waits for them goes on then. PROGRAM_KINDS is their end. */
	static const enum program_kind kinds[] = {
		PROGRAM_FENCE, PROGRAM_PUSH, PROGRAM_START, PROGRAM_HARDWARE, PROGRAM_DONE,
		PROGRAM_JOB_PUT, PROGRAM_QUEUE_PUT, PROGRAM_KINDS,
	};
	unsigned int i;

	for (i = 0; kinds[i] != PROGRAM_KINDS; i++) {
		struct program_op op = { .kind = kinds[i] };

		if (program_step_make(model, &op, 0, step))
			return true;
	}
	return false;
}
