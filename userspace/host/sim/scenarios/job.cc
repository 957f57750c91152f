/* SPDX-License-Identifier: MIT */
/*
 * The jobs of a scenario, until they are pushed and after they have signalled.
 */
#include "world.h"

#include <cerrno>
#include <new>

namespace sim
{

static const drm_dep_job_ops job_ops = {.release = [](drm_dep_job *job) {
	Job &memory = *static_cast<Job *>(job);

	memory.facts->world->release_job(memory);
}};

Job *World::job(Queue *queue, const char *name, JobOptions options)
{
	JobFacts &facts = jobs_.emplace_back();
	auto *job = new (allocate(sizeof(Job), name, Layout::job)) Job;
	const drm_dep_job_init_args args = {
		.queue = queue,
		.ops = &job_ops,
		.credits = options.credits,
		.client_id = 1,
	};
	int error;

	touch();
	facts.world = this;
	facts.name = name;
	facts.queue = queue->facts;
	facts.memory = job;
	facts.options = std::move(options);
	facts.style = style;
	job->facts = &facts;
	error = drm_dep_job_init(job, &args);
	touch();
	if (!error) {
		queue->facts->jobs++;
		return job;
	}
	if (error != -ENOMEM)
		fail("drm_dep_job_init() failed: %d", error);
	facts.released = true;
	facts.memory = nullptr;
	release(job);
	return nullptr;
}

void World::depend(Job *job, Foreign &fence)
{
	touch();
	/* Gone with its last reference: then it has signalled. */
	if (!fence.fence)
		return;
	job->facts->dependencies.push_back({fence.name, &fence.bit});
	if (drm_dep_job_add_dependency(job, get(fence.fence)))
		fail("a dependency could not be added");
}

void World::depend(Job *job, JobFacts &other)
{
	if (other.queue != job->facts->queue ||
	    (other.queue->options.flags & DRM_DEP_QUEUE_KEEP_OWN_DEPS))
		job->facts->dependencies.push_back({other.name, &other.bit});
	if (drm_dep_job_add_dependency(job, get(drm_dep_job_finished_fence(other.memory))))
		fail("a dependency could not be added");
}

void World::arm(Job *job)
{
	JobFacts &facts = *job->facts;
	QueueFacts &queue = *facts.queue;
	os_fence *fence;

	/* The driver's mutex. */
	wait_until("another task to arm", [&queue] { return !queue.arming; });
	queue.arming = true;
	facts.order = static_cast<int>(queue.order.size());
	queue.order.push_back(&facts);
	drm_dep_job_arm(job);
	touch();
	queue.arming = false;

	fence = drm_dep_job_finished_fence(job);
	set_label(fence, text("finished fence of %s", facts.name));
	watch_signal(fence, &facts.bit);
	job->watch.job = job;
	if (os_fence_add_callback(fence, &job->watch.cb, [](os_fence *signalled, os_fence_cb *cb) {
		    Job &memory = *reinterpret_cast<Watch *>(cb)->job;

		    memory.facts->world->signalled(memory, signalled);
	    }))
		fail("the fence of %s has signalled before it was pushed", facts.name);
}

void World::push(Job *job)
{
	JobFacts &facts = *job->facts;

	touch();
	for (MessageFacts *message : facts.queue->messages)
		if (message->processed < message->sent)
			facts.messages.push_back(message);
	drm_dep_job_push(job);
	touch();
	facts.pushed = true;
}

void World::put(Job *job)
{
	JobFacts &facts = *job->facts;

	touch();
	if (facts.order >= 0 && !facts.pushed)
		facts.put_unpushed = true;
	drm_dep_job_put(job);
	touch();
	/* Then the queue's reference will be the last one. */
	facts.put = !facts.bit;
}

void World::submit(Job *job)
{
	if (!job)
		return;
	arm(job);
	push(job);
	put(job);
}

void World::signalled(Job &memory, os_fence *fence)
{
	JobFacts &job = *memory.facts;
	QueueFacts &queue = *job.queue;

	job.signals++;
	job.error = os_fence_error(fence);
	job.signalled_at = signalled_when(fence);
	note("signals", job.name, job.error);
	progress();

	if (job.signals > 1)
		fail("the fence of %s signals twice", job.name);
	if (job.order != queue.last_signal + 1)
		fail("%s signals out of order", job.name);
	queue.last_signal = job.order;
	for (const JobFacts::Dependency &dependency : job.dependencies)
		if (!*dependency.bit)
			fail("%s signals before %s, which it depends on", job.name,
			     dependency.name);
	if (!job.runs && !job.put_unpushed && !job.prepare_failed && !queue.kills)
		fail("%s signals and was not run", job.name);
	if (!job.runs && !job.prepare_failed && job.error != -ECANCELED)
		fail("%s was not run and ends with %d", job.name, job.error);
	if ((job.runs || job.prepare_failed) && job.error != job.expected &&
	    !(job.error == -ECANCELED && queue.kills && (job.resubmits || job.prepare_failed)))
		fail("%s ends with %d instead of %d", job.name, job.error, job.expected);
	if (!drm_dep_job_is_finished(&memory))
		fail("%s signals and is not finished", job.name);
}

void World::release_job(Job &memory)
{
	JobFacts &job = *memory.facts;
	QueueFacts &queue = *job.queue;

	note("release", job.name);
	progress();
	if (job.released)
		fail("%s is released twice", job.name);
	if (job.order >= 0 && job.signals != 1)
		fail("%s is released before it has signalled", job.name);
	if (queue.released || queue.fini_calls)
		fail("%s is released after its queue", job.name);
	if (!(queue.options.flags & DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE) && !can_sleep())
		fail("%s is released where it can't sleep", job.name);
	if (!is_loaded(module))
		fail("code of a module runs that is gone");
	job.released = true;
	job.memory = nullptr;
	if (job.hw)
		os_fence_put(std::exchange(job.hw, nullptr));
	if (job.options.released)
		job.options.released(memory);
	touch();
	queue.jobs--;
	release(&memory);
}

} // namespace sim
