/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _DRM_DEP_LIST_H_
#define _DRM_DEP_LIST_H_

#include <stddef.h>

namespace dep
{

/*
 * A circular list through links inside its elements. The layout is that of the
 * kernel's struct list_head, which holds its place in the public structures.
 *
 *	Link jobs;  jobs.init();
 *	jobs.add_tail(job->link);
 *	if (!jobs.empty()) use(jobs.next);
 */
struct Link {
	Link *next;
	Link *prev;

	void init()
	{
		next = this;
		prev = this;
	}

	bool empty() const { return next == this; }

	/* Puts @link behind this one. */
	void add_after(Link &link)
	{
		link.next = next;
		link.prev = this;
		next->prev = &link;
		next = &link;
	}

	/* Puts @link at the end of the list of which this is the head. */
	void add_tail(Link &link) { prev->add_after(link); }

	/* Puts @link at the beginning of the list of which this is the head. */
	void add_head(Link &link) { add_after(link); }

	/* Takes this link out of its list. */
	void remove()
	{
		next->prev = prev;
		prev->next = next;
		init();
	}
};

} // namespace dep

/* The structure of which @pointer is the member. */
#define DEP_CONTAINER_OF(pointer, type, member)                                                    \
	reinterpret_cast<type *>(reinterpret_cast<unsigned char *>(pointer) -                      \
				 offsetof(type, member))

#endif /* _DRM_DEP_LIST_H_ */
