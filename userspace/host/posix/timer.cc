/* SPDX-License-Identifier: MIT */
/*
 * Time, and timers: one thread that may not sleep calls their functions.
 *
 * As with work items, who starts a timer takes no lock and acquires nothing: it writes when the
 * timer is due, puts it on a stack if it was not pending, and posts a semaphore. The thread alone
 * makes a timer not pending, and only as long as it is due.
 */
#include "internal.h"

#include <algorithm>
#include <cerrno>
#include <thread>
#include <vector>

#include <sched.h>
#include <semaphore.h>

namespace host
{

namespace
{

/* A bit of Timer::due that no time has. */
constexpr std::uint64_t shut_down = 1ull << 63;

class Timers
{
public:
	void start();
	void stop();
	void send(Timer &timer);
	void look_again() { sem_post(&posted_); }
	/** Takes a pending timer back; false if it is not here. */
	bool take_back(Timer &timer);
	/** Waits until the timer's function has returned. */
	void wait_until_left(const Timer &timer);
	/** Waits until nothing is due and no function runs. */
	void wait_for_none_due();

private:
	void loop();
	bool run_one();
	/* The next three with the mutex held. */
	void collect();
	std::uint64_t first_due() const;
	bool one_is_due();

	std::atomic<Timer *> sent_{nullptr};
	sem_t posted_;
	std::atomic<bool> stopping_{false};

	std::mutex mutex_; /* of the members below */
	std::condition_variable left_;
	std::vector<Timer *> pending_;
	const Timer *running_ = nullptr;

	std::thread thread_;
};

Timers timers;
std::atomic<unsigned long> starts{0};

/* 0: time passes by itself, with this in front. */
std::atomic<std::uint64_t> stands_at{0};
std::atomic<std::uint64_t> ahead{0};

std::uint64_t steady()
{
	return static_cast<std::uint64_t>(
		std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch())
			.count());
}

void Timers::start()
{
	sem_init(&posted_, 0, 0);
	thread_ = std::thread([this] { loop(); });
}

void Timers::stop()
{
	stopping_ = true;
	sem_post(&posted_);
	thread_.join();
}

void Timers::send(Timer &timer)
{
	Timer *first = sent_.load(std::memory_order_relaxed);

	do
		timer.next.store(first, std::memory_order_relaxed);
	while (!sent_.compare_exchange_weak(first, &timer, std::memory_order_release,
					    std::memory_order_relaxed));
}

void Timers::collect()
{
	Timer *timer = sent_.exchange(nullptr, std::memory_order_acquire);

	for (; timer; timer = timer->next.load(std::memory_order_relaxed))
		pending_.push_back(timer);
}

std::uint64_t Timers::first_due() const
{
	std::uint64_t first = shut_down;

	for (const Timer *timer : pending_)
		first = std::min(first, timer->due.load(std::memory_order_relaxed) & ~shut_down);
	return first;
}

bool Timers::one_is_due()
{
	collect();
	return first_due() <= os_now();
}

void Timers::loop()
{
	while (!stopping_) {
		std::uint64_t due;
		std::uint64_t now;

		while (run_one())
			;
		{
			std::lock_guard lock(mutex_);

			due = first_due();
			left_.notify_all();
		}
		now = os_now();
		if (due <= now)
			continue;
		if (due == shut_down || stands_at) {
			while (sem_wait(&posted_) && errno == EINTR)
				;
		} else {
			const timespec until = after(std::chrono::nanoseconds(due - now));

			while (sem_timedwait(&posted_, &until) && errno == EINTR)
				;
		}
	}
}

bool Timers::run_one()
{
	const std::uint64_t now = os_now();
	Timer *timer = nullptr;

	{
		std::lock_guard lock(mutex_);

		collect();
		for (std::size_t i = 0; i < pending_.size() && !timer; i++) {
			std::uint64_t due = pending_[i]->due.load(std::memory_order_relaxed);

			/* Acquire: what those have done who moved it. */
			if ((due & ~shut_down) <= now &&
			    pending_[i]->due.compare_exchange_strong(due, due & shut_down,
								     std::memory_order_acquire,
								     std::memory_order_relaxed)) {
				Timer *found = pending_[i];

				pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
				if (due & shut_down)
					return true; /* whoever waits for that sees it */
				timer = found;
			}
		}
		if (!timer)
			return false;
		running_ = timer;
		outstanding.begin();
	}

	this_thread.atomic++;
	timer->fn(reinterpret_cast<os_timer *>(timer));
	this_thread.atomic--;
	if (!this_thread.balanced())
		fatal("a timer's function returns with a lock held or a section open");
	{
		std::lock_guard lock(mutex_);

		running_ = nullptr;
		left_.notify_all();
	}
	outstanding.end();
	return true;
}

bool Timers::take_back(Timer &timer)
{
	std::lock_guard lock(mutex_);

	collect();
	if (!std::erase(pending_, &timer))
		return false;
	timer.due.fetch_and(shut_down, std::memory_order_relaxed);
	return true;
}

void Timers::wait_until_left(const Timer &timer)
{
	std::unique_lock lock(mutex_);

	if (!left_.wait_for(lock, patience, [&] { return running_ != &timer; }))
		fatal("a timer's function runs for longer than anything may take");
}

void Timers::wait_for_none_due()
{
	std::unique_lock lock(mutex_);

	if (!left_.wait_for(lock, patience, [&] { return !running_ && !one_is_due(); }))
		fatal("a timer that is due is not called");
}

} // namespace

