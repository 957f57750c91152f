/* SPDX-License-Identifier: MIT */
#include "program_run.h"
#include "program_step.h"
#include "world.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>

#include <gtest/gtest-spi.h>

namespace test
{

namespace
{

/* What was seen of a queue. */
struct SeenQueue {
	QueueRef ref;
	Queue *memory = nullptr; /* as long as it is not released */
	std::atomic<unsigned int> told = 0;
	std::atomic<unsigned int> processed = 0;
	std::atomic<bool> released = false;
	std::vector<unsigned int> runs = {}; /* jobs as they ran first; the run side writes it */
};

/* What was seen of a job, and what its driver may still need when it has put it. */
struct SeenJob {
	JobRef ref;
	Job *memory = nullptr; /* as long as it is not released */
	os_fence *hw = nullptr;
	os_fence *finished = nullptr; /* once armed */
	std::atomic<u32> number = 0;
	std::atomic<u32> number_before = 0;
	std::atomic<unsigned int> runs = 0;
	std::atomic<unsigned int> prepares = 0;
	std::atomic<bool> released = false;
};

void describe(std::ostream &to, const struct model &model, const program_step &step)
{
	const model_job &job = model.jobs[step.job];

	to << program_name(step.kind);
	switch (step.kind) {
	case PROGRAM_QUEUE: {
		const unsigned int flags = model.queues[step.queue].flags;

		to << " " << step.queue << ": " << step.limit << " credits, level " << step.level;
		to << (flags & MODEL_BYPASS ? ", BYPASS" : "")
		   << (flags & MODEL_PUT_IRQ_SAFE ? ", JOB_PUT_IRQ_SAFE" : "")
		   << (flags & MODEL_KEEP_OWN ? ", KEEP_OWN_DEPS" : "")
		   << (flags & MODEL_STOPPED ? ", STOPPED" : "")
		   << (flags & MODEL_ATOMIC ? ", RUN_ATOMIC" : "")
		   << (flags & MODEL_PREPARE ? ", with prepare_job" : "");
		break;
	}
	case PROGRAM_JOB: {
		static constexpr std::array<const char *, MODEL_FINISHES> finishes = {
			"a hardware fence",
			"a hardware fence that has signalled",
			"job_done",
			"job_done in run_job",
			"job_done in run_job, and a hardware fence",
			"an error of run_job"};

		to << " " << step.job << " of queue " << step.queue << ": " << job.credits
		   << " credits, completed by " << finishes[job.finish];
		if (job.finish != MODEL_HARDWARE && job.finish != MODEL_DRIVER)
			to << " (" << job.run_error << ")";
		if (model.queues[job.queue].flags & MODEL_PREPARE) {
			if (job.prepare_fence != MODEL_NONE)
				to << ", prepares for fence " << job.prepare_fence;
			if (job.prepare_error)
				to << ", prepare_job fails with " << job.prepare_error;
		}
		break;
	}
	case PROGRAM_DEPEND: {
		static constexpr std::array<const char *, PROGRAM_SHAPES> shapes = {
			"", " array of", " chain of", " chain that ends in an array, of"};

		to << " to job " << step.job << ":" << shapes[step.shape];
		for (unsigned int i = 0; i < step.n; i++)
			to << (step.of_job[i] ? " job " : " fence ") << step.fences[i];
		break;
	}
	case PROGRAM_ARM:
	case PROGRAM_PUSH:
	case PROGRAM_JOB_PUT:
	case PROGRAM_LATE:
		to << ": job " << step.job;
		break;
	case PROGRAM_DONE:
	case PROGRAM_HARDWARE:
		to << ": job " << step.job << ", " << step.error;
		break;
	case PROGRAM_FENCE:
		to << " " << step.fence << ": " << step.error;
		break;
	case PROGRAM_LIMIT:
		to << ": queue " << step.queue << ", " << step.limit;
		break;
	case PROGRAM_MESSAGE:
		to << ": queue " << step.queue << (step.first ? ", as the first" : "");
		break;
	case PROGRAM_RESUBMIT:
		to << ": queue " << step.queue << ", runs " << step.expected;
		break;
	case PROGRAM_IDLE:
		to << ": queue " << step.queue << ", gives " << step.error;
		break;
	default:
		to << ": queue " << step.queue;
		break;
	}
	to << "\n";
}

/* Calls @each with the steps of a program, up to the end, as long as that gives true. */
template <typename Each>
void for_each_step(struct model &model, std::span<const unsigned char> bytes, unsigned int flags,
		   Each each)
{
	program_step step;
	program_op op;

	while (const unsigned int length =
		       program_decode(bytes.data(), static_cast<unsigned int>(bytes.size()), &op)) {
		bytes = bytes.subspan(length);
		if (program_step_make(&model, &op, flags, &step) && !each(step))
			return;
	}
	while (program_step_end(&model, &step))
		if (!each(step))
			return;
}

class Program
{
public:
	explicit Program(World &world) : world_(world) { model_init(&model_); }
	~Program();

