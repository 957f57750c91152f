/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <fmt/format.h>

namespace fuzz
{

namespace
{

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t code_va = 0x1000000, code_bytes = 64 << 10;
constexpr std::uint64_t data_va = 0x2000000, data_pages = 512; /* binds go there */
constexpr std::size_t most_vms = 4, most_queues = 24, most_buffers = 24, most_syncobjs = 24;
constexpr std::size_t most_fences = 600;

std::string in_hex(const void *memory, std::size_t bytes)
{
	const auto *words = static_cast<const std::uint32_t *>(memory);
	std::string text;

	for (std::size_t i = 0; i < bytes / 4; i++)
		text += fmt::format("{}{:x}", i ? " " : "", words[i]);
	return text;
}

template <class T>
void forget(std::vector<T> &list, std::size_t at)
{
	list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
}

std::uint64_t data_address(Random &random)
{
	return data_va + 8 * random.below(data_pages * page / 8);
}

} // namespace

Client::Client()
	: io_(std::make_shared<vgpu::DrmIoctl>(vgpu::open_device_file())), device_(io_),
	  code_(device_, code_bytes), data_(device_, data_pages * page)
{
	code_.words();
}

Client::~Client() = default;

template <class Args>
Outcome Client::call(Random &random, Kind kind, unsigned long request, Args &args)
{
	void *where = &args;
	const std::string text = in_hex(&args, sizeof(args));

	if (random.one_in(60))
		where = traps_.read_only(&args, sizeof(args));
	else if (random.one_in(60))
		where = traps_.cut_off(&args, sizeof(args), 4 + 4 * random.below(sizeof(args) / 4));
	else if (random.one_in(100))
		where = reinterpret_cast<void *>(traps_.bad_pointer(random));
	const int result = io_->ioctl(request, where);

	return {kind, result, text};
}

std::uint32_t Client::any_vm(Random &random) const
{
	return vms_.empty() ? 0 : vms_[random.below(vms_.size())];
}

const Client::QueueName *Client::any_queue(Random &random, bool bind, std::uint32_t vm) const
{
	std::vector<const QueueName *> fit;

	for (const QueueName &queue : queues_)
		if ((queue.engine_class == DRM_VGPU_ENGINE_BIND) == bind && (!vm || queue.vm == vm))
			fit.push_back(&queue);
	return fit.empty() ? nullptr : fit[random.below(fit.size())];
}

const Client::BufferName *Client::any_buffer(Random &random) const
{
	return buffers_.empty() ? nullptr : &buffers_[random.below(buffers_.size())];
}

std::uint32_t Client::any_syncobj(Random &random) const
{
	return syncobjs_.empty() ? 0 : syncobjs_[random.below(syncobjs_.size())];
}

void Client::spoil_array(Random &random, drm_vgpu_array &array)
{
	if (random.one_in(150))
		spoil(random, &array, 8); /* stride or count */
	if (random.one_in(200))
		array.ptr = traps_.bad_pointer(random);
}

Outcome Client::query(Random &random)
{
	std::array<unsigned char, 512> answer;
	drm_vgpu_query_args args = {};

	args.what = static_cast<__u32>(random.below(2));
	args.size = random.one_in(3) ? 0 : static_cast<__u32>(random.below(answer.size()));
	args.ptr = args.size ? reinterpret_cast<__u64>(answer.data()) : 0;
	if (random.one_in(4)) {
		spoil(random, &args, 4);
		if (random.one_in(2))
			args.ptr = traps_.bad_pointer(random);
	}
	return call(random, Kind::query, DRM_IOCTL_VGPU_QUERY, args);
}

Outcome Client::bo_create(Random &random)
{
	drm_vgpu_bo_create args = {};

	if (buffers_.size() >= most_buffers)
		return gem_close(random);
	args.size = (1 + random.below(16)) * page - random.below(2) * random.below(page);
	if (random.one_in(4)) {
		args.flags = DRM_VGPU_BO_VM_PRIVATE;
		args.vm = any_vm(random);
	}
	if (random.one_in(5))
		spoil(random, &args, sizeof(args));
	const Outcome outcome = call(random, Kind::bo_create, DRM_IOCTL_VGPU_BO_CREATE, args);
	if (outcome.result == 0 && args.handle)
		buffers_.push_back({args.handle, args.size});
	return outcome;
}

Outcome Client::bo_mmap_offset(Random &random)
{
	drm_vgpu_bo_mmap_offset args = {};
	const BufferName *buffer = any_buffer(random);

	args.handle = buffer ? buffer->handle : 1;
	if (random.one_in(4))
		spoil(random, &args, sizeof(args));
	const Outcome outcome =
		call(random, Kind::bo_mmap_offset, DRM_IOCTL_VGPU_BO_MMAP_OFFSET, args);
	if (outcome.result == 0 && args.offset) {
		/* Written to while the device may be doing the same. */
		void *memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, io_->fd(),
				    static_cast<off_t>(args.offset));
		if (memory != MAP_FAILED) {
			static_cast<volatile std::uint64_t *>(memory)[random.below(512)] =
				random.next();
			munmap(memory, page);
		}
	}
	return outcome;
}

