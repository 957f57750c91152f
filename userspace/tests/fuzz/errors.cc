/* SPDX-License-Identifier: MIT */
#include "errors.h"

#include <algorithm>
#include <cerrno>
#include <initializer_list>

namespace fuzz
{

namespace
{

bool one_of(int error, std::initializer_list<int> errors)
{
	return std::find(errors.begin(), errors.end(), error) != errors.end();
}

} // namespace

const char *name_of(Kind kind)
{
	switch (kind) {
	case Kind::query:
		return "QUERY";
	case Kind::bo_create:
		return "BO_CREATE";
	case Kind::bo_mmap_offset:
		return "BO_MMAP_OFFSET";
	case Kind::vm_create:
		return "VM_CREATE";
	case Kind::vm_destroy:
		return "VM_DESTROY";
	case Kind::vm_bind:
		return "VM_BIND";
	case Kind::queue_create:
		return "QUEUE_CREATE";
	case Kind::queue_destroy:
		return "QUEUE_DESTROY";
	case Kind::exec:
		return "EXEC";
	case Kind::queue_state:
		return "QUEUE_STATE";
	case Kind::queue_control:
		return "QUEUE_CONTROL";
	default:
		return "another call";
	}
}

bool may_fail_with(Kind kind, int error)
{
	/* Everything looks at its fields, at memory of the caller, and needs some of the kernel. */
	if (one_of(error, {EINVAL, EFAULT, ENOMEM, EINTR}))
		return true;
	switch (kind) {
	case Kind::query:
		return false;
	case Kind::vm_create:
		return error == EDQUOT;
	case Kind::bo_create:
		return one_of(error, {EDQUOT, ENOENT});
	case Kind::bo_mmap_offset:
	case Kind::vm_destroy:
	case Kind::queue_destroy:
	case Kind::queue_state:
		return error == ENOENT;
	case Kind::vm_bind:
		return one_of(error, {ENOENT, E2BIG, EDQUOT, EOPNOTSUPP});
	case Kind::queue_create:
		return one_of(error, {ENOENT, EDQUOT, EACCES});
	case Kind::queue_control:
		return one_of(error, {ENOENT, EACCES, ECANCELED});
	case Kind::exec:
		return one_of(error, {ENOENT, E2BIG, EMSGSIZE, EDQUOT, ECANCELED});
	default:
		return true;
	}
}

} // namespace fuzz