	void run(std::span<const unsigned char> bytes, unsigned int flags);
	/* Empty if the core did as the model says. */
	const std::string &difference() const { return difference_; }

private:
	/* Each does to the core what the model has been done to already. */
	void step(const program_step &step);
	void make_queue(const program_step &step);
	void make_job(const program_step &step);
	void add_dependency(const program_step &step);
	void send_message(const program_step &step);
	void wait_idle(const program_step &step);
	os_fence *run_job(unsigned int index, Job &job);
	os_fence *prepare_job(unsigned int index);

	os_fence *foreign(unsigned int index);
	void compare();
	void compare_queue(unsigned int index);
	void compare_job(unsigned int index);
	template <typename T>
	void expect(const char *what, unsigned int index, T found, T expected);

	World &world_;
	model model_;
	std::string difference_;
	std::deque<SeenQueue> queues_;
	std::deque<SeenJob> jobs_;
	std::vector<std::unique_ptr<Message>> messages_;
	std::array<os_fence *, MODEL_FENCES> foreign_ = {};
};

template <typename T>
void Program::expect(const char *what, unsigned int index, T found, T expected)
{
	if (found == expected || !difference_.empty())
		return;

	std::ostringstream text;

	text << what << " " << index << ": " << found << ", the model says " << expected;
	difference_ = text.str();
}

/* The only reference is that of the program. */
os_fence *Program::foreign(unsigned int index)
{
	if (!foreign_[index])
		foreign_[index] = host::foreign_fence();
	return foreign_[index];
}

void Program::make_queue(const program_step &step)
{
	static constexpr std::pair<unsigned int, u32> flags_of[] = {
		{MODEL_BYPASS, DRM_DEP_QUEUE_BYPASS},
		{MODEL_PUT_IRQ_SAFE, DRM_DEP_QUEUE_JOB_PUT_IRQ_SAFE},
		{MODEL_KEEP_OWN, DRM_DEP_QUEUE_KEEP_OWN_DEPS},
		{MODEL_STOPPED, DRM_DEP_QUEUE_STOPPED},
		{MODEL_ATOMIC, DRM_DEP_QUEUE_RUN_ATOMIC},
	};
	const unsigned int flags = model_.queues[step.queue].flags;
	SeenQueue &seen = queues_.emplace_back();
	u32 of_core = 0;

	for (const auto &[ours, core] : flags_of)
		if (flags & ours)
			of_core |= core;
	seen.ref = world_.make_queue("q" + std::to_string(step.queue),
				     {.credits = step.limit,
				      .nest_level = step.level,
				      .flags = of_core,
				      .prepare = (flags & MODEL_PREPARE) != 0});
	seen.memory = seen.ref.get();
	seen.memory->on_killed = [&seen] { seen.told++; };
	seen.memory->on_release = [&seen] { seen.released = true; };
}

os_fence *Program::run_job(unsigned int index, Job &job)
{
	const model_job &planned = model_.jobs[index];
	SeenJob &seen = jobs_[index];

	seen.number_before = seen.number.load();
	seen.number = job.number;
	if (!seen.runs++)
		queues_[planned.queue].runs.push_back(index);

	switch (planned.finish) {
	case MODEL_HARDWARE_ALREADY:
		host::signal(job.hw, planned.run_error);
		break;
	case MODEL_DRIVER_AT_ONCE:
	case MODEL_DRIVER_AND_FENCE:
		EXPECT_TRUE(drm_dep_job_done(&job, job.number, planned.run_error));
		break;
	case MODEL_ERROR:
		return fails_with(planned.run_error)(job);
	default:
		break;
	}
	if (planned.finish == MODEL_DRIVER || planned.finish == MODEL_DRIVER_AT_ONCE)
		return nullptr;
	return host::get(seen.hw);
}

os_fence *Program::prepare_job(unsigned int index)
{
	const model_job &planned = model_.jobs[index];
	const bool first = !jobs_[index].prepares++;

	if (first && planned.prepare_fence != MODEL_NONE)
		return host::get(foreign_[planned.prepare_fence]);
	if (planned.prepare_error)
		return reinterpret_cast<os_fence *>(
			static_cast<std::intptr_t>(planned.prepare_error));
	return nullptr;
}

void Program::make_job(const program_step &step)
{
	const model_job &planned = model_.jobs[step.job];
	const unsigned int index = step.job;
	SeenJob &seen = jobs_.emplace_back();

	if (planned.prepare_fence != MODEL_NONE)
		foreign(planned.prepare_fence);
	seen.ref = world_.make_job(
		queues_[step.queue].ref, std::to_string(index),
		[this, index](Job &job) { return run_job(index, job); }, planned.credits);
	seen.memory = seen.ref.get();
	seen.memory->prepare = [this, index](Job &) { return prepare_job(index); };
	seen.memory->on_release = [&seen] { seen.released = true; };
	seen.hw = host::get(seen.memory->hw);
}

void Program::add_dependency(const program_step &step)
{
	std::array<os_fence *, 3> fences = {};
	os_fence *all;

	for (unsigned int i = 0; i < step.n; i++)
		fences[i] = host::get(step.of_job[i] ? jobs_[step.fences[i]].finished
						     : foreign(step.fences[i]));
	switch (step.shape) {
	case PROGRAM_ARRAY:
		all = host::fence_array(std::span(fences.data(), 2));
		break;
	case PROGRAM_CHAIN:
		all = host::fence_chain(fences[0], fences[1]);
		break;
	case PROGRAM_ARRAY_IN_CHAIN:
		all = host::fence_chain(fences[0],
					host::fence_array(std::span(fences.data() + 1, 2)));
		break;
	default:
		all = fences[0];
		break;
	}
	EXPECT_EQ(drm_dep_job_add_dependency(jobs_[step.job].ref.get(), all), 0);
}

void Program::send_message(const program_step &step)
{
	SeenQueue &queue = queues_[step.queue];
	Message &message = *messages_.emplace_back(
		std::make_unique<Message>("", [&queue](Message &) { queue.processed++; }));

	EXPECT_TRUE(step.first ? drm_dep_queue_send_message_first(queue.memory, &message)
			       : drm_dep_queue_send_message(queue.memory, &message));
}

void Program::wait_idle(const program_step &step)
{
	/* If it should end at once, then it gets all the time in the world. */
	const u32 limit_ms = step.error ? 1 : 20000;

	EXPECT_EQ(drm_dep_queue_wait_idle(queues_[step.queue].memory, limit_ms), step.error);
}

void Program::step(const program_step &step)
{
	SeenJob *job = step.job < jobs_.size() ? &jobs_[step.job] : nullptr;
	Queue *queue = step.queue < queues_.size() ? queues_[step.queue].memory : nullptr;

	switch (step.kind) {
	case PROGRAM_QUEUE:
		make_queue(step);
		break;
	case PROGRAM_QUEUE_PUT:
		queues_[step.queue].ref.put();
		break;
	case PROGRAM_JOB:
		make_job(step);
		break;
	case PROGRAM_DEPEND:
		add_dependency(step);
		break;
	case PROGRAM_ARM:
		world_.arm(job->ref);
		job->finished = host::get(drm_dep_job_finished_fence(job->memory));
		break;
	case PROGRAM_PUSH:
		drm_dep_job_push(job->memory);
		break;
	case PROGRAM_JOB_PUT:
		job->ref.put();
		break;
	case PROGRAM_DONE:
		EXPECT_TRUE(drm_dep_job_done(job->memory, job->number, step.error));
		break;
	case PROGRAM_LATE:
		EXPECT_FALSE(drm_dep_job_done(
			job->memory, model_.jobs[step.job].done ? job->number : job->number_before,
			-1));
		break;
	case PROGRAM_HARDWARE:
		EXPECT_TRUE(host::signal(job->hw, step.error));
		break;
	case PROGRAM_FENCE:
		EXPECT_TRUE(host::signal(foreign(step.fence), step.error));
		break;
	case PROGRAM_STOP:
		drm_dep_queue_stop(queue);
		break;
	case PROGRAM_START:
		drm_dep_queue_start(queue);
		break;
	case PROGRAM_KILL:
		drm_dep_queue_kill(queue);
		break;
	case PROGRAM_RESUBMIT:
		EXPECT_EQ(drm_dep_queue_resubmit(queue), step.expected);
		break;
	case PROGRAM_LIMIT:
		drm_dep_queue_set_credit_limit(queue, step.limit);
		break;
	case PROGRAM_MESSAGE:
		send_message(step);
		break;
	case PROGRAM_IDLE:
		wait_idle(step);
		break;
	case PROGRAM_KINDS:
		break;
	}
}

void Program::compare_queue(unsigned int index)
{
	const model_queue &expected = model_.queues[index];
	SeenQueue &seen = queues_[index];
	unsigned int nth = 0;

	expect("released queue", index, seen.released.load(), expected.released);
	expect("messages processed by queue", index, seen.processed.load(), expected.processed);
	expect("killed of queue", index, seen.told.load(), static_cast<unsigned>(expected.told));
	for (unsigned int i = 0; i < expected.n; i++) {
		if (!model_.jobs[expected.order[i]].runs)
			continue;
		if (nth < seen.runs.size())
			expect("what ran in its place in the queue of job", expected.order[i],
			       seen.runs[nth], static_cast<unsigned>(expected.order[i]));
		nth++;
	}
	expect("jobs that ran of queue", index, seen.runs.size(), std::size_t{nth});
	if (seen.released || expected.released)
		return;

	expect("whether it is killed, of queue", index, drm_dep_queue_is_killed(seen.memory),
	       expected.killed);
	expect("whether it is stopped, of queue", index, drm_dep_queue_is_stopped(seen.memory),
	       expected.stops != 0);
	expect("last error of queue", index, drm_dep_queue_last_error(seen.memory),
	       expected.last_error);

	dep::Guard guard(seen.memory->lock);

	expect("credits in flight of queue", index, seen.memory->credits_used, expected.in_flight);
}

void Program::compare_job(unsigned int index)
{
	const model_job &expected = model_.jobs[index];
	SeenJob &seen = jobs_[index];

	expect("runs of job", index, seen.runs.load(), expected.runs);
	expect("prepare_job of job", index, seen.prepares.load(), expected.prepares);
	expect("released job", index, seen.released.load(), expected.released);
	if (!seen.finished)
		return;
	expect("finished fence of job", index, host::is_signalled(seen.finished),
	       expected.signalled);
	if (expected.signalled && host::is_signalled(seen.finished))
		expect("error of job", index, os_fence_error(seen.finished), expected.error);
	if (expected.held)
		expect("whether it is finished, of job", index,
		       drm_dep_job_is_finished(seen.memory), expected.done);
}

void Program::compare()
{
	if (!host::wait_idle())
		difference_ = "the core does not come to rest";
	model_settle(&model_);
	for (unsigned int i = 0; i < model_.n_queues; i++)
		compare_queue(i);
	for (unsigned int i = 0; i < model_.n_jobs; i++)
		compare_job(i);
}

void Program::run(std::span<const unsigned char> bytes, unsigned int flags)
{
	for_each_step(model_, bytes, flags, [this](const program_step &step) {
		std::ostringstream at;

		this->step(step);
		compare();
		if (difference_.empty())
			return true;
		at << "after \"";
		describe(at, model_, step);
		difference_ = at.str().substr(0, at.str().size() - 1) + "\": " + difference_;
		return false;
	});
}

/*
 * After a difference, what is known to be there is brought to its end as well as can be, so that
 * the next program finds a quiet host.
 */
Program::~Program()
{
	program_step next;

	while (!difference_.empty() && program_step_end(&model_, &next)) {
		const bool gone = next.kind == PROGRAM_DONE && jobs_[next.job].released;

		if (!gone)
			step(next);
		(void)host::wait_idle();
		model_settle(&model_);
	}
	for (SeenJob &job : jobs_) {
		if (!host::is_signalled(job.hw) && !difference_.empty())
			host::signal(job.hw);
		if (job.finished)
			os_fence_put(job.finished);
		os_fence_put(job.hw);
	}
	(void)host::wait_idle();
	for (os_fence *fence : foreign_)
		if (fence)
			os_fence_put(fence);
}

/* A test body without a test, as each program needs a world of its own. */
class ProgramWorld : public World
{
public:
	void TestBody() override {}
};

} // namespace

std::string program_text(std::span<const unsigned char> bytes, unsigned int flags)
{
	std::ostringstream text;
	struct model model;

	model_init(&model);
	for_each_step(model, bytes, flags, [&](const program_step &step) {
		model_settle(&model);
		describe(text, model, step);
		return true;
	});
	return text.str();
}

std::string to_hex(std::span<const unsigned char> bytes)
{
	static constexpr char digits[] = "0123456789abcdef";
	std::string text;

	for (const unsigned char byte : bytes) {
		text += digits[byte >> 4];
		text += digits[byte & 15];
	}
	return text;
}

Bytes from_hex(std::string_view text)
{
	std::string digits;
	Bytes bytes;

	for (const char c : text)
		if (std::isxdigit(static_cast<unsigned char>(c)))
			digits += c;
	for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
		bytes.push_back(
			static_cast<unsigned char>(std::stoul(digits.substr(i, 2), nullptr, 16)));
	return bytes;
}

std::vector<Bytes> corpus()
{
	static constexpr std::string_view programs[] = {
#define PROGRAM(bytes) std::string_view(bytes, sizeof(bytes) - 1),
#include "program_corpus.inc"
#undef PROGRAM
	};
	std::vector<Bytes> all;

	for (const std::string_view one : programs)
		all.emplace_back(one.begin(), one.end());
	return all;
}

std::string run_program(std::span<const unsigned char> bytes, unsigned int flags)
{
	testing::TestPartResultArray seen;
	std::string failure;

	{
		/* What anybody expects counts for this program, whichever thread he is in. */
		const testing::ScopedFakeTestPartResultReporter reporter(
			testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &seen);
		ProgramWorld world;
		Program program(world);

		program.run(bytes, flags);
		failure = program.difference();
	}
	for (int i = 0; i < seen.size(); i++) {
		const testing::TestPartResult &result = seen.GetTestPartResult(i);

		if (result.failed())
			failure += std::string("\n") + result.message();
	}
	if (failure.empty())
		return "";
	return failure + "\nThe program" + (flags ? ", with other flags," : "") + " is\n" +
	       program_text(bytes, flags) + "DRM_DEP_PROGRAM=" + to_hex(bytes) +
	       " build/userspace/userspace/host/drm_dep_host_tests "
	       "--gtest_filter=Property.CorpusDoesAsTheModelSays\nruns it again.\n";
}

} // namespace test
