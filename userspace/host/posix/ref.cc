/* SPDX-License-Identifier: MIT */
/*
 * Reference counts.
 */
#include "internal.h"

#include <new>

namespace host
{

/* Counts in the middle of the negative half stay there: nobody can reach them by gets or puts. */
static constexpr int saturated = -(1 << 30);

void Ref::get()
{
	int before = count_.fetch_add(1, std::memory_order_relaxed);

	if (before == 0)
		fatal("a reference is taken of an object whose last one was put");
	if (before < 0) {
		count_.store(saturated, std::memory_order_relaxed);
		report_broken("a reference count has overflowed; the object is leaked");
	}
}

bool Ref::get_unless_zero()
{
	int count = count_.load(std::memory_order_relaxed);

	do
		if (!count)
			return false;
	while (!count_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed));
	return true;
}

bool Ref::put()
{
	int before = count_.fetch_sub(1, std::memory_order_release);

	if (before == 0)
		fatal("a reference is put of an object whose last one was put");
	if (before < 0)
		count_.store(saturated, std::memory_order_relaxed);
	if (before != 1)
		return false;

	/* With all puts before; a put that was not the last waits for nobody. */
	(void)count_.load(std::memory_order_acquire);
	return true;
}

} // namespace host

using namespace host;

void os_ref_init(os_ref *ref)
{
	new (ref) Ref;
}

void os_ref_get(os_ref *ref)
{
	of(ref).get();
}

bool os_ref_get_unless_zero(os_ref *ref)
{
	return of(ref).get_unless_zero();
}

bool os_ref_is_zero(const os_ref *ref)
{
	return of(const_cast<os_ref *>(ref)).is_zero();
}

bool os_ref_put(os_ref *ref)
{
	bool last = of(ref).put();

	access_point(ref);
	return last;
}