Outcome Client::vm_create(Random &random)
{
	drm_vgpu_vm_create args = {};

	if (vms_.size() >= most_vms)
		return vm_destroy(random);
	if (random.one_in(6))
		spoil(random, &args, sizeof(args));
	const Outcome outcome = call(random, Kind::vm_create, DRM_IOCTL_VGPU_VM_CREATE, args);
	if (outcome.result == 0 && args.id) {
		drm_vgpu_vm_bind bind = {};
		const drm_vgpu_bind_op ops[] = {
			vgpu::map_op(code_, code_va, 0, code_bytes, vgpu::Access::read_only),
			vgpu::map_op(data_, data_va, 0, data_pages * page)};

		/* Without programs there is little to do for a queue, and without data to fault. */
		bind.vm = args.id;
		bind.ops = {sizeof(ops[0]), 2, reinterpret_cast<__u64>(ops)};
		io_->ioctl(DRM_IOCTL_VGPU_VM_BIND, &bind);
		vms_.push_back(args.id);
	}
	return outcome;
}

Outcome Client::vm_destroy(Random &random)
{
	drm_vgpu_vm_destroy args = {};
	const std::size_t at = random.below(vms_.size() + 1);

	args.id = at < vms_.size() ? vms_[at] : static_cast<__u32>(random.below(20));
	if (random.one_in(6))
		spoil(random, &args, sizeof(args));
	const Outcome outcome = call(random, Kind::vm_destroy, DRM_IOCTL_VGPU_VM_DESTROY, args);
	if (outcome.result == 0)
		std::erase(vms_, args.id);
	return outcome;
}

drm_vgpu_sync Client::any_sync(Random &random)
{
	drm_vgpu_sync sync = {};

	sync.handle = any_syncobj(random);
	/* To wait for nothing is a mistake, and a point that there is none of is nothing. */
	sync.flags = random.one_in(4) ? DRM_VGPU_SYNC_WAIT : DRM_VGPU_SYNC_SIGNAL;
	if (random.one_in(16))
		sync.flags = DRM_VGPU_SYNC_WAIT | DRM_VGPU_SYNC_SIGNAL;
	if (random.one_in(sync.flags & DRM_VGPU_SYNC_WAIT ? 20 : 3)) {
		sync.flags |= DRM_VGPU_SYNC_TIMELINE;
		sync.point = 1 + (random.one_in(2) ? random.below(16) : random.next() >> 1);
	}
	if (random.one_in(80))
		spoil(random, &sync, sizeof(sync));
	return sync;
}

void Client::keep_fences(const std::vector<drm_vgpu_sync> &syncs)
{
	for (const drm_vgpu_sync &sync : syncs) {
		drm_syncobj_handle args = {};

		if (!(sync.flags & DRM_VGPU_SYNC_SIGNAL))
			continue;
		args.handle = sync.handle;
		args.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE;
		args.fd = -1;
		if (io_->ioctl(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args) == 0)
			fences.emplace_back(args.fd);
	}
	/* Of the oldest we only want to know that they don't go wrong; most have signalled. */
	while (fences.size() > most_fences)
		fences.pop_front();
}

