/* SPDX-License-Identifier: MIT */
/*
 * Fences: the core's, and those of another driver. What Linux does and the core has to live with
 * is done here, too: a fence is seen as signalled before its callbacks have run, names are asked
 * for by the initialisation, and the memory goes a grace period after the last reference.
 */
#include "internal.h"

#include <cstdlib>
#include <utility>

namespace host
{

namespace
{

std::atomic<unsigned long long> next_context{1};

/* A fence of the core, in the core's memory. */
struct Finished final : Fence {
	Finished(std::uint64_t context_, std::uint64_t seqno_, unsigned int nest)
		: Fence(Kind::finished, context_, seqno_, static_cast<int>(nest) + 1)
	{
	}

	void last_put() override
	{
		if (!signalled)
			fatal("a finished fence is freed that has not signalled");
	}

	void free_memory() override
	{
		this->~Finished();
		os_free(this);
	}
};

struct Foreign final : Fence {
	Foreign(std::uint64_t context_, std::uint64_t seqno_, std::function<void()> on_last_put_)
		: Fence(Kind::foreign, context_, seqno_, 0), on_last_put(std::move(on_last_put_))
	{
	}

	void last_put() override
	{
		if (on_last_put)
			on_last_put();
	}

	void free_memory() override { delete this; }

	std::function<void()> on_last_put;
	std::atomic<long long> deadline{0};
	std::atomic<bool> has_deadline{false};
};

void check_error(int error)
{
	if (error > 0 || error < -4095)
		fatal("the error of a fence is not a negative errno");
}

void lock_fence(Fence &fence)
{
	if (fence.order <= this_thread.fence_order)
		fatal("a fence's lock is taken inside one of the same or a greater nest level");
	fence.lock.acquire();
	fence.outer_order = this_thread.fence_order;
	this_thread.fence_order = fence.order;
}

void unlock_fence(Fence &fence)
{
	this_thread.fence_order = fence.outer_order;
	fence.lock.release();
}

void signal_locked(Fence &fence, int error, std::uint64_t when)
{
	Node run;

	if (!fence.lock.held())
		fatal("a fence is signalled without its lock");
	if (fence.signalled.load(std::memory_order_relaxed))
		fatal("a fence is signalled twice");
	check_error(error);

	fence.error = error;
	fence.when = when;
	fence.signalled.store(true, std::memory_order_release);
	access_point(&fence);

	if (!fence.callbacks.alone()) {
		run.insert_before(fence.callbacks);
		fence.callbacks.unlink();
	}
	while (!run.alone()) {
		Callback &cb = *reinterpret_cast<Callback *>(run.next);

		cb.node.unlink();
		/* May free the memory of cb. */
		cb.fn(fence.base(), reinterpret_cast<os_fence_cb *>(&cb));
	}
}

void put(Fence &fence)
{
	bool last = fence.ref.put();

	access_point(&fence.ref);
	if (!last)
		return;

	if (!fence.callbacks.alone())
		fatal("a fence is freed that has callbacks and has not signalled");
	fence.last_put();
	after_grace_period(fence, [](Grace &over) { static_cast<Fence &>(over).free_memory(); });
}

} // namespace

Fence::Fence(Kind kind_, std::uint64_t context_, std::uint64_t seqno_, int order_)
	: kind(kind_), context(context_), seqno(seqno_), order(order_)
{
	census.fences.fetch_add(1, std::memory_order_relaxed);
}

Fence::~Fence()
{
	census.fences.fetch_sub(1, std::memory_order_relaxed);
}

Fence &Fence::of(os_fence *fence)
{
	static_assert(sizeof(Finished) <= sizeof(os_fence));
	return inside<Fence>(fence);
}

const Fence &Fence::of(const os_fence *fence)
{
	return of(const_cast<os_fence *>(fence));
}

os_fence *Fence::base()
{
	return reinterpret_cast<os_fence *>(this);
}

os_fence *foreign_fence()
{
	return foreign_fence(os_fence_context_alloc(), 1);
}

os_fence *foreign_fence(unsigned long long context, unsigned long long seqno)
{
	return (new Foreign(context, seqno, {}))->base();
}

os_fence *foreign_fence(std::function<void()> on_last_put)
{
	return (new Foreign(os_fence_context_alloc(), 1, std::move(on_last_put)))->base();
}

bool signal(os_fence *fence, int error)
{
	Fence &foreign = Fence::of(fence);
	bool first;

	if (foreign.kind != Fence::Kind::foreign)
		fatal("only a foreign fence is signalled by a test");
	lock_fence(foreign);
	first = !foreign.signalled.load(std::memory_order_relaxed);
	if (first)
		signal_locked(foreign, error, os_now());
	unlock_fence(foreign);
	return first;
}

os_fence *get(os_fence *fence)
{
	os_fence_get(fence);
	return fence;
}

bool is_signalled(os_fence *fence)
{
	return Fence::of(fence).signalled.load(std::memory_order_acquire);
}

unsigned long long signalled_at(os_fence *fence)
{
	if (!is_signalled(fence))
		fatal("the time of a fence is read before it has signalled");
	return Fence::of(fence).when;
}

static Foreign &foreign_of(os_fence *fence)
{
	if (Fence::of(fence).kind != Fence::Kind::foreign)
		fatal("a fence is not a foreign one");
	return static_cast<Foreign &>(Fence::of(fence));
}

std::optional<long long> deadline_of(os_fence *fence)
{
	Foreign &foreign = foreign_of(fence);

	if (!foreign.has_deadline.load(std::memory_order_acquire))
		return {};
	return foreign.deadline.load(std::memory_order_relaxed);
}

std::size_t callbacks_of(os_fence *fence)
{
	Foreign &foreign = foreign_of(fence);
	std::size_t count = 0;

	lock_fence(foreign);
	for (Node *node = foreign.callbacks.next; node != &foreign.callbacks; node = node->next)
		count++;
	unlock_fence(foreign);
	return count;
}

unsigned long long seqno_of(os_fence *fence)
{
	return Fence::of(fence).seqno;
}

bool wait_for(os_fence *fence, std::chrono::milliseconds limit)
{
	/* Shared with the callback, which can't be removed and may come after the limit. */
	struct Waiter {
		os_fence_cb cb;
		std::mutex mutex;
		std::condition_variable called;
		bool signalled = false;
		std::shared_ptr<Waiter> self;
	};
	auto waiter = std::make_shared<Waiter>();

	static_assert(offsetof(Waiter, cb) == 0);
	waiter->self = waiter;
	if (os_fence_add_callback(fence, &waiter->cb, [](os_fence *, os_fence_cb *cb) {
		    std::shared_ptr<Waiter> self = std::move(reinterpret_cast<Waiter *>(cb)->self);
		    std::lock_guard lock(self->mutex);

		    self->signalled = true;
		    self->called.notify_all();
	    })) {
		waiter->self.reset();
		return true;
	}

	std::unique_lock lock(waiter->mutex);

	return waiter->called.wait_for(lock, limit, [&] { return waiter->signalled; });
}

/* A reader as debugfs is one: it looks while it is in a section, and copies. */
template <typename Function>
static std::string name_of(os_fence *fence, Function name)
{
	std::string copy;

	os_rcu_read_lock();
	if (!is_signalled(fence))
		copy = name(fence);
	os_rcu_read_unlock();
	return copy;
}

std::string driver_name(os_fence *fence)
{
	return name_of(fence, drm_dep_fence_driver_name);
}

std::string timeline_name(os_fence *fence)
{
	return name_of(fence, drm_dep_fence_timeline_name);
}

} // namespace host

