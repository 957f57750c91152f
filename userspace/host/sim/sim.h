/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file What a scenario asks of the sim that os.h does not.
 *
 * Everything runs on one thread, on fibers. At each call of os.h the scheduler decides who goes on;
 * between two of them nobody else runs. So a scenario's own data needs no lock.
 */

#include "os/os.h"

#include <cstddef>
#include <functional>

namespace sim
{

using u32 = unsigned int;
using u64 = unsigned long long;

inline constexpr u64 ms = 1'000'000; /* what os_now() counts, in milliseconds */

/** A text that lives until the end of the schedule. */
const char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Who runs. Each has a virtual CPU of its own; an interrupt may also come on that of another. */

/** A thread of a process. */
void task(const char *name, std::function<void()> body);
/** From now on it may come at any moment. */
void interrupt(const char *name, std::function<void()> body);
/** A work item of the driver. */
void driver_work(os_wq *wq, const char *name, std::function<void()> body);

/** A place where others may run. */
void point(const char *what);
/**
 * What a scenario's own data is changed next to, so that the exhaustive search knows which
 * schedules differ; notes and points are such places.
 */
void touch();
/** Something has happened that had to; without that for long, it is a livelock. */
void progress();
void sleep_for(u64 ns);
/** Sleeps until @condition, which only looks at what belongs to the scenario, is true. */
void wait_until(const char *what, std::function<bool()> condition);
/** Sleeps until nobody can run at this moment of time; timers that have not expired don't count. */
void settle();
/** Sleeps until all tasks but the caller have ended. */
void join();
/** What os_wait() of a task with this name sees as a fatal signal. */
void send_fatal_signal(const char *task_name);
/** From now on "it becomes later" is a choice like any other. */
void let_time_run();
/** Whether the caller may sleep. */
bool can_sleep();
bool in_interrupt();
bool in_signalling_section();
const char *running();

/* Chance, other than that of the schedule. */
u32 pick(u32 below);
inline bool coin()
{
	return pick(2);
}

/* Memory, as the driver's kmalloc(). */
enum class Layout : unsigned char { other, queue, job };
void *allocate(std::size_t size, const char *label, Layout layout = Layout::other);
void release(void *memory);
void set_label(const void *memory, const char *label);
/** Lets the n-th os_alloc() from now on fail, 1 being the next; 0: none. */
void fail_allocation(u32 nth);

/* Fences of another driver; the caller has the reference. */
os_fence *foreign_fence(const char *label);
os_fence *foreign_fence(const char *label, u64 context, u64 seqno);
/** False if it has signalled before. */
bool signal(os_fence *fence, int error = 0);
/** Both take the references of what they are given; @before may be NULL. */
os_fence *fence_array(const char *label, os_fence *a, os_fence *b);
os_fence *fence_chain(const char *label, os_fence *before, os_fence *fence);
os_fence *get(os_fence *fence);
bool is_signalled(os_fence *fence);
u64 signalled_when(os_fence *fence);
/** @flag becomes true at the moment when the fence is seen as signalled. */
void watch_signal(os_fence *fence, bool *flag);
/** The last deadline that was set on a foreign fence, 0 if none. */
long long deadline_of(os_fence *fence);
/** Sleeps until the fence has signalled. */
void wait_for(os_fence *fence);

/* Devices and modules. */
os_device *make_device();
long refs_of(const os_device *device);
os_module *make_module();
long refs_of(const os_module *module);
/** As rmmod: false if somebody has a reference; from then on nobody gets one. */
bool begin_unload(os_module *module);
void free_module(os_module *module);
bool is_loaded(const os_module *module);

/** A workqueue of the driver. */
os_wq *make_workqueue(const char *name, bool ordered);
/** Those of the core have a single one, as when only the rescuer is left. */
void one_worker_for_each_workqueue();

/** os_broken() with this sentence is not a failure in this schedule. */
void expect_broken(const char *sentence);
/** How often os_note() was called with it. */
u32 notes(u32 what);

/** Into the trace. */
void note(const char *what, const char *label = "", long long number = 0);

/** Ends the schedule. */
[[noreturn]] void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** The scenario demands it. */
#define SIM_CHECK(condition)                                                                       \
	do {                                                                                       \
		if (!(condition))                                                                  \
			sim::fail("not true: %s (%s:%d)", #condition, __FILE__, __LINE__);         \
	} while (0)

} // namespace sim
