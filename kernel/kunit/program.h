/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _PROGRAM_H_
#define _PROGRAM_H_

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: programs
 *
 * A program is a list of operations on queues, written as bytes: what a fuzzer makes up, what
 * property tests draw, and what is in program_corpus.inc. The tests on the host and KUnit decode
 * the same bytes by the same code, so what one of them found the other one runs, too.
 *
 * Every string of bytes is a program. An operation is one byte for its kind and as many operands
 * as the kind has; operands that are missing at the end are 0. What an operand means is decided
 * by program_model.c, which knows what there is: a number is taken modulo the choices.
 */

/**
 * enum program_kind - what an operation does
 * @PROGRAM_QUEUE: makes a queue; operands: limit and nest level, flags
 * @PROGRAM_QUEUE_PUT: puts it; operands: queue
 * @PROGRAM_JOB: makes a job; operands: queue, credits and finish, error, prepare_job
 * @PROGRAM_DEPEND: lets a job wait; operands: job, shape of the container, three fences
 * @PROGRAM_ARM: arms; operands: job
 * @PROGRAM_PUSH: pushes; operands: job
 * @PROGRAM_JOB_PUT: puts a job; operands: job
 * @PROGRAM_DONE: drm_dep_job_done(), true; operands: job, error
 * @PROGRAM_LATE: the same when it is too late; operands: job
 * @PROGRAM_HARDWARE: signals the hardware fence of a job; operands: job, error
 * @PROGRAM_FENCE: signals a fence of somebody else; operands: fence, error
 * @PROGRAM_STOP: stops; operands: queue
 * @PROGRAM_START: starts; operands: queue
 * @PROGRAM_KILL: kills; operands: queue
 * @PROGRAM_RESUBMIT: runs again what is in flight; operands: queue
 * @PROGRAM_LIMIT: changes the limit; operands: queue, limit
 * @PROGRAM_MESSAGE: sends a message; operands: queue, whether it is to be the first
 * @PROGRAM_IDLE: drm_dep_queue_wait_idle(); operands: queue
 * @PROGRAM_KINDS: how many there are
 */
enum program_kind {
	PROGRAM_QUEUE,
	PROGRAM_QUEUE_PUT,
	PROGRAM_JOB,
	PROGRAM_DEPEND,
	PROGRAM_ARM,
	PROGRAM_PUSH,
	PROGRAM_JOB_PUT,
	PROGRAM_DONE,
	PROGRAM_LATE,
	PROGRAM_HARDWARE,
	PROGRAM_FENCE,
	PROGRAM_STOP,
	PROGRAM_START,
	PROGRAM_KILL,
	PROGRAM_RESUBMIT,
	PROGRAM_LIMIT,
	PROGRAM_MESSAGE,
	PROGRAM_IDLE,
	PROGRAM_KINDS,
};

/** PROGRAM_OPERANDS - how many operands a kind has at most */
#define PROGRAM_OPERANDS 5

/**
 * struct program_op - an operation
 * @kind: what it does
 * @operands: to what; those that the kind does not have are 0
 */
struct program_op {
	enum program_kind kind;
	unsigned char operands[PROGRAM_OPERANDS];
};

/**
 * program_decode() - the first operation of a program
 * @bytes: the program
 * @n: how many bytes
 * @op: the operation
 *
 * Return: how many bytes it took; 0 if there is none.
 */
unsigned int program_decode(const unsigned char *bytes, unsigned int n, struct program_op *op);

/**
 * program_operands() - how many operands a kind has
 * @kind: one of those below %PROGRAM_KINDS
 *
 * Return: their number.
 */
unsigned int program_operands(enum program_kind kind);

/**
 * program_name() - a word for a kind
 * @kind: one of those below %PROGRAM_KINDS
 *
 * Return: the word.
 */
const char *program_name(enum program_kind kind);

#ifdef __cplusplus
}
#endif

#endif /* _PROGRAM_H_ */
