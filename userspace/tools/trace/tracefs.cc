/* SPDX-License-Identifier: MIT */
#include "tracefs.h"

#include <cerrno>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vgpu/error.h>

#include <common/file.h>
#include <common/text.h>

namespace trace
{

namespace fs = std::filesystem;

fs::path find_tracefs()
{
	for (const char *place : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
		std::error_code error;

		if (fs::is_directory(fs::path(place) / "events", error))
			return place;
	}
	throw std::runtime_error(
		"there is no tracefs that can be read: are you root, has the kernel "
		"CONFIG_TRACING, and has somebody done \"mount -t tracefs tracefs "
		"/sys/kernel/tracing\"?");
}

std::vector<EventName> known_events(const fs::path &tracefs)
{
	std::vector<EventName> events;
	std::error_code error;

	for (const char *name : {"drm_dep_job_queue", "drm_dep_job_run", "drm_dep_job_done",
				 "drm_dep_job_add_dep", "drm_dep_job_unschedulable"})
		events.push_back({"drm_dep", name});
	for (const char *name :
	     {"dma_fence_init", "dma_fence_signaled", "dma_fence_wait_start", "dma_fence_wait_end"})
		events.push_back({"dma_fence", name});
	for (EventName &event : events)
		event.present = fs::exists(tracefs / "events" / event.group / event.name, error);
	/* Those of the device's driver, whatever they are. */
	for (fs::directory_iterator at(tracefs / "events/vgpu_fw", error), end; !error && at != end;
	     at.increment(error))
		if (at->is_directory(error))
			events.push_back({"vgpu_fw", at->path().filename().string(), true});
	return events;
}

TraceInstance::TraceInstance(const fs::path &tracefs, unsigned buffer_kib)
	: folder_(tracefs / fmt::format("instances/vgpu-trace-{}", getpid()))
{
	if (mkdir(folder_.c_str(), 0700))
		throw vgpu::Error(errno, "mkdir",
				  "make a trace of our own, " + folder_.string() +
					  " (are you root?)");
	try {
		set("tracing_on", "0");
		set("trace_clock", "mono");
		set("buffer_size_kb", std::to_string(buffer_kib));
	} catch (...) {
		rmdir(folder_.c_str());
		throw;
	}
}

TraceInstance::~TraceInstance()
{
	/* An instance with events on can't be removed. There is nobody to tell if this fails. */
	std::ofstream(folder_ / "events/enable") << "0" << std::flush;
	rmdir(folder_.c_str());
}

void TraceInstance::set(const fs::path &file, const std::string &value)
{
	tool::write_file((folder_ / file).string(), value);
}

void TraceInstance::enable(const EventName &event)
{
	set(fs::path("events") / event.group / event.name / "enable", "1");
}

void TraceInstance::start()
{
	set("tracing_on", "1");
}

void TraceInstance::stop()
{
	set("tracing_on", "0");
}

std::string TraceInstance::text() const
{
	return tool::read_file(folder_ / "trace");
}

std::uint64_t TraceInstance::lost() const
{
	std::uint64_t sum = 0;
	std::error_code error;

	for (fs::directory_iterator at(folder_ / "per_cpu", error), end; !error && at != end;
	     at.increment(error)) {
		const std::string stats = tool::try_read_file(at->path() / "stats").value_or("");

		for (const std::string_view line : tool::lines(stats)) {
			const std::size_t colon = line.find(':');

			if (line.starts_with("overrun:") || line.starts_with("dropped events:"))
				sum += tool::number(tool::trimmed(line.substr(colon + 1)))
					       .value_or(0);
		}
	}
	return sum;
}

} // namespace trace
