/* SPDX-License-Identifier: MIT */
#include "generator.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <string>
#include <utility>

#include "hazards.h"
#include "random.h"
#include "sync_pool.h"

namespace stress
{

namespace
{

constexpr std::uint64_t word_bytes = sizeof(std::uint64_t);
constexpr std::uint64_t point_step = 4; /* leaves points between those that are signalled */
constexpr std::uint32_t max_calls = 3;
constexpr std::uint32_t max_entry_words = 4 + 2 * max_calls;

std::uint64_t round_up(std::uint64_t value, std::uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

/* A part of a buffer; hazards are tracked by slot. */
struct Slot {
	std::uint32_t buffer;
	std::uint64_t offset;
};

class Generator
{
public:
	explicit Generator(const Shape &shape);
	World run();

private:
	std::uint32_t add_buffer(BufferKind kind, std::uint32_t process, std::uint64_t bytes);
	void add_slots(std::uint32_t buffer, std::uint64_t bytes,
		       std::vector<std::uint32_t> &readable, std::vector<std::uint32_t> *writable);
	void make_buffers();
	void make_queues();
	std::uint32_t choose_profile();
	void make_sync_objects();

	void make_phase(std::uint32_t jobs);
	void make_batch(std::uint32_t jobs);
	void make_job(std::uint32_t queue);
	std::uint32_t choose_queue(const std::vector<std::uint32_t> &candidates);
	void begin_life(std::uint32_t queue);
	void end_lives(Batch &batch);
	bool may_die(std::uint32_t queue) const;

	using Accesses = std::vector<Hazards::Access>;

	/* Commands. Accesses of what can't take effect aren't noted: accesses is null then. */
	struct Range {
		std::uint32_t slot;
		std::uint64_t offset; /* in the buffer */
		std::uint64_t length;
	};
	Range choose_range(std::uint32_t slot);
	void add_step(Job &job, bool delayed, Accesses *accesses);
	void keep_old(Job &job, const Range &range, Accesses *accesses);
	void make_distinct(Job &job, std::uint32_t slot, const Command &done, Accesses *accesses);
	void add_bad_command(Job &job);
	void split_into_calls(Job &job);

	/* Edges */
	void order(std::uint32_t job, const Accesses &accesses, std::uint32_t life_before);
	void add_edge(std::uint32_t from, std::uint32_t to, bool needed);
	std::uint64_t signal_timeline(std::uint32_t job);
	static void add_sync(Job &job, const SyncUse &use);
	void submit_after(std::uint32_t earlier, std::uint32_t later);

	World world_;
	const Shape &shape_;
	Random random_;
	std::uint64_t slot_bytes_;
	std::vector<Slot> slots_;
	std::vector<std::vector<std::uint32_t>> readable_; /* slots, of each process */
	std::vector<std::vector<std::uint32_t>> writable_; /* slots, of each process */
	std::vector<std::uint32_t> accumulator_;	   /* slot, of each queue */
	std::vector<std::vector<std::uint32_t>> thread_queues_;
	std::vector<std::uint32_t> thread_batches_;
	std::vector<std::uint32_t> queue_jobs_; /* so far, of each queue */
	std::vector<std::uint32_t> life_;	/* of each queue, the one it is in */
	std::vector<std::uint32_t> deaths_;	/* in this phase, of each process */
	std::vector<std::uint32_t> status_used_;
	std::vector<std::uint32_t> constants_; /* buffers */
	std::uint32_t phase_first_job_ = 0;
	Hazards hazards_{0};
	Order order_{0};
	std::vector<SyncPool> pools_; /* of each process, and at the end the shared one */
};

Generator::Generator(const Shape &shape)
	: shape_(world_.shape), random_(shape.seed),
	  slot_bytes_(shape.buffer_bytes / shape.slots_per_buffer)
{
	world_.shape = shape;
}

std::uint32_t Generator::add_buffer(BufferKind kind, std::uint32_t process, std::uint64_t bytes)
{
	world_.buffers.push_back(
		{kind, process, round_up(bytes, shape_.page_bytes), random_.next()});
	return static_cast<std::uint32_t>(world_.buffers.size() - 1);
}

void Generator::add_slots(std::uint32_t buffer, std::uint64_t bytes,
			  std::vector<std::uint32_t> &readable,
			  std::vector<std::uint32_t> *writable)
{
	for (std::uint64_t offset = 0; offset + slot_bytes_ <= bytes; offset += slot_bytes_) {
		const auto slot = static_cast<std::uint32_t>(slots_.size());

		slots_.push_back({buffer, offset});
		readable.push_back(slot);
		if (writable)
			writable->push_back(slot);
	}
}

void Generator::make_buffers()
{
	const std::uint32_t queues = shape_.queues + 1;
	std::vector<std::uint32_t> shared_readable, shared_writable;

	for (std::uint32_t i = 0; i < shape_.shared_buffers; i++)
		add_slots(add_buffer(BufferKind::handed, nobody, shape_.buffer_bytes),
			  shape_.buffer_bytes, shared_readable, &shared_writable);
	for (std::uint32_t i = 0; i < shape_.constant_buffers; i++) {
		constants_.push_back(add_buffer(BufferKind::constant, nobody, shape_.buffer_bytes));
		add_slots(constants_.back(), shape_.buffer_bytes, shared_readable, nullptr);
	}
	world_.progress_buffer =
		add_buffer(BufferKind::progress, nobody,
			   shape_.processes * queues * progress_words * word_bytes);

	for (std::uint32_t process = 0; process < shape_.processes; process++) {
		readable_.push_back(shared_readable);
		writable_.push_back(shared_writable);
		for (std::uint32_t i = 0; i < shape_.private_buffers; i++)
			add_slots(add_buffer(BufferKind::private_, process, shape_.buffer_bytes),
				  shape_.buffer_bytes, readable_[process], &writable_[process]);

		const std::uint32_t buffer =
			add_buffer(BufferKind::accumulator, process, queues * slot_bytes_);
		std::vector<std::uint32_t> accumulators;
		add_slots(buffer, queues * slot_bytes_, accumulators, nullptr);
		accumulator_.insert(accumulator_.end(), accumulators.begin(), accumulators.end());
	}
	for (std::uint32_t process = 0; process < shape_.processes; process++) {
		/* One page for each buffer that the process maps; layout.h. */
		const std::uint32_t pages = shape_.shared_buffers + shape_.constant_buffers + 1 +
					    shape_.private_buffers + 1;

		add_buffer(BufferKind::guard, process, std::uint64_t{pages} * shape_.page_bytes);
	}
}

void Generator::make_queues()
{
	static constexpr std::uint32_t ring_sizes[] = {0, 64, 128, 512};

	thread_queues_.resize(world_.threads());
	for (std::uint32_t process = 0; process < shape_.processes; process++)
		for (std::uint32_t i = 0; i <= shape_.queues; i++) {
			Queue queue = {};

			queue.process = process;
			queue.thread = i % shape_.threads;
			queue.mortal = i == shape_.queues;
			if (queue.mortal)
				queue.thread = 0;
			queue.vm = queue.thread % shape_.vms;
			queue.engine_class = i / shape_.threads % 2;
			queue.direct_completion = random_.one_in(2);
			queue.profile = choose_profile();
			queue.ring_words = ring_sizes[random_.below(std::size(ring_sizes))];
			if (queue.ring_words && random_.one_in(2))
				queue.credits = static_cast<std::uint32_t>(
					random_.between(max_entry_words, queue.ring_words));
			/* Half of the timelines pass the border of 32 bits early in the round. */
			queue.first_point = random_.one_in(2) ? 0xffffffffULL - random_.below(200)
							      : (random_.next() >> 8) + 1;

			const auto number = static_cast<std::uint32_t>(world_.queues.size());
			thread_queues_[process * shape_.threads + queue.thread].push_back(number);
			world_.queues.push_back(queue);
			life_.push_back(nobody);
		}
}

/* One draw whatever there is to choose from, so that it changes nothing else. */
std::uint32_t Generator::choose_profile()
{
	std::uint64_t left =
		random_.below(static_cast<std::uint64_t>(std::popcount(shape_.profiles)));

	for (std::uint32_t profile = 0;; profile++)
		if (shape_.profiles & (1u << profile) && left-- == 0)
			return profile;
}

void Generator::make_sync_objects()
{
	for (std::size_t i = 0; i < world_.queues.size(); i++)
		world_.sync_objects.push_back({SyncKind::timeline, nobody});
	for (std::uint32_t process = 0; process <= shape_.processes; process++) {
		const bool shared = process == shape_.processes;

		pools_.emplace_back(static_cast<std::uint32_t>(world_.sync_objects.size()),
				    shape_.binary_syncobjs);
		for (std::uint32_t i = 0; i < shape_.binary_syncobjs; i++)
			world_.sync_objects.push_back(
				{SyncKind::binary, shared ? nobody : process});
	}
}

World Generator::run()
{
	make_buffers();
	make_queues();
	make_sync_objects();
	hazards_ = Hazards(slots_.size());
	order_ = Order(world_.queues.size());
	thread_batches_.resize(world_.threads());
	queue_jobs_.resize(world_.queues.size());

	for (std::uint32_t i = 0; i < shape_.checkpoints; i++) {
		const std::uint32_t left =
			shape_.jobs - static_cast<std::uint32_t>(world_.jobs.size());
		make_phase(left / (shape_.checkpoints - i));
	}
	return std::move(world_);
}

void Generator::make_phase(std::uint32_t jobs)
{
	Phase phase = {};
	std::vector<std::uint32_t> last(world_.queues.size(), UINT32_MAX);

	phase.first_job = static_cast<std::uint32_t>(world_.jobs.size());
	phase_first_job_ = phase.first_job;
	phase.first_batch = static_cast<std::uint32_t>(world_.batches.size());
	status_used_.assign(shape_.processes, 0);
	deaths_.assign(shape_.processes, 0);
	while (world_.jobs.size() < phase.first_job + jobs)
		make_batch(phase.first_job + jobs - static_cast<std::uint32_t>(world_.jobs.size()));
	phase.job_count = jobs;
	phase.batch_count = static_cast<std::uint32_t>(world_.batches.size()) - phase.first_batch;
	world_.phases.push_back(phase);

	/* The end of a phase is waited for by the last job of each queue. */
	for (std::uint32_t i = 0; i < jobs; i++)
		last[world_.jobs[phase.first_job + i].queue] = phase.first_job + i;
	for (const std::uint32_t job : last)
		if (job != UINT32_MAX)
			signal_timeline(job);

	for (SyncPool &pool : pools_) {
		pool.orders([this](std::uint32_t a, std::uint32_t b) { submit_after(a, b); });
		pool.forget();
	}
	hazards_.forget();
	world_.status_slots = std::max(world_.status_slots,
				       *std::max_element(status_used_.begin(), status_used_.end()));
}

void Generator::make_batch(std::uint32_t jobs)
{
	Batch batch = {};

	batch.thread = static_cast<std::uint32_t>(random_.below(world_.threads()));
	const std::vector<std::uint32_t> &candidates = thread_queues_[batch.thread];
	batch.vm = world_.queues[candidates[0]].vm; /* all queues of a thread share one */
	batch.first_job = static_cast<std::uint32_t>(world_.jobs.size());
	batch.job_count = static_cast<std::uint32_t>(
		std::min<std::uint64_t>(jobs, random_.between(1, shape_.jobs_per_exec)));
	batch.ordinal = thread_batches_[batch.thread]++;
	world_.batches.push_back(batch);
	for (std::uint32_t i = 0; i < batch.job_count; i++)
		make_job(choose_queue(candidates));
	end_lives(world_.batches.back());
}

void Generator::begin_life(std::uint32_t queue)
{
	Life life = {};

	life.queue = queue;
	life_[queue] = static_cast<std::uint32_t>(world_.lives.size());
	world_.lives.push_back(life);
}

/* Whether the life that a queue is in may end in this phase. */
bool Generator::may_die(std::uint32_t queue) const
{
	return world_.queues[queue].mortal &&
	       deaths_[world_.queues[queue].process] < max_deaths_per_phase;
}

/* After a call: what has faulted in it is dead, and some others are killed. */
void Generator::end_lives(Batch &batch)
{
	for (std::uint32_t i = 0; i < batch.job_count; i++) {
		const Job &job = world_.jobs[batch.first_job + i];
		Life &life = world_.lives[job.life];

		if (batch.kill_life == nobody && life.death == Death::none && may_die(job.queue) &&
		    shape_.kills && job.life < max_killed_life && random_.one_in(4)) {
			life.death = Death::kill;
			batch.kill_life = job.life;
			batch.kill_after_us =
				random_.one_in(2) ? 0
						  : static_cast<std::uint32_t>(random_.below(1000));
			deaths_[world_.queues[job.queue].process]++;
			world_.planned_kills++;
		}
	}
}

std::uint32_t Generator::choose_queue(const std::vector<std::uint32_t> &candidates)
{
	const std::uint32_t last = candidates.back();

	if (!world_.queues[last].mortal)
		return candidates[random_.below(candidates.size())];
	return random_.one_in(8) ? last : candidates[random_.below(candidates.size() - 1)];
}

Generator::Range Generator::choose_range(std::uint32_t slot)
{
	/* More than half of the slot, so that any two ranges share its middle word. */
	const std::uint64_t words = slot_bytes_ / word_bytes;
	const std::uint64_t length = random_.between(words / 2 + 1, words);
	const std::uint64_t first = random_.between(0, words - length);

	return {slot, slots_[slot].offset + first * word_bytes, length * word_bytes};
}

/* Mixes what is about to be overwritten into the queue's accumulator. */
void Generator::keep_old(Job &job, const Range &range, Accesses *accesses)
{
	const std::uint32_t slot = accumulator_[job.queue];
	Command command = {};

	command.op = Op::mix;
	command.dst = slots_[slot].buffer;
	command.dst_offset = slots_[slot].offset;
	command.src = slots_[range.slot].buffer;
	command.src_offset = range.offset;
	command.length = range.length;
	command.value = random_.next();
	job.commands.push_back(command);
	if (accesses) {
		accesses->push_back({slot, true});
		accesses->push_back({range.slot, false});
	}
}

/*
 * Mixes something constant into what was just overwritten: it might have had that value before,
 * and then nobody would notice whether it was overwritten or not.
 */
void Generator::make_distinct(Job &job, std::uint32_t slot, const Command &done, Accesses *accesses)
{
	Command command = done;

	command.op = Op::mix;
	command.src = constants_[random_.below(constants_.size())];
	command.src_offset = done.dst_offset - slots_[slot].offset;
	command.value = random_.next();
	job.commands.push_back(command);
	if (accesses)
		accesses->push_back({slot, true});
}

void Generator::add_step(Job &job, bool delayed, Accesses *accesses)
{
	const std::uint32_t process = world_.queues[job.queue].process;
	const std::vector<std::uint32_t> &writable = writable_[process];
	const std::vector<std::uint32_t> &readable = readable_[process];
	const std::uint64_t choice = delayed ? 0 : random_.below(16);
	Range dst = choose_range(writable[random_.below(writable.size())]);
	std::uint32_t src_slot = readable[random_.below(readable.size())];
	Command command = {};

	while (src_slot == dst.slot)
		src_slot = readable[random_.below(readable.size())];
	command.op = choice < 10   ? Op::mix
		     : choice < 12 ? Op::copy
		     : choice < 14 ? Op::fill
				   : Op::store;
	if (command.op == Op::store) {
		dst.offset = slots_[dst.slot].offset + slot_bytes_ / 2 / word_bytes * word_bytes;
		dst.length = word_bytes;
	}
	if (command.op != Op::mix)
		keep_old(job, dst, accesses);
	if (delayed) {
		Command delay = {};

		delay.op = Op::delay;
		delay.value = random_.between(100'000, 300'000);
		job.commands.push_back(delay);
	}
	command.dst = slots_[dst.slot].buffer;
	command.dst_offset = dst.offset;
	command.length = dst.length;
	command.value = random_.next();
	if (command.op == Op::mix || command.op == Op::copy) {
		/* A COPY may also move words within its slot, so that the ranges overlap. */
		if (command.op == Op::copy && random_.one_in(4))
			src_slot = dst.slot;
		const Range src = choose_range(src_slot);

		/* Longer than half a slot, so with its start kept it still has the middle word. */
		command.length = std::min(dst.length, src.length);
		command.src = slots_[src.slot].buffer;
		command.src_offset = src.offset;
		if (accesses)
			accesses->push_back({src.slot, false});
	}
	if (accesses)
		accesses->push_back({dst.slot, true});
	job.commands.push_back(command);
	if (command.op != Op::mix)
		make_distinct(job, dst.slot, command, accesses);
	if (random_.one_in(16))
		job.commands.push_back({Op::nop});
}

void Generator::add_bad_command(Job &job)
{
	static constexpr Op kinds[] = {Op::write_unmapped,    Op::read_unmapped,
				       Op::runs_into_hole,    Op::write_read_only,
				       Op::unknown_operation, Op::unaligned};
	const std::uint32_t own = accumulator_[job.queue];
	Command command = {};

	command.op = kinds[random_.below(std::size(kinds))];
	command.dst = slots_[own].buffer;
	command.dst_offset = slots_[own].offset;
	command.length = random_.between(1, 16) * word_bytes;
	command.value = random_.next();
	if (command.op == Op::write_read_only) {
		command.dst = constants_[random_.below(constants_.size())];
		command.dst_offset = 0;
	}
	job.first_bad = static_cast<std::uint32_t>(job.commands.size());
	job.expected_error = command.op == Op::unknown_operation || command.op == Op::unaligned
				     ? -EINVAL
				     : -EFAULT;
	job.commands.push_back(command);
}

void Generator::split_into_calls(Job &job)
{
	std::uint32_t left = static_cast<std::uint32_t>(job.commands.size());

	while (job.calls.size() + 1 < max_calls && left > 1 && random_.one_in(3)) {
		const auto count = static_cast<std::uint32_t>(random_.between(1, left - 1));

		job.calls.push_back(count);
		left -= count;
	}
	job.calls.push_back(left);
}

void Generator::make_job(std::uint32_t queue)
{
	const auto number = static_cast<std::uint32_t>(world_.jobs.size());
	const Queue &properties = world_.queues[queue];
	const std::uint64_t steps = random_.between(1, 4);
	const bool delayed = random_.one_in(8);
	const std::uint32_t batch = static_cast<std::uint32_t>(world_.batches.size() - 1);
	const std::uint32_t last_life = life_[queue];
	std::uint32_t before = nobody; /* the last job of the life before, if this begins one */
	bool cancelled = false;

	if (last_life == nobody) {
		begin_life(queue);
	} else if (world_.lives[last_life].death != Death::none) {
		/* Within the call that has faulted its queue can't be made anew. */
		cancelled = world_.jobs[world_.lives[last_life].last_job].batch == batch;
		if (!cancelled) {
			/* What was before this phase has ended. */
			if (world_.lives[last_life].last_job >= phase_first_job_)
				before = world_.lives[last_life].last_job;
			begin_life(queue);
		}
	}
	const bool bad = !cancelled && may_die(queue) && random_.one_in(4);
	const std::uint64_t bad_step = random_.below(steps);
	Accesses accesses;
	Job job = {};

	job.queue = queue;
	job.batch = batch;
	job.ordinal = queue_jobs_[queue]++;
	job.life = life_[queue];
	job.ordinal_in_life = world_.lives[job.life].job_count++;
	if (cancelled) {
		job.first_bad = 0;
		job.expected_error = -ECANCELED;
	}
	for (std::uint64_t i = 0; i < steps; i++) {
		if (bad && i == bad_step)
			add_bad_command(job);
		add_step(job, delayed && i == steps - 1,
			 job.first_bad == UINT32_MAX ? &accesses : nullptr);
	}

	Command line = {};
	line.dst = world_.progress_buffer;
	line.length = word_bytes;
	if (random_.one_in(8)) {
		line.op = Op::timestamp;
		line.dst_offset = (queue * progress_words + progress_time) * word_bytes;
		job.commands.push_back(line);
	}
	line.op = Op::store;
	line.dst_offset = (queue * progress_words + progress_job) * word_bytes;
	line.value = std::uint64_t{number} + 1;
	job.commands.push_back(line);

	split_into_calls(job);
	if (properties.mortal || random_.one_in(32))
		job.status_slot = status_used_[properties.process]++;
	Life &life = world_.lives[job.life];
	if (life.first_job == nobody)
		life.first_job = number;
	life.last_job = number;
	if (bad) {
		life.death = Death::fault;
		life.bad_job = number;
		deaths_[properties.process]++;
		world_.planned_faults++;
	}
	world_.jobs.push_back(std::move(job));
	order(number, accesses, before);
	hazards_.note(accesses, number, queue);
}

/*
 * Orders a new job after everything that it collides with, and after the last job of the life
 * before, of which its queue knows nothing.
 */
void Generator::order(std::uint32_t job, const Accesses &accesses, std::uint32_t life_before)
{
	const std::uint32_t queue = world_.jobs[job].queue;

	order_.begin(queue, world_.jobs[job].ordinal);
	if (life_before != nobody)
		add_edge(life_before, job, false);
	for (const std::uint32_t before : hazards_.predecessors(accesses)) {
		if (world_.jobs[before].queue == queue) {
			world_.same_queue_hazards++;
			continue;
		}
		const bool needed = !order_.covers(before);
		if (!needed && !random_.one_in(16)) {
			world_.implied_hazards++;
			continue;
		}
		add_edge(before, job, needed);
		order_.wait_for(before);
	}
}

void Generator::add_edge(std::uint32_t from, std::uint32_t to, bool needed)
{
	const Job &producer = world_.jobs[from];
	Job &consumer = world_.jobs[to];
	const std::uint32_t producer_process = world_.queues[producer.queue].process;
	const std::uint32_t consumer_process = world_.queues[consumer.queue].process;
	Edge edge = {};

	edge.from = from;
	edge.to = to;
	edge.in_exec = producer.batch == consumer.batch;
	edge.cross_process = producer_process != consumer_process;
	edge.needed = needed;
	edge.kind = EdgeKind::timeline;
	if (random_.one_in(2)) {
		SyncPool &pool = pools_[edge.cross_process ? shape_.processes : producer_process];
		const auto object = pool.take(from, producer.batch, consumer.batch);

		if (object) {
			edge.kind = EdgeKind::binary;
			add_sync(world_.jobs[from], {*object, false, false, 0});
			add_sync(consumer, {*object, true, false, 0});
		}
	}
	if (edge.kind == EdgeKind::timeline) {
		std::uint64_t point = signal_timeline(from);

		/* A point that nobody signals stands for the next one that somebody does. */
		if (!edge.in_exec && random_.one_in(4))
			point -= random_.below(point_step);
		add_sync(consumer, {producer.queue, true, true, point});
	}
	world_.edges.push_back(edge);
	submit_after(producer.batch, consumer.batch);
}

std::uint64_t Generator::signal_timeline(std::uint32_t number)
{
	Job &job = world_.jobs[number];
	const std::uint64_t point = world_.queues[job.queue].first_point +
				    point_step * (std::uint64_t{job.ordinal} + 1);

	add_sync(job, {job.queue, false, true, point});
	return point;
}

/* A job may signal something for several consumers; it is told so once. */
void Generator::add_sync(Job &job, const SyncUse &use)
{
	const bool there = std::any_of(job.syncs.begin(), job.syncs.end(), [&](const SyncUse &s) {
		return s.object == use.object && s.wait == use.wait && s.point == use.point;
	});

	if (!there)
		job.syncs.push_back(use);
}

void Generator::submit_after(std::uint32_t earlier, std::uint32_t later)
{
	const Batch &first = world_.batches[earlier];
	Batch &second = world_.batches[later];
	const std::uint32_t count = first.ordinal + 1;

	if (first.thread == second.thread)
		return; /* a thread submits in the order of the list */
	for (SubmitAfter &after : second.after)
		if (after.thread == first.thread) {
			after.count = std::max(after.count, count);
			return;
		}
	second.after.push_back({first.thread, count});
}

} // namespace

World generate(const Shape &shape)
{
	return Generator(shape).run();
}

std::string problem_with(const Shape &shape)
{
	if (!shape.processes || !shape.threads || !shape.queues || !shape.vms || !shape.jobs ||
	    !shape.checkpoints || !shape.jobs_per_exec || !shape.slots_per_buffer)
		return "there must be at least one process, thread, queue and job";
	if (shape.queues < shape.threads)
		return "each thread needs a queue: --queues must be at least --threads";
	if (shape.checkpoints > shape.jobs)
		return "there can't be more checkpoints than jobs";
	if (shape.buffer_bytes % (std::uint64_t{shape.slots_per_buffer} * 16) ||
	    shape.buffer_bytes % shape.page_bytes)
		return "--buffer-size must be whole pages";
	if (shape.processes * (shape.queues + 1) > 128)
		return "there can't be more than 128 queues in all, one extra for each process";
	if (!shape.profiles)
		return "there must be a profile that queues may have";
	if (!shape.shared_buffers || !shape.constant_buffers)
		return "there must be a shared and a constant buffer";
	return {};
}

} // namespace stress
