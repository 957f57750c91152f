/* SPDX-License-Identifier: MIT */
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include <sys/mount.h>
#include <unistd.h>

#include "context.h"
#include "gate.h"

namespace
{

namespace fs = std::filesystem;

const fs::path tracefs = "/sys/kernel/tracing";

/* An event, without what is before its name. */
struct Event {
	std::string name, text;
};

std::optional<Event> parse(const std::string &line)
{
	const std::size_t at = line.find(": drm_dep_");
	const std::size_t end = at == std::string::npos ? at : line.find(": ", at + 2);

	if (line.starts_with("#") || end == std::string::npos)
		return {};
	return Event{line.substr(at + 2, end - at - 2), line.substr(end + 2)};
}

/* The number after "NAME=". */
std::uint64_t field(const Event &event, const std::string &name)
{
	const std::size_t at = (" " + event.text).find(" " + name + "=");

	EXPECT_NE(at, std::string::npos) << event.text << " has no " << name;
	return at == std::string::npos ? 0 : std::stoull(event.text.substr(at + name.size() + 1));
}

/* The ids of the files that this process has open, as the kernel lists them. */
std::set<std::uint64_t> client_ids()
{
	std::set<std::uint64_t> ids;
	std::error_code none;

	for (const fs::directory_entry &device :
	     fs::directory_iterator("/sys/kernel/debug/dri", none)) {
		std::ifstream file(device.path() / "clients");
		std::string line;

		/* An older kernel has a list without ids. */
		if (!std::getline(file, line) || !line.ends_with("id"))
			continue;
		while (std::getline(file, line)) {
			std::istringstream words(line);
			std::string command, tgid, word, id;

			words >> command >> tgid;
			while (words >> word)
				id = word;
			if (tgid == std::to_string(getpid()))
				ids.insert(std::stoull(id));
		}
	}
	return ids;
}

/* Has an instance of its own, so that it leaves alone what others trace. */
class Trace : public DeviceTest
{
protected:
	void SetUp() override
	{
		if (!fs::exists(tracefs / "events"))
			mounted_ = mount("tracefs", tracefs.c_str(), "tracefs", 0, nullptr) == 0;
		if (!fs::exists(tracefs / "events/drm_dep"))
			GTEST_SKIP() << "there are no events in " << tracefs
				     << " (has the kernel CONFIG_FTRACE, and are you root?)";
		std::error_code error;
		if (!fs::create_directory(instance_, error))
			GTEST_SKIP() << "can't make " << instance_ << ": " << error.message();
		ASSERT_TRUE(set("trace_clock", "mono"));
		ASSERT_TRUE(set("events/drm_dep/enable", "1"));
	}

	void TearDown() override
	{
		if (fs::exists(instance_)) {
			EXPECT_TRUE(set("events/drm_dep/enable", "0"));
			EXPECT_EQ(rmdir(instance_.c_str()), 0);
		}
		if (mounted_)
			umount2(tracefs.c_str(), MNT_DETACH);
	}

	bool set(const char *name, const char *value)
	{
		std::ofstream file(instance_ / name);

		file << value;
		return static_cast<bool>(file.flush());
	}

	/* All events of one job, which is known by its fence. */
	std::vector<Event> events_of(const std::string &fence)
	{
		std::ifstream file(instance_ / "trace");
		std::vector<Event> events;
		std::string line;

		while (std::getline(file, line))
			if (const auto event = parse(line);
			    event && (" " + event->text + " ").find(" fence=" + fence + " ") !=
					     std::string::npos)
				events.push_back(*event);
		return events;
	}

	/* The same, once it is done. */
	std::vector<Event> all_events_of(const std::string &fence)
	{
		const auto deadline = vgpu::Deadline::in(long_enough);
		std::vector<Event> events;

		do {
			events = events_of(fence);
			if (!events.empty() && events.back().name == "drm_dep_job_done")
				return events;
			std::this_thread::sleep_for(1ms);
		} while (!deadline.passed());
		ADD_FAILURE() << "no job with the fence " << fence << " was ever done";
		return events;
	}

