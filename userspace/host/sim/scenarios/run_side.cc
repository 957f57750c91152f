/* SPDX-License-Identifier: MIT */
/*
 * What a driver does with its hardware, and what it may expect when it is called.
 */
#include "world.h"

#include "job.h"

#include <cerrno>

namespace sim
{

static os_fence *error_pointer(int error)
{
	return reinterpret_cast<os_fence *>(static_cast<std::intptr_t>(error));
}

void World::enter(QueueFacts &queue, const char *op, bool may_sleep)
{
	if (queue.in_op++)
		fail("%s of %s is called while %s is in progress", op, queue.name, queue.op);
	queue.op = op;
	if (queue.stops > 0 && !queue.resubmitting)
		fail("%s of %s is called while it is stopped", op, queue.name);
	if (queue.fini_calls)
		fail("%s of %s is called after fini", op, queue.name);
	if (!in_signalling_section())
		fail("%s of %s is called outside of a signalling section", op, queue.name);
	if (may_sleep && !can_sleep())
		fail("%s of %s is called where it can't sleep", op, queue.name);
	if (!is_loaded(module))
		fail("code of a module runs that is gone");
}

void World::leave(QueueFacts &queue)
{
	touch();
	queue.in_op--;
}

void World::check_not_killed(QueueFacts &queue)
{
	if (queue.quiesced)
		fail("%s of %s is called after quiesce", queue.op, queue.name);
	if (queue.killed_calls)
		fail("%s of %s is called after killed", queue.op, queue.name);
	if (!queue.kill_returned)
		return;
	/* Only what was decided on before. */
	if (!queue.allowed_one)
		fail("%s of %s is called after the queue was killed", queue.op, queue.name);
	queue.allowed_one = false;
}

void World::check_credits(JobFacts &job)
{
	QueueFacts &queue = *job.queue;
	const u64 sum = queue.credits_in_flight + job.options.credits;

	if (!queue.in_flight || sum <= queue.limit)
		return;
	if (sum > queue.old_limit)
		fail("%s is run with %llu credits in flight, above the limit", job.name, sum);
	queue.old_limit = queue.limit; /* decided on before the limit was lowered: once */
}

void World::check_first_run(JobFacts &job)
{
	QueueFacts &queue = *job.queue;

	for (int i = queue.last_run + 1; i < job.order; i++) {
		const JobFacts *before = queue.order[static_cast<std::size_t>(i)];

		if (!before || (!before->put_unpushed && !before->prepare_failed))
			fail("%s is run before %s", job.name, before ? before->name : "another");
	}
	if (queue.last_run >= job.order)
		fail("%s is run twice, or after a later one", job.name);
	queue.last_run = job.order;

	for (const JobFacts::Dependency &dependency : job.dependencies)
		if (!*dependency.bit)
			fail("%s is run before %s has signalled", job.name, dependency.name);
	for (const MessageFacts *message : job.messages)
		if (!message->processed)
			fail("%s is run before %s, which was sent before", job.name, message->name);
	if (queue.options.prepare && !job.prepared)
		fail("%s is run and was not prepared", job.name);
	note("takes credits", job.name, job.options.credits);
	check_credits(job);
	job.in_flight = true;
	queue.in_flight++;
	queue.credits_in_flight += job.options.credits;
}

os_fence *World::prepare_job(Job &memory)
{
	JobFacts &job = *memory.facts;
	QueueFacts &queue = *job.queue;
	os_fence *fence;

	enter(queue, "prepare_job", !(queue.options.flags & DRM_DEP_QUEUE_RUN_ATOMIC));
	note("prepare_job", job.name);
	check_not_killed(queue);
	if (job.prepared)
		fail("%s is prepared though it was", job.name);
	for (const JobFacts::Dependency &dependency : job.dependencies)
		if (!*dependency.bit)
			fail("%s is prepared before %s has signalled", job.name, dependency.name);
	point("inside prepare_job");
	fence = queue.options.prepare(memory);
	if (!fence)
		job.prepared = true;
	else if (os_is_error(fence)) {
		job.prepare_failed = true;
		job.expected = os_error_of(fence);
	}
	leave(queue);
	return fence;
}

os_fence *World::run_job(Job &memory)
{
	JobFacts &job = *memory.facts;
	QueueFacts &queue = *job.queue;
	const u32 number = drm_dep_job_run_number(&memory);
	const int error = job.options.error;
	os_fence *hw = nullptr;
	bool inside;

	enter(queue, "run_job", !(queue.options.flags & DRM_DEP_QUEUE_RUN_ATOMIC));
	note("run_job", job.name, number);
	progress();
	check_not_killed(queue);
	if (!number || number == job.number)
		fail("the number of this run of %s is that of another", job.name);
	if (!job.runs++)
		check_first_run(job);
	else if (!queue.resubmitting)
		fail("%s is run again, and nobody asked for it", job.name);
	job.number = number;
	job.ran_at = os_now();
	if (job.options.run)
		job.options.run(memory);
	point("inside run_job");

	if (job.options.end == End::refused) {
		completes(job, error);
		leave(queue);
		return error_pointer(error);
	}

	/* The hardware has a reference of what it completes; a lost run gives its own back. */
	if (job.style == Style::fence && job.options.same_fence && job.hw) {
		hw = job.hw;
	} else if (job.style == Style::fence) {
		hw = foreign_fence(text("hardware fence of %s", job.name));
		if (job.hw)
			os_fence_put(job.hw);
	} else if (!job.later_reference) {
		drm_dep_job_get(&memory);
	}
	job.hw = nullptr;
	job.later_reference = false;

	inside = job.options.end == End::inside || (job.options.end == End::either && coin());
	if (hw)
		os_fence_get(hw);
	if (inside) {
		end_run(job, number, hw, error);
	} else if (job.options.end == End::later) {
		job.hw = hw;
		job.later_reference = !hw;
	} else {
		interrupt(text("interrupt of %s", job.name),
			  [this, &job, number, hw, error] { end_run(job, number, hw, error); });
	}
	point("about to leave run_job");
	leave(queue);
	return hw;
}

/* A run that may yet be found to be lost. */
void World::completes(JobFacts &job, int error)
{
	touch();
	job.expected = error;
	if (!job.in_flight)
		return;
	job.in_flight = false;
	job.queue->in_flight--;
	job.queue->credits_in_flight -= job.options.credits;
}

bool World::report_done(JobFacts &job, u32 number, int error)
{
	const bool current = number == job.number && job.in_flight;
	bool first;

	if (number == job.number)
		completes(job, error);
	first = drm_dep_job_done(job.memory, number, error);
	note(first ? "done" : "done too late", job.name, number);
	if (!first && current && !job.resubmits)
		fail("the only completion of %s was refused", job.name);
	if (first && number != job.number)
		fail("%s was completed by a run that is over", job.name);
	/* Refused, because it is being run again: not by a call, others would run meanwhile. */
	if (!first && current && number == job.number && job.memory->state < dep::DONE) {
		job.in_flight = true;
		job.queue->in_flight++;
		job.queue->credits_in_flight += job.options.credits;
		job.expected = 1;
	}
	return first;
}

/* What the hardware does; gives its reference back. */
void World::end_run(JobFacts &job, u32 number, os_fence *hw, int error)
{
	touch();
	if (hw) {
		if (number == job.number)
			completes(job, error);
		sim::signal(hw, error);
		os_fence_put(hw);
		return;
	}

	Job *memory = job.memory;

	report_done(job, number, error);
	drm_dep_job_put(memory);
}

void World::complete(JobFacts &job, int error)
{
	touch();

	os_fence *hw = job.hw;

	if (!hw && !job.later_reference)
		fail("%s has no run to complete", job.name);
	job.hw = nullptr;
	job.later_reference = false;
	end_run(job, job.number, hw, error);
}

void World::give_up(Job &memory)
{
	JobFacts &job = *memory.facts;

	touch();
	if (!job.runs)
		return;
	job.resubmits++;
	completes(job, job.options.error);
	drm_dep_job_done(&memory, job.number, job.options.error);
}

bool World::resubmit(Job *job)
{
	JobFacts &facts = *job->facts;
	bool run;

	touch();
	facts.resubmits++;
	facts.queue->resubmitting++;
	run = drm_dep_job_resubmit(job);
	touch();
	facts.queue->resubmitting--;
	note(run ? "run again" : "not run again", facts.name);
	return run;
}

u32 World::resubmit_all(Queue *queue)
{
	QueueFacts &facts = *queue->facts;
	u32 count;

	touch();
	for (JobFacts *job : facts.order)
		job->resubmits++;
	facts.resubmitting++;
	count = drm_dep_queue_resubmit(queue);
	touch();
	facts.resubmitting--;
	note("run again", facts.name, count);
	return count;
}

bool World::complete_if_run(JobFacts &job, int error)
{
	touch();
	if (!job.hw && !job.later_reference)
		return false;
	complete(job, error);
	return true;
}

void World::process(Queue &queue, Message &message)
{
	MessageFacts &facts = *message.facts;

	enter(*queue.facts, "process_message", true);
	note("process_message", facts.name);
	progress();
	facts.processed++;
	if (facts.processed > facts.sent)
		fail("%s is processed more often than it was sent", facts.name);
	point("inside process_message");
	/* Nobody may send it while it is freed. */
	if (!facts.on_process) {
		facts.memory = nullptr;
		release(&message);
	} else {
		facts.on_process(facts);
	}
	leave(*queue.facts);
}

void World::killed(QueueFacts &queue)
{
	enter(queue, "killed", true);
	note("op killed", queue.name);
	if (!queue.kills)
		fail("%s is told that it was killed, and was not", queue.name);
	if (queue.killed_calls++)
		fail("%s is told twice that it was killed", queue.name);
	point("inside killed");
	if (queue.options.killed)
		queue.options.killed();
	leave(queue);
}

int World::timedout_job(Job &memory)
{
	JobFacts &job = *memory.facts;
	QueueFacts &queue = *job.queue;
	int result;

	note("timedout_job", job.name);
	if (queue.in_timedout)
		fail("timedout_job of %s is called while it is in progress", queue.name);
	if (queue.quiesced)
		fail("timedout_job of %s is called after quiesce", queue.name);
	if (queue.fini_calls)
		fail("timedout_job of %s is called after fini", queue.name);
	/* It may come before run_job has begun: the clock starts when that is decided. */
	if (job.released)
		fail("%s times out and was released", job.name);
	if (!in_signalling_section() || !can_sleep())
		fail("timedout_job is called in a context that is not promised");
	queue.in_timedout = true;
	job.timeouts++;
	point("inside timedout_job");
	result = queue.options.timedout ? queue.options.timedout(memory) : DRM_DEP_TIMEOUT_NOT_HUNG;
	touch();
	if (result == DRM_DEP_TIMEOUT_DEVICE_GONE) {
		queue.kills++;
		queue.has_to_be_told = true;
	}
	queue.in_timedout = false;
	return result;
}

} // namespace sim
