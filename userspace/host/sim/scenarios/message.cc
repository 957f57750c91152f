/* SPDX-License-Identifier: MIT */
/*
 * Messages: exactly once, and before every job that is pushed later.
 */
#include "scenario.h"

using namespace sim;

SCENARIO(message_one, "a message and the last put")
{
	Queue *queue = world.queue("q");

	world.send(queue, world.message("m"));
	world.put(queue);
}

SCENARIO(message_order, "messages are processed in their order, urgent ones first")
{
	Queue *queue = world.queue("q", {.flags = DRM_DEP_QUEUE_STOPPED});
	MessageFacts &a = world.message("m1");
	MessageFacts &b = world.message("m2", [&a](MessageFacts &) { SIM_CHECK(a.processed); });
	MessageFacts &c = world.message(
		"m3", [&a, &b](MessageFacts &) { SIM_CHECK(!a.processed && !b.processed); });

	world.send(queue, a);
	world.send(queue, b);
	world.send(queue, c, true);
	world.start(queue);
	world.put(queue);
}

SCENARIO(message_push, "jobs that are pushed after a message are run after it")
{
	Queue *queue = world.queue("q");

	world.submit(queue, "a", {.end = End::either});
	world.send(queue, world.message("m1"));
	task("pusher", [&world, queue] {
		world.submit(queue, "b");
		world.send(queue, world.message("m2"), coin());
		world.submit(queue, "c", {.end = End::either});
		world.put(queue);
	});
}

SCENARIO(message_spinlock,
	 "a push with a spinlock held leaves messages, which may sleep, to others")
{
	static os_class spinlock_class;
	auto *lock = static_cast<os_lock *>(allocate(sizeof(os_lock), "spinlock"));
	Queue *queue = world.queue(
		"q", {.flags = DRM_DEP_QUEUE_BYPASS | DRM_DEP_QUEUE_RUN_ATOMIC, .plain = true});
	MessageFacts &message = world.message("m");
	Job *job = world.job(queue, "a");

	os_lock_init(lock, &spinlock_class, "the driver's spinlock");
	world.arm(job);
	world.send(queue, message);

	unsigned long irq = os_lock_irqsave(lock);

	world.push(job);
	os_unlock_irqrestore(lock, irq);
	world.put(job);
	world.put(queue);
	settle();
	release(lock);
}

SCENARIO(message_interrupt, "an interrupt sends a message while jobs run")
{
	Queue *queue = world.queue("q");
	MessageFacts &message = world.message("m");

	drm_dep_queue_get(queue);
	interrupt("sending interrupt", [&world, queue, &message] {
		world.send(queue, message);
		world.put(queue);
	});
	world.submit(queue, "a");
	world.submit(queue, "b");
	world.put(queue);
}

SCENARIO(message_kill, "messages of a killed queue are processed")
{
	Queue *queue = world.queue("q");

	task("killer", [&world, queue] {
		world.kill(queue);
		world.put(queue);
	});
	drm_dep_queue_get(queue);
	world.send(queue, world.message("m1"));
	world.submit(queue, "a");
	world.send(queue, world.message("m2"));
	world.put(queue);
}

SCENARIO(message_stop, "a message waits while its queue is stopped")
{
	Queue *queue = world.queue("q");
	MessageFacts &message = world.message("m");

	task("sender", [&world, queue, &message] { world.send(queue, message); });
	world.stop(queue);
	point("stopped");
	world.start(queue);
	join();
	world.put(queue);
}

SCENARIO(message_again, "a message is sent again from its own processing")
{
	Queue *queue = world.queue("q");
	MessageFacts &message = world.message("m", [&world, queue](MessageFacts &own) {
		if (own.processed < 3)
			world.send(queue, own);
	});

	world.send(queue, message);
	world.submit(queue, "a");
	settle();
	SIM_CHECK(message.processed == 3);
	world.put(queue);
}

SCENARIO(message_same, "two tasks send the same message")
{
	Queue *queue = world.queue("q");
	MessageFacts &message = world.message("m", [](MessageFacts &) {});

	for (const char *name : {"sender 1", "sender 2"})
		task(name, [&world, queue, &message] { world.send(queue, message); });
	join();
	world.put(queue);
}
