/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file What a test asks of the host that os.h does not: things that only a kernel or another
 * driver could do, faults, and whether anything is left.
 *
 * The host is made of threads: four workers for running, two for timeouts, one for draining (which
 * must not sleep), four for cleaning up, one that waits for grace periods, one for timers.
 */

#include "os/os.h"

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace host
{

/** Starts the host and the core, once per process; stops the threads at its end. */
class Host
{
public:
	Host();
	~Host();
	Host(const Host &) = delete;
	Host &operator=(const Host &) = delete;
};

/**
 * Waits until no work item is queued or running, no timer's function runs and no grace period is
 * waited for. Timers may be pending.
 */
[[nodiscard]] bool wait_idle(std::chrono::milliseconds limit = std::chrono::seconds(30));

/** Ends the program with a sentence. */
[[noreturn]] void fatal(const char *sentence);

/** What is left. All numbers are 0 when nothing leaked. */
struct Live {
	long allocations; /**< of os_alloc() and os_fence_alloc() */
	long fences;	  /**< initialised ones of the core, foreign ones and containers */
	long devices;
	long modules;

	bool operator==(const Live &) const = default;
};
Live live();

/** Lets the n-th allocation from now on fail, 1 being the next; 0: none. */
void fail_allocation(unsigned int nth);
/** Whether the failure that was asked for has happened. */
bool allocation_failed();

/** A broken rule is fatal unless the calling scope expects it. Process-wide, one at a time. */
class ExpectBroken
{
public:
	explicit ExpectBroken(const char *sentence);
	~ExpectBroken();
	ExpectBroken(const ExpectBroken &) = delete;
	ExpectBroken &operator=(const ExpectBroken &) = delete;

	/** Said since the process began: the core says each sentence only once. */
	bool said() const;

private:
	std::string sentence_;
};

/** For its scope the calling thread is in an interrupt: it may not sleep. */
class Interrupt
{
public:
	Interrupt();
	~Interrupt();
	Interrupt(const Interrupt &) = delete;
	Interrupt &operator=(const Interrupt &) = delete;
};

/**
 * For its scope time stands still, but for what passes by pass(): os_now() and the timers. Not the
 * limit of os_wait(). Process-wide, one at a time.
 */
class Clock
{
public:
	Clock();
	~Clock();
	Clock(const Clock &) = delete;
	Clock &operator=(const Clock &) = delete;

	/** Returns when the functions of all timers that became due have returned. */
	void pass(std::chrono::nanoseconds time);
};
/** How often a timer was started since the process began. */
unsigned long timer_starts();

/** A workqueue of a driver; nothing is on it any more when it is freed. */
os_wq *make_wq(bool ordered);
void free_wq(os_wq *wq);

/** Sends a fatal signal to the thread whose os_current() is @task: killable waits end. */
void send_fatal_signal(void *task);

/** What the core has said by os_note(). */
struct Note {
	unsigned int what;
	const drm_dep_queue *queue;
	unsigned long long number;
	unsigned int who;
};
std::vector<Note> notes();
void forget_notes();

/** Called with each event that is traced; an empty function ends it. Set it while nothing runs. */
using Tracer = std::function<void(unsigned int event, drm_dep_job *job, os_fence *fence)>;
void set_tracer(Tracer tracer);

/** Whether the calling thread is inside os_rcu_read_lock(). */
bool in_read_section();
/** Whether the calling thread holds a lock of os.h, a fence's included. */
bool holds_lock();

/**
 * Called by every thread with the object, directly after it let go of something or published
 * it: a lock, a reference, an atomic, a queued work item (with the item, which may be gone), and
 * with a fence that is seen as signalled but whose callbacks have not run. What is between such
 * a point and the next is what another thread sees half done. An empty function ends it; set it
 * while nothing runs.
 */
void set_access_hook(std::function<void(const volatile void *object)> hook);

/**
 * Fences of another driver. Each has one reference, which the caller gives to somebody or puts.
 */
os_fence *foreign_fence();
os_fence *foreign_fence(unsigned long long context, unsigned long long seqno);
/** @on_last_put is called by whoever puts the last reference. */
os_fence *foreign_fence(std::function<void()> on_last_put);
/** False if it has signalled before. Takes the fence's lock. */
bool signal(os_fence *fence, int error = 0);

/**
 * Containers, to be taken apart; they don't signal themselves. Both take the references of what
 * they are given; @before may be NULL.
 */
os_fence *fence_array(std::span<os_fence *const> fences);
os_fence *fence_chain(os_fence *before, os_fence *fence);

/** One more reference of @fence, which it returns. */
os_fence *get(os_fence *fence);
bool is_signalled(os_fence *fence);
/** What os_fence_signal_unlock() was told; the fence has signalled. */
unsigned long long signalled_at(os_fence *fence);
/** The last deadline that a foreign fence was told of. */
std::optional<long long> deadline_of(os_fence *fence);
/** How many callbacks a foreign fence has. */
std::size_t callbacks_of(os_fence *fence);
unsigned long long seqno_of(os_fence *fence);
/** False if it has not signalled within @limit. */
[[nodiscard]] bool wait_for(os_fence *fence,
			    std::chrono::milliseconds limit = std::chrono::seconds(30));
/** The names, as a reader of debugfs gets them; empty once the fence has signalled. */
std::string driver_name(os_fence *fence);
std::string timeline_name(os_fence *fence);

/** A device with one reference, the caller's. @on_release may be empty. */
os_device *make_device(std::function<void()> on_release = {});
long device_refs(os_device *device);

/** A module that is loaded; free it with free_module() when nobody has a reference. */
os_module *make_module();
void free_module(os_module *module);
long module_refs(os_module *module);
/** As rmmod: from here on no reference can be had. False if somebody has one. */
bool begin_unload(os_module *module);

} // namespace host
