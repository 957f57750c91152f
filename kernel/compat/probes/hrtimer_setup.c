// SPDX-License-Identifier: GPL-2.0 OR MIT
/* An hrtimer is given its function when it is initialised. */
#include <linux/hrtimer.h>

static void hrtimer_setup_(struct hrtimer *timer)
{
	hrtimer_setup(timer, NULL, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}
