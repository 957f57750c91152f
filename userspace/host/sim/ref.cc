/* SPDX-License-Identifier: MIT */
/*
 * Reference counts and atomics.
 */
#include "history.h"
#include "objects.h"

#include <climits>

namespace sim
{

void Ref::get()
{
	if (count <= 0)
		fail("a reference is taken of an object whose last one was put");
	if (count == INT_MAX)
		fail("a reference count overflows");
	count++;
}

bool Ref::get_unless_zero()
{
	if (count < 0)
		fail("a reference count is negative");
	if (!count)
		return false;
	count++;
	return true;
}

bool Ref::put()
{
	if (count <= 0)
		fail("a reference is put of an object whose last one was put");
	return --count == 0;
}

} // namespace sim

using namespace sim;

void os_ref_init(os_ref *ref)
{
	of(ref).count = 1;
}

void os_ref_get(os_ref *ref)
{
	before(Op::ref_get, ref);
	of(ref).get();
}

bool os_ref_get_unless_zero(os_ref *ref)
{
	before(Op::ref_get_unless_zero, ref);
	return of(ref).get_unless_zero();
}

bool os_ref_put(os_ref *ref)
{
	must_be_live(ref);
	if (of(ref).put()) {
		record(Op::ref_put, ref);
		reads(ref);
		return true;
	}
	after(Op::ref_put, ref);
	return false;
}

bool os_ref_is_zero(const os_ref *ref)
{
	before(Op::ref_read, ref);
	return !of(const_cast<os_ref *>(ref)).count;
}

void os_before(const volatile void *object)
{
	before(Op::atomic, object);
}

void os_after(const volatile void *object)
{
	after(Op::atomic_done, object);
}
