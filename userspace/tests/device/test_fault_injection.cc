/* SPDX-License-Identifier: MIT */

/*
 * Every step of a call that can fail does so once: the n-th for n = 1, 2, ... until the call gets
 * through. It must say so, nothing may have happened, and the file must go on working. A step is
 * an allocation, or where the kernel can do that, a copy from or to the caller's memory.
 *
 * A failed allocation is -ENOMEM, a failed copy -EFAULT, and no call here has any other error for
 * them. Some get through: an allocation has something to fall back on, or the copy that failed
 * was one of a part that is tried again.
 */

#include <cerrno>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../faults/fail_nth.h"
#include "context.h"
#include "gate.h"

namespace
{

constexpr std::uint64_t page = 4096, gib = 1 << 30;

/* How many queues there are, those in the middle of their end included. */
int count_queues()
{
	std::ifstream file("/sys/kernel/debug/drm_dep/queues");
	std::string line;
	int queues = 0;

	while (std::getline(file, line))
		queues += line.starts_with("dev=");
	return queues;
}

class FaultInjection : public DeviceTest
{
protected:
	void SetUp() override
	{
		const std::string why_not = fail.set_up(FailNth::Scope::thread);

		if (!why_not.empty())
			GTEST_SKIP() << why_not;
		/* those of the test before may still be in the middle of their end */
		expect_queues(1);
		queues_ = count_queues();
	}

	/* None that was made and failed may stay. */
	void TearDown() override
	{
		if (queues_)
			expect_queues(*queues_);
	}

	/* Queues end in the background; nothing tells when. */
	static void expect_queues(int most)
	{
		const vgpu::Deadline end = vgpu::Deadline::in(long_enough);

		while (count_queues() > most && !end.passed())
			std::this_thread::sleep_for(10ms);
		EXPECT_LE(count_queues(), most) << "queues are left over";
	}

	/* The file works: a job of its own runs, and does what it shall. */
	void expect_alive()
	{
		number_++;
		EXPECT_EQ(gpu.run(vgpu::CommandWriter().store(gpu.data_address(100), number_)), 1);
		EXPECT_EQ(gpu.data(100), number_);
	}

	/* @return how many steps failed */
	int run(Sweep sweep)
	{
		sweep.alive = [this] { expect_alive(); };
		return sweep.run(fail);
	}

	FailNth fail;

private:
	std::uint64_t number_ = 0;
	std::optional<int> queues_; /* not when the test is skipped */
};

TEST_F(FaultInjection, Query)
{
	drm_vgpu_info info = {};
	drm_vgpu_engine_info engines[4] = {};
	drm_vgpu_query_args args = {};

	run({.name = "QUERY of limits", .call = [&] {
		     args = {DRM_VGPU_QUERY_INFO, sizeof(info), reinterpret_cast<__u64>(&info)};
		     return gpu.ioctl(DRM_IOCTL_VGPU_QUERY, &args);
	     }});
	EXPECT_EQ(info.page_size, page);
	run({.name = "QUERY of engines", .call = [&] {
		     args = {DRM_VGPU_QUERY_ENGINES, sizeof(engines),
			     reinterpret_cast<__u64>(engines)};
		     return gpu.ioctl(DRM_IOCTL_VGPU_QUERY, &args);
	     }});
	EXPECT_GT(engines[0].count, 0u);
}

TEST_F(FaultInjection, BufferCreate)
{
	drm_vgpu_bo_create args = {};
	const auto close = [&] {
		drm_gem_close gem = {};
		gem.handle = args.handle;
		EXPECT_EQ(gpu.ioctl(DRM_IOCTL_GEM_CLOSE, &gem), 0);
	};

	EXPECT_GT(run({.name = "BO_CREATE",
		       .call =
			       [&] {
				       args = {};
				       args.size = 2 * page;
				       return gpu.ioctl(DRM_IOCTL_VGPU_BO_CREATE, &args);
			       },
		       .refused = [&](int) { EXPECT_EQ(args.handle, 0u); },
		       .undo = close}),
		  0);
	close();
}

TEST_F(FaultInjection, BufferMap)
{
	vgpu::Buffer buffer(gpu.device, 4 * page);
	drm_vgpu_bo_mmap_offset args = {};
	volatile std::uint64_t *words = nullptr;
	const auto unmap = [&] {
		EXPECT_EQ(munmap(const_cast<std::uint64_t *>(words), 4 * page), 0);
	};

	run({.name = "BO_MMAP_OFFSET", .call = [&] {
		     args = {};
		     args.handle = buffer.handle();
		     return gpu.ioctl(DRM_IOCTL_VGPU_BO_MMAP_OFFSET, &args);
	     }});
	EXPECT_GT(run({.name = "mmap",
		       .call =
			       [&] {
				       void *at = mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE,
						       MAP_SHARED, gpu.io->fd(),
						       static_cast<off_t>(args.offset));

				       words = static_cast<std::uint64_t *>(at);
				       return at == MAP_FAILED ? -errno : 0;
			       },
		       .undo = unmap}),
		  0);
	unmap();
	/*
	 * Far from all else, so that it needs page tables of its own. A fault for which there is
	 * no memory happens again: it can only take longer.
	 */
	void *const far = reinterpret_cast<void *>(0x5000'0000'0000 & ~(gib - 1));
	EXPECT_GT(run({.name = "first use of a mapping",
		       .call =
			       [&] {
				       words[0] = 1;
				       words[3 * page / 8] = words[0];
				       return 0;
			       },
		       .prepare =
			       [&] {
				       void *at =
					       mmap(far, 4 * page, PROT_READ | PROT_WRITE,
						    MAP_SHARED | MAP_FIXED_NOREPLACE, gpu.io->fd(),
						    static_cast<off_t>(args.offset));

				       ASSERT_EQ(at, far);
				       words = static_cast<std::uint64_t *>(at);
			       },
		       .undo = unmap}),
		  0);
	EXPECT_EQ(words[3 * page / 8], 1u);
	unmap();
	EXPECT_EQ(buffer.words()[3 * page / 8], 1u);
}

