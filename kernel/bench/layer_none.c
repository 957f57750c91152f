// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * No layer at all: push runs the job, and signals the one fence that a driver has to have.
 * The floor, which no layer can get below.
 */
#include <linux/slab.h>

#include "bench.h"

struct none_job {
	struct bench_job base;
	struct dma_fence *finished;
};

static int none_queue_init(struct bench_queue *queue)
{
	return 0;
}

static int none_job_init(struct bench_job *base)
{
	struct none_job *job = container_of(base, struct none_job, base);

	job->finished = bench_fence_new(base->queue->context, base->id + 1);
	return job->finished ? 0 : -ENOMEM;
}

static void none_job_arm(struct bench_job *base)
{
}

static struct dma_fence *none_job_finished(struct bench_job *base)
{
	return container_of(base, struct none_job, base)->finished;
}

static void none_job_push(struct bench_job *base)
{
	struct none_job *job = container_of(base, struct none_job, base);

	dma_fence_put(bench_job_run(base));
	dma_fence_signal(job->finished);
	dma_fence_put(job->finished);
	bench_job_free(base);
}

static const struct bench_layer_ops none_ops = {
	.queue_size = sizeof(struct bench_queue),
	.job_size = sizeof(struct none_job),
	.queue_init = none_queue_init,
	.queue_put = bench_queue_free,
	.job_init = none_job_init,
	.job_arm = none_job_arm,
	.job_finished = none_job_finished,
	.job_push = none_job_push,
};

const struct bench_layer bench_layers_none[BENCH_LAYERS_NONE] = {
	{ .name = "none", .ops = &none_ops },
	{ .name = "none-hw", .ops = &none_ops, .hw_fence = true },
};
