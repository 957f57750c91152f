/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is behind the opaque objects of os.h in this host, and what its parts know of each other.
 *
 * One rule runs through all of it: no part orders more than os.h promises. A mutex that two
 * callers of os_work_queue() happened to share, say, would make one of them happen before the
 * other, and the thread sanitizer would then overlook a missing lock in the core. So counters are
 * relaxed where they only count, and who hands something over releases but does not acquire.
 */

#include "host.h"
#include "os/os.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>

#include <ctime>

#include <pthread.h>

namespace host
{

/** Longest time that anything in here waits for anything; then the sentence tells what for. */
inline constexpr std::chrono::seconds patience{30};

/** A place in an intrusive circular list; the core's own list is under test here. */
struct Node {
	Node *next = this;
	Node *prev = this;

	Node() = default;
	Node(const Node &) = delete;
	Node &operator=(const Node &) = delete;

	bool alone() const { return next == this; }

	void insert_before(Node &place)
	{
		prev = place.prev;
		next = &place;
		place.prev->next = this;
		place.prev = this;
	}

	void unlink()
	{
		prev->next = next;
		next->prev = prev;
		next = this;
		prev = this;
	}
};

/** Whether a thread is in a read section: odd while it is. */
struct Reader {
	std::atomic<std::uint64_t> sections{0};
	std::atomic<bool> awaited{false};
};

/** What the calling thread is in the middle of. */
struct Thread {
	int locks = 0;
	int atomic = 0; /* preemption off, softirq, interrupt */
	int signalling = 0;
	int read_depth = 0;
	unsigned int nest_level = 0;
	int fence_order = -1; /* of the innermost fence lock that is held */
	const void *work = nullptr;
	Reader *reader = nullptr;
	int inside[4] = {}; /* by kind, OS_INSIDE_RUN and so on */
	std::atomic<bool> fatal_signal{false};

	bool balanced() const;
	void must_be_able_to_sleep(const char *sentence) const;
	void must_be_able_to_allocate(const char *sentence) const;
};

extern thread_local constinit Thread this_thread;

/** Objects that exist, for leak checks. */
struct Census {
	std::atomic<long> allocations{0};
	std::atomic<long> fences{0};
	std::atomic<long> devices{0};
	std::atomic<long> modules{0};
};

extern constinit Census census;

/** Work items and grace periods that are not over; wait_idle() waits for none. */
class Outstanding
{
public:
	void begin() { count_.fetch_add(1, std::memory_order_relaxed); }
	void end();
	bool wait_for_none(std::chrono::milliseconds limit);

private:
	std::atomic<long> count_{0};
	std::mutex mutex_;
	std::condition_variable none_;
};

extern Outstanding outstanding;

class Lock
{
public:
	Lock();

	void acquire();
	void release();
	bool held() const { return owner_.load(std::memory_order_relaxed) == &this_thread; }
	/**
	 * Lets go of the lock until notified, or @until; the caller looks again why. False if
	 * nobody has notified.
	 */
	bool wait_until(const timespec &until);
	void notify() { pthread_cond_broadcast(&changed_); }

private:
	pthread_mutex_t mutex_;
	pthread_cond_t changed_;
	std::atomic<const Thread *> owner_{nullptr};
	std::atomic<bool> released_{false};
};

class Ref
{
public:
	void get();
	bool get_unless_zero();
	bool put();
	bool is_zero() const { return !count_.load(std::memory_order_relaxed); }

private:
	std::atomic<int> count_{1};
};

struct Work {
	os_work_fn fn;
	const char *name;
	/* While it is on its way to its workqueue. Relaxed: who queues acquires nothing. */
	std::atomic<Work *> next{nullptr};
	std::atomic<unsigned int> state{0};
};

struct Timer {
	os_timer_fn fn;
	const char *name;
	/* While it is on its way to the thread of the timers. */
	std::atomic<Timer *> next{nullptr};
	/* When it is due, in nanoseconds of os_now(), 0: not pending; and a bit that ends it. */
	std::atomic<std::uint64_t> due{0};
};

/** Memory or a work item that waits for a grace period. */
struct Grace {
	Grace *next = nullptr;
	void (*over)(Grace &grace) = nullptr;
};

/** Calls grace.over in a thread of its own, when all sections that are open now have ended. */
void after_grace_period(Grace &grace, void (*over)(Grace &grace));

struct RcuWork {
	Work work; /* first: os.h says so */
	Grace grace;
	os_wq *wq = nullptr;
};

struct Callback {
	Node node;
	os_fence_fn fn;
};

struct Fence : Grace {
	enum class Kind { finished, foreign, array, chain };

	Fence(Kind kind, std::uint64_t context, std::uint64_t seqno, int order);
	virtual ~Fence();
	/** The last reference is gone; the memory goes a grace period later. */
	virtual void last_put() {}
	virtual void free_memory() = 0;

	Fence(const Fence &) = delete;
	Fence &operator=(const Fence &) = delete;

	static Fence &of(os_fence *fence);
	static const Fence &of(const os_fence *fence);
	os_fence *base();

	const Kind kind;
	const std::uint64_t context;
	const std::uint64_t seqno;
	const int order; /* a lock is taken inside those of lower order only */
	int outer_order = -1;
	int error = 0; /* written before signalled, not after, and so is when */
	std::uint64_t when = 0;
	std::atomic<bool> signalled{false};
	Ref ref;
	Lock lock;
	Node callbacks;
};

/** Fatal unless a test expects it. */
void report_broken(const char *sentence);

/** The time of day after @delay, as waiting functions want it. */
timespec after(std::chrono::nanoseconds delay);

/** The points at which a hook may look or delay; see set_access_hook(). */
void access_point(const volatile void *object);

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

inline Timer &of(os_timer *timer)
{
	return inside<Timer>(timer);
}

inline RcuWork &of(os_rcu_work *work)
{
	return inside<RcuWork>(work);
}

inline Callback &of(os_fence_cb *cb)
{
	return inside<Callback>(cb);
}

/** Parts of the host that have threads. */
void start_workqueues();
void stop_workqueues();
void start_grace_periods();
void stop_grace_periods();
void start_timers();
void stop_timers();

/** Puts @work, which is marked as pending, on its way. */
bool mark_pending(Work &work);
void send(os_wq &wq, Work &work);

} // namespace host
