/* SPDX-License-Identifier: MIT */
#pragma once

#include <string>

#include "world.h"

namespace stress
{

/**
 * Makes a world out of a shape and its seed, always the same one.
 *
 * The result is a list of jobs that is meant to be executed one after the other; the edges and the
 * order within each queue say which of that order must be kept. Every two jobs that touch the same
 * slot of a buffer, at least one of them writing, are ordered.
 *
 * Two properties make the comparison at the end strict. Every range that a command touches
 * includes the middle word of its slot, so jobs that are ordered because of a slot really do
 * collide. And nothing is forgotten: what a FILL, COPY or STORE is about to overwrite has been
 * mixed into an accumulator of the queue before, and what it wrote is mixed with a salt
 * of its own afterwards. So one command that is missing, doubled or out
 * of order still shows in some byte at the end.
 */
World generate(const Shape &shape);

/** Why no world can have this shape, as a sentence; empty when it's fine. */
std::string problem_with(const Shape &shape);

} // namespace stress
