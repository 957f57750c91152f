/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _PROGRAM_STEP_H_
#define _PROGRAM_STEP_H_

#include "program.h"
#include "program_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A step is an operation of which is known what it is done to. Whoever runs a program makes steps
 * of its operations, does each of them to the core as well, and lets both come to rest:
 *
 *	for (; (length = program_decode(bytes, n, &op)); bytes += length, n -= length)
 *		if (program_step_make(model, &op, 0, &step))
 *			do it, wait, model_settle(model), compare;
 *	while (program_step_end(model, &step))
 *		the same;
 */

/**
 * enum program_shape - how several fences are one
 * @PROGRAM_ONE: the first
 * @PROGRAM_ARRAY: array of the first two
 * @PROGRAM_CHAIN: chain of the first two
 * @PROGRAM_ARRAY_IN_CHAIN: chain of the first, and an array of the others
 * @PROGRAM_SHAPES: how many there are
 */
enum program_shape {
	PROGRAM_ONE,
	PROGRAM_ARRAY,
	PROGRAM_CHAIN,
	PROGRAM_ARRAY_IN_CHAIN,
	PROGRAM_SHAPES,
};

/**
 * struct program_step - what to do to the core
 * @kind: what; the rest is what this needs
 * @queue: number of the queue, also that of @job
 * @job: number of the job
 * @fence: number of the fence
 * @limit: of a queue
 * @level: nest level of a queue
 * @first: a message is to be the first
 * @error: to complete or to signal with; what wait_idle is to return
 * @expected: how many jobs are to run again
 * @shape: of a dependency
 * @n: how many fences it has
 * @of_job: whether the fence is that of a job
 * @fences: number of fence or job
 */
struct program_step {
	enum program_kind kind;
	unsigned int queue, job, fence;
	unsigned int limit, level;
	bool first;
	int error;
	unsigned int expected;
	enum program_shape shape;
	unsigned int n;
	bool of_job[3];
	unsigned int fences[3];
};

/**
 * program_step_make() - an operation
 * @model: the model, in which it is done
 * @op: the operation
 * @flags: what is the other way around in each queue, of %MODEL_BYPASS and %MODEL_PUT_IRQ_SAFE
 * @step: what to do to the core
 *
 * Return: false if there is nothing that it could be done to.
 */
bool program_step_make(struct model *model, const struct program_op *op, unsigned int flags,
		struct program_step *step);

/**
 * program_step_end() - the next step to bring everything to its end
 * @model: the model, in which it is done
 * @step: what to do to the core
 *
 * Return: false if all is over.
 */
bool program_step_end(struct model *model, struct program_step *step);

#ifdef __cplusplus
}
#endif

#endif /* _PROGRAM_STEP_H_ */
