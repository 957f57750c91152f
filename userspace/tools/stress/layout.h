/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstdint>
#include <vector>

#include "world.h"

namespace stress
{

/**
 * Where an address space maps the buffers of the world.
 *
 * Every buffer is followed by a page of the guard buffer, which nothing may touch, and by a hole of
 * at least one page, where nothing is mapped. The addresses differ from one address space to the
 * next, so a job that runs in the wrong one does visible harm.
 */
class Layout
{
public:
	/** The layout of address space @p vm of @p process; addresses start at @p va_start. */
	Layout(const World &world, std::uint32_t process, std::uint32_t vm, std::uint64_t va_start);

	/** Address of the first byte of a buffer. */
	std::uint64_t va(std::uint32_t buffer) const { return buffer_va_[buffer]; }

	/** Whether the address space maps the buffer. Guard buffers are mapped page by page. */
	bool maps(std::uint32_t buffer) const { return buffer_va_[buffer] != 0; }

	/** Address of the n-th guard page. */
	std::uint64_t guard_va(std::size_t n) const { return guard_va_[n]; }
	std::size_t guard_pages() const { return guard_va_.size(); }

	/** An address of at least one page of nothing. */
	std::uint64_t hole_va(std::uint64_t choice) const
	{
		return guard_va_[choice % guard_va_.size()] + page_;
	}

	/** The first address that isn't used. */
	std::uint64_t end() const { return end_; }

private:
	std::uint64_t page_;
	std::vector<std::uint64_t> buffer_va_;
	std::vector<std::uint64_t> guard_va_;
	std::uint64_t end_;
};

/** How many guard pages an address space needs: one per buffer that the process maps. */
std::uint32_t guard_pages(const World &world, std::uint32_t process);

} // namespace stress
