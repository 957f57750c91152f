/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_STACK_H_
#define _DRM_DEP_STACK_H_

#include "os/os.h"

namespace dep
{

struct StackLink {
	StackLink *next;
};

/* Turns a chain of links round; returns what was its end. */
inline StackLink *reverse(StackLink *newest)
{
	StackLink *oldest = nullptr;

	while (newest) {
		StackLink *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

/*
 * A stack that any context may push to without a lock, and that is emptied as a
 * whole. The layout is that of the kernel's struct llist_head.
 */
struct Stack {
	os_atomic_ptr first;

	void init() { first.value = nullptr; }

	/*
	 * True if the stack was empty: then this caller arranges for it to be emptied.
	 * The element may be gone when this returns.
	 */
	[[nodiscard]] bool push(StackLink &link)
	{
		void *old = os_load_ptr(&first);

		do
			link.next = static_cast<StackLink *>(old);
		while (!os_replace_ptr(&first, &old, &link));
		return !old;
	}

	/* Empties the stack; the result is in the order in which it was pushed. */
	StackLink *take_all()
	{
		return reverse(static_cast<StackLink *>(os_exchange_ptr(&first, nullptr)));
	}
};

} // namespace dep

#endif /* _DRM_DEP_STACK_H_ */
