/* SPDX-License-Identifier: MIT */
#pragma once

#include <cerrno>
#include <cstring>

#include <sys/mman.h>

#include <vgpu/error.h>

/** A copy of a structure in memory that nobody can write to, the kernel neither. */
class ReadOnlyCopy
{
public:
	template <class T>
	explicit ReadOnlyCopy(const T &original)
	{
		static_assert(sizeof(T) <= bytes);
		page_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
		if (page_ == MAP_FAILED)
			throw vgpu::Error(errno, "mmap", "get a page");
		std::memcpy(page_, &original, sizeof(T));
		if (mprotect(page_, bytes, PROT_READ))
			throw vgpu::Error(errno, "mprotect", "make a page read-only");
	}
	ReadOnlyCopy(const ReadOnlyCopy &) = delete;
	ReadOnlyCopy &operator=(const ReadOnlyCopy &) = delete;
	~ReadOnlyCopy() { munmap(page_, bytes); }

	void *get() const { return page_; }

private:
	static constexpr std::size_t bytes = 4096;

	void *page_;
};
