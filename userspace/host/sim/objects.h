/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is behind the opaque objects of os.h in this host, and what its parts know of each other.
 */

#include "memory.h"
#include "scheduler.h"
#include "sim.h"

#include <new>

namespace sim
{

/** Order of a lock that is no fence's. */
inline constexpr int no_order = -1;

struct Lock {
	Fiber *owner;
	const os_class *lock_class;
	const char *name;
	int order; /* fence locks: only inside those of lower order */
	u32 magic;
};

/** Takes the lock; the caller has told before() of it. */
void acquire(Lock &lock);
void release(Lock &lock);
void init(Lock &lock, const os_class *lock_class, const char *name, int order);
/** Reports locks that are taken in both orders. */
void check_lock_order(const Fiber &fiber, const Lock &lock);
void reset_lock_order();

struct Ref {
	int count;

	void get();
	bool get_unless_zero();
	bool put();
};

struct Work {
	os_work_fn fn;
	const char *name;
	bool pending; /* from being queued until its function begins */
	bool disabled;
	bool grace; /* waits for a grace period; then it is queued */
	u32 magic;
};

struct Timer {
	os_timer_fn fn;
	const char *name;
	u64 expires; /* never: not pending */
	u32 number;  /* of the start, so that those of one moment have an order */
	bool shut_down;
	bool expired; /* its fiber has not begun */
	u32 magic;
};

struct Callback {
	Callback *next; /* NULL: not on a fence */
	Callback *prev;
	os_fence_fn fn;
};

struct Fence {
	enum class Kind : unsigned char { finished, foreign, array, chain };

	Lock lock;
	Ref ref;
	Kind kind;
	bool signalled;
	unsigned char nest;
	int error;
	u64 context;
	u64 seqno;
	u64 when;
	long long deadline;
	Callback callbacks; /* the list's head */
	union {
		os_fence *inside[2]; /* of a container */
		bool *watch;	     /* of the others */
	};
	u32 magic;
};

/** So that garbage is not taken for an object. */
inline constexpr u32 lock_magic = 0x10c1a11e;
inline constexpr u32 work_magic = 0x3041a11e;
inline constexpr u32 timer_magic = 0x7131a11e;
inline constexpr u32 fence_magic = 0xfe1ca11e;

template <typename T, typename Opaque>
T &inside(Opaque *opaque)
{
	static_assert(sizeof(T) <= sizeof(Opaque) && alignof(T) <= alignof(Opaque));
	return *std::launder(reinterpret_cast<T *>(opaque));
}

inline Lock &of(os_lock *lock)
{
	return inside<Lock>(lock);
}

inline Ref &of(os_ref *ref)
{
	return inside<Ref>(ref);
}

inline Work &of(os_work *work)
{
	return inside<Work>(work);
}

inline Work &of(os_rcu_work *work)
{
	return inside<Work>(work);
}

inline Timer &of(os_timer *timer)
{
	return inside<Timer>(timer);
}

inline Callback &of(os_fence_cb *cb)
{
	return inside<Callback>(cb);
}

inline Fence &of(os_fence *fence)
{
	return inside<Fence>(fence);
}

inline const Fence &of(const os_fence *fence)
{
	return inside<const Fence>(fence);
}

/** What happens after a grace period. */
struct Grace {
	enum class Kind { free, queue };

	Kind kind;
	void *object; /* memory, or a Work */
	os_wq *wq;
	std::vector<Fiber *> readers; /* that were in a section when it began */
};
void after_grace_period(Grace grace);
void reset_rcu();

/** Queues an item that is marked as pending. */
void send(os_wq &wq, Work &work);
/** Whether the item of this fiber, which has not started, may begin. */
bool may_start(const Fiber &fiber);
/** Whether its items run one after the other. */
bool is_one_at_a_time(const os_wq *wq);
void reset_works();

/** When the next timer expires or a sleeper wakes up; never: at no time. */
u64 next_timer();
/** Makes fibers of those that expire now. */
void expire_timers();
void reset_timers();

/** Fails if anything of the sim is inside memory that is about to be freed. */
void check_unused(const void *memory, std::size_t size);
void check_no_work(const void *memory, std::size_t size);
void check_no_timer(const void *memory, std::size_t size);
void check_no_grace(const void *memory, std::size_t size);
void check_no_lock(const void *memory, std::size_t size);

inline bool is_inside(const void *object, const void *memory, std::size_t size)
{
	const auto at = reinterpret_cast<std::uintptr_t>(object);
	const auto start = reinterpret_cast<std::uintptr_t>(memory);

	return at >= start && at < start + size;
}

void must_be_able_to_sleep(const char *what);
void reset_reports();
void reset_wait_graph();
void reset_fences();

} // namespace sim
