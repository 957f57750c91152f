// SPDX-License-Identifier: GPL-2.0 OR MIT
#include "program.h"

static const struct {
	const char *name;
	unsigned int operands;
} kinds[PROGRAM_KINDS] = {
	[PROGRAM_QUEUE] = { "make queue", 2 },
	[PROGRAM_QUEUE_PUT] = { "put queue", 1 },
	[PROGRAM_JOB] = { "make job", 4 },
	[PROGRAM_DEPEND] = { "add dependency", 5 },
	[PROGRAM_ARM] = { "arm", 1 },
	[PROGRAM_PUSH] = { "push", 1 },
	[PROGRAM_JOB_PUT] = { "put job", 1 },
	[PROGRAM_DONE] = { "job done", 2 },
	[PROGRAM_LATE] = { "job done, too late", 1 },
	[PROGRAM_HARDWARE] = { "signal hardware fence", 2 },
	[PROGRAM_FENCE] = { "signal fence", 2 },
	[PROGRAM_STOP] = { "stop", 1 },
	[PROGRAM_START] = { "start", 1 },
	[PROGRAM_KILL] = { "kill", 1 },
	[PROGRAM_RESUBMIT] = { "resubmit", 1 },
	[PROGRAM_LIMIT] = { "set credit limit", 2 },
	[PROGRAM_MESSAGE] = { "send message", 2 },
	[PROGRAM_IDLE] = { "wait idle", 1 },
};

unsigned int program_decode(const unsigned char *bytes, unsigned int n, struct program_op *op)
{
	unsigned int i, length;

	if (!n)
		return 0;
	op->kind = (enum program_kind)(bytes[0] % PROGRAM_KINDS);
	length = 1 + kinds[op->kind].operands;
	for (i = 0; i < PROGRAM_OPERANDS; i++)
		op->operands[i] = i + 1 < length && i + 1 < n ? bytes[i + 1] : 0;
	return length < n ? length : n;
}

unsigned int program_operands(enum program_kind kind)
{
	return kinds[kind].operands;
}

const char *program_name(enum program_kind kind)
{
	return kinds[kind].name;
}
