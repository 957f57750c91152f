/* SPDX-License-Identifier: MIT */
#include "round.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vgpu/vgpu.h>

#include "check.h"
#include "client.h"
#include "debugfs.h"
#include "shared_state.h"
#include "victims.h"

namespace stress
{

namespace
{

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds report_every = 200ms;

/* The process that reports: makes what is shared, forks the clients, checks, and cleans up. */
class Conductor
{
public:
	Conductor(const World &world, const std::vector<Memory> &expected,
		  const RoundOptions &options);
	~Conductor() { kill_clients(); }
	Conductor(const Conductor &) = delete;
	Conductor &operator=(const Conductor &) = delete;

	RoundResult run();

private:
	void make_shared();
	void fork_clients();
	bool meet();
	void open();
	void look_after_clients();
	bool clients_end_within(std::chrono::milliseconds limit);
	void kill_clients();
	void check_memory(std::uint32_t phase);
	void check_times(std::uint32_t phase);
	void collect_failures();
	void reset_now_and_then();
	void check_resets();
	Progress progress() { return {world_, progress_->words()}; }
	std::uint64_t activity();

	const World &world_;
	const std::vector<Memory> &expected_;
	const RoundOptions &options_;
	vgpu::Device device_ = vgpu::Device::open();
	SharedMapping shared_;
	std::map<std::uint32_t, vgpu::Buffer> buffers_;
	std::vector<vgpu::Syncobj> sync_objects_;
	Exports exports_;
	vgpu::Buffer *progress_ = nullptr;
	std::vector<std::uint64_t> times_; /* of each queue, at the last checkpoint */
	std::vector<pid_t> clients_;	   /* -1: gone */
	std::optional<Memory> memory_;	   /* what the model has, if the kills decide it */
	std::uint32_t meetings_ = 0;
	std::deque<Victim> victims_;
	std::optional<Debugfs> debugfs_; /* if the device is to be reset */
	std::chrono::steady_clock::time_point last_reset_;
	RoundResult result_;
};

Conductor::Conductor(const World &world, const std::vector<Memory> &expected,
		     const RoundOptions &options)
	: world_(world), expected_(expected), options_(options), times_(world.queues.size(), 0)
{
	make_shared();
	if (options_.reset_every > 0ms)
		debugfs_.emplace();
	last_reset_ = std::chrono::steady_clock::now();
}

/* Innocent queues must not notice: what they do is compared byte for byte as always. */
void Conductor::reset_now_and_then()
{
	const auto now = std::chrono::steady_clock::now();

	if (!debugfs_ || now - last_reset_ < options_.reset_every)
		return;
	debugfs_->reset();
	last_reset_ = now;
	result_.resets++;
}

/* Without these a run with resets would prove nothing. */
void Conductor::check_resets()
{
	if (!debugfs_)
		return;
	const std::uint64_t resets = debugfs_->grown("resets"), bans = debugfs_->grown("bans");

	result_.replays = debugfs_->grown("replays");
	if (resets < result_.resets)
		shared_->fail(fmt::format("the device was to be reset {} times and counts {}",
					  result_.resets, resets));
	if (bans != result_.faults_seen)
		shared_->fail(fmt::format("{} queues were banned, and {} have faulted", bans,
					  result_.faults_seen));
}

void Conductor::make_shared()
{
	for (std::uint32_t i = 0; i < world_.buffers.size(); i++) {
		const Buffer &description = world_.buffers[i];

		if (!description.shared())
			continue;
		vgpu::Buffer buffer(device_, description.bytes);
		check_zero(world_, i, buffer.words(), *shared_);
		const std::vector<std::uint64_t> contents = first_contents(description);
		std::copy(contents.begin(), contents.end(), buffer.words().begin());
		exports_.buffers.emplace(i, buffer.export_fd());
		buffers_.emplace(i, std::move(buffer));
	}
	progress_ = &buffers_.at(world_.progress_buffer);
	for (std::uint32_t i = 0; i < world_.sync_objects.size(); i++)
		if (world_.sync_objects[i].process == nobody) {
			sync_objects_.emplace_back(device_);
			exports_.sync_objects.emplace(i, sync_objects_.back().export_fd());
		}
}

void Conductor::fork_clients()
{
	const ClientContext context = {world_,	 expected_,	    exports_,
				       *shared_, options_.patience, options_.drop_waits};
	const pid_t parent = getpid();
	sigset_t child_ended;

	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_ended, nullptr);
	for (std::uint32_t i = 0; i < world_.shape.processes; i++) {
		const pid_t pid = fork();

		if (pid < 0)
			throw vgpu::Error(errno, "fork", "start a client process");
		if (pid > 0) {
			clients_.push_back(pid);
			continue;
		}
		/* The client goes when its parent goes; Ctrl-C is the parent's business. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_DFL);
		/* No destructors: what this process inherited isn't its own to close. */
		_exit(getppid() == parent ? run_client(context, i) : 1);
	}
}

void Conductor::look_after_clients()
{
	for (std::uint32_t i = 0; i < clients_.size(); i++) {
		int status = 0;

		if (clients_[i] < 0 || waitpid(clients_[i], &status, WNOHANG) != clients_[i])
			continue;
		clients_[i] = -1;
		if (WIFSIGNALED(status))
			shared_->fail(fmt::format("process {} was killed by signal {} ({})", i,
						  WTERMSIG(status), strsignal(WTERMSIG(status))));
		else if (WEXITSTATUS(status) != 0 && !shared_->stop)
			shared_->fail(fmt::format("process {} ended with code {} and no reason", i,
						  WEXITSTATUS(status)));
	}
}

std::uint64_t Conductor::activity()
{
	std::uint64_t sum = progress().finished() + shared_->arrived;

	for (std::uint32_t i = 0; i < world_.threads(); i++)
		sum += shared_->submitted[i];
	return sum;
}

/* Waits until all clients have arrived. False: no use going on. */
bool Conductor::meet()
{
	/* The clients know better what is stuck, so they get the time to say so. */
	Patience patience(options_.patience + 5s);

	meetings_++;
	for (;;) {
		const std::uint32_t arrived = shared_->arrived;

		if (shared_->stop)
			return false;
		if (arrived == meetings_ * world_.shape.processes)
			return true;
		if (options_.interrupted && options_.interrupted()) {
			result_.interrupted = true;
			return false;
		}
		look_after_clients();
		reset_now_and_then();
		for (Victim &victim : victims_)
			victim.look_after();
		if (patience.exhausted(activity()))
			shared_->fail("the clients do nothing any more, and don't say why");
		if (options_.progress)
			options_.progress(progress().finished());
		sleep_while(shared_->arrived, arrived,
			    debugfs_ ? std::min(report_every, options_.reset_every) : report_every);
	}
}

void Conductor::open()
{
	advance(shared_->opened);
}

void Conductor::check_memory(std::uint32_t phase)
{
	if (world_.planned_kills) {
		if (!memory_)
			memory_ = first_contents(world_);
		execute(world_, world_.phases[phase], known_stops(world_, *shared_), *memory_);
	}
	const Memory &expected = memory_ ? *memory_ : expected_[phase];

	for (auto &[number, buffer] : buffers_)
		check_buffer(world_, phase, number, buffer.words(), expected[number], *shared_);
	check_times(phase);
}

/* The model can't foresee the device's time, but it must not stand still or go back. */
void Conductor::check_times(std::uint32_t phase)
{
	const Phase &reached = world_.phases[phase];
	const Stops stops = known_stops(world_, *shared_);
	std::vector<bool> written(world_.queues.size(), false);

	for (std::uint32_t i = 0; i < reached.job_count; i++) {
		const Job &job = world_.jobs[reached.first_job + i];
		const std::uint32_t count =
			effective_commands(world_, reached.first_job + i, stops);

		for (std::uint32_t c = 0; c < count; c++)
			if (job.commands[c].op == Op::timestamp)
				written[job.queue] = true;
	}
	for (std::uint32_t queue = 0; queue < times_.size(); queue++) {
		const std::uint64_t now =
			progress_->words()[queue * progress_words + progress_time];

		if (written[queue] ? now <= times_[queue] : now != times_[queue]) {
			shared_->mismatches.fetch_add(1);
			shared_->fail(fmt::format(
				"the time that queue {} stored is {}, and was {} at the checkpoint "
				"before",
				queue, now, times_[queue]));
		}
		times_[queue] = now;
	}
}

void Conductor::kill_clients()
{
	for (pid_t &pid : clients_)
		if (pid > 0)
			kill(pid, SIGKILL);
	for (pid_t &pid : clients_)
		if (pid > 0 && waitpid(pid, nullptr, 0) == pid)
			pid = -1;
}

void Conductor::collect_failures()
{
	const std::uint32_t count = shared_->failure_count;

	result_.failures.clear();
	for (std::uint32_t i = 0; i < std::min(count, max_failures); i++)
		if (shared_->failures[i].ready.load(std::memory_order_acquire))
			result_.failures.emplace_back(shared_->failures[i].text);
	result_.failures_not_shown = count - result_.failures.size();
	result_.bytes_verified = shared_->bytes_verified;
	result_.mismatches = shared_->mismatches;
	result_.statuses_checked = shared_->statuses_checked;
	result_.faults_seen = shared_->faults_seen;
	result_.kills_seen = shared_->kills_seen;
	result_.stopped_inside = shared_->stopped_inside;
}

bool Conductor::clients_end_within(std::chrono::milliseconds limit)
{
	const vgpu::Deadline deadline = vgpu::Deadline::in(limit);
	sigset_t child_ended;

	/* SIGCHLD is blocked for the whole round, so none is missed. */
	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	for (;;) {
		look_after_clients();
		if (std::all_of(clients_.begin(), clients_.end(), [](pid_t p) { return p < 0; }))
			return true;
		if (deadline.passed())
			return false;
		const timespec moment = {0, 100'000'000};
		sigtimedwait(&child_ended, nullptr, &moment);
	}
}

RoundResult Conductor::run()
{
	fork_clients();
	for (std::uint32_t i = 0; i < options_.victims; i++)
		victims_.emplace_back(device_, *shared_, drm_vgpu_mix(world_.shape.seed, i, 0, 7),
				      options_.patience);
	bool going = meet();

	for (std::uint32_t phase = 0; going && phase < world_.phases.size(); phase++) {
		const auto start = std::chrono::steady_clock::now();

		open();
		going = meet();
		result_.running += std::chrono::steady_clock::now() - start;
		if (going && world_.planned_kills) {
			/* All have said how far the killed queues got. */
			open();
			going = meet();
		}
		if (!going)
			break;
		check_memory(phase);
		result_.jobs += world_.phases[phase].job_count;
		going = !shared_->stop;
	}
	if (going) {
		/* The last meeting: the clients leave by themselves, closing what they have. */
		open();
		if (!clients_end_within(options_.patience))
			shared_->fail("a client doesn't end though its work is done");
	} else if (!result_.interrupted) {
		/* After a failure the others get a moment to say what they saw. */
		clients_end_within(2s);
	}
	kill_clients();
	for (const Victim &victim : victims_)
		result_.victims += victim.killed();
	victims_.clear();
	collect_failures();
	if (going) {
		check_resets();
		collect_failures();
	}
	return result_;
}

} // namespace

RoundResult run_round(const World &world, const std::vector<Memory> &expected,
		      const RoundOptions &options)
{
	return Conductor(world, expected, options).run();
}

} // namespace stress
