/* SPDX-License-Identifier: MIT */
/*
 * The end of a queue at the same time as anything else; the last put from each context.
 */
#include "small.h"

using namespace sim;

namespace
{

/* As in a table of the driver, from which fini takes the queue. */
void find_it(World &world, Queue *queue)
{
	task("finder", [&world, queue, facts = queue->facts] {
		bool found;

		os_rcu_read_lock();
		touch();
		found = !facts->fini_calls;
		point("found");
		found = found && drm_dep_queue_get_unless_zero(queue);
		os_rcu_read_unlock();
		if (found)
			world.put(queue);
	});
}

/* Nothing here takes time; a flush that is not woken up would look again after some. */
void flush_at_once(World &world)
{
	const u64 start = os_now();

	world.flush();
	SIM_CHECK(os_now() == start);
}

} // namespace

SCENARIO_SMALL(small_put_put, 2, "two users go at the same time")
{
	Queue *queue = world.queue("q");

	user(world, queue, "other user", [] {});
	world.put(queue);
}

SCENARIO_SMALL(small_put_in_interrupt, 2, "an interrupt puts the queue, and another one the job")
{
	world.vary(World::irq_safe);
	world.style = Style::done;

	Queue *queue = world.queue("q");

	will_complete(world, in_flight(world, queue, "a"));
	interrupt("putting interrupt", [&world, queue] { world.put(queue); });
}

SCENARIO_SMALL(small_put_in_run_job, 2, "run_job puts the queue while the job completes")
{
	world.vary(World::bypass | World::irq_safe);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.run = [&world, queue](Job &) { world.put(queue); }});

	push_and_put(world, job);
}

SCENARIO_SMALL(small_put_in_release, 2, "the release of a job puts its queue")
{
	world.vary(World::irq_safe | World::styles);

	Queue *queue = world.queue("q");

	will_complete(world, in_flight(world, queue, "a",
				       {.released = [&world, queue](Job &) { world.put(queue); }}));
	find_it(world, queue);
}

SCENARIO_SMALL(small_put_in_message, 2, "process_message puts the queue")
{
	Queue *queue = world.queue("q");
	MessageFacts &message =
		world.message("m", [&world, queue](MessageFacts &) { world.put(queue); });

	drm_dep_queue_get(queue);
	world.send(queue, message);
	world.put(queue);
}

SCENARIO_SMALL(small_put_in_killed, 2, "the op killed puts the queue")
{
	Queue *queue = world.queue("q");

	queue->facts->options.killed = [&world, queue] { world.put(queue); };
	drm_dep_queue_get(queue);
	world.kill(queue);
	world.put(queue);
}

SCENARIO_SMALL(small_put_in_timedout, 2, "timedout_job puts the queue while the job completes")
{
	Queue *queue = world.queue("q");

	queue->facts->options.timedout = [&world, queue](Job &) {
		world.put(queue);
		return DRM_DEP_TIMEOUT_NOT_HUNG;
	};

	JobFacts &a = in_flight(world, queue, "a");

	drm_dep_queue_trigger_timeout(queue);
	wait_until("the handler", [&a] { return a.timeouts; });
	will_complete(world, a);
}

SCENARIO_SMALL(small_put_in_callback, 2, "a callback of the finished fence puts the queue")
{
	struct Putter {
		os_fence_cb cb;
		World *world;
		Queue *queue;
	};

	world.vary(World::irq_safe);

	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a", {.end = End::later});
	JobFacts &facts = *job->facts;
	auto *putter = static_cast<Putter *>(allocate(sizeof(Putter), "putter"));

	putter->world = &world;
	putter->queue = queue;
	SIM_CHECK(!os_fence_add_callback(drm_dep_job_finished_fence(job), &putter->cb,
					 [](os_fence *, os_fence_cb *cb) {
						 auto *self = reinterpret_cast<Putter *>(cb);

						 self->world->put(self->queue);
						 release(self);
					 }));
	world.push(job);
	settle();
	will_complete(world, facts);
	task("putter", [&world, job] { world.put(job); });
}