TEST_F(FaultInjection, VmCreate)
{
	drm_vgpu_vm_create args = {};
	std::uint32_t nameless = 0; /* at most */
	const auto destroy = [&] {
		drm_vgpu_vm_destroy vm = {};
		vm.id = args.id;
		EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_DESTROY, &vm), 0);
	};

	EXPECT_GT(run({.name = "VM_CREATE",
		       .call =
			       [&] {
				       args = {};
				       return gpu.ioctl(DRM_IOCTL_VGPU_VM_CREATE, &args);
			       },
		       .refused =
			       [&](int error) {
				       EXPECT_EQ(args.id, 0u);
				       nameless += error == -EFAULT;
			       },
		       .undo = destroy}),
		  0);
	destroy();
	/*
	 * What failed must not have used up the share. Only those are left over that were made and
	 * whose name could not be copied to us: they go when the file is closed.
	 */
	std::vector<vgpu::Vm> vms;
	for (std::uint32_t i = 1 + nameless; i < gpu.device.info().max_vms; i++)
		EXPECT_NO_THROW(vms.emplace_back(gpu.device));
}

TEST_F(FaultInjection, VmDestroy)
{
	drm_vgpu_vm_destroy args = {};
	const auto gone = [&] {
		EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_DESTROY, &args), -ENOENT);
		args = {};
	};

	run({.name = "VM_DESTROY",
	     .call = [&] { return gpu.ioctl(DRM_IOCTL_VGPU_VM_DESTROY, &args); },
	     .prepare =
		     [&] {
			     if (args.id)
				     return;
			     drm_vgpu_vm_create vm = {};
			     ASSERT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_VM_CREATE, &vm), 0);
			     args.id = vm.id;
		     },
	     .undo = gone});
	gone();
}

