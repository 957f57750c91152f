/* SPDX-License-Identifier: MIT */
/*
 * Work items. A pending one is a fiber that has not started. What runs is known to the fibers only,
 * as the memory of an item may be gone before its function returns.
 */
#include "history.h"
#include "objects.h"

struct os_wq {
	const char *name;
	bool ordered;
	bool one_worker; /* as when only the rescuer is left */
	bool softirq;
};

namespace sim
{

namespace
{

os_wq run_wq = {"run", false, false, false};
os_wq timeout_wq = {"timeout", false, false, false};
os_wq drain_wq = {"drain", false, false, true};
os_wq cleanup_wq = {"cleanup", false, false, false};
std::deque<os_wq> driver_wqs;

Fiber *pending_fiber(const void *item)
{
	for (Fiber *fiber : scheduler.fibers())
		if (fiber->item == item && fiber->wq && !fiber->started)
			return fiber;
	return nullptr;
}

bool is_running(const void *item)
{
	for (const Fiber *fiber : scheduler.fibers())
		if (fiber->item == item && fiber->wq && fiber->started)
			return true;
	return false;
}

void run_item(Work &work)
{
	os_work_fn fn;

	must_be_live(&work, sizeof(work));
	fn = work.fn;
	work.pending = false;
	fn(reinterpret_cast<os_work *>(&work));
}

void init_work(Work &work, os_work_fn fn, const char *name)
{
	if (scheduler.current() && pending_fiber(&work))
		fail("a work item is initialised that is pending");
	work = {fn, name, false, false, false, work_magic};
}

void check_work(const Work &work)
{
	if (work.magic != work_magic)
		fail("a work item is used that is not initialised");
}

} // namespace

void send(os_wq &wq, Work &work)
{
	BlockView block;
	Fiber &fiber = scheduler.make_fiber(wq.softirq ? Fiber::Kind::softirq : Fiber::Kind::work,
					    work.name, [&work] { run_item(work); });

	fiber.item = &work;
	fiber.wq = &wq;
	if (is_one_at_a_time(&wq))
		writes(&wq); /* it is a queue */
	if (find_block(&work, block))
		name_fiber(fiber.id, work.name, block.label);
}

bool is_one_at_a_time(const os_wq *wq)
{
	return wq->ordered || wq->one_worker;
}

bool may_start(const Fiber &fiber)
{
	if (!fiber.item)
		return true;
	for (const Fiber *other : scheduler.fibers()) {
		if (other == &fiber)
			continue;
		/* Never twice at the same time. */
		if (other->item == fiber.item && other->started)
			return false;
		/* One after the other, those that were queued first before it. */
		if (fiber.wq && other->wq == fiber.wq && is_one_at_a_time(fiber.wq) &&
		    (other->started || other->id < fiber.id))
			return false;
	}
	return true;
}

void reset_works()
{
	driver_wqs.clear();
	run_wq.one_worker = false;
	timeout_wq.one_worker = false;
}

void one_worker_for_each_workqueue()
{
	run_wq.one_worker = true;
	timeout_wq.one_worker = true;
}

os_wq *make_workqueue(const char *name, bool ordered)
{
	return &driver_wqs.emplace_back(os_wq{name, ordered, false, false});
}

void driver_work(os_wq *wq, const char *name, std::function<void()> body)
{
	Fiber &fiber = scheduler.make_fiber(Fiber::Kind::work, name, std::move(body));

	fiber.item = &fiber;
	fiber.wq = wq;
}

void check_no_work(const void *memory, std::size_t size)
{
	for (const Fiber *fiber : scheduler.fibers())
		if (fiber->wq && !fiber->started && is_inside(fiber->item, memory, size))
			fail("memory is freed with %s in it, which is pending",
			     fiber_name(fiber->id).c_str());
}

} // namespace sim

using namespace sim;

void os_work_init(os_work *work, os_work_fn fn, os_class *, const char *name)
{
	init_work(of(work), fn, name);
}

bool os_work_queue(os_wq *wq, os_work *work)
{
	bool queued = false;

	before(Op::work_queue, work);
	check_work(of(work));
	if (!of(work).pending && !of(work).disabled) {
		of(work).pending = true;
		writes(work);
		send(*wq, of(work));
		queued = true;
	}
	after(Op::work_queued, work);
	return queued;
}

void os_work_disable_sync(os_work *work)
{
	Fiber *fiber;

	must_be_able_to_sleep("os_work_disable_sync() is called");
	before(Op::work_disable, work);
	check_work(of(work));
	of(work).disabled = true;
	for (const Fiber *caller = &self(); caller; caller = caller->below)
		if (caller->item == work)
			fail("a work item waits for itself");
	fiber = pending_fiber(work);
	if (fiber) {
		scheduler.forget(*fiber);
		of(work).pending = false;
	}
	while (is_running(work)) {
		scheduler.block("the end of a work item", work);
		must_be_live(work);
	}
	reads(work);
}

void os_rcu_work_init(os_rcu_work *work, os_work_fn fn, os_class *, const char *name)
{
	init_work(of(work), fn, name);
}

void os_rcu_work_queue(os_wq *wq, os_rcu_work *work)
{
	before(Op::work_queue, work);
	check_work(of(work));
	if (!of(work).pending) {
		of(work).pending = true;
		of(work).grace = true;
		writes(work);
		after_grace_period({Grace::Kind::queue, work, wq, {}});
	}
	after(Op::work_queued, work);
}

os_wq *os_wq_run()
{
	return &run_wq;
}

os_wq *os_wq_timeout()
{
	return &timeout_wq;
}

os_wq *os_wq_drain()
{
	return &drain_wq;
}

os_wq *os_wq_cleanup()
{
	return &cleanup_wq;
}

bool os_wq_is_ordered(const os_wq *wq)
{
	return wq->ordered;
}
