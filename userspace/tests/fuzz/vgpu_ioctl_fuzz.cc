/* SPDX-License-Identifier: MIT */

/**
 * @file vgpu-ioctl-fuzz: random calls of vgpu_fw from a seed, most of them nearly right.
 *
 * Each process opens the device twice and makes calls on the two files by turns, with what earlier
 * calls have made: address spaces, queues of every profile, buffers, sync objects, which also go
 * from one file to the other. Some fields are spoilt, some pointers lead to nowhere. Queues are
 * suspended, killed and destroyed on the way, programs are changed while they run.
 *
 * The kernel has to survive (its log is for who started it to look at), and three things are
 * checked here:
 *
 * - each call fails only in a way that the header of the interface documents for it;
 * - the device is there at the end, and a client that did no wrong comes to the right result;
 * - no fence is lost: at the end, once nothing is suspended any more, all signal.
 *
 * The same seed makes the same calls, as far as their results are the same; how the device and the
 * processes come to their turns is the machine's own.
 */

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <random>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

namespace
{

using namespace std::chrono_literals;

constexpr int exit_failed = 1, exit_usage = 2, exit_no_device = 77, exit_interrupted = 130;

struct Options {
	std::uint64_t seed = 0;
	std::uint64_t calls = 20000; /* of each process */
	double seconds = 0;	     /* 0: no limit */
	std::uint32_t processes = 2;
	std::uint32_t fence_seconds = 120;
	int undocumented = 0;
	bool leave_suspended = false;
	bool verbose = false;
};

/** What the processes have done, in memory that they share. */
struct Counts {
	std::atomic<std::uint64_t> made[static_cast<std::size_t>(fuzz::Kind::count)];
	std::atomic<std::uint64_t> failed[static_cast<std::size_t>(fuzz::Kind::count)];
	std::atomic<std::uint64_t> fences;
};

volatile std::sig_atomic_t interrupted;

std::string replay(const Options &options, std::uint32_t process)
{
	return fmt::format("vgpu-ioctl-fuzz --seed {:#x} --processes {} --calls {}  (process {})",
			   options.seed, options.processes, options.calls, process);
}

/* Everything random in a step comes from its number, so one call more or less changes no other. */
fuzz::Random random_of(const Options &options, std::uint32_t process, std::uint64_t step)
{
	return fuzz::Random(drm_vgpu_mix(options.seed, process, step, 1));
}

bool all_signal(fuzz::Client &client, const Options &options, Counts &counts)
{
	const auto deadline = vgpu::Deadline::in(std::chrono::seconds(options.fence_seconds));

	for (const vgpu::UniqueFd &fence : client.fences) {
		pollfd p = {fence.get(), POLLIN, 0};
		const auto left =
			std::chrono::duration_cast<std::chrono::milliseconds>(deadline.remaining());

		if (poll(&p, 1, std::max(0, static_cast<int>(left.count()))) != 1) {
			const auto inside = vgpu::sync_file_fences(fence.get());
			fmt::print(stderr, "a fence never signals: {}, {} of {}\n",
				   vgpu::sync_file_name(fence.get()), inside.at(0).timeline,
				   inside.at(0).driver);
			return false;
		}
		counts.fences.fetch_add(1, std::memory_order_relaxed);
	}
	return true;
}

/* A client that does no wrong. */
bool device_works()
{
	const vgpu::Device device = vgpu::Device::open();
	vgpu::Vm vm(device);
	const vgpu::Queue queue(device, vm);
	vgpu::Buffer code(device, 4096), data(device, 4096);
	const vgpu::Syncobj done(device);
	vgpu::CommandWriter program;
	vgpu::Exec exec;

	vm.map(code, 0x100000, vgpu::Access::read_only);
	vm.map(data, 0x200000);
	for (const std::uint64_t word : data.words())
		if (word)
			return false;
	program.mix(0x200000, 0x200000, 4096, 99);
	program.copy_to(code.words());
	exec.job(queue).call(0x100000, program.size()).signal(done);
	exec.submit(device);
	if (!done.wait(vgpu::Deadline::in(60s)) ||
	    vgpu::sync_file_status(done.export_sync_file().get()) != 1)
		return false;
	for (std::uint64_t i = 0; i < 512; i++)
		if (data.words()[i] != drm_vgpu_mix(0, 0, 99, i))
			return false;
	return true;
}

int run_process(const Options &options, std::uint32_t process, Counts &counts)
{
	const auto start = std::chrono::steady_clock::now();
	fuzz::Client first, second;
	int code = 0;

	for (std::uint64_t step = 0; step < options.calls && !interrupted; step++) {
		fuzz::Random random = random_of(options, process, step);
		const bool turn = random.one_in(3);
		const fuzz::Outcome outcome =
			turn ? second.step(random, first) : first.step(random, second);
		const auto kind = static_cast<std::size_t>(outcome.kind);

		counts.made[kind].fetch_add(1, std::memory_order_relaxed);
		if (outcome.result < 0)
			counts.failed[kind].fetch_add(1, std::memory_order_relaxed);
		if (options.verbose)
			fmt::print("{} {} {} {} -> {}\n", process, step,
				   fuzz::name_of(outcome.kind), outcome.arguments, outcome.result);
		if (outcome.result < 0 && (-outcome.result == options.undocumented ||
					   !fuzz::may_fail_with(outcome.kind, -outcome.result))) {
			fmt::print(stderr,
				   "process {}, call {}: {} failed with {} ({}), which its header "
				   "does not say\n  arguments: {}\n  to replay: {}\n",
				   process, step, fuzz::name_of(outcome.kind), -outcome.result,
				   std::strerror(-outcome.result), outcome.arguments,
				   replay(options, process));
			code = exit_failed;
			break;
		}
		if (options.seconds > 0 && step % 64 == 0 &&
		    std::chrono::steady_clock::now() - start >
			    std::chrono::duration<double>(options.seconds))
			break;
	}
	if (!options.leave_suspended) {
		first.resume_all();
		second.resume_all();
	}
	if (!all_signal(first, options, counts) || !all_signal(second, options, counts)) {
		fmt::print(stderr, "  to replay: {}\n", replay(options, process));
		code = exit_failed;
	}
	return code;
}

int run_child(const Options &options, std::uint32_t process, Counts &counts) noexcept
{
	try {
		return run_process(options, process, counts);
	} catch (const std::exception &error) {
		fmt::print(stderr, "process {}: {}\n", process, error.what());
		return exit_failed;
	}
}

/* All processes at the same time. @return whether all was well */
bool run(const Options &options, Counts &counts)
{
	std::vector<pid_t> children;
	bool well = true;

	for (std::uint32_t i = 0; i < options.processes; i++) {
		const pid_t pid = fork();

		if (pid < 0)
			throw vgpu::Error(errno, "fork", "start a process");
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			_exit(run_child(options, i, counts));
		}
		children.push_back(pid);
	}
	for (const pid_t pid : children) {
		int status = 0;

		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			if (interrupted)
				kill(pid, SIGTERM);
		if (WIFSIGNALED(status) && !interrupted)
			fmt::print(stderr, "a process was killed by signal {} ({})\n",
				   WTERMSIG(status), strsignal(WTERMSIG(status)));
		well = well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	return well;
}

void print_counts(const Counts &counts)
{
	std::uint64_t all = 0;

	for (std::size_t kind = 0; kind < static_cast<std::size_t>(fuzz::Kind::count); kind++) {
		fmt::print("  {:<16} {:>8} made, {:>8} refused\n",
			   fuzz::name_of(static_cast<fuzz::Kind>(kind)), counts.made[kind].load(),
			   counts.failed[kind].load());
		all += counts.made[kind];
	}
	fmt::print("  {} calls, {} fences came\n", all, counts.fences.load());
}

int fuzz_device(const Options &options)
{
	if (!vgpu::Device::present()) {
		fmt::print(stderr, "vgpu-ioctl-fuzz: there is no vgpu_fw device here\n");
		return exit_no_device;
	}
	void *memory = mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		throw vgpu::Error(errno, "mmap", "get memory to share");
	Counts &counts = *new (memory) Counts();

	fmt::print("vgpu-ioctl-fuzz: seed {:#x}, {} processes, up to {} calls each\n", options.seed,
		   options.processes, options.calls);
	std::fflush(stdout);
	bool well = run(options, counts);
	if (interrupted)
		return exit_interrupted;
	if (!device_works()) {
		fmt::print(stderr, "the device does not work any more\n");
		well = false;
	}
	print_counts(counts);
	fmt::print("{}; to replay: vgpu-ioctl-fuzz --seed {:#x} --processes {} --calls {}\n",
		   well ? "passed" : "FAILED", options.seed, options.processes, options.calls);
	return well ? 0 : exit_failed;
}

} // namespace