SCENARIO_SMALL(small_put_job_unpushed, 2, "two put an armed job, which is never pushed")
{
	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a");

	drm_dep_job_get(job);
	task("putter", [job] { drm_dep_job_put(job); });
	interrupt("putting interrupt", [&world, job] { world.put(job); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_put_unpushed_last, 2, "an armed job is put, and so is its queue")
{
	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a");

	task("putter", [&world, job] { world.put(job); });
	world.put(queue);
}

SCENARIO_SMALL(small_put_get_unless_zero, 2, "somebody finds the queue as its last user goes")
{
	Queue *queue = world.queue("q");

	find_it(world, queue);
	world.put(queue);
}

SCENARIO_SMALL(small_put_view, 2, "somebody looks at all queues as the last user goes")
{
	Queue *queue = world.queue("q");

	task("viewer", [] {
		for (drm_dep_queue *seen = drm_dep_next_queue(nullptr); seen;
		     seen = drm_dep_next_queue(seen)) {
			drm_dep_view view;

			drm_dep_look(seen, &view);
		}
	});
	world.put(queue);
}

SCENARIO_SMALL(small_put_quiesce, 2, "the device goes as the last user does")
{
	Queue *queue = world.queue("q");

	task("remover", [&world] { world.quiesce(); });
	world.put(queue);
}

SCENARIO_SMALL(small_quiesce_quiesce, 3, "two tasks say that the device goes")
{
	Queue *queue = world.queue("q");

	task("other", [&world] { world.quiesce(); });
	world.quiesce();
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_quiesce_complete, 3, "a job completes as the device goes")
{
	Queue *queue = world.queue("q", {.credits = 1});
	JobFacts &a = in_flight(world, queue, "a");

	world.submit(queue, "b");
	settle();
	will_complete(world, a);
	world.quiesce();
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_flush_put, 2, "a flush as the last user goes")
{
	Queue *queue = world.queue("q");

	task("flusher", [&world] { flush_at_once(world); });
	world.put(queue);
}

SCENARIO_SMALL(small_flush_complete, 2, "a flush as the last job completes")
{
	world.vary(World::irq_safe);

	Queue *queue = world.queue("q");
	QueueFacts *facts = queue->facts;
	JobFacts &a = in_flight(world, queue, "a");

	world.put(queue);
	will_complete(world, a);
	flush_at_once(world);
	SIM_CHECK(facts->released);
}

SCENARIO_SMALL(small_flush_flush, 3, "two tasks flush")
{
	Queue *queue = world.queue("q");
	QueueFacts *facts = queue->facts;

	world.put(queue);
	for (const char *name : {"flusher", "other flusher"})
		task(name, [&world, facts] {
			flush_at_once(world);
			SIM_CHECK(facts->released);
		});
}

SCENARIO_SMALL(small_fini_pending, 2, "somebody says that fini is over as it returns")
{
	Queue *queue = world.queue("q");

	queue->facts->options.fini = [](Queue *dying) {
		task("firmware", [dying] { drm_dep_queue_fini_done(dying); });
		point("about to leave fini");
		return -EINPROGRESS;
	};
	world.put(queue);
}

SCENARIO_SMALL(small_fini_flush, 3, "the same, and somebody waits for it")
{
	Queue *queue = world.queue("q");
	QueueFacts *facts = queue->facts;

	queue->facts->options.fini = [](Queue *dying) {
		interrupt("firmware", [dying] { drm_dep_queue_fini_done(dying); });
		return -EINPROGRESS;
	};
	world.put(queue);
	flush_at_once(world);
	SIM_CHECK(facts->released);
}

SCENARIO_SMALL(small_unload, 2, "a driver is unloaded as its last queue goes")
{
	Queue *queue = world.queue("q");
	QueueFacts *facts = queue->facts;
	os_module *module = world.module;

	world.put(queue);
	task("rmmod", [facts, module] {
		if (begin_unload(module))
			SIM_CHECK(facts->released);
	});
}

SCENARIO_SMALL(small_two_queues, 3, "the last users of two queues go")
{
	Queue *q = world.queue("q");
	Queue *r = world.queue("r");

	task("user of r", [&world, r] { world.put(r); });
	world.put(q);
}
