/* SPDX-License-Identifier: MIT */
/*
 * Memory, counted, and allocations that fail on demand.
 */
#include "internal.h"

#include <cstdlib>
#include <cstring>

namespace host
{

static std::atomic<unsigned int> fail_in;
static std::atomic<bool> failed;

void fail_allocation(unsigned int nth)
{
	failed = false;
	fail_in = nth;
}

bool allocation_failed()
{
	return failed;
}

static bool has_to_fail()
{
	unsigned int left = fail_in.load(std::memory_order_relaxed);

	while (left)
		if (fail_in.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) {
			if (left == 1)
				failed = true;
			return left == 1;
		}
	return false;
}

static void *allocate(std::size_t size)
{
	void *memory;

	this_thread.must_be_able_to_allocate("memory is allocated where sleeping is not allowed");
	if (has_to_fail())
		return nullptr;

	memory = std::calloc(1, size);
	if (memory)
		census.allocations.fetch_add(1, std::memory_order_relaxed);
	return memory;
}

} // namespace host

using namespace host;

void *os_alloc(size_t size, const char *)
{
	return allocate(size);
}

void os_free(void *memory)
{
	if (memory)
		census.allocations.fetch_sub(1, std::memory_order_relaxed);
	std::free(memory);
}

void *os_fence_alloc(size_t size)
{
	void *memory = allocate(size);

	/* Not zeroed, so that who relies on that is seen. */
	if (memory)
		std::memset(memory, 0xa5, size);
	return memory;
}
