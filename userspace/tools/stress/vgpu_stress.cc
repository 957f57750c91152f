/* SPDX-License-Identifier: MIT */

/**
 * @file vgpu-stress: random programs on the virtual GPU, every byte compared with a model.
 *
 * What it does to you: it starts several client processes, each with several threads and queues,
 * which fill a few MiB of buffers and keep all engines and CPUs busy. It needs no rights beyond
 * opening the render node, and leaves nothing behind.
 *
 * A round goes like this. From a seed the generator (generator.h) makes one list of jobs. The model
 * (model.h) executes the list in memory, one job after the other: that is what the buffers must
 * contain. Then client processes (client.h) submit the list to the device, each its own part, all
 * at the same time. The device may reorder as it likes, except where two jobs touch the same part
 * of a buffer: there the generator has put an edge, and the clients make it a dependency: the order
 * of one queue, a binary sync object, a point of a timeline, between threads and between processes.
 * A device and a kernel that honour every dependency must come to the same bytes as the model; one
 * that loses, doubles or swaps anything doesn't, as every byte depends on all that came before.
 *
 * At each checkpoint everybody waits for its queues, and every byte of every buffer is compared:
 * the shared ones, the private ones, the command buffers, and the guard pages between them that
 * nothing may touch.
 *
 * One queue of each process dies again and again. Some of its jobs fault on purpose: their fence
 * must say so, what they did before the fault must be there, nothing after it, and the queue takes
 * no more jobs, so a new one takes its place. Or the client kills it in the middle of its work: the
 * device says at which command it stopped, the model does the same part of the list, and
 * whatever came of the jobs that use the results must be there to the byte.
 *
 * With --victims there are more clients, which are killed without warning again and again: what
 * they leave behind must be what a part of their work makes, and nobody else may notice.
 *
 * With --reset-every the whole device is reset while all that goes on: no queue may notice, each
 * command is executed exactly once.
 *
 * The verdict names the seed. The same seed and options make the same list again; the timing is
 * the machine's own.
 */

#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>

#include <vgpu/device.h>
#include <vgpu/vm.h>

#include "generator.h"
#include "model.h"
#include "options.h"
#include "random.h"
#include "reporter.h"
#include "round.h"

namespace
{

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr int exit_no_device = 77;
constexpr int exit_interrupted = 130;

volatile std::sig_atomic_t interrupted;

void note_signal(int)
{
	interrupted = 1;
}

/* Without SA_RESTART: what waits looks up at once. */
void catch_signals()
{
	struct sigaction action = {};

	action.sa_handler = note_signal;
	sigaction(SIGINT, &action, nullptr);
	sigaction(SIGTERM, &action, nullptr);
}

/* The device has limits; a shape that can't work is better refused in one sentence. */
std::string problem_with(const stress::Shape &shape, const drm_vgpu_info &info)
{
	if (shape.page_bytes != info.page_size)
		return "the device's pages have another size than this program expects";
	/* The dead queues of a phase are kept to its end, and those before may be going still. */
	if (shape.queues + 1 + 2 * stress::max_deaths_per_phase > info.max_queues)
		return "the device allows " + std::to_string(info.max_queues) +
		       " queues per process";
	if (shape.vms > info.max_vms)
		return "the device allows " + std::to_string(info.max_vms) + " address spaces";
	if (shape.buffer_bytes / shape.slots_per_buffer > info.max_command_bytes)
		return "the device's commands are shorter than a quarter of --buffer-size";
	if (shape.jobs_per_exec > info.max_jobs)
		return "the device allows " + std::to_string(info.max_jobs) + " jobs per call";
	return {};
}

/* Queues are made with every profile that the driver has. */
std::uint32_t find_profiles(const vgpu::Device &device)
{
	const vgpu::Vm vm(device);
	std::uint32_t profiles = 0;

	for (std::uint32_t profile = 0; profile <= DRM_VGPU_PROFILE_AMDGPU_VM; profile++) {
		drm_vgpu_queue_create args = {};

		args.vm = vm.id();
		args.profile = profile;
		if (device.io().ioctl(DRM_IOCTL_VGPU_QUEUE_CREATE, &args) == 0)
			profiles |= 1u << profile;
	}
	return profiles;
}

bool more_rounds(const stress::Options &options, const stress::Totals &totals,
		 std::chrono::steady_clock::time_point start)
{
	if (!totals.passed() || interrupted)
		return false;
	if (options.seconds == 0)
		return totals.rounds < options.rounds;
	return totals.rounds == 0 || std::chrono::steady_clock::now() - start <
					     std::chrono::duration<double>(options.seconds);
}

stress::Totals run(const stress::Options &options, stress::Reporter &reporter)
{
	const auto start = std::chrono::steady_clock::now();
	stress::Totals totals;

	while (more_rounds(options, totals, start)) {
		const std::uint32_t round = totals.rounds;
		stress::Shape shape = options.shape;
		stress::RoundOptions round_options;

		shape.seed = stress::round_seed(options.shape.seed, round);
		const stress::World world = stress::generate(shape);
		const auto expected = stress::expected_contents(world);
		round_options.patience = std::chrono::seconds(options.timeout_seconds);
		round_options.drop_waits = options.drop_waits;
		round_options.victims = options.victims;
		round_options.reset_every = std::chrono::milliseconds(options.reset_every_ms);
		round_options.interrupted = [] { return interrupted != 0; };
		round_options.progress = [&](std::uint64_t finished) {
			reporter.progress(round, finished, shape.jobs);
		};
		const stress::RoundResult result =
			stress::run_round(world, expected, round_options);
		reporter.end_round(round, world, result);
		totals.add(world, result);
	}
	totals.interrupted |= interrupted != 0;
	totals.elapsed = std::chrono::steady_clock::now() - start;
	return totals;
}

} // namespace

int main(int argc, char **argv)
{
	stress::Options options;

	switch (stress::parse(argc, argv, options)) {
	case stress::Parsed::done:
		return 0;
	case stress::Parsed::usage_error:
		return exit_usage;
	case stress::Parsed::go_on:
		break;
	}

	try {
		stress::Reporter reporter(options);

		reporter.begin();
		if (!vgpu::Device::present()) {
			std::cerr << "vgpu-stress: there is no vgpu_fw device here (is the module "
				     "loaded, and may you open /dev/dri/renderD*?)\n";
			return exit_no_device;
		}
		const vgpu::Device device = vgpu::Device::open();
		const std::string problem = problem_with(options.shape, device.info());
		if (!problem.empty()) {
			std::cerr << "vgpu-stress: " << problem << "\n";
			return exit_usage;
		}
		options.shape.profiles = find_profiles(device);
		catch_signals();
		const stress::Totals totals = run(options, reporter);
		reporter.verdict(totals);
		return totals.interrupted ? exit_interrupted : totals.passed() ? 0 : exit_failed;
	} catch (const std::exception &error) {
		std::cerr << "vgpu-stress: " << error.what() << "\n";
		return exit_failed;
	}
}
