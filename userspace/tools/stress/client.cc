/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <algorithm>
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
	void make_programs();
	void bind_vm(std::uint32_t vm);

	void meet();
	void run_phase(std::uint32_t phase);
	void run_thread(std::uint32_t thread, std::uint32_t phase);
	void wait_for_others(const Batch &batch);
	void submit(const Batch &batch, Programs &programs);
	void write_program(Programs &programs, const std::vector<Call> &calls);
	void finish_queue(std::uint32_t queue, std::uint32_t last_job);
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
	std::vector<Programs> programs_; /* of each thread of the process */
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
		const Queue &description = world_.queues[i];
		vgpu::QueueOptions options;

		if (description.process != process_)
			continue;
		options.engine_class = static_cast<drm_vgpu_engine_class>(description.engine_class);
		if (description.direct_completion)
			options.flags = DRM_VGPU_QUEUE_DIRECT_COMPLETION;
		options.ring_words = description.ring_words;
		options.credits = description.credits;
		queues_.emplace(i, vgpu::Queue(device_, vms_[description.vm], options));
	}
	for (const auto &[number, fd] : context_.exports.sync_objects)
		sync_objects_.emplace(number, vgpu::Syncobj::import(device_, fd.get()));
	for (std::uint32_t i = 0; i < world_.sync_objects.size(); i++)
		if (world_.sync_objects[i].process == process_)
			sync_objects_.emplace(i, vgpu::Syncobj(device_));
	for (std::uint32_t i = 0; i < world_.status_slots; i++)
		statuses_.emplace_back(device_);
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
		const int expected = job.expected_error ? job.expected_error : 1;

		context_.shared.statuses_checked.fetch_add(1);
		if (status != expected) {
			context_.shared.mismatches.fetch_add(1);
			context_.shared.fail(
				fmt::format("the fence of {} has status {}, expected {}",
					    name_of_job(world_, number), status, expected));
		} else if (job.expected_error) {
			context_.shared.faults_seen.fetch_add(1);
		}
	}
}

void Client::check_memory(std::uint32_t phase)
{
	for (auto &[number, buffer] : buffers_)
		if (world_.buffers[number].process == process_)
			check_buffer(world_, phase, number, buffer.words(),
				     context_.expected[phase][number], context_.shared);
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