Outcome Client::vm_bind(Random &random)
{
	std::vector<drm_vgpu_bind_op> ops;
	std::vector<drm_vgpu_sync> syncs;
	drm_vgpu_vm_bind args = {};

	args.vm = any_vm(random);
	for (std::uint64_t i = 1 + random.below(4); i > 0; i--) {
		const BufferName *buffer = any_buffer(random);
		drm_vgpu_bind_op op = {};

		op.va = data_va + random.below(data_pages) * page;
		op.size = (1 + random.below(16)) * page;
		if (buffer && !random.one_in(3)) {
			const std::uint64_t pages = (buffer->bytes + page - 1) / page;

			op.kind = DRM_VGPU_BIND_MAP;
			op.flags = random.one_in(4) ? DRM_VGPU_BIND_READONLY : 0;
			op.handle = buffer->handle;
			op.bo_offset = random.below(std::max<std::uint64_t>(pages, 1)) * page;
			op.size = (1 + random.below(std::max<std::uint64_t>(
					       pages - op.bo_offset / page, 1))) *
				  page;
		} else {
			op.kind = DRM_VGPU_BIND_UNMAP;
		}
		if (random.one_in(12))
			spoil(random, &op, sizeof(op));
		ops.push_back(op);
	}
	args.ops = {sizeof(ops[0]), static_cast<__u32>(ops.size()),
		    reinterpret_cast<__u64>(ops.data())};
	const QueueName *queue = any_queue(random, true, args.vm);
	if (queue && !random.one_in(4)) {
		args.flags = DRM_VGPU_VM_BIND_ASYNC;
		args.queue = queue->id;
		for (std::uint64_t i = random.below(4); i > 0; i--)
			syncs.push_back(any_sync(random));
		if (!syncs.empty())
			args.syncs = {sizeof(syncs[0]), static_cast<__u32>(syncs.size()),
				      reinterpret_cast<__u64>(syncs.data())};
	}
	if (random.one_in(12))
		spoil(random, &args, 16);
	spoil_array(random, args.ops);
	spoil_array(random, args.syncs);
	/* A synchronous one waits for bind queues, and they for queues that we have suspended. */
	if (!(args.flags & DRM_VGPU_VM_BIND_ASYNC))
		resume_both();
	const Outcome outcome = call(random, Kind::vm_bind, DRM_IOCTL_VGPU_VM_BIND, args);
	if (outcome.result == 0)
		keep_fences(syncs);
	return outcome;
}

Outcome Client::queue_create(Random &random)
{
	drm_vgpu_queue_create args = {};

	if (queues_.size() >= most_queues)
		return queue_destroy(random);
	args.vm = any_vm(random);
	args.profile = static_cast<__u32>(random.below(7));
	if (random.one_in(5)) {
		args.engine_class = DRM_VGPU_ENGINE_BIND;
	} else {
		args.engine_class = static_cast<__u32>(random.below(2));
		args.flags = random.one_in(2) ? DRM_VGPU_QUEUE_DIRECT_COMPLETION : 0;
		args.ring_words = random.one_in(2) ? 0 : 64u << random.below(7);
		args.credits = args.ring_words && random.one_in(2)
				       ? static_cast<__u32>(4 + random.below(args.ring_words - 3))
				       : 0;
		args.priority = static_cast<__u32>(random.below(3));
		args.timeout_ms = 10 + static_cast<__u32>(random.below(40));
	}
	if (random.one_in(6))
		spoil(random, &args, sizeof(args));
	/* What hangs is to be found out soon. */
	if (args.timeout_ms > 500 && args.timeout_ms <= device_.info().max_timeout_ms)
		args.timeout_ms = 500;
	const Outcome outcome = call(random, Kind::queue_create, DRM_IOCTL_VGPU_QUEUE_CREATE, args);
	if (outcome.result == 0 && args.id)
		queues_.push_back({args.id, args.vm, args.engine_class});
	return outcome;
}

Outcome Client::queue_destroy(Random &random)
{
	drm_vgpu_queue_destroy args = {};
	const std::size_t at = random.below(queues_.size() + 1);

	args.id = at < queues_.size() ? queues_[at].id : static_cast<__u32>(random.below(200));
	args.flags = random.one_in(4) ? DRM_VGPU_QUEUE_DESTROY_DRAIN : 0;
	if (random.one_in(8))
		spoil(random, &args, sizeof(args));
	/* Some profiles drain whatever is asked; what we hold up ourselves would never be idle. */
	resume_both();
	const Outcome outcome =
		call(random, Kind::queue_destroy, DRM_IOCTL_VGPU_QUEUE_DESTROY, args);
	if (outcome.result == 0)
		std::erase_if(queues_, [&](const QueueName &queue) { return queue.id == args.id; });
	return outcome;
}