TEST_F(FaultInjection, QueueCreate)
{
	static constexpr struct {
		const char *name;
		std::uint32_t engine_class, flags, ring_words, profile;
		int queues; /* of drm_dep */
	} kinds[] = {{"QUEUE_CREATE", DRM_VGPU_ENGINE_COMPUTE, 0, 0, DRM_VGPU_PROFILE_DEFAULT, 1},
		     {"QUEUE_CREATE, direct, small ring", DRM_VGPU_ENGINE_COMPUTE,
		      DRM_VGPU_QUEUE_DIRECT_COMPLETION, 64, DRM_VGPU_PROFILE_DEFAULT, 1},
		     {"QUEUE_CREATE, for binds", DRM_VGPU_ENGINE_BIND, 0, 0,
		      DRM_VGPU_PROFILE_DEFAULT, 1},
		     {"QUEUE_CREATE, for binds, which takes two", DRM_VGPU_ENGINE_BIND, 0, 0,
		      DRM_VGPU_PROFILE_XE, 2}};

	for (const auto &kind : kinds) {
		auto own = std::make_unique<Context>();
		const int before = count_queues();
		int nameless = 0;
		drm_vgpu_queue_create args = {};
		const auto destroy = [&] {
			drm_vgpu_queue_destroy queue = {};
			queue.id = args.id;
			EXPECT_EQ(own->ioctl(DRM_IOCTL_VGPU_QUEUE_DESTROY, &queue), 0);
			expect_queues(before + nameless);
		};
		/*
		 * DRM copies the answer to us after the driver is done. If that fails, there is a
		 * queue whose name nobody knows; it goes when the file is closed. An error of the
		 * driver's own leaves none.
		 */
		const auto refused = [&](int error) {
			EXPECT_EQ(args.id, 0u);
			if (error == -EFAULT && count_queues() > before + nameless)
				nameless += kind.queues;
			expect_queues(before + nameless);
		};

		EXPECT_GT(run({.name = kind.name,
			       .call =
				       [&] {
					       args = {};
					       args.vm = own->vm.id();
					       args.engine_class = kind.engine_class;
					       args.profile = kind.profile;
					       args.flags = kind.flags;
					       args.ring_words = kind.ring_words;
					       return own->ioctl(DRM_IOCTL_VGPU_QUEUE_CREATE,
								 &args);
				       },
			       .refused = refused,
			       .undo = destroy}),
			  0);
		destroy();
		own.reset();
		expect_queues(before - 1);
	}
}

TEST_F(FaultInjection, QueueDestroy)
{
	drm_vgpu_queue_destroy args = {};
	const auto gone = [&] {
		EXPECT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_DESTROY, &args), -ENOENT);
		args = {};
	};

	run({.name = "QUEUE_DESTROY",
	     .call = [&] { return gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_DESTROY, &args); },
	     .prepare =
		     [&] {
			     if (args.id)
				     return;
			     drm_vgpu_queue_create queue = {};
			     queue.vm = gpu.vm.id();
			     ASSERT_EQ(gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_CREATE, &queue), 0);
			     args.id = queue.id;
		     },
	     .undo = gone});
	gone();
}

TEST_F(FaultInjection, Bind)
{
	constexpr std::uint64_t here = 0x40000000, far = 8ULL << 30;
	vgpu::Buffer old(gpu.device, 3 * page), fresh(gpu.device, page);

	old.words()[0] = old.words()[512] = 100;
	fresh.words()[0] = 200;
	gpu.vm.map(old, here);
	/* The first splits what is there, the second needs page tables of its own. */
	drm_vgpu_bind_op ops[] = {vgpu::map_op(fresh, here + page, 0, page),
				  vgpu::map_op(fresh, here + far, 0, page)};
	drm_vgpu_vm_bind args = {};
	args.vm = gpu.vm.id();
	args.ops = {sizeof(ops[0]), 2, reinterpret_cast<__u64>(ops)};

	vgpu::CommandWriter first, second;
	first.copy(gpu.data_address(0), here + page, 8);
	second.copy(gpu.data_address(0), here + far, 8);
	EXPECT_GT(run({.name = "VM_BIND: map, which splits a mapping",
		       .call = [&] { return gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &args); },
		       .refused =
			       [&](int) {
				       EXPECT_EQ(gpu.run(first), 1);
				       EXPECT_EQ(gpu.data(0), 100u);
				       EXPECT_EQ(gpu.run(second), -EFAULT);
			       },
		       /* Some allocations have something to fall back on. */
		       .undo =
			       [&] {
				       gpu.vm.map(old, here);
				       gpu.vm.unmap(here + far, page);
			       }}),
		  0);
	EXPECT_EQ(gpu.run(first), 1);
	EXPECT_EQ(gpu.data(0), 200u);
	EXPECT_EQ(gpu.run(second), 1);

	ops[0] = vgpu::unmap_op(here + page, page);
	args.ops.count = 1;
	EXPECT_GT(run({.name = "VM_BIND: unmap",
		       .call = [&] { return gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &args); },
		       .refused = [&](int) { EXPECT_EQ(gpu.run(first), 1); },
		       .undo =
			       [&] {
				       EXPECT_EQ(gpu.run(first), -EFAULT);
				       gpu.vm.map(old, here);
			       }}),
		  0);
	EXPECT_EQ(gpu.run(first), -EFAULT);
}

