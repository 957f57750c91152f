/* SPDX-License-Identifier: MIT */
/*
 * Fences: the core's, and those of another driver. As in Linux a fence is seen as signalled before
 * its callbacks have run, the names are asked for by the initialisation, and the memory goes a
 * grace period after the last reference.
 */
#include "history.h"
#include "objects.h"

#include <cstring>

namespace sim
{

static u64 next_context;

static os_fence *opaque(Fence &fence)
{
	return reinterpret_cast<os_fence *>(&fence);
}

static Fence &checked(os_fence *fence)
{
	must_be_live(fence);
	if (of(fence).magic != fence_magic)
		fail("a fence is used that is not initialised");
	return of(fence);
}

static void init_fence(Fence &fence, Fence::Kind kind, u64 context, u64 seqno, int order)
{
	std::memset(static_cast<void *>(&fence), 0, sizeof(fence));
	init(fence.lock, nullptr, "a fence's lock", order);
	fence.ref.count = 1;
	fence.kind = kind;
	fence.context = context;
	fence.seqno = seqno;
	fence.callbacks.next = &fence.callbacks;
	fence.callbacks.prev = &fence.callbacks;
	fence.magic = fence_magic;
}

static bool is_container(const Fence &fence)
{
	return fence.kind == Fence::Kind::array || fence.kind == Fence::Kind::chain;
}

static void unlink(Callback &callback)
{
	must_be_live(&callback, sizeof(callback));
	must_be_live(callback.next);
	must_be_live(callback.prev);
	callback.next->prev = callback.prev;
	callback.prev->next = callback.next;
	callback.next = nullptr;
	callback.prev = nullptr;
}

/* Not the fence: its address is that of its lock. */
static const void *bit_of(const Fence &fence)
{
	return &fence.signalled;
}

static void signal_locked(Fence &fence, int error, u64 when)
{
	if (scheduler.current() && fence.lock.owner != &self())
		fail("a fence is signalled without its lock");
	if (fence.signalled)
		fail("%s is signalled twice", describe(&fence).c_str());
	if (error > 0 || error < -4095)
		fail("the error of a fence is not a negative errno");
	if (!when || when > scheduler.now())
		fail("a fence is signalled with a time that is not over");

	fence.error = error;
	fence.when = when;
	fence.signalled = true;
	writes(bit_of(fence));
	if (fence.watch) {
		*fence.watch = true;
		touch();
	}
	after(Op::fence_signalled, &fence);

	while (fence.callbacks.next != &fence.callbacks) {
		Callback &callback = *fence.callbacks.next;

		unlink(callback);
		record(Op::fence_callback, &fence);
		/* May free the memory of the callback. */
		callback.fn(opaque(fence), reinterpret_cast<os_fence_cb *>(&callback));
		must_be_live(&fence);
	}
}

static void put(Fence &fence)
{
	if (!fence.ref.put()) {
		after(Op::fence_put, &fence);
		return;
	}
	record(Op::fence_put, &fence);
	reads(&fence);
	if (fence.callbacks.next != &fence.callbacks)
		fail("%s is freed with callbacks on it", describe(&fence).c_str());
	if (fence.kind == Fence::Kind::finished && !fence.signalled)
		fail("%s is freed that has not signalled", describe(&fence).c_str());
	if (is_container(fence))
		for (os_fence *inside : fence.inside)
			if (inside)
				os_fence_put(inside);
	after_grace_period({Grace::Kind::free, &fence, nullptr, {}});
}

static Fence &make(const char *label, Fence::Kind kind, u64 context, u64 seqno)
{
	Fence &fence = *static_cast<Fence *>(allocate(sizeof(Fence), label));

	init_fence(fence, kind, context, seqno, 0);
	return fence;
}

os_fence *foreign_fence(const char *label)
{
	return foreign_fence(label, os_fence_context_alloc(), 1);
}

os_fence *foreign_fence(const char *label, u64 context, u64 seqno)
{
	return opaque(make(label, Fence::Kind::foreign, context, seqno));
}

os_fence *fence_array(const char *label, os_fence *a, os_fence *b)
{
	Fence &fence = make(label, Fence::Kind::array, os_fence_context_alloc(), 1);

	fence.inside[0] = a;
	fence.inside[1] = b;
	return opaque(fence);
}

os_fence *fence_chain(const char *label, os_fence *earlier, os_fence *later)
{
	Fence &fence = make(label, Fence::Kind::chain, os_fence_context_alloc(), 1);

	fence.inside[0] = later;
	fence.inside[1] = earlier;
	return opaque(fence);
}

bool signal(os_fence *fence, int error)
{
	Fence &foreign = checked(fence);
	unsigned long flags;
	bool first;

	if (foreign.kind != Fence::Kind::foreign)
		fail("only a fence of another driver is signalled by a scenario");
	flags = os_fence_lock(fence);
	first = !foreign.signalled;
	if (first)
		signal_locked(foreign, error, scheduler.now());
	os_fence_unlock(fence, flags);
	return first;
}

os_fence *get(os_fence *fence)
{
	os_fence_get(fence);
	return fence;
}

bool is_signalled(os_fence *fence)
{
	reads(bit_of(checked(fence)));
	return of(fence).signalled;
}

u64 signalled_when(os_fence *fence)
{
	return checked(fence).when;
}

void watch_signal(os_fence *fence, bool *flag)
{
	checked(fence).watch = flag;
	*flag = of(fence).signalled;
}

long long deadline_of(os_fence *fence)
{
	return checked(fence).deadline;
}

void wait_for(os_fence *fence)
{
	must_be_able_to_sleep("a fence is waited for");
	wait_until("a fence", [fence] { return of(fence).signalled; });
}

void reset_fences()
{
	next_context = 1;
}

} // namespace sim