/* Anywhere in the programs, also where one is being executed: that is a client's right. */
void Client::write_program(Random &random)
{
	volatile std::uint64_t *words = code_.words().data();
	const std::uint64_t count = code_bytes / 8;
	std::uint64_t at = random.below(count - 256);
	vgpu::CommandWriter program;

	for (std::uint64_t i = 1 + random.below(12); i > 0; i--) {
		const std::uint64_t dst = data_address(random), src = data_address(random);
		const std::uint64_t length = 8 * (1 + random.below(random.one_in(8) ? 4096 : 64));

		switch (random.below(24)) {
		case 0:
			program.nop();
			break;
		case 1:
			program.delay(random.below(500'000));
			break;
		case 2:
			program.wait(dst, random.one_in(12) ? random.next() : 0);
			break;
		case 3:
			if (random.one_in(25))
				program.hang(random.one_in(2) ? DRM_VGPU_HANG_ENDLESS
							      : DRM_VGPU_HANG_NO_PREEMPT);
			break;
		case 4:
			if (random.one_in(12))
				program.fault();
			break;
		case 5:
			if (random.one_in(8))
				program.raw(odd_number(random,
						       DRM_VGPU_CMD_HEADER(random.below(9), 0, 4)));
			break;
		case 6:
			program.store_timestamp(dst);
			break;
		case 7:
		case 8:
		case 9:
			program.fill(dst, length, random.next());
			break;
		case 10:
		case 11:
		case 12:
			program.copy(dst, src, length);
			break;
		case 13:
		case 14:
			program.store(dst, random.next());
			break;
		default:
			program.mix(dst, src, length, random.next());
			break;
		}
	}
	if (!program.size())
		program.nop();
	programs_.push_back({code_va + 8 * at, program.size()});
	if (programs_.size() > 32)
		programs_.pop_front();
	for (const std::uint64_t word : program.words())
		words[at++ % count] = word;
}

drm_vgpu_call Client::any_call(Random &random)
{
	drm_vgpu_call call = {};

	if (programs_.empty() || random.one_in(25)) {
		call.va = code_va + 8 * random.below(code_bytes / 8);
		call.words = static_cast<__u32>(1 + random.below(80));
	} else {
		const Program &program = programs_[random.below(programs_.size())];

		call.va = program.va;
		call.words = program.words;
	}
	if (random.one_in(100))
		spoil(random, &call, sizeof(call));
	return call;
}

/* Queues that take no more jobs make room for others. */
void Client::bury(const std::vector<drm_vgpu_job> &jobs)
{
	/* Their jobs may wait for what we hold up, and of one profile destroying waits for them. */
	resume_both();
	for (const drm_vgpu_job &job : jobs) {
		drm_vgpu_queue_state state = {};
		drm_vgpu_queue_destroy destroy = {};

		state.id = destroy.id = job.queue;
		if (io_->ioctl(DRM_IOCTL_VGPU_QUEUE_STATE, &state) ||
		    state.status < DRM_VGPU_QUEUE_KILLED)
			continue;
		if (io_->ioctl(DRM_IOCTL_VGPU_QUEUE_DESTROY, &destroy) == 0)
			std::erase_if(queues_, [&](const QueueName &queue) {
				return queue.id == destroy.id;
			});
	}
}

Outcome Client::exec(Random &random)
{
	std::vector<drm_vgpu_job> jobs;
	std::vector<std::vector<drm_vgpu_call>> calls;
	std::vector<std::vector<drm_vgpu_sync>> syncs;
	std::vector<std::vector<drm_vgpu_bo_use>> uses;
	drm_vgpu_exec args = {};
	const QueueName *any = any_queue(random, false);
	const std::uint32_t vm = any ? any->vm : 0;

	for (std::uint64_t i = random.below(3); i > 0; i--)
		write_program(random);
	for (std::uint64_t i = 1 + random.below(random.one_in(6) ? 32 : 4); i > 0; i--) {
		const QueueName *queue = any_queue(random, false, random.one_in(60) ? 0 : vm);
		std::vector<drm_vgpu_call> job_calls;
		std::vector<drm_vgpu_sync> job_syncs;
		std::vector<drm_vgpu_bo_use> job_uses;
		drm_vgpu_job job = {};

		job.queue = queue ? queue->id : static_cast<__u32>(random.below(100));
		job.cookie = random.next();
		for (std::uint64_t c = 1 + random.below(random.one_in(20) ? 17 : 3); c > 0; c--) {
			job_calls.push_back(any_call(random));
		}
		for (std::uint64_t s = random.below(4); s > 0; s--)
			job_syncs.push_back(any_sync(random));
		for (std::uint64_t b = random.one_in(3) ? random.below(4) : 0; b > 0; b--)
			if (const BufferName *buffer = any_buffer(random)) {
				drm_vgpu_bo_use use = {};

				use.handle = buffer->handle;
				use.flags = random.one_in(2) ? DRM_VGPU_BO_USE_WRITE : 0;
				if (random.one_in(60))
					spoil(random, &use, sizeof(use));
				job_uses.push_back(use);
			}
		calls.push_back(std::move(job_calls));
		syncs.push_back(std::move(job_syncs));
		uses.push_back(std::move(job_uses));
		jobs.push_back(job);
	}
	const auto array_of = [](const auto &list) {
		drm_vgpu_array array = {};

		array.stride = sizeof(list[0]);
		array.count = static_cast<__u32>(list.size());
		array.ptr = list.empty() ? 0 : reinterpret_cast<__u64>(list.data());
		return array;
	};
	for (std::size_t i = 0; i < jobs.size(); i++) {
		jobs[i].calls = array_of(calls[i]);
		jobs[i].syncs = array_of(syncs[i]);
		jobs[i].bos = array_of(uses[i]);
		spoil_array(random, jobs[i].calls);
		spoil_array(random, jobs[i].syncs);
		spoil_array(random, jobs[i].bos);
		if (random.one_in(100))
			spoil(random, &jobs[i], sizeof(jobs[i]));
	}
	args.jobs = array_of(jobs);
	spoil_array(random, args.jobs);
	if (random.one_in(30))
		spoil(random, &args, sizeof(args));
	const Outcome outcome = call(random, Kind::exec, DRM_IOCTL_VGPU_EXEC, args);
	if (outcome.result == 0)
		for (const auto &list : syncs)
			keep_fences(list);
	else if (outcome.result == -ECANCELED)
		bury(jobs);
	return outcome;
}

Outcome Client::queue_state(Random &random)
{
	const QueueName *queue = any_queue(random, random.one_in(4));
	drm_vgpu_queue_state args = {};

	args.id = queue ? queue->id : static_cast<__u32>(random.below(200));
	if (random.one_in(5))
		spoil(random, &args, sizeof(args));
	return call(random, Kind::queue_state, DRM_IOCTL_VGPU_QUEUE_STATE, args);
}

Outcome Client::queue_control(Random &random)
{
	const QueueName *queue = any_queue(random, random.one_in(12));
	drm_vgpu_queue_control args = {};

	args.id = queue ? queue->id : static_cast<__u32>(random.below(200));
	args.op = random.one_in(16) ? __u32{DRM_VGPU_QUEUE_OP_KILL}
				    : static_cast<__u32>(random.below(3));
	args.value = args.op == DRM_VGPU_QUEUE_OP_PRIORITY ? random.below(3) : 0;
	if (random.one_in(6))
		spoil(random, &args, sizeof(args));
	return call(random, Kind::queue_control, DRM_IOCTL_VGPU_QUEUE_CONTROL, args);
}

Outcome Client::gem_close(Random &random)
{
	drm_gem_close args = {};
	const std::size_t at = random.below(buffers_.size() + 1);

	args.handle = at < buffers_.size() ? buffers_[at].handle : 0;
	const int result = io_->ioctl(DRM_IOCTL_GEM_CLOSE, &args);
	if (at < buffers_.size())
		forget(buffers_, at);
	return {Kind::other, result, {}};
}

Outcome Client::syncobj(Random &random)
{
	if (syncobjs_.size() < most_syncobjs && random.one_in(2)) {
		drm_syncobj_create args = {};

		args.flags = random.one_in(6) ? 0 : DRM_SYNCOBJ_CREATE_SIGNALED;
		const int result = io_->ioctl(DRM_IOCTL_SYNCOBJ_CREATE, &args);
		if (result == 0)
			syncobjs_.push_back(args.handle);
		return {Kind::other, result, {}};
	}
	if (syncobjs_.empty())
		return {Kind::other, 0, {}};
	const std::size_t at = random.below(syncobjs_.size());
	const std::uint32_t handle = syncobjs_[at];
	if (random.one_in(3)) {
		drm_syncobj_destroy args = {};

		args.handle = handle;
		forget(syncobjs_, at);
		return {Kind::other, io_->ioctl(DRM_IOCTL_SYNCOBJ_DESTROY, &args), {}};
	}
	if (random.one_in(2)) {
		drm_syncobj_transfer args = {};

		args.src_handle = handle;
		args.dst_handle = any_syncobj(random);
		args.src_point = random.below(8);
		args.dst_point = random.below(8);
		return {Kind::other, io_->ioctl(DRM_IOCTL_SYNCOBJ_TRANSFER, &args), {}};
	}
	drm_syncobj_array args = {};
	args.handles = reinterpret_cast<__u64>(&handle);
	args.count_handles = 1;
	return {Kind::other,
		io_->ioctl(random.one_in(5) ? DRM_IOCTL_SYNCOBJ_RESET : DRM_IOCTL_SYNCOBJ_SIGNAL,
			   &args),
		{}};
}

/* A buffer or a sync object goes to the other file, which may be in another address space. */
Outcome Client::share(Random &random, Client &other)
{
	if (random.one_in(2)) {
		const BufferName *buffer = any_buffer(random);
		drm_prime_handle args = {};

		if (!buffer || other.buffers_.size() >= most_buffers)
			return {Kind::other, 0, {}};
		args.handle = buffer->handle;
		args.flags = O_RDWR | O_CLOEXEC;
		const int result = io_->ioctl(DRM_IOCTL_PRIME_HANDLE_TO_FD, &args);
		if (result == 0) {
			const vgpu::UniqueFd fd(args.fd);
			drm_prime_handle import = {};

			import.fd = fd.get();
			if (other.io_->ioctl(DRM_IOCTL_PRIME_FD_TO_HANDLE, &import) == 0 &&
			    std::none_of(
				    other.buffers_.begin(), other.buffers_.end(),
				    [&](const BufferName &b) { return b.handle == import.handle; }))
				other.buffers_.push_back({import.handle, buffer->bytes});
		}
		return {Kind::other, result, {}};
	}
	drm_syncobj_handle args = {};
	args.handle = any_syncobj(random);
	args.fd = -1;
	const int result = io_->ioctl(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args);
	if (result == 0) {
		const vgpu::UniqueFd fd(args.fd);
		drm_syncobj_handle import = {};

		import.fd = fd.get();
		if (other.syncobjs_.size() < most_syncobjs &&
		    other.io_->ioctl(DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &import) == 0)
			other.syncobjs_.push_back(import.handle);
	}
	return {Kind::other, result, {}};
}

/* A call of ours with another size, or a number that we don't have. */
Outcome Client::wild(Random &random)
{
	alignas(8) std::array<unsigned char, 1024> memory;
	const std::uint64_t number = DRM_COMMAND_BASE + random.below(20);
	const std::uint64_t bytes = random.one_in(2) ? random.below(128) : random.below(1024);

	for (std::size_t i = 0; i < memory.size(); i++)
		memory[i] = random.one_in(3) ? static_cast<unsigned char>(random.next()) : 0;
	const auto request =
		static_cast<unsigned long>(_IOC(random.below(4), DRM_IOCTL_BASE, number, bytes));
	/* Names may go this way that we then think are there: that is no harm, but DRAIN may wait.
	 */
	resume_both();
	return {Kind::other, io_->ioctl(request, memory.data()),
		fmt::format("number {} size {}", number, bytes)};
}

void Client::resume_all()
{
	for (const QueueName &queue : queues_)
		if (queue.engine_class != DRM_VGPU_ENGINE_BIND) {
			drm_vgpu_queue_control args = {};

			args.id = queue.id;
			args.op = DRM_VGPU_QUEUE_OP_RESUME;
			io_->ioctl(DRM_IOCTL_VGPU_QUEUE_CONTROL, &args);
		}
}

void Client::resume_both()
{
	resume_all();
	if (other_)
		other_->resume_all();
}

Outcome Client::step(Random &random, Client &other)
{
	other_ = &other;

	using Call = Outcome (Client::*)(Random &);
	static constexpr struct {
		Call call;
		unsigned weight;
	} calls[] = {{&Client::query, 2},	   {&Client::bo_create, 8},
		     {&Client::bo_mmap_offset, 3}, {&Client::vm_create, 3},
		     {&Client::vm_destroy, 1},	   {&Client::vm_bind, 14},
		     {&Client::queue_create, 8},   {&Client::queue_destroy, 5},
		     {&Client::exec, 30},	   {&Client::queue_state, 4},
		     {&Client::queue_control, 8},  {&Client::gem_close, 4},
		     {&Client::syncobj, 8},	   {&Client::wild, 2}};
	unsigned all = 3;

	for (const auto &entry : calls)
		all += entry.weight;
	std::uint64_t choice = random.below(all);
	for (const auto &entry : calls) {
		if (choice < entry.weight)
			return (this->*entry.call)(random);
		choice -= entry.weight;
	}
	return share(random, other);
}

} // namespace fuzz
