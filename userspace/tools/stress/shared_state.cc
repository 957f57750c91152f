/* SPDX-License-Identifier: MIT */
#include "shared_state.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <new>

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vgpu/error.h>

namespace stress
{

namespace
{

/* Processes share the word, so this is the shared kind of futex. */
void futex(const std::atomic<std::uint32_t> &word, int operation, std::uint32_t value,
	   const timespec *timeout) noexcept
{
	static_assert(sizeof(word) == sizeof(std::uint32_t));
	syscall(SYS_futex, &word, operation, value, timeout, nullptr, 0);
}

} // namespace

void SharedState::fail(std::string_view text) noexcept
{
	const std::uint32_t number = failure_count.fetch_add(1);

	if (number < max_failures) {
		const std::size_t length = std::min(text.size(), sizeof(failures[0].text) - 1);

		std::memcpy(failures[number].text, text.data(), length);
		failures[number].text[length] = '\0';
		failures[number].ready.store(1, std::memory_order_release);
	}
	stop.store(1);
}

SharedMapping::SharedMapping()
{
	void *memory = mmap(nullptr, sizeof(SharedState), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		throw vgpu::Error(errno, "mmap", "get memory to share with the clients");
	state_ = new (memory) SharedState();
}

SharedMapping::~SharedMapping()
{
	munmap(state_, sizeof(SharedState));
}

void sleep_while(const std::atomic<std::uint32_t> &word, std::uint32_t value,
		 std::chrono::milliseconds at_most) noexcept
{
	timespec timeout = {};

	timeout.tv_sec = at_most.count() / 1000;
	timeout.tv_nsec = at_most.count() % 1000 * 1000000;
	futex(word, FUTEX_WAIT, value, &timeout);
}

void advance(std::atomic<std::uint32_t> &word) noexcept
{
	word.fetch_add(1);
	futex(word, FUTEX_WAKE, INT_MAX, nullptr);
}

} // namespace stress
