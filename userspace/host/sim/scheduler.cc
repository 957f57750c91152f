/* SPDX-License-Identifier: MIT */
/*
 * Fibers, and who runs next: at each point all ways to go on are listed, in a fixed order, and the
 * search chooses one. Time moves when nobody can run.
 */
#include "scheduler.h"
#include "history.h"
#include "objects.h"

#include <algorithm>

namespace sim
{

Scheduler scheduler;

Fiber &self()
{
	return *scheduler.current();
}

void before(Op op, const volatile void *object)
{
	Fiber *fiber = scheduler.current();

	if (!fiber)
		return;
	must_be_live(object);
	/* Right behind such a place only what is private has been touched. */
	if (!fiber->after_point)
		scheduler.point();
	fiber->after_point = false;
	must_be_live(object);
	record(op, object);
}

void after(Op op, const volatile void *object)
{
	Fiber *fiber = scheduler.current();

	if (!fiber)
		return;
	record(op, object);
	scheduler.point();
	fiber->after_point = true;
}

void Scheduler::reset(Search &search)
{
	search_ = &search;
	choices_.clear();
	for (Fiber &fiber : pool_) {
		fiber.body = nullptr;
		fiber.condition = nullptr;
	}
	free_.clear();
	for (auto fiber = pool_.rbegin(); fiber != pool_.rend(); ++fiber)
		free_.push_back(&*fiber);
	alive_.clear();
	current_ = nullptr;
	next_id_ = 1;
	steps_ = 0;
	progress_ = 0;
	numbers_ = 0;
	now_ = 1000 * ms;
	time_is_a_choice_ = false;
	end_ = End::over;
}

Scheduler::End Scheduler::run(std::function<void()> body)
{
	make_fiber(Fiber::Kind::task, "main", std::move(body));

	Fiber &first = *alive_.front();

	first.started = true;
	first.stack.forget_frames();
	first.context.start_at(entry, first.stack);
	current_ = &first;
	main_.switch_to(first.context);
	current_ = nullptr;
	return end_;
}

void Scheduler::abandon()
{
	end_ = End::failed;
	current_->context.leave_to(main_);
}

Fiber &Scheduler::make_fiber(Fiber::Kind kind, const char *name, std::function<void()> body)
{
	Fiber *fiber = nullptr;

	/* The last one to end may still be on its stack. */
	if (!free_.empty() && free_.back() == current_ && free_.size() > 1)
		std::swap(free_.front(), free_.back());
	if (!free_.empty() && free_.back() != current_) {
		fiber = free_.back();
		free_.pop_back();
	} else {
		fiber = &pool_.emplace_back();
	}

	fiber->id = next_id_++;
	fiber->name = name;
	fiber->kind = kind;
	fiber->state = Fiber::State::ready;
	fiber->started = false;
	fiber->after_point = true;
	fiber->priority = 0;
	fiber->choices = 0;
	fiber->body = std::move(body);
	fiber->below = nullptr;
	fiber->irqs_off = kind == Fiber::Kind::interrupt;
	fiber->preempt_off = 0;
	fiber->read_depth = 0;
	fiber->signalling = 0;
	for (unsigned int &count : fiber->inside)
		count = 0;
	fiber->no_sleep = 0;
	fiber->nest_level = 0;
	fiber->locks_held = 0;
	fiber->waits_for = nullptr;
	fiber->waits_on = nullptr;
	fiber->deadline = never;
	fiber->timed_out = false;
	fiber->killable = false;
	fiber->fatal_signal = false;
	fiber->condition = nullptr;
	fiber->item = nullptr;
	fiber->wq = nullptr;
	history_begins(*fiber);
	alive_.push_back(fiber);
	name_fiber(fiber->id, name, "");
	search_->fiber_made(*fiber);
	return *fiber;
}

void Scheduler::forget(Fiber &fiber)
{
	fiber.state = Fiber::State::done;
	fiber.body = nullptr;
	std::erase(alive_, &fiber);
	history_ends(fiber);
	free_.push_back(&fiber);
}

bool Scheduler::can_run(const Fiber &fiber) const
{
	switch (fiber.state) {
	case Fiber::State::ready:
		return fiber.started || may_start(fiber);
	case Fiber::State::blocked:
		return fiber.condition && fiber.condition();
	default:
		return false;
	}
}

/* Whether @fiber, which has not started, may begin on the CPU of @on. */
static bool may_interrupt(const Fiber &fiber, const Fiber &on)
{
	if (fiber.started || fiber.state != Fiber::State::ready || on.irqs_off)
		return false;
	if (fiber.kind == Fiber::Kind::interrupt)
		return true;
	return fiber.kind == Fiber::Kind::softirq &&
	       (on.kind == Fiber::Kind::task || on.kind == Fiber::Kind::work) && may_start(fiber);
}

void Scheduler::collect(bool with_current)
{
	options_.clear();
	if (with_current)
		options_.push_back({Option::Kind::go_on, current_});
	for (Fiber *fiber : alive_)
		if ((!with_current || fiber != current_) && can_run(*fiber))
			options_.push_back({Option::Kind::run, fiber});
	if (with_current)
		for (Fiber *fiber : alive_)
			if (may_interrupt(*fiber, *current_))
				options_.push_back({Option::Kind::interrupt, fiber});
	if (time_is_a_choice_ && !options_.empty() && next_timer() != never)
		options_.push_back({Option::Kind::time, nullptr});
}

const Option *Scheduler::pick(bool with_current)
{
	for (;;) {
		collect(with_current);
		if (options_.empty()) {
			if (!wake_settling() && !advance_time())
				return nullptr;
			continue;
		}

		const Option &option = options_.size() == 1 ? options_[0] : decide(with_current);

		if (option.kind != Option::Kind::time)
			return &option;
		advance_time();
	}
}

const Option &Scheduler::decide(bool with_current)
{
	Fiber &fiber = *current_;
	const std::size_t index = search_->choose(options_);

	fiber.choices++;
	if (index == Search::cut) {
		end_ = End::cut;
		fiber.context.leave_to(main_);
	}

	const Option &option = options_[index];
	const bool is_time = option.kind == Option::Kind::time;

	if (index)
		choices_.push_back({.kind = kind_of(option),
				    .preempts = with_current || is_time,
				    .fiber = fiber.id,
				    .nth = fiber.choices,
				    .target = is_time ? 0 : option.fiber->id});
	if (index && with_current && !is_time)
		record_preemption(option.fiber->id, option.kind == Option::Kind::interrupt);
	return option;
}

int Scheduler::choose_number(u32 below)
{
	const int number = search_->choose_number(++numbers_, below);

	if (number > 0)
		choices_.push_back({.kind = Choice::Kind::number,
				    .preempts = false,
				    .fiber = 0,
				    .nth = numbers_,
				    .target = static_cast<unsigned int>(number)});
	return number;
}

Fiber *Scheduler::wake_settling()
{
	for (Fiber *fiber : alive_)
		if (fiber->state == Fiber::State::settling) {
			fiber->state = Fiber::State::ready;
			return fiber;
		}
	return nullptr;
}

bool Scheduler::advance_time()
{
	const u64 next = next_timer();

	if (next == never)
		return false;
	/* All that happens at one moment of time happens in some order, and takes no time. */
	now_ = std::max(now_, next);
	if (current_)
		record(Op::time, nullptr);
	expire_timers();
	for (Fiber *fiber : alive_)
		if (fiber->state == Fiber::State::blocked && fiber->deadline <= now_) {
			fiber->timed_out = true;
			wake(*fiber);
		}
	return true;
}

void Scheduler::go(const Option &option, bool leave)
{
	Fiber &from = *current_;
	Fiber &to = *option.fiber;

	if (&to == &from)
		return;

	if (option.kind == Option::Kind::interrupt) {
		to.below = &from;
		from.state = Fiber::State::covered;
	}
	to.state = Fiber::State::ready;
	if (!to.started) {
		to.started = true;
		to.stack.forget_frames();
		to.context.start_at(entry, to.stack);
	}
	current_ = &to;
	if (leave)
		from.context.leave_to(to.context);
	from.context.switch_to(to.context);
}

void Scheduler::count_step()
{
	if (++steps_ > max_steps)
		fail("no end after %u steps: somebody does the same again and again;%s", max_steps,
		     who_ran_lately().c_str());
	if (steps_ - progress_ > max_steps_without_progress)
		fail("livelock: %u steps, and nothing has come of them;%s",
		     max_steps_without_progress, who_ran_lately().c_str());
}

void Scheduler::point()
{
	count_step();
	go(*pick(true), false);
}

void Scheduler::block(const char *what, const void *object, u64 deadline)
{
	Fiber &fiber = *current_;

	fiber.state = Fiber::State::blocked;
	fiber.waits_for = what;
	fiber.waits_on = object;
	fiber.deadline = deadline;
	fiber.timed_out = false;
	record(Op::blocked, object);
	count_step();

	const Option *option = pick(false);

	if (!option)
		fiber.context.leave_to(main_); /* nobody will ever wake anybody */
	go(*option, false);
	fiber.state = Fiber::State::ready;
	fiber.waits_for = nullptr;
	fiber.waits_on = nullptr;
	fiber.condition = nullptr;
	fiber.after_point = true;
	if (deadline != never)
		saw(now_);
	fiber.deadline = never;
}

void Scheduler::settle()
{
	Fiber &fiber = *current_;

	fiber.state = Fiber::State::settling;
	fiber.waits_for = "everybody to come to rest";
	go(*pick(false), false);
	fiber.waits_for = nullptr;
	fiber.after_point = true;
	touch();
}

void Scheduler::wake(Fiber &fiber)
{
	fiber.state = Fiber::State::ready;
	fiber.deadline = never;
}

void Scheduler::wake_all(const void *object)
{
	for (Fiber *fiber : alive_)
		if (fiber->state == Fiber::State::blocked && fiber->waits_on == object)
			wake(*fiber);
}

void Scheduler::entry()
{
	Context::entered();
	record(Op::start, self().item);
	scheduler.current_->body();
	scheduler.end();
}

void Scheduler::end()
{
	Fiber &fiber = *current_;
	const unsigned int irqs_off = fiber.kind == Fiber::Kind::interrupt;

	if (fiber.locks_held)
		fail("ends with %s held", fiber.locks[0]->name);
	if (fiber.irqs_off != irqs_off || fiber.preempt_off || fiber.read_depth)
		fail("ends with interrupts or preemption off, or in a read section");
	if (fiber.signalling || fiber.inside[0] || fiber.inside[1] || fiber.inside[2] ||
	    fiber.no_sleep)
		fail("ends in a signalling section, or inside an op");
	if (!fiber.below && fiber.nest_level)
		fail("ends with a nesting level");
	record(Op::end, fiber.item);
	if (fiber.kind == Fiber::Kind::task)
		progress();

	if (fiber.below)
		fiber.below->state = Fiber::State::ready;
	forget(fiber);
	wake_all(&fiber);
	wake_all(fiber.item ? fiber.item : &fiber);

	const Option *option = pick(false);

	if (!option)
		fiber.context.leave_to(main_);
	go(*option, true);
	__builtin_unreachable();
}

} // namespace sim
