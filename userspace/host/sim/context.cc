/* SPDX-License-Identifier: MIT */
/*
 * Stacks and the switch between them. The address sanitizer is told of each switch; without that it
 * takes frames of one fiber for overflows of another.
 */
#include "asan.h"
#include "context.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <sys/mman.h>
#include <unistd.h>

#ifdef SIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace sim
{

static std::size_t page_size()
{
	static const std::size_t size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));

	return size;
}

std::size_t Stack::size()
{
	return 256 << 10; /* only what is touched takes memory */
}

Stack::Stack()
{
	void *memory = mmap(nullptr, size() + page_size(), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED || mprotect(memory, page_size(), PROT_NONE)) {
		std::perror("sim: no memory for a stack");
		std::abort();
	}
	bottom_ = static_cast<char *>(memory) + page_size();
}

Stack::~Stack()
{
	munmap(static_cast<char *>(bottom_) - page_size(), size() + page_size());
}

void Stack::forget_frames()
{
#ifdef SIM_ASAN
	__asan_unpoison_memory_region(bottom_, size());
#endif
}

#ifdef SIM_UCONTEXT

void Context::start_at(void (*entry)(), Stack &stack)
{
	getcontext(&context_);
	context_.uc_stack.ss_sp = stack.bottom();
	context_.uc_stack.ss_size = Stack::size();
	context_.uc_link = nullptr;
	makecontext(&context_, entry, 0);
	bottom_ = stack.bottom();
	size_ = Stack::size();
}

void Context::jump(Context &to)
{
	swapcontext(&context_, &to.context_);
}

#else

/* Saves what a function must keep on the old stack, and takes it from the new one. */
extern "C" void sim_jump(void **from_sp, void *to_sp);

asm(R"(
	.text
	.globl	sim_jump
	.type	sim_jump, @function
sim_jump:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.size	sim_jump, . - sim_jump
)");

void Context::start_at(void (*entry)(), Stack &stack)
{
	void **top = reinterpret_cast<void **>(static_cast<char *>(stack.bottom()) + Stack::size());

	/*
	 * As if entry had been called: behind the return address the stack pointer is 8 less
	 * than a multiple of 16, on which SSE code relies.
	 */
	*--top = nullptr;
	*--top = reinterpret_cast<void *>(entry);
	for (int i = 0; i < 6; i++)
		*--top = nullptr;
	sp_ = top;
	bottom_ = stack.bottom();
	size_ = Stack::size();
}

void Context::jump(Context &to)
{
	sim_jump(&sp_, to.sp_);
}

#endif

#ifdef SIM_ASAN

/* Whom finish_switch_fiber() reports the stack of: main's is not known otherwise. */
static const void **previous_bottom;
static std::size_t *previous_size;

static void arrived(void *fake_stack)
{
	const void *bottom;
	std::size_t size;

	__sanitizer_finish_switch_fiber(fake_stack, &bottom, &size);
	if (previous_bottom) {
		*previous_bottom = bottom;
		*previous_size = size;
	}
}

void Context::entered()
{
	arrived(nullptr);
}

void Context::switch_to(Context &to)
{
	previous_bottom = &bottom_;
	previous_size = &size_;
	__sanitizer_start_switch_fiber(&fake_stack_, to.bottom_, to.size_);
	jump(to);
	arrived(fake_stack_);
}

void Context::leave_to(Context &to)
{
	previous_bottom = nullptr;
	__sanitizer_start_switch_fiber(nullptr, to.bottom_, to.size_);
	jump(to);
	std::abort();
}

#else

void Context::entered() {}

void Context::switch_to(Context &to)
{
	jump(to);
}

void Context::leave_to(Context &to)
{
	jump(to);
	std::abort();
}

#endif

} // namespace sim
