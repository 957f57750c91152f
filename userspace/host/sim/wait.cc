/* SPDX-License-Identifier: MIT */
/*
 * Waiting with a lock, and what a task may do.
 */
#include "history.h"
#include "objects.h"

#include <cstring>
#include <utility>

namespace sim
{

void must_be_able_to_sleep(const char *what)
{
	if (scheduler.current() && !can_sleep())
		fail("%s where sleeping is not allowed", what);
}

bool can_sleep()
{
	return !self().atomic();
}

bool in_interrupt()
{
	return self().kind == Fiber::Kind::interrupt || self().kind == Fiber::Kind::softirq;
}

bool in_signalling_section()
{
	return self().signalling;
}

const char *running()
{
	return text("%s", fiber_name(self().id).c_str());
}

void task(const char *name, std::function<void()> body)
{
	scheduler.make_fiber(Fiber::Kind::task, name, std::move(body));
}

void interrupt(const char *name, std::function<void()> body)
{
	scheduler.make_fiber(Fiber::Kind::interrupt, name, std::move(body));
}

void point(const char *what)
{
	note(what);
	scheduler.point();
	self().after_point = true;
	touch();
}

void settle()
{
	scheduler.settle();
}

void wait_until(const char *what, std::function<bool()> condition)
{
	must_be_able_to_sleep("wait_until() is called");
	touch();
	if (condition())
		return;
	self().condition = std::move(condition);
	scheduler.block(what, nullptr);
	touch();
}

void join()
{
	const Fiber *caller = &self();

	wait_until("the other tasks", [caller] {
		for (const Fiber *fiber : scheduler.fibers())
			if (fiber != caller && fiber->kind == Fiber::Kind::task)
				return false;
		return true;
	});
}

void send_fatal_signal(const char *task_name)
{
	touch();
	for (Fiber *fiber : scheduler.fibers()) {
		if (fiber->kind != Fiber::Kind::task || std::strcmp(fiber->name, task_name))
			continue;
		fiber->fatal_signal = true;
		if (fiber->state == Fiber::State::blocked && fiber->killable)
			scheduler.wake(*fiber);
	}
	scheduler.point();
}

void let_time_run()
{
	scheduler.let_time_run();
}

/* What waits for a condition is not woken when somebody lets go of the lock. */
static const void *condition_of(const os_lock *lock)
{
	return reinterpret_cast<const char *>(lock) + 1;
}

/* Lets go of the lock and sleeps, without a moment between the two. */
static void sleep_with(os_lock *lock, u64 deadline, bool killable)
{
	release(of(lock));
	self().killable = killable;
	scheduler.block("os_wake()", condition_of(lock), deadline);
	self().killable = false;
	must_be_live(lock);
}

} // namespace sim

using namespace sim;

int os_wait(os_lock *lock, bool (*cond)(void *arg), void *arg, unsigned long long timeout_ns,
	    bool killable)
{
	const u64 deadline = timeout_ns ? scheduler.now() + timeout_ns : never;
	Fiber &fiber = self();
	int ret = 0;

	must_be_able_to_sleep("os_wait() is called");
	before(Op::wait, lock);
	acquire(of(lock));
	while (!cond(arg)) {
		if (scheduler.now() >= deadline)
			ret = -OS_ETIME;
		else if (killable && fiber.fatal_signal)
			ret = -OS_ERESTARTSYS;
		if (ret)
			break;
		sleep_with(lock, deadline, killable);
		if (killable)
			touch();
		acquire(of(lock));
	}
	release(of(lock));
	after(Op::unlock, lock);
	must_be_live(lock);
	return ret;
}

void os_wake(os_lock *lock)
{
	os_assert_held(lock);
	scheduler.wake_all(condition_of(lock));
	after(Op::wake, lock);
}

void *os_current()
{
	static Fiber *const outside = reinterpret_cast<Fiber *>(&scheduler);

	return scheduler.current() ? &self().base() : outside;
}

unsigned int os_current_id()
{
	return scheduler.current() ? self().base().id : 0;
}

unsigned int os_nest_level()
{
	return scheduler.current() ? self().base().nest_level : 0;
}

void os_preempt_disable()
{
	if (scheduler.current())
		self().preempt_off++;
}

void os_preempt_enable()
{
	if (!scheduler.current())
		return;
	if (!self().preempt_off)
		fail("preemption is enabled that was not disabled");
	self().preempt_off--;
}

bool os_signalling_begin()
{
	return self().signalling++;
}

void os_signalling_end(bool cookie)
{
	if (!self().signalling || cookie != (self().signalling > 1))
		fail("a signalling section ends that is not the innermost");
	self().signalling--;
}

void os_might_sleep()
{
	must_be_able_to_sleep("a function that may sleep is called");
}

void os_no_sleep_begin()
{
	if (scheduler.current())
		self().no_sleep++;
}

void os_no_sleep_end()
{
	if (!scheduler.current())
		return;
	if (!self().no_sleep)
		fail("os_no_sleep_end() without os_no_sleep_begin()");
	self().no_sleep--;
}

bool os_is_error(const void *pointer)
{
	return reinterpret_cast<std::uintptr_t>(pointer) >= static_cast<std::uintptr_t>(-4095);
}

int os_error_of(const void *pointer)
{
	return static_cast<int>(reinterpret_cast<std::intptr_t>(pointer));
}
