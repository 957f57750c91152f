/* SPDX-License-Identifier: MIT */
#include <common/interrupt.h>

#include <csignal>

namespace tool
{

namespace
{

volatile std::sig_atomic_t came;

void note(int)
{
	came = 1;
}

} // namespace

void catch_interrupts()
{
	struct sigaction action = {};

	action.sa_handler = note; /* without SA_RESTART: what waits looks up at once */
	sigaction(SIGINT, &action, nullptr);
	sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() noexcept
{
	return came != 0;
}

} // namespace tool
