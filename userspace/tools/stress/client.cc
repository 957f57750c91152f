/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "check.h"
#include "encode.h"
#include "layout.h"

namespace stress
{

namespace
{

using namespace std::chrono_literals;

/* How long to sleep before looking whether somebody failed meanwhile. */
constexpr std::chrono::milliseconds look_up = 200ms;

/* Somebody has noted a failure: the rest of the round is of no use. */
struct Stopped {
};

/* What one thread submits from: its programs, and where they are. */
struct Programs {
	vgpu::CommandWriter words;
	std::map<std::uint32_t, std::vector<Call>> calls; /* by job */
	std::optional<vgpu::Buffer> buffer;
	std::uint64_t va = 0;
	std::uint32_t written = 0; /* words in the buffer so far */
};

class Client
{
public:
	Client(const ClientContext &context, std::uint32_t process);
	void run();

private:
	void make_buffers();
	void make_vms();
	void make_queues();
	vgpu::Queue make_queue(std::uint32_t queue);
	void make_programs();
	void bind_vm(std::uint32_t vm);

	void meet();
	void run_phase(std::uint32_t phase);
	void run_thread(std::uint32_t thread, std::uint32_t phase);
	void wait_for_others(const Batch &batch);
	void submit(const Batch &batch, Programs &programs);
	void write_program(Programs &programs, const std::vector<Call> &calls);
	void finish_queue(std::uint32_t queue, std::uint32_t last_job);
	void enter_life(std::uint32_t thread, std::uint32_t life);
	void leave_life(std::uint32_t thread, std::uint32_t queue);
	void kill_life(std::uint32_t life);
	void check_deaths(std::uint32_t thread, const Phase &phase);
	void check_death(std::uint32_t life, const vgpu::Queue &queue, const Programs &programs);
	int expected_status(std::uint32_t job) const;
	void check_statuses(std::uint32_t thread, const Phase &phase);
	void check_memory(std::uint32_t phase);

	std::uint64_t activity() const;
	std::uint32_t thread_of(const Job &job) const
	{
		return process_ * world_.shape.threads + world_.queues[job.queue].thread;
	}

