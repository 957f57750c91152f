/* SPDX-License-Identifier: MIT */
/*
 * Who did what. Every operation is recorded, in a few bytes; made readable only when somebody wants
 * to read it.
 */
#include "trace.h"
#include "history.h"
#include "memory.h"
#include "objects.h"

#include "abi.h"
#include "members.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <deque>
#include <string_view>
#include <vector>

namespace sim
{

namespace
{

struct Entry {
	u64 time;
	const volatile void *object;
	const char *what;
	const char *label;
	long long number;
	unsigned int fiber;
	Op op;
};

struct FiberName {
	const char *name = "";
	const char *label = "";
};

struct Member {
	std::size_t offset;
	const char *name;
};

std::vector<Entry> entries;
std::vector<FiberName> names;
std::deque<std::string> texts;

const char *name_of(Op op)
{
	switch (op) {
	case Op::start:
		return "begins";
	case Op::end:
		return "ends";
	case Op::lock:
		return "locks";
	case Op::unlock:
		return "unlocks";
	case Op::wait:
		return "waits with";
	case Op::wake:
		return "wakes who waits with";
	case Op::ref_get:
		return "gets";
	case Op::ref_get_unless_zero:
		return "gets unless zero";
	case Op::ref_put:
		return "puts";
	case Op::ref_read:
		return "reads count";
	case Op::atomic:
		return "atomic";
	case Op::atomic_done:
		return "atomic done";
	case Op::work_queue:
		return "queues";
	case Op::work_queued:
		return "has queued";
	case Op::work_disable:
		return "disables";
	case Op::timer_start:
		return "starts timer";
	case Op::timer_shutdown:
		return "shuts down";
	case Op::rcu_unlock:
		return "ends a read section";
	case Op::fence_add_callback:
		return "adds a callback to";
	case Op::fence_remove_callback:
		return "removes a callback from";
	case Op::fence_signalled:
		return "marks as signalled";
	case Op::fence_callback:
		return "calls a callback of";
	case Op::fence_put:
		return "puts fence";
	case Op::device:
		return "reference of device or module";
	case Op::free:
		return "frees";
	case Op::note:
		return "note";
	case Op::blocked:
		return "sleeps on";
	case Op::time:
		return "time goes on";
	case Op::preempted:
		return "is preempted";
	}
	return "?";
}

#define QUEUE_drm_dep_queue(member) {offsetof(drm_dep_queue, member), #member},
#define QUEUE_drm_dep_job(member)
#define QUEUE_drm_dep_queue_ops(member)
#define QUEUE_drm_dep_queue_init_args(member)
#define QUEUE_drm_dep_job_ops(member)
#define QUEUE_drm_dep_job_init_args(member)
#define QUEUE_drm_dep_message(member)
#define QUEUE_drm_dep_job_iter(member)
#define QUEUE_MEMBER(type, member) QUEUE_##type(member)
#define JOB_drm_dep_queue(member)
#define JOB_drm_dep_job(member) {offsetof(drm_dep_job, member), #member},
#define JOB_drm_dep_queue_ops(member)
#define JOB_drm_dep_queue_init_args(member)
#define JOB_drm_dep_job_ops(member)
#define JOB_drm_dep_job_init_args(member)
#define JOB_drm_dep_message(member)
#define JOB_drm_dep_job_iter(member)
#define JOB_MEMBER(type, member) JOB_##type(member)

const Member queue_members[] = {DRM_DEP_MEMBERS(QUEUE_MEMBER)};
const Member job_members[] = {DRM_DEP_MEMBERS(JOB_MEMBER)};

template <std::size_t n>
std::string member_at(const Member (&members)[n], std::size_t offset)
{
	const Member *best = nullptr;

	for (const Member &member : members)
		if (member.offset <= offset && (!best || member.offset >= best->offset))
			best = &member;
	return std::string(".") + (best ? best->name : "?");
}

/* Says who goes on, where that is another one than before. */
void print_switch(const Entry *before, const Entry &entry)
{
	if (before && before->fiber == entry.fiber)
		return;
	std::printf("---- %s", fiber_name(entry.fiber).c_str());
	if (before && before->op == Op::preempted)
		std::printf("%s %s, which could have gone on",
			    before->label[0] ? ", an interrupt on the CPU of" : ", instead of",
			    fiber_name(before->fiber).c_str());
	std::printf("\n");
}

void print(const Entry &entry)
{
	if (entry.op == Op::preempted)
		return; /* print_switch() */
	std::printf("%8.3f ms  %-24s ", static_cast<double>(entry.time) / static_cast<double>(ms),
		    fiber_name(entry.fiber).c_str());
	if (entry.op == Op::note) {
		std::printf("** %s %s", entry.what, entry.label);
		if (entry.number)
			std::printf(" %lld", entry.number);
	} else if (entry.op == Op::free) {
		BlockView block;

		std::printf("frees %s", find_block(entry.object, block) ? block.label : "?");
	} else if (entry.op == Op::start || entry.op == Op::end) {
		std::printf("%s", name_of(entry.op));
	} else {
		std::printf("%s %s", name_of(entry.op), describe(entry.object).c_str());
	}
	std::printf("\n");
}

} // namespace

const char *text(const char *format, ...)
{
	char buffer[256];
	va_list list;

	va_start(list, format);
	std::vsnprintf(buffer, sizeof(buffer), format, list);
	va_end(list);
	return texts.emplace_back(buffer).c_str();
}

void record(Op op, const volatile void *object)
{
	if (const Fiber *fiber = scheduler.current())
		entries.push_back({scheduler.now(), object, "", "", 0, fiber->id, op});
	happened(op, object);
}

void record_preemption(unsigned int by, bool interrupt)
{
	entries.push_back({scheduler.now(), nullptr, "", interrupt ? "interrupt" : "", by,
			   self().id, Op::preempted});
}

std::string who_ran_lately()
{
	constexpr std::size_t lately = 1000;
	std::vector<unsigned int> counts(names.size());
	std::string result;

	for (std::size_t i = entries.size() - std::min(entries.size(), lately); i < entries.size();
	     i++)
		counts[entries[i].fiber]++;
	for (unsigned int id = 0; id < counts.size() && result.size() < 300; id++)
		if (counts[id])
			result += (result.empty() ? " lately ran " : ", ") + fiber_name(id);
	return result;
}

void record_note(const char *what, const char *label, long long number)
{
	const Fiber *fiber = scheduler.current();

	entries.push_back(
		{scheduler.now(), nullptr, what, label, number, fiber ? fiber->id : 0, Op::note});
}

void reset_trace()
{
	entries.clear();
	names.clear();
	texts.clear();
}

void name_fiber(unsigned int id, const char *name, const char *label)
{
	if (names.size() <= id)
		names.resize(id + 1);
	names[id] = {name, label};
}

std::string fiber_name(unsigned int id)
{
	if (id >= names.size() || !id)
		return "sim";

	const FiberName &name = names[id];

	return name.label[0] ? std::string(name.name) + " of " + name.label : name.name;
}

/* What lies in no block is a variable of the core; those with a name are locks. */
static std::string static_name(const volatile void *object)
{
	const auto *lock = reinterpret_cast<const Lock *>(reinterpret_cast<std::uintptr_t>(object) &
							  ~std::uintptr_t{7});

	return lock->magic == lock_magic ? lock->name : "a variable";
}

std::string describe(const volatile void *object)
{
	BlockView block;
	std::string result;

	if (!object)
		return "";
	if (!find_block(object, block))
		return static_name(object);

	result = block.label;
	switch (block.layout) {
	case Layout::queue:
		if (block.offset < sizeof(drm_dep_queue))
			return result + member_at(queue_members, block.offset);
		break;
	case Layout::job:
		if (block.offset < sizeof(drm_dep_job))
			return result + member_at(job_members, block.offset);
		break;
	default:
		break;
	}
	if (block.offset)
		result += "+" + std::to_string(block.offset);
	return result;
}

void print_trace(unsigned int lines)
{
	std::size_t first = 0;

	if (lines && entries.size() > lines) {
		first = entries.size() - lines;
		std::printf("   (%zu lines before)\n", first);
	}
	for (std::size_t i = first; i < entries.size(); i++) {
		print_switch(i > first ? &entries[i - 1] : nullptr, entries[i]);
		print(entries[i]);
	}
}

std::uint64_t trace_hash()
{
	std::uint64_t hash = 0xcbf29ce484222325u;
	const auto mix = [&hash](std::uint64_t value) {
		hash = (hash ^ value) * 0x100000001b3u;
		hash ^= hash >> 29;
	};

	for (const Entry &entry : entries) {
		BlockView block;

		mix(entry.time);
		mix(entry.fiber);
		mix(static_cast<std::uint64_t>(entry.op));
		mix(static_cast<std::uint64_t>(entry.number));
		mix(find_block(entry.object, block) ? block.position : 0);
	}
	return hash;
}

std::uint64_t outcome_hash()
{
	std::uint64_t hash = 0xcbf29ce484222325u;

	for (const Entry &entry : entries) {
		/* No scenario sees what the core tells who traces: that comes in any order. */
		if (entry.op != Op::note || std::string_view(entry.what).starts_with("trace: "))
			continue;
		for (const char *c = entry.what; *c; c++)
			hash = (hash ^ static_cast<unsigned char>(*c)) * 0x100000001b3u;
		for (const char *c = entry.label; *c; c++)
			hash = (hash ^ static_cast<unsigned char>(*c)) * 0x100000001b3u;
		hash = (hash ^ static_cast<std::uint64_t>(entry.number)) * 0x100000001b3u;
	}
	return hash;
}

void note(const char *what, const char *label, long long number)
{
	touch();
	record_note(what, label, number);
}

} // namespace sim
