/* SPDX-License-Identifier: MIT */
/*
 * Locks, and waiting with one. A mutex that knows its owner; the thread sanitizer checks the order
 * in which they are taken.
 */
#include "internal.h"

#include <algorithm>
#include <ctime>

namespace host
{

Lock::Lock()
{
	pthread_mutex_init(&mutex_, nullptr);
	pthread_cond_init(&changed_, nullptr);
}

void Lock::acquire()
{
	if (held())
		fatal("a lock is taken by the thread that holds it");
	pthread_mutex_lock(&mutex_);
	owner_.store(&this_thread, std::memory_order_relaxed);
	this_thread.locks++;
}

void Lock::release()
{
	if (!held())
		fatal("a lock is released by a thread that does not hold it");
	this_thread.locks--;
	owner_.store(nullptr, std::memory_order_relaxed);
	pthread_mutex_unlock(&mutex_);
	access_point(this);
	/*
	 * Others may have taken the lock by now, and all may be over; some kernels touch its
	 * memory once more here. What keeps it until then is the caller's business.
	 */
	released_.store(true, std::memory_order_relaxed);
}

timespec after(std::chrono::nanoseconds delay)
{
	const auto until = std::chrono::system_clock::now().time_since_epoch() + delay;
	const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(until);

	return {.tv_sec = seconds.count(), .tv_nsec = (until - seconds).count()};
}

bool Lock::wait_until(const timespec &until)
{
	int error;

	this_thread.locks--;
	this_thread.must_be_able_to_sleep("os_wait() is called where sleeping is not allowed");
	owner_.store(nullptr, std::memory_order_relaxed);
	error = pthread_cond_timedwait(&changed_, &mutex_, &until);
	owner_.store(&this_thread, std::memory_order_relaxed);
	this_thread.locks++;

	return !error;
}

} // namespace host

using namespace host;

void os_lock_init(os_lock *lock, os_class *, const char *)
{
	new (lock) Lock;
}

unsigned long os_lock_irqsave(os_lock *lock)
{
	of(lock).acquire();
	return 0;
}

void os_unlock_irqrestore(os_lock *lock, unsigned long)
{
	of(lock).release();
}

void os_assert_held(const os_lock *lock)
{
	if (!of(const_cast<os_lock *>(lock)).held())
		fatal("a lock is not held that has to be");
}

int os_wait(os_lock *lock, bool (*cond)(void *arg), void *arg, unsigned long long timeout_ns,
	    bool killable)
{
	/* A fatal signal is looked for now and then. */
	constexpr std::chrono::milliseconds nap{5};
	const auto start = std::chrono::steady_clock::now();
	const std::chrono::nanoseconds timeout(timeout_ns);
	int ret = 0;

	os_might_sleep();
	of(lock).acquire();
	while (!cond(arg)) {
		const auto waited = std::chrono::steady_clock::now() - start;
		auto longest = std::chrono::nanoseconds(patience) - waited;

		if (killable && this_thread.fatal_signal.load(std::memory_order_relaxed)) {
			ret = -OS_ERESTARTSYS;
			break;
		}
		if (timeout_ns && waited >= timeout) {
			ret = -OS_ETIME;
			break;
		}
		if (longest.count() <= 0)
			fatal("os_wait() has waited for longer than anything may take");
		if (timeout_ns)
			longest = std::min<std::chrono::nanoseconds>(longest, timeout - waited);
		if (killable)
			longest = std::min<std::chrono::nanoseconds>(longest, nap);
		of(lock).wait_until(after(longest));
	}
	of(lock).release();
	return ret;
}

void os_wake(os_lock *lock)
{
	os_assert_held(lock);
	of(lock).notify();
}
