/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_GUARD_H_
#define _DRM_DEP_GUARD_H_

#include "os/os.h"

/*
 * What clang checks at compile time, and g++ ignores. GUARDED_BY says which lock
 * protects a member, REQUIRES which a function is called with, EXCLUDES which it
 * takes itself. IN says which roles (see os.h) its caller has.
 */
#define DEP_GUARDED_BY(lock) OS_ANALYSIS(guarded_by(lock))
#define DEP_REQUIRES(lock) OS_ANALYSIS(requires_capability(lock, os_no_sleep))
#define DEP_EXCLUDES(lock) OS_ANALYSIS(locks_excluded(lock))
#define DEP_IN(...) OS_ANALYSIS(requires_capability(__VA_ARGS__))

namespace dep
{

/*
 * Holds a lock, with interrupts disabled, to the end of the scope:
 *
 *	Guard guard(queue.lock);
 *
 * What is called with the guard and has to call an op lets go of the lock for that long:
 *
 *	drop_lock(queue.lock, guard);
 *	...
 *	retake_lock(queue.lock, guard);
 */
class OS_ANALYSIS(scoped_lockable) Guard
{
public:
	explicit Guard(os_lock &lock) OS_ANALYSIS(acquire_capability(lock, os_no_sleep))
		: lock_(lock), flags_(os_lock_irqsave(&lock))
	{
	}

	~Guard() OS_ANALYSIS(release_capability())
	{
		if (held_)
			os_unlock_irqrestore(&lock_, flags_);
	}

	void unlock() OS_ANALYSIS(release_capability())
	{
		os_unlock_irqrestore(&lock_, flags_);
		held_ = false;
	}

	void lock() OS_ANALYSIS(acquire_capability())
	{
		flags_ = os_lock_irqsave(&lock_);
		held_ = true;
	}

	Guard(const Guard &) = delete;
	Guard &operator=(const Guard &) = delete;

private:
	os_lock &lock_;
	unsigned long flags_;
	bool held_ = true;
};

/* @lock is the guard's: the analysis can't see that. */
inline void drop_lock([[maybe_unused]] os_lock &lock, Guard &guard)
	OS_ANALYSIS(release_capability(lock, os_no_sleep)) OS_ANALYSIS(no_thread_safety_analysis)
{
	guard.unlock();
}

inline void retake_lock([[maybe_unused]] os_lock &lock, Guard &guard)
	OS_ANALYSIS(acquire_capability(lock, os_no_sleep)) OS_ANALYSIS(no_thread_safety_analysis)
{
	guard.lock();
}

/*
 * Keeps memory that is freed after a grace period to the end of the scope. Needed
 * where what is called may drop the last reference of the queue that is still used.
 */
class OS_ANALYSIS(scoped_lockable) RcuReadSection
{
public:
	RcuReadSection() OS_ANALYSIS(acquire_capability(os_read_section)) { os_rcu_read_lock(); }

	~RcuReadSection() OS_ANALYSIS(release_capability()) { os_rcu_read_unlock(); }

	RcuReadSection(const RcuReadSection &) = delete;
	RcuReadSection &operator=(const RcuReadSection &) = delete;
};

/* A scope on which the signalling of fences depends. */
class OS_ANALYSIS(scoped_lockable) SignallingSection
{
public:
	SignallingSection() OS_ANALYSIS(acquire_capability(os_signalling))
		: cookie_(os_signalling_begin())
	{
	}

	~SignallingSection() OS_ANALYSIS(release_capability()) { os_signalling_end(cookie_); }

	SignallingSection(const SignallingSection &) = delete;
	SignallingSection &operator=(const SignallingSection &) = delete;

private:
	bool cookie_;
};

} // namespace dep

/*
 * For the one place in a function whose effects the compiler can't know, or that it takes for
 * worse than it is: a call of an op, for which the public header says what it may do.
 */
#if defined(__clang__) && __clang_major__ >= 20
#define DEP_UNCHECKED_EFFECTS(code)                                                                \
	_Pragma("clang diagnostic push")                                                           \
		_Pragma("clang diagnostic ignored \"-Wfunction-effects\"")                         \
			code _Pragma("clang diagnostic pop")
#else
#define DEP_UNCHECKED_EFFECTS(code) code
#endif

/* Says that a rule of the interface was broken, once per place. */
#define DEP_BROKEN(sentence)                                                                       \
	do {                                                                                       \
		DEP_UNCHECKED_EFFECTS(static constinit int said = 0;)                              \
		if (!__atomic_exchange_n(&said, 1, __ATOMIC_RELAXED))                              \
			os_broken(sentence);                                                       \
	} while (0)

#endif /* _DRM_DEP_GUARD_H_ */
