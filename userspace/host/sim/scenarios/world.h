/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file A driver for scenarios, and what it demands of the core.
 *
 * Queues and jobs have two halves: memory, which goes when the core says so, and facts, which stay
 * to the end of the schedule. Everything that the core must keep to in any schedule is checked by
 * the ops and by finish(); a scenario adds what holds in it only.
 */

#include "abi.h"
#include "sim.h"

#include <deque>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace sim
{

class World;
struct JobFacts;
struct QueueFacts;

struct Queue : drm_dep_queue {
	QueueFacts *facts;
	drm_dep_queue_ops ops;
};

struct Job;

struct Watch {
	os_fence_cb cb; /* first */
	Job *job;
};

struct Job : drm_dep_job {
	JobFacts *facts;
	Watch watch; /* on its finished fence */
};

struct MessageFacts;

struct Message : drm_dep_message {
	MessageFacts *facts;
};

struct MessageFacts {
	World *world;
	const char *name;
	Message *memory; /* NULL once it was processed as often as it was sent */
	unsigned int sent;
	unsigned int processed;
	std::function<void(MessageFacts &)> on_process;
};

/** What becomes of a job that was handed over. */
enum class End {
	interrupt, /**< an interrupt completes it, any time from then on */
	inside,	   /**< completed before run_job returns */
	later,	   /**< complete() is called by the scenario */
	refused,   /**< run_job returns an error */
	either,	   /**< an interrupt, or inside */
};

/** How the driver tells the core. */
enum class Style { fence, done };

struct QueueOptions {
	u32 flags = 0; /**< besides those of the world */
	u32 credits = 1000;
	u32 timeout_ms = 0;
	u32 nest_level = 0;
	os_wq *workqueue = nullptr;
	os_wq *timeout_workqueue = nullptr;
	bool plain = false; /**< without the flags of the world */
	bool no_deadline = false;
	std::function<int(Job &)> timedout = {};
	std::function<os_fence *(Job &)> prepare = {};
	std::function<void()> killed = {};
	std::function<int(Queue *)> fini = {};
	std::function<void()> released = {};
};

struct JobOptions {
	u32 credits = 1;
	End end = End::interrupt;
	int error = 0;
	bool same_fence = false; /**< a run again, of End::later, returns the fence it had */
	std::function<void(Job &)> run = {}; /**< at the start of run_job */
	std::function<void(Job &)> released = {};
};

struct QueueFacts {
	World *world;
	const char *name;
	QueueOptions options;
	Queue *memory;

	unsigned int in_op; /* ops of the run side in progress */
	const char *op;
	int stops;		   /* that have returned, without those that were undone */
	unsigned int resubmitting; /* calls of resubmit by who has stopped it */
	bool kill_returned;
	bool allowed_one; /* a run that was decided on before */
	unsigned int kills;
	bool has_to_be_told; /* of a kill: something was left of it then */
	unsigned int killed_calls;
	bool quiesced;
	bool in_timedout;
	int last_run;
	int last_signal;
	u64 credits_in_flight;
	unsigned int in_flight;
	u32 limit;
	u32 old_limit; /* of the run that was decided on before */
	unsigned int fini_calls;
	unsigned int jobs; /* not released */
	unsigned int jobs_made;
	std::vector<JobFacts *> order;	      /* as armed */
	std::vector<MessageFacts *> messages; /* sent */
	bool arming;
	bool limiting;
	bool resetting; /* somebody iterates in order to run jobs again */
	bool released;
};

struct JobFacts {
	World *world;
	const char *name;
	QueueFacts *queue;
	Job *memory;
	JobOptions options;
	Style style;

	int order = -1;
	bool pushed = false;
	bool put_unpushed = false;
	unsigned int runs = 0;
	unsigned int resubmits = 0;
	u32 number = 0; /* of the run */
	os_fence *hw = nullptr;
	bool in_flight = false;
	bool put = false; /* the scenario's reference, before it had signalled */
	bool bit = false; /* its finished fence is seen as signalled */
	unsigned int signals = 0;
	int error = 0;
	int expected = 1; /* the error that it was completed with; 1: none */
	bool released = false;
	bool kept = false; /* the scenario has more references */
	bool prepared = false;
	bool prepare_failed = false;
	bool later_reference = false; /* of the job, for complete() */
	unsigned int timeouts = 0;
	long long deadline = 0;
	u64 ran_at = 0;
	u64 signalled_at = 0;
	struct Dependency {
		const char *name;
		const bool *bit;
	};
	std::vector<Dependency> dependencies;
	std::vector<MessageFacts *> messages; /* that come before it */
};

/** A fence of somebody else, and whether it has signalled; it stays to the end. */
struct Foreign {
	const char *name;
	os_fence *fence; /* the signaller's reference; NULL once it is gone */
	bool bit;
};

class World
{
public:
	/** By chance: of the next two, all that there is. Otherwise a scenario varies them. */
	explicit World(bool by_chance);

	/** Of all queues. */
	u32 flags = 0;
	Style style = Style::fence;
	enum Vary : u32 { bypass = 1, irq_safe = 2, styles = 4 };
	/** Each of @what, of Vary, one way or the other. */
	void vary(u32 what);
	os_device *device;
	os_module *module;

	/** NULL if it failed, which is allowed if an allocation was made to fail. */
	Queue *queue(const char *name, QueueOptions options = {});
	void put(Queue *queue) { drm_dep_queue_put(queue); }
	void kill(Queue *queue);
	void stop(Queue *queue);
	void start(Queue *queue);
	void set_credit_limit(Queue *queue, u32 limit);
	MessageFacts &message(const char *name,
			      std::function<void(MessageFacts &)> on_process = {});
	bool send(Queue *queue, MessageFacts &message, bool first = false);
	void quiesce();
	void flush() { drm_dep_flush(device); }

	Job *job(Queue *queue, const char *name, JobOptions options = {});
	void depend(Job *job, Foreign &fence);
	void depend(Job *job, JobFacts &other);
	void arm(Job *job);
	void push(Job *job);
	void put(Job *job);
	/** arm, push, put. */
	void submit(Job *job);
	void submit(Queue *queue, const char *name, JobOptions options = {})
	{
		submit(job(queue, name, std::move(options)));
	}
	/** As the hardware; for jobs of End::later. */
	void complete(JobFacts &job, int error = 0);
	/** What the hardware does at the end of a run; it gives its reference back. */
	void end_run(JobFacts &job, u32 number, os_fence *hw, int error);
	/** False if nothing is to be completed (yet). */
	bool complete_if_run(JobFacts &job, int error);
	/** As a driver that gives a job up; its completion may still come, too late. */
	void give_up(Job &job);
	/** By who has stopped the queue, inside an iterator. */
	bool resubmit(Job *job);
	u32 resubmit_all(Queue *queue);
	bool wait_idle(Queue *queue, u32 timeout_ms = 0, int *error = nullptr);

	Foreign &foreign(const char *name);
	Foreign &foreign(const char *name, u64 context, u64 seqno);
	void signal(Foreign &fence, int error = 0);
	/** Any time from now on. */
	void signal_by_interrupt(Foreign &fence);

	/** After the last fiber has ended. */
	void finish();

	/* What the ops call. */
	os_fence *run_job(Job &job);
	os_fence *prepare_job(Job &job);
	int timedout_job(Job &job);
	void signalled(Job &job, os_fence *fence);
	void release_job(Job &job);
	void process(Queue &queue, Message &message);
	void killed(QueueFacts &queue);
	int fini(Queue &queue);
	void release_queue(Queue &queue);

private:
	void enter(QueueFacts &queue, const char *op, bool may_sleep);
	void leave(QueueFacts &queue);
	void check_not_killed(QueueFacts &queue);
	void check_first_run(JobFacts &job);
	void check_credits(JobFacts &job);
	bool report_done(JobFacts &job, u32 number, int error);
	void completes(JobFacts &job, int error);

	std::deque<QueueFacts> queues_;
	std::deque<JobFacts> jobs_;
	std::deque<Foreign> foreign_;
	std::deque<MessageFacts> messages_;
};

} // namespace sim
