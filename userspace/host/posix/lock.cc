/* SPDX-License-Identifier: MIT */
/*
 * Locks, and waiting with one. A mutex that knows its owner; the thread sanitizer checks the order
 * in which they are taken.
 */
#include "internal.h"

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

void Lock::wait()
{
	timespec until;
	int error;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += patience.count();

	this_thread.locks--;
	this_thread.must_be_able_to_sleep("os_wait() is called where sleeping is not allowed");
	owner_.store(nullptr, std::memory_order_relaxed);
	error = pthread_cond_timedwait(&changed_, &mutex_, &until);
	owner_.store(&this_thread, std::memory_order_relaxed);
	this_thread.locks++;

	if (error)
		fatal("os_wait() has waited for longer than anything may take");
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

void os_wait(os_lock *lock, bool (*cond)(void *arg), void *arg)
{
	os_might_sleep();
	of(lock).acquire();
	while (!cond(arg))
		of(lock).wait();
	of(lock).release();
}

void os_wake(os_lock *lock)
{
	os_assert_held(lock);
	of(lock).notify();
}
