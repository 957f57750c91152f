/* SPDX-License-Identifier: MIT */

/**
 * @file Keeps fences of vgpu_fw without having the device open.
 *
 * Reads commands from its standard input, one a line, and answers each with a line "ok ..." or
 * "failed: ...", after which it ends. What there is to load and unload between two commands is up
 * to who gives them.
 *
 *   submit  runs jobs to their end and submits others that wait, keeps the fences of both, closes
 *           the device
 *   ended   the same, but only with jobs that end at once: needs no fences of others
 *   look    looks at all fences: what each is called, how it ended, whether it can be waited for,
 *           merged and duplicated
 *   signal  lets the jobs go that wait, and waits until all fences have signalled
 *   use     opens the device again and runs jobs that wait for the fences
 *   drop    closes the fences
 *
 * With the argument --attached, the kernel is one that uses a fence's driver until the end.
 */

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <linux/ioctl.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <vgpu/vgpu.h>

using namespace std::chrono_literals;

namespace
{

constexpr int long_enough_ms = 20000;

/** What the kernel calls a fence that has signalled: nothing of its driver is left. */
constexpr const char *no_driver = "detached-driver";
constexpr const char *no_timeline = "signaled-timeline";

/* As the kernel has them; no header of it is installed that does. */
struct SwSyncFence {
	__u32 value;
	char name[32];
	__s32 fence;
};
struct SyncDeadline {
	__u64 nanoseconds;
	__u64 pad;
};
constexpr unsigned long ioctl_sw_sync_create = _IOWR('W', 0, SwSyncFence);
constexpr unsigned long ioctl_sw_sync_advance = _IOW('W', 1, __u32);
constexpr unsigned long ioctl_set_deadline = _IOW('>', 5, SyncDeadline);

/** A fence that signals when it is told to. */
class SoftwareFence
{
public:
	SoftwareFence() : timeline_(open("/sys/kernel/debug/sync/sw_sync", O_RDWR | O_CLOEXEC))
	{
		SwSyncFence args = {1, "", -1};

		if (!timeline_ || ioctl(timeline_.get(), ioctl_sw_sync_create, &args) < 0)
			throw vgpu::Error(errno, "sw_sync", "make a fence (CONFIG_SW_SYNC)");
		fd_.reset(args.fence);
	}

	int fd() const { return fd_.get(); }

	void signal()
	{
		__u32 steps = 1;

		if (ioctl(timeline_.get(), ioctl_sw_sync_advance, &steps) < 0)
			throw vgpu::Error(errno, "SW_SYNC_IOC_INC", "signal a fence");
	}

private:
	vgpu::UniqueFd timeline_;
	vgpu::UniqueFd fd_;
};

/** An open device with what it takes to run jobs. */
class Client
{
public:
	static constexpr std::uint64_t code_va = 0x100000;
	static constexpr std::uint64_t data_va = 0x200000;
	static constexpr std::uint64_t hole_va = 0x300000;

	Client()
	{
		vm.map(code_, code_va, vgpu::Access::read_only);
		vm.map(data, data_va);
	}

	/** A job with a program of its own. */
	vgpu::Job &add(vgpu::Exec &exec, const vgpu::Queue &queue,
		       const vgpu::CommandWriter &program)
	{
		const std::uint64_t va = code_va + 8 * used_;

		program.copy_to(code_.words().subspan(used_));
		used_ += program.size();
		return exec.job(queue).call(va, program.size());
	}

