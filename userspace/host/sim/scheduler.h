/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file Fibers, and who runs next.
 */

#include "context.h"
#include "search.h"
#include "sim.h"
#include "trace.h"

#include <deque>
#include <memory>
#include <vector>

namespace sim
{

inline constexpr u64 never = ~0ull;

struct Lock;

/** Something that runs: a task, a work item, an expired timer, an interrupt. */
struct Fiber {
	enum class Kind : unsigned char { task, work, softirq, interrupt };
	enum class State : unsigned char {
		ready,
		blocked,
		settling, /**< until nobody else can run */
		covered,  /**< by an interrupt on its CPU */
		done,
	};
	static constexpr unsigned int max_locks = 8;

	unsigned int id;
	const char *name;
	Kind kind;
	State state;
	bool started;
	bool after_point; /**< nothing but its own has been touched since others might run */
	int priority;	  /**< the search's */
	std::function<void()> body;
	Fiber *below; /**< whom it covers */

	/* What it is in the middle of. */
	unsigned int irqs_off;
	unsigned int preempt_off;
	unsigned int read_depth;
	unsigned int signalling;
	unsigned int inside[3]; /* by OS_INSIDE_* */
	unsigned int no_sleep;
	unsigned int nest_level; /**< of its CPU: that of the lowest one counts */
	unsigned int locks_held;
	Lock *locks[max_locks];

	/* What it waits for. */
	const char *waits_for;
	const void *waits_on;
	u64 deadline;
	bool timed_out;
	bool killable;
	bool fatal_signal;
	std::function<bool()> condition;

	/* Whose function it runs; the memory may be gone. */
	const void *item;
	os_wq *wq;

	Stack stack;
	Context context;

	/** What Linux calls "current": an interrupt runs on somebody else's back. */
	Fiber &base()
	{
		Fiber *fiber = this;

		while (fiber->below)
			fiber = fiber->below;
		return *fiber;
	}
	bool atomic() const
	{
		return irqs_off || preempt_off || read_depth || no_sleep || kind == Kind::softirq ||
		       kind == Kind::interrupt;
	}
};

class Scheduler
{
public:
	/** Runs @body as the first task until nothing can run any more; false: it failed. */
	bool run(std::unique_ptr<Search> search, std::function<void()> body);
	void reset();

	/** NULL while no schedule runs: then nothing is a point. */
	Fiber *current() const { return current_; }
	/** In the order in which they were made; without those that have ended. */
	const std::vector<Fiber *> &fibers() const { return alive_; }

	Fiber &make_fiber(Fiber::Kind kind, const char *name, std::function<void()> body);
	/** Of one that has not started. */
	void forget(Fiber &fiber);
	void point();
	/** Until wake(), or until @deadline; then Fiber::timed_out. */
	void block(const char *what, const void *object, u64 deadline = never);
	void settle();
	void wake(Fiber &fiber);
	/** All that are blocked on it. */
	void wake_all(const void *object);

	u64 now() const { return now_; }
	void let_time_run() { time_is_a_choice_ = true; }
	unsigned int steps() const { return steps_; }

	/** Leaves everything as it is, and goes back to run(). */
	[[noreturn]] void abandon();

	static constexpr unsigned int max_steps = 100'000;

private:
	static void entry();
	[[noreturn]] void end();
	void collect(bool with_current);
	bool can_run(const Fiber &fiber) const;
	/** Who goes on now; NULL: nobody ever. */
	const Option *pick(bool with_current);
	Fiber *wake_settling();
	void go(const Option &option, bool leave);
	bool advance_time();

	std::deque<Fiber> pool_;
	std::vector<Fiber *> free_;
	std::vector<Fiber *> alive_;
	std::vector<Option> options_;
	std::unique_ptr<Search> search_;
	Context main_;
	Fiber *current_ = nullptr;
	unsigned int next_id_ = 1;
	unsigned int steps_ = 0;
	u64 now_ = 0;
	bool time_is_a_choice_ = false;
	bool failed_ = false;
};

extern Scheduler scheduler;

/** The fiber that calls; only inside a schedule. */
Fiber &self();

/** Before something is taken or read: checks that it is there, and lets others run. */
void before(Op op, const volatile void *object);
/** After something was let go or published; it may be gone. */
void after(Op op, const volatile void *object);

} // namespace sim
