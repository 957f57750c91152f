/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>

#include <vgpu/error.h>

#include <common/interrupt.h>
#include <common/kernel.h>

#include "tracefs.h"

extern char **environ;

namespace trace
{

namespace
{

/* Waits for the program also when a signal comes: from a terminal the program gets it, too. */
int run(const std::vector<std::string> &command)
{
	std::vector<char *> arguments;
	pid_t pid;
	int status;

	for (const std::string &word : command)
		arguments.push_back(const_cast<char *>(word.c_str()));
	arguments.push_back(nullptr);
	if (const int error =
		    posix_spawnp(&pid, arguments[0], nullptr, nullptr, arguments.data(), environ))
		throw vgpu::Error(error, "posix_spawnp", "start " + command[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			throw vgpu::Error(errno, "waitpid", "wait for " + command[0]);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Until the time is over or a signal comes; all the time there is if it is 0. */
void wait_for(double seconds)
{
	using Clock = std::chrono::steady_clock;
	const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
						std::chrono::duration<double>(seconds));

	while (!tool::interrupted() && (seconds == 0 || Clock::now() < end)) {
		/* Short, as a signal may come just before it sleeps. */
		const timespec a_moment = {0, 100'000'000};

		clock_nanosleep(CLOCK_MONOTONIC, 0, &a_moment, nullptr);
	}
}

} // namespace

Recorded record(const Recording &recording)
{
	const std::filesystem::path tracefs = find_tracefs();
	bool of_the_queue = false;
	Recorded recorded;
	RawTrace said;

	TraceInstance instance(tracefs, recording.buffer_kib);
	for (const EventName &event : known_events(tracefs)) {
		if (!event.present)
			continue;
		instance.enable(event);
		of_the_queue |= event.group == "drm_dep";
	}
	if (!of_the_queue)
		throw std::runtime_error(
			"this kernel has no trace events of drm_dep (is the module "
			"loaded?)");

	tool::catch_interrupts();
	instance.start();
	try {
		if (recording.command.empty())
			wait_for(recording.seconds);
		else
			recorded.status = run(recording.command);
	} catch (...) {
		instance.stop();
		throw;
	}
	instance.stop();

	said.kernel = tool::describe(tool::this_kernel());
	said.command = fmt::format("{}", fmt::join(recording.command, " "));
	said.lost = instance.lost();
	recorded.text = header(said) + instance.text();
	return recorded;
}

} // namespace trace
