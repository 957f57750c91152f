/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file Who did what.
 */

#include <cstdint>
#include <string>

namespace sim
{

/** What is done at the boundary. */
enum class Op : unsigned char {
	start,
	end,
	lock,
	unlock,
	wait,
	wake,
	ref_get,
	ref_get_unless_zero,
	ref_put,
	ref_read,
	atomic,
	atomic_done,
	work_queue,
	work_queued,
	work_disable,
	timer_start,
	timer_shutdown,
	rcu_unlock,
	fence_add_callback,
	fence_remove_callback,
	fence_signalled,
	fence_callback,
	fence_put,
	device,
	free,
	note,
	blocked,
	time,
	preempted,
};

void record(Op op, const volatile void *object);
/** Another one goes on, or comes on top, though who runs could have. */
void record_preemption(unsigned int by, bool interrupt);
void record_note(const char *what, const char *label, long long number);

void reset_trace();
/** How a fiber is called in it: @name of @label. */
void name_fiber(unsigned int id, const char *name, const char *label);
std::string fiber_name(unsigned int id);
/** The last @lines of it, all if 0. */
void print_trace(unsigned int lines);
/** Names what the address is of. */
std::string describe(const volatile void *object);
/** Of everything that was recorded in this schedule, without addresses. */
std::uint64_t trace_hash();
/** Of what the notes say, in their order. */
std::uint64_t outcome_hash();
/** The names of those who did the latest steps. */
std::string who_ran_lately();

} // namespace sim