TEST_F(FaultInjection, BindOnQueue)
{
	constexpr std::uint64_t here = 0x40000000;

	/* With one job for each bind, and with two. */
	for (drm_vgpu_profile profile : {DRM_VGPU_PROFILE_DEFAULT, DRM_VGPU_PROFILE_XE}) {
		const vgpu::Queue binder(gpu.device, gpu.vm, vgpu::QueueOptions::bind(profile));
		/* of another queue, which the bind has to wait for */
		const vgpu::Queue busy(gpu.device, gpu.vm, vgpu::QueueOptions::bind());
		vgpu::Buffer buffer(gpu.device, page);
		vgpu::Syncobj before(gpu.device), after(gpu.device), binary(gpu.device);
		const vgpu::CommandWriter store = [&] {
			vgpu::CommandWriter writer;
			writer.store(here, 4711);
			return writer;
		}();
		drm_vgpu_bind_op op = vgpu::map_op(buffer, here, 0, page);
		drm_vgpu_sync syncs[] = {
			{before.handle(), DRM_VGPU_SYNC_WAIT, 0},
			{after.handle(), DRM_VGPU_SYNC_SIGNAL | DRM_VGPU_SYNC_TIMELINE, 3},
			{binary.handle(), DRM_VGPU_SYNC_SIGNAL, 0}};
		drm_vgpu_vm_bind args = {};

		args.vm = gpu.vm.id();
		args.flags = DRM_VGPU_VM_BIND_ASYNC;
		args.queue = binder.id();
		args.ops = {sizeof(op), 1, reinterpret_cast<__u64>(&op)};
		args.syncs = {sizeof(syncs[0]), 3, reinterpret_cast<__u64>(syncs)};
		before.signal();
		const auto in_effect = [&] {
			EXPECT_EQ(status_of(after), 1);
			EXPECT_EQ(status_of(binary), 1);
			after.reset();
			binary.reset();
		};

		EXPECT_GT(run({.name = "VM_BIND on a bind queue",
			       .call = [&] { return gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &args); },
			       .refused =
				       [&](int) {
					       EXPECT_TRUE(has_no_fence(after));
					       EXPECT_TRUE(has_no_fence(binary));
					       EXPECT_EQ(gpu.run(store), -EFAULT);
				       },
			       .undo =
				       [&] {
					       in_effect();
					       gpu.vm.unmap(here, page);
				       }}),
			  0);
		in_effect();
		EXPECT_EQ(gpu.run(store), 1);
		EXPECT_EQ(buffer.words()[0], 4711u);
		gpu.vm.unmap(here, page);
	}
}

TEST_F(FaultInjection, BindPins)
{
	constexpr std::uint64_t here = 0x40000000, size = 8 * page;
	std::unique_ptr<vgpu::Buffer> buffer;

	/* Its pages are allocated when it is mapped first. */
	EXPECT_GT(
		run({.name = "VM_BIND: map of a new buffer",
		     .call =
			     [&] {
				     drm_vgpu_bind_op op = vgpu::map_op(*buffer, here, 0, size);
				     drm_vgpu_vm_bind args = {};

				     args.vm = gpu.vm.id();
				     args.ops = {sizeof(op), 1, reinterpret_cast<__u64>(&op)};
				     return gpu.ioctl(DRM_IOCTL_VGPU_VM_BIND, &args);
			     },
		     .prepare = [&] { buffer = std::make_unique<vgpu::Buffer>(gpu.device, size); },
		     .undo = [&] { gpu.vm.unmap(here, size); }}),
		0);
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().store(here + size - 8, 4711)), 1);
	EXPECT_EQ(buffer->words()[size / 8 - 1], 4711u);
}

TEST_F(FaultInjection, Exec)
{
	const vgpu::Queue other(gpu.device, gpu.vm);
	vgpu::Syncobj before(gpu.device), binary(gpu.device), timeline(gpu.device);
	const Call a = gpu.place(link(gpu.data_address(0), 1));
	const Call b = gpu.place(link(gpu.data_address(0), 2));
	std::vector<std::uint64_t> numbers;
	vgpu::Exec exec;

	before.signal();
	exec.job(gpu.queue).call(a.va, a.words).wait(before).signal(binary).signal(timeline, 5);
	exec.job(other).call(b.va, b.words).wait(binary).wait(timeline, 5).signal(binary);
	const auto finish = [&] {
		numbers.push_back(1);
		numbers.push_back(2);
		EXPECT_EQ(status_of(binary), 1);
		binary.reset();
		timeline.reset();
	};

	EXPECT_GT(run({.name = "EXEC of two jobs",
		       .call = [&] { return exec.try_submit(*gpu.io); },
		       .refused =
			       [&](int) {
				       EXPECT_TRUE(has_no_fence(binary));
				       EXPECT_TRUE(has_no_fence(timeline));
			       },
		       .undo = finish}),
		  0);
	finish();
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers)) << "a call that failed has submitted something";
}

