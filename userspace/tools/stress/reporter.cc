/* SPDX-License-Identifier: MIT */
#include "reporter.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "random.h"

namespace stress
{

namespace
{

using namespace std::chrono_literals;

double seconds(std::chrono::nanoseconds time)
{
	return std::chrono::duration<double>(time).count();
}

double per_second(std::uint64_t count, std::chrono::nanoseconds time)
{
	return time.count() ? static_cast<double>(count) / seconds(time) : 0;
}

/* 1234567 -> 1,234,567 */
std::string grouped(std::uint64_t number)
{
	std::string digits = fmt::format("{}", number);

	for (std::size_t at = digits.size(); at > 3;)
		digits.insert(at -= 3, 1, ',');
	return digits;
}

std::string amount(std::uint64_t count, const char *one, const char *many)
{
	return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
}

std::string mebibytes(std::uint64_t bytes)
{
	return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

/* All rounds again, or only the one that failed. */
std::string replay(const Options &options, const Totals &totals)
{
	return totals.failed_seed
		       ? replay_command(options, totals.failed_seed, 1)
		       : replay_command(options, options.shape.seed, std::max(totals.rounds, 1u));
}

const char *outcome(const Totals &totals)
{
	return totals.interrupted ? "interrupted" : totals.passed() ? "passed" : "FAILED";
}

} // namespace

void Totals::add(const World &world, const RoundResult &result)
{
	rounds++;
	jobs += result.jobs;
	bytes_verified += result.bytes_verified;
	mismatches += result.mismatches;
	statuses_checked += result.statuses_checked;
	faults_seen += result.faults_seen;
	kills_planned += world.planned_kills;
	kills_seen += result.kills_seen;
	stopped_inside += result.stopped_inside;
	victims += result.victims;
	resets += result.resets;
	replays += result.replays;
	running += result.running;
	interrupted |= result.interrupted;
	failures_not_shown += result.failures_not_shown;
	if (!result.passed()) {
		failures = result.failures;
		failed_seed = world.shape.seed;
	}
	faults_planned += world.planned_faults;
	queue_hazards += world.same_queue_hazards;
	edges += world.edges.size();
	for (const Edge &edge : world.edges) {
		process_edges += edge.cross_process;
		exec_edges += edge.in_exec;
		binary_edges += edge.kind == EdgeKind::binary;
		timeline_edges += edge.kind == EdgeKind::timeline;
	}
}

Reporter::Reporter(const Options &options)
	: options_(options), terminal_(isatty(STDOUT_FILENO)),
	  last_(std::chrono::steady_clock::now())
{
}

void Reporter::begin()
{
	const Shape &shape = options_.shape;

	fmt::print("vgpu-stress: seed {:#x}, {}, {} each, {} each\n", shape.seed,
		   amount(shape.processes, "process", "processes"),
		   amount(shape.threads, "thread", "threads"),
		   amount(shape.queues + 1, "queue", "queues"));
	std::fflush(stdout);
}

void Reporter::clear_line()
{
	if (line_open_)
		fmt::print("\r\x1b[K");
	line_open_ = false;
}

void Reporter::progress(std::uint32_t round, std::uint64_t finished, std::uint64_t jobs)
{
	const auto now = std::chrono::steady_clock::now();

	if (!terminal_ && now - last_ < 1s)
		return;
	last_ = now;
	clear_line();
	fmt::print("  round {}: {} of {} jobs have finished", round + 1, grouped(finished),
		   grouped(jobs));
	if (terminal_)
		line_open_ = true;
	else
		fmt::print("\n");
	std::fflush(stdout);
}

void Reporter::end_round(std::uint32_t round, const World &world, const RoundResult &result)
{
	if (!options_.verbose)
		return;
	clear_line();
	fmt::print("  round {}: seed {:#x}, {}, {}, {} covered by queues, {} by others; "
		   "{:.0f} jobs/s; {} compared; {}\n",
		   round + 1, world.shape.seed, amount(result.jobs, "job", "jobs"),
		   amount(world.edges.size(), "dependency", "dependencies"),
		   grouped(world.same_queue_hazards), grouped(world.implied_hazards),
		   per_second(result.jobs, result.running), mebibytes(result.bytes_verified),
		   result.passed() ? "all well" : "failed");
	std::fflush(stdout);
}

void Reporter::verdict(const Totals &totals)
{
	const Shape &shape = options_.shape;

	clear_line();
	if (totals.passed())
		fmt::print("passed: {} and {} in {} of {} with {} queues each; {} jobs "
			   "per second\n",
			   amount(totals.jobs, "job", "jobs"),
			   amount(totals.edges, "dependency", "dependencies"),
			   amount(totals.rounds, "round", "rounds"),
			   amount(shape.processes, "process", "processes"), shape.queues + 1,
			   grouped(static_cast<std::uint64_t>(
				   per_second(totals.jobs, totals.running))));
	else
		fmt::print("{} in round {}; {} had come out right before\n", outcome(totals),
			   totals.rounds, amount(totals.jobs, "job", "jobs"));
	for (const std::string &failure : totals.failures)
		fmt::print("  {}\n", failure);
	if (totals.failures_not_shown)
		fmt::print("  ... and {} more failures\n", totals.failures_not_shown);
	fmt::print(
		"  dependencies: {} between processes, {} within one EXEC call; {} by timelines, "
		"{} by binary sync objects\n",
		grouped(totals.process_edges), grouped(totals.exec_edges),
		grouped(totals.timeline_edges), grouped(totals.binary_edges));
	fmt::print("  {} compared byte for byte with the model: {}\n",
		   mebibytes(totals.bytes_verified),
		   amount(totals.mismatches, "mismatch", "mismatches"));
	fmt::print("  {} of {} reported by the fence as planned; {} looked at\n",
		   grouped(totals.faults_seen),
		   amount(totals.faults_planned, "planned fault", "planned faults"),
		   amount(totals.statuses_checked, "fence", "fences"));
	if (totals.kills_planned)
		fmt::print("  {} of {} killed in the middle of their work, {} of them inside of "
			   "a job\n",
			   grouped(totals.kills_seen),
			   amount(totals.kills_planned, "queue", "queues"),
			   grouped(totals.stopped_inside));
	if (totals.victims)
		fmt::print("  {} killed without warning; each left what a part of its work "
			   "makes\n",
			   amount(totals.victims, "more client was", "more clients were"));
	if (totals.resets)
		fmt::print("  the device was reset {} times; {} went on after it\n",
			   grouped(totals.resets), amount(totals.replays, "job", "jobs"));
	fmt::print("  took {:.1f} s; to replay: {}\n", seconds(totals.elapsed),
		   replay(options_, totals));
	std::fflush(stdout);
	if (!options_.json_file.empty())
		write_json(totals);
}

void Reporter::write_json(const Totals &totals) const
{
	const Shape &shape = options_.shape;
	nlohmann::ordered_json json;

	json["result"] = outcome(totals);
	json["seed"] = fmt::format("{:#x}", shape.seed);
	json["replay"] = replay(options_, totals);
	json["processes"] = shape.processes;
	json["threads_per_process"] = shape.threads;
	json["queues_per_process"] = shape.queues + 1;
	json["rounds"] = totals.rounds;
	json["jobs"] = totals.jobs;
	json["jobs_per_second"] = per_second(totals.jobs, totals.running);
	json["dependencies"] = {{"all", totals.edges},
				{"between_processes", totals.process_edges},
				{"within_exec", totals.exec_edges},
				{"timeline", totals.timeline_edges},
				{"binary", totals.binary_edges}};
	json["covered_by_queue_order"] = totals.queue_hazards;
	json["bytes_verified"] = totals.bytes_verified;
	json["mismatches"] = totals.mismatches;
	json["faults_planned"] = totals.faults_planned;
	json["faults_seen"] = totals.faults_seen;
	json["kills_planned"] = totals.kills_planned;
	json["kills_seen"] = totals.kills_seen;
	json["stopped_inside_a_job"] = totals.stopped_inside;
	json["clients_killed"] = totals.victims;
	json["resets"] = totals.resets;
	json["replays"] = totals.replays;
	json["fences_checked"] = totals.statuses_checked;
	json["seconds_running"] = seconds(totals.running);
	json["seconds_elapsed"] = seconds(totals.elapsed);
	json["failures"] = totals.failures;

	std::ofstream file(options_.json_file);
	file << json.dump(2) << '\n';
	if (!file.flush())
		fmt::print(stderr, "vgpu-stress: could not write {}\n", options_.json_file);
}

} // namespace stress
