// SPDX-License-Identifier: GPL-2.0 OR MIT
#include "program_model.h"

void model_init(struct model *model)
{
	*model = (struct model) { 0 };
}

static bool met(const struct model *model, const struct model_job *job)
{
	unsigned int i;

	if (job->waits_for_fences & ~model->signalled)
		return false;
	if (job->prepares && job->prepare_fence != MODEL_NONE &&
	    !(model->signalled >> job->prepare_fence & 1))
		return false;
	for (i = 0; i < model->n_jobs; i++) {
		/* A job of the same queue is behind it anyway. */
		if (model->jobs[i].queue == job->queue &&
		    !(model->queues[job->queue].flags & MODEL_KEEP_OWN))
			continue;
		if (job->waits_for_jobs >> i & 1 && !model->jobs[i].signalled)
			return false;
	}
	return true;
}

void model_complete(struct model *model, struct model_job *job, int error)
{
	if (job->done)
		return;
	job->done = true;
	job->error = error;
	if (job->runs)
		model->queues[job->queue].in_flight -= job->credits;
}

static bool run_next(struct model *model, struct model_queue *queue)
{
	struct model_job *job;
	unsigned int i = 0;

	while (i < queue->n && (model->jobs[queue->order[i]].runs || model->jobs[queue->order[i]].done))
		i++;
	if (i == queue->n)
		return false;
	job = &model->jobs[queue->order[i]];
	if (!(job->pushed || job->cancelled) || !met(model, job))
		return false;
	if (job->cancelled || queue->killed) {
		model_complete(model, job, -ECANCELED);
		return true;
	}
	if (queue->stops)
		return false;
	if (queue->flags & MODEL_PREPARE && !job->prepared) {
		if (job->prepares++ || job->prepare_fence == MODEL_NONE) {
			job->prepared = true;
			if (job->prepare_error)
				model_complete(model, job, job->prepare_error);
		}
		return true;
	}
	/* One that is larger than the limit has become runs alone. */
	if (queue->in_flight && queue->in_flight + job->credits > queue->limit)
		return false;

	job->runs = 1;
	queue->in_flight += job->credits;
	job->fence_pending = job->finish == MODEL_HARDWARE || job->finish == MODEL_DRIVER_AND_FENCE;
	if (job->finish != MODEL_HARDWARE && job->finish != MODEL_DRIVER)
		model_complete(model, job, job->run_error);
	return true;
}

static bool tell(struct model_queue *queue)
{
	if (queue->stops || (queue->processed == queue->sent && queue->told == queue->killed))
		return false;
	queue->processed = queue->sent;
	queue->told = queue->killed;
	return true;
}

static bool signal_next(struct model *model, struct model_queue *queue)
{
	unsigned int i = 0;

	while (i < queue->n && model->jobs[queue->order[i]].signalled)
		i++;
	if (i == queue->n || !model->jobs[queue->order[i]].done)
		return false;
	model->jobs[queue->order[i]].signalled = true;
	queue->last_error = model->jobs[queue->order[i]].error;
	return true;
}

static bool release_job(struct model_job *job)
{
	if (job->released || job->held || job->fence_pending || (job->armed && !job->signalled))
		return false;
	job->released = true;
	return true;
}

static bool release_queue(struct model *model, unsigned int queue)
{
	unsigned int i;

	if (model->queues[queue].released || model->queues[queue].used)
		return false;
	for (i = 0; i < model->n_jobs; i++)
		if (model->jobs[i].queue == queue && !model->jobs[i].released)
			return false;
	model->queues[queue].released = true;
	return true;
}

void model_settle(struct model *model)
{
	bool more = true;
	unsigned int i;

	while (more) {
		more = false;
		for (i = 0; i < model->n_queues; i++) {
			more |= tell(&model->queues[i]);
			more |= run_next(model, &model->queues[i]);
			more |= signal_next(model, &model->queues[i]);
		}
		for (i = 0; i < model->n_jobs; i++)
			more |= release_job(&model->jobs[i]);
		for (i = 0; i < model->n_queues; i++)
			more |= release_queue(model, i);
	}
}
