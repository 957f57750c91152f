/* SPDX-License-Identifier: MIT */
/*
 * What the core says, and what is wrong.
 */
#include "report.h"
#include "abi.h"
#include "objects.h"

#include <cstdarg>
#include <cstdio>
#include <string_view>

namespace sim
{

namespace
{

constexpr unsigned int note_kinds = 3;

std::string what_failed;
std::string_view expected;
u32 note_counts[note_kinds];

} // namespace

const std::string &failure()
{
	return what_failed;
}

void set_failure(std::string sentence)
{
	if (what_failed.empty())
		what_failed = std::move(sentence);
}

void fail(const char *format, ...)
{
	char buffer[512];
	va_list list;

	va_start(list, format);
	std::vsnprintf(buffer, sizeof(buffer), format, list);
	va_end(list);

	if (!scheduler.current()) {
		set_failure(buffer);
		throw std::string(buffer);
	}
	set_failure(fiber_name(self().id) + ": " + buffer);
	scheduler.abandon();
}

std::string who_is_left()
{
	std::string left;

	for (const Fiber *fiber : scheduler.fibers()) {
		left += "\n   " + fiber_name(fiber->id);
		if (fiber->state == Fiber::State::covered)
			left += " is interrupted";
		else if (fiber->waits_for)
			left += std::string(" waits for ") + fiber->waits_for + " " +
				describe(fiber->waits_on);
		else
			left += " can't begin";
		for (unsigned int i = 0; i < fiber->locks_held; i++)
			left += std::string(", holds ") + fiber->locks[i]->name;
	}
	return left;
}

void reset_reports()
{
	what_failed.clear();
	expected = {};
	for (u32 &count : note_counts)
		count = 0;
}

void expect_broken(const char *sentence)
{
	expected = sentence;
}

u32 notes(u32 what)
{
	return note_counts[what];
}

} // namespace sim

using namespace sim;

void os_broken(const char *sentence)
{
	note("broken rule:", sentence);
	if (expected != sentence)
		fail("a rule is broken: %s", sentence);
}

void os_note(unsigned int what, const drm_dep_queue *queue, unsigned long long number, unsigned int)
{
	static const char *const sentences[note_kinds] = {
		"os_note: jobs wait for one that is not pushed,",
		"os_note: still in flight after timedout_job",
		"os_note: drm_dep_flush() waits for",
	};

	if (what >= note_kinds)
		fail("os_note() of a kind that does not exist");
	/* A flush may wait for a queue that can't be told from its memory any more. */
	if (queue || what != OS_NOTE_FLUSH)
		must_be_live(queue);
	note(sentences[what], queue ? text("%s", queue->name) : "", static_cast<long long>(number));
	note_counts[what]++;
}

/* Somebody always listens, so that what is traced is looked at. */
os_atomic os_tracing = {1};

bool os_trace_enabled(unsigned int event)
{
	if (event > OS_TRACE_UNSCHEDULABLE)
		fail("a trace event does not exist");
	return true;
}

void os_trace(unsigned int event, drm_dep_job *job, os_fence *fence)
{
	static const char *const names[] = {"trace: queue", "trace: run", "trace: done",
					    "trace: add dependency", "trace: unschedulable"};

	must_be_live(job, sizeof(*job));
	must_be_live(job->queue, sizeof(*job->queue));
	if (fence)
		must_be_live(fence);
	if (!job->fence)
		fail("an event of a job that has no fence");
	/* Nothing that a scenario looks at. */
	record_note(names[event], "", static_cast<long long>(job->seqno));
}
