/* SPDX-License-Identifier: MIT */
/*
 * Broken rules of the interface: said once, and survived where that is possible.
 */
#include "world.h"

using namespace test;
using testing::ElementsAre;

namespace
{

class Misuse : public World
{
};

TEST_F(Misuse, DependencyOfAnArmedJob)
{
	host::ExpectBroken broken("a dependency is added to a job that is armed");
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", done_at_once);

	arm(job);
	EXPECT_EQ(drm_dep_job_add_dependency(job.get(), host::foreign_fence()), -EINVAL);
	EXPECT_TRUE(broken.said());
	push(job);
}

TEST_F(Misuse, ArmTwice)
{
	host::ExpectBroken broken("a job is armed twice");
	QueueRef queue = make_queue("q");
	JobRef a = make_job(queue, "a", done_at_once);
	JobRef b = make_job(queue, "b", done_at_once);

	arm(a);
	drm_dep_job_arm(a.get());
	EXPECT_TRUE(broken.said());
	submit(b);
	push(a);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a", "run b"));
}

TEST_F(Misuse, PushUnarmed)
{
	host::ExpectBroken broken("a job is pushed that is not armed, or twice");
	QueueRef queue = make_queue("q");
	JobRef job = make_job(queue, "a", done_at_once);

	push(job);
	EXPECT_TRUE(broken.said());
	submit(job);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

TEST_F(Misuse, PushTwice)
{
	host::ExpectBroken broken("a job is pushed that is not armed, or twice");
	QueueRef queue = make_queue("q");
	os_fence *fence = host::foreign_fence();
	JobRef job = make_job(queue, "a", done_at_once);

	depend(job, fence);
	submit(job);
	push(job);
	EXPECT_TRUE(broken.said());
	host::signal(fence);
	os_fence_put(fence);
	settle();
	EXPECT_THAT(runs(), ElementsAre("run a"));
}

TEST_F(Misuse, QueueArguments)
{
	const drm_dep_queue_ops ops = {
		.owner = nullptr,
		.run_job = [](drm_dep_job *) -> os_fence * { return nullptr; },
		.fini = nullptr,
		.release = [](drm_dep_queue *) {},
	};
	const drm_dep_queue_init_args good = {
		.ops = &ops,
		.drm = device,
		.driver_name = "driver",
		.name = "queue",
		.credit_limit = 1,
		.nest_level = 0,
		.flags = 0,
	};
	drm_dep_queue_ops incomplete;
	drm_dep_queue_init_args args;
	drm_dep_queue queue;

	const auto refused = [&] {
		bool einval = drm_dep_queue_init(&queue, &args) == -EINVAL;

		args = good;
		return einval;
	};

	args = good;
	args.ops = nullptr;
	EXPECT_TRUE(refused());
	args.drm = nullptr;
	EXPECT_TRUE(refused());
	args.driver_name = nullptr;
	EXPECT_TRUE(refused());
	args.name = nullptr;
	EXPECT_TRUE(refused());
	args.credit_limit = 0;
	EXPECT_TRUE(refused());
	args.flags = 1;
	EXPECT_TRUE(refused());
	args.nest_level = DRM_DEP_MAX_NEST_LEVEL + 1;
	EXPECT_TRUE(refused());
	incomplete = ops;
	incomplete.run_job = nullptr;
	args.ops = &incomplete;
	EXPECT_TRUE(refused());
	incomplete = ops;
	incomplete.release = nullptr;
	args.ops = &incomplete;
	EXPECT_TRUE(refused());

	/* And nothing but these was the reason. */
	EXPECT_EQ(drm_dep_queue_init(&queue, &args), 0);
	drm_dep_queue_put(&queue);
	settle();
}

TEST_F(Misuse, JobArguments)
{
	const drm_dep_job_ops ops = {.release = [](drm_dep_job *) {}};
	const drm_dep_job_ops incomplete = {.release = nullptr};
	QueueRef queue = make_queue("q", {.credits = 2});
	drm_dep_job job;
	drm_dep_job_init_args args = {.queue = nullptr, .ops = &ops, .credits = 1};

	EXPECT_EQ(drm_dep_job_init(&job, &args), -EINVAL);
	args = {.queue = queue.get(), .ops = nullptr, .credits = 1};
	EXPECT_EQ(drm_dep_job_init(&job, &args), -EINVAL);
	args.ops = &incomplete;
	EXPECT_EQ(drm_dep_job_init(&job, &args), -EINVAL);
	args = {.queue = queue.get(), .ops = &ops, .credits = 0};
	EXPECT_EQ(drm_dep_job_init(&job, &args), -EINVAL);
	args.credits = 3;
	EXPECT_EQ(drm_dep_job_init(&job, &args), -EINVAL);
	args.credits = 2;
	EXPECT_EQ(drm_dep_job_init(&job, &args), 0);
	drm_dep_job_put(&job);
	settle();
}

} // namespace
