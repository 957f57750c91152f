/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file A driver for tests: queues and jobs that record what the core does with them.
 *
 *	TEST_F(World, ...)
 *	{
 *		QueueRef queue = make_queue("q");
 *		JobRef job = make_job(queue, "a");
 *
 *		submit(job);
 *		settle();
 *		complete(job);
 *	}
 *
 * records "run a", "signal a 0", "release a", "fini q", "release q". At the end of a test nothing
 * may be left.
 */

#include "abi.h"
#include "host.h"
#include "record.h"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace test
{

class World;
struct Job;
struct Message;

struct Queue : drm_dep_queue {
	World *world;
	std::string label;
	std::function<void()> on_fini;
	std::function<void()> on_release;
	std::function<void()> on_killed;
	std::function<int(Job &)> on_timeout; /* else: handled */
	int fini_result;
	drm_dep_queue_ops own_ops; /* modules differ */
};

/** What the driver does with a job; gives the hardware fence, NULL or an error to the core. */
using RunJob = std::function<os_fence *(Job &)>;

struct Job : drm_dep_job {
	World *world;
	std::string label;
	RunJob run;
	std::function<os_fence *(Job &)> prepare; /* of a queue with prepare_job */
	std::function<void()> on_release;
	os_fence *hw;	/* its hardware fence, whether or not it is used */
	u32 number = 0; /* of the run */
};

struct Message : drm_dep_message {
	std::string label;
	std::function<void(Message &)> process;

	explicit Message(std::string label_, std::function<void(Message &)> process_ = {})
		: label(std::move(label_)), process(std::move(process_))
	{
		drm_dep_message_init(this);
	}
};

/** A reference; put at the end of the scope, or by put(). */
template <typename T, auto get_function, auto put_function>
class Holder
{
public:
	Holder() = default;
	explicit Holder(T *object) : object_(object) {}
	Holder(Holder &&other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
	Holder &operator=(Holder &&other) noexcept
	{
		std::swap(object_, other.object_);
		return *this;
	}
	~Holder() { put(); }

	void put()
	{
		if (object_)
			put_function(std::exchange(object_, nullptr));
	}
	Holder another() const { return Holder(static_cast<T *>(get_function(object_))); }
	T *operator->() const { return object_; }
	T &operator*() const { return *object_; }
	T *get() const { return object_; }

private:
	T *object_ = nullptr;
};

using QueueRef = Holder<Queue, drm_dep_queue_get, drm_dep_queue_put>;
using JobRef = Holder<Job, drm_dep_job_get, drm_dep_job_put>;

/** How run_job may behave. */
os_fence *hardware_fence(Job &job); /* the usual: signalled by complete() */
os_fence *driver_completes(Job &job);
os_fence *done_at_once(Job &job);
RunJob fails_with(int error);

struct QueueOptions {
	u32 credits = 1000;
	u32 nest_level = 0;
	os_device *device = nullptr; /* the world's */
	os_module *module = nullptr; /* the world's */
	u32 flags = 0;		     /* besides the world's */
	u32 timeout_ms = 0;
	os_wq *workqueue = nullptr;
	os_wq *timeout_workqueue = nullptr;
	bool prepare = false; /* has prepare_job */
};

class World : public testing::Test
{
public:
	/** @flags are those of each queue. */
	explicit World(u32 flags = 0);
	~World() override;

	QueueRef make_queue(std::string label, QueueOptions options = {});
	JobRef make_job(Queue &queue, std::string label, RunJob run = hardware_fence,
			u32 credits = 1);
	JobRef make_job(QueueRef &queue, std::string label, RunJob run = hardware_fence,
			u32 credits = 1)
	{
		return make_job(*queue, std::move(label), std::move(run), credits);
	}

	/** Arms and records the signalling of the finished fence. */
	void arm(JobRef &job);
	void push(JobRef &job) { drm_dep_job_push(job.get()); }
	void submit(JobRef &job);
	/** Keeps the caller's reference of @fence. */
	void depend(JobRef &job, os_fence *fence);

	/** In a thread with a reference of its own: with bypass run_job runs in there. */
	[[nodiscard]] std::jthread submit_elsewhere(JobRef &job)
	{
		return std::jthread([this, own = job.another()]() mutable { submit(own); });
	}
	bool send(QueueRef &queue, Message &message)
	{
		return drm_dep_queue_send_message(queue.get(), &message);
	}
	bool send_first(QueueRef &queue, Message &message)
	{
		return drm_dep_queue_send_message_first(queue.get(), &message);
	}
	/** Records "trace <event> <job>" from here on, until the end of the test. */
	void trace();

	/** Signals the hardware fence of a job. */
	void complete(JobRef &job, int error = 0) { host::signal(job->hw, error); }
	/** As a driver does that completes jobs itself. */
	bool done(JobRef &job, int error = 0)
	{
		return drm_dep_job_done(job.get(), job->number, error);
	}

	/** Waits until the core has nothing left to do by itself. */
	void settle();
	std::vector<std::string> runs() const { return record.starting_with("run "); }
	std::vector<std::string> signals() const { return record.starting_with("signal "); }

	void call_release(Job &job);
	void call_release(Queue &queue);

	Record record;
	os_device *device;
	os_module *module;
	const u32 flags;
	u64 client_id = 0; /* of jobs that are made */

private:
	struct Free {
		void operator()(void *memory) const;
	};
	template <typename T>
	void bury(T &object);

	host::Live before_; /* what an earlier test has left is not told again */
	std::mutex mutex_;
	/* Memory of objects that are gone, poisoned, so that a late access is seen. */
	std::vector<std::unique_ptr<void, Free>> graves_;
};

/**
 * A world whose queues have each combination of the flags that change who calls what where:
 *
 *	class Something : public FlagWorld {};
 *	DEP_WITH_ALL_FLAGS(Something);
 *	TEST_P(Something, ...) {...}
 */
class FlagWorld : public World, public testing::WithParamInterface<u32>
{
public:
	FlagWorld() : World(GetParam()) {}

	bool bypass() const { return flags & DRM_DEP_QUEUE_BYPASS; }
	bool put_irq_safe() const { return flags & DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE; }
};

std::string flags_name(const testing::TestParamInfo<u32> &info);

#define DEP_WITH_ALL_FLAGS(suite)                                                                  \
	INSTANTIATE_TEST_SUITE_P(                                                                  \
		Flags, suite,                                                                      \
		testing::Values(0u, DRM_DEP_QUEUE_BYPASS, DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE,          \
				DRM_DEP_QUEUE_BYPASS | DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE),            \
		flags_name)

} // namespace test
