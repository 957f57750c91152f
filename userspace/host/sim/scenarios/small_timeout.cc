/* SPDX-License-Identifier: MIT */
/*
 * A job times out at the same time as anything else. Time moves when nobody can run: here, to the
 * moment at which the timer expires.
 */
#include "small.h"

using namespace sim;

namespace
{

constexpr u32 limit_ms = 100;
constexpr u64 limit = limit_ms * ms;

int not_hung(Job &)
{
	return DRM_DEP_TIMEOUT_NOT_HUNG;
}

} // namespace

SCENARIO_SMALL(small_timeout_complete, 3, "a job completes as it times out")
{
	world.vary(World::styles);

	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = not_hung});
	JobFacts &a = in_flight(world, queue, "a");

	sleep_for(limit);
	will_complete(world, a);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_timeout_give_up, 3, "a job completes as the handler gives it up")
{
	world.style = Style::done;

	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 world.give_up(job);
						 return DRM_DEP_TIMEOUT_HANDLED;
					 }});
	JobFacts &a = in_flight(world, queue, "a");

	sleep_for(limit);
	will_complete(world, a);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_timeout_gone, 3, "a job completes as the handler says the device is gone")
{
	world.style = Style::done;

	Queue *queue =
		world.queue("q", {.credits = 1, .timeout_ms = limit_ms, .timedout = [](Job &) {
					  return DRM_DEP_TIMEOUT_DEVICE_GONE;
				  }});
	JobFacts &a = in_flight(world, queue, "a");

	sleep_for(limit);
	will_complete(world, a);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_timeout_kill, 3, "a kill as a job times out")
{
	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 world.complete(*job.facts, -ETIME);
						 return DRM_DEP_TIMEOUT_HANDLED;
					 }});

	in_flight(world, queue, "a");
	sleep_for(limit);
	task("killer", [&world, queue] { world.kill(queue); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_timeout_stop, 3, "a stop as the handler stops the queue, too")
{
	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 Queue *own = job.facts->queue->memory;

						 world.stop(own);
						 world.start(own);
						 world.complete(*job.facts, -ETIME);
						 return DRM_DEP_TIMEOUT_HANDLED;
					 }});

	in_flight(world, queue, "a");
	sleep_for(limit);
	task("stopper", [&world, queue] {
		world.stop(queue);
		world.start(queue);
	});
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_timeout_last_put, 3, "the last user goes as a job times out")
{
	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 world.complete(*job.facts, -ETIME);
						 return DRM_DEP_TIMEOUT_HANDLED;
					 }});

	in_flight(world, queue, "a");
	sleep_for(limit);
	world.put(queue);
}

SCENARIO_SMALL(small_timeout_resubmit, 3, "the handler runs a job again that completes")
{
	world.vary(World::styles);

	Queue *queue = world.queue("q", {.timeout_ms = limit_ms});

	const std::function<void()> end = end_of_lost_run(world, in_flight(world, queue, "a"));

	queue->facts->options.timedout = [&world, queue](Job &) {
		world.stop(queue);
		world.resubmit_all(queue);
		world.start(queue);
		return DRM_DEP_TIMEOUT_HANDLED;
	};
	sleep_for(limit);
	interrupt("interrupt of a", end);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_timeout_pause, 3, "the clock is stopped and started as a job times out")
{
	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = not_hung});
	JobFacts &a = in_flight(world, queue, "a");

	sleep_for(limit);
	task("pauser", [queue] {
		drm_dep_queue_pause_timeout(queue);
		drm_dep_queue_resume_timeout(queue);
	});
	will_complete(world, a);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_timeout_limit, 3, "the limit is changed as a job times out")
{
	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = not_hung});
	JobFacts &a = in_flight(world, queue, "a");

	sleep_for(limit);
	task("changer", [queue] { drm_dep_queue_set_timeout(queue, 2 * limit_ms); });
	will_complete(world, a);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_timeout_quiesce, 3, "the device goes as a job times out")
{
	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = not_hung});
	JobFacts &a = in_flight(world, queue, "a");

	sleep_for(limit);
	task("remover", [&world] { world.quiesce(); });
	join();
	settle();
	world.complete(a, -ENODEV);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_timeout_next, 3, "the first of two jobs completes as it times out")
{
	world.style = Style::done;

	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 if (job.facts->order == 1)
							 world.complete(*job.facts, -ETIME);
						 return DRM_DEP_TIMEOUT_NOT_HUNG;
					 }});
	JobFacts &a = in_flight(world, queue, "a");

	in_flight(world, queue, "b");
	sleep_for(limit);
	will_complete(world, a);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_trigger_complete, 3, "a trigger as the job completes")
{
	world.vary(World::styles);

	Queue *queue = world.queue("q", {.timedout = not_hung});
	JobFacts &a = in_flight(world, queue, "a");

	task("trigger", [queue] { drm_dep_queue_trigger_timeout(queue); });
	will_complete(world, a);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_trigger_trigger, 3, "two triggers")
{
	Queue *queue = world.queue("q", {.timedout = not_hung});
	JobFacts &a = in_flight(world, queue, "a");

	task("trigger", [queue] { drm_dep_queue_trigger_timeout(queue); });
	interrupt("triggering interrupt", [queue] { drm_dep_queue_trigger_timeout(queue); });
	join();
	settle();
	SIM_CHECK(a.timeouts == 1 || a.timeouts == 2);
	world.complete(a);
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_trigger_timeout, 3, "a trigger as the job times out")
{
	Queue *queue = world.queue("q", {.timeout_ms = limit_ms, .timedout = [&world](Job &job) {
						 world.complete_if_run(*job.facts, -ETIME);
						 return DRM_DEP_TIMEOUT_HANDLED;
					 }});

	in_flight(world, queue, "a");
	sleep_for(limit);
	task("trigger", [queue] { drm_dep_queue_trigger_timeout(queue); });
	put_at_rest(world, queue);
}

SCENARIO_SMALL(small_trigger_last_put, 3, "a trigger by the last user, who goes")
{
	Queue *queue = world.queue("q", {.timedout = not_hung});
	JobFacts &a = in_flight(world, queue, "a");

	drm_dep_queue_trigger_timeout(queue);
	will_complete(world, a);
	world.put(queue);
}

SCENARIO_SMALL(small_gap_push, 3, "a gap in the order has lasted too long as it is filled")
{
	Queue *queue = world.queue("q");
	Job *a = armed(world, queue, "a", {.end = End::inside});
	Job *b = armed(world, queue, "b", {.end = End::inside});

	push_and_put(world, b);
	sleep_for(10'000 * ms);
	task("pusher of a", [&world, a] { push_and_put(world, a); });
	put_at_rest(world, queue);
}