int main(int argc, char **argv)
{
	CLI::App app(
		"Makes random calls of the virtual GPU's driver, most of them nearly right, and "
		"checks what it says.\n"
		"Exit code: 0 all well, 1 a check failed, 2 wrong usage, 77 no device, 130 "
		"interrupted.",
		"vgpu-ioctl-fuzz");
	std::random_device device;
	Options options;

	options.seed = (std::uint64_t{device()} << 32) | device();
	app.add_option("--seed", options.seed, "where all choices come from");
	app.add_option("--calls", options.calls, "calls of each process")
		->check(CLI::PositiveNumber);
	app.add_option("--seconds", options.seconds, "stop earlier, after this time")
		->check(CLI::PositiveNumber);
	app.add_option("--processes", options.processes, "processes at the same time")
		->check(CLI::Range(1, 64));
	app.add_option("--fence-seconds", options.fence_seconds, "how long to wait for fences")
		->check(CLI::PositiveNumber);
	app.add_flag("--verbose", options.verbose, "a line for each call");
	app.add_option("--undocumented", options.undocumented,
		       "take this errno for one that the header doesn't have: shows that the "
		       "check can fail");
	app.add_flag("--leave-suspended", options.leave_suspended,
		     "resume no queue at the end: shows that the check of fences can fail");
	try {
		app.parse(argc, argv);
	} catch (const CLI::ParseError &error) {
		return app.exit(error) == 0 ? 0 : exit_usage;
	}
	std::signal(SIGPIPE, SIG_IGN);
	struct sigaction action = {};
	action.sa_handler = [](int) { interrupted = 1; };
	sigaction(SIGINT, &action, nullptr);
	sigaction(SIGTERM, &action, nullptr);
	try {
		return fuzz_device(options);
	} catch (const std::exception &error) {
		fmt::print(stderr, "vgpu-ioctl-fuzz: {}\n", error.what());
		return exit_failed;
	}
}
