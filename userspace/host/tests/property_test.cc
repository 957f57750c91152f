/* SPDX-License-Identifier: MIT */
/*
 * Random programs of operations, against the model.
 *
 * A program is drawn from a seed, one operation after the other. After each the core comes to
 * rest; then what ran, what signalled, what was released and what is in flight has to be what the
 * model says. DRM_DEP_PROGRAMS says how many programs.
 */
#include "model.h"
#include "random.h"
#include "world.h"

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>

using namespace test;
using model::Finish;

namespace
{

constexpr std::size_t operations = 60;
constexpr std::size_t most_queues = 4;
constexpr std::size_t most_jobs = 24;

/* A copy of what a job's driver may still need when it has given its reference away. */
struct Handle {
	JobRef ref;
	os_fence *hw = nullptr;
	os_fence *finished = nullptr; /* once armed */
	Job *job = nullptr;	      /* as long as it is not done */
};

class Program
{
public:
	Program(World &world, std::uint64_t seed) : world_(world), random_(seed) {}

	void run();
	std::string text() const { return text_.str(); }

private:
	using Operation = bool (Program::*)();

	/* Each gives false if there is nothing that it could be done to. */
	bool new_queue();
	bool put_queue();
	bool new_job();
	bool add_dependency();
	bool arm();
	bool push();
	bool put_job();
	bool complete();
	bool signal_foreign();
	bool stop_queue();
	bool start_queue();
	bool kill_queue();
	bool resubmit();
	bool change_limit();
	bool send_message();

	void finish_everything();
	void compare();
	void signal_hardware(std::size_t job, int error);

	/* Any of those for which @suits is true. */
	template <typename List, typename Suits>
	std::ptrdiff_t any(const List &list, Suits suits);
	int any_error()
	{
		return random_.one_in(3) ? -1 - static_cast<int>(random_.below(100)) : 0;
	}
	os_fence *any_dependency(std::size_t job);

