/* SPDX-License-Identifier: MIT */
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <vgpu/vgpu.h>

using namespace std::chrono_literals;

/** Far more than anything here takes, also on a kernel with every check on. */
inline constexpr std::chrono::seconds long_enough = 60s;

/** Where a program was put. */
struct Call {
	std::uint64_t va;
	std::uint32_t words;
};

/**
 * One client: an open file, an address space, a buffer for programs and one for data.
 *
 * A test says what is to be done and what must have come of it; this says how.
 */
class Context
{
public:
	static constexpr std::uint64_t code_va = 0x10000000;
	static constexpr std::uint64_t data_va = 0x20000000;
	/** Nothing is mapped here or in the next MiB. */
	static constexpr std::uint64_t hole_va = 0x30000000;
	static constexpr std::uint64_t code_bytes = 256 << 10;
	static constexpr std::uint64_t data_bytes = 64 << 10;

	Context();

	/** Puts a program where the device can read it. It stays there. */
	Call place(const vgpu::CommandWriter &program);

	/** Submits a program as one job that signals @p done. */
	void submit(const vgpu::Queue &queue, const vgpu::CommandWriter &program,
		    const vgpu::Syncobj &done);

	/** Runs a program. @return its fence's status: 1, or a negative errno. */
	int run(const vgpu::Queue &queue, const vgpu::CommandWriter &program);

	/** The same on the client's own queue; if it fails, the client gets a new one. */
	int run(const vgpu::CommandWriter &program);

	/** Waits until a word of the data isn't @p value any more. */
	void wait_for_change(std::size_t word, std::uint64_t value);

	/** The data as the CPU sees it. */
	std::uint64_t &data(std::size_t word) { return data_buffer.words()[word]; }

	/** A word of the data that the device may be writing to. */
	std::uint64_t peek(std::size_t word)
	{
		return __atomic_load_n(&data_buffer.words()[word], __ATOMIC_ACQUIRE);
	}
	void poke(std::size_t word, std::uint64_t value)
	{
		__atomic_store_n(&data_buffer.words()[word], value, __ATOMIC_RELEASE);
	}

	/** The address of a word of the data. */
	static std::uint64_t data_address(std::size_t word) { return data_va + 8 * word; }

	/** Makes a call without repeating it when a signal comes. @return 0 or a negative errno. */
	int ioctl_once(unsigned long request, void *arg) { return io->ioctl_once(request, arg); }
	int ioctl(unsigned long request, void *arg) { return io->ioctl(request, arg); }

	std::shared_ptr<vgpu::DrmIoctl> io;
	vgpu::Device device;
	vgpu::Vm vm;
	vgpu::Buffer code_buffer;
	vgpu::Buffer data_buffer;
	vgpu::Queue queue;

private:
	std::uint32_t code_used_ = 0; /* words */
};

/** The same options for a queue whose jobs may take as long as any may. */
vgpu::QueueOptions patient(const vgpu::Device &device, vgpu::QueueOptions options = {});

/** A test with a client of its own. */
class DeviceTest : public ::testing::Test
{
protected:
	Context gpu;
};

/** The status of the fence in @p done, which must come to signal. */
int status_of(const vgpu::Syncobj &done);

/** Waits, and makes the test fail if it takes too long. */
void expect_signalled(const vgpu::Syncobj &done);

/** As status_of(), for a fence that has become a file. */
int status_of(const vgpu::UniqueFd &fence);

/** Whether the fence in @p done has not signalled. */
bool is_pending(const vgpu::Syncobj &done);

/** Whether there is no fence in @p syncobj. */
bool has_no_fence(const vgpu::Syncobj &syncobj);

/** A program of one link of a chain: only the right links in the right order give chain(). */
vgpu::CommandWriter link(std::uint64_t word_va, std::uint64_t number);

/** What a word has after the links, in this order, from @p start on. */
std::uint64_t chain(std::uint64_t start, const std::vector<std::uint64_t> &numbers);

/** Letters and digits only, as the names of tests must be. */
template <class Param>
std::string name_of(const ::testing::TestParamInfo<Param> &info)
{
	return info.param.name;
}
