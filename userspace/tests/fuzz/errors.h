/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>

namespace fuzz
{

/** The calls that are made. */
enum class Kind {
	query,
	bo_create,
	bo_mmap_offset,
	vm_create,
	vm_destroy,
	vm_bind,
	queue_create,
	queue_destroy,
	exec,
	queue_state,
	queue_control,
	other, /**< of DRM itself: they are made, but what they say isn't ours */
	count
};

/** As the header calls it. */
const char *name_of(Kind kind);

/**
 * Whether a call may fail in this way, so the uAPI header says. That the device is lost is in the
 * header, too, but nothing that a client does may lead to it.
 *
 * @param error a positive errno
 */
bool may_fail_with(Kind kind, int error);

} // namespace fuzz
