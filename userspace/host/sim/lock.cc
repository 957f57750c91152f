/* SPDX-License-Identifier: MIT */
/*
 * Locks. Who finds one taken sleeps, and looks again when it is let go. Interrupts are off from
 * before the wait for it: one that came on this CPU could want a lock below.
 */
#include "history.h"
#include "objects.h"

namespace sim
{

void init(Lock &lock, const os_class *lock_class, const char *name, int order)
{
	lock = {nullptr, lock_class, name, order, lock_magic};
}

/* One that is below on the same CPU can't let go before this one ends. */
static void check_owner(const Lock &lock)
{
	for (const Fiber *fiber = &self(); fiber; fiber = fiber->below)
		if (lock.owner == fiber)
			fail("%s is taken on the CPU that holds it, by %s", lock.name,
			     fiber_name(fiber->id).c_str());
}

void acquire(Lock &lock)
{
	Fiber *fiber = scheduler.current();

	if (lock.magic != lock_magic)
		fail("a lock is taken that is not initialised");
	if (!fiber)
		return;

	fiber->irqs_off++;
	while (lock.owner) {
		check_owner(lock);
		scheduler.block("lock", &lock);
		must_be_live(&lock);
	}
	check_lock_order(*fiber, lock);
	if (fiber->locks_held == Fiber::max_locks)
		fail("more locks are held than anybody needs");
	lock.owner = fiber;
	fiber->locks[fiber->locks_held++] = &lock;
	writes(&lock);
	fiber->after_point = false;
}

void release(Lock &lock)
{
	Fiber *fiber = scheduler.current();
	unsigned int i;

	if (!fiber)
		return;
	must_be_live(&lock);
	if (lock.owner != fiber)
		fail("%s is released by somebody who does not hold it", lock.name);
	for (i = fiber->locks_held; fiber->locks[i - 1] != &lock; i--)
		;
	for (; i < fiber->locks_held; i++)
		fiber->locks[i - 1] = fiber->locks[i];
	fiber->locks_held--;
	fiber->irqs_off--;
	lock.owner = nullptr;
	writes(&lock);
	scheduler.wake_all(&lock);
}

void check_no_lock(const void *memory, std::size_t size)
{
	for (const Fiber *fiber : scheduler.fibers()) {
		for (unsigned int i = 0; i < fiber->locks_held; i++)
			if (is_inside(fiber->locks[i], memory, size))
				fail("memory is freed with %s in it, which is held by %s",
				     fiber->locks[i]->name, fiber_name(fiber->id).c_str());
		if (fiber->waits_on && is_inside(fiber->waits_on, memory, size))
			fail("memory is freed with something in it that %s waits for",
			     fiber_name(fiber->id).c_str());
	}
}

} // namespace sim

using namespace sim;

void os_lock_init(os_lock *lock, os_class *lock_class, const char *name)
{
	init(of(lock), lock_class, name, no_order);
}

unsigned long os_lock_irqsave(os_lock *lock)
{
	unsigned long flags;

	before(Op::lock, lock);
	flags = scheduler.current() ? self().irqs_off : 0;
	acquire(of(lock));
	return flags;
}

void os_unlock_irqrestore(os_lock *lock, unsigned long flags)
{
	release(of(lock));
	if (scheduler.current() && self().irqs_off != flags)
		fail("locks are released with the flags of another lock");
	after(Op::unlock, lock);
	/*
	 * Others may have taken the lock by now, and all may be over; some kernels touch its
	 * memory once more here. What keeps it until then is the caller's business.
	 */
	must_be_live(lock);
}

void os_assert_held(const os_lock *lock)
{
	if (scheduler.current() && of(const_cast<os_lock *>(lock)).owner != &self())
		fail("%s is not held, and has to be", of(const_cast<os_lock *>(lock)).name);
}