	World &world_;
	Random random_;
	std::ostringstream text_;
	model::Model model_;
	std::vector<QueueRef> queues_;
	std::vector<Queue *> queue_memory_;
	std::vector<std::unique_ptr<Message>> messages_;
	std::vector<Handle> jobs_;
	std::vector<os_fence *> foreign_;
};

template <typename List, typename Suits>
std::ptrdiff_t Program::any(const List &list, Suits suits)
{
	const std::size_t start = random_.below(list.size() + 1);

	for (std::size_t i = 0; i < list.size(); i++) {
		const std::size_t at = (start + i) % list.size();

		if (suits(list[at]))
			return static_cast<std::ptrdiff_t>(at);
	}
	return -1;
}

bool Program::new_queue()
{
	const u32 limit = 1 + static_cast<u32>(random_.below(5));
	const u32 level = static_cast<u32>(random_.below(DRM_DEP_MAX_NEST_LEVEL + 1));

	if (queues_.size() == most_queues)
		return false;
	const bool keep_own = random_.one_in(4);
	u32 flags = keep_own ? DRM_DEP_QUEUE_KEEP_OWN_DEPS : 0;

	if (random_.one_in(2))
		flags |= DRM_DEP_QUEUE_BYPASS;
	if (random_.one_in(2))
		flags |= DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE;
	text_ << "queue " << queues_.size() << ": " << limit << " credits, level " << level
	      << ", flags " << flags << "\n";
	queues_.push_back(
		world_.make_queue("q" + std::to_string(queues_.size()),
				  {.credits = limit, .nest_level = level, .flags = flags}));
	queue_memory_.push_back(queues_.back().get());
	model_.queues.push_back({.limit = limit, .keep_own = keep_own});
	return true;
}

bool Program::put_queue()
{
	const auto queue =
		any(model_.queues, [](const model::Queue &one) { return one.used && !one.stops; });

	if (queue < 0)
		return false;
	text_ << "put queue " << queue << "\n";
	queues_[queue].put();
	model_.queues[queue].used = false;
	return true;
}

bool Program::new_job()
{
	const auto queue = any(model_.queues, [](const model::Queue &one) { return one.used; });

	if (queue < 0 || jobs_.size() == most_jobs)
		return false;

	const auto credits = 1 + static_cast<u32>(random_.below(model_.queues[queue].limit));
	const auto finish = static_cast<Finish>(random_.below(6));
	const int error =
		finish == Finish::error ? -1 - static_cast<int>(random_.below(100)) : any_error();
	Handle handle;

	text_ << "job " << jobs_.size() << ": queue " << queue << ", " << credits
	      << " credits, finish " << static_cast<int>(finish) << ", error " << error << "\n";
	handle.ref = world_.make_job(
		queues_[queue], std::to_string(jobs_.size()),
		[finish, error](Job &job) -> os_fence * {
			if (finish == Finish::driver_at_once ||
			    finish == Finish::driver_and_fence) {
				EXPECT_TRUE(drm_dep_job_done(&job, job.number, error));
			}
			if (finish == Finish::hardware_already)
				host::signal(job.hw, error);
			if (finish == Finish::error)
				return fails_with(error)(job);
			if (finish == Finish::driver || finish == Finish::driver_at_once)
				return nullptr;
			return host::get(job.hw);
		},
		credits);
	handle.job = handle.ref.get();
	handle.hw = host::get(handle.ref->hw);
	jobs_.push_back(std::move(handle));
	model_.jobs.push_back({.queue = static_cast<std::size_t>(queue),
			       .credits = credits,
			       .finish = finish,
			       .run_error = error});
	return true;
}

/* A fence for the job to wait for, with a reference, and the same for the model. */
os_fence *Program::any_dependency(std::size_t job)
{
	const auto armed = any(model_.jobs, [](const model::Job &one) { return one.armed; });

	if (armed >= 0 && random_.one_in(2)) {
		text_ << " job " << armed;
		model_.jobs[job].dependencies.push_back({false, static_cast<std::size_t>(armed)});
		return host::get(jobs_[armed].finished);
	}
	if (foreign_.empty() || random_.one_in(2)) {
		foreign_.push_back(host::foreign_fence());
		model_.foreign.push_back(false);
	}

	const std::size_t fence = random_.below(foreign_.size());

	text_ << " fence " << fence;
	model_.jobs[job].dependencies.push_back({true, fence});
	return host::get(foreign_[fence]);
}

bool Program::add_dependency()
{
	const auto job =
		any(model_.jobs, [](const model::Job &one) { return one.held && !one.armed; });
	os_fence *fence;

	if (job < 0)
		return false;
	text_ << "job " << job << " waits for";
	fence = any_dependency(job);
	while (random_.one_in(3)) {
		std::array<os_fence *, 2> both = {fence, any_dependency(job)};

		fence = random_.one_in(2) ? host::fence_array(both)
					  : host::fence_chain(both[0], both[1]);
	}
	text_ << "\n";
	EXPECT_EQ(drm_dep_job_add_dependency(jobs_[job].ref.get(), fence), 0);
	return true;
}

bool Program::arm()
{
	const auto job =
		any(model_.jobs, [](const model::Job &one) { return one.held && !one.armed; });

	if (job < 0)
		return false;
	text_ << "arm job " << job << "\n";
	world_.arm(jobs_[job].ref);
	jobs_[job].finished = host::get(drm_dep_job_finished_fence(jobs_[job].ref.get()));
	model_.arm(job);
	return true;
}

bool Program::push()
{
	const auto job = any(model_.jobs, [](const model::Job &one) {
		return one.held && one.armed && !one.pushed;
	});

	if (job < 0)
		return false;
	text_ << "push job " << job << "\n";
	drm_dep_job_push(jobs_[job].ref.get());
	model_.jobs[job].pushed = true;
	return true;
}

bool Program::put_job()
{
	const auto job = any(model_.jobs, [](const model::Job &one) { return one.held; });

	if (job < 0)
		return false;
	text_ << "put job " << job << "\n";
	jobs_[job].ref.put();
	model_.put(job);
	return true;
}

void Program::signal_hardware(std::size_t job, int error)
{
	text_ << "hardware of job " << job << ": " << error << "\n";
	host::signal(jobs_[job].hw, error);
	model_.hardware_signals(job, error);
}

bool Program::complete()
{
	const auto job = any(model_.jobs, [](const model::Job &one) {
		return one.fence_pending || (one.ran && !one.done);
	});
	const int error = any_error();

	if (job < 0)
		return false;
	/* With a hardware fence, too, the driver may be first; the fence comes later then. */
	if (!model_.jobs[job].fence_pending || (!model_.jobs[job].done && random_.one_in(4))) {
		text_ << "job " << job << " done: " << error << "\n";
		/* Not done, so it exists. */
		EXPECT_TRUE(drm_dep_job_done(jobs_[job].job, jobs_[job].job->number, error));
		model_.complete(job, error);
		return true;
	}
	signal_hardware(job, error);
	return true;
}

bool Program::signal_foreign()
{
	const auto fence = any(model_.foreign, [](bool signalled) { return !signalled; });

	if (fence < 0)
		return false;
	text_ << "fence " << fence << "\n";
	host::signal(foreign_[fence], any_error());
	model_.foreign[fence] = true;
	return true;
}

bool Program::stop_queue()
{
	const auto queue = any(model_.queues, [](const model::Queue &one) { return one.used; });

	if (queue < 0)
		return false;
	text_ << "stop queue " << queue << "\n";
	drm_dep_queue_stop(queues_[queue].get());
	model_.queues[queue].stops++;
	return true;
}

bool Program::start_queue()
{
	const auto queue = any(model_.queues, [](const model::Queue &one) { return one.stops; });

	if (queue < 0)
		return false;
	text_ << "start queue " << queue << "\n";
	drm_dep_queue_start(queues_[queue].get());
	model_.queues[queue].stops--;
	return true;
}

bool Program::kill_queue()
{
	const auto queue = any(model_.queues, [](const model::Queue &one) { return one.used; });

	if (queue < 0 || !random_.one_in(4))
		return false;
	text_ << "kill queue " << queue << "\n";
	drm_dep_queue_kill(queues_[queue].get());
	model_.queues[queue].killed = true;
	return true;
}

/* Everything in flight runs again, and is completed as it would have been before. */
bool Program::resubmit()
{
	const auto queue = any(model_.queues,
			       [](const model::Queue &one) { return one.stops && !one.killed; });
	u32 in_flight = 0;

	if (queue < 0)
		return false;
	text_ << "resubmit queue " << queue << "\n";
	for (const model::Job &job : model_.jobs)
		in_flight += job.queue == static_cast<std::size_t>(queue) && job.ran && !job.done;
	EXPECT_EQ(drm_dep_queue_resubmit(queues_[queue].get()), in_flight);
	return true;
}

bool Program::change_limit()
{
	const auto queue = any(model_.queues, [](const model::Queue &one) { return one.used; });
	const auto limit = 1 + static_cast<u32>(random_.below(5));

	if (queue < 0)
		return false;
	text_ << "limit of queue " << queue << ": " << limit << "\n";
	drm_dep_queue_set_credit_limit(queues_[queue].get(), limit);
	model_.queues[queue].limit = limit;
	return true;
}

bool Program::send_message()
{
	const auto queue = any(model_.queues, [](const model::Queue &one) { return one.used; });

	if (queue < 0)
		return false;
	text_ << "message to queue " << queue << "\n";
	messages_.push_back(std::make_unique<Message>("to q" + std::to_string(queue)));
	EXPECT_TRUE(random_.one_in(2) ? world_.send(queues_[queue], *messages_.back())
				      : world_.send_first(queues_[queue], *messages_.back()));
	model_.queues[queue].sent++;
	return true;
}

void Program::compare()
{
	ASSERT_TRUE(host::wait_idle());
	model_.settle();

	for (std::size_t i = 0; i < model_.queues.size(); i++) {
		const model::Queue &queue = model_.queues[i];

		ASSERT_EQ(world_.record.has("release q" + std::to_string(i)), queue.released);
		ASSERT_EQ(world_.record.starting_with("message to q" + std::to_string(i)).size(),
			  queue.processed);
		ASSERT_EQ(world_.record.starting_with("killed q" + std::to_string(i)).size(),
			  queue.told);
		if (queue.released)
			continue;

		dep::Guard guard(queue_memory_[i]->lock);

		ASSERT_EQ(queue_memory_[i]->credits_used, queue.in_flight) << "queue " << i;
	}

	for (std::size_t i = 0; i < model_.jobs.size(); i++) {
		const model::Job &job = model_.jobs[i];
		const std::string name = std::to_string(i);

		ASSERT_EQ(world_.record.has("run " + name), job.ran) << name;
		ASSERT_EQ(world_.record.has("release " + name), job.released) << name;
		ASSERT_EQ(world_.record.has("signal " + name + " " + std::to_string(job.error)),
			  job.signalled)
			<< name;
		if (jobs_[i].finished) {
			ASSERT_EQ(host::is_signalled(jobs_[i].finished), job.signalled) << name;
		}
	}
}

/* In each queue as the model has it; between queues any order will do. */
static void compare_orders(const Record &record, const model::Model &model)
{
	for (const model::Queue &queue : model.queues) {
		for (std::size_t i = 1; i < queue.runs.size(); i++)
			EXPECT_LT(record.place("run " + std::to_string(queue.runs[i - 1])),
				  record.place("run " + std::to_string(queue.runs[i])));

		for (std::size_t i = 1; i < queue.signals.size(); i++) {
			const auto line = [&](std::size_t job) {
				return "signal " + std::to_string(job) + " " +
				       std::to_string(model.jobs[job].error);
			};

			EXPECT_LT(record.place(line(queue.signals[i - 1])),
				  record.place(line(queue.signals[i])));
		}
	}
}

void Program::finish_everything()
{
	text_ << "finish\n";
	while (signal_foreign() || push() || start_queue())
		compare();
	while (complete())
		compare();
	while (put_job() || put_queue())
		compare();
	for (Handle &handle : jobs_) {
		os_fence_put(handle.hw);
		if (handle.finished)
			os_fence_put(handle.finished);
	}
	for (os_fence *fence : foreign_)
		os_fence_put(fence);
}

void Program::run()
{
	/* What happens more often is here more often. */
	static constexpr Operation choices[] = {
		&Program::new_queue,
		&Program::put_queue,
		&Program::new_job,
		&Program::new_job,
		&Program::new_job,
		&Program::add_dependency,
		&Program::add_dependency,
		&Program::add_dependency,
		&Program::arm,
		&Program::arm,
		&Program::arm,
		&Program::push,
		&Program::push,
		&Program::push,
		&Program::put_job,
		&Program::complete,
		&Program::complete,
		&Program::signal_foreign,
		&Program::signal_foreign,
		&Program::stop_queue,
		&Program::start_queue,
		&Program::start_queue,
		&Program::kill_queue,
		&Program::resubmit,
		&Program::change_limit,
		&Program::send_message,
	};

	for (std::size_t i = 0; i < operations && !testing::Test::HasFailure(); i++)
		if ((this->*choices[random_.below(std::size(choices))])())
			compare();
	if (!testing::Test::HasFailure())
		finish_everything();
	compare_orders(world_.record, model_);
}

/* A test body without a test, as each program needs a world of its own. */
class ProgramWorld : public World
{
public:
	void TestBody() override {}
};

TEST(Property, RandomProgramsDoAsTheModelSays)
{
	const unsigned long programs = setting("DRM_DEP_PROGRAMS", 1000);
	const std::uint64_t first = seed();

	for (unsigned long i = 0; i < programs; i++) {
		/* So that the printed one replays a single program. */
		const std::uint64_t own = first + i;
		ProgramWorld world;
		Program program(world, own);

		program.run();
		ASSERT_FALSE(HasFailure())
			<< "DRM_DEP_SEED=" << own << " DRM_DEP_PROGRAMS=1 replays this program:\n"
			<< program.text();
	}
}

} // namespace
