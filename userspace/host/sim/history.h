/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file What each fiber has done and seen, in one number; and of all of them, which state the
 * schedule is in.
 *
 * Two schedules that differ only in the order of what does not depend on each other are in the same
 * state, and what can follow is the same. So each operation mixes into the fiber's number what it
 * may have seen there, and leaves its own behind; what commutes is added up. That is enough as long
 * as nothing else is shared: the core's data is under locks, and a scenario's is one object for
 * all, which touch() is an access of.
 */

#include "trace.h"

#include <cstdint>

namespace sim
{

struct Fiber;

/** Costs time, so only for a search that asks for state_of_schedule(). */
void reset_history(bool on);

/** By record(), at the moment of the operation. */
void happened(Op op, const volatile void *object);
/** Access of an object that changes it; which one is all that the address is for. */
void writes(const volatile void *object);
/** One that sees it. */
void reads(const volatile void *object);
/** One that commutes with others of its kind, and that reads() sees. */
void adds(const volatile void *object);
/** The fiber has learnt a value. */
void saw(std::uint64_t value);
/** Access of the data of the scenario. */
void touch();

void history_begins(Fiber &fiber);
/** Of one that is woken up by @object. */
void history_begins_with(Fiber &fiber, const void *object);
void history_ends(const Fiber &fiber);

/** @with_current: who runs can go on, so that it matters who it is. */
std::uint64_t state_of_schedule(bool with_current);

} // namespace sim
