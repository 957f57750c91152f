/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file Memory of one schedule. None is used twice in it, so a late access is an access to memory
 * that is known to be free, whoever makes it and however late.
 */

#include "sim.h"

#include <string>

namespace sim
{

/** Fails unless the object is in memory that is live, static, or on a stack. */
void must_be_live(const volatile void *object);
/** The same for all of its bytes. */
void must_be_live(const volatile void *object, std::size_t size);
/** Memory that is freed after a grace period: nobody may use the last reference any more. */
void free_memory(void *memory);

void reset_memory();
/** Empty if nothing is live and nobody has written to memory that was free. */
std::string memory_left();

/** The block that an address is in, for people; false if there is none. */
struct BlockView {
	const char *label;
	Layout layout;
	std::size_t offset;   /* in the block */
	std::size_t position; /* in all memory of the schedule */
	bool live;
};
bool find_block(const volatile void *object, BlockView &view);

} // namespace sim