	/* "CONTEXT:NUMBER" of a fence that has not signalled. */
	static std::string fence_in(const vgpu::Syncobj &syncobj)
	{
		const vgpu::UniqueFd fd = syncobj.export_sync_file();
		const vgpu::FenceInfo fence = vgpu::sync_file_fences(fd.get()).at(0);
		std::string name = vgpu::sync_file_name(fd.get());

		EXPECT_EQ(fence.status, 0);
		name.erase(0, fence.driver.size() + 1 + fence.timeline.size());
		name.at(name.find('-')) = ':';
		return name;
	}

	/* A job that waits for a fence. @return the job's own fence */
	static std::string submit_waiting(Context &client, const vgpu::UniqueFd &fence)
	{
		vgpu::Syncobj waited(client.device), done(client.device);
		const Call call = client.place(vgpu::CommandWriter().nop());
		vgpu::Exec exec;

		waited.import_sync_file(fence.get());
		exec.job(client.queue).call(call.va, call.words).wait(waited).signal(done);
		exec.submit(client.device);
		return fence_in(done);
	}

private:
	const fs::path instance_ = tracefs / "instances/vgpu-device-tests";
	bool mounted_ = false;
};

TEST_F(Trace, TellsTheLifeOfAJob)
{
	Context other;
	Gate gate(gpu, gpu.queue);
	const std::string dependency = fence_in(gate.done());
	const std::string job = submit_waiting(other, gate.done().export_sync_file());
	std::vector<std::string> names;

	gate.open();
	for (const Event &event : all_events_of(job)) {
		names.push_back(event.name);
		if (event.name == "drm_dep_job_queue" || event.name == "drm_dep_job_run") {
			EXPECT_TRUE(event.text.starts_with("dev=vgpu_fw queue=ctx")) << event.text;
		} else if (event.name != "drm_dep_job_done") {
			EXPECT_EQ(event.text, "fence=" + job + " dependency=" + dependency);
		}
	}
	/* Whether it is found to be blocked before or after it is told that it is queued is open.
	 */
	std::multiset<std::string> sorted(names.begin(), names.end());
	EXPECT_EQ(sorted, (std::multiset<std::string>{"drm_dep_job_add_dep", "drm_dep_job_done",
						      "drm_dep_job_queue", "drm_dep_job_run",
						      "drm_dep_job_unschedulable"}));
	ASSERT_GE(names.size(), 2u);
	EXPECT_EQ(names[names.size() - 2], "drm_dep_job_run");
	EXPECT_EQ(names[names.size() - 1], "drm_dep_job_done");
}

TEST_F(Trace, NamesTheFileThatSubmitted)
{
	const std::set<std::uint64_t> one = client_ids();
	if (one.empty())
		GTEST_SKIP()
			<< "the kernel lists no clients with their ids in /sys/kernel/debug/dri";
	ASSERT_EQ(one.size(), 1u);
	Context other;
	std::set<std::uint64_t> both = client_ids();
	ASSERT_EQ(both.size(), 2u);
	both.erase(*one.begin());

	Gate gate(gpu, gpu.queue);
	const vgpu::Queue queue(gpu.device, gpu.vm);
	const std::string gate_job = fence_in(gate.done());
	const std::string other_job = submit_waiting(other, gate.done().export_sync_file());
	gate.open();

	for (const auto &[job, id] :
	     {std::pair(gate_job, *one.begin()), std::pair(other_job, *both.begin())}) {
		int times = 0;

		for (const Event &event : all_events_of(job)) {
			if (event.name == "drm_dep_job_queue" || event.name == "drm_dep_job_run") {
				EXPECT_EQ(field(event, "client"), id) << event.text;
				times++;
			}
		}
		EXPECT_EQ(times, 2);
	}
}

} // namespace
