/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <algorithm>
#include <cerrno>
#include <new>

namespace sim
{

static Job &of(drm_dep_job *job)
{
	return *static_cast<Job *>(job);
}

static Queue &of(drm_dep_queue *queue)
{
	return *static_cast<Queue *>(queue);
}

/* The ops, as the core calls them. */

static os_fence *op_prepare(drm_dep_job *job)
{
	return of(job).facts->world->prepare_job(of(job));
}

static os_fence *op_run(drm_dep_job *job)
{
	return of(job).facts->world->run_job(of(job));
}

static int op_timedout(drm_dep_job *job)
{
	return of(job).facts->world->timedout_job(of(job));
}

static void op_message(drm_dep_queue *queue, drm_dep_message *message)
{
	of(queue).facts->world->process(of(queue), *static_cast<Message *>(message));
}

static void op_killed(drm_dep_queue *queue)
{
	of(queue).facts->world->killed(*of(queue).facts);
}

static void op_deadline(drm_dep_job *job, long long deadline)
{
	note("set_deadline", of(job).facts->name, deadline);
	of(job).facts->deadline = deadline;
}

static int op_fini(drm_dep_queue *queue)
{
	return of(queue).facts->world->fini(of(queue));
}

static void op_release_queue(drm_dep_queue *queue)
{
	of(queue).facts->world->release_queue(of(queue));
}

World::World(bool by_chance) : device(make_device()), module(make_module())
{
	static_assert(DRM_DEP_QUEUE_BYPASS == 1 && DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE == 2 &&
		      DRM_DEP_QUEUE_RUN_ATOMIC == 4);
	if (!by_chance)
		return;
	flags = pick(8);
	style = coin() ? Style::fence : Style::done;
}

void World::vary(u32 what)
{
	if (what & bypass && coin())
		flags |= DRM_DEP_QUEUE_BYPASS;
	if (what & irq_safe && coin())
		flags |= DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE;
	if (what & styles && coin())
		style = Style::done;
}

/* Queues. */

Queue *World::queue(const char *name, QueueOptions options)
{
	QueueFacts &facts = queues_.emplace_back();
	auto *queue = new (allocate(sizeof(Queue), name, Layout::queue)) Queue;
	const u32 all_flags = options.flags | (options.plain ? 0 : flags);

	facts.world = this;
	facts.name = name;
	facts.options = std::move(options);
	facts.options.flags = all_flags;
	facts.memory = queue;
	facts.last_run = -1;
	facts.last_signal = -1;
	facts.limit = facts.options.credits;
	facts.old_limit = facts.limit;
	facts.stops = all_flags & DRM_DEP_QUEUE_STOPPED ? 1 : 0;

	queue->facts = &facts;
	queue->ops = {
		.owner = module,
		.prepare_job = facts.options.prepare ? op_prepare : nullptr,
		.run_job = op_run,
		.timedout_job = op_timedout,
		.process_message = op_message,
		.killed = op_killed,
		.set_deadline = facts.options.no_deadline ? nullptr : op_deadline,
		.fini = op_fini,
		.release = op_release_queue,
	};

	const drm_dep_queue_init_args args = {
		.ops = &queue->ops,
		.drm = device,
		.driver_name = "sim",
		.name = name,
		.workqueue = facts.options.workqueue,
		.timeout_workqueue = facts.options.timeout_workqueue,
		.credit_limit = facts.options.credits,
		.timeout_ms = facts.options.timeout_ms,
		.nest_level = facts.options.nest_level,
		.flags = all_flags,
	};
	const int error = drm_dep_queue_init(queue, &args);

	note("queue made, flags", name, all_flags);
	if (!error)
		return queue;
	if (error != -ENOMEM)
		fail("drm_dep_queue_init() failed: %d", error);
	queues_.pop_back();
	release(queue);
	return nullptr;
}

void World::kill(Queue *queue)
{
	QueueFacts &facts = *queue->facts;

	touch();
	facts.kills++;
	facts.has_to_be_told = true;
	drm_dep_queue_kill(queue);
	if (!facts.kill_returned) {
		facts.kill_returned = true;
		facts.allowed_one = !facts.in_op;
	}
	note("killed", facts.name);
}

void World::stop(Queue *queue)
{
	QueueFacts &facts = *queue->facts;

	drm_dep_queue_stop(queue);
	/* Another one who has stopped it may run jobs again. */
	if (facts.in_op && !facts.resubmitting)
		fail("stop of %s returned while %s was in progress", facts.name, facts.op);
	facts.stops++;
	note("stopped", facts.name);
}

void World::start(Queue *queue)
{
	note("starts", queue->facts->name);
	queue->facts->stops--;
	drm_dep_queue_start(queue);
}

void World::set_credit_limit(Queue *queue, u32 limit)
{
	QueueFacts &facts = *queue->facts;
	u32 old;

	/* One after the other, or nobody knew which of two limits is the last. */
	wait_until("another change of the limit", [&facts] { return !facts.limiting; });
	facts.limiting = true;
	old = facts.limit;
	note("credit limit", facts.name, limit);
	if (limit > old)
		facts.limit = limit;
	drm_dep_queue_set_credit_limit(queue, limit);
	if (limit < old) {
		facts.limit = limit;
		facts.old_limit = std::max(facts.old_limit, old);
	}
	touch();
	facts.limiting = false;
}

/* Its memory stays for a grace period after fini. */
static bool has_users(const QueueFacts &facts)
{
	bool users;

	os_rcu_read_lock();
	touch();
	users = facts.memory && !facts.fini_calls && !os_ref_is_zero(&facts.memory->users);
	os_rcu_read_unlock();
	touch();
	return users;
}

void World::quiesce()
{
	touch();
	for (QueueFacts &facts : queues_)
		facts.kills++;
	drm_dep_quiesce(device);
	for (QueueFacts &facts : queues_) {
		if (facts.in_op && (facts.op == std::string_view("run_job") ||
				    facts.op == std::string_view("prepare_job")))
			fail("quiesce returned while %s was in progress", facts.op);
		if (facts.in_timedout)
			fail("quiesce returned while timedout_job was in progress");
		facts.quiesced = true;
	}
	note("quiesced");
	for (QueueFacts &facts : queues_)
		if (has_users(facts))
			facts.has_to_be_told = true;
}

bool World::wait_idle(Queue *queue, u32 timeout_ms, int *error)
{
	struct Pushed {
		JobFacts *job;
		bool put;
	};
	std::vector<Pushed> pushed;
	int ret;

	touch();
	for (JobFacts *job : queue->facts->order)
		if (job && job->pushed)
			pushed.push_back(
				{job, job->put && !job->kept && job->style == Style::fence});
	ret = drm_dep_queue_wait_idle(queue, timeout_ms);
	note("wait_idle returned", queue->facts->name, ret);
	if (error)
		*error = ret;
	if (ret)
		return false;
	for (const Pushed &job : pushed) {
		if (!job.job->signals)
			fail("wait_idle returned, and %s has not signalled", job.job->name);
		if (job.put && !job.job->released)
			fail("wait_idle returned, and %s was not released", job.job->name);
	}
	return true;
}

int World::fini(Queue &queue)
{
	QueueFacts &facts = *queue.facts;

	note("fini", facts.name);
	if (facts.fini_calls++)
		fail("fini of %s is called twice", facts.name);
	if (facts.jobs)
		fail("fini of %s is called, and %u of its jobs were not released", facts.name,
		     facts.jobs);
	if (!can_sleep())
		fail("fini of %s is called where it can't sleep", facts.name);
	if (in_signalling_section())
		fail("fini of %s is called in a signalling section", facts.name);
	return facts.options.fini ? facts.options.fini(&queue) : 0;
}

void World::release_queue(Queue &queue)
{
	QueueFacts &facts = *queue.facts;

	note("release", facts.name);
	if (facts.released)
		fail("%s is released twice", facts.name);
	if (facts.fini_calls != 1)
		fail("%s is released without fini", facts.name);
	if (facts.has_to_be_told && !facts.killed_calls)
		fail("%s was killed, and released without being told", facts.name);
	if (facts.in_op || facts.in_timedout)
		fail("%s is released inside an op", facts.name);
	if (!can_sleep())
		fail("%s is released where it can't sleep", facts.name);
	if (!is_loaded(module))
		fail("code of a module runs that is gone");
	for (const MessageFacts *message : facts.messages)
		if (message->processed != message->sent)
			fail("%s is released before %s was processed", facts.name, message->name);
	facts.released = true;
	facts.memory = nullptr;
	if (facts.options.released)
		facts.options.released();
	release(&queue);
	progress();
}

/* Messages. */

MessageFacts &World::message(const char *name, std::function<void(MessageFacts &)> on_process)
{
	MessageFacts &facts = messages_.emplace_back();

	facts.world = this;
	facts.name = name;
	facts.on_process = std::move(on_process);
	facts.memory = static_cast<Message *>(allocate(sizeof(Message), name));
	drm_dep_message_init(facts.memory);
	facts.memory->facts = &facts;
	return facts;
}

bool World::send(Queue *queue, MessageFacts &message, bool first)
{
	QueueFacts &facts = *queue->facts;
	bool sent;

	touch();
	message.sent++;
	sent = first ? drm_dep_queue_send_message_first(queue, message.memory)
		     : drm_dep_queue_send_message(queue, message.memory);
	note(sent ? "sent" : "was pending", message.name);
	if (sent)
		facts.messages.push_back(&message);
	else
		message.sent--;
	return sent;
}

/* Fences of others. */

Foreign &World::foreign(const char *name)
{
	return foreign(name, os_fence_context_alloc(), 1);
}

Foreign &World::foreign(const char *name, u64 context, u64 seqno)
{
	Foreign &fence = foreign_.emplace_back(Foreign{name, nullptr, false});

	fence.fence = foreign_fence(name, context, seqno);
	watch_signal(fence.fence, &fence.bit);
	return fence;
}

void World::signal(Foreign &fence, int error)
{
	touch();

	os_fence *own = std::exchange(fence.fence, nullptr);

	sim::signal(own, error);
	os_fence_put(own);
}

void World::signal_by_interrupt(Foreign &fence)
{
	interrupt(text("interrupt of %s", fence.name), [this, &fence] { signal(fence); });
}

void World::finish()
{
	for (QueueFacts &queue : queues_)
		if (!queue.released)
			fail("%s was never released", queue.name);
	for (JobFacts &job : jobs_) {
		if (!job.released)
			fail("%s was never released", job.name);
		if (job.order >= 0 && job.signals != 1)
			fail("the fence of %s has signalled %u times", job.name, job.signals);
	}
	for (MessageFacts &message : messages_) {
		if (message.sent != message.processed)
			fail("%s was sent %u times and processed %u times", message.name,
			     message.sent, message.processed);
		if (message.memory)
			release(message.memory);
	}
	for (Foreign &fence : foreign_)
		if (fence.fence)
			fail("the scenario has forgotten to signal %s", fence.name);
	if (refs_of(device) != 1)
		fail("references of the device are left");
	os_device_put(device);
	free_module(module);
}

} // namespace sim
