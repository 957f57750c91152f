/* SPDX-License-Identifier: MIT */
/*
 * From push to run_job.
 */
#include "scenario.h"

using namespace sim;

SCENARIO(push_one, "one job, from its init to its release")
{
	Queue *queue = world.queue("q");

	world.submit(queue, "a", {.end = End::either});
	world.put(queue);
}

SCENARIO(push_push, "two tasks push to one queue")
{
	Queue *queue = world.queue("q");

	for (const char *name : {"a", "b"})
		task(text("pusher %s", name),
		     [&world, queue, name] { world.submit(queue, name, {.end = End::either}); });
	join();
	world.put(queue);
}

SCENARIO(push_push_put, "the last user goes while another task pushes and the queue is busy")
{
	Queue *queue = world.queue("q");

	for (const char *name : {"a", "b"}) {
		drm_dep_queue_get(queue);
		task(text("pusher %s", name), [&world, queue, name] {
			Job *job = world.job(queue, name, {.end = End::either});

			world.put(queue);
			world.submit(job);
		});
	}
	world.put(queue);
}

SCENARIO(push_early, "a job is pushed before the one that was armed before it")
{
	Queue *queue = world.queue("q");
	Job *a = world.job(queue, "a");
	Job *b = world.job(queue, "b", {.end = End::either});

	world.arm(a);
	world.arm(b);
	task("pusher b", [&world, b] {
		world.push(b);
		world.put(b);
	});
	world.push(a);
	world.put(a);
	world.put(queue);
}

SCENARIO(push_gap, "a gap in the order that lasts is told, once")
{
	Queue *queue = world.queue("q");
	Job *a = world.job(queue, "a");
	Job *b = world.job(queue, "b");
	Job *c = world.job(queue, "c");

	world.arm(a);
	world.arm(b);
	world.arm(c);
	world.push(b);
	world.put(b);
	sleep_for(11'000 * ms);
	SIM_CHECK(notes(OS_NOTE_GAP) == 1);
	world.push(c);
	world.put(c);
	sleep_for(11'000 * ms);
	SIM_CHECK(notes(OS_NOTE_GAP) == 1);
	world.push(a);
	world.put(a);
	world.put(queue);
	settle();
	SIM_CHECK(notes(OS_NOTE_GAP) == 1);
}

SCENARIO(push_unarmed_put, "a job is put before it is armed; its dependency never signals")
{
	Queue *queue = world.queue("q");
	Foreign &fence = world.foreign("f");
	Job *job = world.job(queue, "a");

	world.depend(job, fence);
	task("putter", [&world, job] { world.put(job); });
	world.put(queue);
	join();
	settle();
	world.signal(fence);
}

SCENARIO(push_no_memory, "allocations fail")
{
	fail_allocation(1 + pick(5));

	Queue *queue = world.queue("q");

	if (!queue)
		return;
	for (const char *name : {"a", "b"})
		if (Job *job = world.job(queue, name))
			world.submit(job);
	world.put(queue);
}

SCENARIO(push_many, "more jobs than one drain or one worker does at a time")
{
	Queue *queue = world.queue("q", {.credits = 100});
	std::vector<JobFacts *> jobs;

	for (int i = 0; i < 80; i++) {
		Job *job = world.job(queue, text("job %d", i), {.end = End::later});

		jobs.push_back(job->facts);
		world.submit(job);
	}
	settle();
	/* The first one last: then all signal at once. */
	for (std::size_t i = jobs.size(); i--;)
		world.complete(*jobs[i]);
	world.put(queue);
}

SCENARIO(push_under_spinlock, "push with a spinlock held, where run_job is atomic")
{
	static os_class spinlock_class;
	auto *lock = static_cast<os_lock *>(allocate(sizeof(os_lock), "spinlock"));
	Queue *queue = world.queue(
		"q", {.flags = DRM_DEP_QUEUE_BYPASS | DRM_DEP_QUEUE_RUN_ATOMIC, .plain = true});

	os_lock_init(lock, &spinlock_class, "the driver's spinlock");
	for (const char *name : {"a", "b"})
		task(text("pusher %s", name), [&world, queue, name, lock] {
			Job *job = world.job(queue, name);

			world.arm(job);

			unsigned long irq = os_lock_irqsave(lock);

			world.push(job);
			os_unlock_irqrestore(lock, irq);
			world.put(job);
		});
	join();
	world.put(queue);
	release(lock);
}

SCENARIO(push_ordered_workqueue,
	 "two queues whose workqueue is ordered: their run sides exclude each other")
{
	os_wq *wq = make_workqueue("driver", true);
	auto *inside = static_cast<int *>(allocate(sizeof(int), "counter"));
	const std::function<void(Job &)> run = [inside](Job &) {
		SIM_CHECK(!*inside);
		*inside = 1;
		point("alone");
		*inside = 0;
	};

	*inside = 0;
	for (const char *name : {"q", "r"}) {
		Queue *queue = world.queue(name, {.workqueue = wq});

		task(text("pusher of %s", name), [&world, queue, run] {
			world.submit(queue, text("a of %s", queue->name), {.run = run});
			world.submit(queue, text("b of %s", queue->name), {.run = run});
			world.put(queue);
		});
	}
	settle();
	release(inside);
}

SCENARIO(push_refused, "run_job returns errors")
{
	Queue *queue = world.queue("q");

	for (int i = 0; i < 3; i++)
		world.submit(queue, text("job %d", i),
			     {.end = coin() ? End::refused : End::either, .error = -EIO});
	world.put(queue);
}

SCENARIO(bypass_worker, "push runs a job itself while the worker runs another")
{
	world.flags |= DRM_DEP_QUEUE_BYPASS;

	Queue *queue = world.queue("q", {.credits = 2});
	Foreign &fence = world.foreign("f");
	Job *a = world.job(queue, "a", {.end = End::either});

	world.depend(a, fence);
	world.arm(a);
	world.signal_by_interrupt(fence);
	world.push(a);
	world.put(a);
	task("pusher", [&world, queue] {
		world.submit(queue, "b", {.end = End::either});
		world.submit(queue, "c", {.end = End::either});
	});
	world.submit(queue, "d", {.end = End::either});
	join();
	world.put(queue);
}

SCENARIO(push_gap_revived, "only a job that was never pushed waits for another one")
{
	Queue *queue = world.queue("q");
	Job *a = world.job(queue, "a");
	Job *b = world.job(queue, "b");

	world.arm(a);
	world.arm(b);
	world.put(b);
	sleep_for(60'000 * ms);
	SIM_CHECK(notes(OS_NOTE_GAP) == 1);
	world.push(a);
	world.put(a);
	world.put(queue);
}