TEST_F(FaultInjection, ExecWithBuffers)
{
	const vgpu::Queue other(gpu.device, gpu.vm);
	vgpu::Buffer written(gpu.device, page), read(gpu.device, page);
	vgpu::Syncobj done(gpu.device);
	const Call a = gpu.place(link(gpu.data_address(0), 1));
	const Call b = gpu.place(link(gpu.data_address(0), 2));
	std::vector<std::uint64_t> numbers;
	vgpu::Exec exec;

	exec.job(gpu.queue)
		.call(a.va, a.words)
		.use(written, vgpu::BufferUse::write)
		.use(read, vgpu::BufferUse::read);
	/* nothing but the buffer says that it comes after the other */
	exec.job(other)
		.call(b.va, b.words)
		.use(written, vgpu::BufferUse::read)
		.use(read, vgpu::BufferUse::read)
		.signal(done);
	const auto finish = [&] {
		numbers.push_back(1);
		numbers.push_back(2);
		EXPECT_EQ(status_of(done), 1);
		done.reset();
	};

	EXPECT_GT(run({.name = "EXEC with lists of buffers",
		       .call = [&] { return exec.try_submit(*gpu.io); },
		       .refused = [&](int) { EXPECT_TRUE(has_no_fence(done)); },
		       .undo = finish}),
		  0);
	finish();
	EXPECT_EQ(gpu.run(vgpu::CommandWriter().nop()), 1);
	EXPECT_EQ(gpu.data(0), chain(0, numbers)) << "a call that failed has submitted something";
}

TEST_F(FaultInjection, QueueControl)
{
	const vgpu::Queue queue(gpu.device, gpu.vm);
	drm_vgpu_queue_state state = {};

	for (drm_vgpu_queue_op op : {DRM_VGPU_QUEUE_OP_SUSPEND, DRM_VGPU_QUEUE_OP_RESUME,
				     DRM_VGPU_QUEUE_OP_PRIORITY, DRM_VGPU_QUEUE_OP_KILL}) {
		drm_vgpu_queue_control args = {};

		args.id = queue.id();
		args.op = op;
		run({.name = "QUEUE_CONTROL " + std::to_string(op),
		     .call = [&] { return gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_CONTROL, &args); }});
		run({.name = "QUEUE_STATE", .call = [&] {
			     state = {};
			     state.id = queue.id();
			     return gpu.ioctl(DRM_IOCTL_VGPU_QUEUE_STATE, &state);
		     }});
		const std::uint32_t expected =
			op == DRM_VGPU_QUEUE_OP_SUSPEND ? DRM_VGPU_QUEUE_SUSPENDED
			: op == DRM_VGPU_QUEUE_OP_KILL	? DRM_VGPU_QUEUE_KILLED
							: DRM_VGPU_QUEUE_ACTIVE;
		EXPECT_EQ(state.status, expected);
	}
}

TEST_F(FaultInjection, ExecManyDependencies)
{
	constexpr int many = 15; /* more than drm_dep makes room for at once, twice */
	const vgpu::QueueOptions direct = {.flags = DRM_VGPU_QUEUE_DIRECT_COMPLETION};
	const vgpu::Queue gate_queue(gpu.device, gpu.vm), last(gpu.device, gpu.vm, direct);
	const Call call = gpu.place(link(gpu.data_address(0), 1));
	const Call nop = gpu.place(vgpu::CommandWriter().nop());
	vgpu::Syncobj done(gpu.device);
	std::deque<vgpu::Syncobj> waits;
	std::deque<vgpu::Queue> queues;
	std::unique_ptr<Gate> gate;
	vgpu::Exec exec;
	int runs = 0;

	vgpu::Job &job = exec.job(last).call(call.va, call.words).signal(done);
	for (int i = 0; i < many; i++) {
		queues.emplace_back(gpu.device, gpu.vm);
		waits.emplace_back(gpu.device);
		job.wait(waits.back());
	}
	const auto finish = [&] {
		gate.reset();
		EXPECT_EQ(status_of(done), 1);
		done.reset();
		runs++;
	};

	EXPECT_GT(run({.name = "EXEC with many dependencies",
		       .call = [&] { return exec.try_submit(*gpu.io); },
		       /* Fences that don't signal now, each of a context of its own. */
		       .prepare =
			       [&] {
				       if (gate)
					       return;
				       gate = std::make_unique<Gate>(gpu, gate_queue);
				       vgpu::Exec before;
				       for (int i = 0; i < many; i++)
					       before.job(queues[i])
						       .call(nop.va, nop.words)
						       .wait(gate->done())
						       .signal(waits[i]);
				       before.submit(gpu.device);
			       },
		       .refused = [&](int) { EXPECT_TRUE(has_no_fence(done)); },
		       .undo = finish}),
		  0);
	finish();
	EXPECT_EQ(gpu.data(0), chain(0, std::vector<std::uint64_t>(runs, 1)));
}

