/* SPDX-License-Identifier: MIT */
/*
 * Read sections and grace periods.
 *
 * Each thread that reads has a counter that is odd inside its sections. A grace period looks at
 * all counters once and waits for those that are odd to change. Whoever entered before what is
 * waited for was handed over is seen as odd, as that happened before; whoever enters later can't
 * have found it.
 */
#include "internal.h"

#include <algorithm>
#include <thread>
#include <vector>

#include <cerrno>
#include <ctime>
#include <semaphore.h>

namespace host
{

namespace
{

struct Readers {
	std::mutex mutex;
	std::vector<std::shared_ptr<Reader>> all;
};

class GracePeriods
{
public:
	void start();
	void stop();
	void hand_over(Grace &grace);
	void section_ended() { sem_post(&section_ended_); }

private:
	void loop();
	void wait_for_readers();
	void wait_for(Reader &reader);

	std::atomic<Grace *> handed_over_{nullptr};
	std::atomic<bool> stopping_{false};
	sem_t work_;
	sem_t section_ended_;
	std::thread thread_;
};

Readers readers;
GracePeriods grace_periods;

/* Takes its thread's counter off the list when the thread ends. */
class Registration
{
public:
	Registration()
	{
		std::lock_guard lock(readers.mutex);

		readers.all.push_back(reader_);
		this_thread.reader = reader_.get();
	}

	~Registration()
	{
		std::lock_guard lock(readers.mutex);

		this_thread.reader = nullptr;
		std::erase(readers.all, reader_);
	}

private:
	std::shared_ptr<Reader> reader_ = std::make_shared<Reader>();
};

/* A semaphore's wait that ends in any case: sem_timedwait() knows one clock only. */
void wait_a_little(sem_t *semaphore)
{
	timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 10'000'000;
	if (until.tv_nsec >= 1'000'000'000) {
		until.tv_nsec -= 1'000'000'000;
		until.tv_sec++;
	}
	while (sem_timedwait(semaphore, &until) && errno == EINTR)
		;
}

void GracePeriods::start()
{
	sem_init(&work_, 0, 0);
	sem_init(&section_ended_, 0, 0);
	thread_ = std::thread([this] { loop(); });
}

void GracePeriods::stop()
{
	stopping_ = true;
	sem_post(&work_);
	thread_.join();
}

void GracePeriods::hand_over(Grace &grace)
{
	outstanding.begin();
	grace.next = handed_over_.load(std::memory_order_relaxed);
	while (!handed_over_.compare_exchange_weak(grace.next, &grace, std::memory_order_release,
						   std::memory_order_relaxed))
		;
	sem_post(&work_);
}

void GracePeriods::loop()
{
	while (!stopping_) {
		Grace *newest;
		Grace *oldest = nullptr;

		while (sem_wait(&work_) && errno == EINTR)
			;
		newest = handed_over_.exchange(nullptr, std::memory_order_acquire);
		if (!newest)
			continue;

		wait_for_readers();
		while (newest) {
			Grace *next = newest->next;

			newest->next = oldest;
			oldest = newest;
			newest = next;
		}
		while (oldest) {
			Grace *next = oldest->next;

			oldest->over(*oldest);
			outstanding.end();
			oldest = next;
		}
	}
}

void GracePeriods::wait_for_readers()
{
	std::vector<std::shared_ptr<Reader>> all;

	{
		/* Not longer: a thread that reads for the first time needs it. */
		std::lock_guard lock(readers.mutex);

		all = readers.all;
	}
	for (const std::shared_ptr<Reader> &reader : all)
		wait_for(*reader);
}

void GracePeriods::wait_for(Reader &reader)
{
	const auto limit = std::chrono::steady_clock::now() + patience;
	const std::uint64_t seen = reader.sections.load(std::memory_order_seq_cst);

	if (!(seen & 1))
		return;

	reader.awaited.store(true, std::memory_order_seq_cst);
	while (reader.sections.load(std::memory_order_seq_cst) == seen) {
		wait_a_little(&section_ended_);
		if (std::chrono::steady_clock::now() > limit)
			fatal("a read section lasts longer than anything may take");
	}
	reader.awaited.store(false, std::memory_order_relaxed);
}

} // namespace

void start_grace_periods()
{
	grace_periods.start();
}

void stop_grace_periods()
{
	grace_periods.stop();
}

void after_grace_period(Grace &grace, void (*over)(Grace &grace))
{
	grace.over = over;
	grace_periods.hand_over(grace);
}

} // namespace host

using namespace host;

void os_rcu_read_lock()
{
	if (!this_thread.reader) {
		static thread_local Registration registration;
	}
	/* A full barrier, not a plain store: what is read inside is read after it. */
	if (!this_thread.read_depth++)
		this_thread.reader->sections.exchange(
			this_thread.reader->sections.load(std::memory_order_relaxed) + 1,
			std::memory_order_seq_cst);
}

void os_rcu_read_unlock()
{
	if (this_thread.read_depth <= 0)
		fatal("a read section ends that was not begun");
	if (--this_thread.read_depth)
		return;

	this_thread.reader->sections.store(
		this_thread.reader->sections.load(std::memory_order_relaxed) + 1,
		std::memory_order_release);
	/* If this is not seen in time, the grace period looks by itself a little later. */
	if (this_thread.reader->awaited.load(std::memory_order_relaxed))
		grace_periods.section_ended();
}
