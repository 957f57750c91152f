/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <iostream>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "generator.h"

namespace stress
{

namespace
{

std::uint64_t random_seed()
{
	std::random_device device;

	return (std::uint64_t{device()} << 32) | device();
}

/* A preset changes the defaults; what is said explicitly wins. */
void apply_demo(Options &options)
{
	options.shape.processes = 4;
	options.shape.threads = 2;
	options.shape.queues = 4;
	options.shape.jobs = 6000;
	options.shape.buffer_bytes = 64 << 10;
	options.seconds = 3;
}

void apply_quick(Options &options)
{
	options.shape.processes = 3;
	options.shape.threads = 2;
	options.shape.queues = 4;
	options.shape.jobs = 600;
	options.shape.buffer_bytes = 16 << 10;
	options.rounds = 1;
	options.timeout_seconds = 60;
}

} // namespace

Parsed parse(int argc, char **argv, Options &options)
{
	CLI::App app("Runs random programs from several processes on the virtual GPU and compares "
		     "every byte with a model.\n"
		     "Exit code: 0 all well, 1 a mismatch or a failed check, 2 wrong usage, 77 no "
		     "device, 130 interrupted.",
		     "vgpu-stress");
	Shape &shape = options.shape;
	bool demo = false, quick = false;
	Options given = options;

	shape.seed = random_seed();
	given.shape.seed = shape.seed;
	app.add_option("--seed", given.shape.seed,
		       "where all choices come from; the same seed and options make the same jobs");
	auto *processes = app.add_option("--processes", given.shape.processes, "client processes");
	auto *threads = app.add_option("--threads", given.shape.threads, "threads of each process");
	auto *queues =
		app.add_option("--queues", given.shape.queues,
			       "queues of each process, besides one that dies again and again");
	auto *jobs = app.add_option("--jobs", given.shape.jobs, "jobs in one round");
	auto *rounds = app.add_option("--rounds", given.rounds, "how many rounds");
	auto *seconds = app.add_option("--seconds", given.seconds,
				       "begin no new round after this time, instead of --rounds");
	auto *bytes = app.add_option("--buffer-size", given.shape.buffer_bytes,
				     "bytes of each buffer, with k or m behind for units of 1024")
			      ->transform(CLI::AsSizeValue(false));
	auto *timeout = app.add_option("--timeout", given.timeout_seconds,
				       "seconds without any progress that mean: stuck");
	auto *demo_flag = app.add_flag("--demo", demo, "a few seconds of everything");
	app.add_flag("--quick", quick, "a short round, for kernels with every check on")
		->excludes(demo_flag);
	app.add_option("--json", given.json_file, "file to write the verdict to");
	app.add_flag("--verbose", given.verbose, "a line for each round");
	app.add_flag("--drop-waits", given.drop_waits,
		     "leave out every dependency: shows that the comparison can fail");
	app.add_option(
		"--victims", given.victims,
		"so many more clients at a time that are killed in the middle of their work");
	app.add_option("--reset-every", given.reset_every_ms,
		       "reset the device again and again, so many milliseconds after the last "
		       "time; needs root")
		->check(CLI::PositiveNumber);
	app.add_flag("!--no-kills", given.shape.kills,
		     "kill no queues in the middle of their work");
	for (CLI::Option *option : {processes, threads, queues, jobs, rounds, timeout})
		option->check(CLI::PositiveNumber);
	seconds->check(CLI::NonNegativeNumber)->excludes(rounds);

	try {
		app.parse(argc, argv);
	} catch (const CLI::ParseError &error) {
		return app.exit(error) == 0 ? Parsed::done : Parsed::usage_error;
	}

	if (demo)
		apply_demo(options);
	if (quick)
		apply_quick(options);
	shape.seed = given.shape.seed;
	if (*processes)
		shape.processes = given.shape.processes;
	if (*threads)
		shape.threads = given.shape.threads;
	if (*queues)
		shape.queues = given.shape.queues;
	if (*jobs)
		shape.jobs = given.shape.jobs;
	if (*bytes)
		shape.buffer_bytes = given.shape.buffer_bytes;
	if (*rounds) {
		options.rounds = given.rounds;
		options.seconds = 0;
	}
	if (*seconds)
		options.seconds = given.seconds;
	if (*timeout)
		options.timeout_seconds = given.timeout_seconds;
	options.json_file = given.json_file;
	options.verbose = given.verbose;
	options.drop_waits = given.drop_waits;
	options.victims = given.victims;
	options.reset_every_ms = given.reset_every_ms;
	shape.kills = given.shape.kills;

	const std::string problem = problem_with(shape);
	if (!problem.empty()) {
		std::cerr << "vgpu-stress: " << problem << " (see --help)\n";
		return Parsed::usage_error;
	}
	return Parsed::go_on;
}

std::string replay_command(const Options &options, std::uint64_t seed, std::uint32_t rounds)
{
	const Shape &shape = options.shape;

	return fmt::format(
		"vgpu-stress --seed {:#x} --processes {} --threads {} --queues {} "
		"--jobs {} --buffer-size {} --rounds {}{}{}{}{}",
		seed, shape.processes, shape.threads, shape.queues, shape.jobs, shape.buffer_bytes,
		rounds, options.drop_waits ? " --drop-waits" : "", shape.kills ? "" : " --no-kills",
		options.victims ? fmt::format(" --victims {}", options.victims) : "",
		options.reset_every_ms ? fmt::format(" --reset-every {}", options.reset_every_ms)
				       : "");
}

} // namespace stress
