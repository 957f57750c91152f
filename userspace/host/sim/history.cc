/* SPDX-License-Identifier: MIT */
#include "history.h"
#include "objects.h"

namespace sim
{

namespace
{

using Hash = std::uint64_t;

Hash mix(Hash a, Hash b)
{
	Hash x = a * 0x9e3779b97f4a7c15u + b;

	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
	x = (x ^ (x >> 29)) * 0x94d049bb133111ebu;
	return x ^ (x >> 32);
}

/* What was left behind at an object; a table that is empty at once. */
class Objects
{
public:
	void clear() { now_++; }

	Hash &at(const volatile void *object)
	{
		auto address = reinterpret_cast<std::uintptr_t>(object);
		std::size_t i = mix(address, 0) % size;

		while (entries_[i].since == now_ && entries_[i].address != address)
			i = (i + 1) % size;
		if (entries_[i].since != now_)
			entries_[i] = {address, now_, 0};
		return entries_[i].hash;
	}

private:
	/* Many more than a scenario has whose schedules can all be tried. */
	static constexpr std::size_t size = 1 << 14;

	struct Entry {
		std::uintptr_t address;
		Hash since;
		Hash hash;
	};
	Entry entries_[size] = {};
	Hash now_ = 0;
};

Objects objects;
bool is_on;
Hash gone; /* the sum of those that have ended */
const char the_scenario = 0;

Fiber *listening()
{
	return is_on ? scheduler.current() : nullptr;
}

} // namespace

void reset_history(bool on)
{
	is_on = on;
	gone = 0;
	if (on)
		objects.clear();
}

void writes(const volatile void *object)
{
	if (Fiber *fiber = listening()) {
		Hash &left = objects.at(object);

		left = fiber->history = mix(fiber->history, left);
	}
}

void reads(const volatile void *object)
{
	if (Fiber *fiber = listening())
		fiber->history = mix(fiber->history, objects.at(object) ^ 1);
}

void adds(const volatile void *object)
{
	if (Fiber *fiber = listening()) {
		fiber->history = mix(fiber->history, 2);
		objects.at(object) += fiber->history;
	}
}

void saw(std::uint64_t value)
{
	if (Fiber *fiber = listening())
		fiber->history = mix(fiber->history, value);
}

void touch()
{
	writes(&the_scenario);
}

/* A lock tells of itself when it is had; what is done with it held needs no more. */
void happened(Op op, const volatile void *object)
{
	Fiber *fiber = listening();

	if (!fiber)
		return;
	switch (op) {
	case Op::ref_get:
	case Op::ref_put:
	case Op::fence_put:
		adds(object);
		break;
	case Op::ref_read:
	case Op::atomic:
	case Op::work_queue:
		reads(object);
		break;
	case Op::ref_get_unless_zero:
	case Op::atomic_done:
	case Op::work_disable:
	case Op::timer_shutdown:
	case Op::device:
		writes(object);
		break;
	case Op::timer_start:
		writes(object);
		saw(scheduler.now());
		break;
	case Op::start:
	case Op::end:
		if (!object)
			break;
		writes(object);
		if (fiber->wq && is_one_at_a_time(fiber->wq))
			writes(fiber->wq);
		break;
	case Op::wake:
	case Op::fence_remove_callback:
	case Op::fence_callback:
	case Op::free:
		/* What there is to see is seen elsewhere; but no two points may look the same. */
		saw(static_cast<Hash>(op));
		break;
	default:
		break;
	}
}

void history_begins(Fiber &fiber)
{
	if (!is_on)
		return;
	if (Fiber *maker = scheduler.current()) {
		maker->history = mix(maker->history, 3);
		fiber.history = mix(maker->history, 4);
	} else {
		fiber.history = 5;
	}
}

void history_begins_with(Fiber &fiber, const void *object)
{
	if (is_on)
		fiber.history = mix(objects.at(object), scheduler.now());
}

void history_ends(const Fiber &fiber)
{
	if (is_on)
		gone += mix(fiber.history, 6);
}

std::uint64_t state_of_schedule(bool with_current)
{
	Hash state = mix(gone, scheduler.now());
	const Fiber *current = scheduler.current();

	for (const Fiber *fiber : scheduler.fibers())
		state += mix(fiber->history, fiber->below ? mix(fiber->below->history, 7) : 8);
	return with_current ? mix(state, current->history) : state;
}

} // namespace sim
