/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <cstring>
#include <type_traits>

/* Whether the sanitizer of this build sees late accesses by itself, whichever compiler it is. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WATCHED
#endif
#endif

namespace test
{

/* The core clears the whole structure: nothing of ours may lie in its padding. */
static_assert(std::is_trivial_v<drm_dep_queue> && std::is_standard_layout_v<drm_dep_queue>);
static_assert(std::is_trivial_v<drm_dep_job> && std::is_standard_layout_v<drm_dep_job>);

static Job &of(drm_dep_job *job)
{
	return *static_cast<Job *>(job);
}

static Queue &of(drm_dep_queue *queue)
{
	return *static_cast<Queue *>(queue);
}

static os_fence *run_job(drm_dep_job *job)
{
	of(job).world->record.add("run " + of(job).label);
	of(job).number = drm_dep_job_run_number(job);
	return of(job).run(of(job));
}

static os_fence *prepare_job(drm_dep_job *job)
{
	of(job).world->record.add("prepare " + of(job).label);
	return of(job).prepare ? of(job).prepare(of(job)) : nullptr;
}

static int timedout_job(drm_dep_job *job)
{
	Queue &queue = of(job->queue);

	queue.world->record.add("timedout " + of(job).label);
	return queue.on_timeout ? queue.on_timeout(of(job)) : DRM_DEP_TIMEOUT_HANDLED;
}

static void process_message(drm_dep_queue *queue, drm_dep_message *message)
{
	auto &self = *static_cast<Message *>(message);

	of(queue).world->record.add("message " + self.label);
	if (self.process)
		self.process(self);
}

static void killed(drm_dep_queue *queue)
{
	of(queue).world->record.add("killed " + of(queue).label);
	if (of(queue).on_killed)
		of(queue).on_killed();
}

static void set_deadline(drm_dep_job *job, long long deadline)
{
	of(job).world->record.add("deadline " + of(job).label + " " + std::to_string(deadline));
}

static int fini(drm_dep_queue *queue)
{
	const int result = of(queue).fini_result;

	if (of(queue).on_fini)
		of(queue).on_fini();
	of(queue).world->record.add("fini " + of(queue).label);
	return result;
}

static void release_queue(drm_dep_queue *queue)
{
	of(queue).world->call_release(of(queue));
}

static void release_job(drm_dep_job *job)
{
	of(job).world->call_release(of(job));
}

static const drm_dep_job_ops job_ops = {.release = release_job};

os_fence *hardware_fence(Job &job)
{
	return host::get(job.hw);
}

os_fence *driver_completes(Job &)
{
	return nullptr;
}

os_fence *done_at_once(Job &job)
{
	EXPECT_TRUE(drm_dep_job_done(&job, job.number, 0));
	return nullptr;
}

RunJob fails_with(int error)
{
	return [error](Job &) {
		return reinterpret_cast<os_fence *>(static_cast<std::intptr_t>(error));
	};
}

World::World(u32 flags_)
	: device(host::make_device()), module(host::make_module()), flags(flags_),
	  before_(host::live())
{
	host::forget_notes();
}

World::~World()
{
	settle();
	host::set_tracer({});
	EXPECT_EQ(host::device_refs(device), 1) << "references of the device are left";
	EXPECT_EQ(host::module_refs(module), 0) << "references of the module are left";
	os_device_put(device);
	if (!host::module_refs(module))
		host::free_module(module);
	before_.devices--;
	before_.modules--;
	EXPECT_EQ(host::live(), before_) << "something is left";
}

void World::Free::operator()(void *memory) const
{
	::operator delete(memory);
}

template <typename T>
void World::bury(T &object)
{
	object.~T();
#ifdef WATCHED
	::operator delete(&object);
#else
	std::memset(static_cast<void *>(&object), 0x6b, sizeof(object));

	std::lock_guard lock(mutex_);

	graves_.emplace_back(&object);
#endif
}

void World::call_release(Job &job)
{
	record.add("release " + job.label);
	if (job.on_release)
		job.on_release();
	os_fence_put(job.hw);
	bury(job);
}

void World::call_release(Queue &queue)
{
	record.add("release " + queue.label);
	if (queue.on_release)
		queue.on_release();
	bury(queue);
}

QueueRef World::make_queue(std::string label, QueueOptions options)
{
	auto *queue = new Queue{{}, this, std::move(label), {}, {}, {}, {}, 0, {}};
	const drm_dep_queue_init_args args = {
		.ops = &queue->own_ops,
		.drm = options.device ? options.device : device,
		.driver_name = "test driver",
		.name = queue->label.c_str(),
		.workqueue = options.workqueue,
		.timeout_workqueue = options.timeout_workqueue,
		.credit_limit = options.credits,
		.timeout_ms = options.timeout_ms,
		.nest_level = options.nest_level,
		.flags = flags | options.flags,
	};

	queue->own_ops = {
		.owner = options.module ? options.module : module,
		.prepare_job = options.prepare ? prepare_job : nullptr,
		.run_job = run_job,
		.timedout_job = timedout_job,
		.process_message = process_message,
		.killed = killed,
		.set_deadline = set_deadline,
		.fini = fini,
		.release = release_queue,
	};
	if (drm_dep_queue_init(queue, &args)) {
		delete queue;
		return {};
	}
	return QueueRef(queue);
}

JobRef World::make_job(Queue &queue, std::string label, RunJob run, u32 credits)
{
	auto *job = new Job{{}, this, std::move(label), std::move(run), {}, {}, nullptr};
	const drm_dep_job_init_args args = {
		.queue = &queue, .ops = &job_ops, .credits = credits, .client_id = client_id};

	/* It need not be zeroed. */
	std::memset(static_cast<void *>(static_cast<drm_dep_job *>(job)), 0xa5,
		    sizeof(drm_dep_job));
	if (drm_dep_job_init(job, &args)) {
		delete job;
		return {};
	}
	job->hw = host::foreign_fence();
	return JobRef(job);
}

void World::arm(JobRef &job)
{
	struct Watch {
		os_fence_cb cb;
		World *world;
		std::string label;
	};
	auto *watch = new Watch{{}, this, job->label};

	drm_dep_job_arm(job.get());
	ASSERT_EQ(os_fence_add_callback(drm_dep_job_finished_fence(job.get()), &watch->cb,
					[](os_fence *fence, os_fence_cb *cb) {
						auto *self = reinterpret_cast<Watch *>(cb);

						self->world->record.add(
							"signal " + self->label + " " +
							std::to_string(os_fence_error(fence)));
						delete self;
					}),
		  0);
}

void World::trace()
{
	host::set_tracer([this](unsigned int event, drm_dep_job *job, os_fence *) {
		static constexpr const char *names[] = {"queue", "run", "done", "dependency",
							"unschedulable"};

		record.add(std::string("trace ") + names[event] + " " + of(job).label);
	});
}

std::string flags_name(const testing::TestParamInfo<u32> &info)
{
	const bool bypass = info.param & DRM_DEP_QUEUE_BYPASS;
	const bool put_irq_safe = info.param & DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE;

	if (!bypass && !put_irq_safe)
		return "None";
	return std::string(bypass ? "Bypass" : "") + (put_irq_safe ? "PutIrqSafe" : "");
}

void World::submit(JobRef &job)
{
	arm(job);
	push(job);
}

void World::depend(JobRef &job, os_fence *fence)
{
	ASSERT_EQ(drm_dep_job_add_dependency(job.get(), host::get(fence)), 0);
}

void World::settle()
{
	ASSERT_TRUE(host::wait_idle()) << "the core does not come to rest";
}

} // namespace test