	const vgpu::Device device = vgpu::Device::open();
	vgpu::Vm vm{device};
	vgpu::Buffer data{device, 4096};

private:
	vgpu::Buffer code_{device, 64 << 10};
	std::size_t used_ = 0; /* words */
};

void must(bool is_true, const std::string &what)
{
	if (!is_true)
		throw std::runtime_error(what);
}

bool has_signalled(int fd)
{
	pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

/** A sync file that is kept, and what there has to be in it. */
struct Kept {
	std::string what;
	vgpu::UniqueFd fd;
	/** How it ends. */
	int status;
	/** How many fences of the driver are in it. */
	std::size_t fences;
	/** Nothing in it had signalled when it was made. */
	bool waits;
};

class Keeper
{
public:
	explicit Keeper(bool attached) : attached_(attached) {}

	void submit();
	void ended();
	void look();
	void signal();
	void use();
	void drop();

	std::string state() const
	{
		return std::to_string(kept_.size()) + " sync files, " + std::to_string(looks_) +
		       " looks at them so far";
	}

private:
	void keep(const std::string &what, vgpu::UniqueFd fd, int status, std::size_t fences,
		  bool waits)
	{
		kept_.push_back({what, std::move(fd), status, fences, waits});
	}

	const Kept &find(const std::string &what) const;
	void merge(const std::string &a, const std::string &b, int status, std::size_t fences);
	void run(Client &client, const vgpu::QueueOptions &options, const std::string &name);
	void submit_waiting(Client &client, const vgpu::Queue &queue, const std::string &name);
	void look_at(const Kept &kept);
	void use_one(Client &client, const vgpu::Queue &queue, const vgpu::Syncobj &waited,
		     std::uint64_t point, const std::string &what);

	bool attached_;
	std::optional<SoftwareFence> start_;
	bool signalled_ = false;
	std::vector<Kept> kept_;
	vgpu::UniqueFd binary_, timeline_; /* sync objects */
	unsigned long looks_ = 0;
};

/** The ways in which a job ends, and programs that do. */
struct Ending {
	const char *name;
	int status;
	vgpu::CommandWriter program;
};

std::vector<Ending> endings()
{
	return {{"good", 1, vgpu::CommandWriter().store(Client::data_va, 1)},
		{"unmapped", -EFAULT, vgpu::CommandWriter().store(Client::hole_va, 1)},
		{"malformed", -EINVAL, vgpu::CommandWriter().raw(~0ULL)}};
}

const Kept &Keeper::find(const std::string &what) const
{
	for (const Kept &kept : kept_)
		if (kept.what == what)
			return kept;
	throw std::logic_error("there is no fence " + what);
}

void Keeper::merge(const std::string &a, const std::string &b, int status, std::size_t fences)
{
	const Kept &first = find(a), &second = find(b);

	keep(a + "+" + b, vgpu::merge_sync_files("merged", first.fd.get(), second.fd.get()), status,
	     fences, first.waits || second.waits);
}

/* Jobs that end at once; their fences have signalled before anybody else gets them. */
void Keeper::run(Client &client, const vgpu::QueueOptions &options, const std::string &name)
{
	for (const Ending &ending : endings()) {
		const vgpu::Queue queue(client.device, client.vm, options);
		const vgpu::Syncobj done(client.device);
		vgpu::Exec exec;

		client.add(exec, queue, ending.program).signal(done);
		exec.submit(client.device);
		must(done.wait(vgpu::Deadline::in(20s)), "a job does not end");
		keep(name + ".ended-" + ending.name, done.export_sync_file(), ending.status, 1,
		     false);
	}
}

/* The device is closed before they run, so they are cancelled, each in its time. */
void Keeper::submit_waiting(Client &client, const vgpu::Queue &queue, const std::string &name)
{
	vgpu::Syncobj start(client.device);

	start.import_sync_file(start_->fd());
	for (const Ending &ending : endings()) {
		const vgpu::Syncobj done(client.device);
		vgpu::Exec exec;

		client.add(exec, queue, ending.program).wait(start).signal(done);
		exec.submit(client.device);
		keep(name + "." + ending.name, done.export_sync_file(), -ECANCELED, 1, true);
	}
}

void Keeper::submit()
{
	Client client;
	const std::map<std::string, vgpu::QueueOptions> kinds = {
		{"a", {DRM_VGPU_ENGINE_COMPUTE, 0}},
		{"b", {DRM_VGPU_ENGINE_COMPUTE, DRM_VGPU_QUEUE_DIRECT_COMPLETION}},
		{"c", {DRM_VGPU_ENGINE_COPY, 0}},
		{"d", {DRM_VGPU_ENGINE_COPY, DRM_VGPU_QUEUE_DIRECT_COMPLETION}}};
	std::map<std::string, vgpu::Queue> queues;

	start_.emplace();
	signalled_ = false;
	for (const auto &[name, options] : kinds) {
		const auto queue =
			queues.emplace(name, vgpu::Queue(client.device, client.vm, options)).first;

		run(client, options, name);
		submit_waiting(client, queue->second, name);
	}

	/* Arrays; one in which one is wrong; one of arrays. */
	merge("a.good", "b.good", -ECANCELED, 2);
	merge("c.good", "d.unmapped", -ECANCELED, 2);
	merge("a.good+b.good", "c.good+d.unmapped", -ECANCELED, 4);
	/* Of one queue the later one stays, of those that have signalled none. */
	merge("a.good", "a.unmapped", -ECANCELED, 1);
	merge("a.ended-good", "c.good", -ECANCELED, 1);
	merge("b.ended-good", "d.ended-malformed", 1, 1);

	/* A chain, and two sync objects that keep fences themselves. */
	vgpu::Syncobj start(client.device), binary(client.device), timeline(client.device);
	vgpu::Exec exec;

	start.import_sync_file(start_->fd());
	client.add(exec, queues.at("b"), endings()[0].program)
		.wait(start)
		.signal(binary)
		.signal(timeline, 1);
	exec.submit(client.device);
	keep("chain", timeline.export_sync_file(), -ECANCELED, 1, true);
	binary_ = binary.export_fd();
	timeline_ = timeline.export_fd();
}

void Keeper::ended()
{
	Client client;

	run(client, {}, "a");
	run(client, {DRM_VGPU_ENGINE_COPY, DRM_VGPU_QUEUE_DIRECT_COMPLETION}, "b");
	signalled_ = true;
}

void Keeper::look_at(const Kept &kept)
{
	const int fd = kept.fd.get();
	const bool signalled = signalled_ || !kept.waits;
	const bool detached = signalled && !attached_;
	const std::vector<vgpu::FenceInfo> fences = vgpu::sync_file_fences(fd);
	const std::string name = vgpu::sync_file_name(fd);
	int worst = 1;

	must(fences.size() == kept.fences, "it has " + std::to_string(fences.size()) + " fences");
	for (const vgpu::FenceInfo &fence : fences) {
		const std::string found = "driver '" + fence.driver + "', timeline '" +
					  fence.timeline + "', status " +
					  std::to_string(fence.status);

		must(detached ? fence.driver == no_driver && fence.timeline == no_timeline
			      : fence.driver == "vgpu_fw" && fence.timeline.starts_with("ctx"),
		     found);
		must((fence.status != 0) == signalled,
		     (signalled ? "signalled, but " : "not signalled, but ") + found);
		worst = std::min(worst, fence.status);
	}
	must(!signalled || worst == kept.status, "its status is " + std::to_string(worst));
	/* A merge has the name that it was given, a chain is not of the driver; 31 characters. */
	if (kept.what.find('+') == std::string::npos && kept.what != "chain")
		must(name.starts_with(detached ? "detached-driver-signaled-" : "vgpu_fw-ctx"),
		     "its name is '" + name + "'");

	must(has_signalled(fd) == signalled, "poll says otherwise");
	const vgpu::UniqueFd again(dup(fd));
	must(has_signalled(again.get()) == signalled, "poll of a duplicate says otherwise");

	/* Goes to the driver as long as it is concerned. */
	SyncDeadline deadline = {1, 0};
	must(ioctl(fd, ioctl_set_deadline, &deadline) == 0 || errno == ENOTTY,
	     "its deadline can't be set");

	const vgpu::UniqueFd merged = vgpu::merge_sync_files("again", fd, kept_.back().fd.get());
	must(has_signalled(merged.get()) == signalled_, "poll of a merge says otherwise");
	looks_++;
}

void Keeper::look()
{
	for (const Kept &kept : kept_) {
		try {
			look_at(kept);
		} catch (const std::exception &error) {
			throw std::runtime_error(kept.what + ": " + error.what());
		}
	}
}

void Keeper::signal()
{
	start_->signal();
	for (const Kept &kept : kept_) {
		pollfd p = {kept.fd.get(), POLLIN, 0};

		must(poll(&p, 1, long_enough_ms) == 1, kept.what + " does not signal");
	}
	signalled_ = true;
}

void Keeper::use_one(Client &client, const vgpu::Queue &queue, const vgpu::Syncobj &waited,
		     std::uint64_t point, const std::string &what)
{
	const vgpu::Syncobj done(client.device);
	vgpu::Exec exec;

	client.data.words()[0] = 0;
	vgpu::Job &job = client.add(exec, queue, endings()[0].program);
	if (point)
		job.wait(waited, point);
	else
		job.wait(waited);
	job.signal(done);
	exec.submit(client.device);
	must(done.wait(vgpu::Deadline::in(20s)), "a job that waits for " + what + " does not end");
	must(vgpu::sync_file_status(done.export_sync_file().get()) == 1 &&
		     client.data.words()[0] == 1,
	     "a job that waits for " + what + " did not do its work");
}

void Keeper::use()
{
	Client client;
	const vgpu::Queue queue(client.device, client.vm);

	for (const Kept &kept : kept_) {
		vgpu::Syncobj waited(client.device);

		waited.import_sync_file(kept.fd.get());
		use_one(client, queue, waited, 0, kept.what);
	}
	if (!binary_)
		return;
	const vgpu::Syncobj binary = vgpu::Syncobj::import(client.device, binary_.get());
	const vgpu::Syncobj timeline = vgpu::Syncobj::import(client.device, timeline_.get());

	must(binary.wait(vgpu::Deadline::now()) && timeline.wait(1, vgpu::Deadline::now()) &&
		     timeline.last_signalled_point() == 1,
	     "a sync object has not signalled");
	use_one(client, queue, binary, 0, "a binary sync object");
	use_one(client, queue, timeline, 1, "a timeline");
}

void Keeper::drop()
{
	kept_.clear();
	binary_.reset();
	timeline_.reset();
}

} // namespace

int main(int argc, char **argv)
{
	const std::map<std::string, void (Keeper::*)()> commands = {
		{"submit", &Keeper::submit}, {"ended", &Keeper::ended}, {"look", &Keeper::look},
		{"signal", &Keeper::signal}, {"use", &Keeper::use},	{"drop", &Keeper::drop}};
	std::string line;

	const bool attached = argc == 2 && argv[1] == std::string("--attached");

	if (argc > 1 && !attached) {
		std::cerr << "usage: vgpu-fence-keeper [--attached]" << std::endl;
		return 2;
	}
	try {
		Keeper keeper(attached);

		while (std::getline(std::cin, line)) {
			(keeper.*commands.at(line))();
			std::cout << "ok " << keeper.state() << std::endl;
		}
		return 0;
	} catch (const std::exception &error) {
		std::cout << "failed: " << line << ": " << error.what() << std::endl;
		return 1;
	}
}