void start_timers()
{
	timers.start();
}

void stop_timers()
{
	timers.stop();
}

Clock::Clock()
{
	if (stands_at)
		fatal("time stands still already");
	stands_at = os_now();
	timers.look_again();
}

Clock::~Clock()
{
	ahead = stands_at - steady();
	stands_at = 0;
	timers.look_again();
}

void Clock::pass(std::chrono::nanoseconds time)
{
	stands_at += static_cast<std::uint64_t>(time.count());
	timers.look_again();
	timers.wait_for_none_due();
}

unsigned long timer_starts()
{
	return starts.load(std::memory_order_relaxed);
}

} // namespace host

using namespace host;

unsigned long long os_now()
{
	const std::uint64_t fixed = stands_at.load(std::memory_order_relaxed);

	return fixed ? fixed : steady() + ahead.load(std::memory_order_relaxed);
}

void os_timer_init(os_timer *timer, os_timer_fn fn, os_class *, const char *name)
{
	new (timer) Timer{.fn = fn, .name = name};
}

void os_timer_start(os_timer *timer, unsigned long long delay_ns)
{
	Timer &self = of(timer);
	const std::uint64_t now = os_now();
	const std::uint64_t due = delay_ns < shut_down - 1 - now ? now + delay_ns : shut_down - 1;
	std::uint64_t before = self.due.load(std::memory_order_relaxed);

	starts.fetch_add(1, std::memory_order_relaxed);
	do
		if (before & shut_down)
			return;
	while (!self.due.compare_exchange_weak(before, due, std::memory_order_release,
					       std::memory_order_relaxed));
	if (!before)
		timers.send(self);
	timers.look_again();
	access_point(timer);
}

void os_timer_shutdown_sync(os_timer *timer)
{
	const auto limit = std::chrono::steady_clock::now() + patience;
	Timer &self = of(timer);

	os_might_sleep();
	self.due.fetch_or(shut_down, std::memory_order_relaxed);
	while (self.due.load(std::memory_order_relaxed) & ~shut_down) {
		if (timers.take_back(self))
			break;
		/* Whoever made it pending is about to send it. */
		sched_yield();
		if (std::chrono::steady_clock::now() > limit)
			fatal("a timer is pending and never comes");
	}
	timers.wait_until_left(self);
}
