// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A timer is initialised with a key by this name; it was init_timer_key(). */
#include <linux/timer.h>

static void timer_init_key_(struct timer_list *timer)
{
	timer_init_key(timer, NULL, 0, NULL, NULL);
}
