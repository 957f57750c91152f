/* SPDX-License-Identifier: MIT */
/*
 * Work items and workqueues: the core's four, and those of drivers.
 *
 * As in Linux: an item that is pending is not queued again; it stops being pending before its
 * function runs, so it can be queued while it runs, and then runs again, never twice at the same
 * time; its memory may be freed by its own function. Who queues takes no lock and acquires
 * nothing: it marks the item, puts it on a stack, and posts a semaphore.
 */
#include "internal.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <thread>
#include <vector>

#include <sched.h>
#include <semaphore.h>

using namespace host;

namespace
{

/* Bits of Work::state. */
constexpr unsigned int pending = 1;
constexpr unsigned int disabled = 2;

os_work *opaque(Work *work)
{
	return reinterpret_cast<os_work *>(work);
}

} // namespace

struct os_wq {
public:
	enum class Kind { usual, ordered, softirq };

	os_wq(unsigned int workers, Kind kind_) : kind(kind_), running_(workers) {}

	const Kind kind;

	void start();
	void stop();
	void send(Work &work);
	/** Takes a pending item back; false if it is not here. */
	bool take_back(Work &work);
	/** Waits until the item's function has returned. */
	void wait_until_left(const Work &work);
	/** Waits until nothing is here any more. */
	void flush();

private:
	/* An item that runs; its memory may be gone, and be that of another item. */
	struct Running {
		const Work *work = nullptr;
		os_work_fn fn = nullptr;
	};

	void loop(Running &self);
	bool run_one(Running &self);
	/* The next two with the mutex held. */
	void collect();
	bool runs(const Work &work) const;

	std::atomic<Work *> sent_{nullptr};
	sem_t posted_;
	std::atomic<bool> stopping_{false};

	std::mutex mutex_; /* of the members below */
	std::condition_variable left_;
	std::deque<Work *> waiting_;
	std::vector<Running> running_;

	std::vector<std::thread> threads_;
};

void os_wq::start()
{
	sem_init(&posted_, 0, 0);
	for (Running &self : running_)
		threads_.emplace_back([this, &self] { loop(self); });
}

void os_wq::stop()
{
	stopping_ = true;
	for (std::size_t i = 0; i < threads_.size(); i++)
		sem_post(&posted_);
	for (std::thread &thread : threads_)
		thread.join();
	threads_.clear();
}

void os_wq::send(Work &work)
{
	Work *first = sent_.load(std::memory_order_relaxed);

	outstanding.begin();
	do
		work.next.store(first, std::memory_order_relaxed);
	while (!sent_.compare_exchange_weak(first, &work, std::memory_order_release,
					    std::memory_order_relaxed));
	/* The item may be gone. */
	sem_post(&posted_);
}

void os_wq::collect()
{
	Work *newest = sent_.exchange(nullptr, std::memory_order_acquire);
	const auto end = static_cast<std::ptrdiff_t>(waiting_.size());

	for (; newest; newest = newest->next.load(std::memory_order_relaxed))
		waiting_.insert(waiting_.begin() + end, newest);
}

bool os_wq::runs(const Work &work) const
{
	return std::ranges::any_of(running_, [&](const Running &running) {
		return running.work == &work && running.fn == work.fn;
	});
}

void os_wq::loop(Running &self)
{
	while (!stopping_) {
		while (sem_wait(&posted_) && errno == EINTR)
			;
		/*
		 * Not one per post: an item that ran when another worker came for it is
		 * left to whoever ran it.
		 */
		while (run_one(self))
			;
	}
}

bool os_wq::run_one(Running &self)
{
	bool run;

	{
		std::lock_guard lock(mutex_);

		collect();
		const auto found = std::ranges::find_if(
			waiting_, [this](const Work *work) { return !runs(*work); });
		if (found == waiting_.end())
			return false;

		Work *work = *found;

		waiting_.erase(found);
		self = {work, work->fn};
		/* After this it can be queued again. */
		run = !(work->state.fetch_and(~pending, std::memory_order_acquire) & disabled);
	}

	if (run) {
		this_thread.work = self.work;
		this_thread.atomic += kind == Kind::softirq;
		self.fn(opaque(const_cast<Work *>(self.work)));
		this_thread.atomic -= kind == Kind::softirq;
		this_thread.work = nullptr;
		if (!this_thread.balanced())
			fatal("a work item returns with a lock held or a section open");
	}
	{
		std::lock_guard lock(mutex_);

		self = {};
		left_.notify_all();
	}
	outstanding.end();
	return true;
}

bool os_wq::take_back(Work &work)
{
	std::lock_guard lock(mutex_);

	collect();
	const auto found = std::ranges::find(waiting_, &work);
	if (found == waiting_.end())
		return false;

	waiting_.erase(found);
	work.state.fetch_and(~pending, std::memory_order_relaxed);
	outstanding.end();
	return true;
}