	const ClientContext &context_;
	const World &world_;
	const std::uint32_t process_;
	vgpu::Device device_ = vgpu::Device::open();
	std::map<std::uint32_t, vgpu::Buffer> buffers_;
	std::map<std::uint32_t, vgpu::Syncobj> sync_objects_;
	std::vector<vgpu::Syncobj> statuses_;
	std::vector<Layout> layouts_;
	std::vector<vgpu::Vm> vms_;
	std::map<std::uint32_t, vgpu::Queue> queues_;
	std::vector<std::uint32_t> life_; /* of each queue of the world, the one it is in */
	struct Ended {
		std::uint32_t life;
		vgpu::Queue queue;
	};
	std::vector<std::vector<Ended>> ended_; /* in this phase, of each thread */
	std::optional<Memory> memory_;		/* what the model has, if the kills decide it */
	std::vector<Programs> programs_;	/* of each thread of the process */
	std::uint32_t guard_ = 0;
	std::uint32_t meetings_ = 0;
};

Client::Client(const ClientContext &context, std::uint32_t process)
	: context_(context), world_(context.world), process_(process)
{
	make_buffers();
	make_vms();
	make_queues();
	make_programs();
}

void Client::make_buffers()
{
	for (const auto &[number, fd] : context_.exports.buffers)
		buffers_.emplace(number, vgpu::Buffer::import(device_, fd.get()));
	for (std::uint32_t i = 0; i < world_.buffers.size(); i++) {
		const Buffer &description = world_.buffers[i];

		if (description.process != process_)
			continue;
		if (description.kind == BufferKind::guard)
			guard_ = i;
		vgpu::Buffer buffer(device_, description.bytes);
		check_zero(world_, i, buffer.words(), context_.shared);
		const std::vector<std::uint64_t> contents = first_contents(description);
		std::copy(contents.begin(), contents.end(), buffer.words().begin());
		buffers_.emplace(i, std::move(buffer));
	}
}

void Client::make_vms()
{
	for (std::uint32_t i = 0; i < world_.shape.vms; i++) {
		vms_.emplace_back(device_);
		layouts_.emplace_back(world_, process_, i, device_.info().va_start);
		bind_vm(i);
	}
}

void Client::bind_vm(std::uint32_t vm)
{
	const std::uint64_t page = world_.shape.page_bytes;
	const Layout &layout = layouts_[vm];
	std::vector<drm_vgpu_bind_op> ops;

	for (const auto &[number, buffer] : buffers_)
		if (layout.maps(number)) {
			const bool constant = world_.buffers[number].kind == BufferKind::constant;

			ops.push_back(vgpu::map_op(buffer, layout.va(number), 0, buffer.bytes(),
						   constant ? vgpu::Access::read_only
							    : vgpu::Access::read_write));
		}
	for (std::size_t i = 0; i < layout.guard_pages(); i++)
		ops.push_back(
			vgpu::map_op(buffers_.at(guard_), layout.guard_va(i), i * page, page));
	vms_[vm].bind(ops);
}

void Client::make_queues()
{
	for (std::uint32_t i = 0; i < world_.queues.size(); i++) {
		if (world_.queues[i].process == process_)
			queues_.emplace(i, make_queue(i));
	}
	life_.assign(world_.queues.size(), nobody);
	ended_.resize(world_.shape.threads);
	for (const auto &[number, fd] : context_.exports.sync_objects)
		sync_objects_.emplace(number, vgpu::Syncobj::import(device_, fd.get()));
	for (std::uint32_t i = 0; i < world_.sync_objects.size(); i++)
		if (world_.sync_objects[i].process == process_)
			sync_objects_.emplace(i, vgpu::Syncobj(device_));
	for (std::uint32_t i = 0; i < world_.status_slots; i++)
		statuses_.emplace_back(device_);
}

vgpu::Queue Client::make_queue(std::uint32_t queue)
{
	const Queue &description = world_.queues[queue];
	vgpu::QueueOptions options;

	options.engine_class = static_cast<drm_vgpu_engine_class>(description.engine_class);
	if (description.direct_completion)
		options.flags = DRM_VGPU_QUEUE_DIRECT_COMPLETION;
	options.profile = static_cast<drm_vgpu_profile>(description.profile);
	options.ring_words = description.ring_words;
	options.credits = description.credits;
	return {device_, vms_[description.vm], options};
}

void Client::make_programs()
{
	programs_.resize(world_.shape.threads);
	for (std::uint32_t i = 0; i < world_.jobs.size(); i++) {
		const Job &job = world_.jobs[i];
		const Queue &queue = world_.queues[job.queue];

		if (queue.process != process_)
			continue;
		Programs &programs = programs_[queue.thread];
		programs.calls[i] = encode(job, layouts_[queue.vm], programs.words);
	}
	for (std::uint32_t thread = 0; thread < programs_.size(); thread++) {
		Programs &programs = programs_[thread];
		const std::uint32_t vm = thread % world_.shape.vms;

		/* One word at least, as there may be a thread with no job at all. */
		programs.words.nop();
		programs.buffer.emplace(device_, programs.words.size() * sizeof(std::uint64_t));
		/* Apart by more than the largest thread can need. */
		programs.va = layouts_[vm].end() + (std::uint64_t{thread} << 30);
		vms_[vm].map(*programs.buffer, programs.va, vgpu::Access::read_only);
	}
}

std::uint64_t Client::activity() const
{
	/* Mapped before the threads start. */
	auto &progress = const_cast<vgpu::Buffer &>(buffers_.at(world_.progress_buffer));
	std::uint64_t sum = Progress(world_, progress.words()).finished();

	for (std::uint32_t i = 0; i < world_.threads(); i++)
		sum += context_.shared.submitted[i];
	return sum;
}

/* Arrives, and waits until the process that reports lets everybody go on. */
void Client::meet()
{
	meetings_++;
	advance(context_.shared.arrived);
	for (;;) {
		const std::uint32_t opened = context_.shared.opened;

		if (context_.shared.stop)
			throw Stopped();
		if (opened >= meetings_)
			return;
		sleep_while(context_.shared.opened, opened, look_up);
	}
}

void Client::run()
{
	buffers_.at(world_.progress_buffer).words();
	meet();
	for (std::uint32_t phase = 0; phase < world_.phases.size(); phase++) {
		run_phase(phase);
		if (world_.planned_kills)
			meet(); /* from here on all know how far the killed queues got */
		check_memory(phase);
		meet();
	}
}

void Client::run_phase(std::uint32_t phase)
{
	std::vector<std::thread> threads;

	for (std::uint32_t i = 0; i < world_.shape.threads; i++)
		threads.emplace_back([this, i, phase] {
			try {
				run_thread(process_ * world_.shape.threads + i, phase);
			} catch (const Stopped &) {
			} catch (const std::exception &error) {
				context_.shared.fail(fmt::format("process {}, thread {}: {}",
								 process_, i, error.what()));
			}
		});
	for (std::thread &thread : threads)
		thread.join();
	if (context_.shared.stop)
		throw Stopped();
}

void Client::run_thread(std::uint32_t thread, std::uint32_t number)
{
	const Phase &phase = world_.phases[number];
	Programs &programs = programs_[thread % world_.shape.threads];
	std::map<std::uint32_t, std::uint32_t> last_jobs; /* by queue */

	for (std::uint32_t i = 0; i < phase.batch_count; i++) {
		const Batch &batch = world_.batches[phase.first_batch + i];

		if (batch.thread != thread)
			continue;
		wait_for_others(batch);
		submit(batch, programs);
		advance(context_.shared.submitted[thread]);
		for (std::uint32_t job = 0; job < batch.job_count; job++)
			last_jobs[world_.jobs[batch.first_job + job].queue] = batch.first_job + job;
	}
	for (const auto &[queue, job] : last_jobs)
		finish_queue(queue, job);
	check_deaths(thread, phase);
	check_statuses(thread, phase);
}

/* A fence must be in its sync object before a job can wait for it. */
void Client::wait_for_others(const Batch &batch)
{
	Patience patience(context_.patience);

	for (const SubmitAfter &after : batch.after) {
		const std::atomic<std::uint32_t> &submitted =
			context_.shared.submitted[after.thread];

		for (;;) {
			const std::uint32_t count = submitted;

			if (context_.shared.stop)
				throw Stopped();
			if (count >= after.count)
				break;
			if (patience.exhausted(activity()))
				throw std::runtime_error(fmt::format(
					"thread {} of process {} never submitted its batch {}",
					after.thread % world_.shape.threads,
					world_.process_of_thread(after.thread), after.count - 1));
			sleep_while(submitted, count, look_up);
		}
	}
}

void Client::write_program(Programs &programs, const std::vector<Call> &calls)
{
	/* Programs are laid out in the order of the list, which is that of submission. */
	const Call &last = calls.back();
	const std::uint32_t end = last.first + last.words + 1;
	const auto from = programs.words.words().begin();

	std::copy(from + programs.written, from + end,
		  programs.buffer->words().begin() + programs.written);
	programs.written = end;
}

void Client::submit(const Batch &batch, Programs &programs)
{
	vgpu::Exec exec;

	for (std::uint32_t i = 0; i < batch.job_count; i++) {
		const std::uint32_t number = batch.first_job + i;
		const Job &description = world_.jobs[number];
		const std::vector<Call> &calls = programs.calls.at(number);
		enter_life(batch.thread, description.life);
		vgpu::Job &job = exec.job(queues_.at(description.queue), number);

		write_program(programs, calls);
		for (const Call &call : calls)
			job.call(programs.va + call.first * sizeof(std::uint64_t), call.words);
		for (const SyncUse &use : description.syncs) {
			if (use.wait && context_.drop_waits)
				continue;
			job.sync(sync_objects_.at(use.object).handle(),
				 (use.wait ? DRM_VGPU_SYNC_WAIT : DRM_VGPU_SYNC_SIGNAL) |
					 (use.timeline ? DRM_VGPU_SYNC_TIMELINE : 0),
				 use.point);
		}
		if (description.status_slot != UINT32_MAX)
			job.signal(statuses_[description.status_slot]);
	}
	exec.submit(device_);
	if (batch.kill_life == nobody)
		return;
	/* No event is waited for: when it comes is left to chance. */
	std::this_thread::sleep_for(std::chrono::microseconds(batch.kill_after_us));
	kill_life(batch.kill_life);
}

/* A dead queue is kept to the end of the phase, and a new one takes its place. */
void Client::leave_life(std::uint32_t thread, std::uint32_t queue)
{
	ended_[thread % world_.shape.threads].push_back(
		{life_[queue], std::move(queues_.at(queue))});
	life_[queue] = nobody;
}

void Client::enter_life(std::uint32_t thread, std::uint32_t life)
{
	const std::uint32_t queue = world_.lives[life].queue;

	if (life_[queue] == life)
		return;
	if (life_[queue] != nobody)
		leave_life(thread, queue);
	if (!queues_.at(queue).id())
		queues_.at(queue) = make_queue(queue);
	life_[queue] = life;
}

void Client::kill_life(std::uint32_t life)
{
	queues_.at(world_.lives[life].queue).kill();
}

/* All fences of the phase have signalled: how did the queues end that died in it? */
void Client::check_deaths(std::uint32_t thread, const Phase &phase)
{
	std::vector<Ended> &ended = ended_[thread % world_.shape.threads];

	for (const auto &[queue, object] : queues_) {
		/* Of the others' queues their threads may be changing the lives right now. */
		if (process_ * world_.shape.threads + world_.queues[queue].thread != thread)
			continue;
		const std::uint32_t life = life_[queue];

		if (life != nobody && world_.lives[life].death != Death::none &&
		    world_.lives[life].last_job < phase.first_job + phase.job_count)
			leave_life(thread, queue);
	}
	for (const Ended &end : ended)
		check_death(end.life, end.queue, programs_[thread % world_.shape.threads]);
	ended.clear();
}

void Client::check_death(std::uint32_t number, const vgpu::Queue &queue, const Programs &programs)
{
	const Life &life = world_.lives[number];
	const bool killed = life.death == Death::kill;
	const Job &bad = world_.jobs[killed ? life.last_job : life.bad_job];
	const Call &any = programs.calls.at(life.first_job).front();
	const drm_vgpu_queue_state state = queue.state();
	vgpu::Exec exec;
	std::string wrong;

	const auto want = [&wrong](const char *what, std::uint64_t got, std::uint64_t expected) {
		if (got != expected)
			wrong += fmt::format(" {} is {}, expected {};", what, got, expected);
	};

	want("the status", state.status, killed ? DRM_VGPU_QUEUE_KILLED : DRM_VGPU_QUEUE_BANNED);
	want("the number of submitted jobs", state.submitted, life.job_count);
	if (killed) {
		StopSlot &slot = context_.shared.stops[number];

		if (state.completed > life.job_count ||
		    (state.stopped && state.completed == life.job_count)) {
			wrong += fmt::format(" {} jobs of {} completed and then one stopped: {};",
					     state.completed, life.job_count, state.stopped);
		} else if (state.stopped) {
			/* The jobs of a life needn't be neighbours in the list. */
			const Job &half = world_.jobs[state.stop_cookie % world_.jobs.size()];

			want("the life of the job that stopped", half.life, number);
			want("the job that stopped", half.ordinal_in_life, state.completed);
			if (!commands_before(half, state.stop_call, state.stop_word))
				wrong += fmt::format(" no command begins at word {} of call {};",
						     state.stop_word, state.stop_call);
		}
		slot.completed = state.completed;
		slot.stopped = state.stopped;
		slot.call = state.stop_call;
		slot.word = state.stop_word;
		slot.known.store(1, std::memory_order_release);
		context_.shared.kills_seen.fetch_add(1);
		context_.shared.stopped_inside.fetch_add(state.stopped);
	} else {
		want("the error", static_cast<std::uint64_t>(-state.error),
		     static_cast<std::uint64_t>(-bad.expected_error));
		want("the number of completed jobs", state.completed, bad.ordinal_in_life);
		want("whether a job has stopped", state.stopped, 1);
		want("the job that stopped", state.stop_cookie, life.bad_job);
		want("the command at which it stopped",
		     commands_before(bad, state.stop_call, state.stop_word).value_or(UINT32_MAX),
		     bad.first_bad);
	}
	context_.shared.resets.fetch_add(state.resets);

	exec.job(queue).call(programs.va + any.first * sizeof(std::uint64_t), any.words);
	want("what a further job gets", static_cast<std::uint64_t>(-exec.try_submit(device_.io())),
	     ECANCELED);
	if (wrong.empty())
		return;
	context_.shared.mismatches.fetch_add(1);
	context_.shared.fail(fmt::format("queue {} of process {}, which {}:{}", life.queue,
					 process_, killed ? "was killed" : "faulted", wrong));
}

/* What the fence of a job must say. Of killed queues it is known once they have ended. */
int Client::expected_status(std::uint32_t number) const
{
	const Job &job = world_.jobs[number];

	if (world_.lives[job.life].death == Death::kill) {
		const StopSlot &stop = context_.shared.stops[job.life];

		/* One that is killed in a later phase has done all of this one. */
		return !stop.known || job.ordinal_in_life < stop.completed ? 1 : -ECANCELED;
	}
	return job.expected_error ? job.expected_error : 1;
}

void Client::finish_queue(std::uint32_t queue, std::uint32_t last_job)
{
	const std::vector<SyncUse> &syncs = world_.jobs[last_job].syncs;
	const auto signal = std::find_if(syncs.begin(), syncs.end(), [=](const SyncUse &use) {
		return use.object == queue && !use.wait;
	});
	Patience patience(context_.patience);

	while (!sync_objects_.at(queue).wait(signal->point, vgpu::Deadline::in(look_up))) {
		if (context_.shared.stop)
			throw Stopped();
		if (!patience.exhausted(activity()))
			continue;
		const Progress progress(world_, buffers_.at(world_.progress_buffer).words());
		const std::uint32_t stuck = progress.next_job(queue);
		throw std::runtime_error(fmt::format(
			"nothing has finished for {} s: {} is stuck",
			std::chrono::duration_cast<std::chrono::seconds>(context_.patience).count(),
			name_of_job(world_, std::min(stuck, last_job))));
	}
}

void Client::check_statuses(std::uint32_t thread, const Phase &phase)
{
	for (std::uint32_t i = 0; i < phase.job_count; i++) {
		const std::uint32_t number = phase.first_job + i;
		const Job &job = world_.jobs[number];

		if (job.status_slot == UINT32_MAX || world_.queues[job.queue].process != process_ ||
		    thread_of(job) != thread)
			continue;
		const int status =
			vgpu::sync_file_status(statuses_[job.status_slot].export_sync_file().get());
		const int expected = expected_status(number);

		context_.shared.statuses_checked.fetch_add(1);
		if (status != expected) {
			context_.shared.mismatches.fetch_add(1);
			context_.shared.fail(
				fmt::format("the fence of {} has status {}, expected {}",
					    name_of_job(world_, number), status, expected));
		} else if (world_.lives[job.life].bad_job == number) {
			context_.shared.faults_seen.fetch_add(1);
		}
	}
}

void Client::check_memory(std::uint32_t phase)
{
	if (world_.planned_kills) {
		if (!memory_)
			memory_ = first_contents(world_);
		execute(world_, world_.phases[phase], known_stops(world_, context_.shared),
			*memory_);
	}
	const Memory &expected = memory_ ? *memory_ : context_.expected[phase];

	for (auto &[number, buffer] : buffers_)
		if (world_.buffers[number].process == process_)
			check_buffer(world_, phase, number, buffer.words(), expected[number],
				     context_.shared);
	for (Programs &programs : programs_) {
		const std::span<const std::uint64_t> want = programs.words.words();
		const std::span<const std::uint64_t> got = programs.buffer->words();

		context_.shared.bytes_verified.fetch_add(programs.written * sizeof(got[0]));
		if (!std::equal(want.begin(), want.begin() + programs.written, got.begin())) {
			context_.shared.mismatches.fetch_add(1);
			context_.shared.fail(fmt::format(
				"process {}: a command buffer has changed, though nothing writes "
				"there",
				process_));
		}
	}
	if (context_.shared.stop)
		throw Stopped();
}

} // namespace

int run_client(const ClientContext &context, std::uint32_t process)
{
	try {
		Client(context, process).run();
	} catch (const Stopped &) {
		return 1;
	} catch (const std::exception &error) {
		context.shared.fail(fmt::format("process {}: {}", process, error.what()));
		return 1;
	}
	return 0;
}

} // namespace stress
