/* SPDX-License-Identifier: MIT */
/*
 * Read sections and grace periods. A grace period is over as soon as the last of those has left who
 * were in a section when it began, and what waits for it happens in that moment: no later access is
 * safe. Only os_rcu_read_lock() counts; disabled interrupts don't, though in Linux they do.
 */
#include "history.h"
#include "objects.h"

#include <algorithm>

namespace sim
{

static std::vector<Grace> graces;
/* Two objects: those in a section, who don't see each other, and what waits for them. */
static const char readers = 0;
static const char waiting = 0;

static void over(Grace &grace)
{
	switch (grace.kind) {
	case Grace::Kind::free:
		free_memory(grace.object);
		break;
	case Grace::Kind::queue:
		must_be_live(grace.object);
		static_cast<Work *>(grace.object)->grace = false;
		send(*grace.wq, *static_cast<Work *>(grace.object));
		break;
	}
}

void after_grace_period(Grace grace)
{
	reads(&readers);
	writes(&waiting);
	for (Fiber *fiber : scheduler.fibers())
		if (fiber->read_depth)
			grace.readers.push_back(fiber);
	if (grace.readers.empty())
		over(grace);
	else
		graces.push_back(std::move(grace));
}

static void left(Fiber &fiber)
{
	std::vector<Grace> ended;

	for (auto grace = graces.begin(); grace != graces.end();) {
		std::erase(grace->readers, &fiber);
		if (grace->readers.empty()) {
			ended.push_back(std::move(*grace));
			grace = graces.erase(grace);
		} else {
			++grace;
		}
	}
	if (!ended.empty())
		reads(&readers);
	for (Grace &grace : ended)
		over(grace);
}

void reset_rcu()
{
	graces.clear();
}

void check_no_grace(const void *memory, std::size_t size)
{
	for (const Grace &grace : graces)
		if (is_inside(grace.object, memory, size))
			fail("memory is freed that waits for a grace period");
}

} // namespace sim

using namespace sim;

void os_rcu_read_lock()
{
	if (scheduler.current() && !self().read_depth++) {
		reads(&waiting);
		adds(&readers);
	}
}

void os_rcu_read_unlock()
{
	Fiber *fiber = scheduler.current();

	if (!fiber)
		return;
	if (!fiber->read_depth)
		fail("a read section ends that was not begun");
	if (--fiber->read_depth)
		return;
	adds(&readers);
	left(*fiber);
	after(Op::rcu_unlock, nullptr);
}
