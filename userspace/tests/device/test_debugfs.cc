/* SPDX-License-Identifier: MIT */
#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include <unistd.h>

#include "context.h"
#include "gate.h"

namespace
{

constexpr const char *view_path = "/sys/kernel/debug/drm_dep/queues";

/* What the view says of one queue. */
struct Shown {
	std::string device, name;
	std::uint64_t context;
	std::map<std::string, std::string> lines;

	bool has(const char *line) const { return lines.count(line) > 0; }
	bool is(const char *word) const
	{
		return (lines.at("state") + " ").find(" " + std::string(word) + " ") !=
		       std::string::npos;
	}
};

std::optional<Shown> parse_head(const std::string &line)
{
	char device[64], name[64];
	unsigned long long context;

	if (std::sscanf(line.c_str(), "dev=%63s queue=%63s context=%llu", device, name, &context) !=
	    3)
		return {};
	return Shown{device, name, context, {}};
}

std::vector<Shown> read_view()
{
	std::ifstream file(view_path);
	std::vector<Shown> queues;
	std::string line;

	EXPECT_TRUE(file.is_open());
	while (std::getline(file, line)) {
		const std::size_t colon = line.find(':');

		if (const std::optional<Shown> head = parse_head(line)) {
			queues.push_back(*head);
		} else if (queues.empty() || !line.starts_with("  ") ||
			   colon == std::string::npos) {
			ADD_FAILURE() << "not a line of the view: " << line;
		} else {
			queues.back().lines[line.substr(2, colon - 2)] = line.substr(colon + 1);
		}
	}
	EXPECT_FALSE(file.bad());
	for (const Shown &queue : queues)
		for (const char *name :
		     {"state", "flags", "credits", "in flight", "waiting", "next", "busy"})
			EXPECT_TRUE(queue.has(name)) << queue.name << " has no line " << name;
	return queues;
}

std::size_t times_in(const std::vector<Shown> &queues, std::uint64_t context)
{
	std::size_t times = 0;

	for (const Shown &queue : queues)
		times += queue.context == context;
	return times;
}

std::optional<Shown> look_at(std::uint64_t context)
{
	std::optional<Shown> found;

	for (const Shown &queue : read_view()) {
		if (queue.context == context) {
			EXPECT_FALSE(found) << "it is there twice";
			found = queue;
		}
	}
	return found;
}

/* Looks until it is so: nothing tells when a worker or a teardown has got that far. */
template <class Condition>
bool becomes_true(Condition condition)
{
	const vgpu::Deadline deadline = vgpu::Deadline::in(long_enough);

	while (!condition()) {
		if (deadline.passed())
			return false;
		std::this_thread::sleep_for(1ms);
	}
	return true;
}

/* A fence that has not signalled, as the kernel knows it. */
struct Identity {
	std::string driver, timeline;
	std::uint64_t context, seqno;

	std::string text() const
	{
		return " fence=" + std::to_string(context) + ":" + std::to_string(seqno) +
		       " driver=" + driver + " timeline=" + timeline;
	}
};

Identity identity_of(const vgpu::Syncobj &syncobj)
{
	const vgpu::UniqueFd fd = syncobj.export_sync_file();
	const vgpu::FenceInfo fence = vgpu::sync_file_fences(fd.get()).at(0);
	const std::string name = vgpu::sync_file_name(fd.get());
	const std::string prefix = fence.driver + "-" + fence.timeline;
	unsigned long long context = 0, seqno = 0;

	EXPECT_EQ(fence.status, 0);
	EXPECT_TRUE(name.starts_with(prefix)) << name;
	EXPECT_EQ(std::sscanf(name.c_str() + prefix.size(), "%llu-%llu", &context, &seqno), 2);
	return {fence.driver, fence.timeline, context, seqno};
}

class DebugFs : public DeviceTest
{
protected:
	void SetUp() override
	{
		if (access(view_path, R_OK))
			GTEST_SKIP() << "can't read " << view_path
				     << " (is debugfs mounted, and are you root?)";
	}

