/* SPDX-License-Identifier: MIT */
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <sys/types.h>

#include <vgpu/vgpu.h>

#include "random.h"
#include "shared_state.h"

namespace stress
{

/**
 * A client that is killed in the middle of its work, again and again, beside a round.
 *
 * It submits links of a chain: each job mixes the same two blocks of a buffer with its own number.
 * The buffer and the timeline that the jobs signal belong to the process that kills it, and
 * survive. Once all that was submitted has signalled nobody writes any more; then both blocks must
 * be what some number of links makes of zeroes, the same number in both, or one more in the first
 * block, if the client went between the two commands of a job.
 */
class Victim
{
public:
	Victim(const vgpu::Device &device, SharedState &shared, std::uint64_t seed,
	       std::chrono::milliseconds patience);
	~Victim();
	Victim(const Victim &) = delete;
	Victim &operator=(const Victim &) = delete;

	/** Does what is due: kills it, checks what it left behind, starts the next. Doesn't wait.
	 */
	void look_after();

	/** How many have been killed and checked. */
	std::uint64_t killed() const noexcept { return killed_; }
	/** How many jobs of theirs have had their effect. */
	std::uint64_t links() const noexcept { return links_; }

private:
	void start();
	void kill();
	void check();
	std::uint64_t last_submitted() const;

	const vgpu::Device &device_;
	SharedState &shared_;
	Random random_;
	const std::chrono::milliseconds patience_;
	std::optional<vgpu::Buffer> blocks_;
	std::optional<vgpu::Syncobj> timeline_;
	pid_t pid_ = -1;
	std::chrono::steady_clock::time_point due_; /* it is killed; or its fences are overdue */
	std::uint64_t killed_ = 0, links_ = 0;
};

/** What a block has after so many links. */
std::vector<std::uint64_t> block_after(std::uint64_t links);

/**
 * How many links the blocks have: one number for both, or for the second one link less. None if
 * that can't be.
 */
std::optional<std::uint64_t> links_in(std::span<const std::uint64_t> first,
				      std::span<const std::uint64_t> second, std::uint64_t most);

/** Words of a block. */
inline constexpr std::size_t block_words = 64;

} // namespace stress
