/* SPDX-License-Identifier: MIT */
#include "victims.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stress
{

namespace
{

using namespace std::chrono_literals;

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t code_va = 0x1000000, blocks_va = 0x2000000;
constexpr std::uint64_t block_bytes = block_words * sizeof(std::uint64_t);
constexpr std::uint32_t jobs_per_call = 8, jobs_in_flight = 64;
constexpr std::uint32_t words_per_job = 10; /* two MIX commands */

/* Submits links until it is killed. */
[[noreturn]] void live_and_die(int buffer_fd, int timeline_fd, std::uint64_t choice)
{
	const vgpu::Device device = vgpu::Device::open();
	vgpu::Vm vm(device);
	vgpu::QueueOptions options;
	vgpu::Buffer blocks = vgpu::Buffer::import(device, buffer_fd);
	const vgpu::Syncobj timeline = vgpu::Syncobj::import(device, timeline_fd);
	vgpu::Buffer code(device, jobs_in_flight * 2 * words_per_job * sizeof(std::uint64_t));

	for (const std::uint64_t word : code.words())
		if (word)
			_exit(3); /* something of the one before */
	options.engine_class = choice & 1 ? DRM_VGPU_ENGINE_COPY : DRM_VGPU_ENGINE_COMPUTE;
	options.flags = choice & 2 ? DRM_VGPU_QUEUE_DIRECT_COMPLETION : 0;
	const vgpu::Queue queue(device, vm, options);
	vm.map(code, code_va, vgpu::Access::read_only);
	vm.map(blocks, blocks_va);
	for (std::uint64_t number = 1;;) {
		vgpu::Exec exec;

		for (std::uint32_t i = 0; i < jobs_per_call; i++, number++) {
			const std::uint64_t at = number % (2 * jobs_in_flight) * words_per_job;
			vgpu::CommandWriter program;

			program.mix(blocks_va, blocks_va, block_bytes, number);
			program.mix(blocks_va + page, blocks_va + page, block_bytes, number);
			program.copy_to(code.words().subspan(at));
			exec.job(queue, number)
				.call(code_va + 8 * at, program.size())
				.signal(timeline, number);
		}
		exec.submit(device);
		/* Its program must not be overwritten before it has run. */
		if (number > jobs_in_flight)
			timeline.wait(number - jobs_in_flight, vgpu::Deadline::in(60s));
	}
}

} // namespace

Victim::Victim(const vgpu::Device &device, SharedState &shared, std::uint64_t seed,
	       std::chrono::milliseconds patience)
	: device_(device), shared_(shared), random_(seed), patience_(patience)
{
	start();
}

Victim::~Victim()
{
	if (pid_ > 0) {
		::kill(pid_, SIGKILL);
		waitpid(pid_, nullptr, 0);
	}
}

void Victim::start()
{
	blocks_.emplace(device_, 2 * page);
	timeline_.emplace(device_);
	for (const std::uint64_t word : blocks_->words())
		if (word)
			shared_.fail("a buffer for the next victim is new but not zero");
	const vgpu::UniqueFd buffer = blocks_->export_fd(), timeline = timeline_->export_fd();
	const std::uint64_t choice = random_.next();
	const pid_t parent = getpid();

	pid_ = fork();
	if (pid_ < 0)
		throw vgpu::Error(errno, "fork", "start a client that is to be killed");
	if (pid_ == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGINT, SIG_IGN);
		if (getppid() != parent)
			_exit(1);
		try {
			live_and_die(buffer.get(), timeline.get(), choice);
		} catch (const std::exception &error) {
			fmt::print(stderr, "a client that was to be killed: {}\n", error.what());
			_exit(2);
		}
	}
	due_ = std::chrono::steady_clock::now() +
	       std::chrono::milliseconds(random_.between(20, 300));
}

void Victim::kill()
{
	int status = 0;

	::kill(pid_, SIGKILL);
	if (waitpid(pid_, &status, 0) != pid_)
		throw vgpu::Error(errno, "waitpid", "wait for a client that was killed");
	pid_ = -1;
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		shared_.fail(WIFEXITED(status) && WEXITSTATUS(status) == 3
				     ? "a new buffer of a new client is not zero"
				     : "a client that was to be killed ended by itself");
	due_ = std::chrono::steady_clock::now() + patience_;
}

std::uint64_t Victim::last_submitted() const
{
	const std::uint32_t handle = timeline_->handle();
	drm_syncobj_timeline_array args = {};
	std::uint64_t point = 0;

	args.handles = reinterpret_cast<__u64>(&handle);
	args.points = reinterpret_cast<__u64>(&point);
	args.count_handles = 1;
	args.flags = DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED;
	device_.call(DRM_IOCTL_SYNCOBJ_QUERY, &args, "DRM_IOCTL_SYNCOBJ_QUERY",
		     "ask a timeline how far it will get");
	return point;
}

void Victim::check()
{
	const std::uint64_t submitted = last_submitted();

	if (submitted > 0 && !timeline_->wait(submitted, vgpu::Deadline::now())) {
		if (std::chrono::steady_clock::now() > due_)
			shared_.fail("the fences of a client that was killed never signal");
		return;
	}
	const auto words = blocks_->words();
	const auto links =
		links_in(words.first(block_words),
			 words.subspan(page / sizeof(std::uint64_t), block_words), submitted);

	shared_.bytes_verified.fetch_add(2 * block_bytes);
	if (!links) {
		shared_.mismatches.fetch_add(1);
		shared_.fail(
			fmt::format("a client was killed after it had submitted {} jobs, and no "
				    "part of them leads to what is in its buffer",
				    submitted));
	}
	links_ += links.value_or(0);
	killed_++;
	start();
}

void Victim::look_after()
{
	if (pid_ < 0)
		check();
	else if (std::chrono::steady_clock::now() >= due_)
		kill();
}

} // namespace stress
