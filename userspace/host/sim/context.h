/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * @file Stacks, and the switch from one to another. Written by hand for x86-64, where swapcontext()
 * costs twenty times as much (it makes two system calls); that is used elsewhere.
 */

#include <cstddef>

#if !defined(__x86_64__) || defined(SIM_UCONTEXT)
#undef SIM_UCONTEXT
#define SIM_UCONTEXT
#include <ucontext.h>
#endif

namespace sim
{

/** Memory for a stack, with a page before it that can't be touched. */
class Stack
{
public:
	Stack();
	~Stack();
	Stack(const Stack &) = delete;
	Stack &operator=(const Stack &) = delete;

	void *bottom() const { return bottom_; }
	static std::size_t size();
	/** What the sanitizer knew of frames that were abandoned is forgotten. */
	void forget_frames();

private:
	void *bottom_;
};

/** Where a thread of control goes on. */
class Context
{
public:
	/** The first switch here calls @entry, on @stack. It never returns. */
	void start_at(void (*entry)(), Stack &stack);
	/** Goes on with @to, until somebody switches back. */
	void switch_to(Context &to);
	/** The same, but nobody will. */
	[[noreturn]] void leave_to(Context &to);
	/** First thing that an entry does. */
	static void entered();

private:
#ifdef SIM_UCONTEXT
	ucontext_t context_;
#else
	void *sp_ = nullptr;
#endif
	/* For the address sanitizer: */
	[[maybe_unused]] void *fake_stack_ = nullptr;
	[[maybe_unused]] const void *bottom_ = nullptr;
	[[maybe_unused]] std::size_t size_ = 0;

	void jump(Context &to);
};

} // namespace sim
