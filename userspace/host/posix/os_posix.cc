/* SPDX-License-Identifier: MIT */
/*
 * The host itself: its start and end, what a thread may do, what happens when a rule is broken,
 * and where a test may look. The other parts of os.h each have a file of their own.
 */
#include "internal.h"

#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

#include <unistd.h>

os_atomic os_tracing;

namespace host
{

thread_local constinit Thread this_thread;
constinit Census census;
Outstanding outstanding;

void fatal(const char *sentence)
{
	std::fprintf(stderr, "host: %s\n", sentence);
	std::fflush(stderr);
	std::abort();
}

Host::Host()
{
	start_grace_periods();
	start_workqueues();
	start_timers();
	drm_dep_core_init();
}

Host::~Host()
{
	stop_timers();
	stop_grace_periods();
	stop_workqueues();
}

Live live()
{
	return {
		.allocations = census.allocations.load(),
		.fences = census.fences.load(),
		.devices = census.devices.load(),
		.modules = census.modules.load(),
	};
}

void Outstanding::end()
{
	if (count_.fetch_sub(1, std::memory_order_release) != 1)
		return;

	std::lock_guard lock(mutex_);

	none_.notify_all();
}

bool Outstanding::wait_for_none(std::chrono::milliseconds limit)
{
	std::unique_lock lock(mutex_);

	return none_.wait_for(lock, limit,
			      [this] { return !count_.load(std::memory_order_acquire); });
}

bool wait_idle(std::chrono::milliseconds limit)
{
	return outstanding.wait_for_none(limit);
}

/* Broken rules. */

namespace
{

struct Broken {
	std::mutex mutex;
	std::string expected;
	std::set<std::string> said;
};

Broken broken;

} // namespace

ExpectBroken::ExpectBroken(const char *sentence) : sentence_(sentence)
{
	std::lock_guard lock(broken.mutex);

	broken.expected = sentence;
}

ExpectBroken::~ExpectBroken()
{
	std::lock_guard lock(broken.mutex);

	broken.expected.clear();
}

bool ExpectBroken::said() const
{
	std::lock_guard lock(broken.mutex);

	return broken.said.count(sentence_);
}

void report_broken(const char *sentence)
{
	std::lock_guard lock(broken.mutex);

	if (broken.expected != sentence)
		fatal(sentence);
	broken.said.insert(sentence);
}

/* What a thread may do. */

bool Thread::balanced() const
{
	for (int count : inside)
		if (count)
			return false;
	return !locks && !atomic && !signalling && !read_depth && !nest_level && fence_order < 0;
}

void Thread::must_be_able_to_sleep(const char *sentence) const
{
	if (locks || atomic || read_depth)
		fatal(sentence);
}

void Thread::must_be_able_to_allocate(const char *sentence) const
{
	must_be_able_to_sleep(sentence);
	if (signalling)
		fatal("memory is allocated in a section on which signalling depends");
}

void send_fatal_signal(void *task)
{
	static_cast<Thread *>(task)->fatal_signal.store(true, std::memory_order_relaxed);
}

/* What people are told. */

namespace
{

struct Notes {
	std::mutex mutex;
	std::vector<Note> all;
};

Notes said_notes;

Tracer tracer;

} // namespace

std::vector<Note> notes()
{
	std::lock_guard lock(said_notes.mutex);

	return said_notes.all;
}

void forget_notes()
{
	std::lock_guard lock(said_notes.mutex);

	said_notes.all.clear();
}

void set_tracer(Tracer new_tracer)
{
	os_store_release(&os_tracing, 0);
	tracer = std::move(new_tracer);
	os_store_release(&os_tracing, tracer ? 1 : 0);
}

Interrupt::Interrupt()
{
	this_thread.atomic++;
}

Interrupt::~Interrupt()
{
	this_thread.atomic--;
}

bool in_read_section()
{
	return this_thread.read_depth;
}

bool holds_lock()
{
	return this_thread.locks;
}

/* Points at which a test looks or delays. */

static std::function<void(const volatile void *)> access_hook;
static std::atomic<bool> access_hook_is_set;

void set_access_hook(std::function<void(const volatile void *object)> hook)
{
	access_hook_is_set = false;
	access_hook = std::move(hook);
	access_hook_is_set = static_cast<bool>(access_hook);
}

void access_point(const volatile void *object)
{
	if (access_hook_is_set.load(std::memory_order_acquire))
		access_hook(object);
}

} // namespace host

using namespace host;

unsigned int os_nest_level()
{
	return this_thread.nest_level;
}

void os_preempt_disable()
{
	this_thread.atomic++;
}

void os_preempt_enable()
{
	if (!this_thread.atomic--)
		fatal("preemption is enabled that was not disabled");
}

bool os_signalling_begin()
{
	return this_thread.signalling++;
}

void os_signalling_end(bool cookie)
{
	if (cookie != (--this_thread.signalling > 0) || this_thread.signalling < 0)
		fatal("a signalling section ends that is not the innermost");
}

void *os_current()
{
	return &this_thread;
}

unsigned int os_current_id()
{
	return static_cast<unsigned int>(gettid());
}

void os_inside_enter(unsigned int kind)
{
	this_thread.inside[kind]++;
}

void os_inside_leave(unsigned int kind)
{
	if (!this_thread.inside[kind]--)
		fatal("an op is left that was not entered");
}

void os_inside_wait(unsigned int kind)
{
	os_might_sleep();
	if (this_thread.inside[kind])
		fatal("an op waits until nobody is inside of an op of its kind");
}

void os_note(unsigned int what, const drm_dep_queue *queue, unsigned long long number,
	     unsigned int who)
{
	std::lock_guard lock(said_notes.mutex);

	said_notes.all.push_back({.what = what, .queue = queue, .number = number, .who = who});
}

bool os_trace_enabled(unsigned int)
{
	return os_load_acquire(&os_tracing);
}

void os_trace(unsigned int event, drm_dep_job *job, os_fence *fence)
{
	if (os_load_acquire(&os_tracing))
		tracer(event, job, fence);
}

bool os_is_error(const void *pointer)
{
	return reinterpret_cast<std::uintptr_t>(pointer) >= static_cast<std::uintptr_t>(-4095);
}

int os_error_of(const void *pointer)
{
	return static_cast<int>(reinterpret_cast<std::intptr_t>(pointer));
}

void os_might_sleep()
{
	this_thread.must_be_able_to_sleep(
		"a function that may sleep is called where that is not allowed");
}

void os_no_sleep_begin()
{
	this_thread.atomic++;
}

void os_no_sleep_end()
{
	if (!this_thread.atomic--)
		fatal("a section without sleeping ends that was not begun");
}

void os_broken(const char *sentence)
{
	report_broken(sentence);
}

void os_before(const volatile void *) {}

void os_after(const volatile void *object)
{
	access_point(object);
}
