/* SPDX-License-Identifier: MIT */
/*
 * Memory of one schedule: each block lies behind the one before, with a gap, and what is free stays
 * so until the schedule is over. A map finds the block of an address.
 */
#include "asan.h"
#include "memory.h"
#include "objects.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

#ifdef SIM_ASAN
#include <sanitizer/asan_interface.h>
#endif

/* From the linker: where the program begins and ends, its variables included. */
extern "C" const char __executable_start[];
extern "C" const char _end[];

namespace sim
{

namespace
{

constexpr std::size_t arena_size = 8 << 20;
constexpr std::size_t granule = 16;
constexpr unsigned char free_byte = 0x6b;
constexpr unsigned char new_byte = 0xa5;

struct Block {
	std::size_t offset;
	std::size_t size;
	const char *label;
	Layout layout;
	bool live;
	unsigned int freed_by;
};

char *arena;
std::size_t used;
std::vector<Block> blocks;
u32 block_of[arena_size / granule]; /* number of the block, from 1 */
u32 fail_in;

void make_arena()
{
	void *memory = mmap(nullptr, arena_size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED) {
		std::perror("sim: no memory");
		std::abort();
	}
	arena = static_cast<char *>(memory);
}

void poison(const void *memory, std::size_t size)
{
#ifdef SIM_ASAN
	__asan_poison_memory_region(memory, size);
#else
	(void)memory;
	(void)size;
#endif
}

void unpoison(const void *memory, std::size_t size)
{
#ifdef SIM_ASAN
	__asan_unpoison_memory_region(memory, size);
#else
	(void)memory;
	(void)size;
#endif
}

bool in_arena(const volatile void *object)
{
	const auto at = reinterpret_cast<std::uintptr_t>(object);
	const auto start = reinterpret_cast<std::uintptr_t>(arena);

	return at >= start && at < start + arena_size;
}

Block *find(const volatile void *object)
{
	std::size_t offset;
	u32 number;

	if (!in_arena(object))
		return nullptr;
	offset = static_cast<std::size_t>(static_cast<const volatile char *>(object) - arena);
	number = block_of[offset / granule];
	if (!number || offset >= blocks[number - 1].offset + blocks[number - 1].size)
		return nullptr;
	return &blocks[number - 1];
}

void check_foreign(const volatile void *object)
{
	const auto at = reinterpret_cast<std::uintptr_t>(object);
	const auto bottom = reinterpret_cast<std::uintptr_t>(self().stack.bottom());

	if (at >= bottom && at < bottom + Stack::size())
		return;
	if (at >= reinterpret_cast<std::uintptr_t>(__executable_start) &&
	    at < reinterpret_cast<std::uintptr_t>(_end))
		return;
	fail("an object is used that is in no memory that was ever allocated");
}

void *make_block(std::size_t size, const char *label, Layout layout, unsigned char fill)
{
	const std::size_t offset = used;
	char *memory = arena + offset;

	/* A granule without a block lies between. */
	used += (size + granule - 1) / granule * granule + granule;
	if (used > arena_size)
		fail("the memory of a schedule is used up");
	blocks.push_back({offset, size, label, layout, true, 0});
	for (std::size_t at = offset; at < offset + size; at += granule)
		block_of[at / granule] = static_cast<u32>(blocks.size());
	unpoison(memory, size);
	std::memset(memory, fill, size);
	return memory;
}

bool has_to_fail()
{
	return fail_in && !--fail_in;
}

} // namespace

void must_be_live(const volatile void *object)
{
	if (!scheduler.current())
		return;

	const Block *block = find(object);

	if (block && block->live)
		return;
	if (block)
		fail("%s is used, but was freed by %s", describe(object).c_str(),
		     fiber_name(block->freed_by).c_str());
	check_foreign(object);
	if (in_arena(object))
		fail("an object is used that lies beside all memory that was allocated");
}

void must_be_live(const volatile void *object, std::size_t size)
{
	must_be_live(object);
	must_be_live(static_cast<const volatile char *>(object) + size - 1);
}

void free_memory(void *memory)
{
	Block *block = find(memory);

	if (!block ||
	    block->offset != static_cast<std::size_t>(static_cast<char *>(memory) - arena))
		fail("memory is freed that was not allocated");
	if (!block->live)
		fail("%s is freed twice, first by %s", block->label,
		     fiber_name(block->freed_by).c_str());
	record(Op::free, memory);
	check_unused(memory, block->size);
	block->live = false;
	block->freed_by = scheduler.current() ? scheduler.current()->id : 0;
	std::memset(memory, free_byte, block->size);
	poison(memory, block->size);
}

void check_unused(const void *memory, std::size_t size)
{
	check_no_work(memory, size);
	check_no_timer(memory, size);
	check_no_grace(memory, size);
	check_no_lock(memory, size);
}

void reset_memory()
{
	if (!arena)
		make_arena();
	std::memset(block_of, 0, used / granule * sizeof(block_of[0]) + sizeof(block_of[0]));
	unpoison(arena, used);
	poison(arena, arena_size);
	blocks.clear();
	used = 0;
	fail_in = 0;
}

std::string memory_left()
{
	std::string left;

	unpoison(arena, used);
	for (const Block &block : blocks) {
		if (block.live) {
			left += std::string(left.empty() ? "" : ", ") + block.label;
			continue;
		}
		for (std::size_t i = 0; i < block.size; i++)
			if (static_cast<unsigned char>(arena[block.offset + i]) != free_byte)
				return std::string("somebody wrote to ") +
				       describe(arena + block.offset + i) +
				       " after it was freed by " + fiber_name(block.freed_by);
	}
	return left.empty() ? left : "never freed: " + left;
}

bool find_block(const volatile void *object, BlockView &view)
{
	const Block *block = find(object);
	std::size_t position;

	if (!block)
		return false;
	position = static_cast<std::size_t>(static_cast<const volatile char *>(object) - arena);
	view = {block->label, block->layout, position - block->offset, position, block->live};
	return true;
}

void *allocate(std::size_t size, const char *label, Layout layout)
{
	return make_block(size, label, layout, new_byte);
}

void release(void *memory)
{
	free_memory(memory);
}

void set_label(const void *memory, const char *label)
{
	if (Block *block = find(memory))
		block->label = label;
}

void fail_allocation(u32 nth)
{
	fail_in = nth;
}

static void *kernel_allocate(std::size_t size, const char *what, unsigned char fill)
{
	must_be_able_to_sleep("memory is allocated");
	if (scheduler.current() && self().signalling)
		fail("memory is allocated in a signalling section");
	if (has_to_fail())
		return nullptr;
	return make_block(size, what, Layout::other, fill);
}

} // namespace sim

using namespace sim;

void *os_alloc(size_t size, const char *what)
{
	return kernel_allocate(size, what, 0);
}

void os_free(void *memory)
{
	if (memory)
		free_memory(memory);
}

void *os_fence_alloc(size_t size)
{
	if (size < sizeof(os_fence))
		fail("a fence is allocated that is smaller than one");
	return kernel_allocate(size, "finished fence", new_byte);
}
