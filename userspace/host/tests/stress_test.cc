/* SPDX-License-Identifier: MIT */
/*
 * Many threads at once: some submit, to queues of their own and to shared ones, with dependencies
 * on one another's jobs; some are the hardware; one disturbs: it stops, starts, kills, sends, looks
 * and waits. At the end nothing is left. Plain members that only the core's promises protect let
 * the thread sanitizer check these.
 *
 * DRM_DEP_STRESS_MS says for how long each test submits.
 */
#include "random.h"
#include "record.h"

#include "abi.h"
#include "host.h"

#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sched.h>

using test::Random;

namespace
{

constexpr unsigned int submitters = 3;
constexpr unsigned int completers = 2;
constexpr unsigned int shared_queues = 4;
constexpr long most_jobs = 1500; /* that exist at the same time */

class Stress;

struct StressQueue : drm_dep_queue {
	Stress *stress;
	u32 limit;
	std::mutex arm_mutex;
	u64 armed = 0;		     /* by arm_mutex */
	u64 last_run = 0;	     /* run_job is called by one at a time */
	u64 last_signalled = 0;	     /* fences signal one at a time */
	std::atomic<u32> credits{0}; /* in flight, or less */
	u64 messages = 0;	     /* the run side's, too */
	u64 timeouts = 0;	     /* timedout_job is called by one at a time */
	std::atomic<bool> killed{false};
	drm_dep_message message;
	std::atomic<long> jobs{0};
};

enum class Finish { fence, fence_already, driver, driver_at_once, both, error };

struct StressJob : drm_dep_job {
	StressQueue *home;
	Finish finish;
	u32 weight;
	u64 place = 0; /* in the order of the queue */
	u32 number = 0;
	bool dropped = false; /* by its submitter, before push */
	bool ran = false;
	os_fence *hw = nullptr;
};

/* Watches the finished fence. */
struct Watch {
	os_fence_cb cb;
	StressQueue *home;
	u64 place;
	bool dropped;
};

class Stress : public testing::Test
{
public:
	void run();

	/* What the driver of these queues does. */
	os_fence *run_job(StressJob &job);
	void signalled(os_fence *fence, Watch &watch);
	void release(StressJob &job);
	void release(StressQueue &queue);
	static int timed_out(StressQueue &queue);
	static void told_that_it_is_killed(StressQueue &queue);

	StressQueue *make_queue(u32 limit, u32 level, u32 flags);

private:
	void submit_until_the_end(unsigned int thread);
	void submit(StressQueue &queue, Random &random);
	StressJob *make_job(StressQueue &queue, Random &random);
	os_fence *any_fence(Random &random);
	void publish(os_fence *fence, Random &random);

	void complete_until_the_end(unsigned int thread);
	/* Completes one of the jobs in flight; false if there is none. */
	bool complete_one(Random &random, bool by_driver_only);
	void disturb_until_the_end();
	void disturb(StressQueue &queue, Random &random);

	os_device *device_ = nullptr;
	os_module *module_ = nullptr;
	drm_dep_queue_ops queue_ops_ = {};
	std::atomic<bool> submitting_{true};
	std::atomic<bool> completing_{true};
	std::atomic<long> jobs_{0};
	std::atomic<long> jobs_made_{0};
	std::atomic<long> queues_{0};
	std::vector<StressQueue *> shared_;

	std::mutex published_mutex_;
	std::array<os_fence *, 32> published_{};

