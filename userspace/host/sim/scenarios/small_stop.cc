/* SPDX-License-Identifier: MIT */
/*
 * Kills, stops, messages and waiting, at the same time.
 */
#include "small.h"

using namespace sim;

namespace
{

void stop_and_start(World &world, Queue *queue)
{
	world.stop(queue);
	world.start(queue);
}

} // namespace

SCENARIO_SMALL(small_kill_kill, 3, "two kills, of which the queue is told once")
{
	Queue *queue = world.queue("q");

	task("killer", [&world, queue] { world.kill(queue); });
	interrupt("killing interrupt", [&world, queue] { world.kill(queue); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_kill_stop, 3, "a kill and a stop, with a job that waits")
{
	Queue *queue = world.queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});

	world.submit(queue, "a", {.end = End::inside});
	settle();
	task("killer", [&world, queue] { world.kill(queue); });
	task("stopper", [&world, queue] { stop_and_start(world, queue); });
	join();
	settle();
	world.start(queue);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_kill_start, 3, "a kill and a start, with a job that waits")
{
	Queue *queue = world.queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});

	world.submit(queue, "a", {.end = End::inside});
	settle();
	task("killer", [&world, queue] { world.kill(queue); });
	task("starter", [&world, queue] { world.start(queue); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_kill_last_put, 3, "a kill and the put of the last user")
{
	Queue *queue = world.queue("q");

	user(world, queue, "killer", [&world, queue] { world.kill(queue); });
	world.put(queue);
}

SCENARIO_SMALL(small_kill_message, 3, "a kill and a message")
{
	Queue *queue = world.queue("q");
	MessageFacts &message = world.message("m");

	task("killer", [&world, queue] { world.kill(queue); });
	task("sender", [&world, queue, &message] { world.send(queue, message); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_kill_in_run_job, 3, "run_job kills its queue, and so does somebody else")
{
	world.vary(World::bypass);

	Queue *queue = world.queue("q");
	Job *job =
		armed(world, queue, "a",
		      {.end = End::inside, .run = [&world, queue](Job &) { world.kill(queue); }});

	push_and_put(world, job);
	interrupt("killing interrupt", [&world, queue] { world.kill(queue); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_kill_unpushed, 3, "a kill while a job is put that was never pushed")
{
	Queue *queue = world.queue("q");
	Job *job = armed(world, queue, "a");

	task("killer", [&world, queue] { world.kill(queue); });
	task("putter", [&world, job] { world.put(job); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_kill_idle, 3, "a kill while somebody waits for a job that can't run")
{
	Queue *queue = world.queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});

	world.submit(queue, "a");
	settle();
	task("waiter", [&world, queue] { SIM_CHECK(world.wait_idle(queue)); });
	task("killer", [&world, queue] { world.kill(queue); });
	join();
	settle();
	world.start(queue);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_stop_stop, 3, "two stops, with a job that waits")
{
	Queue *queue = world.queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});

	world.submit(queue, "a", {.end = End::inside});
	settle();
	task("stopper", [&world, queue] { stop_and_start(world, queue); });
	task("starter", [&world, queue] { world.start(queue); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_stop_message, 3, "a stop and a message")
{
	Queue *queue = world.queue("q");
	MessageFacts &message = world.message("m");

	task("stopper", [&world, queue] { stop_and_start(world, queue); });
	task("sender", [&world, queue, &message] { world.send(queue, message); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_stop_last_put, 2, "a stop by a user, and the put of another")
{
	Queue *queue = world.queue("q");

	user(world, queue, "stopper", [&world, queue] { stop_and_start(world, queue); });
	world.put(queue);
}

SCENARIO_SMALL(small_stop_credits, 3, "a stop and a higher limit, with a job that waits for it")
{
	Queue *queue = world.queue("q", {.credits = 2});
	JobFacts &a = in_flight(world, queue, "a", {.credits = 2});

	world.submit(queue, "b", {.end = End::inside});
	settle();
	task("stopper", [&world, queue] { stop_and_start(world, queue); });
	task("changer", [&world, queue] { world.set_credit_limit(queue, 3); });
	join();
	settle();
	world.complete(a);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_message_message, 3, "two messages at the same time")
{
	Queue *queue = world.queue("q");

	for (const char *name : {"m", "n"}) {
		MessageFacts &message = world.message(name);

		task(text("sender of %s", name),
		     [&world, queue, &message] { world.send(queue, message); });
	}
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_message_same, 3, "two tasks send the same message")
{
	Queue *queue = world.queue("q");
	MessageFacts &message = world.message("m", [](MessageFacts &) {});

	for (const char *name : {"sender", "other sender"})
		task(name, [&world, queue, &message] { world.send(queue, message); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_message_again, 2, "a message is sent while its own processing sends it again")
{
	Queue *queue = world.queue("q");
	MessageFacts &message = world.message("m", [&world, queue](MessageFacts &own) {
		if (own.processed == 1)
			world.send(queue, own);
	});

	world.send(queue, message);
	task("sender", [&world, queue, &message] { world.send(queue, message); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_message_last_put, 2, "a message and the put of the last user")
{
	Queue *queue = world.queue("q");
	MessageFacts &message = world.message("m");

	world.send(queue, message);
	world.put(queue);
}

SCENARIO_SMALL(small_idle_complete, 3, "the last job completes while somebody waits for it")
{
	world.vary(World::styles | World::irq_safe);

	Queue *queue = world.queue("q");

	will_complete(world, in_flight(world, queue, "a"));
	SIM_CHECK(world.wait_idle(queue));
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_idle_idle, 3, "two tasks wait for the same job")
{
	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");

	for (const char *name : {"waiter", "other waiter"})
		task(name, [&world, queue] { SIM_CHECK(world.wait_idle(queue)); });
	will_complete(world, a);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_idle_last_put, 3, "somebody who waits is the last user")
{
	world.vary(World::irq_safe);

	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");

	user(world, queue, "waiter", [&world, queue] { SIM_CHECK(world.wait_idle(queue)); });
	will_complete(world, a);
	world.put(queue);
}

SCENARIO_SMALL(small_idle_timeout, 3, "the job ends as the time is over for which it is waited for")
{
	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");

	task("completer", [&world, &a] {
		sleep_for(30 * ms);
		world.complete(a);
	});
	world.wait_idle(queue, 30);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_idle_signal, 3, "the job ends as a fatal signal comes to who waits for it")
{
	Queue *queue = world.queue("q");
	JobFacts &a = in_flight(world, queue, "a");

	task("waiter", [&world, queue] {
		int error;

		world.wait_idle(queue, 0, &error);
		SIM_CHECK(!error || error == -OS_ERESTARTSYS);
	});
	will_complete(world, a);
	send_fatal_signal("waiter");
	put_at_rest(world, queue);
}