void os_wq::wait_until_left(const Work &work)
{
	std::unique_lock lock(mutex_);

	if (!left_.wait_for(lock, patience, [&] { return !runs(work); }))
		fatal("a work item runs for longer than anything may take");
}

void os_wq::flush()
{
	const auto all_left = [this] {
		collect();
		return waiting_.empty() &&
		       std::ranges::none_of(running_, [](const Running &one) { return one.work; });
	};
	std::unique_lock lock(mutex_);

	if (!left_.wait_for(lock, patience, all_left))
		fatal("a workqueue is freed that is in use");
}

static os_wq run_wq(4, os_wq::Kind::usual);
static os_wq timeout_wq(2, os_wq::Kind::usual);
static os_wq drain_wq(1, os_wq::Kind::softirq);
static os_wq cleanup_wq(4, os_wq::Kind::usual);

namespace
{

struct Workqueues {
	std::mutex mutex;
	std::vector<os_wq *> all{&run_wq, &timeout_wq, &drain_wq, &cleanup_wq};
};

Workqueues workqueues;

std::vector<os_wq *> all_wqs()
{
	std::lock_guard lock(workqueues.mutex);

	return workqueues.all;
}

} // namespace

os_wq *host::make_wq(bool ordered)
{
	auto *wq = ordered ? new os_wq(1, os_wq::Kind::ordered) : new os_wq(2, os_wq::Kind::usual);
	std::lock_guard lock(workqueues.mutex);

	wq->start();
	workqueues.all.push_back(wq);
	return wq;
}

void host::free_wq(os_wq *wq)
{
	{
		std::lock_guard lock(workqueues.mutex);

		std::erase(workqueues.all, wq);
	}
	wq->flush();
	wq->stop();
	delete wq;
}

void host::start_workqueues()
{
	for (os_wq *wq : all_wqs())
		wq->start();
}

void host::stop_workqueues()
{
	for (os_wq *wq : all_wqs())
		wq->stop();
}

bool host::mark_pending(Work &work)
{
	unsigned int state = work.state.load(std::memory_order_relaxed);
	bool mine;

	/*
	 * Written even if nothing changes: what the caller did before is then seen by the
	 * function, which runs after the worker has cleared the bit.
	 */
	do
		mine = !(state & (pending | disabled));
	while (!work.state.compare_exchange_weak(state, mine ? state | pending : state,
						 std::memory_order_release,
						 std::memory_order_relaxed));
	return mine;
}

void host::send(os_wq &wq, Work &work)
{
	wq.send(work);
}

void os_work_init(os_work *work, os_work_fn fn, os_class *, const char *name)
{
	new (work) Work{.fn = fn, .name = name};
}

bool os_work_queue(os_wq *wq, os_work *work)
{
	bool mine = mark_pending(of(work));

	if (mine)
		wq->send(of(work));
	access_point(work);
	return mine;
}

void os_work_disable_sync(os_work *work)
{
	const auto limit = std::chrono::steady_clock::now() + patience;
	Work &item = of(work);

	os_might_sleep();
	const std::vector<os_wq *> all = all_wqs();

	if (this_thread.work == &item)
		fatal("a work item waits for itself");

	/* Relaxed: who queued it without success must have its own reason why it still exists. */
	item.state.fetch_or(disabled, std::memory_order_relaxed);
	while (item.state.load(std::memory_order_relaxed) & pending) {
		if (std::ranges::any_of(all, [&](os_wq *wq) { return wq->take_back(item); }))
			break;
		/* Whoever marked it is about to send it. */
		sched_yield();
		if (std::chrono::steady_clock::now() > limit)
			fatal("a work item is marked as pending and never comes");
	}
	for (os_wq *wq : all)
		wq->wait_until_left(item);
}

void os_rcu_work_init(os_rcu_work *work, os_work_fn fn, os_class *, const char *name)
{
	new (work) RcuWork{.work = {.fn = fn, .name = name}, .grace = {}};
}

void os_rcu_work_queue(os_wq *wq, os_rcu_work *work)
{
	RcuWork &item = of(work);

	if (!mark_pending(item.work))
		return;

	item.wq = wq;
	after_grace_period(item.grace, [](Grace &grace) {
		RcuWork &after = *reinterpret_cast<RcuWork *>(reinterpret_cast<char *>(&grace) -
							      offsetof(RcuWork, grace));

		send(*after.wq, after.work);
	});
}

os_wq *os_wq_run()
{
	return &run_wq;
}

os_wq *os_wq_timeout()
{
	return &timeout_wq;
}

bool os_wq_is_ordered(const os_wq *wq)
{
	return wq->kind == os_wq::Kind::ordered;
}

os_wq *os_wq_drain()
{
	return &drain_wq;
}

os_wq *os_wq_cleanup()
{
	return &cleanup_wq;
}
