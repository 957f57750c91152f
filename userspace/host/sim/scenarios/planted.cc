/* SPDX-License-Identifier: MIT */
/*
 * Mistakes that have nothing to do with the core: what the searches of the sim are tested with.
 * Each takes as many preemptions as it says, and is well with fewer.
 */
#include "scenario.h"

using namespace sim;

namespace
{

/* What tasks share here; gone at the end of the schedule. */
template <typename T>
T *make(const char *label)
{
	return new (allocate(sizeof(T), label)) T{};
}

/* Makes tasks, waits until they have ended. */
void at_once(std::function<void()> first, std::function<void()> second)
{
	task("first", std::move(first));
	task("second", std::move(second));
	join();
}

struct Two {
	os_atomic a;
	os_atomic b;
};

} // namespace

SCENARIO_PLANTED(planted_counter, 1, "not true: os_load_acquire(&shared->a) == 2",
		 "two tasks add one, each with a read and a write")
{
	auto *shared = make<Two>("shared");
	const auto add = [shared] {
		os_store_release(&shared->a, os_load_acquire(&shared->a) + 1);
	};

	at_once(add, add);
	SIM_CHECK(os_load_acquire(&shared->a) == 2);
	release(shared);
}

SCENARIO_PLANTED(planted_two_windows, 2, "not true: a != 1",
		 "two tasks have to be interrupted at the right moments")
{
	auto *shared = make<Two>("shared");

	at_once(
		[shared] {
			os_store_release(&shared->a, 1);
			os_store_release(&shared->a, 0);

			const int a = os_load_acquire(&shared->b);

			SIM_CHECK(a != 1);
		},
		[shared] {
			if (!os_load_acquire(&shared->a))
				return;
			os_store_release(&shared->b, 1);
			os_store_release(&shared->b, 2);
		});
	release(shared);
}

SCENARIO_PLANTED(planted_lost_wakeup, 1, "nobody can go on:",
		 "a task looks and then sleeps, and is woken up between the two")
{
	static os_class lock_class;
	struct Shared {
		os_lock lock;
		os_atomic set;
		int looked;
	};
	auto *shared = make<Shared>("shared");

	os_lock_init(&shared->lock, &lock_class, "lock");
	at_once(
		[shared] {
			if (os_load_acquire(&shared->set))
				return;
			/* Sleeps once, whatever has happened. */
			(void)os_wait(
				&shared->lock,
				[](void *arg) { return static_cast<Shared *>(arg)->looked++ > 0; },
				shared, 0, false);
		},
		[shared] {
			os_store_release(&shared->set, 1);

			const unsigned long flags = os_lock_irqsave(&shared->lock);

			os_wake(&shared->lock);
			os_unlock_irqrestore(&shared->lock, flags);
		});
	release(shared);
}

SCENARIO_PLANTED(planted_deadlock, 1,
		 "nobody can go on:", "two tasks wait for each other with what each has taken")
{
	struct Forks {
		bool taken[2];
	};
	auto *forks = make<Forks>("forks");
	const auto eat = [forks](unsigned int first, unsigned int second) {
		for (unsigned int fork : {first, second}) {
			wait_until("a fork", [forks, fork] { return !forks->taken[fork]; });
			forks->taken[fork] = true;
			point("has a fork");
		}
		forks->taken[first] = forks->taken[second] = false;
		touch();
	};

	at_once([eat] { eat(0, 1); }, [eat] { eat(1, 0); });
	release(forks);
}

SCENARIO_PLANTED(planted_livelock, 1, "livelock:",
		 "a work item queues itself until a task is done, which leaves that to the item")
{
	static os_class work_class;
	struct Shared {
		os_work work; /* first */
		os_atomic seen;
		os_atomic done;
	};
	auto *shared = make<Shared>("shared");

	os_work_init(
		&shared->work,
		[](os_work *work) {
			auto *self = reinterpret_cast<Shared *>(work);

			os_store_release(&self->seen, 1);
			if (!os_load_acquire(&self->done))
				os_work_queue(os_wq_run(), work);
		},
		&work_class, "work");
	os_work_queue(os_wq_run(), &shared->work);
	if (!os_load_acquire(&shared->seen))
		os_store_release(&shared->done, 1);
	settle();
	release(shared);
}

SCENARIO_PLANTED(planted_use_after_free, 1, "shared is used, but was freed by second",
		 "memory is freed between a look at whether it is there and its use")
{
	auto *gone = make<Two>("gone");
	auto *shared = make<Two>("shared");

	at_once(
		[gone, shared] {
			if (!os_load_acquire(&gone->a))
				(void)os_load_acquire(&shared->a);
		},
		[gone, shared] {
			os_store_release(&gone->a, 1);
			release(shared);
		});
	release(gone);
}

SCENARIO_PLANTED(planted_interrupt, 1, "not true: !shared->inside",
		 "an interrupt comes inside a section that only tasks keep out of")
{
	struct Shared {
		bool inside;
	};
	auto *shared = make<Shared>("shared");

	interrupt("interrupt", [shared] { SIM_CHECK(!shared->inside); });
	shared->inside = true;
	point("inside");
	shared->inside = false;
	touch();
	settle();
	release(shared);
}

SCENARIO_PLANTED(planted_time, 1, "not true: os_now() == start",
		 "a task relies on time that stands still while it runs")
{
	let_time_run();
	task("sleeper", [] { sleep_for(10 * ms); });
	settle();

	const u64 start = os_now();

	point("between");
	SIM_CHECK(os_now() == start);
}