using namespace host;

unsigned long long os_fence_context_alloc()
{
	return next_context.fetch_add(1, std::memory_order_relaxed);
}

/* Fences of this host ask for their names before they have signalled only. */
struct os_timeline {
	char unused;
};

os_timeline *os_timeline_create(const char *, const char *)
{
	return static_cast<os_timeline *>(os_alloc(sizeof(os_timeline), "timeline"));
}

void os_timeline_put(os_timeline *timeline)
{
	os_free(timeline);
}

void os_fence_init(os_fence *fence, os_timeline *, unsigned long long context,
		   unsigned long long seqno, unsigned int nest)
{
	new (fence) Finished(context, seqno, nest);
	/* As a tracepoint would. */
	if (driver_name(fence).empty() || timeline_name(fence).empty())
		fatal("a fence is initialised and has no names");
}

void os_fence_get(os_fence *fence)
{
	Fence::of(fence).ref.get();
}

void os_fence_put(os_fence *fence)
{
	put(Fence::of(fence));
}

unsigned long os_fence_lock(os_fence *fence)
{
	lock_fence(Fence::of(fence));
	return 0;
}

void os_fence_unlock(os_fence *fence, unsigned long)
{
	unlock_fence(Fence::of(fence));
}

void os_fence_signal_unlock(os_fence *fence, unsigned long, int error, unsigned long long when,
			    unsigned int nest)
{
	const unsigned int outer = std::exchange(this_thread.nest_level, nest);

	if (!when || when > os_now())
		fatal("a fence is said to have signalled at a time that never was");
	signal_locked(Fence::of(fence), error, when);
	this_thread.nest_level = outer;
	unlock_fence(Fence::of(fence));
}

int os_fence_add_callback(os_fence *fence, os_fence_cb *cb, os_fence_fn fn)
{
	Fence &self = Fence::of(fence);
	Callback *callback = new (cb) Callback{.node = {}, .fn = fn};
	bool signalled;

	/* Without the lock: callbacks that were added before may not have run yet. */
	if (self.signalled.load(std::memory_order_acquire))
		return -ENOENT;

	lock_fence(self);
	signalled = self.signalled.load(std::memory_order_relaxed);
	if (!signalled)
		callback->node.insert_before(self.callbacks);
	unlock_fence(self);
	return signalled ? -ENOENT : 0;
}

bool os_fence_remove_callback(os_fence *fence, os_fence_cb *cb)
{
	Fence &self = Fence::of(fence);
	Callback &callback = of(cb);
	bool removed;

	lock_fence(self);
	removed = !callback.node.alone();
	if (removed)
		callback.node.unlink();
	unlock_fence(self);
	return removed;
}

bool os_fence_get_unless_zero(os_fence *fence)
{
	if (!this_thread.read_depth)
		fatal("a fence is looked for outside of a read section");
	return Fence::of(fence).ref.get_unless_zero();
}

void os_fence_set_deadline(os_fence *fence, long long deadline)
{
	Fence &self = Fence::of(fence);

	if (is_signalled(fence))
		return;
	if (self.kind == Fence::Kind::finished) {
		drm_dep_fence_set_deadline(fence, deadline);
	} else if (self.kind == Fence::Kind::foreign) {
		static_cast<Foreign &>(self).deadline.store(deadline, std::memory_order_relaxed);
		static_cast<Foreign &>(self).has_deadline.store(true, std::memory_order_release);
	}
}

int os_fence_error(os_fence *fence)
{
	if (!is_signalled(fence))
		fatal("the error of a fence is read before it has signalled");
	return Fence::of(fence).error;
}

unsigned long long os_fence_context(const os_fence *fence)
{
	return Fence::of(fence).context;
}

bool os_fence_is_later(os_fence *a, os_fence *b)
{
	if (os_fence_context(a) != os_fence_context(b))
		fatal("fences of different contexts are compared");
	return seqno_of(a) > seqno_of(b);
}
