/* SPDX-License-Identifier: MIT */
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "random.h"

namespace fuzz
{

using stress::Random;

/** Memory that a caller may hand over by mistake: what can't be read, can't be written, ends. */
class Traps
{
public:
	Traps();
	Traps(const Traps &) = delete;
	Traps &operator=(const Traps &) = delete;
	~Traps();

	/** An address at which nothing good is. */
	std::uint64_t bad_pointer(Random &random) const;

	/** A copy of a structure in memory that can only be read. */
	void *read_only(const void *original, std::size_t bytes);

	/** A copy the last @p missing bytes of which are not there. */
	void *cut_off(const void *original, std::size_t bytes, std::size_t missing);

private:
	unsigned char *pages_; /* one that can be written, one that can be read, one that is none */
};

/** A number of the kind that finds mistakes; @p usual is what would be right. */
std::uint64_t odd_number(Random &random, std::uint64_t usual);

/** Spoils one field of 32 or 64 bits of a structure. */
void spoil(Random &random, void *structure, std::size_t bytes);

} // namespace fuzz
