/* SPDX-License-Identifier: MIT */
/*
 * Virtual time, and timers. Running takes no time. A timer that expires becomes a softirq, which
 * may take its time to come; until it comes the timer can be moved or stopped.
 */
#include "history.h"
#include "objects.h"

#include <algorithm>

namespace sim
{

namespace
{

std::vector<Timer *> pending; /* by when they expire, then by when they were started */
u32 starts;

Fiber *fiber_of(const void *timer, bool started)
{
	for (Fiber *fiber : scheduler.fibers())
		if (fiber->item == timer && !fiber->wq && fiber->started == started)
			return fiber;
	return nullptr;
}

void stop(Timer &timer)
{
	std::erase(pending, &timer);
	timer.expires = never;
	if (timer.expired)
		scheduler.forget(*fiber_of(&timer, false));
	timer.expired = false;
}

void run_timer(Timer &timer)
{
	must_be_live(&timer, sizeof(timer));
	timer.expired = false;
	timer.fn(reinterpret_cast<os_timer *>(&timer));
}

void check_timer(const Timer &timer)
{
	if (timer.magic != timer_magic)
		fail("a timer is used that is not initialised");
}

} // namespace

u64 next_timer()
{
	u64 next = pending.empty() ? never : pending.front()->expires;

	for (const Fiber *fiber : scheduler.fibers())
		if (fiber->state == Fiber::State::blocked)
			next = std::min(next, fiber->deadline);
	return next;
}

void expire_timers()
{
	while (!pending.empty() && pending.front()->expires <= scheduler.now()) {
		Timer &timer = *pending.front();
		BlockView block;

		pending.erase(pending.begin());
		timer.expires = never;
		timer.expired = true;

		Fiber &fiber = scheduler.make_fiber(Fiber::Kind::softirq, timer.name,
						    [&timer] { run_timer(timer); });

		fiber.item = &timer;
		history_begins_with(fiber, &timer);
		if (find_block(&timer, block))
			name_fiber(fiber.id, timer.name, block.label);
	}
}

void reset_timers()
{
	pending.clear();
	starts = 0;
}

void check_no_timer(const void *memory, std::size_t size)
{
	for (const Timer *timer : pending)
		if (is_inside(timer, memory, size))
			fail("memory is freed with %s in it, a timer that runs", timer->name);
	for (const Fiber *fiber : scheduler.fibers())
		if (fiber->item && !fiber->wq && is_inside(fiber->item, memory, size))
			fail("memory is freed with %s in it, a timer that has expired and not "
			     "ended",
			     fiber_name(fiber->id).c_str());
}

void sleep_for(u64 ns)
{
	must_be_able_to_sleep("sleep_for() is called");
	scheduler.block("time to pass", nullptr, scheduler.now() + ns);
}

} // namespace sim

using namespace sim;

unsigned long long os_now()
{
	saw(scheduler.now());
	return scheduler.now();
}

void os_timer_init(os_timer *timer, os_timer_fn fn, os_class *, const char *name)
{
	of(timer) = {fn, name, never, 0, false, false, timer_magic};
}

void os_timer_start(os_timer *timer, unsigned long long delay_ns)
{
	Timer &started = of(timer);

	before(Op::timer_start, timer);
	check_timer(started);
	if (started.shut_down)
		return;
	stop(started);
	started.expires = scheduler.now() + delay_ns;
	started.number = starts++;
	pending.insert(std::upper_bound(pending.begin(), pending.end(), &started,
					[](const Timer *a, const Timer *b) {
						return a->expires < b->expires;
					}),
		       &started);
}

void os_timer_shutdown_sync(os_timer *timer)
{
	must_be_able_to_sleep("os_timer_shutdown_sync() is called");
	before(Op::timer_shutdown, timer);
	check_timer(of(timer));
	of(timer).shut_down = true;
	stop(of(timer));
	while (fiber_of(timer, true)) {
		scheduler.block("the end of a timer's function", timer);
		must_be_live(timer);
	}
	reads(timer);
}
