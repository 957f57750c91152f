// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A clock with the resolution of the processor's counter, in the unit of the kernel's.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/math64.h>

#include "bench.h"

#ifdef __x86_64__
/* Far above the longest measurement, an hour, it would overflow. */
#define SHIFT 20

static u64 base;
static u32 ns_per_count;

static u64 counter(void)
{
	u32 low, high;

	/* Not before what comes before it has been done. */
	asm volatile("lfence; rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return low | (u64)high << 32;
}

u64 bench_now(void)
{
	return mul_u64_u32_shr(counter() - base, ns_per_count, SHIFT);
}

void bench_clock_init(void)
{
	u64 from, began;

	from = ktime_get_ns();
	began = counter();
	msleep(200);
	from = ktime_get_ns() - from;
	base = counter();
	ns_per_count = div64_u64(from << SHIFT, base - began);
}
#else
u64 bench_now(void)
{
	return ktime_get_ns();
}

void bench_clock_init(void)
{
}
#endif
