/* SPDX-License-Identifier: MIT */
/*
 * Locks that are taken in both orders somewhere in one schedule, and waiting that could be for each
 * other: found though nobody was caught by it.
 */
#include "objects.h"

namespace sim
{

namespace
{

constexpr unsigned int max_classes = 32;

/* A class of locks, or the fence locks of one order. */
struct LockClass {
	const os_class *lock_class;
	int order;
	const char *name;
};

LockClass classes[max_classes];
u32 outside[max_classes]; /* bits: which were held when this one was taken, or a lock before */
unsigned int count;

unsigned int class_of(const Lock &lock)
{
	for (unsigned int i = 0; i < count; i++)
		if (classes[i].lock_class == lock.lock_class && classes[i].order == lock.order)
			return i;
	if (count == max_classes)
		fail("there are more classes of locks than expected");
	classes[count] = {lock.lock_class, lock.order, lock.name};
	outside[count] = 0;
	return count++;
}

void add(unsigned int outer, unsigned int inner)
{
	const u32 all = outside[outer] | 1u << outer;

	if (outside[inner] & 1u << outer)
		return;
	/* Keep it transitive. */
	for (unsigned int i = 0; i < count; i++)
		if (i == inner || outside[i] & 1u << inner)
			outside[i] |= all;
}

constexpr unsigned int kinds = 3; /* of OS_INSIDE_* */
bool waits[kinds][kinds];	  /* for the first, inside the second */

} // namespace

void check_lock_order(const Fiber &fiber, const Lock &lock)
{
	const unsigned int inner = class_of(lock);

	for (unsigned int i = 0; i < fiber.locks_held; i++) {
		const Lock &held = *fiber.locks[i];
		const unsigned int outer = class_of(held);

		if (outer == inner)
			fail("%s is taken inside another of the same class", lock.name);
		if (lock.order != no_order && held.order >= lock.order)
			fail("a fence lock of level %d is taken inside one of level %d", lock.order,
			     held.order);
		if (outside[outer] & 1u << inner)
			fail("%s is taken inside %s, and elsewhere the other way round", lock.name,
			     held.name);
		add(outer, inner);
	}
}

void reset_lock_order()
{
	count = 0;
}

void reset_wait_graph()
{
	for (auto &row : waits)
		for (bool &edge : row)
			edge = false;
}

static bool valid(unsigned int kind)
{
	return kind < kinds;
}

} // namespace sim

using namespace sim;

void os_inside_enter(unsigned int kind)
{
	if (!valid(kind))
		fail("os_inside_enter() of a kind that does not exist");
	if (scheduler.current())
		self().inside[kind]++;
}

void os_inside_leave(unsigned int kind)
{
	if (!scheduler.current())
		return;
	if (!valid(kind) || !self().inside[kind])
		fail("os_inside_leave() without os_inside_enter()");
	self().inside[kind]--;
}

void os_inside_wait(unsigned int kind)
{
	if (!valid(kind))
		fail("os_inside_wait() of a kind that does not exist");
	if (!scheduler.current())
		return;
	if (self().locks_held)
		fail("waits for ops while %s is held", self().locks[0]->name);
	for (unsigned int in = 0; in < kinds; in++) {
		if (!self().inside[in])
			continue;
		if (in == kind)
			fail("an op waits until no op of its kind is in progress");
		waits[kind][in] = true;
		if (waits[in][kind])
			fail("ops of two kinds wait for each other");
	}
}
