/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <vgpu/vgpu.h>

#include "errors.h"
#include "memory.h"

namespace fuzz
{

/** What came of one call. */
struct Outcome {
	Kind kind;
	int result;	       /**< 0 or more, or a negative errno */
	std::string arguments; /**< for people */
};

/**
 * An open file and the names that were made with it.
 *
 * Each step makes one call: most are what a sane client could do with what there is, of the others
 * one thing or two are wrong. What is wrong is of no interest here: that is for the kernel to say.
 */
class Client
{
public:
	Client();
	~Client();
	Client(const Client &) = delete;
	Client &operator=(const Client &) = delete;

	/** Makes one call. The same random numbers make the same call if all before were the same.
	 */
	Outcome step(Random &random, Client &other);

	/** Lets go what the client itself holds up: suspended queues. */
	void resume_all();

	/** Fences of jobs and binds that were accepted; they must all signal. */
	std::deque<vgpu::UniqueFd> fences;

private:
	struct QueueName {
		std::uint32_t id, vm, engine_class;
	};
	struct BufferName {
		std::uint32_t handle;
		std::uint64_t bytes;
	};

	Outcome query(Random &random);
	Outcome bo_create(Random &random);
	Outcome bo_mmap_offset(Random &random);
	Outcome vm_create(Random &random);
	Outcome vm_destroy(Random &random);
	Outcome vm_bind(Random &random);
	Outcome queue_create(Random &random);
	Outcome queue_destroy(Random &random);
	Outcome exec(Random &random);
	Outcome queue_state(Random &random);
	Outcome queue_control(Random &random);
	Outcome gem_close(Random &random);
	Outcome syncobj(Random &random);
	Outcome share(Random &random, Client &other);
	Outcome wild(Random &random);

	/** Makes a call, now and then with arguments that are not quite where they should be. */
	template <class Args>
	Outcome call(Random &random, Kind kind, unsigned long request, Args &args);

	std::uint32_t any_vm(Random &random) const;
	const QueueName *any_queue(Random &random, bool bind, std::uint32_t vm = 0) const;
	const BufferName *any_buffer(Random &random) const;
	std::uint32_t any_syncobj(Random &random) const;
	drm_vgpu_sync any_sync(Random &random);
	void resume_both();
	void write_program(Random &random);
	drm_vgpu_call any_call(Random &random);
	void bury(const std::vector<drm_vgpu_job> &jobs);
	void keep_fences(const std::vector<drm_vgpu_sync> &syncs);
	void spoil_array(Random &random, drm_vgpu_array &array);

	std::shared_ptr<vgpu::DrmIoctl> io_;
	vgpu::Device device_;
	vgpu::Buffer code_, data_;
	Traps traps_;
	Client *other_ = nullptr; /* shares sync objects, so what waits here may wait for it */
	std::vector<std::uint32_t> vms_, syncobjs_;
	struct Program {
		std::uint64_t va;
		std::uint32_t words;
	};
	std::deque<Program> programs_; /* the latest; most are whole still */
	std::vector<QueueName> queues_;
	std::vector<BufferName> buffers_;
};

} // namespace fuzz