	/* A short job that waits, on a queue of @client. */
	static Identity submit_waiting(Context &client, const vgpu::Queue &queue,
				       const vgpu::Syncobj &waited, const vgpu::Syncobj &done)
	{
		const Call call = client.place(vgpu::CommandWriter().nop());
		vgpu::Exec exec;

		exec.job(queue).call(call.va, call.words).wait(waited).signal(done);
		exec.submit(client.device);
		return identity_of(done);
	}
};

const vgpu::QueueOptions with_fence = {DRM_VGPU_ENGINE_COMPUTE, 0, 256, 100};
const vgpu::QueueOptions direct = {DRM_VGPU_ENGINE_COPY, DRM_VGPU_QUEUE_DIRECT_COMPLETION, 256,
				   100};

TEST_F(DebugFs, ShowsEveryQueueAndWhatBlocksIt)
{
	for (const vgpu::QueueOptions &options : {with_fence, direct}) {
		Context other;
		const vgpu::Queue runs(gpu.device, gpu.vm, patient(gpu.device, options));
		const vgpu::Queue waits(other.device, other.vm, options);
		const vgpu::Syncobj first(other.device), last(other.device);
		vgpu::Syncobj foreign(other.device);
		Gate gate(gpu, runs);

		const Identity blocker = identity_of(gate.done());
		foreign.import_sync_file(gate.done().export_sync_file().get());
		const Identity job = submit_waiting(other, waits, foreign, first);
		other.submit(waits, vgpu::CommandWriter().nop(), last);
		other.submit(waits, vgpu::CommandWriter().nop(), last);

		/* The one that waits, with the fence of another file's queue. */
		std::optional<Shown> shown;
		EXPECT_TRUE(becomes_true([&] {
			shown = look_at(job.context);
			return shown && shown->has("blocked by");
		}));
		ASSERT_TRUE(shown);
		EXPECT_EQ(shown->device, "vgpu_fw");
		EXPECT_EQ(shown->name, job.timeline);
		EXPECT_EQ(shown->lines["blocked by"], blocker.text());
		EXPECT_EQ(shown->lines["waiting"], " 3 from=" + std::to_string(job.seqno));
		EXPECT_EQ(shown->lines["next"], " " + std::to_string(job.seqno));
		EXPECT_EQ(shown->lines["in flight"], " 0");
		EXPECT_EQ(shown->lines["credits"], " 0 of 100");
		EXPECT_FALSE(shown->has("missing"));
		EXPECT_FALSE(shown->is("no-users"));

		/* The one that runs, which nothing blocks: 4 words and 2 for its call. */
		EXPECT_TRUE(becomes_true([&] {
			shown = look_at(blocker.context);
			return shown && shown->lines["in flight"] != " 0";
		}));
		ASSERT_TRUE(shown);
		EXPECT_EQ(shown->name, blocker.timeline);
		EXPECT_EQ(shown->lines["in flight"], " 1 from=" + std::to_string(blocker.seqno));
		EXPECT_EQ(shown->lines["credits"], " 6 of 100");
		EXPECT_EQ(shown->lines["waiting"], " 0");
		EXPECT_EQ(shown->lines["next"], " " + std::to_string(blocker.seqno + 1));
		EXPECT_FALSE(shown->has("blocked by"));

		/* Nobody waits any more. */
		gate.open();
		EXPECT_EQ(status_of(last), 1);
		for (const std::uint64_t context : {job.context, blocker.context})
			EXPECT_TRUE(becomes_true([&] {
				shown = look_at(context);
				return shown && !shown->has("blocked by") &&
				       shown->lines["waiting"] == " 0" &&
				       shown->lines["in flight"] == " 0" &&
				       shown->lines["credits"] == " 0 of 100";
			})) << "waiting"
			    << shown->lines["waiting"] << ", in flight" << shown->lines["in flight"]
			    << ", credits" << shown->lines["credits"];
	}
}

TEST_F(DebugFs, FollowsTheFenceThatBlocks)
{
	Context other;
	const vgpu::Syncobj first(gpu.device), second(other.device), done(gpu.device);
	vgpu::Syncobj of_other(gpu.device);
	Gate here(gpu, gpu.queue), there(other, other.queue);
	const vgpu::Queue queue(gpu.device, gpu.vm);
	const std::string fence_here = identity_of(here.done()).text();
	const std::string fence_there = identity_of(there.done()).text();
	const Call call = gpu.place(vgpu::CommandWriter().nop());
	vgpu::Exec exec;

	of_other.import_sync_file(there.done().export_sync_file().get());
	exec.job(queue).call(call.va, call.words).wait(here.done()).wait(of_other).signal(done);
	exec.submit(gpu.device);
	const Identity job = identity_of(done);

	const auto blocked_by = [&] { return look_at(job.context).value().lines["blocked by"]; };
	EXPECT_TRUE(becomes_true([&] { return !blocked_by().empty(); }));
	/* Either of them; and the other one when that has signalled. */
	const bool by_here = blocked_by() == fence_here;
	EXPECT_EQ(blocked_by(), by_here ? fence_here : fence_there);
	(by_here ? here : there).open();
	expect_signalled((by_here ? here : there).done());
	EXPECT_TRUE(
		becomes_true([&] { return blocked_by() == (by_here ? fence_there : fence_here); }));
	(by_here ? there : here).open();
	EXPECT_EQ(status_of(done), 1);
}

TEST_F(DebugFs, AQueueWithoutUsersIsThereUntilItsJobsAreDone)
{
	std::optional<vgpu::Queue> queue(std::in_place, gpu.device, gpu.vm);
	const vgpu::Syncobj done(gpu.device);
	Gate gate(gpu, gpu.queue);
	const Identity job = submit_waiting(gpu, *queue, gate.done(), done);

	EXPECT_FALSE(look_at(job.context).value().is("no-users"));
	queue.reset();
	const std::optional<Shown> shown = look_at(job.context);
	ASSERT_TRUE(shown);
	EXPECT_TRUE(shown->is("no-users"));
	EXPECT_EQ(shown->lines.at("waiting"), " 1 from=" + std::to_string(job.seqno));
	gate.open();
	EXPECT_EQ(status_of(done), -ECANCELED) << "the queue was destroyed before it could run";
	EXPECT_TRUE(becomes_true([&] { return !look_at(job.context); })) << "it does not go";
}

TEST_F(DebugFs, HasEachQueueOnceWhileItExists)
{
	std::deque<vgpu::Queue> queues;
	std::vector<std::uint64_t> contexts;
	Gate gate(gpu, gpu.queue);

	for (int i = 0; i < 30; i++) {
		const vgpu::Syncobj done(gpu.device);

		queues.emplace_back(gpu.device, gpu.vm);
		contexts.push_back(submit_waiting(gpu, queues.back(), gate.done(), done).context);
	}
	const std::vector<Shown> with = read_view();
	for (const std::uint64_t context : contexts)
		EXPECT_EQ(times_in(with, context), 1u);

	gate.open();
	queues.clear();
	EXPECT_TRUE(becomes_true([&] {
		const std::vector<Shown> without = read_view();
		std::size_t left = 0;

		for (const std::uint64_t context : contexts)
			left += times_in(without, context);
		return left == 0;
	})) << "some do not go";
}

/* Makes queues, has each run a job, and destroys them again. */
void churn_once(Context &client, const Call &call, const vgpu::QueueOptions &options)
{
	std::deque<vgpu::Queue> queues;
	const vgpu::Syncobj done(client.device);
	vgpu::Exec exec;

	for (int i = 0; i < 4; i++) {
		vgpu::Job &job = exec.job(queues.emplace_back(client.device, client.vm, options));

		job.call(call.va, call.words);
		if (i)
			job.wait(done);
		job.signal(done);
	}
	exec.submit(client.device);
	queues.clear();
	const int status = status_of(done);
	EXPECT_TRUE(status == 1 || status == -ECANCELED) << status;
}

void churn(const std::atomic<bool> &stop, const vgpu::QueueOptions &options)
{
	try {
		Context client;
		const Call call = client.place(vgpu::CommandWriter().nop());

		while (!stop)
			churn_once(client, call, options);
	} catch (const vgpu::Error &error) {
		ADD_FAILURE() << error.what();
	}
}

struct StopAtTheEnd {
	std::atomic<bool> &stop;

