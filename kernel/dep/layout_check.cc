// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * C and C++ agree on every structure that they share, or this doesn't compile. Host
 * programs have no C side: there the C++ structures are the definition.
 */
#include "abi.h"
#include "members.h"

#ifdef OS_HAVE_LAYOUT

#define CHECK_STRUCT(tag)                                                                          \
	static_assert(sizeof(tag) == LAYOUT_##tag##_SIZE, "size of struct " #tag);                 \
	static_assert(alignof(tag) == LAYOUT_##tag##_ALIGN, "alignment of struct " #tag);

#define CHECK_MEMBER(tag, member)                                                                  \
	static_assert(offsetof(tag, member) == LAYOUT_##tag##_##member,                            \
		      "offset of " #tag "::" #member);

DRM_DEP_STRUCTS(CHECK_STRUCT)
DRM_DEP_MEMBERS(CHECK_MEMBER)

#endif
