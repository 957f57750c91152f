/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <cerrno>
#include <iterator>

#include <sys/mman.h>

#include <vgpu/error.h>

namespace fuzz
{

namespace
{

constexpr std::size_t page = 4096;

} // namespace

Traps::Traps()
{
	void *memory =
		mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		throw vgpu::Error(errno, "mmap", "get memory for bad pointers");
	pages_ = static_cast<unsigned char *>(memory);
	/* Written, so that it is there and not the page of zeroes. */
	pages_[page] = 0;
	if (mprotect(pages_ + page, page, PROT_READ) ||
	    mprotect(pages_ + 2 * page, page, PROT_NONE))
		throw vgpu::Error(errno, "mprotect", "take rights from memory");
}

Traps::~Traps()
{
	munmap(pages_, 3 * page);
}

std::uint64_t Traps::bad_pointer(Random &random) const
{
	const std::uint64_t choices[] = {0,
					 1,
					 8,
					 reinterpret_cast<std::uint64_t>(pages_ + 2 * page),
					 reinterpret_cast<std::uint64_t>(pages_ + 2 * page - 8),
					 reinterpret_cast<std::uint64_t>(pages_ + page),
					 reinterpret_cast<std::uint64_t>(pages_ + 3),
					 0x7ffffffff000,
					 0x8000000000000000,
					 0xffffffff80000000,
					 ~7ULL,
					 ~0ULL,
					 random.next()};

	return choices[random.below(std::size(choices))];
}

void *Traps::read_only(const void *original, std::size_t bytes)
{
	if (mprotect(pages_ + page, page, PROT_READ | PROT_WRITE))
		throw vgpu::Error(errno, "mprotect", "write to a page");
	std::memcpy(pages_ + page, original, bytes);
	if (mprotect(pages_ + page, page, PROT_READ))
		throw vgpu::Error(errno, "mprotect", "take rights from memory");
	return pages_ + page;
}

void *Traps::cut_off(const void *original, std::size_t bytes, std::size_t missing)
{
	if (mprotect(pages_ + page, page, PROT_READ | PROT_WRITE))
		throw vgpu::Error(errno, "mprotect", "write to a page");
	unsigned char *start = pages_ + 2 * page - (bytes - missing);
	std::memcpy(start, original, bytes - missing);
	if (mprotect(pages_ + page, page, PROT_READ))
		throw vgpu::Error(errno, "mprotect", "take rights from memory");
	return start;
}

std::uint64_t odd_number(Random &random, std::uint64_t usual)
{
	switch (random.below(12)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return ~0ULL;
	case 3:
		return usual + 1;
	case 4:
		return usual - 1;
	case 5:
		return usual ^ (1ULL << random.below(64));
	case 6:
		return usual ^ (1ULL << random.below(32));
	case 7:
		return 1ULL << random.below(64);
	case 8:
		return (1ULL << random.below(64)) - 1;
	case 9:
		return usual + 4096 * random.below(1024);
	case 10:
		return random.below(64);
	default:
		return random.next();
	}
}

void spoil(Random &random, void *structure, std::size_t bytes)
{
	auto *at = static_cast<unsigned char *>(structure);

	if (random.one_in(3) && bytes >= 8) {
		std::uint64_t value;

		at += random.below(bytes / 8) * 8;
		std::memcpy(&value, at, sizeof(value));
		value = odd_number(random, value);
		std::memcpy(at, &value, sizeof(value));
	} else {
		std::uint32_t value;

		at += random.below(bytes / 4) * 4;
		std::memcpy(&value, at, sizeof(value));
		value = static_cast<std::uint32_t>(odd_number(random, value));
		std::memcpy(at, &value, sizeof(value));
	}
}

} // namespace fuzz