	~StopAtTheEnd() { stop = true; }
};

TEST_F(DebugFs, CanBeReadWhileQueuesComeAndGo)
{
	std::atomic<bool> stop{false};
	const vgpu::Queue waits(gpu.device, gpu.vm);
	const vgpu::Syncobj done(gpu.device);
	Gate gate(gpu, gpu.queue);
	const Identity job = submit_waiting(gpu, waits, gate.done(), done);
	const Identity blocker = identity_of(gate.done());
	const std::size_t before = read_view().size();
	std::size_t most = 0;

	{
		std::vector<std::jthread> threads;
		const StopAtTheEnd stopper{stop};

		for (const vgpu::QueueOptions &options : {with_fence, direct})
			threads.emplace_back([&stop, options] { churn(stop, options); });
		/* On a busy machine it may take a while until the threads come to their turn. */
		const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);

		for (int i = 0;
		     i < 200 || (most <= before && std::chrono::steady_clock::now() < patience);
		     i++) {
			const std::vector<Shown> queues = read_view();

			most = std::max(most, queues.size());
			ASSERT_EQ(times_in(queues, job.context), 1u);
			ASSERT_EQ(times_in(queues, blocker.context), 1u);
		}
	}
	EXPECT_GT(most, before) << "no queue of the threads was ever seen";
	gate.open();
	EXPECT_EQ(status_of(done), 1);
}

} // namespace