	std::mutex in_flight_mutex_;
	std::vector<StressJob *> in_flight_;
};

StressJob &of(drm_dep_job *job)
{
	return *static_cast<StressJob *>(job);
}

StressQueue &of(drm_dep_queue *queue)
{
	return *static_cast<StressQueue *>(queue);
}

const drm_dep_job_ops job_ops = {
	.release = [](drm_dep_job *job) { of(job).home->stress->release(of(job)); },
};

/* Bypass, and releasing where the last reference is put. */
constexpr u32 all_flags = DRM_DEP_QUEUE_BYPASS | DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE;

u32 any_flags(Random &random)
{
	return static_cast<u32>(random.below(all_flags + 1)) & all_flags;
}

/* Drawn by whoever comes along; which number it gets is up to the threads anyway. */
Random &random_of_this_thread()
{
	static std::atomic<std::uint64_t> threads{0};
	static thread_local Random random(test::seed() + 1000 + threads++);

	return random;
}

StressQueue *Stress::make_queue(u32 limit, u32 level, u32 flags)
{
	auto *queue = new StressQueue;
	const drm_dep_queue_init_args args = {
		.ops = &queue_ops_,
		.drm = device_,
		.driver_name = "stress",
		.name = "queue",
		.workqueue = nullptr,
		.timeout_workqueue = nullptr,
		.credit_limit = limit,
		.timeout_ms = 1,
		.nest_level = level,
		.flags = flags,
	};

	drm_dep_message_init(&queue->message);
	queue->stress = this;
	queue->limit = limit;
	EXPECT_EQ(drm_dep_queue_init(queue, &args), 0);
	queues_.fetch_add(1, std::memory_order_relaxed);
	return queue;
}

StressJob *Stress::make_job(StressQueue &queue, Random &random)
{
	auto *job = new StressJob;
	const auto weight = 1 + static_cast<u32>(random.below(queue.limit));
	const drm_dep_job_init_args args = {
		.queue = &queue, .ops = &job_ops, .credits = weight, .client_id = 0};

	job->home = &queue;
	job->weight = weight;
	job->finish = static_cast<Finish>(random.below(6));
	EXPECT_EQ(drm_dep_job_init(job, &args), 0);
	job->hw = host::foreign_fence();
	jobs_.fetch_add(1, std::memory_order_relaxed);
	jobs_made_.fetch_add(1, std::memory_order_relaxed);
	queue.jobs.fetch_add(1, std::memory_order_relaxed);
	return job;
}

os_fence *Stress::run_job(StressJob &job)
{
	StressQueue &queue = *job.home;

	EXPECT_FALSE(job.dropped) << "a cancelled job ran";
	EXPECT_FALSE(job.ran) << "a job ran twice";
	EXPECT_GT(job.place, queue.last_run) << "jobs run out of order";
	EXPECT_LE(queue.credits.fetch_add(job.weight, std::memory_order_relaxed) + job.weight,
		  queue.limit)
		<< "more in flight than there are credits";
	job.ran = true;
	queue.last_run = job.place;
	queue.messages++;
	job.number = drm_dep_job_run_number(&job);

	if (job.finish == Finish::error || job.finish == Finish::fence_already ||
	    job.finish == Finish::driver_at_once) {
		queue.credits.fetch_sub(job.weight, std::memory_order_relaxed);
		if (job.finish == Finish::error)
			return reinterpret_cast<os_fence *>(static_cast<std::intptr_t>(-EIO));
		if (job.finish == Finish::driver_at_once) {
			EXPECT_TRUE(drm_dep_job_done(&job, job.number, 0));
			return nullptr;
		}
		host::signal(job.hw);
		return host::get(job.hw);
	}

	drm_dep_job_get(&job);

	/* From here on another thread may complete it, before this returns. */
	os_fence *hw = job.finish == Finish::driver ? nullptr : host::get(job.hw);
	std::lock_guard lock(in_flight_mutex_);

	in_flight_.push_back(&job);
	return hw;
}

bool Stress::complete_one(Random &random, bool by_driver_only)
{
	StressJob *job;

	{
		std::lock_guard lock(in_flight_mutex_);

		if (in_flight_.empty())
			return false;

		StressJob *&chosen = in_flight_[random.below(in_flight_.size())];

		/* Inside the lock of a fence no foreign fence may be signalled. */
		if (by_driver_only && chosen->finish != Finish::driver)
			return false;
		job = chosen;
		chosen = in_flight_.back();
		in_flight_.pop_back();
	}

	job->home->credits.fetch_sub(job->weight, std::memory_order_relaxed);
	if (job->finish == Finish::both && random.one_in(2)) {
		host::signal(job->hw, -EIO);
		/* True only if run_job has not returned yet. */
		(void)drm_dep_job_done(job, job->number, 0);
	} else {
		if (job->finish != Finish::fence) {
			EXPECT_TRUE(drm_dep_job_done(job, job->number, -EIO));
		}
		if (job->finish != Finish::driver)
			host::signal(job->hw);
	}
	drm_dep_job_put(job);
	return true;
}

void Stress::signalled(os_fence *fence, Watch &watch)
{
	EXPECT_EQ(watch.place, watch.home->last_signalled + 1) << "fences signal out of order";
	watch.home->last_signalled = watch.place;
	if (watch.dropped) {
		EXPECT_EQ(os_fence_error(fence), -ECANCELED);
	}
	/* A job of any queue, also of this one. */
	if (random_of_this_thread().one_in(4))
		complete_one(random_of_this_thread(), true);
}

void Stress::release(StressJob &job)
{
	EXPECT_GT(job.home->jobs.fetch_sub(1, std::memory_order_relaxed), 0);
	EXPECT_TRUE(job.ran || job.dropped || job.home->killed);
	os_fence_put(job.hw);
	delete &job;
	jobs_.fetch_sub(1, std::memory_order_relaxed);
}

void Stress::release(StressQueue &queue)
{
	EXPECT_EQ(queue.jobs, 0);
	EXPECT_EQ(queue.credits, 0u);
	EXPECT_EQ(queue.last_signalled, queue.armed);
	delete &queue;
	queues_.fetch_sub(1, std::memory_order_release);
}

int Stress::timed_out(StressQueue &queue)
{
	/* Whatever it does, the job is completed by the hardware. */
	if (queue.timeouts++ % 2 && drm_dep_queue_get_unless_zero(&queue)) {
		drm_dep_queue_stop(&queue);
		drm_dep_queue_start(&queue);
		drm_dep_queue_put(&queue);
	}
	return DRM_DEP_TIMEOUT_NOT_HUNG;
}

void Stress::told_that_it_is_killed(StressQueue &queue)
{
	EXPECT_TRUE(queue.killed);
	queue.messages++;
}

/* On a queue that is not put meanwhile. */
void Stress::disturb(StressQueue &queue, Random &random)
{
	os_fence *fence;
	int error;

	switch (random.below(9)) {
	case 0:
		drm_dep_queue_stop(&queue);
		std::this_thread::yield();
		drm_dep_queue_start(&queue);
		break;
	case 1:
		(void)drm_dep_queue_send_message(&queue, &queue.message);
		break;
	case 2:
		drm_dep_queue_pause_timeout(&queue);
		drm_dep_queue_set_timeout(&queue, 1 + static_cast<u32>(random.below(3)));
		drm_dep_queue_resume_timeout(&queue);
		break;
	case 3:
		drm_dep_queue_trigger_timeout(&queue);
		break;
	case 4:
		fence = any_fence(random);
		if (fence) {
			os_fence_set_deadline(fence, static_cast<long long>(random.below(1000)));
			os_fence_put(fence);
		}
		break;
	case 5:
		for (drm_dep_queue *one = drm_dep_next_queue(nullptr); one;
		     one = drm_dep_next_queue(one)) {
			drm_dep_view view;

			drm_dep_look(one, &view);
			if (view.blocking)
				os_fence_put(view.blocking);
		}
		break;
	case 6:
		error = drm_dep_queue_wait_idle(&queue, 1);
		EXPECT_TRUE(!error || error == -OS_ETIME);
		break;
	case 7:
		drm_dep_queue_set_credit_limit(&queue, queue.limit);
		break;
	default:
		drm_dep_job_iter iter;

		drm_dep_queue_stop(&queue);
		drm_dep_job_iter_begin(&iter, &queue);
		for (u64 last = 0; drm_dep_job *job = drm_dep_job_iter_next(&iter);) {
			EXPECT_GT(of(job).place, last);
			last = of(job).place;
		}
		drm_dep_job_iter_end(&iter);
		drm_dep_queue_start(&queue);
		break;
	}
}

void Stress::disturb_until_the_end()
{
	Random random(test::seed() + 200);

	while (submitting_) {
		disturb(*shared_[random.below(shared_.size())], random);
		std::this_thread::sleep_for(std::chrono::microseconds(random.below(500)));
	}
}

os_fence *Stress::any_fence(Random &random)
{
	std::lock_guard lock(published_mutex_);
	os_fence *fence = published_[random.below(published_.size())];

	return fence ? host::get(fence) : nullptr;
}

void Stress::publish(os_fence *fence, Random &random)
{
	os_fence *old;

	{
		std::lock_guard lock(published_mutex_);

		old = std::exchange(published_[random.below(published_.size())], host::get(fence));
	}
	if (old)
		os_fence_put(old);
}

void Stress::submit(StressQueue &queue, Random &random)
{
	std::vector<StressJob *> jobs;
	const std::size_t count = 1 + random.below(4);

	for (std::size_t i = 0; i < count; i++) {
		StressJob *job = make_job(queue, random);

		/* On jobs that are armed already only: so nobody waits in a circle. */
		for (std::size_t left = random.below(6); left; left--) {
			os_fence *fence = any_fence(random);
			os_fence *other = random.one_in(4) ? any_fence(random) : nullptr;

			if (fence && other)
				fence = host::fence_chain(fence, other);
			else if (other)
				fence = other;
			EXPECT_EQ(drm_dep_job_add_dependency(job, fence), 0);
		}
		if (random.one_in(16)) {
			job->dropped = true;
			drm_dep_job_put(job);
			continue;
		}
		job->dropped = random.one_in(16);
		{
			auto *watch = new Watch{{}, &queue, 0, job->dropped};
			std::lock_guard lock(queue.arm_mutex);

			job->place = watch->place = ++queue.armed;
			drm_dep_job_arm(job);
			EXPECT_EQ(os_fence_add_callback(
					  drm_dep_job_finished_fence(job), &watch->cb,
					  [](os_fence *fence, os_fence_cb *cb) {
						  auto *self = reinterpret_cast<Watch *>(cb);

						  self->home->stress->signalled(fence, *self);
						  delete self;
					  }),
				  0);
		}
		publish(drm_dep_job_finished_fence(job), random);
		jobs.push_back(job);
	}
	while (!jobs.empty()) {
		StressJob *&chosen = jobs[random.below(jobs.size())];
		StressJob *job = chosen;

		chosen = jobs.back();
		jobs.pop_back();
		if (!job->dropped)
			drm_dep_job_push(job);
		drm_dep_job_put(job);
	}
}

void Stress::submit_until_the_end(unsigned int thread)
{
	Random random(test::seed() + thread);
	StressQueue *own = make_queue(4, thread, any_flags(random));

	while (submitting_) {
		/* Not an event: a semaphore would put all releases before all submissions. */
		if (jobs_.load(std::memory_order_relaxed) > most_jobs) {
			std::this_thread::yield();
			continue;
		}
		if (random.one_in(8)) {
			if (random.one_in(4)) {
				own->killed = true;
				drm_dep_queue_kill(own);
			}
			drm_dep_queue_put(own);
			own = make_queue(1 + static_cast<u32>(random.below(6)),
					 static_cast<u32>(random.below(DRM_DEP_MAX_NEST_LEVEL + 1)),
					 any_flags(random));
		}
		submit(random.one_in(2) ? *own : *shared_[random.below(shared_.size())], random);
	}
	drm_dep_queue_put(own);
}

void Stress::complete_until_the_end(unsigned int thread)
{
	Random random(test::seed() + 100 + thread);

	while (completing_)
		if (!complete_one(random, false))
			std::this_thread::yield();
}

void Stress::run()
{
	const std::chrono::milliseconds duration(test::setting("DRM_DEP_STRESS_MS", 1500));
	const auto limit = std::chrono::steady_clock::now() + duration + test::patience;

	(void)test::seed();
	device_ = host::make_device();
	module_ = host::make_module();
	queue_ops_ = {
		.owner = module_,
		.prepare_job = nullptr,
		.run_job = [](drm_dep_job *job) { return of(job).home->stress->run_job(of(job)); },
		.timedout_job = [](drm_dep_job *job) { return timed_out(*of(job).home); },
		.process_message = [](drm_dep_queue *queue,
				      drm_dep_message *) { of(queue).messages++; },
		.killed = [](drm_dep_queue *queue) { told_that_it_is_killed(of(queue)); },
		.set_deadline = [](drm_dep_job *job, long long) { EXPECT_TRUE(of(job).ran); },
		.fini = nullptr,
		.release = [](drm_dep_queue *queue) { of(queue).stress->release(of(queue)); },
	};
	for (u32 i = 0; i < shared_queues; i++)
		shared_.push_back(make_queue(8, i, i & all_flags));

	{
		std::vector<std::jthread> hardware;

		for (unsigned int i = 0; i < completers; i++)
			hardware.emplace_back([this, i] { complete_until_the_end(i); });
		{
			std::vector<std::jthread> threads;

			for (unsigned int i = 0; i < submitters; i++)
				threads.emplace_back([this, i] { submit_until_the_end(i); });
			threads.emplace_back([this] { disturb_until_the_end(); });
			std::this_thread::sleep_for(duration);
			submitting_ = false;
		}
		for (StressQueue *queue : shared_)
			drm_dep_queue_put(queue);
		while (queues_ && std::chrono::steady_clock::now() < limit)
			std::this_thread::yield();
		completing_ = false;
	}
	ASSERT_EQ(queues_, 0) << jobs_ << " jobs, " << in_flight_.size() << " in flight";
	EXPECT_EQ(jobs_, 0);

	for (os_fence *fence : published_)
		if (fence)
			os_fence_put(fence);
	drm_dep_flush(device_);
	EXPECT_EQ(host::device_refs(device_), 1);
	EXPECT_EQ(host::module_refs(module_), 0);
	os_device_put(device_);
	host::free_module(module_);
	ASSERT_TRUE(host::wait_idle());
	EXPECT_EQ(host::live(), host::Live{});
	RecordProperty("jobs", static_cast<int>(jobs_made_));
	std::cout << jobs_made_ << " jobs\n";
}

TEST_F(Stress, AsFastAsItGoes)
{
	run();
}

/* Delays between letting go of one thing and touching the next open windows that are narrow. */
TEST_F(Stress, WithDelays)
{
	host::set_access_hook([](const volatile void *) {
		Random &random = random_of_this_thread();

		if (random.one_in(2000))
			std::this_thread::sleep_for(std::chrono::microseconds(random.below(200)));
		else if (random.one_in(20))
			sched_yield();
	});
	run();
	host::set_access_hook({});
}

} // namespace
