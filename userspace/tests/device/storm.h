/* SPDX-License-Identifier: MIT */
#pragma once

#include <csignal>

#include <sys/time.h>

/** Signals rain on this process for as long as one of these lives. */
class SignalStorm
{
public:
	SignalStorm()
	{
		struct sigaction action = {};
		itimerval often = {};

		action.sa_handler = [](int) {};
		sigaction(SIGALRM, &action, &old_);
		often.it_interval.tv_usec = often.it_value.tv_usec = 150;
		setitimer(ITIMER_REAL, &often, nullptr);
	}
	SignalStorm(const SignalStorm &) = delete;
	SignalStorm &operator=(const SignalStorm &) = delete;
	~SignalStorm()
	{
		const itimerval never = {};

		setitimer(ITIMER_REAL, &never, nullptr);
		sigaction(SIGALRM, &old_, nullptr);
	}

private:
	struct sigaction old_;
};
