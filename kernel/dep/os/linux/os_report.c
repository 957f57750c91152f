// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * os.h on Linux: what people are told, and what lockdep is told.
 */
#include <linux/bug.h>
#include <linux/dev_printk.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>

#include <drm/drm_dep.h>
#include <drm/drm_device.h>

#include "../os.h"

/*
 * Who runs an op may be a plain task, and who waits for it does so by a condition, so
 * lockdep sees neither. For each kind, the op is a reader of a lock that does not exist,
 * and the waiter a writer. Nobody waits to become a reader: as for a trylock, what is taken
 * inside then also counts as taken inside what the caller held before (his workqueue, the
 * signalling section), and readers may be inside one another.
 */
#ifdef CONFIG_LOCKDEP
static struct lockdep_map inside[] = {
	[OS_INSIDE_RUN] = STATIC_LOCKDEP_MAP_INIT("drm_dep run side", &inside[OS_INSIDE_RUN]),
	[OS_INSIDE_TIMEOUT] = STATIC_LOCKDEP_MAP_INIT("drm_dep timeout",
						      &inside[OS_INSIDE_TIMEOUT]),
	[OS_INSIDE_CLEANUP] = STATIC_LOCKDEP_MAP_INIT("drm_dep clean-up",
						      &inside[OS_INSIDE_CLEANUP]),
};
#endif

void os_inside_enter(unsigned int kind)
{
#ifdef CONFIG_LOCKDEP
	lock_acquire(&inside[kind], 0, 1, 1, 1, NULL, _RET_IP_);
#endif
}

void os_inside_leave(unsigned int kind)
{
#ifdef CONFIG_LOCKDEP
	lock_release(&inside[kind], _RET_IP_);
#endif
}

void os_inside_wait(unsigned int kind)
{
#ifdef CONFIG_LOCKDEP
	lock_map_acquire(&inside[kind]);
	lock_map_release(&inside[kind]);
#endif
}

void os_might_sleep(void)
{
	might_sleep();
}

/* On PREEMPT_RT, to take a spinlock counts as sleeping, and it is allowed between these. */
void os_no_sleep_begin(void)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		non_block_start();
}

void os_no_sleep_end(void)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		non_block_end();
}

void os_broken(const char *sentence)
{
	WARN(1, "drm_dep: rule broken: %s\n", sentence);
}

void os_note(unsigned int what, const struct drm_dep_queue *queue, unsigned long long number,
	     unsigned int who)
{
	struct device *dev = queue ? queue->drm->dev : NULL;

	switch (what) {
	case OS_NOTE_GAP:
		dev_notice_ratelimited(dev, "drm_dep: jobs of queue %s wait for job %llu, which task %u has armed but not pushed\n",
				       queue->name, number, who);
		break;
	case OS_NOTE_STILL_IN_FLIGHT:
		dev_notice_ratelimited(dev, "drm_dep: job %llu of queue %s is still in flight after timedout_job said it was handled\n",
				       number, queue->name);
		break;
	case OS_NOTE_FLUSH:
		if (queue)
			dev_notice_ratelimited(dev, "drm_dep: drm_dep_flush() waits for queue %s, which has %llu jobs left\n",
					       queue->name, number);
		else
			pr_notice_ratelimited("drm_dep: drm_dep_flush() waits for fini or release of a queue\n");
		break;
	}
}
