/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file Fibers, and who runs next.
 */

#include "choices.h"
#include "context.h"
#include "search.h"
#include "sim.h"
#include "trace.h"

#include <deque>
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
	bool after_point;     /**< nothing but its own has been touched since others might run */
	int priority;	      /**< the search's */
	unsigned int choices; /**< how often it was decided what follows on it */
	u64 history;	      /**< what it has done and seen, see history.h */
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
	/** The search decides from now on, also what pick() returns. */
	void reset(Search &search);
	enum class End {
		over,	/**< nothing can run any more */
		failed, /**< fail() was called */
		cut,	/**< the search has seen before what follows */
	};
	/** Runs @body as the first task. */
	End run(std::function<void()> body);

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

	/** Of the search; -1: it leaves that to the seed. */
	int choose_number(u32 below);
	/** All that was decided, other than that who runs goes on, or else the oldest. */
	const std::vector<Choice> &choices() const { return choices_; }
	/** Something has happened that a scenario waits for. */
	void progress() { progress_ = steps_; }

	/** Leaves everything as it is, and goes back to run(). */
	[[noreturn]] void abandon();

	static constexpr unsigned int max_steps = 100'000;
	/** Many times what any scenario needs. */
	static constexpr unsigned int max_steps_without_progress = 10'000;

private:
	static void entry();
	[[noreturn]] void end();
	void collect(bool with_current);
	bool can_run(const Fiber &fiber) const;
	/** Who goes on now; NULL: nobody ever. */
	const Option *pick(bool with_current);
	const Option &decide(bool with_current);
	void count_step();
	Fiber *wake_settling();
	void go(const Option &option, bool leave);
	bool advance_time();

	std::deque<Fiber> pool_;
	std::vector<Fiber *> free_;
	std::vector<Fiber *> alive_;
	std::vector<Option> options_;
	std::vector<Choice> choices_;
	Search *search_ = nullptr;
	Context main_;
	Fiber *current_ = nullptr;
	unsigned int next_id_ = 1;
	unsigned int steps_ = 0;
	unsigned int progress_ = 0; /* the step in which there was some */
	unsigned int numbers_ = 0;  /* chosen by choose_number() */
	u64 now_ = 0;
	bool time_is_a_choice_ = false;
	End end_ = End::over;
};

extern Scheduler scheduler;

/** The fiber that calls; only inside a schedule. */
Fiber &self();

/** Before something is taken or read: checks that it is there, and lets others run. */
void before(Op op, const volatile void *object);
/** After something was let go or published; it may be gone. */
void after(Op op, const volatile void *object);

} // namespace sim