TEST_F(FaultInjection, OpenAndClose)
{
	/* The context's own file stays: only the new one is under test. */
	vgpu::UniqueFd fd;
	/* The device's own name: not every step of a look-up in procfs says what failed. */
	const std::string path =
		std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(gpu.io->fd()));
	std::unique_ptr<Context> other;

	EXPECT_GT(run({.name = "open",
		       .call =
			       [&] {
				       fd.reset(open(path.c_str(), O_RDWR | O_CLOEXEC));
				       return fd ? 0 : -errno;
			       },
		       .undo = [&] { fd.reset(); }}),
		  0);

	/* Of a file with all that can be in one, and a job that runs. It can't fail. */
	run({.name = "close",
	     .call =
		     [&] {
			     other.reset();
			     return close(fd.release()) == 0 ? 0 : -errno;
		     },
	     .prepare =
		     [&] {
			     other = std::make_unique<Context>();
			     const vgpu::Syncobj done(other->device);
			     other->submit(other->queue, vgpu::CommandWriter().delay(1'000'000),
					   done);
			     fd.reset(dup(other->io->fd()));
		     }});
}

TEST_F(FaultInjection, ExportAndImport)
{
	Context other;
	drm_prime_handle args = {};

	EXPECT_GT(run({.name = "PRIME_HANDLE_TO_FD",
		       .call =
			       [&] {
				       args = {};
				       args.handle = gpu.data_buffer.handle();
				       args.flags = O_RDWR | O_CLOEXEC;
				       return gpu.ioctl(DRM_IOCTL_PRIME_HANDLE_TO_FD, &args);
			       },
		       .undo = [&] { close(args.fd); }}),
		  0);
	const vgpu::UniqueFd exported(args.fd);
	std::uint32_t handle = 0;
	const auto drop = [&] {
		drm_gem_close gem = {};
		gem.handle = handle;
		EXPECT_EQ(other.ioctl(DRM_IOCTL_GEM_CLOSE, &gem), 0);
	};

	EXPECT_GT(run({.name = "PRIME_FD_TO_HANDLE",
		       .call =
			       [&] {
				       drm_prime_handle import = {};
				       import.fd = exported.get();
				       const int result =
					       other.ioctl(DRM_IOCTL_PRIME_FD_TO_HANDLE, &import);
				       handle = import.handle;
				       return result;
			       },
		       .undo = drop}),
		  0);
	drop();
}

/* @return 0 or a negative errno */
int read_all(const char *path)
{
	char text[4096];
	const vgpu::UniqueFd fd(open(path, O_RDONLY | O_CLOEXEC));
	ssize_t bytes = fd ? 1 : -1;

	while (bytes > 0)
		bytes = read(fd.get(), text, sizeof(text));
	return bytes == 0 ? 0 : -errno;
}

TEST_F(FaultInjection, Debugfs)
{
	std::vector<std::string> paths = {"/sys/kernel/debug/drm_dep/queues"};

	for (const auto &entry :
	     std::filesystem::recursive_directory_iterator("/sys/kernel/debug/dri"))
		if (entry.is_regular_file() && !entry.is_symlink() &&
		    read_all(entry.path().c_str()) == 0)
			paths.push_back(entry.path());
	for (const std::string &path : paths)
		run({.name = "read " + path.substr(sizeof("/sys/kernel/debug")),
		     .call = [&] { return read_all(path.c_str()); }});
}

} // namespace