using namespace sim;

unsigned long long os_fence_context_alloc()
{
	return next_context++;
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
	init_fence(of(fence), Fence::Kind::finished, context, seqno, static_cast<int>(nest) + 1);
	/* As a tracepoint would. */
	os_rcu_read_lock();
	if (!*drm_dep_fence_driver_name(fence) || !*drm_dep_fence_timeline_name(fence))
		fail("a fence is initialised and has no names");
	os_rcu_read_unlock();
}

void os_fence_get(os_fence *fence)
{
	before(Op::ref_get, fence);
	checked(fence).ref.get();
}

bool os_fence_get_unless_zero(os_fence *fence)
{
	if (scheduler.current() && !self().read_depth)
		fail("os_fence_get_unless_zero() is called outside a read section");
	before(Op::ref_get_unless_zero, fence);
	return checked(fence).ref.get_unless_zero();
}

void os_fence_put(os_fence *fence)
{
	put(checked(fence));
}

unsigned long os_fence_lock(os_fence *fence)
{
	unsigned long flags;

	before(Op::lock, fence);
	flags = scheduler.current() ? self().irqs_off : 0;
	acquire(checked(fence).lock);
	return flags;
}

void os_fence_unlock(os_fence *fence, unsigned long flags)
{
	release(checked(fence).lock);
	if (scheduler.current() && self().irqs_off != flags)
		fail("locks are released with the flags of another lock");
	after(Op::unlock, fence);
	must_be_live(fence); /* see os_unlock_irqrestore() */
}

void os_fence_signal_unlock(os_fence *fence, unsigned long flags, int error,
			    unsigned long long when, unsigned int nest)
{
	const unsigned int outer = self().base().nest_level;

	if (checked(fence).kind != Fence::Kind::finished)
		fail("the core signals a fence that is not its own");
	self().base().nest_level = nest;
	signal_locked(of(fence), error, when);
	self().base().nest_level = outer;
	os_fence_unlock(fence, flags);
}

int os_fence_add_callback(os_fence *fence, os_fence_cb *cb, os_fence_fn fn)
{
	Fence &target = checked(fence);
	Callback &callback = of(cb);
	unsigned long flags;
	int error = 0;

	must_be_live(cb, sizeof(callback));
	before(Op::fence_add_callback, fence);
	callback = {nullptr, nullptr, fn};
	if (is_container(target))
		fail("a callback is added to a container, which was to be taken apart");
	/* Without the lock: callbacks that were added before may not have run yet. */
	reads(bit_of(target));
	if (target.signalled)
		return -ENOENT;

	flags = os_fence_lock(fence);
	if (target.signalled) {
		error = -ENOENT;
	} else {
		callback.prev = target.callbacks.prev;
		callback.next = &target.callbacks;
		callback.prev->next = &callback;
		target.callbacks.prev = &callback;
	}
	os_fence_unlock(fence, flags);
	return error;
}

bool os_fence_remove_callback(os_fence *fence, os_fence_cb *cb)
{
	unsigned long flags;
	bool removed;

	must_be_live(cb, sizeof(Callback));
	before(Op::fence_remove_callback, fence);
	flags = os_fence_lock(fence);
	must_be_live(cb, sizeof(Callback));
	removed = of(cb).next;
	if (removed)
		unlink(of(cb));
	else if (!checked(fence).signalled)
		fail("a callback is removed that is not on the fence");
	os_fence_unlock(fence, flags);
	return removed;
}

void os_fence_set_deadline(os_fence *fence, long long deadline)
{
	Fence &target = checked(fence);

	reads(bit_of(target));
	if (target.signalled)
		return;
	if (target.kind == Fence::Kind::finished) {
		drm_dep_fence_set_deadline(fence, deadline);
	} else {
		target.deadline = deadline;
		writes(&target.deadline);
	}
}

int os_fence_error(os_fence *fence)
{
	if (!checked(fence).signalled)
		fail("the error of a fence is read before it has signalled");
	return of(fence).error;
}

unsigned long long os_fence_context(const os_fence *fence)
{
	return checked(const_cast<os_fence *>(fence)).context;
}

bool os_fence_is_later(os_fence *a, os_fence *b)
{
	if (checked(a).context != checked(b).context)
		fail("fences of different contexts are compared");
	return of(a).seqno > of(b).seqno;
}

static int each(os_fence *fence, os_fence_each_fn fn, void *arg)
{
	Fence &target = checked(fence);

	if (!is_container(target)) {
		reads(bit_of(target));
		return fn(fence, target.signalled, arg);
	}
	for (os_fence *inside : target.inside)
		if (int ret = inside ? each(inside, fn, arg) : 0)
			return ret;
	return 0;
}

int os_fence_each(os_fence *fence, os_fence_each_fn fn, void *arg)
{
	must_be_able_to_sleep("os_fence_each() is called");
	return each(fence, fn, arg);
}
